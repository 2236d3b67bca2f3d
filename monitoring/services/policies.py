"""Versions of a policy: drafted, approved by a second person, put in force, retired; old ones stay readable."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import update_change_reason

from companies.choices import JobKind, Role
from companies.models import Job
from monitoring.choices import PolicyState
from monitoring.models import CellAction, MatrixCell, MatrixPolicy

COPIED = (
    "name", "role", "currency", "measure", "high_from", "sound_from", "watch_from", "weak_from",
    "hysteresis_score", "hysteresis_pct", "min_dwell_days", "downgrade_immediate",
    "max_age_days", "inheritance", "not_rated", "not_rated_column",
)  # fmt: skip
REOPENED = "reopened"


class Refused(Exception):
    """What may not be done to a policy, in words for the person who asked."""


@transaction.atomic
def approve(policy: MatrixPolicy, *, user_id: int, now: datetime) -> None:
    """Approve a draft. Raises Refused for its author, for who changed it, and for what is no draft."""
    policy = _held(policy)
    if policy.state != PolicyState.DRAFT:
        raise Refused(_("%(policy)s is no draft: only a draft can be approved.") % {"policy": policy})
    if is_author(policy, user_id):
        raise Refused(_("You wrote this policy: somebody else has to approve it."))
    policy.state, policy.approved_by_id, policy.approved_at = PolicyState.APPROVED, user_id, now
    policy.save()


def is_author(policy: MatrixPolicy, user_id: int | None) -> bool:
    """Whether a person made this draft, or changed it, its words or its check-lists: then somebody else approves it."""
    if user_id is None or policy.created_by_id == user_id:
        return user_id is not None
    edits = policy.history.filter(state=PolicyState.DRAFT).exclude(history_change_reason=REOPENED)
    cells, lines = MatrixCell.history.filter(policy=policy), CellAction.history.filter(cell__policy=policy)
    return any(rows.filter(history_user=user_id).exists() for rows in (edits, cells, lines))


@contextmanager
def drafting(pk: int) -> Iterator[None]:
    """Write to a draft while nobody approves it. Raises Refused when somebody was faster."""
    with transaction.atomic():
        if MatrixPolicy.objects.select_for_update().get(pk=pk).state != PolicyState.DRAFT:
            raise Refused(_("Somebody approved this version meanwhile: make it a draft again to change it."))
        yield


@transaction.atomic
def reopen(policy: MatrixPolicy) -> None:
    """Make an approved policy a draft again, to be changed and approved anew. Raises Refused for one in force."""
    policy = _held(policy)
    if policy.state != PolicyState.APPROVED:
        raise Refused(_("Only a policy that is approved and not yet in force can be a draft again."))
    policy.state, policy.approved_by, policy.approved_at = PolicyState.DRAFT, None, None
    policy.save()
    update_change_reason(policy, REOPENED)  # who sends it back has not written it


@transaction.atomic
def put_in_force(policy: MatrixPolicy, *, now: datetime) -> Job:
    """Retire the policy in force for the same role and put this one in its place; the job then places every company.

    Raises Refused unless a second person has approved it.
    """
    policy = _held(policy)
    if policy.state != PolicyState.APPROVED:
        raise Refused(_("%(policy)s has to be approved before it can be put in force.") % {"policy": policy})
    today = timezone.localdate(now)
    for old in MatrixPolicy.objects.select_for_update().filter(state=PolicyState.ACTIVE, role=policy.role):
        _end(old, now)
    policy.state, policy.valid_from, policy.valid_until = PolicyState.ACTIVE, today, None
    policy.save()
    return Job.objects.ensure(JobKind.POLICY, now=now)


@transaction.atomic
def retire(policy: MatrixPolicy, *, now: datetime) -> Job:
    """End the policy of prospects or suppliers: they are judged as clients again. Raises Refused for clients."""
    policy = _held(policy)
    if policy.state != PolicyState.ACTIVE or policy.role == Role.CLIENT:
        raise Refused(_("Every company needs a policy: put another one in force for clients instead."))
    _end(policy, now)
    return Job.objects.ensure(JobKind.POLICY, now=now)


def _held(policy: MatrixPolicy) -> MatrixPolicy:
    return MatrixPolicy.objects.select_for_update().get(pk=policy.pk)


def _end(policy: MatrixPolicy, now: datetime) -> None:
    policy.state, policy.valid_until = PolicyState.RETIRED, timezone.localdate(now) - timedelta(days=1)
    if policy.valid_from and policy.valid_until < policy.valid_from:
        policy.valid_until = policy.valid_from
    policy.save()


@transaction.atomic
def draft_from(policy: MatrixPolicy, *, user_id: int | None) -> MatrixPolicy:
    """A draft with the same rules, words and check-lists, under the next free version of the name."""
    last = MatrixPolicy.objects.filter(name=policy.name).order_by("-version").values_list("version", flat=True)[0]
    given = {name: getattr(policy, name) for name in COPIED}
    draft = MatrixPolicy.objects.create(**given, version=last + 1, state=PolicyState.DRAFT, created_by_id=user_id)
    for cell in policy.cells.prefetch_related("actions"):
        lines = list(cell.actions.all())
        cell.pk, cell.policy = None, draft
        cell._state.adding = True
        cell.save()
        for line in lines:
            line.pk, line.cell = None, cell
        CellAction.objects.bulk_create(lines)
    return draft
