"""What one company's page shows, read in a number of queries that does not grow with the company."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from companies.choices import AgeingBucket, LinkState, OrderState, Role
from companies.models import Company, OpenItem, Profile, ReportOrder
from companies.rules.exposure import headroom
from monitoring.models import Standing
from monitoring.models.standing import Placed
from monitoring.services.money import Rates

ZERO = Decimal(0)
LOOKED_UP = 500  # companies of a group that are looked for in the portfolio


@dataclass(frozen=True)
class Limit:
    """A limit against the exposure, in the portfolio's currency. None is "no such limit", never 0.

    `excess` and `use` are None without a limit; a limit of 0 has an excess and no use (domain 5.1).
    """

    key: str
    amount: Decimal | None
    use: Decimal | None
    excess: Decimal | None

    @property
    def is_over(self) -> bool:
        return bool(self.excess)


def limits(standing: Placed, exposure: Decimal | None = None) -> list[Limit]:
    """The limits that an exposure is held against, the standing's unless given: Creditsafe's advice and the ERP's."""
    owed = standing.exposure if exposure is None else exposure
    found = (("credit_limit", standing.credit_limit), ("erp_limit", standing.erp_limit))
    return [
        Limit(key, amount, use=room.use, excess=room.excess)
        for key, amount in found
        for room in [headroom(owed, amount)]
    ]


@dataclass
class Ledger:
    """Open items summed by bucket on a day, in the portfolio's currency; `count` is all of them.

    `missing` names the currencies without a rate: their items are counted and not summed.
    """

    buckets: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(AgeingBucket.values, ZERO))
    count: int = 0
    payable: Decimal = ZERO
    missing: set[str] = field(default_factory=set)

    @property
    def rows(self) -> list[tuple[str, str, Decimal]]:
        """Bucket, its words and its sum, in the order of time."""
        return [(bucket.value, str(bucket.label), self.buckets[bucket.value]) for bucket in AgeingBucket]

    @property
    def has_debts(self) -> bool:
        return any(self.buckets.values())


def ledger(company: int, *, as_of: date) -> Ledger:
    """Ageing of what the company owes us, and the sum of what we owe it (domain 5.9)."""
    found, rates = Ledger(), Rates(as_of)
    rows = OpenItem.objects.open().filter(account__company=company).order_by().values("account__role", "currency")
    sums: Iterable[Any] = rows.annotate(count=Count("pk"), balance=Sum("amount"), **_sums(as_of))
    for row in sums:
        found.count += row["count"]
        if rates.convert(ZERO, row["currency"]) is None:
            found.missing.add(row["currency"])
        elif row["account__role"] == Role.SUPPLIER:
            found.payable += rates.convert(row["balance"], row["currency"]) or ZERO
        else:
            for bucket in AgeingBucket.values:
                found.buckets[bucket] += rates.convert(row[f"in_{bucket}"], row["currency"]) or ZERO
    return found


def _sums(as_of: date) -> dict[str, Sum]:
    """The buckets of companies.rules.ledger.bucket_of, as conditions of one query."""
    debt, late = Q(amount__gte=0), [as_of - timedelta(days=days) for days in (0, 30, 60, 90)]
    conditions = {
        AgeingBucket.NOT_DUE: debt & Q(due_date__gte=late[0]),
        AgeingBucket.DAYS_1_30: debt & Q(due_date__lt=late[0], due_date__gte=late[1]),
        AgeingBucket.DAYS_31_60: debt & Q(due_date__lt=late[1], due_date__gte=late[2]),
        AgeingBucket.DAYS_61_90: debt & Q(due_date__lt=late[2], due_date__gte=late[3]),
        AgeingBucket.DAYS_OVER_90: debt & Q(due_date__lt=late[3]),
        AgeingBucket.NO_DUE_DATE: debt & Q(due_date=None),
        AgeingBucket.CREDITS: ~debt,
    }
    return {f"in_{bucket.value}": Sum("amount", filter=condition) for bucket, condition in conditions.items()}


NOT_LINKED, ORDERED, REFUSED, NONE_YET = "not_linked", "ordered", "refused", "none_yet"


@dataclass(frozen=True)
class Absence:
    """Why there is no report, or no newer one: `order` says since when or what Creditsafe answered."""

    reason: str
    order: ReportOrder | None = None


def absence(company: Company, profile: Profile | None) -> Absence | None:
    """None when the latest order brought the report that we have."""
    if profile is None or company.link_state != LinkState.LINKED:
        return Absence(NOT_LINKED)
    order = company.orders.select_related("requested_by").first()
    if order is not None and order.state in {OrderState.QUEUED, OrderState.ORDERING}:
        return Absence(ORDERED, order)
    if order is not None and order.state == OrderState.FAILED:
        return Absence(REFUSED, order)
    return None if profile.report_id else Absence(NONE_YET)


@dataclass(frozen=True)
class Ours:
    """A company of the portfolio that a report names: where it stands, None while that is worked out."""

    pk: int
    name: str
    cell: str | None


def ours(named: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], Ours]:
    """Which of these companies are in our portfolio, by ("", connectId) and by (country, registration number).

    Each is named by its connectId, country and number, any of them empty. Three queries, whatever their number.
    """
    wanted = list(named)[:LOOKED_UP]
    ids, numbers = {row[0] for row in wanted if row[0]}, {row[2] for row in wanted if row[2]}
    linked = dict(Profile.objects.filter(connect_id__in=ids).values_list("company", "connect_id"))
    rows = Company.objects.filter(Q(pk__in=linked) | Q(registration_number__in=numbers))
    companies = {row.pk: row for row in rows.only("pk", "name", "country", "registration_number")}
    cells = dict(Standing.objects.filter(pk__in=companies).values_list("pk", "cell"))
    found = {}
    for company in companies.values():
        one = Ours(company.pk, company.name, cells.get(company.pk))
        if company.registration_number:
            found[str(company.country), company.registration_number] = one
        if company.pk in linked:
            found["", linked[company.pk]] = one
    return found
