"""Many passes at once: what is sent, how it goes and what came of it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse

from passwright.data.models import BulkChunk, BulkImport, Campaign, Pass
from passwright.interfaces import jobs
from passwright.interfaces.api import spool
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.operations import start_bulk_import
from passwright.operations.tend_bulk_imports import tend_bulk_imports
from passwright.operations.transfer_pass import transfer_pass
from passwright.queries import bulk_imports
from passwright.settings import PUBLIC_URL
from tests.interfaces.api.conftest import Api
from tests.interfaces.api.toy_town import ok, refused

GENERICS = TYPES[3]


def row(number: int, **parts: Any) -> dict[str, Any]:
    return {"external_id": f"m-{number}", "primary_fields": [{"key": "member", "value": f"Member {number}"}], **parts}


def campaign(api: Api, kind: CampaignType = GENERICS, **parts: Any) -> str:
    """Its address."""
    content = {"name": "Members", "icon_id": api.upload("icon"), "primary_fields": [{"key": "member"}], **parts}
    if kind.root == "boarding_pass":
        content["transit_type"] = "air"
    return f"/v2/{kind.segment}/{ok(api.post(f'/v2/{kind.segment}', {kind.root: content}), 201)['id']}"


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


def send(api: Api, address: str, body: bytes, status: int = 202) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.raw("POST", f"{address}/passes/bulk", body), status)
    return made


def done(api: Api, address: str, body: bytes) -> dict[str, Any]:
    """The state of an import that was sent and done."""
    made = send(api, address, body)
    jobs.import_rows(made["id"])
    shown: dict[str, Any] = ok(api.get(f"{address}/passes/bulk/{made['id']}"))
    return shown


def result(api: Api, state: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    answer = api.get(state["result_url"].removeprefix(PUBLIC_URL) + query)
    assert answer["Content-Type"] == "application/x-ndjson"
    return read(answer)


def read(answer: HttpResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in answer.content.split(b"\n") if line]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.segment)
def test_rows_become_passes(api: Api, certificates: None, kind: CampaignType) -> None:
    address = campaign(api, kind)
    rows = [row(1), {"pass": row(2)}, {kind.root: row(3)}, {}]
    answer = api.raw("POST", f"{address}/passes/bulk", lines(*rows))
    queued = ok(answer, 202)
    assert answer["Location"] == f"{PUBLIC_URL}{address}/passes/bulk/{queued['id']}"
    nothing = {"processed": 0, "succeeded": 0, "failed": 0, "progress": 0.0, "result_url": None, "errors": []}
    assert queued.items() >= {"state": "queued", "rows": 4, "reason": None, "started_at": None, **nothing}.items()

    jobs.import_rows(queued["id"])
    state = ok(api.get(f"{address}/passes/bulk/{queued['id']}"))
    assert (state["state"], state["processed"], state["succeeded"], state["progress"]) == ("done", 4, 4, 1.0)
    assert state["started_at"] is not None
    assert state["finished_at"] is not None
    passes = ok(api.get(f"{address}/passes"))
    assert [each["redeem_code"] for each in passes] == ["0000001", "0000002", "0000003", "0000004"]
    assert [each["external_id"] for each in passes] == ["m-1", "m-2", "m-3", None]
    assert [each["primary_fields"][0]["value"] for each in passes] == ["Member 1", "Member 2", "Member 3", None]
    names = ("id", "serial_number", "redeem_code", "external_id", "page_url", "pkpass_url")
    expected = [{"row": n, **{name: each[name] for name in names}} for n, each in enumerate(passes, start=1)]
    assert result(api, state) == expected


def test_rows_are_what_single_passes_are(api: Api, certificates: None) -> None:
    """The same bodies, one by one and together, make the same passes."""
    thumbnail = api.upload("thumbnail")
    bodies: list[dict[str, Any]] = [
        row(
            1, expiration_date="2027-01-31T18:30:00+02:00", relevant_date="2027-01-01", user_info={"b": 1, "a": [2.50]}
        ),
        row(2, back_fields=[{"key": "own", "label": "Own", "value": "\\tab\\ \t\n\u2028 ü"}], voided=True),
        row(3, thumbnail_id=thumbnail, locations=[{"latitude": 38.7, "longitude": "-9.1"}]),
        row(4, barcode={"format": "qrcode", "message": "a\\b"}, max_distance=5000),
        {"pass": {"merge": False, "primary_fields": []}},
        {"primary_fields": [{"key": "member", "value": None, "label": "Who"}], "external_id": " tab\tin it "},
    ]
    one_by_one = campaign(api, time_zone="Europe/Lisbon", user_info={"of": "all"})
    together = campaign(api, time_zone="Europe/Lisbon", user_info={"of": "all"}, name="Others")
    singles = [ok(api.post(f"{one_by_one}/passes", body), 201) for body in bodies]
    assert done(api, together, lines(*bodies))["failed"] == 0

    def plain(shown: dict[str, Any]) -> dict[str, Any]:
        own = (
            "id",
            "campaign_id",
            "icon_id",
            "serial_number",
            "page",
            "pkpass",
            "download",
            "direct",
            "created_at",
            "updated_at",
        )
        return {name: value for name, value in shown.items() if not name.startswith(own)}

    for made, single in zip(ok(api.get(f"{together}/passes")), singles, strict=True):
        assert plain(made) == plain(single)


KEPT_BODIES: list[dict[str, Any]] = [
    {"barcode": {"message": "own\t\\N"}, "external_id": "a"},
    {"barcodes": [{"format": "ean128", "message": "two", "alt_text": "Two"}, {"format": "aztec"}], "voided": "1"},
    {"primary_fields": [{"key": "member", "value": "told", "label": "L"}], "barcode": {"message": "ü" * 1_250}},
    {"primary_fields": [{"key": "member", "value": "told"}], "expiration_date": "2001-01-01", "relevant_date": None},
    {"primary_fields": [{"key": "member", "_destroy": True}], "barcode": {"message": "ü" * 1_251}},
    {"barcode": {"message": "own\t\\N"}, "user_info": []},
    {"merge": False, "primary_fields": [{"key": "own", "value": 7}], "barcode": {"message": 8}},
]


@pytest.mark.parametrize(
    "content",
    [
        {"code_type": "per_pass", "expiration_date": "2027-03-28", "time_zone": "Europe/Lisbon"},
        {"primary_fields": [{"key": "member", "use_as_barcode": True}], "user_info": {"b": 1, "a": "\u2028"}},
        {"code_type": "fixed", "code_fixed_value": "X", "relevant_date": "2027-01-01T00:00:00Z"},
    ],
    ids=["per pass", "a field is the code", "fixed"],
)
def test_rows_are_kept_as_single_passes_are(api: Api, certificates: None, content: dict[str, Any]) -> None:
    """Every column that is not an id or a time, and every refusal."""
    one_by_one, together = campaign(api, **content), campaign(api, name="Others", **content)
    answers = [api.post(f"{one_by_one}/passes", body) for body in KEPT_BODIES]
    results = result(api, done(api, together, lines(*KEPT_BODIES)))
    assert [each.get("errors") for each in results] == [answer.json().get("errors") for answer in answers]
    made = [[row_of(each) for each in some if "id" in each] for some in (results, [a.json() for a in answers])]
    assert made[0] == made[1]
    assert len(made[0]) >= 4


def row_of(made: dict[str, Any]) -> dict[str, Any]:
    row = Pass.objects.filter(id=made["id"]).values().get()
    row["barcode_digest"] = row["barcode_digest"] and bytes(row["barcode_digest"])
    return {
        name: row[name] for name in row if not name.endswith(("id", "_at", "serial_number")) or name == "external_id"
    }


def test_a_wrong_row_is_named_and_keeps_no_other_out(api: Api, certificates: None) -> None:
    address = campaign(api)
    ok(api.post(f"{address}/passes", {"pass": {"external_id": "there"}}), 201)
    body = b"\n".join(
        [
            lines(row(1)).strip(),
            b"  ",
            b"[1]",
            b'{"external_id": ',
            lines(row(1)).strip(),
            lines(row(5, external_id="there")).strip(),
            b'{"primary_fields": 7, "voided": "perhaps"}',
            b'{"thumbnail_id": "00000000-0000-4000-8000-000000000000"}',
            b'{"user_info": {"a": "\\u0000"}}',
            b'{"passes": [{}]}',
            b'{"a": "' + b"x" * 65_536 + b'"}',
            lines(row(2)).strip(),
        ]
    )
    state = done(api, address, body)
    assert (state["rows"], state["succeeded"], state["failed"]) == (11, 2, 9)
    taken = {"external_id": ["has already been taken in this campaign"]}
    invalid = state["errors"][1]["errors"]["base"][0]
    assert invalid.startswith("is not valid JSON: ")
    assert state["errors"] == [
        {"row": 2, "errors": {"base": ["must be a JSON object"]}},
        {"row": 3, "errors": {"base": [invalid]}},
        {"row": 4, "errors": taken},
        {"row": 5, "errors": taken},
        {"row": 6, "errors": {"primary_fields": ["must be a list of objects"], "voided": ["must be true or false"]}},
        {"row": 7, "errors": {"thumbnail_id": ["does not exist"]}},
        {"row": 8, "errors": {"base": ["has NUL characters (\\u0000)"]}},
        {"row": 9, "errors": {"base": ["is a list of passes: send them as lines, or as an array without a root"]}},
        {"row": 10, "errors": {"base": ["is longer than 64 KiB"]}},
    ]
    results = result(api, state)
    assert [each["row"] for each in results] == list(range(1, 12))
    assert [each for each in results if "errors" in each] == state["errors"]
    codes = [each["redeem_code"] for each in ok(api.get(f"{address}/passes"))]
    assert codes == ["0000001", "0000002", "0000003"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"external_id":"a"}\r\n\r\n{"external_id":"b"}\r\n',
        b'\xef\xbb\xbf{"external_id":"a"}\n{"external_id":"b"}',
        b'\n\n {"external_id":"a"} \n\n{"external_id":"b"}\n\n',
        b'[{"external_id":"a"},{"external_id":"b"}]',
        b'\xef\xbb\xbf\n [\n {"external_id":\n"a"}\n ,\r\n\t{"external_id":"b"} ] \n',
    ],
    ids=["crlf", "bom and no last newline", "blank lines", "array", "pretty array with bom"],
)
def test_spellings_of_the_same_rows(api: Api, certificates: None, body: bytes) -> None:
    address = campaign(api)
    state = done(api, address, body)
    assert (state["rows"], state["failed"]) == (2, 0)
    assert [each["external_id"] for each in ok(api.get(f"{address}/passes"))] == ["a", "b"]


def test_php_writes_rows_without_attributes_as_empty_lists(api: Api, certificates: None) -> None:
    state = done(api, campaign(api), b'[[],{"pass":[]},[ ],[[]]]')
    assert (state["succeeded"], [each["row"] for each in state["errors"]]) == (3, [4])


def test_a_compressed_body_is_refused(api: Api, certificates: None) -> None:
    address = campaign(api)
    body = gzip.compress(b"{}")
    errors = refused(api.raw("POST", f"{address}/passes/bulk", body, HTTP_CONTENT_ENCODING="gzip"), 400)
    assert errors == {"base": "The body is compressed. Send the rows as they are, without Content-Encoding."}
    assert ok(api.raw("POST", f"{address}/passes/bulk", b"{}", HTTP_CONTENT_ENCODING="identity"), 202)["rows"] == 1


@pytest.mark.parametrize("body", [b"", b" \n\n", b"[]", b"\xef\xbb\xbf"])
def test_no_rows_are_refused(api: Api, certificates: None, body: bytes) -> None:
    address = campaign(api)
    assert refused(api.raw("POST", f"{address}/passes/bulk", body)) == {
        "rows": ["are missing: send a JSON object a line, or a JSON array of objects"]
    }


def test_a_broken_array_is_refused_and_nothing_is_kept(api: Api, certificates: None) -> None:
    address = campaign(api)
    errors = refused(api.raw("POST", f"{address}/passes/bulk", b'[{"external_id":"a"} {"external_id":"b"}]'), 400)
    assert errors == {"base": "The array is broken: row 1 (byte 22) needs a comma or the array's end after it."}
    assert ok(api.get(f"{address}/passes/bulk")) == []
    assert not BulkChunk.objects.exists()


def test_there_is_a_most_of_rows(api: Api, certificates: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_bulk_import, "MOST_ROWS", 3)
    address = campaign(api)
    assert send(api, address, b"{}\n" * 3)["rows"] == 3
    assert refused(api.raw("POST", f"{address}/passes/bulk", b"{}\n" * 4)) == {
        "rows": ["can be at most 3. Send the others afterwards."]
    }
    assert BulkImport.objects.count() == 1


def test_there_is_a_most_of_bytes(api: Api, certificates: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "MOST_BYTES", 30)
    address = campaign(api)
    refused(api.raw("POST", f"{address}/passes/bulk", b"{}\n" * 11), 413)
    assert send(api, address, b"{}\n" * 10)["rows"] == 10


def test_a_body_over_four_mebibytes_is_taken(api: Api, certificates: None) -> None:
    address = campaign(api)
    body = lines(*(row(number, back_fields=[{"key": "own", "value": "x" * 5_000}]) for number in range(1_000)))
    assert len(body) > 4 * 1024 * 1024
    assert done(api, address, body).items() >= {"rows": 1_000, "succeeded": 1_000}.items()


@pytest.mark.parametrize("action", ["pause", "archive"])
def test_a_campaign_that_issues_nothing_is_refused_before_the_body(api: Api, certificates: None, action: str) -> None:
    address = campaign(api)
    state = "paused" if action == "pause" else "archived"
    Campaign.objects.update(state=state)
    assert refused(api.raw("POST", f"{address}/passes/bulk", b"[broken"), 412) == {
        "campaign": f"Campaign is {state}: no passes can be issued."
    }


def test_nothing_of_it_is_a_strangers(api: Api, stranger: Api, certificates: None) -> None:
    address = campaign(api)
    state = done(api, address, lines(row(1)))
    one = f"{address}/passes/bulk/{state['id']}"
    for path in (f"{address}/passes/bulk", one, f"{one}/result"):
        refused(stranger.get(path), 404)
    refused(stranger.raw("POST", f"{address}/passes/bulk", lines(row(2))), 404)
    mine = campaign(stranger)
    refused(stranger.get(f"{mine}/passes/bulk/{state['id']}"), 404)
    refused(api.get(one.replace("generics", "coupons")), 404)
    refused(api.get(f"{address}/passes/bulk/none"), 404)
    assert BulkImport.objects.count() == 1


def test_imports_are_listed(api: Api, certificates: None) -> None:
    address = campaign(api)
    first, second = send(api, address, b"{}"), send(api, address, b"{}\n{}")
    shown = ok(api.get(f"{address}/passes/bulk"))
    assert [each["id"] for each in shown] == [first["id"], second["id"]]
    assert all("errors" not in each for each in shown)
    answer = api.get(f"{address}/passes/bulk?per_page=1&page=2&q[rows_gt]=0")
    assert [each["rows"] for each in ok(answer)] == [2]
    assert answer["X-Total"] == "2"


@pytest.mark.parametrize("path", ["/v2//generics/{id}//passes/bulk/", "/v1/generic/{id}/passes/bulk.json"])
def test_addresses_are_evened(api: Api, certificates: None, path: str) -> None:
    address = campaign(api)
    written = path.format(id=address.rpartition("/")[2])
    made = ok(api.raw("POST", written, b'{"barcode":"pdf417"}'), 202)
    jobs.import_rows(made["id"])
    state = ok(api.get(f"{address}/passes/bulk/{made['id']}"))
    assert state["failed"] == (0 if "/v1/" in path else 1), "a bare word for a code is version 1"


def test_results_come_in_pieces(api: Api, certificates: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_bulk_import, "ROWS_OF_A_CHUNK", 3)
    monkeypatch.setattr(bulk_imports, "CHUNKS_TOGETHER", 2)
    address = campaign(api)
    state = done(api, address, lines(*map(row, range(1, 15))))
    path = f"{address}/passes/bulk/{state['id']}/result"
    rows, following = [], "1"
    pieces = []
    while following:
        answer = api.get(f"{path}?from_row={following}")
        pieces.append(len(read(answer)))
        rows += [(each["row"], each["external_id"]) for each in read(answer)]
        following = answer.headers.get("X-Next-Row", "")
    assert rows == [(number, f"m-{number}") for number in range(1, 15)]
    assert pieces == [6, 6, 2]
    assert [each["row"] for each in read(api.get(f"{path}?from_row=5"))] == [5, 6, 7, 8, 9]
    assert read(api.get(f"{path}?from_row=99")) == []


def test_results_are_forgotten_after_thirty_days(api: Api, certificates: None) -> None:
    address = campaign(api)
    old, new = done(api, address, lines(row(1))), done(api, address, lines(row(2)))
    long_ago = datetime.now(UTC) - timedelta(days=31)
    BulkImport.objects.filter(id=old["id"]).update(finished_at=long_ago)
    tend_bulk_imports(now=datetime.now(UTC))
    assert BulkChunk.objects.count() == 1
    state = ok(api.get(f"{address}/passes/bulk/{old['id']}"))
    assert (state["succeeded"], state["result_url"]) == (1, None)
    refused(api.get(f"{address}/passes/bulk/{old['id']}/result"), 404)
    assert len(result(api, new)) == 1
    assert Pass.objects.count() == 2


def test_addresses_are_those_of_the_holder_of_now(api: Api, certificates: None) -> None:
    address = campaign(api, allow_transfer=True)
    state = done(api, address, lines(row(1), row(2)))
    before = [each["page_url"] for each in result(api, state)]
    transfer_pass(opened_by=Pass.objects.get(external_id="m-1").id, now=datetime.now(UTC))
    shown = [each["page_url"] for each in ok(api.get(f"{address}/passes"))]
    assert [each["page_url"] for each in result(api, state)] == shown
    assert [old == new for old, new in zip(before, shown, strict=True)] == [False, True]
