"""Whose open items a page is about, and of which day: now, or any past one from the layers (domain 6.6)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Case, F, FilteredRelation, Min, Q, QuerySet, When
from django.utils.timezone import localdate

from companies.choices import BatchState, FileKind, Role
from companies.models import Account, Commitment, Company, ImportBatch, OpenItem
from companies.rules.groups import Groups, ultimate_parents
from monitoring.models import Standing

VALUES = {
    "at_amount": "amount",
    "at_currency": "currency",
    "at_type": "type",
    "at_due": "due_date",
    "at_estimated": "due_estimated",
    "at_disputed": "disputed",
    "at_settles": "settles",
}
OF_ACCOUNT = ("role", "business_unit", "analyst")
UNKNOWN = "-"  # in an address: those whose business unit or analyst no file tells


Items = QuerySet[Any]  # of OpenItem or Commitment, with columns that no model tells the type checker


def open_items(day: date | None = None) -> Items:
    """What is open now, or what was open on a past day as the files until then had it.

    Either way the columns of VALUES are the values of that day: whoever reads these reads both. An item has at most one
    version that held on a day.
    """
    if day is None:
        return OpenItem.objects.open().annotate(**{alias: F(name) for alias, name in VALUES.items()})
    files = list(known(day).values_list("pk", flat=True))  # a filtered relation takes no query
    held = Q(past__batch__in=files) & ~Q(past__replaced_by__in=files)
    rows = OpenItem.objects.annotate(version=FilteredRelation("past", condition=held)).filter(
        Q(closed_on=None) | Q(closed_on__gt=day), Q(version__isnull=False) | Q(batch__in=files)
    )
    return rows.annotate(**{alias: _at(name) for alias, name in VALUES.items()})


def known(day: date) -> QuerySet[Any]:
    """The files that a day knew; one without a closing date counts from its upload."""
    return ImportBatch.objects.filter(Q(as_of__lte=day) | Q(as_of=None, created_at__date__lte=day)).values("pk")


def _at(name: str) -> Case:
    return Case(When(version__isnull=True, then=F(name)), default=F(f"version__{name}"))


def promises(day: date | None = None) -> Items:
    """Orders and deliveries, now or as a past day had them, with `at_amount` and `at_currency`."""
    rows = Commitment.objects.open() if day is None else Commitment.objects.at(day)
    return rows.annotate(at_amount=F("amount"), at_currency=F("currency"))


def as_they_were(rows: Iterable[OpenItem]) -> list[OpenItem]:
    """Items of `open_items` with the values of its day in their own fields, to be shown and never saved."""
    found = list(rows)
    for row in found:
        for alias, name in VALUES.items():
            setattr(row, name, getattr(row, alias))
    return found


def receivable(rows: Items) -> Items:
    """Without what we owe."""
    return rows.exclude(account__role=Role.SUPPLIER)


@dataclass(frozen=True)
class Scope:
    """Whose items, and when: those of accounts and companies with these properties; `day` is None for now.

    Role, business unit and analyst are an account's, country and group (its ultimate parent) a company's.
    """

    role: str = ""
    business_unit: str = ""
    analyst: str = ""
    country: str = ""
    group: int | None = None
    day: date | None = None

    @property
    def on(self) -> date:
        return self.day or localdate()

    @property
    def is_narrowed(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self) if one.name != "day")

    @property
    def is_of_accounts(self) -> bool:
        """Whether companies may be in it with a part of what they owe."""
        return any(getattr(self, name) for name in OF_ACCOUNT)

    def items(self) -> Items:
        """The open items of the day, without what we owe."""
        return self._within(open_items(self.day))

    def promises(self) -> Items:
        """The orders and deliveries of the day, without what we ordered."""
        return self._within(promises(self.day))

    def ever(self) -> Items:
        """All items that there ever were, as they are now."""
        return self._within(OpenItem.objects.all())

    def _within(self, rows: Items) -> Items:
        wanted = {f"account__{name}": value for name, value in self._companies().items()}
        return receivable(rows).filter(**wanted, **self._accounts("account__"))

    def whole(self) -> tuple[Items, Items]:
        """All items and promises of the companies that are in it, whatever the account: limits are a company's."""
        if not self.is_of_accounts:
            return self.items(), self.promises()
        wide, its = Scope(country=self.country, group=self.group, day=self.day), Q(account__company__in=self._having())
        return wide.items().filter(its), wide.promises().filter(its)

    def standings(self) -> QuerySet[Standing]:
        """The companies with such accounts, as they stand now."""
        rows = Standing.objects.filter(**self._companies())
        return rows.filter(pk__in=self._having()) if self.is_of_accounts else rows

    def _having(self) -> QuerySet[Any]:
        return Account.objects.filter(**self._accounts("")).values("company")

    def _accounts(self, path: str) -> dict[str, Any]:
        asked = {name: getattr(self, name) for name in OF_ACCOUNT}
        return {f"{path}{name}": "" if value == UNKNOWN else value for name, value in asked.items() if value}

    def _companies(self) -> dict[str, Any]:
        found: dict[str, Any] = {"company__country": self.country} if self.country else {}
        return found | ({"company__in": members(self.group)} if self.group else {})


def groups() -> Groups[int]:
    """Companies under their ultimate parent, those without a parent left out; one query, loops do not hang."""
    parents = dict(Company.objects.exclude(parent=None).order_by().values_list("pk", "parent"))
    return ultimate_parents(parents)


def members(head: int) -> list[int]:
    """The companies under an ultimate parent, itself included."""
    return [head, *(pk for pk, its in groups().heads.items() if its == head and pk != head)]


def first_closing() -> date | None:
    """The closing date of the oldest file of open items that counts: before it, nothing is known."""
    applied = ImportBatch.objects.filter(state=BatchState.APPLIED, kind=FileKind.OPEN_ITEMS)
    first: date | None = applied.aggregate(Min("as_of"))["as_of__min"]
    return first
