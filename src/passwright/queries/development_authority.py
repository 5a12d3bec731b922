from __future__ import annotations

from passwright.data.models import DevelopmentAuthority


class NoDevelopmentAuthority(Exception):
    """This installation makes no development certificates: PASSWRIGHT_DEV_CA is off, as in production."""


def root_pem() -> bytes:
    """The development root, for those who want to verify what development certificates sign.

    Raises:
        NoDevelopmentAuthority: if none was made.
    """
    authority = DevelopmentAuthority.objects.filter(id=1).first()
    if authority is None:
        raise NoDevelopmentAuthority(NoDevelopmentAuthority.__doc__)
    return authority.root_pem.encode()
