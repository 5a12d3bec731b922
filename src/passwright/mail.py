"""The door to the mail server (`PASSWRIGHT_SMTP_URL`). No address and no word of a server's answer is ever logged."""

from __future__ import annotations

import re
import smtplib
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import BadHeaderError

from passwright.environment import CONSOLE, mail_server_of
from passwright.settings import ENVIRONMENT

SECONDS = 20
"""For each answer of the server."""
CONSOLE_SENDER = "passwright@localhost"

LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", re.ASCII)
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]", re.ASCII)


class MailRefused(Exception):
    """The server does not take this e-mail, and will not later. ``code``: what it answered."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"the mail server answered {code}")


class MailWaits(Exception):
    """It could not be handed over now. ``why``: in a few words, without anything that the server said."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Console(BaseEmailBackend):
    """Prints what a person reads of e-mails: to whom, from whom, what about, and the plain text."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for letter in email_messages:
            head = f"To: {', '.join(letter.to)}\nFrom: {letter.from_email}\nSubject: {letter.subject}"
            sys.stdout.write(f"\n{head}\n\n{letter.body}\n")
        sys.stdout.flush()
        return len(email_messages)


class Server(EmailBackend):
    """Django's, with certificates of one's own beside the public ones."""

    def __init__(self, *, ca: Path | None, **settings: Any) -> None:
        super().__init__(**settings)
        self.ca = ca

    @property
    def ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca:
            context.load_verify_locations(self.ca)
        return context


def sender() -> str:
    """The address that e-mails come from."""
    return ENVIRONMENT.mail_from or CONSOLE_SENDER


def backend() -> BaseEmailBackend:
    if ENVIRONMENT.smtp_url == CONSOLE:
        return Console()
    server = mail_server_of(ENVIRONMENT.smtp_url)
    assert server is not None
    return Server(
        ca=ENVIRONMENT.smtp_ca,
        host=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        use_tls=server.tls == "starttls",
        use_ssl=server.tls == "always",
        timeout=SECONDS,
    )


def send(letter: EmailMessage) -> None:
    """Hand it to the server, or print it.

    Raises:
        MailRefused: if the server will never take it, or it has no address that can be written to.
        MailWaits: if it may take it later: it is not there, is busy, or is not set up right.
    """
    connection = backend()
    try:
        connection.open()
        connection.send_messages([letter])
    except smtplib.SMTPRecipientsRefused as error:
        raise refused([code for code, _ in error.recipients.values()]) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailWaits(f"the mail server does not let us in ({error.smtp_code})") from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPHeloError, smtplib.SMTPConnectError) as error:
        raise MailWaits(f"the mail server does not take e-mails from us ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise refused([error.smtp_code]) from None
    except (BadHeaderError, UnicodeError):
        raise MailRefused(553) from None
    except ssl.SSLCertVerificationError:
        raise MailWaits("the mail server's certificate is not trusted") from None
    except smtplib.SMTPException as error:
        raise MailWaits(f"the mail server ended it ({type(error).__name__})") from None
    except OSError as error:
        raise MailWaits(f"the mail server cannot be reached ({type(error).__name__})") from None
    finally:
        with suppress(OSError, smtplib.SMTPException):  # what it has taken it has taken
            connection.close()


def refused(codes: Sequence[int]) -> MailRefused | MailWaits:
    """4xx and a farewell (421) are for now, 5xx for ever (RFC 5321, 4.2.1)."""
    final = [code for code in codes if 500 <= code < 600]
    if final:
        return MailRefused(final[0])
    return MailWaits(f"the mail server asks to come later ({codes[0] if codes else 0})")


def mailable(address: str) -> str | None:
    """The address as mail servers take it, its domain in ASCII (IDNA); None if none of them would."""
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode().lower() if domain else ""
    except UnicodeError:
        return None
    usable = LOCAL.fullmatch(local) and len(ascii_domain) <= 253 and DOMAIN.fullmatch(ascii_domain)
    return f"{local}@{ascii_domain}" if usable else None
