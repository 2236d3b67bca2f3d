"""One ERP file against what is known: parsed, compared with the database, every complaint collected; no write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from companies.choices import BatchState, FileKind, Role
from companies.imports.files import Table, read_table
from companies.imports.outcome import FileProblem, Parsed, RowError
from companies.imports.rows import OpenItemRow, PartnerRow, parse_open_items, parse_partners
from companies.models import Account, ImportBatch
from companies.services import open_items, partners
from companies.services.planning import Counts

AnyParsed = Parsed[PartnerRow] | Parsed[OpenItemRow]
Plan = partners.PartnersPlan | open_items.ItemsPlan


@dataclass(slots=True)
class Reading:
    """What one file says, with everything that is wrong with it."""

    table: Table | None = None
    parsed: AnyParsed | None = None
    counts: Counts = field(default_factory=Counts)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)


def read(batch: ImportBatch, content: bytes) -> Reading:
    """Everything that a file says and everything that is wrong with it, down to accounts that are not known."""
    twin = _applied_twin(batch)
    if twin is not None:
        return Reading(errors=[_again(twin)])
    try:
        table = table_of(batch, content)
        parsed = parse(batch, table)
    except FileProblem as problem:
        return Reading(errors=[RowError(0, "", "", problem.reason, problem.fix, problem.code)])
    reading = Reading(table, parsed, errors=list(parsed.errors), warnings=list(parsed.warnings))
    if not parsed.rows and not parsed.errors:
        reading.errors.append(_nothing())
    if parsed.rows:
        _compare(batch, parsed, reading)
    return reading


def _compare(batch: ImportBatch, parsed: AnyParsed, reading: Reading) -> None:
    outcome = plan(batch, parsed).outcome()
    reading.errors = sorted([*reading.errors, *outcome.errors], key=lambda error: error.line)
    if not reading.errors:  # what half a file would do is no use to anyone
        reading.counts = outcome.counts
        reading.warnings += [*outcome.warnings, *_older_than_last(batch, parsed.as_of)]


def table_of(batch: ImportBatch, content: bytes) -> Table:
    """The file as lines and columns. Raises FileProblem."""
    return read_table(content, batch.filename)


def parse(batch: ImportBatch, table: Table) -> AnyParsed:
    """Rows and problems, the same whenever it is asked: dates are judged as of the day of the upload."""
    today = timezone.localdate(batch.created_at)
    if batch.kind == FileKind.PARTNERS:
        return parse_partners(table, today)
    roles = {code: Role(role) for code, role in _accounts(batch.ledger)}
    return parse_open_items(table, today=today, as_of=batch.as_of, filename=batch.filename, roles=roles)


def plan(batch: ImportBatch, parsed: AnyParsed) -> Plan:
    """What applying these rows would do to the database as it is now."""
    rows: Sequence[Any] = parsed.rows
    if batch.kind == FileKind.PARTNERS:
        return partners.plan(rows, ledger=batch.ledger)
    return open_items.plan(rows, ledger=batch.ledger)


def _accounts(ledger: str) -> Iterator[tuple[str, str]]:
    return Account.objects.filter(ledger=ledger).order_by().values_list("code", "role").iterator()


def _applied_twin(batch: ImportBatch) -> ImportBatch | None:
    same = ImportBatch.objects.filter(kind=batch.kind, ledger=batch.ledger, sha256=batch.sha256)
    return same.filter(state__in=[BatchState.APPLIED, BatchState.APPLYING]).first()


def _again(twin: ImportBatch) -> RowError:
    when = date_format(timezone.localtime(twin.applied_at or twin.created_at), "j F Y H:i")
    return _whole_file(
        _("This very file was already imported on %(when)s.") % {"when": when},
        _("Nothing to do, unless you meant another file: export it again from the ERP."),
    )


def _nothing() -> RowError:
    return _whole_file(
        _("The file has a header but no row."), _("Export it again from the ERP, with the selection that you want.")
    )


def _older_than_last(batch: ImportBatch, as_of: date | None) -> Iterator[RowError]:
    if as_of is None:
        return
    applied = ImportBatch.objects.filter(kind=batch.kind, ledger=batch.ledger, state=BatchState.APPLIED)
    last = applied.filter(as_of__gt=as_of).order_by("-as_of").first()
    if last is not None and last.as_of is not None:
        said = {"date": date_format(as_of, "j F Y"), "last": date_format(last.as_of, "j F Y")}
        yield _whole_file(
            _("The closing date %(date)s is older than that of the last file applied, %(last)s.") % said,
            _("Apply it only to go back to the older state of the ledger."),
        )


def _whole_file(reason: str, fix: str) -> RowError:
    return RowError(line=0, column="", value="", reason=reason, fix=fix)
