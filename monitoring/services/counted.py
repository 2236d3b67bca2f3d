"""What counts as risk, as sums of the database: open items, disputes, matched credits, orders and deliveries (5.1)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Q, QuerySet, Sum

from companies.choices import CommitmentKind, DocumentType, Role
from companies.models import Commitment, Dispute, OpenItem
from companies.rules.exposure import ExposurePolicy, Netting, Parts

ZERO = Decimal(0)
DELIVERED, ORDER = Q(kind=CommitmentKind.DELIVERED), Q(kind=CommitmentKind.ORDER)


class Converter(Protocol):
    """Rates into the portfolio's currency; None without one."""

    def convert(self, amount: Decimal | None, currency: str) -> Decimal | None:
        """Convert an amount."""


def disputed() -> Q:
    """Open items that are contested: the ledger says so, or a person noted it."""
    return Q(disputed=True) | Q(pk__in=Dispute.objects.live().values("item"))


def contested_debts(as_of: date) -> Q:
    """Contested items that a policy may leave out; a bill is owed whatever became of the goods, until it is late."""
    return disputed() & Q(amount__gte=0) & (~Q(type=DocumentType.BILL) | Q(due_date__lt=as_of))


def matched() -> Q:
    """Credits that name the invoice they belong to."""
    return Q(amount__lt=0) & ~Q(settles="")


def left_out(as_of: date, policy: ExposurePolicy) -> Q:
    """The open items that a policy does not count."""
    found = Q(pk__in=())
    if policy.netting == Netting.NONE:
        found |= Q(amount__lt=0)
    elif policy.netting == Netting.MATCHED:
        found |= Q(amount__lt=0, settles="")
    if not policy.count_bills:
        found |= Q(type=DocumentType.BILL, amount__gte=0) & (Q(due_date=None) | Q(due_date__gte=as_of))
    if not policy.count_disputed:
        found |= contested_debts(as_of)
    return found


def later(as_of: date, within_days: int | None) -> Q:
    """Orders due after the policy's days; one without a day counts as due soon."""
    if within_days is None:
        return Q(pk__in=())
    return ORDER & Q(deliver_on__gt=as_of + timedelta(days=within_days))


def promised(rows: QuerySet[Commitment], *, as_of: date, policy: ExposurePolicy) -> Iterable[Any]:
    """(company, currency, what counts of its deliveries, what counts of its orders); one query."""
    soon = ORDER & ~later(as_of, policy.orders_within_days) if policy.orders_within_days is not None else ORDER
    grouped = receivable(rows).order_by().values_list("account__company_id", "currency")
    sums = grouped.annotate(delivered=Sum("amount", filter=DELIVERED), orders=Sum("amount", filter=soon))
    for company, currency, delivered, orders in sums:
        counted = (delivered or ZERO) if policy.count_delivered else ZERO
        yield company, currency, counted, (orders or ZERO) * policy.orders_share


def receivable(rows: QuerySet[Commitment]) -> QuerySet[Commitment]:
    """Without those of suppliers' accounts, which are what we ordered."""
    return rows.exclude(account__role=Role.SUPPLIER)


def parts_by_company(
    companies: Collection[int] | None, *, as_of: date, rates: Converter, within_days: int | None = None
) -> tuple[dict[int, Parts], set[str]]:
    """The parts of each company's exposure, None for all companies; and the currencies without a rate. Two queries."""
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    missing: set[str] = set()
    items: Any = OpenItem.objects.open().exclude(account__role=Role.SUPPLIER)
    promises: Any = receivable(Commitment.objects.open())
    for rows, conditions in ((items, _items(as_of)), (promises, _promises(as_of, within_days))):
        found = rows if companies is None else rows.filter(account__company__in=companies)
        asked = {f"in_{name}": Sum("amount", filter=condition) for name, condition in conditions.items()}
        grouped = found.order_by().values("account__company_id", "currency").annotate(**asked)
        for row in grouped:
            if rates.convert(ZERO, row["currency"]) is None:
                missing.add(row["currency"])
                continue
            for name in conditions:
                amount = rates.convert(row[f"in_{name}"], row["currency"])
                sums[row["account__company_id"]][name] += amount or ZERO
    return {company: _parts(amounts) for company, amounts in sums.items()}, missing


def _items(as_of: date) -> dict[str, Q]:
    debt, bill = Q(amount__gte=0), Q(type=DocumentType.BILL)
    late, undated, payment = Q(due_date__lt=as_of), Q(due_date=None), Q(type=DocumentType.PAYMENT)
    return {
        "overdue": debt & late,
        "bills": debt & bill & (undated | Q(due_date__gte=as_of)),
        "undated": debt & undated & ~bill,
        "not_due": debt & Q(due_date__gte=as_of) & ~bill,
        "credit_notes": ~debt & ~payment,
        "payments": ~debt & payment,
        "disputed": contested_debts(as_of),
        "matched_credits": matched(),
    }


def _promises(as_of: date, within_days: int | None) -> dict[str, Q]:
    return {"delivered": DELIVERED, "orders": ORDER, "orders_later": later(as_of, within_days)}


def _parts(amounts: dict[str, Decimal]) -> Parts:
    """Converted cent by cent a share may be a cent larger than its whole: it is cut to it."""
    debts = amounts["not_due"] + amounts["overdue"] + amounts["undated"]
    amounts["disputed"] = min(amounts["disputed"], debts)
    amounts["matched_credits"] = max(amounts["matched_credits"], amounts["credit_notes"] + amounts["payments"])
    amounts["orders_later"] = min(amounts["orders_later"], amounts["orders"])
    return Parts(**amounts)
