"""What devices say, read strictly: tables of headers, bodies, log lines and dates."""

from __future__ import annotations

import doctest
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passwright.apple import web_service
from passwright.apple.web_service import (
    Authorization,
    Complaint,
    Scheme,
    UnusableBody,
    Wallet,
    client_of,
    hide_tokens,
    http_date,
    last_modified,
    read_authorization,
    read_http_date,
    read_log_line,
    read_logs,
    read_registration,
    read_sign_up,
)

TOKEN = "3fb1c7a0d2e94b583fb1c7a0d2e94b58"
DEVICE = "19121d6b570b31a3fa56dbd45411c933"
SERIAL = "8c6772f0-99d5-41aa-b7a3-2f5ffbf7f899"
PUSH_TOKEN = "ab" * 32


def test_the_examples_are_true() -> None:
    assert doctest.testmod(web_service).failed == 0


@pytest.mark.parametrize(
    ("header", "scheme"),
    [
        (f"ApplePass {TOKEN}", Scheme.APPLE_PASS),
        (f"applepass {TOKEN}", Scheme.APPLE_PASS),
        (f"APPLEPASS  {TOKEN} ", Scheme.APPLE_PASS),
        (f"AndroidPass {TOKEN}", Scheme.ANDROID_PASS),
        (f"WalletUnionPass {TOKEN}", Scheme.WALLET_UNION_PASS),
        (f"walletunionHMSpass {TOKEN}", Scheme.WALLET_UNION_HMS_PASS),
        (f"AttidoPass {TOKEN}", Scheme.ATTIDO_PASS),
    ],
)
def test_the_authorization_words(header: str, scheme: Scheme) -> None:
    assert read_authorization(header) == Authorization(scheme, TOKEN)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "ApplePass",
        "ApplePass ",
        TOKEN,
        f"Bearer {TOKEN}",
        f"ApplePass{TOKEN}",
        f"ApplePass:{TOKEN}",
        f"ApplePass {TOKEN} {TOKEN}",
        f"ApplePass\t{TOKEN}",
        f"ApplePass {'x' * 257}",
        f"ApplePass {TOKEN}\n",
        "ApplePass tökén",
        "ApplePass \x00",
        f"ApplePaſs {TOKEN}",
    ],
)
def test_what_is_no_authorization(header: str | None) -> None:
    assert read_authorization(header) is None


def test_a_token_keeps_its_case_and_stays_out_of_the_repr() -> None:
    authorization = read_authorization("ApplePass AbC")
    assert authorization == Authorization(Scheme.APPLE_PASS, "AbC")
    assert "AbC" not in repr(authorization)
    registration = read_registration(json.dumps({"pushToken": PUSH_TOKEN}).encode(), Wallet.PASSBOOK)
    assert PUSH_TOKEN not in repr(registration)
    sign_up = read_sign_up(b'{"personalizationToken":"T0k","requiredPersonalizationInfo":{"fullName":"Johnny"}}')
    assert repr(sign_up) == "SignUp(['fullName'])"


ANDROID = "WalletPasses/3.2 (Linux; U; Android 14; Pixel 8)"
PHONE = "passd/1.0 CFNetwork/1494.0.7 Darwin/23.4.0"


@pytest.mark.parametrize(
    ("scheme", "pass_client", "agent", "wallet", "device_os"),
    [
        ("ApplePass", None, None, "passbook", "ios"),
        ("ApplePass", None, PHONE, "passbook", "ios"),
        ("ApplePass", "Passworks", None, "passworks_wallet", "android"),
        ("ApplePass", " passworks ", PHONE, "passworks_wallet", "android"),
        ("ApplePass", "Passes", None, "pass2u", "android"),
        ("AndroidPass", "Passes", ANDROID, "pass2u", "android"),
        ("ApplePass", "Somebody", None, "passbook", "ios"),
        ("AndroidPass", None, ANDROID, "wallet_passes", "android"),
        ("AndroidPass", None, None, "wallet_passes", "android"),
        ("AndroidPass", None, "WalletPasses/1.0 (Windows Phone 10.0)", "wallet_passes", "wp"),
        ("ApplePass", None, ANDROID, "wallet_passes", "android"),
        ("WalletUnionPass", None, "WalletUnion/1.0 Passbook/1.0 (Android)", "walletunion", "android"),
        ("WalletUnionHMSPass", None, "WalletUnionHMS/1.0 Passbook/1.0", "walletunion_hms", "android"),
        ("ApplePass", None, "WalletUnionHMS/1.0 Passbook/1.0", "walletunion_hms", "android"),
        ("ApplePass", None, "WalletUnion/1.0 Passbook/1.0", "walletunion", "android"),
        ("AttidoPass", None, None, "passwallet", "android"),
        ("ApplePass", None, "PassWallet/2.1", "passwallet", "android"),
        ("ApplePass", None, "Dalvik/2.1.0 (Linux; U; Android 9)", "passbook", "android"),
    ],
)
def test_who_asks(scheme: str, pass_client: str | None, agent: str | None, wallet: str, device_os: str) -> None:
    client = client_of(Scheme(scheme), pass_client, agent)
    assert (client.wallet, client.device_os) == (wallet, device_os)


