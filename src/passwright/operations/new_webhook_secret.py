from __future__ import annotations

from msgspec import Struct

from passwright.data.models import WebhookEndpoint


class NewSecret(Struct, frozen=True, kw_only=True):
    """An endpoint and its new signing secret, which is shown here and nowhere again."""

    endpoint: WebhookEndpoint
    secret: str

    def __repr__(self) -> str:
        return f"NewSecret({self.endpoint.id})"
