"""What people do about values of fields: take, keep, choose for good, type, put back. Each act can be undone."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from companies.choices import CompanyField, DifferenceState, FieldActKind, FieldChoice, Origin
from companies.models import Company, FieldAct, FieldDifference, FieldRule
from companies.models.provenance import FieldDifferenceQuerySet
from companies.services import field_writes as writes
from companies.services.provenance import FROM_ERP, chunked, sources

TAKING = {FieldActKind.TAKE, FieldActKind.ALWAYS_TAKE}
PINNING = {FieldActKind.ALWAYS_TAKE: FieldChoice.TAKE, FieldActKind.ALWAYS_KEEP: FieldChoice.KEEP}
PIECE = 5000  # differences settled in one transaction
FIRST = [Origin.CREDITSAFE, Origin.ERP]  # where both differ from ours and both are asked for, Creditsafe is taken


class Refused(Exception):
    """Nothing was changed; the text says why, for the user."""


class Changed(Refused):
    """Someone else changed the field since it was shown. `held` is its value now."""

    def __init__(self, said: str, held: str) -> None:
        super().__init__(said)
        self.held = held


@dataclass(frozen=True, slots=True)
class Done:
    """An act, how many fields it touched, and how many it left: settled or changed by someone else, or a duplicate."""

    act: FieldAct
    count: int
    left: int


def settle(
    asked: FieldDifferenceQuerySet,
    kind: FieldActKind,
    *,
    user_id: int | None,
    now: datetime,
    total: int | None = None,
    about: str = "",
) -> Done:
    """Take or keep these differences, once or for good. A row is the pair of values that the user saw: what changed
    since is another row, and is left. `total` is how many were asked for, where rows may be gone already.

    Written in pieces, each a transaction, so that a hundred thousand hold nobody up; one act undoes them all.
    """
    keys = list(asked.order_by("pk").values_list("pk", flat=True))
    act = FieldAct.objects.create(kind=kind, user_id=user_id, at=now, about=about[:255])
    for some in chunked(keys, PIECE):
        with transaction.atomic():
            _settle(asked.filter(pk__range=(some[0], some[-1])), (some[0], some[-1]), act)
            act.save(update_fields=["count"])
    return Done(act, act.count, max((len(keys) if total is None else total) - act.count, 0))


def _settle(asked: FieldDifferenceQuerySet, piece: tuple[int, int], act: FieldAct) -> None:
    """Settle what is asked for of one piece, the first and last of its keys: the act's own new rows come after it."""
    asked = FieldDifference.objects.current().filter(pk__in=asked.order_by().values("pk"))
    writes.lock(asked)
    taking = act.kind in TAKING
    settled = FieldDifference.objects.filter(
        act=act, pk__range=piece, state=DifferenceState.TAKEN if taking else DifferenceState.KEPT
    )  # fmt: skip
    if taking:
        for source in FIRST:
            _take(asked.filter(source=source), settled.filter(source=source), act)
    else:
        asked.filter(pk__in=asked.holding("ours").values("pk")).update(state=DifferenceState.KEPT, act=act)
    if act.kind in PINNING:
        _pin(settled, PINNING[FieldActKind(act.kind)], act)
    act.count += settled.count()


def _take(asked: FieldDifferenceQuerySet, taken: FieldDifferenceQuerySet, act: FieldAct) -> None:
    held = asked.holding("ours")
    free = held.exclude(pk__in=writes.twins(held, "theirs")).order_by().values("pk")
    if FieldDifference.objects.filter(pk__in=free).update(state=DifferenceState.TAKEN, act=act):
        writes.write(taken, "theirs", act=act)
        writes.credit(taken, act)
        writes.compare_again(taken, "theirs")
        writes.silence(taken, act)


def _pin(rows: FieldDifferenceQuerySet, choice: FieldChoice, act: FieldAct) -> None:
    key = {name: OuterRef(name) for name in ("company", "field", "source")}
    FieldRule.objects.in_force().filter(Exists(rows.filter(**key))).update(ended=act)
    made = rows.order_by("pk").values_list("company", "field", "source").iterator()
    FieldRule.objects.bulk_create(
        (FieldRule(company_id=pk, field=name, source=by, choice=choice, made=act) for pk, name, by in made),
        batch_size=500,
    )


@transaction.atomic
def edit(
    company_id: int,
    field: str,
    *,
    value: str,
    was: str,
    user_id: int | None,
    now: datetime,
    kind: FieldActKind = FieldActKind.EDIT,
    source: Origin = Origin.USER,
) -> Done:
    """Give a field the value that a user typed, if it still is what the form showed (`was`).

    With another source the user takes its value: what the latest report says in other letters, for example.

    Raises Changed when it is not, Refused when the value cannot be stored or is another company's number.
    """
    company = Company.objects.select_for_update().get(pk=company_id)
    held = getattr(company, field)
    if held != was:
        said = _("Meanwhile this field was changed to “%(value)s”. Nothing was overwritten: look again.")
        raise Changed(said % {"value": held or "—"}, held)
    _refuse(company, field, value)
    by = sources([company_id]).get((company_id, field), FROM_ERP)
    act = FieldAct.objects.create(kind=kind, user_id=user_id, at=now, about=company.name[:255], count=1)
    row = FieldDifference.objects.create(
        company=company, field=field, source=source, ours=held, theirs=value, seen_on=now,
        ours_source=by.source, ours_since=by.since, ours_note=by.note, ours_user_id=by.user_id,
        state=DifferenceState.TAKEN, act=act,
    )  # fmt: skip
    rows = FieldDifference.objects.filter(pk=row.pk)
    writes.write(rows, "theirs", act=act)
    writes.credit(rows, act)
    writes.compare_again(rows, "theirs")
    writes.silence(rows, act)
    return Done(act, 1, 0)


