"""What is owed by age, split by company, group, analyst, business unit, country or role (domain 5.9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django_countries import countries

from companies.choices import AgeingBucket, Role
from companies.models import Company
from monitoring.services.export import Sheet, Value
from monitoring.services.exposure import conditions
from monitoring.services.money import Rates, Sums, sums_by
from monitoring.services.scope import UNKNOWN, Scope, groups

COLUMNS = {
    "company": "account__company",
    "group": "account__company",
    "analyst": "account__analyst",
    "business_unit": "account__business_unit",
    "country": "account__company__country",
    "role": "account__role",
}
BUCKETS = tuple(AgeingBucket)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its key in the address, its name, and the cents of each bucket in the order of `BUCKETS`."""

    key: str
    name: str
    cents: tuple[int, ...]

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        return tuple(Decimal(one).scaleb(-2) for one in self.cents)

    @property
    def total(self) -> Decimal:
        return Decimal(sum(self.cents)).scaleb(-2)


@dataclass(frozen=True)
class Table:
    """All lines, the largest first, their sums, and the currencies without a rate: their items are in none."""

    rows: tuple[Row, ...]
    sums: Row
    missing: tuple[str, ...]


def table(scope: Scope, *, split: str, basis: str) -> Table:
    """The ageing of a scope, split by a key of `COLUMNS`; a number of queries that does not grow with the lines."""
    wanted = {f"{basis}.{bucket}": conditions(scope.on)[f"{basis}.{bucket}"] for bucket in BUCKETS}
    found: dict[Any, Sums] = sums_by(scope.items(), COLUMNS[split], wanted, rates=Rates(scope.on))
    cents = {key: list(held.cents.values()) for key, held in found.items()}
    if split == "group":
        cents = _folded(cents, groups().heads)
    names, unknown = _names(split, cents), _("unknown")
    rows = [Row(_key(key), names.get(key) or unknown, tuple(held)) for key, held in cents.items()]
    sums = [sum(column) for column in zip(*cents.values(), strict=True)] or [0] * len(BUCKETS)
    return Table(
        rows=tuple(sorted(rows, key=lambda row: (-sum(row.cents), row.name, row.key))),
        sums=Row("", _("Total"), tuple(sums)),
        missing=tuple(sorted({code for held in found.values() for code in held.missing})),
    )


def _key(key: Any) -> str:
    return str(key) or UNKNOWN


def _folded(cents: dict[Any, list[int]], heads: Mapping[int, int]) -> dict[Any, list[int]]:
    """Companies added up under their ultimate parents."""
    found: dict[Any, list[int]] = {}
    for key, amounts in cents.items():
        head = heads.get(key, key)
        before = found.get(head)
        found[head] = amounts if before is None else [one + more for one, more in zip(before, amounts, strict=True)]
    return found


def _names(split: str, keys: Mapping[Any, Any]) -> dict[Any, str]:
    """The words of the lines' keys."""
    if split in {"company", "group"}:
        return dict(Company.everyone.order_by().values_list("pk", "name"))  # all: quicker than naming thousands
    if split == "country":
        return {key: str(countries.name(key)) for key in keys}
    return {role.value: str(role.label) for role in Role} if split == "role" else {key: key for key in keys}


def sheet(found: Table, heading: str) -> Sheet:
    """The table as a file, in the language in force."""
    money = settings.PORTFOLIO_CURRENCY
    labels = [str(bucket.label) for bucket in BUCKETS]
    return Sheet([heading, *(f"{label} ({money})" for label in [*labels, _("Total")])], _cells(found))


def _cells(found: Table) -> Iterator[list[Value]]:
    for row in [*found.rows, found.sums]:
        yield [row.name, *row.amounts, row.total]
