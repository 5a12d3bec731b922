"""E-mails with the links of a pass, handed to a mail server that is real, and mean."""

from __future__ import annotations

import email.header
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright import mail, secrets
from passwright.data.models import Campaign, Notice, Organization, Pass
from passwright.interfaces.mail.letters import from_header, one_line
from passwright.interfaces.mail.send_pass_links import Try, send_pass_links
from passwright.operations import leave_mail
from passwright.operations.issue_pass import issue_pass
from passwright.operations.leave_mail import Reason
from passwright.operations.pass_content import PassWanted
from passwright.operations.transfer_pass import transfer_pass
from passwright.passes.changes import SentField
from passwright.passes.content import Behaviour, DataType, Language, Position
from passwright.phone.tls import own_identity
from passwright.settings import ENVIRONMENT
from tests import public_ground as ground
from tests.fakes.smtp_server import MailServer, serving
from tests.interfaces.public.browsers import browser

pytestmark = pytest.mark.django_db

ADA = "ada@example.org"
MAIL = SentField(
    key="mail", position=Position.BACK, label="E-mail", behaviour=Behaviour.DYNAMIC, data_type=DataType.EMAIL
)
HOSTILE = 'Toy\r\nBcc: all@example.org\r\n\r\n<script>alert(1)</script> \u202e"Town", <x@evil.example>'
ONCE = Try(job_id=1, first=True, last=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with serving() as running:
        use(running, monkeypatch)
        yield running


def use(server: MailServer, monkeypatch: pytest.MonkeyPatch, **url: str) -> None:
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", server.url(**url))
    monkeypatch.setattr(ENVIRONMENT, "mail_from", "passes@toytown.example")


@pytest.fixture
def club(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, MAIL, allow_update=True, allow_delete=True)


@pytest.fixture
def row(club: Campaign) -> Pass:
    return made(club)


def made(club: Campaign, address: str = ADA, source: str = "page") -> Pass:
    fields = (
        SentField(key="member", position=Position.PRIMARY, value="Ada"),
        SentField(key="mail", position=Position.BACK, value=address),
    )
    return issue_pass(campaign=club, wanted=PassWanted(fields=fields), now=ground.now(), source=source)


def jobs() -> list[dict[str, Any]]:
    return list(
        ProcrastinateJob.objects.filter(task_name=leave_mail.TASK).order_by("id").values_list("args", flat=True)
    )


def send(args: dict[str, Any], this: Try = ONCE) -> bool:
    return send_pass_links(
        pass_id=UUID(args["pass_id"]),
        opened_by=UUID(args["opened_by"]),
        reason=Reason(args["reason"]),
        to=args["to"],
        this=this,
        at=ground.now(),
    )


def of(row: Pass) -> dict[str, Any]:
    return {"pass_id": str(row.id), "opened_by": str(row.opened_by), "reason": "created", "to": None}


def parts_of(server: MailServer) -> tuple[str, str, bytes]:
    """Plain, HTML, picture of the last e-mail."""
    found = {
        part.get_content_type(): part.get_content()
        for part in server.taken[-1].message.walk()
        if not part.is_multipart()
    }
    return found["text/plain"], found["text/html"], found["image/png"]


def test_the_holder_gets_his_links_and_his_pass(server: MailServer, row: Pass) -> None:
    assert send(jobs()[0])
    [taken] = server.taken
    message = taken.message
    assert taken.recipients == [ADA]
    assert message["To"] == ADA
    assert message["From"] == "Toy Town <passes@toytown.example>"
    assert message["Subject"] == "Club card is ready"
    assert message["Auto-Submitted"] == "auto-generated"
    plain, html, picture = parts_of(server)
    edit = f"/e/{secrets.edit_token(row.id)}"
    for text in (plain, html):
        links = {urlsplit(link).path for link in re.findall(r"http[^\s\"<]+", text)}
        assert links == {ground.page_of(row), edit, f"{edit}/delete"}
    assert picture.startswith(b"\x89PNG")
    cid = re.findall(r'src="cid:([^"]+)"', html)
    assert [part["Content-ID"] for part in message.walk() if part["Content-ID"]] == [f"<{cid[0]}>"]
    assert message.get_content_type() == "multipart/related"
    for path in links:
        assert browser().get(path).status_code == 200


def test_links_that_the_campaign_does_not_allow_are_not_sent(server: MailServer, club: Campaign) -> None:
    Campaign.objects.update(allow_update=False, allow_delete=False)
    club.refresh_from_db()
    assert send(of(made(club)))
    plain, html, _ = parts_of(server)
    assert "/e/" not in plain + html
    assert "You need not do anything." in plain


@pytest.mark.parametrize("language", list(Language))
def test_every_language_is_written(server: MailServer, club: Campaign, language: Language) -> None:
    Campaign.objects.update(language=language.value)
    club.refresh_from_db()
    assert send(of(made(club)))
    plain, html, _ = parts_of(server)
    assert f'<html lang="{language.value}">' in html
    assert ("is ready" in plain) == (language is Language.ENGLISH)
    assert ("Open this e-mail" in html) == (language is Language.ENGLISH)
    assert "{" not in plain
    if language is Language.GERMAN:
        assert "Öffnen Sie diese E-Mail" in plain
        assert "Das waren nicht Sie?" in html


def test_nothing_that_is_typed_becomes_a_header_or_markup(server: MailServer, owner: Organization) -> None:
    club = ground.campaign(owner, ground.ASKED, MAIL, name=HOSTILE, organization_name=HOSTILE)
    assert send(of(made(club)))
    message = server.taken[0].message
    assert message["Bcc"] is None
    assert server.taken[0].recipients == [ADA]
    assert len(message["From"].addresses) == 1
    assert message["From"].addresses[0].addr_spec == "passes@toytown.example"
    assert "\u202e" not in str(email.header.make_header(email.header.decode_header(message["Subject"])))
    assert "<script" not in parts_of(server)[1]


def test_names_are_one_line() -> None:
    assert one_line("  Toy\r\nTown\u2028\u202e\x00! ", 70) == "Toy Town !"
    assert from_header('Toy, "Town" <a@b.c>', "p@x.org") == '"Toy, \\"Town\\" <a@b.c>" <p@x.org>'
    assert from_header("", "p@x.org") == "p@x.org"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ädä@example.org", None),
        ("ada@example.org\r\nBcc: x@y.org", None),
        ("ada", None),
        ("", None),
        ("a" * 65 + "@example.org", None),
        ("ada@-.org", None),
        ("<ada@example.org>", None),
        ("ada@example.org, bob@example.org", None),
    ],
)
def test_only_one_whole_address_is_written_to(typed: str, written: str | None) -> None:
    assert mail.mailable(typed) == written


