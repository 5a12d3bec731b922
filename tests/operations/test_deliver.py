"""Signing on the hot path: what OpenSSL says about it, what it keeps, and what it does not do."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passwright import secrets, storage
from passwright.apple.certificate import load_certificate
from passwright.caching import BoundedCache
from passwright.data.models import Campaign, CampaignRevision, Certificate, Event, Organization, Pass
from passwright.interfaces.public.answers import pass_file
from passwright.interfaces.public.downloads import Downloads
from passwright.operations import deliver
from passwright.operations.deliver import CertificateExpired, PassNotFound, deliver_pass
from passwright.operations.distribute import claim_pass
from passwright.passes.content import ImageSlot, Style
from passwright.queries import revisions
from passwright.queries.development_authority import root_pem
from passwright.queries.distributions import campaign_of_link
from passwright.queries.passes import pass_
from passwright.settings import PUBLIC_URL
from tests import public_ground as ground


@pytest.fixture(autouse=True)
def empty_caches() -> Iterator[None]:
    deliver.issuers.clear()
    deliver.archives.clear()
    yield
    deliver.issuers.clear()
    deliver.archives.clear()


@pytest.fixture
def owner(db: None) -> Organization:
    return ground.organization()


@pytest.fixture
def row(owner: Organization) -> Pass:
    return ground.issued(ground.campaign(owner))


def unpacked(pkpass: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pkpass)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.django_db
def test_openssl_verifies_a_delivered_pass(row: Pass, tmp_path: Path) -> None:
    files = unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)
    manifest = json.loads(files["manifest.json"])
    assert {name: hashlib.sha1(files[name]).hexdigest() for name in manifest} == manifest
    assert set(files) == {*manifest, "manifest.json", "signature"}
    for name in ("manifest.json", "signature"):
        (tmp_path / name).write_bytes(files[name])
    (tmp_path / "root.pem").write_bytes(root_pem())
    command = (
        "openssl smime -verify -binary -inform DER -in signature -content manifest.json -CAfile root.pem"
        " -purpose any -out verified"
    )
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "verified").read_bytes() == files["manifest.json"]
    said = json.loads(files["pass.json"])
    assert said["serialNumber"] == str(row.serial_number)
    assert said["generic"]["primaryFields"][0]["value"] == "Johnny Appleseed"


@pytest.mark.django_db
def test_every_pass_says_where_it_is_updated_and_has_a_token_of_its_own(owner: Organization) -> None:
    campaign = ground.campaign(owner)
    rows = [ground.issued(campaign), ground.issued(campaign)]
    said = [json.loads(unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)["pass.json"]) for row in rows]
    assert [one["webServiceURL"] for one in said] == [f"{PUBLIC_URL}/apple"] * 2
    tokens = [one["authenticationToken"] for one in said]
    assert tokens == [secrets.authentication_token(row.serial_number) for row in rows]
    assert tokens[0] != tokens[1]


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_an_event_and_asks_nothing_else() -> None:
    row = ground.issued(ground.campaign(ground.organization()))
    deliver_pass(pass_id=row.id, at=ground.now())
    link, at = ground.link_of(row.campaign), ground.now()
    with CaptureQueriesContext(connection) as seen:
        deliver_pass(pass_id=row.id, at=at, link=link)
    assert len(seen) == 0  # its two statements go past Django's cursors
    assert Event.objects.filter(kind="downloaded", pass_id=row.id, campaign=row.campaign).count() == 2
    assert Event.objects.filter(kind="downloaded").latest("id").at == at


@pytest.mark.django_db
def test_what_changed_is_delivered(row: Pass) -> None:
    deliver_pass(pass_id=row.id, at=ground.now())
    expires = ground.now() + timedelta(days=30, microseconds=1)
    Pass.objects.update(voided=True, user_info={"a": "b"}, expiration_date=expires)
    said = json.loads(unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)["pass.json"])
    assert said["voided"] is True
    assert json.loads(said["userInfo"]) == {"a": "b"}
    assert said["expirationDate"].startswith(f"{expires:%Y-%m-%dT%H:%M:%S}")


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["zzzzzzzzzz", "", "'; DROP TABLE pass; --"])
def test_another_links_pass_is_not_found_and_not_counted(row: Pass, link: str) -> None:
    with pytest.raises(PassNotFound):
        deliver_pass(pass_id=row.id, at=ground.now(), link=link)
    assert not Event.objects.filter(kind="downloaded").exists()


@pytest.mark.django_db
def test_unknown_and_deleted_are_not_found(row: Pass) -> None:
    with pytest.raises(PassNotFound):
        deliver_pass(pass_id=uuid4(), at=ground.now())
    Campaign.objects.update(deleted_at=ground.now())
    with pytest.raises(PassNotFound):
        deliver_pass(pass_id=row.id, at=ground.now())


@pytest.mark.django_db
def test_an_expired_certificate_signs_nothing_and_counts_nothing(row: Pass) -> None:
    at = ground.now()
    Certificate.objects.update(expires_at=at)
    with pytest.raises(CertificateExpired):
        deliver_pass(pass_id=row.id, at=at)
    assert not Event.objects.filter(kind="downloaded").exists()


@pytest.mark.django_db
def test_a_renewed_certificate_signs_the_next_delivery(owner: Organization) -> None:
    row = ground.issued(ground.campaign(owner))
    before = unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)["signature"]
    old, other = row.campaign.certificate, Certificate.objects.exclude(id=row.campaign.certificate_id).first()
    assert other is not None
    for name in ("leaf_pem", "key_encrypted", "pass_type_identifier"):
        setattr(old, name, getattr(other, name))
    old.not_before += timedelta(seconds=1)
    old.save()
    files = unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)
    assert json.loads(files["pass.json"])["passTypeIdentifier"] == other.pass_type_identifier
    assert files["signature"][:400] != before[:400]


@pytest.mark.django_db
def test_passes_with_the_same_pictures_share_one_archive(owner: Organization) -> None:
    campaign = ground.campaign(owner)
    for _ in range(3):
        deliver_pass(pass_id=ground.issued(campaign).id, at=ground.now())
    assert len(deliver.archives) == 1
    picture = ground.asset(owner, ImageSlot.THUMBNAIL, "#123456")
    own = ground.issued(campaign, images={ImageSlot.THUMBNAIL: picture})
    assert "thumbnail.png" in unpacked(deliver_pass(pass_id=own.id, at=ground.now()).pkpass)
    assert len(deliver.archives) == 2


@pytest.mark.django_db
def test_a_lost_picture_is_an_error_with_a_name_and_not_counted(row: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(digest: str) -> bytes:
        raise storage.MissingImage(digest)

    monkeypatch.setattr(storage, "get", lost)
    with pytest.raises(storage.MissingImage):
        deliver_pass(pass_id=row.id, at=ground.now())
    assert not Event.objects.filter(kind="downloaded").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_any_expiration_date_that_can_be_kept_can_be_delivered(row: Pass, year: int) -> None:
    expires = datetime(year, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    Pass.objects.update(expiration_date=expires)
    said = json.loads(unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)["pass.json"])
    assert said["expirationDate"].startswith(f"{year:04}-12-31T23:59:59")
    again = pass_(row.campaign, row.id)
    assert again is not None
    assert again.expiration_date == expires


@pytest.mark.django_db
def test_a_corrected_intermediate_signs_the_next_delivery(row: Pass) -> None:
    deliver_pass(pass_id=row.id, at=ground.now())
    certificate = row.campaign.certificate
    certificate.intermediate_pem = root_pem().decode()
    certificate.save()
    signature = unpacked(deliver_pass(pass_id=row.id, at=ground.now()).pkpass)["signature"]
    assert load_certificate(root_pem()).public_bytes(Encoding.DER) in signature


def answer_of(environ: dict[str, str]) -> tuple[str, dict[str, str], bytes]:
    said: list[tuple[str, list[tuple[str, str]]]] = []

    def django(environ: dict[str, str], start_response: object) -> list[bytes]:
        said.append(("Django's", []))
        return [b""]

    content = b"".join(Downloads(django)(environ, lambda status, headers: said.append((status, headers))))
    return said[0][0], dict(said[0][1]), content


@pytest.mark.django_db(transaction=True)
def test_a_download_that_works_needs_no_django_and_every_other_does() -> None:
    row = ground.issued(ground.campaign(ground.organization()))
    token, link = secrets.page_token(row.id), ground.link_of(row.campaign)
    for path in (f"/p/{link}/{token}.pkpass", f"/p/{token}.pkpass"):
        status, headers, content = answer_of({"REQUEST_METHOD": "GET", "PATH_INFO": path})
        assert status == "200 OK"
        assert "pass.json" in unpacked(content)
        page = pass_file(content, row.campaign.name)
        assert headers == {**page.headers, "Content-Length": str(len(content))}
        assert answer_of({"REQUEST_METHOD": "HEAD", "PATH_INFO": path})[0] == "Django's"
    for path in (f"/p/zzzzzzzzzz/{token}.pkpass", f"/p/{'z' * 22}.pkpass", f"/p/{token}", f"/p/{token}.pkpass\n"):
        assert answer_of({"REQUEST_METHOD": "GET", "PATH_INFO": path})[0] == "Django's"
    Certificate.objects.update(expires_at=ground.now())
    assert answer_of({"REQUEST_METHOD": "GET", "PATH_INFO": f"/p/{token}.pkpass"})[0] == "Django's"
    assert Event.objects.filter(kind="downloaded").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_statement_outlives_a_discard_and_a_changed_table() -> None:
    row = ground.issued(ground.campaign(ground.organization()))
    deliver_pass(pass_id=row.id, at=ground.now())
    with connection.cursor() as cursor:
        cursor.execute("DISCARD ALL")
    deliver_pass(pass_id=row.id, at=ground.now())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaign ALTER COLUMN push_message TYPE varchar")
    try:
        assert deliver_pass(pass_id=row.id, at=ground.now()).pkpass
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE campaign ALTER COLUMN push_message TYPE text")


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_noticed_before_the_next_request() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()

    def end_it() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        connection.close()

    thread = threading.Thread(target=end_it)
    thread.start()
    thread.join()
    assert connection.is_usable() is False
    connection.close_if_unusable_or_obsolete()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def in_threads(number: int, work: object) -> list[object]:
    """What each thread's work returned or raised, all let go at the same moment."""
    results: list[object] = []
    gate = threading.Barrier(number)

    def run() -> None:
        gate.wait()
        try:
            results.append(work())  # type: ignore[operator]  # any callable
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_pass() -> None:
    made = ground.campaign(ground.organization())
    campaign = campaign_of_link(ground.link_of(made))
    assert campaign is not None
    pass_id, at = uuid4(), ground.now()

    def click() -> bool:
        return claim_pass(campaign=campaign, pass_id=pass_id, answers={}, metadata={}, at=at)

    assert sorted(map(str, in_threads(4, click))) == ["False", "False", "False", "True"]
    assert Pass.objects.count() == 1
    assert Event.objects.filter(kind="created").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_threads_load_a_key_and_lay_out_an_archive_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = ground.issued(ground.campaign(ground.organization()))
    loaded: list[str] = []
    load = deliver.load_issuer

    def counted(certificate_id: str) -> deliver.LoadedIssuer:
        loaded.append(certificate_id)
        return load(certificate_id)

    monkeypatch.setattr(deliver, "load_issuer", counted)
    at = ground.now()
    files = {
        delivery.pkpass if isinstance(delivery, deliver.Delivery) else delivery
        for delivery in in_threads(4, lambda: deliver_pass(pass_id=row.id, at=at))
    }
    assert len(files) == 1
    assert len(loaded) == 1


