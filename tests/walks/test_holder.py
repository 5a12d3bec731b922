"""The holder's way, with real processes: form, e-mail, phone, his changes, and the next holder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.fakes.smtp_server import MailServer, serving
from tests.walks.conftest import eventually, kill, new_installation
from tests.walks.town import LEVEL, Town, end, town

SHOWN = 30.0
"""Seconds, on a machine that may be busy with other tests."""
FIELDS: dict[str, Any] = {
    "primary_fields": [{"key": "member", "label": "MEMBER", "behaviour": "dynamic", "required": True}],
    "auxiliary_fields": [{**LEVEL, "required": False}],
    "back_fields": [{"key": "mail", "label": "E-mail", "behaviour": "dynamic", "data_type": "email"}],
    "allow_update": True,
    "allow_delete": True,
    "allow_transfer": True,
}
ATTEMPTED = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_pass_links' AND status = 'doing'"


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def toy_town(tmp_path_factory: pytest.TempPathFactory, mails: MailServer) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with new_installation(folder) as installation, town(installation, folder) as made:
        installation.settings |= {"PASSWRIGHT_SMTP_URL": mails.url(), "PASSWRIGHT_MAIL_FROM": "passes@toytown.example"}
        installation.start("web")
        yield made


@pytest.fixture
def links(toy_town: Town) -> str:
    """The link of a campaign."""
    made = toy_town.call("GET", toy_town.campaign(**FIELDS))
    return str(made["page_url"])


def fill_in(link: str, **answers: str) -> str:
    """The page of the pass that comes of it."""
    sent = {f"field-{key}": value for key, value in answers.items()}
    answer = requests.post(link, data=sent, allow_redirects=False, timeout=30)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def links_in(mail: Any) -> dict[str, str]:
    """``p``, ``e`` and ``delete`` as the plain text has them."""
    text = mail.message.get_body(("plain",)).get_content()
    found = re.findall(r"http://\S+", text)
    return {link.rsplit("/", 1)[-1] if link.endswith("/delete") else link.split("/")[3]: link for link in found}


def test_a_holder_is_written_to_changes_his_pass_and_gives_it_away(
    toy_town: Town, mails: MailServer, links: str
) -> None:
    mails.taken.clear()
    worker = toy_town.start_worker()
    fill_in(links, member="Ada", level="Silver", mail="ada@example.org")
    eventually(lambda: len(mails.taken) == 1, within=SHOWN, what="the e-mail comes")
    found = links_in(mails.taken[0])
    phone = toy_town.phone()
    held = phone.add(f"{found['p']}.pkpass")
    assert requests.get(found["e"], timeout=30).headers["Referrer-Policy"] == "no-referrer"

    answer = requests.post(
        found["e"], data={"field-member": "Ada", "field-level": "Gold", "field-mail": "ada@example.org"}, timeout=30
    )
    assert "Saved." in answer.text
    phone.wait_for(lambda: phone.banners, within=SHOWN, what="the change is shown")
    assert [banner.text for banner in phone.banners] == ["Your level is now Gold"]

    given = requests.post(f"{found['e']}/transfer", data={"to": "bob@example.org"}, timeout=30)
    assert "bob@example.org" in given.text
    eventually(lambda: len(mails.taken) == 2, within=SHOWN, what="the new holder is written to")
    assert mails.taken[1].recipients == ["bob@example.org"]
    new = links_in(mails.taken[1])
    assert requests.get(found["e"], timeout=30).status_code == 404
    assert requests.get(f"{found['p']}.pkpass", timeout=30).status_code == 404

    next_phone = toy_town.phone()
    assert next_phone.add(f"{new['p']}.pkpass").serial_number == held.serial_number
    requests.post(
        new["e"], data={"field-member": "Bob", "field-level": "Bronze", "field-mail": "bob@example.org"}, timeout=30
    )
    next_phone.wait_for(lambda: next_phone.banners, within=SHOWN, what="the new holder's phone shows his change")
    assert len(phone.banners) == 1
    requests.post(new["delete"], timeout=30)
    next_phone.wait_for(
        lambda: next_phone.passes[held.name].keys.get("voided"),
        within=SHOWN,
        what="the deleted pass is void on the phone",
    )
    assert requests.get(new["p"], timeout=30).status_code == 410
    assert phone.passes[held.name].field("level") == "Gold"
    end(worker)


def test_the_e_mail_survives_what_is_killed(toy_town: Town, mails: MailServer, links: str) -> None:
    mails.taken.clear()
    page = fill_in(links, member="Ada", level="", mail="ada@example.org")
    kill(toy_town.installation.processes[0])
    toy_town.installation.start("web")
    mails.answers["DATA"] = ["HANG"]
    worker = toy_town.start_worker()
    eventually(lambda: not mails.answers["DATA"], within=SHOWN, what="the e-mail is being sent")
    assert toy_town.installation.one(ATTEMPTED) == 1
    kill(worker)
    another = toy_town.start_worker()
    eventually(lambda: bool(mails.taken), within=3 * SHOWN, what="another worker sends it")
    assert page in links_in(mails.taken[0])["p"]
    end(another)
