from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """What has happened and is not in `DailyCount` yet: written beside the event, in its transaction.

    A row is added and never changed, so that nobody waits for anybody; a job sums the rows up. The sum of both tables
    is right at any time. Rows of a campaign that is gone are dropped by that job: whoever deletes a campaign would wait
    for it here, while it waits for the campaign.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(
        "data.Campaign", on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    day = models.DateField()
    counter = models.TextField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "tally"

    def __str__(self) -> str:
        return f"{self.day} {self.counter} +{self.amount}"


class DailyCount(models.Model):
    """How often something happened in a campaign on a day (UTC). ``counter`` as in `passes.counters.Counter`."""

    pk = models.CompositePrimaryKey("campaign_id", "day", "counter")
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="daily_counts", db_index=False)
    day = models.DateField()
    counter = models.TextField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "daily_count"

    def __str__(self) -> str:
        return f"{self.day} {self.counter} {self.amount}"


class DistributionTally(models.Model):
    """As `Tally`, of one link."""

    id = models.BigAutoField(primary_key=True)
    distribution_id = models.UUIDField()
    counter = models.TextField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "distribution_tally"

    def __str__(self) -> str:
        return f"{self.counter} +{self.amount}"


class DistributionCount(models.Model):
    """How often something happened through a link: ``views``, ``forms``, ``creates``, ``downloads``, ``installs``."""

    pk = models.CompositePrimaryKey("distribution_id", "counter")
    distribution_id = models.UUIDField()
    counter = models.TextField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "distribution_count"

    def __str__(self) -> str:
        return f"{self.counter} {self.amount}"
