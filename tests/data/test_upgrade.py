"""An installation of an earlier version keeps what it has, and its reports say what they would have said."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from passwright.passes.codes import digest_of
from passwright.passes.webhooks import OF_THE_CONTRACT
from tests.walks.conftest import new_installation

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
CAMPAIGN = uuid.uuid4()

BEFORE = """
INSERT INTO organization (id, name, api_username, api_password_hash, webhook_url, created_at, updated_at)
VALUES (%(a)s, 'Toys', 'toys', '', 'https://toys.example/hooks', %(now)s, %(now)s);
INSERT INTO certificate (id, pass_type_identifier, team_identifier, issued_to, not_before, expires_at, nfc, development,
                         leaf_pem, intermediate_pem, key_encrypted, created_at)
VALUES (%(a)s, 'pass.toys', 'T', 'Toys', %(now)s, %(now)s, false, false, '', '', '', %(now)s);
INSERT INTO template (id, organization_id, name, pass_type, source, created_at, updated_at)
VALUES (%(a)s, %(a)s, 'Look', 'generic', 'api', %(now)s, %(now)s);
INSERT INTO campaign (id, organization_id, style, name, template_id, certificate_id, epoch, marks, version,
                      push_message, code_type, code_width, next_code, allow_multiple_redeems, redeem_count, user_info,
                      time_zone, og, og_description, render_on_short_url, sync_locations_on_merge,
                      sync_beacons_on_merge, merge_on_update, gwallet_usage, state, created_at, updated_at)
VALUES (%(a)s, %(a)s, 'generic', 'Toys', %(a)s, %(a)s, 1, '{}', 1, '', 'sequencial', 7, 3, false, 0, '{}', 'UTC', true,
        '', false, true, true, false, false, 'published', %(now)s, %(now)s);
INSERT INTO pass (id, campaign_id, serial_number, redeem_code, epoch, version, voided, redeemed_count, created_at,
                  updated_at)
SELECT gen_random_uuid(), %(a)s, gen_random_uuid(), number::text, 1, 1, false, 0, %(now)s, %(now)s
FROM generate_series(1, 2) AS number;
INSERT INTO campaign_revision (campaign_id, epoch, content, created_at)
VALUES (%(a)s, 1, '{"fields": [{"key": "name"}, {"key": "number", "use_as_barcode": true}]}', %(now)s);
INSERT INTO pass (id, campaign_id, serial_number, redeem_code, epoch, version, voided, redeemed_count, created_at,
                  updated_at, overrides)
SELECT gen_random_uuid(), %(a)s, gen_random_uuid(), said ->> 'code', 1, 1, false, 0, %(now)s, %(now)s, said - 'code'
FROM jsonb_array_elements('[
    {"code": "3", "barcodes": {"at": 1, "barcodes": [{}, {"message": "OWN"}, {"message": "SECOND"}]}},
    {"code": "4", "fields": [{"key": "name", "value": "Ada"}, {"key": "number", "value": "M-1"}]},
    {"code": "5", "fields": [{"key": "name", "value": "Ada"}]}
]') AS said;
INSERT INTO event (campaign_id, kind, at)
SELECT %(a)s, kind, %(now)s + hours * interval '1 hour'
FROM unnest(ARRAY['created', 'created', 'viewed', 'campaign_created']) AS kind, unnest(ARRAY[0, 1]) AS hours;
"""


def test_counters_begin_with_what_has_happened_and_codes_are_found(tmp_path: Path) -> None:
    with new_installation(tmp_path, migrated=False) as old:
        to_the_first_version = [sys.executable, "-m", "django", "migrate", "data", "0001", "--verbosity", "0"]
        environment = {**old.environment, "DJANGO_SETTINGS_MODULE": "passwright.settings"}
        subprocess.run(to_the_first_version, env=environment, check=True, timeout=120)
        with old.rows() as rows:
            for statement in BEFORE.split(";\n"):
                if statement.strip():
                    rows.execute(statement, {"a": CAMPAIGN, "now": NOW})  # type: ignore[arg-type]  # our own text
        migrated = old.run("migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert old.one("SELECT pass_count FROM campaign") == 5
        with old.rows() as rows:
            digests = rows.execute("SELECT redeem_code, barcode_digest FROM pass ORDER BY 1").fetchall()
            hooks = rows.execute(
                "SELECT organization_id, url, of_organization, events FROM webhook_endpoint"
            ).fetchall()
            counted = rows.execute("SELECT day::text, counter, amount FROM daily_count ORDER BY 1, 2").fetchall()
    assert hooks == [(CAMPAIGN, "https://toys.example/hooks", True, list(OF_THE_CONTRACT))]
    found_by = {code: digest and bytes(digest) for code, digest in digests}
    assert found_by == {"1": None, "2": None, "3": digest_of("OWN"), "4": digest_of("M-1"), "5": None}
    assert counted == [
        ("2026-11-22", "creates", 2),
        ("2026-11-22", "views", 1),
        ("2026-11-23", "creates", 2),
        ("2026-11-23", "views", 1),
    ]
