"""Accepting many sure candidates at once: which ones are sure, the choice as rows, and a job that works them off."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from companies.choices import CompanyStatus, JobKind, LinkState, ReviewState
from companies.models import Candidate, Job, Profile, ReviewDecision
from companies.rules.matching import DOUBTFUL, FORBIDDING, Clue
from companies.services import decisions
from companies.services.jobs import Clock, Tell
from companies.services.link import LinkRefused

AGAINST = FORBIDDING | (DOUBTFUL - {Clue.CUT_NAME, Clue.NO_HOUSE})
"""A name that the ERP may have cut, or a street without a number, says nothing against."""
THRESHOLDS = (80, 85, 90, 95)
THRESHOLD = 85
LEAD = 10
"""Points by which the best candidate must be ahead of the second."""
AT_ONCE = 200
CHUNK = 20


def sure(threshold: int, *, now: datetime) -> "QuerySet[Candidate]":
    """Best candidates of companies under review that nothing speaks against, best first.

    At least `threshold` points, LEAD points ahead of the second, active, found in the last 90 days, without a clue that
    forbids linking, the profile held by no company of ours and wanted by no other.
    """
    second = Candidate.objects.filter(company=OuterRef("company"), rank=2).values("score")[:1]
    rivals = Candidate.objects.filter(
        connect_id=OuterRef("connect_id"), rank=1, company__link_state=LinkState.REVIEW
    ).order_by()
    wanted = rivals.values("connect_id").annotate(companies=Count("pk")).values("companies")
    waiting = {"company__link_state": LinkState.REVIEW, "company__merged_into": None}
    best = Candidate.objects.filter(rank=1, score__gte=threshold, **waiting)
    best = best.filter(status=CompanyStatus.ACTIVE, found_at__gte=now - decisions.OLD).exclude(_contrary())
    best = best.exclude(Exists(Profile.objects.filter(connect_id=OuterRef("connect_id"))))
    best = best.exclude(Exists(ReviewDecision.objects.under_way().filter(company=OuterRef("company"))))
    best = best.annotate(second=Coalesce(Subquery(second), 0), wanted=Subquery(wanted))
    return best.filter(score__gte=F("second") + LEAD, wanted=1).select_related("company").order_by("-score", "pk")


def _contrary() -> Q:
    against = Q()
    for clue in sorted(AGAINST):
        against |= Q(evidence__contains=f"{clue}:")
    return against


def choose(chosen: Mapping[int, str], *, user_id: int | None, now: datetime) -> tuple[Job, int]:
    """Mark these companies (pk → identifier of the candidate a person saw) to be linked. Returns the job, and how many.

    What changed since the page was shown, or is chosen already, is left out.
    """
    waiting = {"company__link_state": LinkState.REVIEW, "company__merged_into": None}
    wanted = Candidate.objects.filter(company__in=chosen, **waiting).select_related("company")
    rows = [_chosen(one, user_id, now) for one in wanted if chosen[one.company_id] == one.connect_id]
    with transaction.atomic():
        job = Job.objects.ensure(JobKind.ACCEPT, now=now, user_id=user_id)
        for row in rows:
            row.job = job
        before = ReviewDecision.objects.under_way().count()
        ReviewDecision.objects.bulk_create(rows, ignore_conflicts=True)
        made = ReviewDecision.objects.under_way().count() - before
    return job, made


def _chosen(candidate: Candidate, user_id: int | None, now: datetime) -> ReviewDecision:
    return ReviewDecision(
        company=candidate.company,
        state=ReviewState.CHOSEN,
        connect_id=candidate.connect_id,
        name=candidate.name,
        score=candidate.score,
        state_before=candidate.company.link_state,
        note_before=candidate.company.link_note,
        decided_by_id=user_id,
        decided_at=now,
    )


def undo_all(job: Job, *, user_id: int | None, now: datetime) -> tuple[Job, int]:
    """Mark every link that this job made to be undone. Returns the job that will do it, and how many."""
    with transaction.atomic():
        undoing = Job.objects.ensure(JobKind.ACCEPT, now=now, user_id=user_id)
        made = job.decisions.filter(state=ReviewState.LINKED).update(state=ReviewState.UNDOING, job=undoing)
    return undoing, made


def work(progress: Tell, *, clock: Clock) -> None:
    """Link what was chosen and undo what was to be undone, each in a transaction of its own; no call is needed."""
    done, total = 0, ReviewDecision.objects.under_way().count()
    while waiting := list(ReviewDecision.objects.under_way().order_by("pk").select_related("company")[:CHUNK]):
        for decision in waiting:
            settle(decision, now=clock())
            done += 1
            progress(done, max(total, done))
        total = done + ReviewDecision.objects.under_way().count()


def settle(decision: ReviewDecision, *, now: datetime) -> None:
    """Do what one row asks for; what can't be done stays in the row with its reason."""
    try:
        if decision.state == ReviewState.UNDOING:
            decisions.undo(decision, user_id=decision.decided_by_id, now=now)
        else:
            _link(decision, now=now)
    except LinkRefused as refused:
        undoing = decision.state == ReviewState.UNDOING
        decision.state = ReviewState.LINKED if undoing else ReviewState.REFUSED
        decision.note = str(refused)[:255]
        decision.save(update_fields=["state", "note"])


def _link(decision: ReviewDecision, *, now: datetime) -> None:
    candidate = Candidate.objects.filter(company=decision.company_id, connect_id=decision.connect_id).first()
    if candidate is None:
        raise LinkRefused(_("This candidate is no longer among those of the company."))
    decisions.settle(decision, hit=decisions.hit_of(candidate), now=now)


def results(job: Job) -> "QuerySet[ReviewDecision]":
    """What became of each company of a job, refusals first."""
    return job.decisions.select_related("company").order_by("-state", "company__name_key", "pk")
