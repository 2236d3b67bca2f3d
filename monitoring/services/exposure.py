"""What is owed to us on a day, for everybody or a part of the portfolio, in the portfolio's currency.

The database adds up items that the rules cannot tell apart (same type, sign, currency and dates), and the rules see the
sums: their figures are linear in the amount. Our suppliers' accounts are what we owe, and are left out (domain 5.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, Sum

from companies.choices import AgeingBucket
from companies.rules.exposure import ExposurePolicy, Part, Parts, contributions, parts_of
from companies.rules.kpis import Population, Receivables, receivables
from companies.rules.ledger import Ageing, Basis, Item, ageing
from monitoring.services.counted import DEBT, part_conditions, promise_conditions, promised
from monitoring.services.money import Rates
from monitoring.services.scope import Items

ZERO, CENT = Decimal(0), Decimal("0.01")
BOUNDS = (0, 30, 60, 90)
LATE_BUCKETS = (AgeingBucket.DAYS_1_30, AgeingBucket.DAYS_31_60, AgeingBucket.DAYS_61_90, AgeingBucket.DAYS_OVER_90)
LEDGER_PARTS = ("not_due", "overdue", "undated", "bills", "credit_notes", "payments")
PROMISED = (Part.DELIVERED, Part.ORDERS)


@dataclass(frozen=True)
class Totals:
    """The sums of a scope. `missing` are the currencies without a rate: what is in them is in none of the sums."""

    parts: Parts
    owed: Receivables
    ageings: Mapping[str, Ageing]
    counted: Mapping[Part, Decimal]
    missing: tuple[str, ...]

    @property
    def accounting(self) -> Decimal:
        """The balance of the ledger."""
        return self.parts.debts + self.parts.bills + self.parts.credits

    @property
    def risk(self) -> Decimal:
        """What the policy counts: the sum of the exposures of the companies."""
        return sum(self.counted.values(), ZERO)


def totals(items: Items, promises: Items, *, as_of: date, policy: ExposurePolicy) -> Totals:
    """Add up the items and the promises of a scope into parts, ageing on both bases, and receivables.

    Two queries, and one for the rates.
    """
    rates = Rates(as_of)
    found = condensed(items, as_of=as_of, rates=rates)
    promise = promised(promises, as_of=as_of, policy=policy, rates=rates)
    parts, owed = parts_of(found.items, as_of), replace(receivables(found.items, as_of), population=found.population)
    parts = replace(
        parts, disputed=found.disputed, matched_credits=found.matched,
        delivered=promise.delivered, orders=promise.orders, orders_later=promise.orders_later,
    )  # fmt: skip
    counted = {one.part: one.amount for one in contributions(parts, policy) if one.part not in PROMISED}
    counted |= {part: amount for part in PROMISED if (amount := promise.total(part))}
    return Totals(
        parts=parts,
        owed=owed,
        ageings={basis.value: ageing(found.items, as_of, basis=basis) for basis in Basis},
        counted=counted,
        missing=tuple(sorted(found.missing | promise.missing)),
    )


@dataclass(frozen=True)
class Condensed:
    """Items added up by type, sign and dates; how many they were; the contested debts and matched credits in them."""

    items: list[Item]
    population: Population
    disputed: Decimal
    matched: Decimal
    missing: set[str]


def condensed(rows: Items, *, as_of: date, rates: Rates) -> Condensed:
    """Add up the items of `scope.open_items` that the rules cannot tell apart; one query."""
    cents, parts = rates.cents(), part_conditions(as_of)
    groups = rows.order_by().values_list("at_type", "at_currency", "document_date", "at_due", "at_estimated").annotate(
        owed=Sum(cents, filter=DEBT), credit=Sum(cents, filter=~DEBT),
        debts=Count("pk", filter=DEBT), credits=Count("pk", filter=~DEBT),
        contested=Sum(cents, filter=parts["disputed"]), matched=Sum(cents, filter=parts["matched_credits"]),
    )  # fmt: skip
    items: list[Item] = []
    ours, shares = settings.PORTFOLIO_CURRENCY, [0, 0]
    counts, missing = dict.fromkeys(("items", "credits_out", "undated"), 0), set[str]()
    for kind, currency, document_date, due_date, estimated, owed, credit, debts, credits, *both in groups:
        if currency not in rates:
            missing.add(currency)
            continue
        for amount in (owed, credit):
            if amount is not None:
                items.append(Item(kind, Decimal(amount).scaleb(-2), document_date, due_date, ours, estimated=estimated))
        shares = [held + (amount or 0) for held, amount in zip(shares, both, strict=True)]
        counts["items"] += debts
        counts["credits_out"] += credits
        counts["undated"] += debts if due_date is None else 0
    disputed, matched = (Decimal(amount).scaleb(-2) for amount in shares)
    return Condensed(items, Population(**counts), disputed, matched, missing)


def conditions(as_of: date) -> dict[str, Q]:
    """What each figure is made of, as a condition on open items: parts, and buckets on both bases (domain 5.1, 5.9)."""
    found = {"all.items": Q(), "all.debts": DEBT}
    found |= {f"part.{name}": condition for name, condition in part_conditions(as_of).items()}
    for basis, column in ((Basis.DUE, "at_due"), (Basis.DOCUMENT, "document_date")):
        found |= {f"{basis.value}.{bucket}": q for bucket, q in _buckets(column, as_of).items()}
    return found


def promise_figures(as_of: date) -> dict[str, Q]:
    """What each figure of orders and deliveries is made of, as a condition on them; policies may count less of it."""
    return {f"part.{name}": condition for name, condition in promise_conditions(as_of, None).items()}


def _buckets(column: str, as_of: date) -> dict[str, Q]:
    """The buckets of `rules.ledger.bucket_of` as conditions."""
    days = [as_of - timedelta(days=bound) for bound in BOUNDS]
    found = {AgeingBucket.NOT_DUE.value: DEBT & Q(**{f"{column}__gte": days[0]})}
    for bucket, newest, oldest in zip(LATE_BUCKETS, days, [*days[1:], None], strict=True):
        since = Q(**{f"{column}__gte": oldest}) if oldest else Q()
        found[bucket.value] = DEBT & Q(**{f"{column}__lt": newest}) & since
    found[AgeingBucket.NO_DUE_DATE.value] = DEBT & Q(**{column: None})
    found[AgeingBucket.CREDITS.value] = ~DEBT
    return found
