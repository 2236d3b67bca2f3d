"""Values of fields written for thousands of companies at once: each step is one statement per act, or per field."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from companies.choices import ChangeCause, CompanyField, DifferenceState, Origin
from companies.models import Change, Company, FieldAct, FieldDifference, FieldSource
from companies.models.provenance import FieldDifferenceQuerySet
from companies.rules.completion import same
from companies.rules.matching import name_key
from companies.services.provenance import REPLACED, chunked

Side = Literal["ours", "theirs"]


def lock(rows: FieldDifferenceQuerySet) -> None:
    """Let nobody else write these companies until the end of the transaction."""
    companies = Company.objects.select_for_update().filter(pk__in=rows.order_by().values("company")).order_by("pk")
    for _pk in companies.values_list("pk", flat=True).iterator():
        pass


def twins(rows: FieldDifferenceQuerySet, side: Side) -> set[int]:
    """Rows whose registration number another company has, or an earlier row of these brings: a person must see them."""
    numbers = rows.filter(field=CompanyField.REGISTRATION_NUMBER).exclude(**{side: ""}).order_by("pk")
    wanted = list(numbers.values_list("pk", "company__country", side))
    taken: set[tuple[str, str]] = set()
    for start in range(0, len(wanted), 500):
        some = [number for _pk, _country, number in wanted[start : start + 500]]
        holders = Company.everyone.filter(registration_number__in=some)
        taken |= {(str(c), number) for c, number in holders.values_list("country", "registration_number")}
    found = set()
    for pk, country, number in wanted:
        key = (str(country), str(number))
        found |= {pk} if key in taken else set()
        taken.add(key)
    return found


def write(rows: FieldDifferenceQuerySet, side: Side, *, act: FieldAct) -> None:
    """Give the companies of these rows the value on this side, with a version in their history and a mark each."""
    for name in rows.order_by().values_list("field", flat=True).distinct():
        of_field = rows.filter(field=name)
        if name == CompanyField.NAME:
            _write_names(of_field, side, act.at)
        else:
            value = Subquery(of_field.filter(company=OuterRef("pk")).order_by().values(side)[:1])
            Company.objects.filter(pk__in=of_field.order_by().values("company")).update(
                **{name: value, "updated_at": act.at}
            )
    companies = rows.order_by().values_list("company", flat=True).distinct()
    _remember(companies, act)
    Change.objects.mark(companies.iterator(), ChangeCause.EDIT, str(act))


def _write_names(rows: FieldDifferenceQuerySet, side: Side, now: datetime) -> None:
    """Names are searched by a key that Python makes."""
    for names in _pieces(rows.order_by("pk").values_list("company", side)):
        companies = Company.objects.in_bulk(list(names))
        for pk, company in companies.items():
            company.name, company.name_key, company.updated_at = names[pk], name_key(names[pk]), now
        Company.objects.bulk_create(
            companies.values(),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["name", "name_key", "updated_at"],
        )


def _pieces(pairs: QuerySet[FieldDifference, tuple[int, str]]) -> Iterator[dict[int, str]]:
    every = list(pairs)
    return (dict(every[start : start + 500]) for start in range(0, len(every), 500))


def _remember(companies: QuerySet[FieldDifference, int], act: FieldAct) -> None:
    past, quote = Company.history.model, connection.ops.quote_name
    kept = ", ".join(quote(field.column) for field in past.tracked_fields)
    table, source = quote(past._meta.db_table), quote(Company._meta.db_table)
    inner, given = companies.query.sql_with_params()
    # the only parts that aren't parameters are names of our own tables and columns
    sql = (
        f"INSERT INTO {table} ({kept}, history_type, history_change_reason, history_user_id, history_date) "  # noqa: S608  # our own names
        f"SELECT {kept}, '~', %s, %s, %s FROM {source} WHERE id IN ({inner})"
    )
    _run(sql, [str(act), act.user_id, _moment(act.at), *given])


def credit(rows: FieldDifferenceQuerySet, act: FieldAct) -> None:
    """Remember that the values of these rows are now those of their sources."""
    _copy_sources(rows, ["source", "seen_on", "note"], act.user_id)


def credit_back(rows: FieldDifferenceQuerySet) -> None:
    """Remember again who gave the values that were there before."""
    from_files = rows.filter(ours_source=Origin.ERP, ours_since=None)
    FieldSource.objects.filter(
        pk__in=FieldSource.objects.filter(
            company__in=from_files.values("company"), field__in=from_files.order_by().values("field").distinct()
        )
        .annotate(
            restored=Subquery(
                from_files.filter(company=OuterRef("company"), field=OuterRef("field")).order_by().values("pk")[:1]
            )
        )
        .exclude(restored=None)
        .values("pk")
    ).delete()
    _copy_sources(rows.exclude(ours_since=None), ["ours_source", "ours_since", "ours_note", "ours_user"], None)


def _copy_sources(rows: FieldDifferenceQuerySet, columns: list[str], user_id: int | None) -> None:
    chosen = rows.order_by().values_list("company", "field", *columns)
    inner, given = chosen.query.sql_with_params()
    user = [] if "ours_user" in columns else [user_id]
    head = inner.replace(" FROM ", ", %s FROM ", 1) if user else inner
    # WHERE is always there: SQLite needs it before ON CONFLICT
    sql = (
        f"INSERT INTO {connection.ops.quote_name(FieldSource._meta.db_table)} "
        f"(company_id, field, source, since, note, user_id) {head} {REPLACED}"
    )
    _run(sql, [*user, *given])


def silence(rows: FieldDifferenceQuerySet, act: FieldAct) -> None:
    """The value that gave way will be repeated by its source, which is no news: a pair of its own, kept."""
    lost = rows.exclude(ours="").exclude(ours_source=Origin.USER).exclude(ours_source=F("source"))
    known = FieldDifference.objects.current().meeting(lost).values_list("company", "field", "source")
    current = set(known)
    fresh = (
        FieldDifference(
            company_id=row.company_id,
            field=row.field,
            source=row.ours_source,
            ours=row.theirs,
            theirs=row.ours,
            ours_source=row.source,
            ours_since=row.seen_on,
            ours_note=row.note,
            ours_user_id=act.user_id,
            note=row.ours_note,
            seen_on=row.ours_since or act.at,
            state=DifferenceState.KEPT,
            act=act,
        )
        for row in lost.order_by("pk").iterator()
        if (row.company_id, row.field, row.ours_source) not in current and not same(row.field, row.theirs, row.ours)
    )
    FieldDifference.objects.bulk_create(fresh, batch_size=500)


def compare_again(rows: FieldDifferenceQuerySet, side: Side) -> None:
    """What other sources say of these fields is compared with the value that they have now."""
    others = FieldDifference.objects.current().meeting(rows).exclude(pk__in=rows.values("pk"))
    now_held = {(row.company_id, row.field): row for row in rows.meeting(others).select_related("act")}
    gone, fresh = [], []
    for row in others:
        by = now_held[row.company_id, row.field]
        held = _held(by, side)
        gone.append(row.pk)
        if row.source != held["ours_source"] and not same(row.field, held["ours"], row.theirs):
            fresh.append(_again(row, held))
    for pks in chunked(gone):
        FieldDifference.objects.filter(pk__in=pks).update(state=DifferenceState.GONE)
    FieldDifference.objects.bulk_create(fresh, batch_size=500)


def _held(row: FieldDifference, side: Side) -> dict[str, Any]:
    """Our value after the act, and who gave it."""
    if side == "ours":
        kept = ("ours", "ours_source", "ours_since", "ours_note", "ours_user_id")
        return {name: getattr(row, name) for name in kept}
    user = row.act.user_id if row.act else None
    source = {"ours_source": row.source, "ours_since": row.seen_on, "ours_note": row.note}
    return {"ours": row.theirs, **source, "ours_user_id": user}


def _again(row: FieldDifference, held: dict[str, Any]) -> FieldDifference:
    kept = ("company_id", "field", "source", "theirs", "note", "seen_on", "state", "act_id")
    return FieldDifference(**{name: getattr(row, name) for name in kept}, **held)


def _run(sql: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _moment(at: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(at)
