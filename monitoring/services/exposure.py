"""What is owed to us on a day, for everybody or a part of the portfolio, in the portfolio's currency.

The database adds up items that the rules cannot tell apart (same type, sign, currency and dates), and the rules see the
sums: their figures are linear in the amount. Our suppliers' accounts are what we owe, and are left out (domain 5.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Cast, Round

from companies.choices import AgeingBucket, DocumentType, Role
from companies.models import OpenItem
from companies.rules.exposure import ExposurePolicy, Parts, contributions, parts_of
from companies.rules.kpis import Population, Receivables, receivables
from companies.rules.ledger import Ageing, Basis, Item, ageing
from monitoring.models import Standing
from monitoring.services.facts import Rates

ZERO, CENT = Decimal(0), Decimal("0.01")
BOUNDS = (0, 30, 60, 90)
LATE_BUCKETS = (AgeingBucket.DAYS_1_30, AgeingBucket.DAYS_31_60, AgeingBucket.DAYS_61_90, AgeingBucket.DAYS_OVER_90)
LEDGER_PARTS = ("not_due", "overdue", "undated", "bills", "credit_notes", "payments")


@dataclass(frozen=True)
class Scope:
    """Whose items: all, or those of companies in a role or a country."""

    role: str = ""
    country: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.role or self.country)

    def standings(self) -> QuerySet[Standing]:
        rows = Standing.objects.in_role(self.role)
        return rows.filter(country=self.country) if self.country else rows

    def items(self) -> QuerySet[OpenItem]:
        rows = receivable(OpenItem.objects.open())
        return rows.filter(account__company__in=self.standings().values("pk")) if self.is_narrowed else rows


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


def receivable(rows: QuerySet[OpenItem]) -> QuerySet[OpenItem]:
    """Without what we owe."""
    return rows.exclude(account__role=Role.SUPPLIER)


def totals(rows: QuerySet[OpenItem], *, as_of: date, policy: ExposurePolicy) -> Totals:
    """Add up open items into parts, ageing on both bases, and receivables; one query, and one for the rates."""
    items, population, missing = condensed(rows, as_of=as_of)
    parts, owed = parts_of(items, as_of), receivables(items, as_of)
    return Totals(
        parts=parts,
        owed=Receivables(**{name.name: getattr(owed, name.name) for name in fields(owed)} | {"population": population}),
        ageings={basis.value: ageing(items, as_of, basis=basis) for basis in Basis},
        counted={found.part.value: found.amount for found in contributions(parts, policy)},
        missing=tuple(sorted(missing)),
    )


def condensed(rows: QuerySet[OpenItem], *, as_of: date) -> tuple[list[Item], Population, set[str]]:
    """The items added up by type, sign, currency and dates; how many they were; and the currencies without a rate."""
    debt, rates = Q(amount__gte=0), Rates(as_of)
    groups = rows.order_by().values_list("type", "currency", "document_date", "due_date").annotate(
        owed=Sum("amount", filter=debt), credit=Sum("amount", filter=~debt),
        debts=Count("pk", filter=debt), credits=Count("pk", filter=~debt),
    )  # fmt: skip
    items: list[Item] = []
    counts, missing = dict.fromkeys(("items", "credits_out", "undated"), 0), set[str]()
    for kind, currency, document_date, due_date, owed, credit, debts, credits in groups:
        if rates.convert(ZERO, currency) is None:
            missing.add(currency)
            continue
        for amount in (owed, credit):
            if amount is not None:
                converted = rates.convert(amount.quantize(CENT), currency) or ZERO
                items.append(Item(kind, converted, document_date, due_date, settings.PORTFOLIO_CURRENCY))
        counts["items"] += debts
        counts["credits_out"] += credits
        counts["undated"] += debts if due_date is None else 0
    return items, Population(**counts), missing


def conditions(as_of: date) -> dict[str, Q]:
    """What each figure is made of, as a condition on open items: parts, and buckets on both bases (domain 5.1, 5.9)."""
    debt, bill = Q(amount__gte=0), Q(type=DocumentType.BILL)
    late, undated, payment = Q(due_date__lt=as_of), Q(due_date=None), Q(type=DocumentType.PAYMENT)
    found = {
        "part.overdue": debt & late,
        "part.bills": debt & bill & (undated | Q(due_date__gte=as_of)),
        "part.undated": debt & undated & ~bill,
        "part.not_due": debt & Q(due_date__gte=as_of) & ~bill,
        "part.credit_notes": ~debt & ~payment,
        "part.payments": ~debt & payment,
    }
    for basis, column in ((Basis.DUE, "due_date"), (Basis.DOCUMENT, "document_date")):
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
    """One company's figures in cents of the portfolio's currency, by the keys of `conditions`."""

    cents: dict[str, int]
    missing: set[str] = field(default_factory=set)

    def amount(self, key: str) -> Decimal:
        return Decimal(self.cents[key]).scaleb(-2)

    @property
    def parts(self) -> Parts:
        return Parts(**{name: self.amount(f"part.{name}") for name in LEDGER_PARTS})


def by_company(rows: QuerySet[OpenItem], *, as_of: date) -> dict[int, Sums]:
    """The figures of each company among these items: one query for any number, and one for the rates.

    The database returns whole cents: they are exact, and cost a tenth of as many decimals.
    """
    wanted, rates = conditions(as_of), Rates(as_of)
    names = list(wanted)
    groups = rows.order_by().values_list("account__company", "currency")
    sums = groups.annotate(**{_alias(name): _cents(condition) for name, condition in wanted.items()})
    found: dict[int, Sums] = {}
    for company, currency, *cents in sums.values_list("account__company", "currency", *map(_alias, names)):
        held = found.get(company)
        if held is None:
            held = found[company] = Sums(dict.fromkeys(names, 0))
        if rates.convert(ZERO, currency) is None:
            held.missing.add(currency)
        elif currency == settings.PORTFOLIO_CURRENCY:
            _add(held.cents, names, cents)
        else:
            _add(held.cents, names, [_converted(amount, currency, rates) for amount in cents])
    return found


def _alias(name: str) -> str:
    return "in_" + name.replace(".", "_")


def _cents(condition: Q) -> Any:
    return Cast(Round(Sum(F("amount"), filter=condition) * 100), BigIntegerField())


def _add(held: dict[str, int], names: Iterable[str], cents: Iterable[int | None]) -> None:
    for name, amount in zip(names, cents, strict=True):
        if amount:
            held[name] += amount


def _converted(cents: int | None, currency: str, rates: Rates) -> int:
    amount = rates.convert(Decimal(cents or 0).scaleb(-2), currency)
    return int((amount or ZERO).scaleb(2))
