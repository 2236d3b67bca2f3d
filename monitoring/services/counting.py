"""One company's exposure with all that counts: orders, deliveries, disputes; which limit, which part, by how much."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from companies.models import Commitment, Company, Dispute, OpenItem
from companies.rules.exposure import Contribution, Parts, contributions
from companies.rules.groups import LimitScope
from monitoring.models import ExposureSettings
from monitoring.services.counted import parts_by
from monitoring.services.group_limits import Tested, groups, tested
from monitoring.services.money import Rates
from monitoring.services.scope import Scope

MOST = 200


@dataclass(frozen=True)
class Counted:
    """What is open on a company, what of it counts under the policy, and the limits it is held to."""

    parts: Parts
    counted: tuple[Contribution, ...]
    risk: Decimal
    own: Tested
    group: Tested | None
    policy: ExposureSettings
    missing: tuple[str, ...]

    @property
    def uncounted(self) -> Decimal:
        """What the policy leaves out of all that is open."""
        whole = self.parts.debts + self.parts.bills + self.parts.credits + self.parts.delivered + self.parts.orders
        return whole - self.risk


def counted(company: int, day: date | None = None) -> Counted:
    """Every part of a company's exposure and of its group's, now or on a past day, in a fixed few queries."""
    settings, found, scope = ExposureSettings.current(), groups(), Scope(day=day)
    policy, as_of = settings.rules(), scope.on
    head = found.heads.get(company, company)
    members = found.members().get(head, (company,))
    its = Q(account__company__in=members)
    items, promises = scope.items().filter(its), scope.promises().filter(its)
    within = policy.orders_within_days
    parts, missing = parts_by(items, promises, as_of=as_of, rates=Rates(as_of), within_days=within)
    mine = parts.get(company, Parts())
    made = contributions(mine, policy)
    limits = settings.scope if settings.scope is not LimitScope.OWN else LimitScope.GROUP
    return Counted(
        parts=mine,
        counted=made,
        risk=sum((one.amount for one in made), Decimal(0)),
        own=tested(company, parts, scope=LimitScope.OWN, policy=policy, found=found),
        group=tested(company, parts, scope=limits, policy=policy, found=found) if len(members) > 1 else None,
        policy=settings,
        missing=tuple(sorted(set[str]().union(*missing.values()))),
    )


def promises_of(company: Company, day: date | None = None) -> list[Commitment]:
    """The orders and deliveries of a company, now or on a past day, what is due first."""
    rows = Scope(day=day).promises().filter(account__company=company)
    return list(rows.select_related("account").order_by("deliver_on", "pk")[:MOST])


def contestable(company: Company) -> list[Any]:
    """The open debts of a company, each with its live dispute if any; the contested ones first."""
    debts = OpenItem.objects.open().filter(amount__gt=0, account__company=company).select_related("account")
    live = {one.item_id: one for one in Dispute.objects.live().filter(item__in=debts).select_related("noted_by")}
    first = debts.filter(Q(pk__in=live) | Q(disputed=True)).order_by("due_date", "pk")
    rest = debts.exclude(Q(pk__in=live) | Q(disputed=True)).order_by("due_date", "pk")
    return [(item, live.get(item.pk)) for item in [*first[:MOST], *rest[:MOST]][:MOST]]


def ended(company: Company) -> list[Dispute]:
    """The disputes of a company that are over, newest first."""
    found = Dispute.objects.filter(item__account__company=company).exclude(ended_on=None)
    return list(found.select_related("item", "noted_by", "ended_by")[:MOST])
