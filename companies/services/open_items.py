"""Open items of an ERP file, as a stock: the file is the truth at its date (domain 6.6)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from companies.imports.outcome import RowError
from companies.imports.rows import OpenItemRow
from companies.models import Account, ImportBatch, OpenItem
from companies.services.planning import Counts, Outcome, chunks

FIELDS = ("type", "due_date", "amount", "currency")
MUCH = Decimal("0.5")  # closing more than this share of the open items looks like half a file (domain 6.6)
FEW = 20  # below this many stored items a share says nothing

Key = tuple[int, str, date, int]


class Holder(NamedTuple):
    """An account and the company that holds it."""

    pk: int
    company_id: int


class Facts(NamedTuple):
    """A stored open item, as much of it as a file can change."""

    pk: int
    account_id: int
    document: str
    document_date: date
    installment: int
    type: str
    due_date: date | None
    amount: Decimal
    currency: str

    @property
    def key(self) -> Key:
        return (self.account_id, self.document, self.document_date, self.installment)


@dataclass(frozen=True, slots=True)
class ItemsPlan:
    """Rows beside the stored item they are (None: new), and the stored items that the file no longer has."""

    pairs: list[tuple[OpenItemRow, Facts | None]]
    gone: list[Facts]
    holders: dict[str, Holder]
    errors: tuple[RowError, ...]

    def outcome(self) -> Outcome:
        created = sum(stored is None for _row, stored in self.pairs)
        updated = sum(stored is not None and _differs(row, stored) for row, stored in self.pairs)
        counts = Counts(created, updated, len(self.pairs) - created - updated, len(self.gone))
        return Outcome(counts, self.errors, tuple(self._warnings()))

    def _warnings(self) -> Iterator[RowError]:
        before = len(self.gone) + sum(stored is not None for _row, stored in self.pairs)
        if before >= FEW and len(self.gone) > before * MUCH:
            yield RowError(
                line=0,
                column="",
                value=str(len(self.gone)),
                reason=_("This file closes %(gone)d of the %(before)d open items.")
                % {"gone": len(self.gone), "before": before},
                fix=_("Check that it holds every account, clients and suppliers, before applying it."),
            )


def plan(rows: Sequence[OpenItemRow], *, ledger: str) -> ItemsPlan:
    """Compare a file with the open items of its ledger, without writing; two queries whatever the number of rows."""
    holders = _holders(rows, ledger)
    stored = _stored(ledger)
    pairs, errors = [], []
    for row in rows:
        holder = holders.get(row.account)
        if holder is None:
            errors.append(_unknown(row))
            continue
        key = (holder.pk, row.document, row.document_date, row.installment)
        pairs.append((row, stored.pop(key, None)))
    return ItemsPlan(pairs, list(stored.values()), holders, tuple(errors))


def _holders(rows: Sequence[OpenItemRow], ledger: str) -> dict[str, Holder]:
    codes = {row.account for row in rows}
    found = Account.objects.filter(ledger=ledger).values_list("code", "pk", "company_id")
    return {code: Holder(pk, company) for code, pk, company in found.iterator() if code in codes}


def _stored(ledger: str) -> dict[Key, Facts]:
    found = OpenItem.objects.open().filter(account__ledger=ledger).order_by().values_list(*Facts._fields)
    return {facts.key: facts for facts in map(Facts._make, found.iterator())}


def _differs(row: OpenItemRow, stored: Facts) -> bool:
    return any(getattr(row, name) != getattr(stored, name) for name in FIELDS)


def _unknown(row: OpenItemRow) -> RowError:
    return RowError(
        line=row.line,
        column=_("account"),
        value=row.account,
        reason=_("Account %(code)s is not known.") % {"code": row.account},
        fix=_("Import the partners first, or correct the code."),
    )


def write(plan: ItemsPlan, *, batch: ImportBatch, as_of: date, step: Callable[[int], None]) -> set[int]:
    """Write what the plan decided, in the caller's transaction; returns the companies touched.

    Items absent from the file are closed at its date. Statements grow with the rows divided by 1 000.
    """
    accounts: set[int] = set()
    for chunk in chunks(plan.pairs):
        accounts |= _write_chunk(chunk, plan.holders, batch)
        step(len(chunk))
    for gone in chunks(plan.gone):
        OpenItem.objects.filter(pk__in=[facts.pk for facts in gone]).update(closed_on=as_of)
        accounts |= {facts.account_id for facts in gone}
    return _companies(accounts, batch.ledger)


def _write_chunk(
    chunk: list[tuple[OpenItemRow, Facts | None]], holders: dict[str, Holder], batch: ImportBatch
) -> set[int]:
    new = [_item(row, holders, batch) for row, stored in chunk if stored is None]
    changed = [_item(row, holders, batch, stored.pk) for row, stored in chunk if stored and _differs(row, stored)]
    OpenItem.objects.bulk_create(new)
    OpenItem.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=["batch", *FIELDS])
    return {item.account_id for item in new + changed}


def _item(row: OpenItemRow, holders: dict[str, Holder], batch: ImportBatch, pk: int | None = None) -> OpenItem:
    return OpenItem(
        pk=pk,
        account_id=holders[row.account].pk,
        batch=batch,
        document=row.document,
        document_date=row.document_date,
        installment=row.installment,
        **{name: getattr(row, name) for name in FIELDS},
    )


def _companies(accounts: set[int], ledger: str) -> set[int]:
    found = Account.objects.filter(ledger=ledger).values_list("pk", "company_id")
    return {company for pk, company in found.iterator() if pk in accounts}
