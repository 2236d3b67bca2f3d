"""The statement of account that a customer gets: every open item, ageing and total, currency by currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from companies import formats
from companies.choices import AgeingBucket
from companies.models import Company, OpenItem
from companies.rules.ledger import Ageing, Item, ageing, days_late
from monitoring.models import BankAccount, OurCompany
from monitoring.services.export import Sheet, Value
from monitoring.services.scope import as_they_were, open_items, receivable

MOST = 5000  # items of one statement
LANGUAGES = ("fr", "en")


@dataclass(frozen=True)
class Line:
    """One open item as the customer reads it."""

    item: OpenItem
    late: int


@dataclass(frozen=True)
class Balance:
    """What is open in one currency. The total is what is to be paid, credits deducted, to `bank` if one is known."""

    currency: str
    lines: tuple[Line, ...]
    ageing: Ageing
    bank: BankAccount | None = None

    @property
    def total(self) -> Decimal:
        return self.ageing.balance

    @property
    def buckets(self) -> list[tuple[str, Decimal]]:
        """Bucket by bucket in the order of time, those without an amount left out."""
        return [(str(key.label), self.ageing.buckets[key]) for key in AgeingBucket if self.ageing.buckets[key]]


@dataclass(frozen=True)
class Statement:
    """All that a customer owes on a day, in the currencies of the invoices: a statement converts nothing."""

    company: Company
    as_of: date
    balances: tuple[Balance, ...]
    cut: bool
    sender: OurCompany | None = None


def statement(company: Company, day: date | None = None) -> Statement:
    """What a company's client accounts owe now, or owed on a past day, oldest due date first; three queries."""
    rows = receivable(open_items(day)).filter(account__company=company).select_related("account")
    found = as_they_were(rows.order_by("at_currency", "at_due", "document_date", "pk")[: MOST + 1])
    as_of = day or localdate()
    by_currency: dict[str, list[OpenItem]] = {}
    for item in found[:MOST]:
        by_currency.setdefault(item.currency, []).append(item)
    banks = {bank.currency: bank for bank in BankAccount.objects.all()}
    balances = tuple(
        _balance(currency, items, as_of, bank=banks.get(currency)) for currency, items in sorted(by_currency.items())
    )
    return Statement(company, as_of, balances, cut=len(found) > MOST, sender=OurCompany.objects.first())


def _balance(currency: str, items: list[OpenItem], as_of: date, *, bank: BankAccount | None) -> Balance:
    lines = tuple(Line(item, max(0, days_late(item.due_date, as_of) or 0) if item.amount > 0 else 0) for item in items)
    ruled = (Item(item.type, item.amount, item.document_date, item.due_date, currency) for item in items)
    return Balance(currency, lines, ageing(ruled, as_of), bank)


def head() -> list[str]:
    """The columns, in the language in force."""
    return [
        _("Document"), _("Account"), _("Type"), _("Document date"), _("Due date"), _("Days late"), _("Amount"),
        _("Currency"),
    ]  # fmt: skip


def sheet(found: Statement) -> Sheet:
    """The statement as rows of a workbook: items, then total and ageing of each currency."""
    return Sheet(head(), _rows(found))


def to_pay(balance: Balance, written: str) -> str:
    """What the customer is asked to do about a balance, in the language in force; `written` is its total in words."""
    if balance.total <= 0:
        return _("Nothing to pay: the balance is in your favour.")
    if balance.bank is None:
        return _("To pay: %(amount)s") % {"amount": written}
    return _("To pay: %(amount)s to %(bank)s") % {"amount": written, "bank": balance.bank.said}


def _rows(found: Statement) -> Iterator[list[Value]]:
    if found.sender:
        yield [_("From"), found.sender.name]
    for balance in found.balances:
        for line in balance.lines:
            yield _cells(line)
        yield [_("Total on %(day)s") % {"day": found.as_of}, *[None] * 5, balance.total, balance.currency]
        for label, amount in balance.buckets:
            yield [label, *[None] * 5, amount, balance.currency]
        if balance.bank and balance.total > 0:
            yield [_("To pay to"), balance.bank.said]


def _cells(line: Line) -> list[Value]:
    item = line.item
    return [
        item.document, item.account.code, str(item.get_type_display()), item.document_date, item.due_date,
        line.late or None, item.amount, item.currency,
    ]  # fmt: skip


def address(company: Company) -> list[str]:
    """Name and address, a line each, empty ones left out."""
    lines = [company.name, company.street, f"{company.postal_code} {company.city}".strip()]
    return [line for line in [*lines, str(company.country.name)] if line]


def written(amount: Decimal, language: str) -> str:
    return formats.money(amount, language, 2)


def day(value: date | None, language: str) -> str:
    """Day, month and year in figures, as the language orders them; a dash for None."""
    if value is None:
        return formats.NOTHING
    return f"{value:%d/%m/%Y}" if language.startswith("fr") else f"{value:%Y-%m-%d}"
