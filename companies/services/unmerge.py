"""Undoing a merge: exactly the state of before, unless something that came later stands in the way."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, Moved
from companies.models import Change, Company, Merge, MergeMoved, Profile
from companies.services.merge import FIELDS, MergeRefused, locked, remember
from companies.services.merging import by_row, column, model_of, value_of

SAMPLES = 3


def obstacle(merge: Merge) -> str:
    """Why a merge cannot be undone now, for people; empty when it can."""
    if merge.undone_at is not None:
        return _("This merge was undone already.")
    if merge.survivor.merged_into_id is not None:
        said = _("%(company)s was merged into another company later: undo that merge first.")
        return said % {"company": merge.survivor}
    profiles = merge.moved.filter(what=Moved.REMOVED, table="companies.profile", field="connect_id")
    for connect_id in profiles.values_list("old", flat=True):
        holder = Profile.objects.filter(connect_id=connect_id or "").select_related("company").first()
        if holder is not None:
            said = _("%(company)s is linked to the profile %(profile)s now: end that link first.")
            return said % {"company": holder.company, "profile": connect_id}
    return _number_taken(merge)


def _number_taken(merge: Merge) -> str:
    ours = [merge.survivor_id, merge.loser_id]
    for company in (merge.survivor, merge.loser):
        country, number = _number_before(merge, company)
        holders = Company.objects.filter(country=country, registration_number=number).exclude(pk__in=ours)
        holder = holders.first() if number else None
        if holder is not None:
            said = _("%(company)s has the registration number %(number)s now.")
            return said % {"company": holder, "number": number}
    return ""


def _number_before(merge: Merge, company: Company) -> tuple[str, str]:
    """Country and number that a company had before the merge, which may have changed either."""
    lines = merge.moved.filter(table="companies.company", key=str(company.pk), what=Moved.CHANGED)
    before = dict(lines.values_list("field", "old"))
    country = before.get("country", str(company.country))
    return country or "", before.get("registration_number", company.registration_number) or ""


@transaction.atomic
def unmerge(merge: int, *, user_id: int | None, now: datetime) -> Merge:
    """Bring both companies back to what they were. What came since stays with the one that stayed; `left` lists it.

    Raises MergeRefused with the reason when it is impossible; then nothing has changed.
    """
    found = Merge.objects.select_for_update().select_related("survivor", "loser").get(pk=merge)
    found.survivor, found.loser = locked(found.survivor_id, found.loser_id)
    if reason := obstacle(found):
        raise MergeRefused(reason)
    lines = list(found.moved.order_by("pk"))
    left = [*_put_back(lines), *_added_since(lines, found)]
    Merge.objects.filter(pk=found.pk).update(undone_at=now, undone_by=user_id, left="\n".join(left))
    found.refresh_from_db()
    pks = [found.survivor_id, found.loser_id]
    remember(found, pks, "unmerge")
    note = _("The merge with %(company)s was undone") % {"company": found.loser}
    Change.objects.mark(pks, ChangeCause.EDIT, note[:255])
    return found


def _put_back(lines: list[MergeMoved]) -> list[str]:
    """Write the old values in reverse order. Returns what was edited since and stays as it is."""
    left: list[str] = []
    try:
        with transaction.atomic():
            for (table, key), row in reversed(list(by_row(line for line in lines if line.what != Moved.MARK))):
                left += _row_back(table, key, row)
    except IntegrityError as error:
        raise MergeRefused(_("Something that was added later stands in the way: %(what)s") % {"what": error}) from error
    return left


def _row_back(table: str, key: str, lines: list[MergeMoved]) -> Iterable[str]:
    model = model_of(table)
    by_what: dict[str, list[MergeMoved]] = {}
    for line in lines:
        by_what.setdefault(line.what, []).append(line)
    if Moved.CREATED in by_what:
        model._base_manager.filter(pk=key).delete()
        return []
    if Moved.REMOVED in by_what:
        _bring_back(model, by_what[Moved.REMOVED])
        return []
    row = model._base_manager.select_for_update().filter(pk=key).first()
    return _values_back(row, lines) if row is not None else []


def _bring_back(model: type[Model], lines: list[MergeMoved]) -> None:
    values = {line.field: value_of(column(model, line.field), line.old) for line in lines}
    model(**values).save_base(raw=True, force_insert=True)


def _values_back(row: Model, lines: list[MergeMoved]) -> Iterator[str]:
    """Old values where the row still has what the merge wrote; a value that was edited since is left and told."""
    written: dict[str, Any] = {}
    for line in reversed(lines):
        field = column(type(row), line.field)
        has = written[line.field] if line.field in written else getattr(row, line.field)
        if line.field == "updated_at" or has == value_of(field, line.new):
            written[line.field] = value_of(field, line.old)
        else:
            yield _edited(row, line.field)
    type(row)._base_manager.filter(pk=row.pk).update(**written)


def _edited(row: Model, field: str) -> str:
    label = FIELDS.get(field) or column(type(row), field).verbose_name
    return _("%(row)s: %(field)s was changed since, and stays") % {"row": row, "field": label}


def _added_since(lines: list[MergeMoved], merge: Merge) -> Iterator[str]:
    """What the company that stayed got after the merge, table by table, with some of it."""
    for line in lines:
        if line.what != Moved.MARK or not (line.new or "").isdecimal():
            continue
        model = model_of(line.table)
        rows = model._base_manager.filter(**{line.field: merge.survivor_id}, pk__gt=int(line.new or 0)).order_by("pk")
        if count := rows.count():
            some = ", ".join(str(row) for row in rows[:SAMPLES])
            said = _("%(table)s added since: %(count)s (%(some)s)")
            yield said % {"table": model._meta.verbose_name_plural, "count": count, "some": some}
