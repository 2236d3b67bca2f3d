"""Orders and deliveries of a file: a row that changed is closed and written anew, so that every day stays known."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from companies.choices import EffectKind, Role
from companies.imports.outcome import RowError
from companies.imports.rows import CommitmentRow
from companies.models import Account, Commitment, ImportBatch
from companies.services import bulk, effects
from companies.services.open_items import unknown_account
from companies.services.planning import Counts, Outcome, chunks, much
from companies.services.staged_items import Sums
from companies.texts import text as _

FIELDS = ("document_date", "deliver_on", "amount", "currency")
_COLUMNS = ("account_id", "batch_id", "kind", "document", "position", *FIELDS, "valid_from")


class Stored(NamedTuple):
    """An order or a delivery as the last file told it."""

    pk: int
    account_id: int
    kind: str
    document: str
    position: int
    document_date: date | None
    deliver_on: date | None
    amount: Decimal
    currency: str


class Held(NamedTuple):
    """An account, its company and its role."""

    pk: int
    company_id: int
    role: str


@dataclass(frozen=True, slots=True)
class CommitmentsPlan:
    """Rows beside what is stored of them (None: new), and what the file no longer has."""

    pairs: list[tuple[CommitmentRow, Stored | None]]
    gone: list[Stored]
    holders: dict[str, Held]
    errors: tuple[RowError, ...]

    @property
    def accounts(self) -> set[int]:
        """The known accounts that the file names."""
        return {self.holders[row.account].pk for row, _stored in self.pairs}

    @property
    def known(self) -> int:
        """How many of the known accounts the file names."""
        return len(self.accounts)

    @property
    def now(self) -> Sums:
        """What the file holds, of known accounts."""
        return Sums(len(self.pairs), self.known, sum((row.amount for row, _stored in self.pairs), Decimal(0)), None)

    @property
    def before(self) -> Sums:
        """What is stored and in the file, or no longer in it."""
        stored = [*self.gone, *(one for _row, one in self.pairs if one is not None)]
        owed = sum((one.amount for one in stored), Decimal(0))
        return Sums(len(stored), len({one.account_id for one in stored}), owed, None)

    def outcome(self) -> Outcome:
        created = sum(stored is None for _row, stored in self.pairs)
        updated = sum(stored is not None and differs(row, stored) for row, stored in self.pairs)
        counts = Counts(created, updated, len(self.pairs) - created - updated, len(self.gone))
        return Outcome(counts, self.errors, tuple(self._warnings()))

    def write(self, *, batch: ImportBatch, now: datetime, as_of: date, step: Callable[[int], None]) -> Counts:
        """Close what the file replaces or no longer has and add what it says, in the caller's transaction."""
        replaced = [stored for row, stored in self.pairs if stored is not None and differs(row, stored)]
        for closed in chunks([*self.gone, *replaced]):
            bulk.update(Commitment, ("closed_on",), [(as_of, stored.pk) for stored in closed])
            told: list[effects.Changed] = [(stored.pk, {"closed_on": (None, as_of)}) for stored in closed]
            effects.changed(batch, EffectKind.PROMISE, told)
        touched = {stored.account_id for stored in (*self.gone, *replaced)}
        for chunk in chunks(self.pairs):
            new = [row for row, stored in chunk if stored is None or differs(row, stored)]
            keys = bulk.new_keys(Commitment, len(new))
            rows = [(key, *self._values(row, batch, as_of)) for key, row in zip(keys, new, strict=True)]
            bulk.insert(Commitment, ("id", *_COLUMNS), rows, now=now)
            effects.created(batch, EffectKind.PROMISE, keys)
            touched |= {self.holders[row.account].pk for row in new}
            step(len(chunk))
        accounts = Account.objects.filter(pk__among=sorted(touched)).order_by()
        bulk.mark(sorted(set(accounts.values_list("company_id", flat=True))), batch.filename, now=now)
        return self.outcome().counts

    def _values(self, row: CommitmentRow, batch: ImportBatch, as_of: date) -> tuple[Any, ...]:
        key = (self.holders[row.account].pk, batch.pk, row.kind.value, row.document, row.position)
        return (*key, *(getattr(row, name) for name in FIELDS), as_of)

    def _warnings(self) -> Iterator[RowError]:
        before = len(self.gone) + sum(stored is not None for _row, stored in self.pairs)
        if much(len(self.gone), before):
            reason = _("This file closes %(gone)d of the %(before)d orders and deliveries.")
            shown = {"gone": len(self.gone), "before": before}
            fix = _("Check that it holds all of them before applying it.")
            yield RowError(0, "", str(len(self.gone)), reason % shown, fix, "closes_many")


def plan(
    rows: Sequence[CommitmentRow], *, ledger: str, is_stock: bool, left_out: Collection[tuple[str, ...]] = ()
) -> CommitmentsPlan:
    """Compare a file with the orders and deliveries of its ledger, without writing; two queries.

    `left_out` are account and document of rows in error, which a complete file still names: they stay open.
    """
    holders, stored = _holders(ledger), _stored(ledger)
    pairs: list[tuple[CommitmentRow, Stored | None]] = []
    errors: list[RowError] = []
    for row in rows:
        holder = holders.get(row.account)
        if holder is None or holder.role == Role.SUPPLIER:
            errors.append(unknown_account(row.line, row.account) if holder is None else _of_supplier(row))
            continue
        pairs.append((row, stored.pop((holder.pk, row.kind.value, row.document, row.position), None)))
    kept = {(holders[code].pk, document) for code, document in left_out if code in holders}
    gone = [one for one in stored.values() if (one.account_id, one.document) not in kept]
    named = {row.account: holders[row.account] for row, _stored in pairs}
    return CommitmentsPlan(pairs, gone if is_stock else [], named, tuple(errors))


def differs(row: CommitmentRow, stored: Stored) -> bool:
    """Whether the file says something else of it."""
    return any(getattr(row, name) != getattr(stored, name) for name in FIELDS)


def _holders(ledger: str) -> dict[str, Held]:
    found = Account.objects.filter(ledger=ledger).order_by().values_list("code", "pk", "company_id", "role")
    return {code: Held(pk, company, role) for code, pk, company, role in found.iterator()}


def _stored(ledger: str) -> dict[tuple[int, str, str, int], Stored]:
    found = Commitment.objects.open().filter(account__ledger=ledger).order_by().values_list(*Stored._fields)
    rows = map(Stored._make, found.iterator())
    return {(row.account_id, row.kind, row.document, row.position): row for row in rows}


def _of_supplier(row: CommitmentRow) -> RowError:
    reason = _("%(code)s is the account of a supplier: this file takes the orders of clients and prospects.")
    fix = _("Remove the line; what is paid in advance to a supplier belongs to the supplier figures.")
    return RowError(row.line, _("account"), row.account, reason % {"code": row.account}, fix, "supplier_account")