@pytest.mark.parametrize(
    ("wallet", "sent", "push_token", "push_service"),
    [
        (Wallet.PASSBOOK, {"pushToken": PUSH_TOKEN.upper(), "more": [1]}, PUSH_TOKEN, None),
        (Wallet.PASSBOOK, {"pushToken": PUSH_TOKEN, "pushServiceUrl": "https://push.example"}, PUSH_TOKEN, None),
        (Wallet.PASS2U, {"pushToken": "APA91b:x-Y_z"}, "APA91b:x-Y_z", None),
        (Wallet.PASSWALLET, {"pushToken": "x"}, "x", None),
        (
            Wallet.PASSWALLET,
            {"pushToken": "x", "pushServiceUrl": "https://push.example:444/a/"},
            "x",
            "https://push.example:444/a",
        ),
    ],
)
def test_registrations(wallet: Wallet, sent: object, push_token: str, push_service: str | None) -> None:
    read = read_registration(json.dumps(sent).encode(), wallet)
    assert (read.push_token, read.push_service) == (push_token, push_service)


@pytest.mark.parametrize(
    ("wallet", "body", "named"),
    [
        (Wallet.PASSBOOK, b"", "not JSON"),
        (Wallet.PASSBOOK, b"\xff", "not JSON"),
        (Wallet.PASSBOOK, b"[" * 8_000, "body"),
        (Wallet.PASSBOOK, b"{}", "pushToken"),
        (Wallet.PASSBOOK, b"[]", "object"),
        (Wallet.PASSBOOK, b'{"pushToken": ""}', "pushToken"),
        (Wallet.PASSBOOK, b'{"pushToken": 7}', "pushToken"),
        (Wallet.PASSBOOK, b'{"pushToken": null}', "pushToken"),
        (Wallet.PASSBOOK, b'{"pushToken": "\\ud800"}', "not JSON"),
        (Wallet.PASSBOOK, b'{"pushToken": "abcd"}', "pushToken"),
        (Wallet.PASSBOOK, json.dumps({"pushToken": "z" * 64}).encode(), "pushToken"),
        (Wallet.PASSBOOK, json.dumps({"pushToken": "a" * 63}).encode(), "pushToken"),
        (Wallet.PASSBOOK, json.dumps({"pushToken": "a" * 258}).encode(), "pushToken"),
        (Wallet.PASSBOOK, json.dumps({"pushToken": "a" * 9_000}).encode(), "too long"),
        (Wallet.PASS2U, json.dumps({"pushToken": "a" * 1_025}).encode(), "pushToken"),
        (Wallet.PASS2U, b'{"pushToken": "a b"}', "pushToken"),
        (Wallet.PASS2U, b'{"pushToken": "a\\u0000"}', "pushToken"),
        *(
            (Wallet.PASSWALLET, json.dumps({"pushToken": "x", "pushServiceUrl": url}).encode(), "pushServiceUrl")
            for url in (
                "http://push.example",
                "https://",
                "https://user@push.example",
                "https://push.example:0/",
                "https://push.example:x/",
                "https://[",
                "https://push.example/ a",
                "https://push.example/" + "a" * 500,
                "file:///etc/passwd",
            )
        ),
    ],
)
def test_registrations_that_cannot_be_read(wallet: Wallet, body: bytes, named: str) -> None:
    with pytest.raises(UnusableBody, match=named):
        read_registration(body, wallet)


