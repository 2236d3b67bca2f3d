"""One company's exposure in depth: parts, limits, ageing on both bases, accounts, and what could be set off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils.timezone import localdate

from companies.choices import Role
from companies.models import Account, Company
from companies.rules.exposure import contributions
from companies.rules.kpis import Receivables, receivables
from companies.rules.limits import Excess, Limits, excesses
from companies.rules.suppliers import Advanced, Dependency, MoneyAtRisk, Offset, Side, dependency, money_at_risk, offset
from monitoring.models import ExposureSettings, Standing
from monitoring.services.exposure import ZERO, Totals, condensed, totals
from monitoring.services.facts import Rates
from monitoring.services.scope import open_items, receivable


@dataclass(frozen=True)
class AccountLine:
    """An account with what is open on it in its own currency; negative is what we owe."""

    account: Account
    open: Decimal


@dataclass(frozen=True)
class Supply:
    """A supplier's figures; None or a reason where the data does not exist (domain 5.15)."""

    at_risk: MoneyAtRisk
    dependency: Dependency


@dataclass(frozen=True)
class Depth:
    """What the exposure tab shows of the ledger."""

    found: Totals
    excesses: tuple[Excess, ...]
    accounts: tuple[AccountLine, ...]
    offset: Offset | None
    supply: Supply | None


def depth(company: Company, standing: Standing | None, day: date | None = None) -> Depth:
    """Everything about a company's open items, now or on a past day, in a number of queries that does not grow.

    The limits are today's whatever the day.
    """
    items, as_of = open_items(day).filter(account__company=company), day or localdate()
    policy = ExposureSettings.current().rules()
    found = totals(receivable(items), as_of=as_of, policy=policy)
    limits = Limits(provider=_known(standing, "credit_limit"), erp=_known(standing, "erp_limit"))
    accounts = tuple(_accounts(company, items))
    roles = {line.account.role for line in accounts}
    ours = receivables(condensed(items.filter(account__role=Role.SUPPLIER), as_of=as_of)[0], as_of)
    return Depth(
        found=found,
        excesses=excesses(contributions(found.parts, policy), limits),
        accounts=accounts,
        offset=_offset(found.owed, ours) if {Role.CLIENT, Role.SUPPLIER} <= roles else None,
        supply=_supply(items, ours, as_of) if Role.SUPPLIER in roles else None,
    )


def _known(standing: Standing | None, name: str) -> Decimal | None:
    limit: Decimal | None = getattr(standing, name, None)
    return None if limit is None else max(ZERO, limit)


def _accounts(company: Company, items: Any) -> Iterable[AccountLine]:
    sums = dict(items.order_by().values_list("account").annotate(Sum("at_amount")))
    rows = company.accounts.select_related("payer__company").order_by("ledger", "code")
    return [AccountLine(row, sums.get(row.pk, ZERO)) for row in rows]


def _offset(theirs: Receivables, ours: Receivables) -> Offset:
    """Both sides without credits: a dispute is not known to the ledger, so nothing is kept back for one."""
    return offset(_side(theirs), _side(ours))


def _side(owed: Receivables) -> Side:
    return Side(owed=owed.debts, disputed=ZERO, due_and_clear=owed.overdue)


def _supply(items: Any, ours: Receivables, as_of: date) -> Supply:
    """Advances and credit notes are the negative items of its account; stock and purchases are told by no import."""
    credits, rates = Q(account__role=Role.SUPPLIER, at_amount__lt=0), Rates(as_of)
    payments: Decimal | None = None
    notes: Decimal | None = None
    for kind, currency, amount in (
        items.filter(credits).order_by().values_list("at_type", "at_currency").annotate(Sum("at_amount"))
    ):
        converted = rates.convert(-amount, currency) or ZERO
        if kind == "payment":
            payments = (payments or ZERO) + converted
        else:
            notes = (notes or ZERO) + converted
    at_risk = money_at_risk(Advanced(advances=payments, credit_notes=notes), ours.debts, set_off=True)
    return Supply(at_risk, dependency(None, None))
