from __future__ import annotations

import uuid

from django.db import models


class Push(models.Model):
    """A change that devices are to be told of: of one pass, or (``pass_id`` null) of all passes of a campaign.

    Written in the transaction of the change, so it is lost and found with it. Afterwards it is spread: every
    registration of the passes gets the next update tag, and a `Delivery` beside it. One that is ``silent`` moves
    the tags and tells nobody. A push of one pass that no device holds is deleted when it is spread.

    Once its deliveries are old they are summed up into the counts below and deleted (``rolled_up_at``); of a push of
    one pass nothing is kept then.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey("data.Campaign", on_delete=models.CASCADE, related_name="pushes", db_index=False)
    pass_id = models.UUIDField(null=True)
    kind = models.TextField()
    """What happened: an `Event.Kind`."""
    message = models.TextField(default="")
    silent = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    spread_after = models.UUIDField(null=True)
    """Up to which registration it has come, if it is of a campaign, or of a pass on more devices than are told in one
    transaction."""
    spread_at = models.DateTimeField(null=True)
    """When all devices had their delivery; null while the push waits."""
    devices = models.IntegerField(default=0)
    listed = models.IntegerField(default=0, db_default=0)
    accepted = models.IntegerField(default=0)
    fetched = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    gone = models.IntegerField(default=0)
    rolled_up_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "push"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(spread_at__isnull=True), name="push_to_spread"),
            models.Index(fields=["campaign", "id"], name="push_of_campaign"),
            models.Index(
                fields=["campaign", "id"], condition=models.Q(pass_id__isnull=True), name="push_of_all_passes"
            ),
            models.Index(
                fields=["spread_at"],
                condition=models.Q(spread_at__isnull=False, rolled_up_at__isnull=True),
                name="push_to_roll_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Delivery(models.Model):
    """One push to one device that holds one of its passes: the ledger.

    ``state`` is what the push service said: ``queued`` (nothing yet), ``accepted``, ``refused`` or ``gone``. Several
    queued ones of a device are answered by one push. What the device did then stands beside it: it asked which passes
    changed (``listed_at``), fetched the pass (``fetched_at``, and the version it got) or heard that it had it already
    (``unchanged_at``). A device does not name itself when it fetches: see `operations.note_delivery`.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        GONE = "gone"

    pk = models.CompositePrimaryKey("push_id", "pass_id", "device_id")
    push = models.ForeignKey(Push, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    pass_id = models.UUIDField()
    device_id = models.BigIntegerField()
    """Not a key of `Device`: it outlives the device."""
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    lane = models.IntegerField(default=0, db_default=0)
    """A number that devices of one push service and pass type identifier share: while it is queued, those of each
    lane wait behind each other and behind nobody else."""
    due_at = models.DateTimeField(null=True)
    """When it is to be sent, while it is queued. Whoever sends it moves this into the future first: should he die,
    it is due again then."""
    attempts = models.IntegerField(default=0)
    """How often it was sent; what the push service did not answer counts too."""
    apns_id = models.UUIDField(null=True)
    reason = models.TextField(null=True)
    """What the push service said when it did not accept, last time."""
    queued_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    fetched_version = models.BigIntegerField(null=True)
    unchanged_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery"
        indexes = [
            models.Index(fields=["lane", "due_at"], condition=models.Q(state="queued"), name="delivery_due"),
            models.Index(fields=["device_id", "push"], name="delivery_of_device"),
            models.Index(fields=["pass_id", "push", "device_id"], name="delivery_of_pass"),
            models.Index(fields=["device_id"], condition=models.Q(listed_at__isnull=True), name="delivery_to_list"),
            models.Index(
                fields=["pass_id", "listed_at"],
                condition=models.Q(listed_at__isnull=False, fetched_at__isnull=True, unchanged_at__isnull=True),
                name="delivery_to_fetch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.push_id} {self.state}"


class ScheduledPush(models.Model):
    """A merge or a push that a campaign gets later. ``push`` is the one that came of it; ``note`` says why none did."""

    class Action(models.TextChoices):
        PUSH = "push"
        MERGE = "merge"

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        DONE = "done"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        "data.Campaign", on_delete=models.CASCADE, related_name="scheduled_pushes", db_index=False
    )
    action = models.TextField(choices=Action.choices)
    message = models.TextField(default="")
    reset = models.BooleanField(default=True)
    due_at = models.DateTimeField()
    state = models.TextField(choices=State.choices, default=State.SCHEDULED)
    push = models.ForeignKey(Push, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    note = models.TextField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "scheduled_push"
        indexes = [
            # A push that goes looks here whether it came of one.
            models.Index(fields=["push"], condition=models.Q(push__isnull=False), name="scheduled_push_made"),
            models.Index(fields=["due_at"], condition=models.Q(state="scheduled"), name="scheduled_push_due"),
            models.Index(fields=["campaign", "created_at", "id"], name="scheduled_push_listing"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.due_at:%Y-%m-%d %H:%M:%S}"