def test_logs_are_cut_to_what_is_kept() -> None:
    lines = read_logs(json.dumps({"logs": ["x" * 3_000, "", "a\nb\x00\u202e", *map(str, range(30))]}).encode())
    assert lines[:2] == ("x" * 2_000, "a b")
    assert len(lines) == 19  # twenty, one of them empty


@pytest.mark.parametrize("body", [b"", b"{}", b'{"logs": "a"}', b'{"logs": [1]}', b"\x00", b" " * 300_000])
def test_logs_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(UnusableBody):
        read_logs(body)


def test_a_sign_up() -> None:
    told = {"fullName": "Johnny\x00 Appleseed", "emailAddress": "j@example.org", "ISOCountryCode": "US", "shoe": "44"}
    read = read_sign_up(json.dumps({"personalizationToken": "aB/+=", "requiredPersonalizationInfo": told}).encode())
    assert read.token == "aB/+="
    assert read.answers == {"fullName": "Johnny  Appleseed", "emailAddress": "j@example.org", "ISOCountryCode": "US"}


@pytest.mark.parametrize("token", ["", "{}", '{"pass.json":"0"}', "a b", "é", "x" * 1_025, "a\nb", "[1]", '"'])
def test_nothing_is_signed_that_could_be_a_manifest(token: str) -> None:
    body = json.dumps({"personalizationToken": token, "requiredPersonalizationInfo": {}}).encode()
    with pytest.raises(UnusableBody, match="personalizationToken"):
        read_sign_up(body)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{}", "personalizationToken"),
        (b'{"personalizationToken": "a"}', "requiredPersonalizationInfo"),
        (b'{"personalizationToken": "a", "requiredPersonalizationInfo": {"fullName": 1}}', "fullName"),
        (
            json.dumps({"personalizationToken": "a", "requiredPersonalizationInfo": {"fullName": "x" * 501}}).encode(),
            "fullName",
        ),
    ],
)
def test_sign_ups_that_cannot_be_read(body: bytes, named: str) -> None:
    with pytest.raises(UnusableBody, match=named):
        read_sign_up(body)


ANYTHING = st.recursive(
    st.none() | st.text(max_size=20) | st.integers(), lambda one: st.lists(one, max_size=4), max_leaves=6
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | ANYTHING.map(json.dumps))
def test_no_body_does_more_than_be_refused(body: bytes | str) -> None:
    sent = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    for read in (read_logs, read_sign_up, lambda data: read_registration(data, Wallet.PASSWALLET)):
        with pytest.raises(UnusableBody):
            read(sent)


MADE = datetime(2026, 11, 22, 12, 0, 0, 999_999, tzinfo=UTC)


def test_last_modified_moves_with_the_version_and_not_with_the_clock() -> None:
    assert last_modified(MADE, 2) == datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    moments = [last_modified(MADE, version) for version in range(2, 100)]
    assert moments == sorted(set(moments))
    east = timezone(timedelta(hours=9))
    assert last_modified(MADE.astimezone(east), 3) == datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)


@settings(deadline=None)
@given(
    st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9998, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
)
def test_what_is_written_is_read_again(moment: datetime) -> None:
    assert read_http_date(http_date(moment)) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [None, "", "yesterday", "Thu, 24 Dec 2026 18:00:00 +0000", "Thu, 24 Dez 2026 18:00:00 GMT",
     "Thu, 99 Dec 2026 18:00:00 GMT", "Thu, 24 Dec 2026 25:00:00 GMT", "Thursday, 24-Dec-26 18:00:00 GMT",
     "Thu, 24 Dec 0000 18:00:00 GMT", "١٢"],
)  # fmt: skip
def test_what_is_no_date(text: str | None) -> None:
    assert read_http_date(text) is None


def test_a_date_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="usegmt"):
        http_date(datetime(2026, 12, 24, 18))


