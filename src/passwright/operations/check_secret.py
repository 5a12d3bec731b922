from __future__ import annotations

import hmac
from datetime import datetime

from passwright import secrets
from passwright.data.models import SecretCheck
from passwright.settings import ENVIRONMENT


class ForeignSecret(Exception):
    """The secret key is not the one that this database was made with."""


def check_secret(*, now: datetime) -> None:
    """Go on only with the secret that this database knows; the first one that comes is kept as that.

    With another one, links of passes would lead nowhere and certificates could not sign, and new passes would get
    links that die when the right key is back.

    Raises:
        ForeignSecret: saying what is wrong and what to do. Then no key was made either.
    """
    kept = SecretCheck.objects.filter(id=1).first()
    if kept is None:
        new = SecretCheck(id=1, value=secrets.check_value(), created_at=now)
        SecretCheck.objects.bulk_create([new], ignore_conflicts=True)
        kept = SecretCheck.objects.get(id=1)
    if not secrets.has_installation_secret():
        raise ForeignSecret(
            f"{secrets.key_file()} is missing, and this database was made with a secret key. "
            "Restore it, or set PASSWRIGHT_SECRET_KEY to the one of the other machines."
        )
    if not hmac.compare_digest(bytes(kept.value), secrets.check_value()):
        where = "PASSWRIGHT_SECRET_KEY" if ENVIRONMENT.secret_key else secrets.key_file()
        raise ForeignSecret(
            f"{where} is not the secret key that this database was made with. "
            "Use that one: certificates and links depend on it."
        )
