"""A person's decision on one company: link it to a candidate, leave it unlinked, or take that back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from companies.choices import ChangeCause, LinkState, Origin, ReviewState
from companies.creditsafe import Client
from companies.creditsafe.payloads import Address, SearchHit
from companies.models import Candidate, Change, Company, FieldSource, ReviewDecision
from companies.rules.matching import compare
from companies.services import directory, matching
from companies.services.former import NotLinked, unlink
from companies.services.link import LinkRefused, link

OLD = timedelta(days=90)
"""A candidate found longer ago is shown, and asked for again before it is linked."""


def hit_of(candidate: Candidate) -> SearchHit:
    """A stored candidate as the search gave it, as far as it was kept."""
    return SearchHit(
        connect_id=candidate.connect_id,
        name=candidate.name,
        country=candidate.country,
        registration_number=candidate.registration_number,
        vat_numbers=(candidate.vat_number,) if candidate.vat_number else (),
        address=Address(street=candidate.street, postal_code=candidate.postal_code, city=candidate.city),
        status=candidate.status,
        office_type="HeadOffice" if candidate.is_head_office else "Branch",
    )


def stored(company: Company, connect_id: str, *, now: datetime) -> SearchHit | None:
    """The candidate of this identifier, when it was found in the last 90 days."""
    kept = company.candidates.filter(connect_id=connect_id, found_at__gte=now - OLD).first()
    return hit_of(kept) if kept else None


def current(connect_id: str, *, client: Client) -> SearchHit:
    """What the directory says of it now. Raises NotFound and the client's other errors."""
    return directory.find(connect_id, client=client)


def accept(
    company: Company, *, hit: SearchHit, take: Iterable[str] = (), user_id: int | None, now: datetime
) -> ReviewDecision:
    """Link the company to this candidate, and remember who decided it; `take` names fields to be replaced by theirs.

    Raises LinkRefused when it can't be any more.
    """
    return settle(_decision(company, user_id, now), hit=hit, take=take, now=now)


def settle(decision: ReviewDecision, *, hit: SearchHit, take: Iterable[str] = (), now: datetime) -> ReviewDecision:
    """Link what the decision chose. Raises LinkRefused when company or profile are taken meanwhile."""
    try:
        with transaction.atomic():
            company = _held(decision)
            match = compare(matching.party_of(company), directory.party_from(hit))
            evidence = matching.evidence(match)
            link(company, hit=hit, take=take, evidence=evidence, user_id=decision.decided_by_id, now=now)
            decision.state, decision.score = ReviewState.LINKED, match.score
            decision.connect_id, decision.name = hit.connect_id, hit.name[:255]
            decision.save()
    except IntegrityError as error:
        raise LinkRefused(_("Somebody else has just linked this company or this profile.")) from error
    return decision


def leave(company: Company, *, note: str, user_id: int | None, now: datetime) -> ReviewDecision:
    """Leave the company without a profile, for this reason. Raises LinkRefused when it is linked meanwhile."""
    with transaction.atomic():
        decision = _decision(company, user_id, now)
        _put(_held(decision), LinkState.UNLINKED, note)
        decision.state, decision.note = ReviewState.LEFT, note[:255]
        decision.save()
    return decision


def _decision(company: Company, user_id: int | None, now: datetime) -> ReviewDecision:
    return ReviewDecision(
        company=company,
        state_before=company.link_state,
        note_before=company.link_note,
        decided_by_id=user_id,
        decided_at=now,
    )


def _held(decision: ReviewDecision) -> Company:
    """The company as it is now, its row held until the end of the transaction; not linked."""
    company = _locked(decision.company_id)
    if company.link_state == LinkState.LINKED:
        raise LinkRefused(_("%(company)s was linked meanwhile.") % {"company": company})
    return company


def _locked(pk: int) -> Company:
    company = Company.objects.select_for_update().filter(pk=pk).first()
    if company is None:
        raise LinkRefused(_("This company was merged into another one meanwhile."))
    return company


def _put(company: Company, state: str, note: str) -> None:
    company.link_state, company.link_note = LinkState(state), note[:255]
    company.save(update_fields=["link_state", "link_note", "updated_at", "name_key"])
    Change.objects.mark([company.pk], ChangeCause.LINK, company.link_note)


def last(user_id: int | None, *, since: datetime) -> ReviewDecision | None:
    """The latest decision of this person that still holds and was taken alone."""
    mine = ReviewDecision.objects.since(since).filter(decided_by=user_id, job=None)
    return mine.select_related("company").first()


def undo(decision: ReviewDecision, *, user_id: int | None, now: datetime) -> None:
    """Put the company back where it was before the decision, its own fields included.

    Raises LinkRefused when the company went on meanwhile: linked to another profile, unlinked, or merged.
    """
    with transaction.atomic():
        company = _locked(decision.company_id)
        if decision.connect_id:
            _unlinked(company, decision, user_id=user_id, now=now)
        elif company.link_state == LinkState.UNLINKED:
            _put(company, decision.state_before, decision.note_before)
        else:
            raise LinkRefused(_("%(company)s was changed since: nothing to undo.") % {"company": company})
        decision.state = ReviewState.UNDONE
        decision.save(update_fields=["state"])


def _unlinked(company: Company, decision: ReviewDecision, *, user_id: int | None, now: datetime) -> None:
    profile = getattr(company, "profile", None)
    if profile is None or profile.connect_id != decision.connect_id:
        raise LinkRefused(_("%(company)s was changed since: nothing to undo.") % {"company": company})
    said = _("Undone in the review: %(name)s") % {"name": decision.name}
    try:
        unlink(company.pk, state=LinkState(decision.state_before), reason=said, user_id=user_id, now=now)
    except NotLinked as error:
        raise LinkRefused(str(error)) from error
    company.refresh_from_db()
    _give_back(company, decision.decided_at)


def _give_back(company: Company, since: datetime) -> None:
    """Return the fields that came with the link to what they were; what a user typed since stays."""
    sources = FieldSource.objects.filter(company=company, source=Origin.CREDITSAFE, since__gte=since)
    names = list(sources.values_list("field", flat=True))
    before = company.history.filter(history_date__lt=since).first()
    for name in names:
        setattr(company, name, getattr(before, name, ""))
    company.status = before.status if before else company.status
    company._change_reason = "undo of the review"  # type: ignore[attr-defined]  # simple_history reads it
    company.save()
    sources.delete()
