"""Open items of an ERP file: everything that is open at its date, or changes only (domain 6.6)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from companies.choices import EffectKind
from companies.imports.outcome import RowError
from companies.imports.rows import OpenItemRow
from companies.models import Account, ImportBatch, OpenItem, PastItem
from companies.services import bulk, effects
from companies.services.planning import Counts, Outcome, chunks, much
from companies.texts import text as _

FIELDS = ("type", "due_date", "due_estimated", "amount", "currency", "disputed", "settles")
_COLUMNS = ("account_id", "batch_id", "document", "document_date", "installment", *FIELDS)
_PAST = ("item_id", "batch_id", "replaced_by_id", *FIELDS)

Key = tuple[int, str, date, int]


class Holder(NamedTuple):
    """An account and the company that holds it."""

    pk: int
    company_id: int


class Facts(NamedTuple):
    """A stored open item, as much of it as a file can change."""

    pk: int
    account_id: int
    batch_id: int
    document: str
    document_date: date
    installment: int
    type: str
    due_date: date | None
    due_estimated: bool
    amount: Decimal
    currency: str
    disputed: bool
    settles: str

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

    @property
    def accounts(self) -> set[int]:
        """The known accounts that the file names."""
        return {self.holders[row.account].pk for row, _stored in self.pairs}

    def rows(self) -> Iterator[OpenItemRow]:
        """The rows of the file in its order."""
        return (row for row, _stored in self.pairs)

    def outcome(self) -> Outcome:
        created = sum(stored is None for _row, stored in self.pairs)
        updated = sum(stored is not None and _differs(row, stored) for row, stored in self.pairs)
        counts = Counts(created, updated, len(self.pairs) - created - updated, len(self.gone))
        return Outcome(counts, self.errors, tuple(self._warnings()))

    def _warnings(self) -> Iterator[RowError]:
        before = len(self.gone) + sum(stored is not None for _row, stored in self.pairs)
        if much(len(self.gone), before):
            yield RowError(
                line=0,
                column="",
                value=str(len(self.gone)),
                reason=_("This file closes %(gone)d of the %(before)d open items.")
                % {"gone": len(self.gone), "before": before},
                fix=_("Check that it holds every account, clients and suppliers, before applying it."),
                code="closes_many",
            )


def plan(
    rows: Sequence[OpenItemRow],
    *,
    ledger: str,
    is_stock: bool = True,
    left_out: Collection[tuple[str, ...]] = (),
) -> ItemsPlan:
    """Compare a file with the open items of its ledger, without writing; two queries whatever the number of rows.

    `left_out` are account and document of rows in error, which a complete file still names: they stay open.
    """
    holders = _holders(rows, ledger, {names[0] for names in left_out})
    stored = _stored(ledger)
    pairs, errors = [], []
    for row in rows:
        holder = holders.get(row.account)
        if holder is None:
            errors.append(unknown_account(row.line, row.account))
            continue
        key = (holder.pk, row.document, row.document_date, row.installment)
        pairs.append((row, stored.pop(key, None)))
    named = {(holders[code].pk, document) for code, document in left_out if code in holders}
    gone = [facts for facts in stored.values() if (facts.account_id, facts.document) not in named]
    return ItemsPlan(pairs, gone if is_stock else [], holders, tuple(errors))


def _holders(rows: Sequence[OpenItemRow], ledger: str, others: set[str]) -> dict[str, Holder]:
    codes = {row.account for row in rows} | others
    found = Account.objects.filter(ledger=ledger).values_list("code", "pk", "company_id")
    return {code: Holder(pk, company) for code, pk, company in found.iterator() if code in codes}


def _stored(ledger: str) -> dict[Key, Facts]:
    found = OpenItem.objects.open().filter(account__ledger=ledger).order_by().values_list(*Facts._fields)
    return {facts.key: facts for facts in map(Facts._make, found.iterator())}


def _differs(row: OpenItemRow, stored: Facts) -> bool:
    return any(getattr(row, name) != getattr(stored, name) for name in FIELDS)


def unknown_account(line: int, code: str) -> RowError:
    """Return the error of a line whose account the partners files never named."""
    return RowError(
        line=line,
        column=_("account"),
        value=code,
        reason=_("Account %(code)s is not known.") % {"code": code},
        fix=_("Import the partners first, or correct the code."),
        code="unknown_account",
    )


def write(plan: ItemsPlan, *, batch: ImportBatch, now: datetime, as_of: date, step: Callable[[int], None]) -> Counts:
    """Write what the plan decided, in the caller's transaction, with effects and marks.

    Items absent from a complete file are closed at its date. Statements grow with the rows divided by 1 000.
    """
    accounts: set[int] = set()
    for chunk in chunks(plan.pairs):
        accounts |= _write_chunk(chunk, plan.holders, batch, now)
        step(len(chunk))
    for gone in chunks(plan.gone):
        bulk.update(OpenItem, ("closed_on",), [(as_of, facts.pk) for facts in gone])
        closed: list[effects.Changed] = [(facts.pk, {"closed_on": (None, as_of)}) for facts in gone]
        effects.changed(batch, EffectKind.ITEM, closed)
        accounts |= {facts.account_id for facts in gone}
    bulk.mark(sorted(_companies(accounts, batch.ledger)), batch.filename, now=now)
    return plan.outcome().counts


def _write_chunk(
    chunk: list[tuple[OpenItemRow, Facts | None]], holders: dict[str, Holder], batch: ImportBatch, now: datetime
) -> set[int]:
    new = [row for row, stored in chunk if stored is None]
    keys = bulk.new_keys(OpenItem, len(new))
    created = [(key, *_values(row, holders, batch)) for key, row in zip(keys, new, strict=True)]
    bulk.insert(OpenItem, ("id", *_COLUMNS), created, now=now)
    effects.created(batch, EffectKind.ITEM, keys)
    changed = [(row, stored) for row, stored in chunk if stored and _differs(row, stored)]
    past = [(facts.pk, facts.batch_id, batch.pk, *(getattr(facts, name) for name in FIELDS)) for _row, facts in changed]
    bulk.insert(PastItem, _PAST, past, now=now)
    written = [(batch.pk, *(_plain(getattr(row, name)) for name in FIELDS), stored.pk) for row, stored in changed]
    bulk.update(OpenItem, ("batch_id", *FIELDS), written)
    effects.changed(batch, EffectKind.ITEM, [(stored.pk, _moved(row, stored, batch)) for row, stored in changed])
    return {holders[row.account].pk for row in new} | {stored.account_id for _row, stored in changed}


def _values(row: OpenItemRow, holders: dict[str, Holder], batch: ImportBatch) -> tuple[Any, ...]:
    key = (row.document, row.document_date, row.installment)
    return (holders[row.account].pk, batch.pk, *key, *(_plain(getattr(row, name)) for name in FIELDS))


def _plain(value: Any) -> Any:
    return value.value if hasattr(value, "value") else value


def _moved(row: OpenItemRow, stored: Facts, batch: ImportBatch) -> effects.Values:
    """What of an item was written: always its file, and what differs."""
    pairs = {name: (getattr(stored, name), _plain(getattr(row, name))) for name in FIELDS}
    return {"batch_id": (stored.batch_id, batch.pk)} | {
        name: pair for name, pair in pairs.items() if pair[0] != pair[1]
    }


def _companies(accounts: set[int], ledger: str) -> set[int]:
    found = Account.objects.filter(ledger=ledger).values_list("pk", "company_id")
    return {company for pk, company in found.iterator() if pk in accounts}
