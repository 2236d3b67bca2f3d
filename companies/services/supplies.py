"""Supplier figures of a file or by hand: one row an account, with its history (domain 5.15)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from companies.choices import ChangeCause, EffectKind, Role
from companies.imports.outcome import RowError
from companies.imports.rows import SupplyRow
from companies.models import Account, Change, ImportBatch, Supply
from companies.services import bulk, effects
from companies.services.history import CHANGED, CREATED, remember
from companies.services.open_items import unknown_account
from companies.services.planning import Counts, Outcome, chunks
from companies.services.staged_items import Sums
from companies.texts import text as _

FIELDS = (
    "advances", "credit_notes", "tooling", "prepaid_orders", "purchases", "stock", "daily_use", "lead_time_days",
    "sole_source", "set_off", "currency",
)  # fmt: skip
AT_RISK = ("advances", "credit_notes", "tooling", "prepaid_orders")
"""Our money at a supplier, which the sentinel compares."""
_COLUMNS = ("id", "account_id", *FIELDS, "stated_on")


class Stored(NamedTuple):
    """The figures of an account as they are."""

    pk: int
    account_id: int
    account__company_id: int
    updated_at: datetime
    advances: Decimal | None
    credit_notes: Decimal | None
    tooling: Decimal | None
    prepaid_orders: Decimal | None
    purchases: Decimal | None
    stock: Decimal | None
    daily_use: Decimal | None
    lead_time_days: int | None
    sole_source: bool | None
    set_off: bool
    currency: str
    stated_on: date
    closed_on: date | None


Holder = tuple[int, int, str]
"""An account, its company and its role."""


@dataclass(frozen=True, slots=True)
class SuppliesPlan:
    """Rows beside what is stored of their account (None: nothing), and the accounts that the file no longer names."""

    pairs: list[tuple[SupplyRow, Stored | None]]
    gone: list[Stored]
    holders: dict[str, Holder]
    errors: tuple[RowError, ...]

    @property
    def accounts(self) -> set[int]:
        """The known accounts that the file names."""
        return {self.holders[row.account][0] for row, _stored in self.pairs}

    @property
    def known(self) -> int:
        """How many of the known accounts the file names."""
        return len(self.holders)

    @property
    def now(self) -> Sums:
        """Suppliers of the file and our money there; what the file does not say of one is as it was."""
        money = (_money(row, one) for row, one in self.pairs)
        return Sums(len(self.pairs), self.known, sum(money, Decimal(0)), None)

    @property
    def before(self) -> Sums:
        """Suppliers with figures in force, in the file or no longer in it, and our money there."""
        stored = [one for _row, one in self.pairs if one is not None and one.closed_on is None] + self.gone
        return Sums(len(stored), len(stored), sum((_money(one) for one in stored), Decimal(0)), None)

    def outcome(self) -> Outcome:
        created = sum(stored is None for _row, stored in self.pairs)
        updated = sum(stored is not None and bool(_changes(row, stored)) for row, stored in self.pairs)
        counts = Counts(created, updated, len(self.pairs) - created - updated, len(self.gone))
        return Outcome(counts, self.errors)

    def write(self, *, batch: ImportBatch, now: datetime, as_of: date, step: Callable[[int], None]) -> Counts:
        """Write what the file says, in the caller's transaction, with effects, history and marks."""
        for chunk in chunks(self.pairs):
            self._create([row for row, stored in chunk if stored is None], batch, now=now, as_of=as_of)
            changed = [(stored, _changes(row, stored)) for row, stored in chunk if stored is not None]
            _change([(one, new | {"stated_on": as_of}) for one, new in changed if new], batch, now=now)
            step(len(chunk))
        for gone in chunks(self.gone):
            _change([(stored, {"closed_on": as_of}) for stored in gone], batch, now=now)
        companies = {holder[1] for holder in self.holders.values()} | {one.account__company_id for one in self.gone}
        bulk.mark(sorted(companies), batch.filename, now=now)
        return self.outcome().counts

    def _create(self, rows: Sequence[SupplyRow], batch: ImportBatch, *, now: datetime, as_of: date) -> None:
        keys = bulk.new_keys(Supply, len(rows))
        written = [
            (key, self.holders[row.account][0], *(_said(row, name) for name in FIELDS), as_of)
            for key, row in zip(keys, rows, strict=True)
        ]
        bulk.insert(Supply, _COLUMNS, written, now=now)
        remember(Supply, keys, CREATED, batch=batch, at=now)
        effects.created(batch, EffectKind.SUPPLY, keys)


