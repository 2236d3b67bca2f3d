"""One ERP file against what is known: parsed, compared with the database, every complaint collected; no write."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.utils import timezone

from companies.choices import BatchState, FileKind, ImportMode
from companies.imports.columns import is_fec
from companies.imports.encodings import Opener
from companies.imports.files import Table, read_table
from companies.imports.open_items import Known
from companies.imports.outcome import FileProblem, Parsed, RowError
from companies.imports.rows import (
    AgedRow,
    CommitmentRow,
    Holder,
    OpenItemRow,
    PartnerRow,
    SupplyRow,
    parse_aged_balance,
    parse_commitments,
    parse_open_items,
    parse_partners,
    parse_supplies,
)
from companies.models import Account, ImportBatch
from companies.services import aged, commitments, open_items, partners, sentinel, staged, supplies
from companies.services.pace import Pace
from companies.services.planning import Counts, Progress, quiet
from companies.services.profiles import source_of
from companies.services.sentinel import Check
from companies.services.staging import Staging
from companies.texts import text as _

AnyParsed = Parsed[PartnerRow] | Parsed[OpenItemRow] | Parsed[AgedRow] | Parsed[CommitmentRow] | Parsed[SupplyRow]
AnyRow = PartnerRow | OpenItemRow | AgedRow | CommitmentRow | SupplyRow
Plan = (
    partners.PartnersPlan | open_items.ItemsPlan | aged.AgedPlan | commitments.CommitmentsPlan | supplies.SuppliesPlan
)
MOST_LEFT_OUT = 0.01
"""Share of rows in error beyond which a complete file is refused, whatever its profile says (domain 6.6)."""
_OF_THE_FILE = frozenset({"control_total"})
_FEC = re.compile(r"(\d{9})FEC\d{8}", re.IGNORECASE)
"""The name that the law gives a FEC: the SIREN of its company and the closing date."""


@dataclass(slots=True)
class Reading:
    """What one file says, with everything that is wrong with it. `left_out` counts the rows in error that its profile
    lets go; without them a file with errors has no plan.
    """

    table: Table | None = None
    parsed: AnyParsed | None = None
    plan: Plan | None = None
    counts: Counts = field(default_factory=Counts)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    left_out: int = 0
    checks: list[Check] = field(default_factory=list)

    @property
    def is_doubted(self) -> bool:
        """Whether the sentinel stops the file until a person releases it."""
        return any(not check.is_ok for check in self.checks)

    @property
    def is_usable(self) -> bool:
        """Whether the file may be applied, wholly or without the rows in error."""
        return self.plan is not None and (not self.errors or self.left_out > 0)

    def head(self, count: int) -> list[AnyRow]:
        """Return the first rows as they were understood."""
        return list(islice(self.parsed.rows, count)) if self.parsed else []


def read(batch: ImportBatch, source: Opener, progress: Progress = quiet) -> Reading:
    """Everything that a file says and everything that is wrong with it, down to accounts that are not known.

    `progress` is told the bytes that are read.
    """
    twin = applied_twin(batch)
    if twin is not None:
        return Reading(errors=[_again(twin)])
    reading = compare(batch, source, progress)
    if reading.plan is not None and reading.is_usable:
        outcome = reading.plan.outcome()
        reading.counts = outcome.counts
        reading.warnings += outcome.warnings
        reading.checks = checks(batch, reading)
    else:
        reading.checks = sentinel.anothers(reading.plan, batch.ledger)
    return reading


def unreadable(reason: str) -> Reading:
    """Return what is said of a file that could not be read to its end, for no fault that is known."""
    fix = _("Upload it again; if that doesn't help, export fewer rows or columns, or ask whoever runs the portal.")
    return Reading(errors=[_whole_file(reason, fix, "unreadable")])


def prepared(batch: ImportBatch, source: Opener) -> Reading:
    """What `compare` gives, from the rows that the upload kept where it is the same."""
    parsed = _kept(batch)
    if parsed is None:
        return compare(batch, source)
    reading = Reading(None, parsed, plan(batch, parsed))
    unknown = reading.plan.errors if isinstance(reading.plan, open_items.ItemsPlan) else ()
    reading.errors = [*_older_than_last(batch, reading), *unknown]
    return reading


def _kept(batch: ImportBatch) -> AnyParsed | None:
    if batch.kind == FileKind.PARTNERS:
        partners_kept = staged.find(batch)
        return None if partners_kept is None else Parsed[PartnerRow](partners_kept)
    if batch.kind == FileKind.OPEN_ITEMS:
        items = staged.find_items(batch)
        return None if items is None else Parsed[OpenItemRow](items, as_of=batch.as_of)
    return None


def compare(batch: ImportBatch, source: Opener, progress: Progress = quiet) -> Reading:
    """Parse a file and plan its write; the plan is not gone through yet, so that a large file is read once."""
    pace = Pace(source, batch.size, progress)
    try:
        table = table_of(batch, pace.open)
        parsed = parse(batch, pace.over(table))
    except FileProblem as problem:
        return Reading(errors=[RowError(0, "", "", problem.reason, problem.fix, problem.code)])
    reading = Reading(table, parsed, errors=list(parsed.errors), warnings=list(parsed.warnings))
    if not len(parsed.rows) and not parsed.errors:
        reading.errors.append(_nothing())
    if len(parsed.rows):
        reading.plan = plan(batch, parsed)
        other = [*_older_than_last(batch, reading), *_of_another(batch, reading)]
        reading.errors = sorted([*reading.errors, *other, *reading.plan.errors], key=lambda error: error.line)
    reading.left_out = _left_out(batch, reading)
    return reading


def table_of(batch: ImportBatch, source: Opener) -> Table:
    """The file as lines and columns. Raises FileProblem."""
    return read_table(source, batch.filename, source=source_of(batch.profile))


def parse(batch: ImportBatch, table: Table) -> AnyParsed:
    """Rows and problems, the same whenever it is asked: dates are judged as of the day of the upload."""
    today, source = timezone.localdate(batch.created_at), source_of(batch.profile)
    if batch.kind == FileKind.PARTNERS:
        return parse_partners(table, today, source=source, rows=Staging())
    known: Known = {"as_of": batch.as_of, "filename": batch.filename}
    if batch.kind == FileKind.AGED_BALANCE:
        return parse_aged_balance(table, today=today, source=source, **known)
    if batch.kind == FileKind.COMMITMENTS:
        return parse_commitments(table, today=today, source=source, **known)
    if batch.kind == FileKind.SUPPLIES:
        return parse_supplies(table, today=today, source=source, **known)
    known["accounts"] = {code: Holder(role, terms) for code, role, terms in _accounts(batch.ledger)}
    return parse_open_items(table, today=today, source=source, **known)


def plan(batch: ImportBatch, parsed: AnyParsed) -> Plan:
    """What applying these rows would do to the database as it is now."""
    rows: Any = parsed.rows
    ledger, is_stock, left_out = batch.ledger, batch.mode == ImportMode.STOCK, parsed.left_out
    if batch.kind == FileKind.PARTNERS:
        return partners.plan(rows, ledger=ledger, is_stock=is_stock, left_out={names[0] for names in left_out})
    if batch.kind == FileKind.AGED_BALANCE:
        return aged.plan(rows, ledger=ledger)
    if batch.kind == FileKind.COMMITMENTS:
        return commitments.plan(rows, ledger=ledger, is_stock=is_stock, left_out=left_out)
    if batch.kind == FileKind.SUPPLIES:
        return supplies.plan(rows, ledger=ledger, is_stock=is_stock, left_out={names[0] for names in left_out})
    return open_items.plan(rows, ledger=ledger, is_stock=is_stock, left_out=left_out)


def as_of(batch: ImportBatch, reading: Reading) -> date:
    """The day of which a file tells: its closing date, else that of its upload."""
    read = reading.parsed.as_of if reading.parsed else None
    return read or batch.as_of or timezone.localdate(batch.created_at)


def checks(batch: ImportBatch, reading: Reading) -> list[Check]:
    """The sentinel's report on a file that is all of its ledger: what is absent would be closed; none on another."""
    if batch.kind == FileKind.PARTNERS or batch.mode != ImportMode.STOCK:
        return []
    return sentinel.checks(reading.plan, as_of=as_of(batch, reading), limits=sentinel.limits_of(batch.profile))


