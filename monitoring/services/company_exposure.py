"""One company's exposure in depth: parts, limits, ageing on both bases, accounts, and what could be set off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.timezone import localdate

from companies.choices import Role
from companies.models import Account, Company
from companies.rules.suppliers import Offset
from monitoring.models import ExposureSettings
from monitoring.services import suppliers
from monitoring.services.counting import Counted, counted
from monitoring.services.exposure import ZERO, Totals, totals
from monitoring.services.scope import open_items, promises, receivable


@dataclass(frozen=True)
class AccountLine:
    """An account with what is open on it in its own currency; negative is what we owe."""

    account: Account
    open: Decimal


@dataclass(frozen=True)
class Depth:
    """What the exposure tab shows of the ledger, and all that counts against the limits."""

    found: Totals
    whole: Counted
    accounts: tuple[AccountLine, ...]
    offset: Offset | None
    is_supplier: bool


def depth(company: Company, day: date | None = None) -> Depth:
    """Everything that a company owes or is to owe, now or on a past day, in a number of queries that does not grow.

    The limits are today's whatever the day.
    """
    items, as_of = open_items(day).filter(account__company=company), day or localdate()
    promised = receivable(promises(day)).filter(account__company=company)
    found = totals(receivable(items), promised, as_of=as_of, policy=ExposureSettings.current().rules())
    accounts = tuple(_accounts(company, items))
    roles = {line.account.role for line in accounts}
    is_both = {Role.CLIENT, Role.SUPPLIER} <= roles
    return Depth(
        found=found,
        whole=counted(company.pk, day),
        accounts=accounts,
        offset=_offset(company, as_of) if is_both else None,
        is_supplier=Role.SUPPLIER in roles,
    )


def _accounts(company: Company, items: Any) -> Iterable[AccountLine]:
    sums = dict(items.order_by().values_list("account").annotate(Sum("at_amount")))
    rows = company.accounts.select_related("payer__company").order_by("ledger", "code")
    return [AccountLine(row, sums.get(row.pk, ZERO)) for row in rows]


def _offset(company: Company, as_of: date) -> Offset | None:
    """As the suppliers' page works it out: what is contested is kept back."""
    found = suppliers.suppliers(as_of=as_of, today=localdate(), company=company.pk)
    return found[0].offset if found else None
