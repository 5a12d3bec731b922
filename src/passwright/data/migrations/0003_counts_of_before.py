from django.db import migrations

# What the new counters would say if they had been there from the beginning.
PASS_COUNTS = """
UPDATE campaign SET pass_count = counted.passes
FROM (SELECT campaign_id, count(*) AS passes FROM pass GROUP BY campaign_id) AS counted
WHERE counted.campaign_id = campaign.id
"""
DAILY_COUNTS = """
INSERT INTO daily_count (campaign_id, day, counter, amount)
SELECT campaign_id, (at AT TIME ZONE 'UTC')::date,
       CASE kind WHEN 'created' THEN 'creates' WHEN 'updated' THEN 'updates' WHEN 'downloaded' THEN 'downloads'
                 ELSE 'views' END,
       count(*)
FROM event WHERE kind IN ('created', 'updated', 'downloaded', 'viewed') GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):

    dependencies = [("data", "0002_contract")]

    operations = [
        migrations.RunSQL(PASS_COUNTS, migrations.RunSQL.noop),
        migrations.RunSQL(DAILY_COUNTS, migrations.RunSQL.noop),
    ]