def lines_in_error(errors: Sequence[RowError]) -> list[int]:
    """Return the lines of the file that have an error, each once."""
    return sorted({error.line for error in errors if error.line})


def applied_twin(batch: ImportBatch) -> ImportBatch | None:
    """Return the latest file applied of this ledger and kind if it is this one, read and meant in the same way."""
    same = ImportBatch.objects.filter(kind=batch.kind, ledger=batch.ledger).exclude(pk=batch.pk)
    last = same.filter(state=BatchState.APPLIED).order_by("-applied_at", "-pk").first()
    mine = (batch.sha256, batch.mode, batch.profile_id)
    return last if last is not None and (last.sha256, last.mode, last.profile_id) == mine else None


def _left_out(batch: ImportBatch, reading: Reading) -> int:
    """Return how many rows in error are left out; 0 when the file must be refused instead."""
    allowed = batch.profile is not None and batch.profile.leave_out_errors
    if not allowed or not reading.errors or reading.table is None or reading.plan is None:
        return 0
    header = reading.table.header_line
    if any(error.line <= header or error.code in _OF_THE_FILE for error in reading.errors):
        return 0
    bad, good = len(lines_in_error(reading.errors)), len(reading.parsed.rows) if reading.parsed else 0
    too_many = batch.mode == ImportMode.STOCK and bad > MOST_LEFT_OUT * (bad + good)
    return 0 if too_many else bad


