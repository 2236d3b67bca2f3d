"""Two companies become one: what follows, what stays, in one transaction, with everything that undoing needs."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.choices import ChangeCause, LinkState, Moved, OnMerge, OrderState, PairState
from companies.models import (
    Account,
    Change,
    Company,
    DuplicatePair,
    FieldSource,
    FormerProfile,
    Merge,
    Profile,
    Report,
    ReportOrder,
)
from companies.services.former import retire
from companies.services.merging import Recorder, Tie, ties

FIELDS = {
    "name": gettext_lazy("Name"),
    "country": gettext_lazy("Country"),
    "registration_number": gettext_lazy("Registration number"),
    "siret": gettext_lazy("SIRET"),
    "vat_number": gettext_lazy("VAT number"),
    "street": gettext_lazy("Street"),
    "postal_code": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "phone": gettext_lazy("Phone"),
    "website": gettext_lazy("Website"),
    "legal_form": gettext_lazy("Legal form"),
    "activity_code": gettext_lazy("Activity code"),
    "activity": gettext_lazy("Activity"),
}
IN_FLIGHT = [OrderState.ORDERING, OrderState.RECEIVED]
WAITING = [OrderState.HELD, OrderState.QUEUED]


class MergeRefused(Exception):
    """The merge, or its undoing, cannot be done; the text says why, for the user."""


@dataclass(frozen=True)
class Choice:
    """One field of both companies; `take_theirs` proposes the value of the one that goes."""

    name: str
    label: str
    kept: str
    given: str

    @property
    def same(self) -> bool:
        return self.kept == self.given

    @property
    def take_theirs(self) -> bool:
        return bool(self.given) and not self.kept


@dataclass(frozen=True)
class Group:
    """Rows of one table and what they would do."""

    label: str
    rows: int


@dataclass
class Preview:
    """What a merge would do. `seen` is the state of both that was looked at; `refused` says why it cannot be."""

    survivor: Company
    loser: Company
    fields: list[Choice]
    follows: list[Group] = field(default_factory=list)
    stays: list[Group] = field(default_factory=list)
    retires: str = ""
    refused: str = ""
    seen: str = ""


def survivor_of(a: Company, b: Company) -> Company:
    """Which of two companies stays unless a person says otherwise: the linked one, then the one better identified."""

    def worth(company: Company) -> tuple[bool, bool, int, int]:
        filled = sum(bool(getattr(company, name)) for name in FIELDS)
        return company.link_state == LinkState.LINKED, bool(company.registration_number), filled, -company.pk

    return max((a, b), key=worth)


def preview(survivor: Company, loser: Company) -> Preview:
    """Everything that merging would move, counted; as many queries as there are tables, whatever is in them."""
    found = Preview(survivor, loser, [_choice(name, survivor, loser) for name in FIELDS])
    found.fields = [choice for choice in found.fields if choice.kept or choice.given]
    unprofiled = not _has_history(loser.pk)
    for tie in ties():
        rows = tie.rows(loser.pk).count()
        if rows and tie.model._meta.label_lower not in NOT_TOLD:
            group = Group(str(tie.model._meta.verbose_name_plural), rows)
            (found.follows if _follows(tie, unprofiled) else found.stays).append(group)
    profile = Profile.objects.filter(company=loser).first()
    found.retires = profile.connect_id if profile else ""
    found.refused = refusal(survivor, loser)
    found.seen = seen(survivor, loser)
    return found


NOT_TOLD = {
    "companies.change", "companies.duplicatepair", "companies.merge", "companies.profile", "monitoring.standing",
    "companies.candidate", "companies.fieldsource", "monitoring.watch",
}  # fmt: skip


def _choice(name: str, survivor: Company, loser: Company) -> Choice:
    return Choice(name, str(FIELDS[name]), str(getattr(survivor, name)), str(getattr(loser, name)))


def seen(survivor: Company, loser: Company) -> str:
    """A mark of both companies as they are: it differs when somebody wrote to either since."""
    columns = [one.attname for one in Company._meta.concrete_fields if one.name != "updated_at"]
    values = [str(getattr(company, name)) for company in (survivor, loser) for name in columns]
    accounts = Account.objects.filter(company__in=[survivor.pk, loser.pk]).order_by("pk").values_list("pk", "company")
    profiles = (
        Profile.objects.filter(company__in=[survivor.pk, loser.pk]).order_by("pk").values_list("pk", "connect_id")
    )
    return hashlib.sha256(repr((values, list(accounts), list(profiles))).encode()).hexdigest()[:32]


def refusal(survivor: Company, loser: Company) -> str:
    """Why these two cannot be merged this way round now, for people; empty when they can."""
    if survivor.pk == loser.pk:
        return _("A company cannot be merged with itself.")
    gone = next((one for one in (survivor, loser) if one.merged_into_id), None)
    if gone is not None:
        return _("%(company)s was merged into another company already.") % {"company": gone}
    linked = [one for one in (survivor, loser) if Profile.objects.filter(company=one).exists()]
    if linked == [loser]:
        said = _("%(company)s has the Creditsafe profile and its reports: it is the one that stays.")
        return said % {"company": loser}
    if ReportOrder.objects.filter(company=loser, state__in=IN_FLIGHT).exists():
        return _("A report of %(company)s is being fetched: try again in a minute.") % {"company": loser}
    return ""


@transaction.atomic
def merge(
    survivor: int, loser: int, *, take: Collection[str] = (), looked_at: str = "", user_id: int | None, now: datetime
) -> Merge:
    """Take `loser` into `survivor`, with the fields named in `take` from the one that goes.

    Both rows are locked. Raises MergeRefused when it cannot be, or when either changed since it was looked at.
    """
    kept, given = locked(survivor, loser)
    if reason := refusal(kept, given):
        raise MergeRefused(reason)
    if looked_at and looked_at != seen(kept, given):
        raise MergeRefused(_("One of the two was changed meanwhile. Look at it again before you merge."))
    free = kept if "registration_number" in take else given
    made = Merge.objects.create(
        survivor=kept, loser=given, at=now, by_id=user_id,
        country=str(free.country), registration_number=free.registration_number,
    )  # fmt: skip
    recorder = Recorder(made)
    unprofiled = not _has_history(given.pk)
    _end_profile(kept, given, recorder, user_id=user_id, now=now)
    _columns(kept, given, take, recorder, now)
    for tie in ties():
        if _follows(tie, unprofiled):
            recorder.mark(tie, kept.pk)
            _move(tie, kept.pk, given.pk, recorder, now)
    _sources(kept, given, take, recorder)
    _decide_pairs(kept, given, recorder, user_id=user_id, now=now)
    recorder.save()
    remember(made, [kept.pk, given.pk], "merge")
    note = _("Merged with %(company)s") % {"company": given}
    Change.objects.mark([kept.pk, given.pk], ChangeCause.EDIT, note[:255])
    return made


def locked(survivor: int, loser: int) -> tuple[Company, Company]:
    """Both companies, their orders and profiles, locked in one order, so that two merges never wait for each other."""
    pks = sorted({survivor, loser})
    companies = {one.pk: one for one in Company.everyone.select_for_update().filter(pk__in=pks).order_by("pk")}
    if set(pks) - companies.keys():
        raise MergeRefused(_("One of the two companies is gone."))
    list(Profile.objects.select_for_update().filter(company__in=pks).order_by("pk").values_list("pk"))
    list(ReportOrder.objects.select_for_update().open().filter(company__in=pks).order_by("pk").values_list("pk"))
    return companies[survivor], companies[loser]


def _has_history(company: int) -> bool:
    """Whether the company has, or had, a profile of its own."""
    return any(
        rows.exists()
        for rows in (
            Profile.objects.filter(company=company),
            FormerProfile.objects.filter(holder=company),
            Report.objects.filter(company=company),
        )
    )


def _follows(tie: Tie, unprofiled: bool) -> bool:
    return tie.rule == OnMerge.FOLLOW or (tie.rule == OnMerge.UNPROFILED and unprofiled)


def _end_profile(kept: Company, given: Company, recorder: Recorder, *, user_id: int | None, now: datetime) -> None:
    """The profile of the company that goes becomes a former one of the company that stays."""
    for order in ReportOrder.objects.filter(company=given, state__in=WAITING):
        recorder.change(order, {"state": OrderState.DROPPED.value, "finished_at": now, "decided_by_id": user_id})
    profile = Profile.objects.filter(company=given).first()
    if profile is None:
        return
    recorder.remove(profile)
    reason = _("Merged into %(company)s") % {"company": kept}
    recorder.create(retire(profile, reason=reason, user_id=user_id, now=now, company_id=kept.pk))


def _columns(kept: Company, given: Company, take: Collection[str], recorder: Recorder, now: datetime) -> None:
    taken: dict[str, Any] = {name: getattr(given, name) for name in FIELDS if name in take}
    if "name" in taken:
        taken["name_key"] = given.name_key
    if kept.parent_id in {given.pk, None}:
        parent = given.parent_id if given.parent_id != kept.pk else None
        taken |= {"parent_id": parent} if parent != kept.parent_id else {}
    note = _("Merged into %(company)s") % {"company": kept}
    gone = {
        "registration_number": "", "merged_into_id": kept.pk, "link_state": LinkState.UNLINKED.value,
        "link_note": note[:255], "updated_at": now,
    }  # fmt: skip
    recorder.change(given, gone)  # first: its number is free for the other
    try:
        with transaction.atomic():
            recorder.change(kept, {**taken, "updated_at": now})
    except IntegrityError as error:
        raise MergeRefused(_("Another company has this country and registration number already.")) from error


def _move(tie: Tie, kept: int, given: int, recorder: Recorder, now: datetime) -> None:
    if not tie.is_unique:
        recorder.move_all(tie, given, kept)
        return
    for row in list(tie.rows(given).order_by("pk")):
        _move_one(tie, row, kept, recorder, now)


def _move_one(tie: Tie, row: Model, kept: int, recorder: Recorder, now: datetime) -> None:
    """A row whose place is taken yields as its model says, and stays where it is when the model says nothing."""
    attname, model = tie.field.attname, tie.model
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=row.pk).update(**{attname: kept})
    except IntegrityError:
        on_clash = getattr(model, "on_clash", None)
        if on_clash is None:
            return
        recorder.change(row, {**on_clash(now), attname: kept}, Moved.MOVED)
    else:
        recorder.change(row, {attname: kept}, Moved.MOVED)


def _sources(kept: Company, given: Company, take: Collection[str], recorder: Recorder) -> None:
    """A value that was taken keeps its source."""
    for source in FieldSource.objects.filter(company=kept, field__in=take):
        recorder.remove(source)
        source.delete()
    for source in FieldSource.objects.filter(company=given, field__in=take):
        recorder.change(source, {"company_id": kept.pk}, Moved.MOVED)


def _decide_pairs(kept: Company, given: Company, recorder: Recorder, *, user_id: int | None, now: datetime) -> None:
    between = Q(a=min(kept.pk, given.pk), b=max(kept.pk, given.pk))
    for pair in DuplicatePair.objects.filter(between):
        recorder.change(pair, {"state": PairState.MERGED.value, "decided_at": now, "decided_by_id": user_id})


def remember(made: Merge, companies: Collection[int], reason: str) -> None:
    """A line in the history of the companies, and of the accounts that changed hands."""
    rows = Company.everyone.filter(pk__in=companies)
    Company.history.bulk_history_create(
        list(rows), update=True, default_user=made.by, default_change_reason=reason, default_date=made.at
    )
    moved = made.moved.filter(table="companies.account").values_list("key", flat=True)
    accounts = list(Account.objects.filter(pk__in=[int(key) for key in set(moved)]))
    if accounts:
        Account.history.bulk_history_create(
            accounts, update=True, default_user=made.by, default_change_reason=reason, default_date=made.at
        )
