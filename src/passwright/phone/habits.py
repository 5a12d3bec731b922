"""In which ways a simulated phone is as mean as real ones, and as which wallet it speaks."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Habit(StrEnum):
    REGISTERS_TWICE = "registers-twice"
    """Every registration is sent twice, at the same time."""
    FORGETS = "forgets"
    """A pass is removed without a word to the web service; pushes still arrive and are ignored."""
    SWAPS_TOKEN = "swaps-token"
    """It takes a new push token after every push and registers again; the old one is gone."""
    LATE = "late"
    """It asks what has changed only seconds after it was pushed."""
    GONE = "gone"
    """The push service answers that it is not there any more."""
    HEAD = "head"
    """Before it fetches a pass it asks for the headers alone, and complains if they are others."""
    STORMS = "storms"
    """It asks what has changed many times at once."""


STORM = 20
"""Lists that it asks for at once."""

LATE_SECONDS = 5.0


class Wallet(Struct, frozen=True, kw_only=True):
    """What a wallet says of itself with every request."""

    word: str
    agent: str
    client: str = ""
    """``X-Pass-Client``"""


WALLETS = {
    "apple": Wallet(word="ApplePass", agent="Wallet/1.0 CFNetwork/1568.100.1 Darwin/24.0.0"),
    "walletpasses": Wallet(word="AndroidPass", agent="WalletPasses/2.0 (Linux; U; Android 14)"),
    "walletunion": Wallet(word="WalletUnionPass", agent="WalletUnion/1.0 Passbook/1.0 (Android 14)"),
    "walletunion-hms": Wallet(word="WalletUnionHMSPass", agent="WalletUnionHMS/1.0 Passbook/1.0"),
    "passwallet": Wallet(word="AttidoPass", agent="PassWallet/2.0 (Android 14)"),
    "pass2u": Wallet(word="ApplePass", agent="Passes/3.0 (Android 14)", client="Passes"),
    "passworks": Wallet(word="ApplePass", agent="Passworks/1.0 (Android 14)", client="Passworks"),
}
APPLE = WALLETS["apple"]
