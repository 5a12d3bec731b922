"""Expected refusals of operations. ``str`` is the sentence the user reads; the door picks the status."""

from __future__ import annotations

from collections.abc import Mapping

from passwright.passes.faults import Fault


class ValidationFailed(Exception):
    """What was asked for is not valid; ``errors`` says what is wrong with each attribute."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors: dict[str, list[str]] = {attribute: list(faults) for attribute, faults in errors.items()}
        super().__init__(", ".join(f"{name} {fault}" for name, faults in self.errors.items() for fault in faults))


class WrongValues(ValidationFailed):
    """Some values of fields cannot be kept. ``faults``: by the field's key, what is wrong, for doors that speak other
    languages than English; ``errors`` says the same, and what else is wrong, as the API does."""

    def __init__(self, errors: Mapping[str, list[str]], faults: Mapping[str, tuple[Fault, ...]]) -> None:
        self.faults: dict[str, tuple[Fault, ...]] = dict(faults)
        super().__init__(errors)


class NotFound(Exception):
    """There is no such thing, or it belongs to somebody else. ``what``: the noun, such as ``Campaign``."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.errors: dict[str, str] = {what.lower().replace(" ", "_"): f"{what} not found."}
        super().__init__(f"{what} not found.")


class PreconditionFailed(Exception):
    """The thing is not in a state in which this can be done; ``errors`` says why."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors: dict[str, str] = dict(errors)
        super().__init__(" ".join(self.errors.values()))


class NotAllowed(Exception):
    """This organization may not manage organizations. Ask the operator of this server to allow it."""

    def __init__(self) -> None:
        super().__init__(NotAllowed.__doc__)


class WrongTransition(Exception):
    """The thing cannot go from the state it is in to the one asked for. The contract wants a list of sentences here."""

    def __init__(self, sentence: str) -> None:
        self.errors: list[str] = [sentence]
        super().__init__(sentence)


class Faults:
    """Collects what is wrong with each attribute, so that one answer names everything."""

    def __init__(self) -> None:
        self.errors: dict[str, list[str]] = {}

    def add(self, attribute: str, fault: str) -> None:
        self.errors.setdefault(attribute, []).append(fault)

    def check(self) -> None:
        """Go on if nothing is wrong.

        Raises:
            ValidationFailed: with everything that was added.
        """
        if self.errors:
            raise ValidationFailed(self.errors)