AT = "[2016-08-28 11:57:01 -0400]"
SERVICE = "(https://passes.example.org/apple)"
LINES = [
    (
        f"{AT} Register task (for device {DEVICE}, pass type pass.example.toys, serial number {SERIAL}; with web "
        "service url https://passes.example.org/apple) encountered error: Authentication failure",
        Complaint.NOT_AUTHORIZED,
        SERIAL,
    ),
    (
        f"{AT} Unregister task (for device {DEVICE}, pass type pass.example.toys, serial number {SERIAL}; with web "
        "service url https://passes.example.org/apple) encountered error: Unexpected response code 404",
        Complaint.UNEXPECTED_ANSWER,
        SERIAL,
    ),
    (
        f"{AT} Get pass task (pass type pass.example.toys, serial number {SERIAL}, if-modified-since (null); with web "
        "service url https://passes.example.org/apple) encountered error: Received invalid pass data (The pass cannot "
        "be read because it isn't valid.)",
        Complaint.INVALID_PASS,
        SERIAL,
    ),
    (
        f"{AT} Get serial #s task (for device {DEVICE}, pass type pass.example.toys, last updated (null); with web "
        "service url https://passes.example.org/apple) encountered error: Server response was malformed (Missing)",
        Complaint.UNEXPECTED_ANSWER,
        None,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Server requested update to serial number '{SERIAL}', "
        "but the pass was unchanged.",
        Complaint.UNCHANGED,
        SERIAL,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Server returned the pass data for serial number "
        f"'{SERIAL}' but did not provide a 'last-modified' header.",
        Complaint.NO_LAST_MODIFIED,
        SERIAL,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Server ignored the 'if-modified-since' header (Tue, "
        f"23 Aug 2016 16:54:10 GMT) and returned the full unchanged pass data for serial number '{SERIAL}'.",
        Complaint.IGNORED_IF_MODIFIED_SINCE,
        SERIAL,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Device received spurious push. Request for "
        f"passesUpdatedSince '17' returned no serial numbers. (Device = {DEVICE})",
        Complaint.SPURIOUS_PUSH,
        None,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Update requested for unregistered serial number "
        f"{SERIAL}",
        Complaint.UNREGISTERED,
        SERIAL,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Response to 'What changed?' request included 1 "
        "serial numbers but omitted a lastUpdated tag.",
        Complaint.NO_TAG,
        None,
    ),
    (
        f"{AT} Web service error for pass.example.toys {SERVICE}: Response to 'What changed?' request included 1 "
        "serial numbers but the lastUpdated tag (17) remained the same.",
        Complaint.SAME_TAG,
        None,
    ),
    ("Something else that an app says", None, None),
]


@pytest.mark.parametrize(("line", "complaint", "serial"), LINES)
def test_lines_of_the_log(line: str, complaint: Complaint | None, serial: str | None) -> None:
    said = read_log_line(line)
    assert said.complaint == complaint
    assert said.pass_type_identifier == ("pass.example.toys" if "pass.example" in line else None)
    assert said.serial_number == serial
    assert said.device == (DEVICE if DEVICE in line else None)
    assert DEVICE not in repr(said)
    hidden = hide_tokens(line)
    assert DEVICE not in hidden
    assert hidden.replace("[hidden]", DEVICE) == line


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization: ApplePass {TOKEN}",
        f"{{'Authorization': 'applepass {TOKEN}'}}",
        f"WalletUnionHMSPass%20{TOKEN}",
        f'{{"pushToken": "{TOKEN}"}}',
        f"authenticationToken={TOKEN}&a=b",
        f"a token {TOKEN} by itself",
        f"https://passes.example.org/apple/v1/devices/{TOKEN}/registrations/pass.example.toys",
        f"(Device = {TOKEN})",
        f"FOR DEVICE {TOKEN}, (for device {TOKEN}, a",
    ],
)
def test_no_token_stays_in_a_line(line: str) -> None:
    assert TOKEN not in hide_tokens(line)
    assert "[hidden]" in hide_tokens(line)


def test_a_short_token_is_known_by_what_stands_before_it() -> None:
    assert hide_tokens("AttidoPass k3y, then") == "AttidoPass [hidden], then"
    assert hide_tokens('"pushToken":"k3y"') == '"pushToken":"[hidden]"'
    assert hide_tokens(f"serial number {SERIAL} of pass.example.toys") == f"serial number {SERIAL} of pass.example.toys"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_any_line_can_be_read(line: str) -> None:
    read_log_line(line)
    hide_tokens(line)