def test_who_came_by_a_form_is_written_to_and_nobody_else(server: MailServer, club: Campaign) -> None:
    for source, expected in (("page", 1), ("remote_form", 1), ("smart_link", 1), ("api", 0), ("bulk", 0)):
        ProcrastinateJob.objects.all().delete()
        made(club, source=source)
        assert len(jobs()) == expected, source


def test_without_an_address_a_setting_or_leave_nothing_is_sent(
    server: MailServer, club: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_pass(campaign=club, now=ground.now(), source="page")
    Campaign.objects.update(confirm_by_email=False)
    club.refresh_from_db()
    made(club)
    Campaign.objects.update(confirm_by_email=True)
    club.refresh_from_db()
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", "")
    made(club)
    assert jobs() == []


def test_the_address_of_the_shop_on_every_pass_is_not_written_to(server: MailServer, owner: Organization) -> None:
    shop = SentField(key="shop", position=Position.BACK, value="shop@toytown.example", data_type=DataType.EMAIL)
    club = ground.campaign(owner, ground.ASKED, shop)
    issue_pass(campaign=club, now=ground.now(), source="page")
    assert jobs() == []


def test_the_form_leaves_the_job_with_the_pass(server: MailServer, club: Campaign) -> None:
    browser().post(f"/p/{ground.link_of(club)}", {"field-member": "Ada", "field-mail": ADA})
    assert [args["pass_id"] for args in jobs()] == [str(Pass.objects.get().id)]


def test_what_is_rolled_back_is_not_sent(server: MailServer, club: Campaign) -> None:
    with transaction.atomic():
        made(club)
        transaction.set_rollback(True)
    assert (jobs(), Pass.objects.count()) == ([], 0)


def test_the_former_holder_is_not_sent_the_new_links(server: MailServer, row: Pass) -> None:
    first = jobs()[0]
    Campaign.objects.update(allow_transfer=True)
    transfer_pass(opened_by=row.id, to="bob@example.org", now=ground.now())
    assert not send(first)
    assert send(jobs()[1])
    assert [taken.recipients for taken in server.taken] == [["bob@example.org"]]
    row.refresh_from_db()
    assert f"/e/{secrets.edit_token(row.opened_by)}" in parts_of(server)[0]
    assert server.taken[0].message["Subject"] == "Club card is yours now"


def test_who_gave_a_pass_away_gets_no_links_of_it_for_his_old_answer(server: MailServer, club: Campaign) -> None:
    club.distributions.update(returning="per_field", distinct_key="mail")
    Campaign.objects.update(allow_transfer=True)
    answers = {"field-member": "Ada", "field-mail": ADA}
    browser().post(f"/p/{ground.link_of(club)}", answers)
    transfer_pass(opened_by=Pass.objects.get().id, now=ground.now())
    page = browser().post(f"/p/{ground.link_of(club)}", answers)
    assert page.status_code == 409
    assert "We have sent its links" not in page.content.decode()
    assert [send(args) for args in jobs()] == [False]
    assert server.taken == []


def test_who_asks_for_a_pass_that_counts_no_more_is_not_told_that_it_was_sent(
    server: MailServer, club: Campaign
) -> None:
    club.distributions.update(returning="per_field", distinct_key="mail")
    answers = {"field-member": "Ada", "field-mail": ADA}
    browser().post(f"/p/{ground.link_of(club)}", answers)
    Pass.objects.update(voided=True)
    assert "We have sent its links" not in browser().post(f"/p/{ground.link_of(club)}", answers).content.decode()


def test_no_pass_is_given_to_an_address_that_is_not_written_to_today(server: MailServer, club: Campaign) -> None:
    Campaign.objects.update(allow_transfer=True, confirm_by_email=False)
    club.refresh_from_db()
    rows = [made(club) for _ in range(6)]

    def give(row: Pass, to: str) -> int:
        return int(browser().post(f"/e/{secrets.edit_token(row.opened_by)}/transfer", {"to": to}).status_code)

    assert [give(rows[0], to) for to in ("ädä@example.org", '"ada b"@example.org')] == [422, 422]
    assert [give(row, "bob@example.org") for row in rows] == [200] * 5 + [422]
    assert [row.link_id is None for row in Pass.objects.order_by("created_at")] == [False] * 5 + [True]
    assert [send(args) for args in jobs()] == [True] * 5
    assert give(rows[5], "eve@example.org") == 200


def test_no_address_stands_in_a_job_or_a_log(
    server: MailServer, row: Pass, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    Campaign.objects.update(allow_transfer=True)
    transfer_pass(opened_by=row.id, to="bob@example.org", now=ground.now())
    assert "example.org" not in repr(jobs())
    caplog.set_level(logging.DEBUG)
    for answer in ("550 no such user ada@example.org", "450 ada@example.org is busy", "HANG", "DROP"):
        server.answers["RCPT"] = [answer]
        mail.SECONDS, seconds = 0.3, mail.SECONDS  # type: ignore[misc]
        try:
            send(jobs()[1], Try(job_id=2, first=False, last=True))
        finally:
            mail.SECONDS = seconds
    assert server.taken == []
    written = caplog.text + "".join(capfd.readouterr()) + "".join(Notice.objects.values_list("text", flat=True))
    assert "example.org" not in written


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("CONNECT", "421 not now"),
        ("CONNECT", "DROP"),
        ("CONNECT", "HANG"),
        ("EHLO", "DROP"),
        ("MAIL", "451 later"),
        ("MAIL", "550 not from you"),
        ("RCPT", "450 busy"),
        ("RCPT", "DROP"),
        ("DATA", "452 full"),
        ("DONE", "451 later"),
        ("DONE", "HANG"),
    ],
)
def test_what_may_pass_is_tried_again(
    server: MailServer, row: Pass, command: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    server.answers[command] = [answer, answer]  # EHLO is followed by HELO
    with pytest.raises(mail.MailWaits):
        send(of(row))
    assert server.taken == []
    server.answers.clear()
    assert Notice.objects.get().organization_id is None
    assert send(of(row), Try(job_id=1, first=False, last=False))
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("command", "answer"), [("RCPT", "550 no such user"), ("DONE", "554 spam"), ("DATA", "554 no")]
)
def test_what_is_refused_for_ever_is_given_up(server: MailServer, row: Pass, command: str, answer: str) -> None:
    server.answers[command] = [answer]
    assert not send(of(row))
    assert not Notice.objects.exists()
    assert server.sessions == 1