def _accounts(ledger: str) -> Iterator[tuple[str, str, str]]:
    return Account.objects.filter(ledger=ledger).order_by().values_list("code", "role", "terms").iterator()


def _again(twin: ImportBatch) -> RowError:
    when = timezone.localtime(twin.applied_at or twin.created_at)
    return _whole_file(
        _("This very file was already imported on %(when)s, and nothing since.") % {"when": when.date()},
        _("Nothing to do, unless you meant another file: export it again from the ERP."),
        "applied_already",
    )


def _nothing() -> RowError:
    return _whole_file(
        _("The file has a header but no row."),
        _("Export it again from the ERP, with the selection that you want."),
        "no_row",
    )


def _older_than_last(batch: ImportBatch, reading: Reading) -> Iterator[RowError]:
    """Refuse last month's file: the ledger would go back in time, and what was invoiced since would be closed."""
    day: date | None = reading.parsed.as_of if reading.parsed else None
    if day is None:
        return
    same = ImportBatch.objects.filter(kind=batch.kind, ledger=batch.ledger, mode=ImportMode.STOCK)
    last = same.filter(state=BatchState.APPLIED, as_of__gt=day).exclude(pk=batch.pk).order_by("-as_of").first()
    if last is not None and last.as_of is not None:
        yield _whole_file(
            _("The closing date %(date)s is older than that of the last file applied, %(last)s.")
            % {"date": day, "last": last.as_of},
            _("It is probably last month's file: export a newer one. To go back on purpose, undo the newer one."),
            "older_than_last",
        )


def _of_another(batch: ImportBatch, reading: Reading) -> Iterator[RowError]:
    """Refuse a FEC whose name has another SIREN than the one applied before it: it is another company's."""
    mine = _FEC.match(batch.filename)
    if mine is None or reading.table is None or not is_fec(reading.table.headers):
        return
    same = ImportBatch.objects.filter(kind=batch.kind, ledger=batch.ledger, state=BatchState.APPLIED)
    names = same.filter(filename__iregex=_FEC.pattern).order_by("-applied_at", "-pk").values_list("filename", flat=True)
    before = _FEC.match(names.first() or "")
    if before is not None and before[1] != mine[1]:
        reason = _("This FEC is that of SIREN %(siren)s; the one before in this ledger was that of %(before)s.")
        fix = _("Choose the FEC of the right company. If its number has really changed, undo the file before.")
        shown = {"siren": mine[1], "before": before[1]}
        yield RowError(0, "", mine[1], reason % shown, fix, "another_siren")


def _whole_file(reason: str, fix: str, code: str) -> RowError:
    return RowError(0, "", "", reason, fix, code)
