"""What is wrong with a value, in a sentence that other languages translate whole."""

from __future__ import annotations

from msgspec import Struct, field


class Fault(Struct, frozen=True):
    """What is wrong with a value, then what to do. ``template`` is the English sentence, with names in braces for
    ``words``: doors that speak other languages translate it whole."""

    template: str
    words: dict[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.words)