def test_what_was_taken_is_sent_whatever_becomes_of_the_farewell(server: MailServer, row: Pass) -> None:
    for answer in ("DROP", "500 what"):
        server.answers["QUIT"] = [answer]
        assert send(of(row))
    assert len(server.taken) == 2


def test_the_last_try_gives_up(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(ENVIRONMENT, "smtp_url", f"smtp://localhost:{closed.getsockname()[1]}")
        with pytest.raises(mail.MailWaits):
            send(of(row))
        assert not send(of(row), Try(job_id=1, first=False, last=True))


def test_the_same_job_has_the_same_message_id(server: MailServer, row: Pass) -> None:
    for this in (ONCE, Try(job_id=1, first=False, last=False), Try(job_id=2, first=False, last=False)):
        send(of(row), this)
    ids = [taken.message["Message-ID"] for taken in server.taken]
    assert ids[0] == ids[1] != ids[2]


def test_nobody_is_flooded(server: MailServer, club: Campaign) -> None:
    row = made(club)
    assert [send(of(row)) for _ in range(4)] == [True, True, True, False]
    assert [send(of(made(club, ADA.upper()))) for _ in range(3)] == [True, True, False]
    assert send(of(made(club, "bob@example.org")))


def test_a_pass_that_is_gone_or_void_is_not_written_about(server: MailServer, row: Pass) -> None:
    Pass.objects.update(voided=True)
    assert not send(of(row))
    args = of(row)
    row.delete()
    assert not send(args)
    assert server.taken == []


class TestEncrypted:
    @pytest.fixture
    def certificate(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        identity = own_identity(ground.now())
        file, root = tmp_path / "server.pem", tmp_path / "root.pem"
        file.write_bytes(identity.key_pem + identity.chain_pem)
        root.write_bytes(identity.root_pem)
        monkeypatch.setattr(ENVIRONMENT, "smtp_ca", root)
        return file

    @pytest.mark.parametrize("tls_always", [False, True])
    def test_name_and_password_go_encrypted(
        self, certificate: Path, row: Pass, tls_always: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(certificate, tls_always=tls_always) as server:
            use(server, monkeypatch, user="toy%40town:s%3Acret")
            assert send(of(row))
            [taken] = server.taken
            assert taken.encrypted
            assert taken.user.startswith("AUTH ")

    def test_an_unknown_certificate_gets_nothing(
        self, certificate: Path, row: Pass, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ENVIRONMENT, "smtp_ca", None)
        with serving(certificate) as server:
            use(server, monkeypatch)
            with pytest.raises(mail.MailWaits, match="not trusted"):
                send(of(row))
            assert server.taken == []

    def test_a_server_that_offers_no_encryption_gets_nothing(
        self, server: MailServer, row: Pass, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ENVIRONMENT, "smtp_url", f"{server.url()}?starttls")
        with pytest.raises(mail.MailWaits):
            send(of(row))
        assert server.taken == []

    def test_a_wrong_password_waits_for_the_operator(
        self, certificate: Path, row: Pass, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(certificate) as server:
            use(server, monkeypatch, user="toy:wrong")
            server.answers["AUTH"] = ["535 no"] * 3
            with pytest.raises(mail.MailWaits, match="does not let us in"):
                send(of(row))
            assert "does not let us in" in Notice.objects.get().text


def test_the_console_prints_it(row: Pass, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(ENVIRONMENT, "smtp_url", "console")
    assert send(of(row))
    printed = capsys.readouterr().out
    assert printed.startswith(
        "\nTo: ada@example.org\nFrom: Toy Town <passwright@localhost>\nSubject: Club card is ready\n"
    )
    assert f"/e/{secrets.edit_token(row.id)}\n" in printed
