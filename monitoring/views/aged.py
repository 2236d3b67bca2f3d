"""Balances that came without their items, as the exposure tab draws them beside the exposure, never in it."""

from dataclasses import dataclass
from datetime import date

from companies.choices import AgeingBucket
from companies.models import Company
from companies.services.layers import Aged, aged_of
from monitoring import charts


@dataclass(frozen=True)
class Balance:
    """A balance, its bar, and the rows under the bar."""

    found: Aged
    bar: charts.AgeingBar
    rows: list[tuple[str, str, object]]


def balances(company: Company, day: date) -> list[Balance]:
    """Return what to draw of a company's aged balances at a day; one query."""
    return [_drawn(found) for found in aged_of(company, day)]


def _drawn(found: Aged) -> Balance:
    debts = {bucket.value: amount for bucket, amount in found.buckets.items() if bucket != AgeingBucket.CREDITS}
    bar = charts.ageing_bar(debts, credits=found.buckets[AgeingBucket.CREDITS])
    return Balance(found, bar, [(bucket.value, str(bucket.label), found.buckets[bucket]) for bucket in AgeingBucket])
