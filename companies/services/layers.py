"""The ledger at any past closing date: files are layers, and each item knows which file said what (domain 6.6).

An item is as a file had it from that file's closing date until the closing date of the file that changed or closed it.
What was undone never was. Everything is worked out by the database.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from companies.choices import AgeingBucket, BatchState, DocumentType, FileKind, Role
from companies.models import Account, AgedBalance, Company, ImportBatch, OpenItem, PastItem


class ItemAt(NamedTuple):
    """An open item as it stood at a day; `amount` is positive for a debt, negative for a credit (models.OpenItem)."""

    pk: int
    company_id: int
    account_id: int
    document: str
    installment: int
    type: DocumentType
    document_date: date
    due_date: date | None
    due_estimated: bool
    amount: Decimal
    currency: str


class Late(NamedTuple):
    """Debts of a company in one currency that were due before a day, and the oldest of their due dates."""

    company_id: int
    currency: str
    amount: Decimal
    oldest: date


class Total(NamedTuple):
    """How many items are open, and what they make, in one currency."""

    currency: str
    items: int
    amount: Decimal


class Aged(NamedTuple):
    """What a company's accounts of one ledger owe by age, from a balance that came without its items.

    Every bucket is there; credits are negative. `is_ours`: we owe it, the accounts are those of a supplier.
    """

    ledger: str
    as_of: date
    batch_id: int
    is_ours: bool
    currency: str
    accounts: list[str]
    buckets: dict[AgeingBucket, Decimal]

    @property
    def total(self) -> Decimal:
        """The balance, credits taken off."""
        return sum(self.buckets.values(), Decimal(0))


_OF_THE_ITEM = ("document", "installment", "document_date", "account_id")


def items_at(day: date, accounts: "QuerySet[Account] | None" = None) -> Iterator[ItemAt]:
    """Yield the items that were open at `day`, those of `accounts` only if given; two statements joined into one."""
    now, then = _current(day, accounts), _past(day, accounts)
    both = now.values_list(*_columns("")).union(then.values_list(*_columns("item__")), all=True)
    for row in both.iterator(chunk_size=2000):
        yield ItemAt(*row)._replace(type=DocumentType(row[5]), amount=Decimal(row[9]))


def totals_at(day: date, accounts: "QuerySet[Account] | None" = None) -> list[Total]:
    """Count and sum the items open at `day`, by currency."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for rows in (_current(day, accounts), _past(day, accounts)):
        found = rows.order_by().values_list("currency").annotate(Count("pk"), Sum("amount"))
        for currency, items, amount in found:
            before = sums.get(currency, (0, Decimal(0)))
            sums[currency] = (before[0] + items, before[1] + amount)
    return [Total(currency, *sums[currency]) for currency in sorted(sums)]


def late_at(day: date, *, due_before: date, accounts: "QuerySet[Account] | None" = None) -> Iterator[Late]:
    """Yield the debts open at `day` that were due before another day, summed by company and currency.

    A company comes up to twice in a currency: once with what its items say now, once with what they said before.
    """
    for path, rows in (("", _current(day, accounts)), ("item__", _past(day, accounts))):
        found = rows.filter(amount__gt=0, due_date__lt=due_before).values_list(f"{path}account__company", "currency")
        for row in found.annotate(Sum("amount"), Min("due_date")):
            yield Late(*row)


def months(n: int, ledger: str = "") -> list[date]:
    """Return the last closing date of each of the last `n` months that have a file of open items, in order."""
    applied = ImportBatch.objects.filter(kind=FileKind.OPEN_ITEMS, state=BatchState.APPLIED, as_of__isnull=False)
    if ledger:
        applied = applied.filter(ledger=ledger)
    by_month = applied.order_by().values(month=TruncMonth("as_of")).annotate(last=Max("as_of")).order_by("-month")
    return sorted(by_month.values_list("last", flat=True)[:n])


def aged_at(day: date, accounts: "QuerySet[Account] | None" = None) -> "QuerySet[AgedBalance]":
    """Return the aged balances as the last file until `day` has them, of accounts that had no open item then."""
    until = ImportBatch.objects.filter(kind=FileKind.AGED_BALANCE, state=BatchState.APPLIED, as_of__lte=day)
    later = Q(as_of__gt=OuterRef("as_of")) | Q(as_of=OuterRef("as_of"), applied_at__gt=OuterRef("applied_at"))
    newest = until.filter(~Exists(until.filter(later, ledger=OuterRef("ledger"))))
    now = _current(day, None).filter(account=OuterRef("account"))
    then = _past(day, None).filter(item__account=OuterRef("account"))
    found = AgedBalance.objects.filter(~Exists(now), ~Exists(then), batch__in=newest)
    return found if accounts is None else found.filter(account__in=accounts)


def aged_of(company: Company, day: date) -> list[Aged]:
    """Return a company's balances at `day` where a ledger has no items of it, by ledger, side and currency; one query.

    They are in no sum over items: whoever adds them up says so.
    """
    rows = aged_at(day, company.accounts.all()).order_by("account__ledger", "currency", "account__code", "pk")
    found: dict[tuple[str, int, bool, str], Aged] = {}
    for one in rows.select_related("account", "batch"):
        ours, on = one.account.role == Role.SUPPLIER, one.batch.as_of or day
        key = (one.account.ledger, one.batch_id, ours, one.currency)
        empty = Aged(key[0], on, one.batch_id, ours, one.currency, [], dict.fromkeys(AgeingBucket, Decimal(0)))
        balance = found.setdefault(key, empty)
        balance.buckets[AgeingBucket(one.bucket)] += one.amount
        if one.account.code not in balance.accounts:
            balance.accounts.append(one.account.code)
    return list(found.values())


def _current(day: date, accounts: "QuerySet[Account] | None") -> "QuerySet[OpenItem]":
    """Return the items whose latest version held already."""
    found = OpenItem.objects.filter(_said_by("batch", day), Q(closed_on=None) | Q(closed_on__gt=day)).order_by()
    return found if accounts is None else found.filter(account__in=accounts)


def _past(day: date, accounts: "QuerySet[Account] | None") -> "QuerySet[PastItem]":
    """Return the versions that held and were replaced later."""
    still_open = Q(item__closed_on=None) | Q(item__closed_on__gt=day)
    held = PastItem.objects.filter(still_open, _said_by("batch", day), ~_said_by("replaced_by", day)).order_by()
    return held if accounts is None else held.filter(item__account__in=accounts)


def _said_by(batch: str, day: date) -> Q:
    """The file was known of at `day`; one without a closing date counts from its upload."""
    dated = Q(**{f"{batch}__as_of__lte": day})
    return dated | Q(**{f"{batch}__as_of__isnull": True, f"{batch}__created_at__date__lte": day})


def _columns(to_item: str) -> list[str]:
    """The columns of ItemAt in their order, of an item or of one of its past versions."""
    path = {"pk": "item_id" if to_item else "pk", "company_id": f"{to_item}account__company_id"}
    path |= {name: f"{to_item}{name}" for name in _OF_THE_ITEM}
    return [path.get(name, name) for name in ItemAt._fields]
