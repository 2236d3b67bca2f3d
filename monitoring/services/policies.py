"""Versions of the matrix: one in force, others as drafts or kept for the record."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from companies.choices import ChangeCause
from companies.services.changes import mark_all
from monitoring.choices import PolicyState
from monitoring.models import MatrixCell, MatrixPolicy


@transaction.atomic
def put_in_force(policy: MatrixPolicy, *, now: datetime) -> None:
    """Retire the policy in force, put this one in its place, and have every standing worked out again."""
    for old in MatrixPolicy.objects.select_for_update().filter(state=PolicyState.ACTIVE).exclude(pk=policy.pk):
        old.state = PolicyState.RETIRED
        old.save()
    policy.state, policy.valid_from = PolicyState.ACTIVE, timezone.localdate(now)
    policy.save()
    mark_all(ChangeCause.POLICY, str(policy), now=now)


@transaction.atomic
def draft_from(policy: MatrixPolicy, *, user_id: int | None) -> MatrixPolicy:
    """A draft with the same thresholds and words, under the next free version of the name."""
    last = MatrixPolicy.objects.filter(name=policy.name).order_by("-version").values_list("version", flat=True)[0]
    cells = list(policy.cells.all())
    fields = ("name", "currency", "measure", "high_from", "sound_from", "watch_from", "weak_from")
    given = {name: getattr(policy, name) for name in fields}
    draft = MatrixPolicy.objects.create(**given, version=last + 1, state=PolicyState.DRAFT, created_by_id=user_id)
    for cell in cells:
        cell.pk, cell.policy = None, draft
    MatrixCell.objects.bulk_create(cells)
    return draft
