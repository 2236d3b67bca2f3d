"""Suppliers: our money with them, who depends on whom, and what could be set off (domain 5.15), on any day."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.choices import Role
from companies.models import Account, Supply
from companies.rules.suppliers import (
    Advanced,
    Continuity,
    Dependencies,
    MoneyAtRisk,
    Offset,
    Side,
    continuity,
    dependencies,
    money_at_risk,
    offset,
)
from monitoring.services.counted import disputed
from monitoring.services.export import Sheet, Value
from monitoring.services.money import Rates
from monitoring.services.scope import open_items

ZERO = Decimal(0)
MONEY = ("advances", "credit_notes", "tooling", "prepaid_orders")
SORTS = ("name", "gross", "net", "payable", "purchases", "gap", "volume")


@dataclass(frozen=True)
class Supplier:
    """One company that we buy from, in the portfolio's currency; None is unknown. `missing` lack a rate."""

    pk: int
    name: str
    country: str
    at_risk: MoneyAtRisk
    payable: Decimal
    purchases: Decimal | None
    depends: Dependencies
    continuity: Continuity
    set_off: bool
    offset: Offset | None
    stated_on: date | None
    missing: tuple[str, ...] = ()

    def sort_value(self, name: str) -> Any:
        """What a list sorts by."""
        return {
            "name": self.name.casefold(),
            "gross": self.at_risk.gross,
            "net": self.at_risk.net,
            "payable": self.payable,
            "purchases": self.purchases,
            "gap": self.continuity.gap,
            "volume": self.offset.volume if self.offset else None,
        }[name]


@dataclass
class _Company:
    """What is gathered of a company before it is judged."""

    name: str
    country: str
    supplies: list[Any] = field(default_factory=list)
    owed: list[Decimal] = field(default_factory=lambda: [ZERO] * 3)
    owing: list[Decimal] = field(default_factory=lambda: [ZERO] * 3)
    is_client: bool = False
    missing: set[str] = field(default_factory=set)


def suppliers(
    *, as_of: date, today: date, company: int | None = None, turnover: Decimal | None = None
) -> list[Supplier]:
    """Every company with a supplier's account, or one of them, on a day; a fixed few queries for any number.

    A day before today shows the open items of its layers and the figures as they were known then. `turnover` is that of
    `company` in the portfolio's currency.
    """
    rates, found = Rates(as_of), _companies(company)
    spent = _figures(found, rates, as_of=as_of, today=today)
    _sides(found, rates, as_of=as_of, today=today)
    return [_judged(pk, one, rates, all_purchases=spent, turnover=turnover) for pk, one in found.items()]


def ordered(found: Iterable[Supplier], sort: str) -> list[Supplier]:
    """Sort by a name of SORTS, "-" for downwards; what is unknown comes last both ways."""
    name = sort.removeprefix("-")
    known = [one for one in found if one.sort_value(name) is not None]
    unknown = [one for one in found if one.sort_value(name) is None]
    known.sort(key=lambda one: one.name.casefold())
    known.sort(key=lambda one: one.sort_value(name), reverse=sort.startswith("-"))
    return [*known, *sorted(unknown, key=lambda one: one.name.casefold())]


def sheet(found: Iterable[Supplier]) -> Sheet:
    """The list as a file."""
    money = settings.PORTFOLIO_CURRENCY
    head = [
        _("Supplier"), _("Country"), f"{_('Money at risk')} ({money})", f"{_('After set-off')} ({money})",
        f"{_('Advances paid (4091)')} ({money})", f"{_('Credit notes to receive (4098)')} ({money})",
        f"{_('Tooling deposited')} ({money})", f"{_('Orders paid in advance')} ({money})",
        f"{_('We owe it')} ({money})", f"{_('Purchases of twelve months')} ({money})", _("Share of our purchases"),
        _("Only source"), _("Days of stock"), _("Days uncovered"), f"{_('Volume to offset')} ({money})",
        _("Figures of"),
    ]  # fmt: skip
    words = {True: _("yes"), False: _("no"), None: ""}
    return Sheet(head, (_cells(one, words) for one in found))


def _cells(one: Supplier, words: Mapping[bool | None, str]) -> list[Value]:
    parts = [one.at_risk.parts.get(name) for name in MONEY]
    return [
        one.name, one.country, one.at_risk.gross, one.at_risk.net, *parts, one.payable, one.purchases,
        one.depends.ours_on_them.share, words[one.depends.sole_source], one.continuity.days_of_stock,
        one.continuity.gap, one.offset.volume if one.offset else None, one.stated_on,
    ]  # fmt: skip


def _companies(company: int | None) -> dict[int, _Company]:
    accounts = Account.objects.filter(role=Role.SUPPLIER, closed_on=None)
    if company is not None:
        accounts = accounts.filter(company=company)
    rows = accounts.order_by("company__name", "company").values_list("company", "company__name", "company__country")
    return {pk: _Company(name, str(country)) for pk, name, country in rows}