def _refuse(company: Company, field: str, value: str) -> None:
    if value == getattr(company, field):
        raise Refused(_("This is what the field has already."))
    if not value and field == CompanyField.NAME:
        raise Refused(_("A company needs a name."))
    try:
        Company._meta.get_field(field).clean(value, company)  # type: ignore[union-attr]  # a column of ours
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    if field == CompanyField.REGISTRATION_NUMBER and value:
        twin = (
            Company.everyone.filter(country=company.country, registration_number=value).exclude(pk=company.pk).first()
        )
        if twin is not None:
            said = _("%(company)s has the registration number %(number)s already.")
            raise Refused(said % {"company": twin, "number": value})


@transaction.atomic
def choose(
    company_id: int | None,
    field: str,
    source: Origin,
    *,
    choice: FieldChoice | None,
    user_id: int | None,
    now: datetime,
) -> Done:
    """Set what is always done with a source's values of a field, from now on; None ends the rule. No company: all."""
    kinds = {FieldChoice.TAKE: FieldActKind.ALWAYS_TAKE, FieldChoice.KEEP: FieldActKind.ALWAYS_KEEP}
    kind = kinds[choice] if choice else FieldActKind.FREE
    about = CompanyField(field).label if company_id is None else Company.objects.get(pk=company_id).name
    act = FieldAct.objects.create(kind=kind, user_id=user_id, at=now, about=str(about)[:255])
    act.count = FieldRule.objects.in_force().filter(company=company_id, field=field, source=source).update(ended=act)
    if choice:
        FieldRule.objects.create(company_id=company_id, field=field, source=source, choice=choice, made=act)
        act.count = 1
    act.save(update_fields=["count"])
    return Done(act, act.count, 0)


@transaction.atomic
def undo(act: FieldAct, *, user_id: int | None, now: datetime) -> Done:
    """Take an act back, where nobody changed the value since. Raises Refused when it was taken back already."""
    if act.kind == FieldActKind.UNDO:
        raise Refused(_("What was undone is done again by doing it."))
    try:
        with transaction.atomic():
            back = FieldAct.objects.create(kind=FieldActKind.UNDO, user_id=user_id, at=now, about=act.about, undoes=act)
    except IntegrityError as error:
        raise Refused(_("This was undone already.")) from error
    writes.lock(act.differences.all())
    count = _undo_taken(act, back) + _undo_kept(act, back)
    rules = _undo_rules(act, back)
    back.count = count or rules
    back.save(update_fields=["count"])
    return Done(back, back.count, max(act.count - back.count, 0))


def _undo_taken(act: FieldAct, back: FieldAct) -> int:
    taken = FieldDifference.objects.filter(act=act, state=DifferenceState.TAKEN).holding("theirs")
    free = taken.exclude(pk__in=writes.twins(taken, "ours"))
    chosen = FieldDifference.objects.filter(pk__in=free.order_by().values("pk"))
    count = chosen.update(undo=back, state=DifferenceState.GONE)
    if not count:
        return 0
    rows = FieldDifference.objects.filter(undo=back)
    FieldDifference.objects.filter(act=act, state=DifferenceState.KEPT).meeting(rows).update(state=DifferenceState.GONE)
    writes.write(rows, "ours", act=back)
    writes.credit_back(rows)
    writes.compare_again(rows, "ours")
    _reopen(rows.exclude(source=Origin.USER))
    return count


def _undo_kept(act: FieldAct, back: FieldAct) -> int:
    if act.kind not in {FieldActKind.KEEP, FieldActKind.ALWAYS_KEEP}:
        return 0
    kept = FieldDifference.objects.filter(act=act, state=DifferenceState.KEPT)
    return kept.update(state=DifferenceState.OPEN, undo=back)


def _reopen(rows: FieldDifferenceQuerySet) -> None:
    same_key = {name: OuterRef(name) for name in ("company", "field", "source")}
    known = FieldDifference.objects.current().filter(**same_key)
    free = rows.exclude(Exists(known)).order_by().values("pk")
    FieldDifference.objects.filter(pk__in=free).update(state=DifferenceState.OPEN)


def _undo_rules(act: FieldAct, back: FieldAct) -> int:
    made = FieldRule.objects.in_force().filter(made=act).update(ended=back)
    newer = FieldRule.objects.in_force().filter(field=OuterRef("field"), source=OuterRef("source"))
    free = FieldRule.objects.filter(ended=act)
    ours = free.exclude(company=None).exclude(Exists(newer.filter(company=OuterRef("company"))))
    of_all = free.filter(company=None).exclude(Exists(newer.filter(company=None)))
    again = [*ours.values_list("pk", flat=True), *of_all.values_list("pk", flat=True)]
    return made + FieldRule.objects.filter(pk__in=again).update(ended=None)
