"""What is owed to us on a day, for everybody or a part of the portfolio, in the portfolio's currency.

The database adds up items that the rules cannot tell apart (same type, sign, currency and dates), and the rules see the
sums: their figures are linear in the amount. Our suppliers' accounts are what we owe, and are left out (domain 5.1).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, Count, Q, Sum, Value, When
from django.db.models.functions import Cast, Round

from companies.choices import AgeingBucket, DocumentType
from companies.models import OpenItem
from companies.rules.exposure import ExposurePolicy, Netting, Parts, contributions, parts_of
from companies.rules.kpis import Population, Receivables, receivables
from companies.rules.ledger import Ageing, Basis, Item, ageing
from monitoring.services.facts import Rates
from monitoring.services.scope import Items

ZERO, CENT = Decimal(0), Decimal("0.01")
MANY = Decimal(10**15)  # of a unit: what they are worth gives a rate with all its digits
BOUNDS = (0, 30, 60, 90)
LATE_BUCKETS = (AgeingBucket.DAYS_1_30, AgeingBucket.DAYS_31_60, AgeingBucket.DAYS_61_90, AgeingBucket.DAYS_OVER_90)
LEDGER_PARTS = ("not_due", "overdue", "undated", "bills", "credit_notes", "payments")


CREDITS = ("part.credit_notes", "part.payments")
FOLLOWS = {
    "part.overdue": tuple(f"{Basis.DUE.value}.{bucket.value}" for bucket in LATE_BUCKETS),
    f"{Basis.DUE.value}.{AgeingBucket.CREDITS.value}": CREDITS,
    f"{Basis.DOCUMENT.value}.{AgeingBucket.CREDITS.value}": CREDITS,
    f"{Basis.DOCUMENT.value}.{AgeingBucket.NO_DUE_DATE.value}": (),  # every document has a date
}
"""Figures that are the sum of others: asking the database for them again costs a fifth of the time."""


@dataclass(frozen=True)
class Totals:
    """The sums of a scope. `missing` are the currencies without a rate: their items are in none of the sums."""

    parts: Parts
    owed: Receivables
    ageings: dict[str, Ageing]
    counted: dict[str, Decimal]
    missing: tuple[str, ...]

    @property
    def risk(self) -> Decimal:
        return sum(self.counted.values(), ZERO)


def totals(rows: Items, *, as_of: date, policy: ExposurePolicy) -> Totals:
    """Add up items of `scope.open_items` into parts, ageing on both bases, and receivables.

    One query, and one for the rates.
    """
    items, population, missing = condensed(rows, as_of=as_of)
    parts, owed = parts_of(items, as_of), receivables(items, as_of)
    return Totals(
        parts=parts,
        owed=Receivables(**{name.name: getattr(owed, name.name) for name in fields(owed)} | {"population": population}),
        ageings={basis.value: ageing(items, as_of, basis=basis) for basis in Basis},
        counted={found.part.value: found.amount for found in contributions(parts, policy)},
        missing=tuple(sorted(missing)),
    )


def condensed(rows: Items, *, as_of: date) -> tuple[list[Item], Population, set[str]]:
    """The items added up by type, sign, currency and dates; how many they were; and the currencies without a rate."""
    debt, rates = Q(at_amount__gte=0), Rates(as_of)
    groups = rows.order_by().values_list("at_type", "at_currency", "document_date", "at_due", "at_estimated").annotate(
        owed=Sum("at_amount", filter=debt), credit=Sum("at_amount", filter=~debt),
        debts=Count("pk", filter=debt), credits=Count("pk", filter=~debt),
    )  # fmt: skip
    items: list[Item] = []
    ours = settings.PORTFOLIO_CURRENCY
    counts, missing = dict.fromkeys(("items", "credits_out", "undated"), 0), set[str]()
    for kind, currency, document_date, due_date, estimated, owed, credit, debts, credits in groups:
        rate = worth(rates, currency)
        if rate is None:
            missing.add(currency)
            continue
        for amount in (owed, credit):
            if amount is not None:
                items.append(
                    Item(kind, amount.quantize(CENT) * rate, document_date, due_date, ours, estimated=estimated)
                )
        counts["items"] += debts
        counts["credits_out"] += credits
        counts["undated"] += debts if due_date is None else 0
    return items, Population(**counts), missing


def conditions(as_of: date) -> dict[str, Q]:
    """What each figure is made of, as a condition on open items: parts, and buckets on both bases (domain 5.1, 5.9)."""
    debt, bill = Q(at_amount__gte=0), Q(at_type=DocumentType.BILL)
    late, undated, payment = Q(at_due__lt=as_of), Q(at_due=None), Q(at_type=DocumentType.PAYMENT)
    found = {
        "all.items": Q(),
        "all.debts": debt,
        "part.overdue": debt & late,
        "part.bills": debt & bill & (undated | Q(at_due__gte=as_of)),
        "part.undated": debt & undated & ~bill,
        "part.not_due": debt & Q(at_due__gte=as_of) & ~bill,
        "part.credit_notes": ~debt & ~payment,
        "part.payments": ~debt & payment,
    }
    for basis, column in ((Basis.DUE, "at_due"), (Basis.DOCUMENT, "document_date")):
        found |= {f"{basis.value}.{bucket}": q for bucket, q in _buckets(column, as_of, debt).items()}
    return found


def _buckets(column: str, as_of: date, debt: Q) -> dict[str, Q]:
    """The buckets of `rules.ledger.bucket_of` as conditions."""
    days = [as_of - timedelta(days=bound) for bound in BOUNDS]
    found = {AgeingBucket.NOT_DUE.value: debt & Q(**{f"{column}__gte": days[0]})}
    for bucket, newest, oldest in zip(LATE_BUCKETS, days, [*days[1:], None], strict=True):
        since = Q(**{f"{column}__gte": oldest}) if oldest else Q()
        found[bucket.value] = debt & Q(**{f"{column}__lt": newest}) & since
    found[AgeingBucket.NO_DUE_DATE.value] = debt & Q(**{column: None})
    found[AgeingBucket.CREDITS.value] = ~debt
    return found


@dataclass(slots=True)
class Sums:
    """The figures of one company, or of whatever the items were added up by, by the keys of `conditions`.

    In cents of the portfolio's currency; those converted from another one are not rounded.
    """

    cents: dict[str, int | Decimal]
    missing: set[str] = field(default_factory=set)

    def amount(self, key: str) -> Decimal:
        return Decimal(self.cents[key]).scaleb(-2)

    @property
    def parts(self) -> Parts:
        return Parts(**{name: self.amount(f"part.{name}") for name in LEDGER_PARTS})


def by_company(rows: Items, *, as_of: date) -> dict[int, Sums]:
    """The parts and buckets of each company among these items."""
    wanted = {key: q for key, q in conditions(as_of).items() if not key.startswith("all.") and key not in FOLLOWS}
    found: dict[int, Sums] = by(rows, "account__company", wanted, as_of=as_of)
    for held in found.values():
        cents = held.cents
        for key, others in FOLLOWS.items():
            cents[key] = sum(map(cents.__getitem__, others))
    return found


def counted(as_of: date, policy: ExposurePolicy) -> Q:
    """What of the ledger a policy counts as risk (`rules.exposure.contributions`): no credit is told to be matched."""
    found = conditions(as_of)
    out = [] if policy.netting == Netting.ALL else [found["part.credit_notes"], found["part.payments"]]
    out += [] if policy.count_bills else [found["part.bills"]]
    return Q() if not out else ~reduce(or_, out)


def by(rows: Items, column: str, wanted: Mapping[str, Q], *, as_of: date) -> dict[Any, Sums]:
    """The sums of these conditions for each value of a column: one query for any number, and one for the rates.

    The database returns whole cents: they are exact, and cost a tenth of as many decimals.
    """
    names, rates, ours = list(wanted), Rates(as_of), settings.PORTFOLIO_CURRENCY
    groups = rows.order_by().values_list(column, "at_currency")
    sums = groups.annotate(**{_alias(name): _cents(wanted[name]) for name in names})
    found: dict[Any, Sums] = {}
    for key, currency, *cents in sums.values_list(column, "at_currency", *map(_alias, names)):
        held = found.get(key)
        if held is None:
            held = found[key] = Sums(dict.fromkeys(names, 0))
        if currency == ours:
            _add(held.cents, names, cents)
        elif (rate := worth(rates, currency)) is None:
            held.missing.add(currency)
        else:
            _add(held.cents, names, [amount and amount * rate for amount in cents])
    return found


def worth(rates: Rates, currency: str) -> Decimal | None:
    """What one unit of a currency is worth in the portfolio's, unrounded: so that parts and wholes convert alike."""
    many = rates.convert(MANY, currency)
    return None if many is None else many / MANY


def rate_of(items: Items, as_of: date) -> Case:
    """The worth of one unit of each item's currency in the portfolio's, to be multiplied by the database.

    Exact enough to sort and to show; 0 without a rate.
    """
    rates = Rates(as_of)
    codes = items.order_by().values_list("at_currency", flat=True).distinct()
    one = {code: worth(rates, code) for code in codes}
    known = [When(at_currency=code, then=Value(rate)) for code, rate in one.items() if rate]
    return Case(*known, default=Value(ZERO), output_field=OpenItem._meta.get_field("amount"))


def _alias(name: str) -> str:
    return "in_" + name.replace(".", "_")


def _cents(condition: Q) -> Any:
    return Cast(Round(Sum("at_amount", filter=condition) * 100), BigIntegerField())


def _add(held: dict[str, Any], names: Iterable[str], cents: Iterable[int | Decimal | None]) -> None:
    for name, amount in zip(names, cents, strict=True):
        if amount:
            held[name] += amount