def _figures(found: dict[int, _Company], rates: Rates, *, as_of: date, today: date) -> Decimal | None:
    """Give each company its figures, and return all that we buy; None when nothing tells."""
    total: Decimal | None = None
    for row in _supplies(as_of, today):
        purchases = rates.convert(row["purchases"], row["currency"])
        total = total if purchases is None else (total or ZERO) + purchases
        if row["company"] in found:
            found[row["company"]].supplies.append(row)
    return total


def _supplies(as_of: date, today: date) -> Iterator[dict[str, Any]]:
    """The figures of a day, each with the company that holds its account."""
    names = [field.attname for field in Supply._meta.concrete_fields]
    if as_of >= today:
        now = Supply.objects.filter(closed_on=None).order_by()
        yield from (row | {"company": row["account__company"]} for row in now.values(*names, "account__company"))
        return
    end = timezone.make_aware(datetime.combine(as_of, time.max))
    past = Supply.history.filter(history_date__lte=end).order_by("id", "-history_date", "-history_id")  # newest first
    holders = dict(Account.objects.filter(role=Role.SUPPLIER).order_by().values_list("pk", "company"))
    seen: set[int] = set()
    for row in past.values(*names, "history_type"):
        if row["id"] in seen:
            continue
        seen.add(row["id"])
        ended = row["closed_on"] is not None and row["closed_on"] <= as_of
        if row["history_type"] != "-" and not ended and row["account_id"] in holders:
            yield row | {"company": holders[row["account_id"]]}


def _sides(found: dict[int, _Company], rates: Rates, *, as_of: date, today: date) -> None:
    """What each side owes: all debts, those contested, and those due and clear."""
    for company, is_supplier, currency, amounts in _debts(found, as_of, today):
        one = found[company]
        one.is_client |= not is_supplier
        side = one.owing if is_supplier else one.owed
        for place, amount in enumerate(amounts):
            converted = rates.convert(amount or ZERO, currency)
            if converted is None:
                one.missing.add(currency)
            side[place] += converted or ZERO
    clients = Account.objects.filter(company__in=found, closed_on=None, role=Role.CLIENT).order_by()
    for company in clients.values_list("company", flat=True):
        found[company].is_client = True


def _debts(found: dict[int, _Company], as_of: date, today: date) -> Iterator[tuple[int, bool, str, list[Any]]]:
    debt, due, kept = Q(at_amount__gt=0), Q(at_due__lte=as_of), disputed(as_of)
    rows = open_items(None if as_of >= today else as_of).filter(account__company__in=found).order_by()
    asked = {
        "owed": Sum("at_amount", filter=debt),
        "contested": Sum("at_amount", filter=debt & kept),
        "clear": Sum("at_amount", filter=debt & due & ~kept),
    }
    grouped = rows.values_list("account__company", "account__role", "at_currency").annotate(**asked)
    for company, role, currency, *amounts in grouped:
        yield company, role == Role.SUPPLIER, currency, amounts


def _judged(
    pk: int, one: _Company, rates: Rates, *, all_purchases: Decimal | None, turnover: Decimal | None
) -> Supplier:
    amounts = {name: _sum(one, name, rates) for name in (*MONEY, "purchases")}
    set_off = bool(one.supplies) and all(row["set_off"] for row in one.supplies)
    purchases = amounts.pop("purchases")
    gaps = [continuity(row["lead_time_days"], row["stock"], row["daily_use"]) for row in one.supplies]
    sole = [row["sole_source"] for row in one.supplies if row["sole_source"] is not None]
    return Supplier(
        pk=pk,
        name=one.name,
        country=one.country,
        at_risk=money_at_risk(Advanced(**amounts), one.owing[0], set_off=set_off),
        payable=one.owing[0],
        purchases=purchases,
        depends=dependencies(
            purchases, turnover=turnover, all_purchases=all_purchases, sole_source=any(sole) if sole else None
        ),
        continuity=max(gaps, key=_urgency, default=continuity(None, None, None)),
        set_off=set_off,
        offset=offset(_side(one.owed), _side(one.owing)) if one.is_client else None,
        stated_on=max((row["stated_on"] for row in one.supplies), default=None),
        missing=tuple(sorted(one.missing)),
    )


def _sum(one: _Company, name: str, rates: Rates) -> Decimal | None:
    """The sum of the known amounts of all accounts; None when none is known."""
    total: Decimal | None = None
    for row in one.supplies:
        amount = rates.convert(row[name], row["currency"])
        if row[name] is not None and amount is None:
            one.missing.add(row["currency"])
        total = total if amount is None else (total or ZERO) + amount
    return total


def _urgency(found: Continuity) -> tuple[bool, Decimal]:
    """The account that leaves most days uncovered speaks for its company."""
    return found.gap is not None, found.gap or ZERO


def _side(amounts: list[Decimal]) -> Side:
    owed, contested, clear = amounts
    return Side(owed, disputed=contested, due_and_clear=min(clear, owed - contested))
