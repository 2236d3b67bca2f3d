"""Amounts in the portfolio's currency: each is converted to the cent, so that sums agree however they are cut."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import (
    BigIntegerField,
    Case,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from companies.models import ExchangeRate

CENT = Decimal("0.01")


class Rates:
    """Dated exchange rates into the portfolio's currency; a currency without a rate gives None, never 1."""

    def __init__(self, as_of: date) -> None:
        rates = ExchangeRate.objects.filter(valid_on__lte=as_of).order_by("currency", "valid_on")
        self._rate = {rate.currency: rate.rate for rate in rates}  # the latest one wins
        self._rate[settings.PORTFOLIO_CURRENCY] = Decimal(1)

    def convert(self, amount: Decimal | None, currency: str) -> Decimal | None:
        rate = self._rate.get(currency or settings.PORTFOLIO_CURRENCY)
        if amount is None or rate is None:
            return None
        return (amount / rate).quantize(CENT, ROUND_HALF_UP)  # as every database rounds

    def __contains__(self, currency: str) -> bool:
        return (currency or settings.PORTFOLIO_CURRENCY) in self._rate

    def cents(self) -> Any:
        """The cents of a row with `at_amount` and `at_currency`, in the portfolio's currency; None without a rate.

        Whole numbers: they add up exactly in every database.
        """
        ours = settings.PORTFOLIO_CURRENCY
        others = [
            When(at_currency=code, then=_cents(F("at_amount"), 100 / rate))
            for code, rate in self._rate.items()
            if code != ours
        ]
        own = _cents(F("at_amount"), Decimal(100))
        return Case(When(at_currency__in=[ours, ""], then=own), *others, output_field=BigIntegerField())


def _cents(amount: Any, factor: Decimal) -> Any:
    """Round after the multiplication; a factor of 100 is written as such, which costs the database less."""
    times = Value(int(factor)) if factor == int(factor) else Value(factor)
    template = "CAST(ROUND(%(expressions)s) AS BIGINT)"
    return Func(amount, times, template=template, arg_joiner=" * ", output_field=BigIntegerField())


def units(cents: Any) -> Any:
    """Whole cents as an amount, within the database."""
    return ExpressionWrapper(cents * Value(CENT), output_field=DecimalField(max_digits=20, decimal_places=2))


@dataclass(slots=True)
class Sums:
    """Sums in cents of the portfolio's currency by their keys, and the currencies without a rate."""

    cents: dict[str, int]
    missing: set[str] = field(default_factory=set)

    def amount(self, key: str) -> Decimal:
        return Decimal(self.cents[key]).scaleb(-2)


def sums_by(rows: QuerySet[Any], column: str, wanted: Mapping[str, Q], *, rates: Rates) -> dict[Any, Sums]:
    """The sums of these conditions for each value of a column; one query for any number.

    Rows have `at_amount` and `at_currency`.
    """
    names, cents = list(wanted), rates.cents()
    asked = {f"in_{place}": Sum(cents, filter=condition) for place, condition in enumerate(wanted.values())}
    groups = rows.order_by().values_list(column, "at_currency").annotate(**asked)
    found: dict[Any, Sums] = {}
    for key, currency, *amounts in groups.values_list(column, "at_currency", *asked):
        held = found.get(key)
        if held is None:
            held = found[key] = Sums(dict.fromkeys(names, 0))
        if currency not in rates:
            held.missing.add(currency)
            continue
        sums = held.cents
        for name, amount in zip(names, amounts, strict=True):
            if amount:
                sums[name] += amount
    return found
