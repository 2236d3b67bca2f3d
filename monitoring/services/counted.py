"""What counts as risk, as sums of the database: open items, disputes, matched credits, orders and deliveries (5.1).

Rows are those of `scope.open_items` and `scope.promises`, of now or of a past day. Our suppliers' accounts are what we
owe, and are left out by whoever chooses the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from companies.choices import CommitmentKind, DocumentType
from companies.models import Dispute
from companies.rules.exposure import ZERO, ExposurePolicy, Netting, Part, Parts, contributions
from monitoring.services.money import Rates, sums_by

DELIVERED, ORDER = Q(kind=CommitmentKind.DELIVERED), Q(kind=CommitmentKind.ORDER)
DEBT, PAYMENT, BILL = Q(at_amount__gte=0), Q(at_type=DocumentType.PAYMENT), Q(at_type=DocumentType.BILL)
PROMISES = ("delivered", "orders", "orders_later")
COMPANY = "account__company"


def disputed(as_of: date) -> Q:
    """Open items that are contested on a day: the ledger said so, or a person noted it."""
    return Q(at_disputed=True) | Q(pk__in=Dispute.objects.at(as_of).values("item"))


def part_conditions(as_of: date) -> dict[str, Q]:
    """The parts that open items make, by their names in `rules.exposure.Parts`; the last two are shares of others.

    A bill is owed whatever became of the goods, until it is late.
    """
    late, undated = Q(at_due__lt=as_of), Q(at_due=None)
    return {
        "overdue": DEBT & late,
        "bills": DEBT & BILL & (undated | Q(at_due__gte=as_of)),
        "undated": DEBT & undated & ~BILL,
        "not_due": DEBT & Q(at_due__gte=as_of) & ~BILL,
        "credit_notes": ~DEBT & ~PAYMENT,
        "payments": ~DEBT & PAYMENT,
        "disputed": disputed(as_of) & DEBT & (~BILL | late),
        "matched_credits": ~DEBT & ~Q(at_settles=""),
    }


def promise_conditions(as_of: date, within_days: int | None) -> dict[str, Q]:
    """The parts that orders and deliveries make; an order without a day counts as due soon."""
    found = {"delivered": DELIVERED, "orders": ORDER}
    if within_days is not None:
        found["orders_later"] = ORDER & Q(deliver_on__gt=as_of + timedelta(days=within_days))
    return found


def left_out(as_of: date, policy: ExposurePolicy) -> Q:
    """The open items that a policy does not count."""
    found, parts = Q(pk__in=()), part_conditions(as_of)
    if policy.netting == Netting.NONE:
        found |= ~DEBT
    elif policy.netting == Netting.MATCHED:
        found |= ~DEBT & Q(at_settles="")
    if not policy.count_bills:
        found |= parts["bills"]
    if not policy.count_disputed:
        found |= parts["disputed"]
    return found


def parts_by(
    items: QuerySet[Any],
    promises: QuerySet[Any],
    column: str = COMPANY,
    *,
    as_of: date,
    rates: Rates,
    within_days: int | None = None,
) -> tuple[dict[Any, Parts], dict[Any, set[str]]]:
    """The parts of the exposure of each company, or of each value of a column; and its currencies without a rate.

    Two queries for any number.
    """
    cents: dict[Any, dict[str, int]] = {}
    missing: dict[Any, set[str]] = {}
    for rows, wanted in ((items, part_conditions(as_of)), (promises, promise_conditions(as_of, within_days))):
        for key, sums in sums_by(rows, column, wanted, rates=rates).items():
            cents.setdefault(key, {}).update(sums.cents)
            if sums.missing:
                missing.setdefault(key, set()).update(sums.missing)
    return {key: _parts(held) for key, held in cents.items()}, missing


def _parts(cents: Mapping[str, int]) -> Parts:
    return Parts(**{name: Decimal(amount).scaleb(-2) for name, amount in cents.items() if amount})


def risk_of(parts: Parts, policy: ExposurePolicy) -> Decimal:
    """What counts of the parts of one company, to the cent."""
    return sum((one.amount for one in contributions(parts, policy)), ZERO)


@dataclass(frozen=True)
class Promised:
    """Orders and deliveries of many companies; `counted` is what a policy counts of them, company by company.

    A share of each company's orders is rounded, not of their sum: what companies add up to is what all make.
    """

    delivered: Decimal
    orders: Decimal
    orders_later: Decimal
    counted: Mapping[Any, Mapping[Part, Decimal]]
    missing: frozenset[str]

    def total(self, part: Part) -> Decimal:
        return sum((held.get(part, ZERO) for held in self.counted.values()), ZERO)


def promised(
    promises: QuerySet[Any], column: str = COMPANY, *, as_of: date, policy: ExposurePolicy, rates: Rates
) -> Promised:
    """The orders and deliveries of these rows, by company or by another column; one query."""
    wanted = promise_conditions(as_of, policy.orders_within_days)
    found = sums_by(promises, column, wanted, rates=rates)
    parts = {key: _parts(sums.cents) for key, sums in found.items()}
    return Promised(
        **{name: sum((getattr(one, name) for one in parts.values()), ZERO) for name in PROMISES},
        counted={key: {one.part: one.amount for one in contributions(held, policy)} for key, held in parts.items()},
        missing=frozenset(code for sums in found.values() for code in sums.missing),
    )
