import django.db.models.deletion
from django.db import migrations, models

# What passes of before would have been given when they were made or changed: the digest of the message that they
# brought themselves, else of what they say in the field that is the code (of the revision that they show).
DIGESTS = """
UPDATE pass SET barcode_digest = sha256(convert_to(found.message, 'UTF8'))
FROM (
    SELECT pass.id, coalesce(
        (SELECT code ->> 'message'
         FROM jsonb_array_elements(pass.overrides #> '{barcodes,barcodes}') WITH ORDINALITY AS codes (code, place)
         WHERE code ->> 'message' <> '' ORDER BY place LIMIT 1),
        (SELECT own ->> 'value'
         FROM jsonb_array_elements(shown.content -> 'fields') AS fields (field)
         JOIN jsonb_array_elements(pass.overrides -> 'fields') AS owns (own) ON own -> 'key' = field -> 'key'
         WHERE field -> 'use_as_barcode' = 'true' AND own ->> 'value' <> '' LIMIT 1)
    ) AS message
    FROM pass JOIN campaign ON campaign.id = pass.campaign_id
    CROSS JOIN LATERAL (
        SELECT content FROM campaign_revision AS revision
        WHERE revision.campaign_id = campaign.id AND revision.epoch <= greatest(
            pass.epoch,
            (campaign.marks ->> 'merge')::bigint,
            CASE WHEN (campaign.marks #>> '{resets,-1,before}')::bigint > pass.epoch
                 THEN (campaign.marks #>> '{resets,-1,epoch}')::bigint END
        )
        ORDER BY revision.epoch DESC LIMIT 1
    ) AS shown
    WHERE pass.overrides IS NOT NULL AND pass.barcode_digest IS NULL
) AS found
WHERE found.id = pass.id AND found.message IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [("data", "0004_bulk_chunk_failed")]

    operations = [
        migrations.RunSQL(DIGESTS, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="pass", name="pass_barcode"),
        migrations.AddIndex(
            model_name="pass",
            index=models.Index(
                fields=["campaign", "barcode_digest", "id"],
                condition=models.Q(barcode_digest__isnull=False),
                name="pass_barcode",
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="data.campaign",
            ),
        ),
    ]