def test_the_caches_are_bounded() -> None:
    assert deliver.issuers.most_entries == 256
    assert (deliver.archives.most_entries, deliver.archives.most_bytes) == (512, 128 * 1024 * 1024)


def test_a_cache_forgets_what_was_used_longest_ago() -> None:
    cache: BoundedCache[int, bytes] = BoundedCache(most_entries=3, most_bytes=100, size_of=len)
    for key in (1, 2, 3):
        cache.get(key, lambda: b"x" * 10)
    cache.get(1, lambda: b"never made")
    cache.get(4, lambda: b"x" * 10)
    assert cache.get(1, lambda: b"new") == b"x" * 10
    assert cache.get(2, lambda: b"new") == b"new"
    assert len(cache) == 3


def test_a_cache_keeps_within_its_bytes() -> None:
    cache: BoundedCache[int, bytes] = BoundedCache(most_entries=100, most_bytes=100, size_of=len)
    for key in range(50):
        cache.get(key, lambda: b"x" * 40)
        assert cache.bytes <= 100
    assert len(cache) == 2
    assert len(cache.get(99, lambda: b"x" * 101)) == 101
    assert len(cache) == 2


def test_what_failed_is_tried_again() -> None:
    cache: BoundedCache[int, bytes] = BoundedCache(most_entries=3, most_bytes=100, size_of=len)

    def failing() -> bytes:
        raise storage.MissingImage("x")

    with pytest.raises(storage.MissingImage):
        cache.get(1, failing)
    assert cache.get(1, lambda: b"good") == b"good"


