"""The queue of companies that a person decides on: in which order, what comes next, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Case, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Cast, Coalesce

from companies.choices import LinkState, Role
from companies.models import Account, Candidate, Company, ExchangeRate, OpenItem, ReviewDecision

DECIDABLE = (LinkState.REVIEW, LinkState.ABSENT, LinkState.UNLINKED)
"""States that a person works on; those waiting for the search are left to it."""
MONEY = DecimalField(max_digits=20, decimal_places=2)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which companies of the queue, and in which order. Empty or None is any; scores are of the best candidate."""

    state: str = LinkState.REVIEW
    country: str = ""
    role: str = ""
    text: str = ""
    least: int | None = None
    most: int | None = None
    sort: str = "exposure"


@dataclass(frozen=True)
class Progress:
    """How far the review is: decisions of today, by everybody, and companies left in the queue as it is filtered."""

    reviewed: int
    left: int

    @property
    def total(self) -> int:
        return self.reviewed + self.left


def queue(filters: Filters, *, now: datetime) -> Any:
    """The companies to decide on, each with its `best` score (None without candidate), in the order of the filters."""
    companies = _narrowed(Company.objects.filter(link_state=filters.state), filters)
    return _ranked(companies, filters, now).order_by("-rank_key", "pk")


def _narrowed(companies: "QuerySet[Company]", filters: Filters) -> "QuerySet[Company]":
    if filters.text:
        companies = companies & Company.objects.search(filters.text)
    if filters.country:
        companies = companies.filter(country=filters.country)
    if filters.role:
        companies = companies.filter(Exists(Account.objects.filter(company=OuterRef("pk"), role=filters.role)))
    companies = companies.annotate(best=Subquery(_best()))
    if filters.least is not None:
        companies = companies.filter(best__gte=filters.least)
    if filters.most is not None:
        companies = companies.filter(best__lte=filters.most)
    return companies


def _best() -> "QuerySet[Candidate, Any]":
    return Candidate.objects.filter(company=OuterRef("pk"), rank=1).values("score")[:1]


def _ranked(companies: "QuerySet[Company]", filters: Filters, now: datetime) -> Any:
    """With `rank_key`, whole numbers so that "the one after this" is exact on every database."""
    key = Coalesce("best", -1) if filters.sort == "score" else Coalesce(Subquery(_owed(now)), Decimal(0))
    return companies.annotate(rank_key=Cast(key, BigIntegerField()))


def _owed(now: datetime) -> "QuerySet[OpenItem, Any]":
    """What a company owes us, in the portfolio's currency; items in a currency without a rate don't count."""
    rates = ExchangeRate.objects.filter(valid_on__lte=now.date()).order_by("currency", "valid_on")
    latest = {rate.currency: rate.rate for rate in rates}
    latest.pop(settings.PORTFOLIO_CURRENCY, None)
    amounts = [When(currency=settings.PORTFOLIO_CURRENCY, then=F("amount"))]
    amounts += [When(currency=code, then=F("amount") / rate) for code, rate in latest.items()]
    items = OpenItem.objects.open().filter(account__company=OuterRef("pk"), account__role=Role.CLIENT)
    owed = items.order_by().values("account__company").annotate(owed=Sum(Case(*amounts, output_field=MONEY)))
    return owed.values("owed")


def exposures(company: Company) -> list[tuple[str, Decimal]]:
    """What the company owes us as a client, by currency; empty when nothing is open."""
    items = OpenItem.objects.open().filter(account__company=company, account__role=Role.CLIENT)
    sums = items.order_by("currency").values_list("currency").annotate(owed=Sum("amount"))
    return list(sums)


def after(company: Company, filters: Filters, *, now: datetime) -> int | None:
    """The next company of the queue, from its start again behind the last; None when no other is left."""
    waiting = queue(filters, now=now).exclude(pk=company.pk)
    key = _key(company, filters, now)
    behind = Q(rank_key__lt=key) | Q(rank_key=key, pk__gt=company.pk)
    return _first(waiting.filter(behind)) or _first(waiting)


def before(company: Company, filters: Filters, *, now: datetime) -> int | None:
    """The company ahead of this one in the queue; None for the first."""
    key = _key(company, filters, now)
    ahead = Q(rank_key__gt=key) | Q(rank_key=key, pk__lt=company.pk)
    return _first(queue(filters, now=now).filter(ahead).order_by("rank_key", "-pk"))


def _key(company: Company, filters: Filters, now: datetime) -> int:
    this = Company.objects.filter(pk=company.pk).annotate(best=Subquery(_best()))
    return int(_ranked(this, filters, now).values_list("rank_key", flat=True)[0])


def _first(companies: "QuerySet[Company]") -> int | None:
    return companies.values_list("pk", flat=True).first()


def first(filters: Filters, *, now: datetime) -> int | None:
    """Where the review begins."""
    return _first(queue(filters, now=now))


def progress(filters: Filters, *, midnight: datetime) -> Progress:
    """Decisions since midnight, and what is left."""
    left = _narrowed(Company.objects.filter(link_state=filters.state), filters).order_by()
    return Progress(ReviewDecision.objects.since(midnight).count(), left.count())
