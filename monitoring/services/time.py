"""What changes by the calendar: due dates pass, orders come near, scores age, places by hand end, stays get long."""

from datetime import date, timedelta

from django.db.models import Q, QuerySet

from companies.choices import ChangeCause, CommitmentKind
from companies.models import Change, Commitment, OpenItem
from monitoring.choices import OverrideState, PolicyState
from monitoring.models import ExposureSettings, MatrixPolicy, Override, Standing
from monitoring.services.placing import scope

LOOK_BACK = timedelta(days=7)  # days on which nothing ran are made up for; restating twice changes nothing


def mark(*, today: date) -> int:
    """Mark the companies that a day of the last week may have moved. Returns how many."""
    found: set[int] = set()
    for rows in (_due(today), _promised(today), _by_hand(today), _aged(today)):
        found.update(rows)
    Change.objects.mark(sorted(found), ChangeCause.TIME)
    return len(found)


def _due(today: date) -> QuerySet[OpenItem, int]:
    passed = OpenItem.objects.open().filter(due_date__lt=today, due_date__gte=today - LOOK_BACK)
    return passed.values_list("account__company", flat=True).distinct().order_by()


def _promised(today: date) -> QuerySet[Commitment, int]:
    """Orders that came within the days in which they count."""
    orders = Commitment.objects.open().filter(kind=CommitmentKind.ORDER).order_by()
    companies = orders.values_list("account__company", flat=True).distinct()
    within = ExposureSettings.current().rules().orders_within_days
    if within is None:
        return companies.none()
    last = today + timedelta(days=within)
    return companies.filter(deliver_on__lte=last, deliver_on__gte=last - LOOK_BACK)


def _by_hand(today: date) -> QuerySet[Override, int]:
    begun = Q(since__lte=today, since__gte=today - LOOK_BACK)
    over = Q(until__lt=today, until__gte=today - LOOK_BACK)
    return Override.objects.filter(begun | over, state=OverrideState.APPROVED).values_list("company", flat=True)


def _aged(today: date) -> set[int]:
    """Scores that grew old, and stays that are long enough for an upgrade."""
    found: set[int] = set()
    active = {policy.role: policy for policy in MatrixPolicy.objects.filter(state=PolicyState.ACTIVE)}
    for role, policy in active.items():
        old = today - timedelta(days=policy.max_age_days)
        aged = Q(scored_on__lt=old, scored_on__gte=old - LOOK_BACK)
        if policy.min_dwell_days:
            long = today - timedelta(days=policy.min_dwell_days)
            aged |= Q(in_cell_since__lte=long, in_cell_since__gte=long - LOOK_BACK)
        found.update(Standing.objects.filter(aged, scope(role, active)).values_list("pk", flat=True))
    return found