def test_makers_of_different_values_do_not_wait_for_each_other() -> None:
    cache: BoundedCache[int, bytes] = BoundedCache(most_entries=3, most_bytes=100, size_of=len)
    both = threading.Barrier(2)  # breaks unless two makers are inside at once

    def made() -> bytes:
        both.wait(timeout=10)
        return b"made"

    threads = [threading.Thread(target=cache.get, args=(key, made)) for key in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache) == 2


@pytest.mark.django_db
def test_a_holder_s_link_is_on_the_back_where_the_campaign_lets_him_change_his_pass(owner: Organization) -> None:
    row = ground.issued(ground.campaign(owner))

    def back(opened_by: UUID = row.id) -> dict[str, dict[str, str]]:
        said = json.loads(unpacked(deliver_pass(pass_id=opened_by, at=ground.now()).pkpass)["pass.json"])
        style = next(said[name] for name in Style if name in said)
        return {field["key"]: field for field in style["backFields"]}

    assert "passwright_edit" not in back()
    revision = CampaignRevision.objects.get(campaign_id=row.campaign_id)
    revision.content["edit_link"] = True
    revision.save()
    revisions.kept.clear()
    assert back()["passwright_edit"]["value"] == f"{PUBLIC_URL}/e/{secrets.edit_token(row.id)}"
    handed_on = uuid4()
    Pass.objects.filter(id=row.id).update(link_id=handed_on)
    assert back(handed_on)["passwright_edit"]["value"] == f"{PUBLIC_URL}/e/{secrets.edit_token(handed_on)}"
    revisions.kept.clear()