def edit(supply: Supply, *, today: date) -> None:
    """Store figures given by hand; the history keeps who, and the company is restated."""
    supply.stated_on, supply.closed_on = today, None
    with transaction.atomic():
        supply.save()
        Change.objects.mark([supply.account.company_id], ChangeCause.EDIT)


def plan(rows: Sequence[SupplyRow], *, ledger: str, is_stock: bool, left_out: Collection[str] = ()) -> SuppliesPlan:
    """Compare a file with the figures of its ledger, without writing; two queries. `left_out` are accounts in error."""
    found = Account.objects.filter(ledger=ledger).order_by().values_list("code", "pk", "company_id", "role")
    accounts: dict[str, Holder] = {code: (pk, company, role) for code, pk, company, role in found.iterator()}
    stored = _stored(ledger)
    pairs: list[tuple[SupplyRow, Stored | None]] = []
    errors: list[RowError] = []
    for row in rows:
        holder = accounts.get(row.account)
        if holder is None or holder[2] != Role.SUPPLIER:
            errors.append(unknown_account(row.line, row.account) if holder is None else _no_supplier(row))
            continue
        pairs.append((row, stored.pop(holder[0], None)))
    kept = {accounts[code][0] for code in left_out if code in accounts}
    gone = [one for one in stored.values() if one.closed_on is None and one.account_id not in kept]
    named = {row.account: accounts[row.account] for row, _stored in pairs}
    return SuppliesPlan(pairs, gone if is_stock else [], named, tuple(errors))


def _stored(ledger: str) -> dict[int, Stored]:
    found = Supply.objects.filter(account__ledger=ledger).order_by().values_list(*Stored._fields)
    return {row.account_id: row for row in map(Stored._make, found.iterator())}


def _money(said: SupplyRow | Stored, before: Stored | None = None) -> Decimal:
    """Add up what the sentinel compares; what is not said of it is what it was before."""
    amounts = ((getattr(said, name), getattr(before, name, None)) for name in AT_RISK)
    return sum((new if new is not None else old or Decimal(0) for new, old in amounts), Decimal(0))


def _said(row: SupplyRow, name: str) -> Any:
    return bool(row.set_off) if name == "set_off" else getattr(row, name)


def _changes(row: SupplyRow, stored: Stored) -> dict[str, Any]:
    """What the file changes: a column that it does not have, or an empty cell, says nothing."""
    said = {name: getattr(row, name) for name in FIELDS}
    changes = {name: new for name, new in said.items() if new is not None and new != getattr(stored, name)}
    return changes | ({} if stored.closed_on is None else {"closed_on": None})


def _change(changes: Sequence[tuple[Stored, dict[str, Any]]], batch: ImportBatch, *, now: datetime) -> None:
    """Set columns, one statement for each set of columns."""
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for stored, new in changes:
        by_columns.setdefault(tuple(new), []).append((*new.values(), bulk.moment(now), stored.pk))
    for columns, rows in by_columns.items():
        bulk.update(Supply, (*columns, "updated_at"), rows)
    remember(Supply, [stored.pk for stored, _new in changes], CHANGED, batch=batch, at=now)
    told: list[effects.Changed] = [
        (one.pk, {name: (getattr(one, name), value) for name, value in {**new, "updated_at": now}.items()})
        for one, new in changes
    ]
    effects.changed(batch, EffectKind.SUPPLY, told)


def _no_supplier(row: SupplyRow) -> RowError:
    reason = _("%(code)s is not the account of a supplier.") % {"code": row.account}
    fix = _("Correct the code, or the role of the account in the partners file.")
    return RowError(row.line, _("account"), row.account, reason, fix, "no_supplier")
