"""A link between a company of ours and its Creditsafe profile: what it brings, made once, and remembered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.choices import ChangeCause, CompanyStatus, LinkState, OrderReason, Origin, Role
from companies.creditsafe.payloads import SearchHit
from companies.models import Account, Change, Company, Profile
from companies.services import completion, former, refresh
from companies.services.directory import theirs
from companies.services.provenance import fitted

FIELDS = {
    "name": gettext_lazy("Name"),
    "registration_number": gettext_lazy("Registration number"),
    "siret": gettext_lazy("SIRET"),
    "vat_number": gettext_lazy("VAT number"),
    "street": gettext_lazy("Street"),
    "postal_code": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "phone": gettext_lazy("Phone"),
    "activity_code": gettext_lazy("Activity code"),
}


class LinkRefused(Exception):
    """The link cannot be made; the text says why, for the user."""


@dataclass(frozen=True)
class FieldPair:
    """One field as we have it and as Creditsafe has it."""

    field: str
    label: str
    ours: str
    theirs: str

    @property
    def same(self) -> bool:
        return self.ours.casefold() == self.theirs.casefold()

    @property
    def fills(self) -> bool:
        """They know what we don't."""
        return bool(self.theirs) and not self.ours


def pairs(company: Company, hit: SearchHit) -> list[FieldPair]:
    """Field by field, ours and theirs, without those that neither knows."""
    values = theirs(hit)
    found = [FieldPair(name, str(label), getattr(company, name), values[name]) for name, label in FIELDS.items()]
    return [pair for pair in found if pair.ours or pair.theirs]


@transaction.atomic
def link(
    company: Company,
    *,
    hit: SearchHit,
    take: Iterable[str] = (),
    evidence: str = "",
    user_id: int | None = None,
    now: datetime,
) -> Profile:
    """Link, take the ticked fields, fill our empty ones, and order the report (which is billed).

    Raises LinkRefused when another company of ours has this profile, or its registration number.
    """
    other = Profile.objects.filter(connect_id=hit.connect_id).exclude(company=company).select_related("company").first()
    if other is not None:
        raise LinkRefused(_("%(company)s is linked to this profile already.") % {"company": other.company})
    values = theirs(hit)
    gaps = {name for name in FIELDS if not getattr(company, name)} - completion.emptied_by_users(company)
    taken = {name for name in FIELDS if values[name] and name in {*take, *gaps}}
    _refuse_duplicate(company, values["registration_number"] if "registration_number" in taken else "")
    before = {name: getattr(company, name) for name in taken}
    for name in taken:
        setattr(company, name, fitted(name, values[name]))
    company.link_state, company.link_note = LinkState.LINKED, ""
    company.status = company.status if hit.status == CompanyStatus.UNKNOWN else hit.status
    company._change_reason = "link"  # type: ignore[attr-defined]  # simple_history reads it
    company.save()
    completion.forget(company.pk, unless=hit.connect_id)
    completion.taken(company, before, source=Origin.CREDITSAFE, user_id=user_id, now=now)
    _end_other_link(company, hit.connect_id, user_id=user_id, now=now)
    profile, _created = Profile.objects.update_or_create(
        company=company,
        defaults={
            "connect_id": hit.connect_id,
            "safe_number": hit.safe_number[:20],
            "name": hit.name[:255],
            "evidence": evidence,
            "linked_by_id": user_id,
            "linked_at": now,
        },
    )
    refresh.order([company.pk], reason=OrderReason.LINKED, user_id=user_id, now=now)
    Change.objects.mark([company.pk], ChangeCause.LINK)
    return profile


def _end_other_link(company: Company, connect_id: str, *, user_id: int | None, now: datetime) -> None:
    """Make room for this profile: the one it had becomes a former one, its history stays there.

    Raises LinkRefused for a company that was merged away meanwhile, and when a rule wants a link that a person ended.
    """
    if not Company.objects.select_for_update().filter(pk=company.pk).exists():
        raise LinkRefused(_("%(company)s was merged into another company meanwhile.") % {"company": company})
    ended = former.ended_by_person(company.pk, connect_id) if user_id is None else None
    if ended is not None:
        raise LinkRefused(_("A person ended this link before: %(reason)s") % {"reason": ended.reason})
    other = Profile.objects.select_for_update().filter(company=company).exclude(connect_id=connect_id).first()
    if other is not None:
        former.retire(other, reason=_("Linked to another profile."), user_id=user_id, now=now)
        former.drop_orders([company.pk], user_id=user_id, now=now)
    company._state.fields_cache.pop("profile", None)


def _refuse_duplicate(company: Company, number: str) -> None:
    if not number:
        return
    twin = Company.objects.filter(country=company.country, registration_number=number).exclude(pk=company.pk).first()
    if twin is not None:
        raise LinkRefused(
            _("%(company)s has the registration number %(number)s already.") % {"company": twin, "number": number}
        )


@transaction.atomic
def create_from(
    hit: SearchHit, *, code: str, role: Role, ledger: str = "ERP", user_id: int | None = None, now: datetime
) -> Company:
    """A new company with its account, linked from the start. Raises LinkRefused when either exists already."""
    if Account.objects.filter(ledger=ledger, code=code).exists():
        raise LinkRefused(_("The account %(code)s exists already.") % {"code": code})
    company = Company.objects.create(name=hit.name[:255], country=hit.country)
    link(company, hit=hit, take=["name"], user_id=user_id, now=now)
    Account.objects.create(company=company, ledger=ledger, code=code, role=role, name=hit.name[:255])
    return company
