"""Ending a link: the profile becomes a former one, with its reports and points; the company is free for another."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, LinkState, OrderState
from companies.models import Change, Company, FormerProfile, Profile, ReportOrder
from companies.services import completion

AFTER = (LinkState.UNLINKED, LinkState.QUEUED, LinkState.REVIEW)
"""What a company can become when its link ends."""
COPIED = [
    field.attname
    for field in FormerProfile._meta.concrete_fields
    if field.name in {one.name for one in Profile._meta.concrete_fields} - {"id", "company"}
]


class NotLinked(Exception):
    """There is no link to end; the text says so, for the user."""


@transaction.atomic
def unlink(
    company: int, *, state: LinkState = LinkState.UNLINKED, reason: str, user_id: int | None, now: datetime
) -> FormerProfile:
    """End the link of a company and leave it in this state. Its reports and rating points stay with the profile.

    Orders that nobody has begun are dropped; one that is on its way comes in and stays with the old profile. Raises
    NotLinked when somebody ended the link before.
    """
    found = Company.objects.select_for_update().filter(pk=company).first()
    profile = Profile.objects.select_for_update().filter(company=company).first()
    if found is None or profile is None:
        raise NotLinked(_("This company has no Creditsafe profile."))
    former = retire(profile, reason=reason, user_id=user_id, now=now)
    drop_orders([company], user_id=user_id, now=now)
    completion.forget(company)
    found.link_state, found.link_note = state, reason[:255]
    found._change_reason = "unlink"  # type: ignore[attr-defined]  # simple_history reads it
    found.save(update_fields=["link_state", "link_note", "updated_at", "name_key"])
    Change.objects.mark([company], ChangeCause.LINK, reason[:255])
    return former


def retire(
    profile: Profile, *, reason: str, user_id: int | None, now: datetime, company_id: int | None = None
) -> FormerProfile:
    """Keep a profile as a former one, and remove it. It is shown at `company_id`, else at its own company."""
    former = FormerProfile.objects.create(
        **{name: getattr(profile, name) for name in COPIED},
        company_id=company_id or profile.company_id,
        holder_id=profile.company_id,
        ended_at=max(now, profile.linked_at),
        ended_by_id=user_id,
        reason=reason[:255],
    )
    profile.delete()
    return former


def drop_orders(companies: Iterable[int], *, user_id: int | None, now: datetime) -> int:
    """End the orders of these companies that nobody has begun: they were meant for the old profile."""
    waiting = ReportOrder.objects.filter(company__in=companies, state__in=[OrderState.HELD, OrderState.QUEUED])
    return waiting.update(state=OrderState.DROPPED, decided_by=user_id, finished_at=now)


def ended_by_person(company: int, connect_id: str) -> FormerProfile | None:
    """The latest link of this company to this profile that a person ended, if any: a machine does not make it again."""
    ended = FormerProfile.objects.filter(holder=company, connect_id=connect_id).exclude(ended_by=None)
    return ended.first()
