"""Open items of an ERP file: everything that is open at its date, or changes only (domain 6.6)."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from companies.choices import EffectKind
from companies.imports.outcome import RowError
from companies.imports.rows import ItemRows, OpenItemRow
from companies.models import ImportBatch, OpenItem, PastItem
from companies.services import bulk, effects
from companies.services.planning import Counts, Outcome, much
from companies.services.staged_items import Beside, Facts, Numbers
from companies.texts import text as _

FIELDS = ("type", "due_date", "due_estimated", "amount", "currency", "disputed", "settles")
_NEW = ("id", "batch_id", "account_id", "document", "document_date", "installment", "type", "due_date", "amount",
        "currency", "due_estimated", "disputed", "settles")  # fmt: skip
_PAST = ("item_id", "batch_id", "replaced_by_id", *FIELDS)


class Holder(NamedTuple):
    """An account and the company that holds it."""

    pk: int
    company_id: int


@dataclass(frozen=True, slots=True)
class ItemsPlan:
    """The rows of a file beside the stored items, and the errors of those whose account is not known."""

    beside: Beside
    errors: tuple[RowError, ...]

    @property
    def known(self) -> int:
        """How many of the known accounts the file names."""
        return self.beside.now().accounts

    def outcome(self) -> Outcome:
        found = self.beside.numbers()
        counts = Counts(found.new, found.changed, found.same, found.gone)
        return Outcome(counts, self.errors, tuple(_warnings(found)))


def plan(
    rows: ItemRows,
    *,
    ledger: str,
    is_stock: bool = True,
    left_out: Collection[tuple[str, ...]] = (),
) -> ItemsPlan:
    """Compare a file with the open items of its ledger, without writing; two queries whatever the number of rows.

    `left_out` are account and document of rows in error, which a complete file still names: they stay open.
    """
    beside = Beside(rows, ledger=ledger, is_stock=is_stock, left_out=left_out)
    return ItemsPlan(beside, tuple(unknown_account(line, code) for line, code in beside.unknown()))


def _warnings(found: Numbers) -> Iterator[RowError]:
    before = found.gone + found.changed + found.same
    if much(found.gone, before):
        yield RowError(
            line=0,
            column="",
            value=str(found.gone),
            reason=_("This file closes %(gone)d of the %(before)d open items.")
            % {"gone": found.gone, "before": before},
            fix=_("Check that it holds every account, clients and suppliers, before applying it."),
            code="closes_many",
        )


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
    beside, counts = plan.beside, plan.outcome().counts
    step(counts.unchanged)
    for new in beside.new():
        keys = bulk.new_keys(OpenItem, len(new))
        written = [(key, batch.pk, *row[:8], *_marks(*row[8:])) for key, row in zip(keys, new, strict=True)]
        bulk.insert(OpenItem, _NEW, written, now=now)
        effects.created(batch, EffectKind.ITEM, keys)
        step(len(new))
    for changed in beside.changed():
        _change(changed, batch, now)
        step(len(changed))
    for gone in beside.gone():
        bulk.update(OpenItem, ("closed_on",), [(as_of, pk) for pk in gone])
        effects.changed(batch, EffectKind.ITEM, [(pk, {"closed_on": (None, as_of)}) for pk in gone])
    bulk.mark(beside.companies(), batch.filename, now=now)
    return counts


def _marks(estimated: int, disputed: int, settles: str) -> tuple[bool, bool, str]:
    """The store has no truth values, and PostgreSQL takes nothing else."""
    return estimated == 1, disputed == 1, settles


def _change(changed: list[tuple[OpenItemRow, Facts]], batch: ImportBatch, now: datetime) -> None:
    past = [(facts.pk, facts.batch_id, batch.pk, *(getattr(facts, name) for name in FIELDS)) for _row, facts in changed]
    bulk.insert(PastItem, _PAST, past, now=now)
    written = [(batch.pk, *(_plain(getattr(row, name)) for name in FIELDS), stored.pk) for row, stored in changed]
    bulk.update(OpenItem, ("batch_id", *FIELDS), written)
    effects.changed(batch, EffectKind.ITEM, [(stored.pk, _moved(row, stored, batch)) for row, stored in changed])


def _plain(value: Any) -> Any:
    return value.value if hasattr(value, "value") else value


def _moved(row: OpenItemRow, stored: Facts, batch: ImportBatch) -> effects.Values:
    """What of an item was written: always its file, and what differs."""
    pairs = {name: (getattr(stored, name), _plain(getattr(row, name))) for name in FIELDS}
    return {"batch_id": (stored.batch_id, batch.pk)} | {
        name: pair for name, pair in pairs.items() if pair[0] != pair[1]
    }
