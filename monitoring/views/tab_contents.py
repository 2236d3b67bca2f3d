"""What each tab of a company shows, from one report that is parsed already."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from companies.choices import AgeingBucket
from companies.creditsafe.payloads import Gazette
from companies.creditsafe.payloads.values import mapping, number, rows, text
from companies.models import FormerProfile, Merge, RatingPoint
from companies.rules.exposure import headroom
from companies.rules.loss import ExpectedLoss, expected_loss, exposure_at_default, probability_of_default
from monitoring import charts
from monitoring.models import DefaultProbability, Event, ExposureSettings, StandingChange
from monitoring.services import company_exposure, dossier, labels
from monitoring.services.scope import Scope
from monitoring.views import exposure_words, report, scopes, statements, why
from monitoring.views.aged import balances
from monitoring.views.as_of import AsOf
from monitoring.views.shown import Shown

MARKS = 20
POINTS = 500
Context = dict[str, Any]
Contents = Callable[[HttpRequest, Shown], Context]

# What the profile tab shows elsewhere, or what only the provider's machines need.
KNOWN_MISC = ("courtRegistryNumber", "registrationCourt", "numberOfEmployeesAtCompany", "negativeRating")


def nothing(request: HttpRequest, shown: Shown) -> Context:
    """For the tabs that have a view of their own."""
    return {}


def profile(request: HttpRequest, shown: Shown) -> Context:
    extra = mapping(shown.part("additionalInformation"))
    misc = mapping(extra.get("misc")) or mapping(extra.get("miscellaneous"))
    other = shown.part("otherInformation")
    return {
        "places": report.listing(request, "places", report.places(shown.data)),
        "activities": report.activities(shown.data),
        "formers": report.formers(shown.data),
        "headcounts": report.headcounts(shown.data),
        "establishment": report.named(extra.get("establishmentDetails")),
        "misc": report.named(misc, without=KNOWN_MISC),
        "bankers": [row.text for row in _names(mapping(other).get("bankers"), "name")],
        "advisors": [
            row.text
            for key in ("auditorName", "accountantName", "solicitorName")
            for row in _names(mapping(other).get("advisors"), key)
        ],
        "legal_form_known": _legal_form(shown),
    }


def _names(value: object, key: str) -> list[report.Dated]:
    found = (text(row.get(key)) for row in rows(value))
    return [report.Dated(None, name) for name in dict.fromkeys(found) if name][: report.FIRST]


def _legal_form(shown: Shown) -> str:
    """INSEE's words for a French code; empty elsewhere and for codes that we don't know."""
    parsed = shown.parsed
    if parsed is None or parsed.country not in {"", "FR"}:
        return ""
    return str(labels.LEGAL_FORMS.get(parsed.legal_form_code, ""))


def solvency(request: HttpRequest, shown: Shown) -> Context:
    parsed = shown.parsed
    averages = parsed.industry_averages if parsed else {}
    return {
        **history_of(shown.company.pk, shown.connect_id, shown.as_of),
        "words": _rating_words(shown),
        "industry": _industry(shown, averages),
        "indicators": [report.named(row) for row in (parsed.indicators if parsed else ())][: report.FIRST],
        "trends": report.named(shown.part("additionalInformation", "trends")),
        "commentaries": report.listing(request, "commentaries", parsed.commentaries if parsed else ()),
    }


def _rating_words(shown: Shown) -> str:
    if shown.parsed is None:
        return ""
    words = shown.parsed.provider_description or shown.parsed.rating_description
    return labels.label(labels.RATING_WORDS, words)


def _industry(shown: Shown, averages: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Words, key, the sector's average and the company's own figure beside it."""
    own = {"creditRating": shown.parsed.score, "creditLimit": shown.parsed.credit_limit} if shown.parsed else {}
    return [
        (labels.key_label(key), key, report.said(value), report.said(own.get(key))) for key, value in averages.items()
    ]


def history_of(pk: int, profile: str, as_of: AsOf) -> Context:
    """The chart of score and limit of one profile (connectId) up to a day, with events on it, and its newest points."""
    found = RatingPoint.objects.of(pk, profile).filter(valid_on__lte=as_of.shown)
    if as_of.is_past and not as_of.known_now:
        found = found.filter(known_at__lt=as_of.end)
    points = list(found.order_by("-valid_on", "-known_at")[:POINTS])
    former = FormerProfile.objects.filter(holder=pk).exclude(connect_id=profile).values("connect_id")
    latest = {point.valid_on: point for point in reversed(points)}  # what we learnt last of a day goes over the rest
    marks = [
        charts.Mark(on=(event.happened_at or event.received_at).date(), text=event.rule_name)
        for event in _events(pk, as_of).exclude(connect_id__in=former)[:MARKS]
    ]
    dots = [charts.HistoryPoint(on, point.score, point.credit_limit) for on, point in sorted(latest.items())]
    return {"chart": charts.history_chart(dots, marks, until=as_of.shown), "points": points}


def _events(pk: int, as_of: AsOf) -> QuerySet[Event]:
    known = Event.objects.filter(company=pk)
    return known.filter(received_at__lt=as_of.end) if as_of.is_past else known


def movements(pk: int, as_of: AsOf) -> QuerySet[StandingChange]:
    """What moved, up to the day shown, newest first."""
    return StandingChange.objects.filter(company=pk, at__lt=as_of.end)


def accounts(request: HttpRequest, shown: Shown) -> Context:
    return {"sheet": statements.accounts(shown.parsed) if shown.parsed else None}


def judgments(request: HttpRequest, shown: Shown) -> Context:
    parsed = shown.parsed
    negative = mapping(shown.part("negativeInformation"))
    known = ("judgements", "judgments", "collectiveProcedures", "preferentialRightsDetails")
    return {
        "troubles": report.listing(request, "troubles", report.troubles(parsed) if parsed else ()),
        "told": bool(negative),
        "proceeding": labels.label(labels.PROCEEDINGS, parsed.proceeding_kind) if parsed else "",
        "privileges": report.named(parsed.privileges.details) if parsed else [],
        "other_negative": report.named(negative, without=known),
        "charges": report.charges(request, shown.data),
        "charge_counts": report.named(shown.part("additionalInformation", "mortgageSummary")),
        "gazettes": report.listing(request, "gazettes", _newest(parsed.gazettes) if parsed else ()),
        "notice_labels": labels.NOTICES,
    }


def _newest(found: Iterable[Gazette]) -> list[Gazette]:
    return sorted(found, key=lambda one: one.published_on or date.min, reverse=True)


def history(request: HttpRequest, shown: Shown) -> Context:
    found = history_of(shown.company.pk, shown.connect_id, shown.as_of)
    lines = shown.parsed.company_history if shown.parsed else ()
    worded = [report.Dated(line.date, labels.label(labels.EVENTS, line.text)) for line in lines]
    return {
        "chart": found["chart"],
        "points": report.listing(request, "points", found["points"]),
        "life": report.listing(request, "life", worded),
        "moves": why.movements(shown.company.pk, movements(shown.company.pk, shown.as_of)[: report.FIRST]),
        "formers": former_profiles(shown.company.pk),
        "merges": Merge.objects.in_force().filter(survivor=shown.company.pk).select_related("loser", "by"),
    }


@dataclass(frozen=True)
class Former:
    """A link that ended, with the line of its own points."""

    profile: FormerProfile
    spark: charts.Sparkline
    points: int


def former_profiles(pk: int) -> list[Former]:
    """The profiles that the company had before, newest first; two queries for any number."""
    ended = list(FormerProfile.objects.filter(company=pk).select_related("ended_by", "linked_by"))
    scores: dict[tuple[int, str], list[int | None]] = defaultdict(list)
    stored = RatingPoint.objects.filter(company__in={one.holder_id for one in ended}).order_by("valid_on", "known_at")
    for holder, connect_id, score in stored.values_list("company", "connect_id", "score"):
        scores[holder, connect_id].append(score)
    lines = [(one, scores[one.holder_id, one.connect_id][-POINTS:]) for one in ended]
    return [Former(one, charts.sparkline(known), len(known)) for one, known in lines]


def group(request: HttpRequest, shown: Shown) -> Context:
    found = report.relatives(shown.parsed) if shown.parsed else []
    return {"relatives": report.listing(request, "relatives", found)}


def directors(request: HttpRequest, shown: Shown) -> Context:
    parsed = shown.parsed
    return {
        "current": report.listing(request, "current", parsed.directors if parsed else ()),
        "previous": report.listing(request, "previous", parsed.previous_directors if parsed else ()),
        "shareholders": report.listing(request, "shareholders", parsed.shareholders if parsed else ()),
        "controllers": report.listing(request, "controllers", report.controllers(shown.data)),
        "kind_labels": labels.KINDS,
    }


def exposure(request: HttpRequest, shown: Shown) -> Context:
    standing, scope = shown.of_today, scopes.scope_of(request)
    depth = company_exposure.depth(shown.company, scope.day)
    due = depth.found.ageings["due"]
    debts: dict[str, Any] = {
        bucket.value: amount for bucket, amount in due.buckets.items() if bucket != AgeingBucket.CREDITS
    }
    return {
        **scopes.as_of(request, scope),
        "as_of": shown.as_of,
        "day": scope.day,
        "indicator": report.named(shown.part("additionalInformation", "exposureIndicator")),
        "limits": dossier.limits(standing, depth.whole.risk if scope.day else None) if standing else [],
        "overdue": due.overdue,
        "loss": _loss(depth.whole.risk, shown),
        "ageing": charts.ageing_bar(debts, credits=due.buckets[AgeingBucket.CREDITS]),
        "ageing_rows": [(bucket.value, str(bucket.label), due.buckets[bucket]) for bucket in AgeingBucket],
        "dependency": _dependency(shown),
        "aged": balances(shown.company, scope.on),
        **_depth(depth, shown, scope),
    }


def _loss(risk: Decimal, shown: Shown) -> ExpectedLoss | None:
    """What is likely to be lost of an exposure: by the report's own probability, else by the rating's (domain 5.14)."""
    standing, pod = shown.of_today, shown.parsed.pod if shown.parsed else None
    if standing is None or risk <= 0:
        return None
    pd = probability_of_default(
        None if pod is None or not 0 <= pod <= 100 else pod / 100,
        rating=standing.rating or None,
        rating_state=standing.rating_state,
        table=DefaultProbability.table(),
    )
    lgd = ExposureSettings.current().loss_given_default / 100
    return expected_loss(exposure_at_default(risk), pd, lgd=lgd)


def _depth(depth: company_exposure.Depth, shown: Shown, scope: Scope) -> Context:
    """The ledger in depth: which limit, which part; both ageings; accounts; what could be set off."""
    both = zip(
        AgeingBucket, *(depth.found.ageings[basis].buckets.values() for basis in ("due", "document")), strict=True
    )
    return {
        "depth": depth,
        "depth_parts": exposure_words.part_lines(depth.found),
        "both_ageings": [(bucket.value, bucket.label, by_due, by_document) for bucket, by_due, by_document in both],
        "limit_words": exposure_words.LIMITS,
        "part_words": exposure_words.PARTS,
        "day_query": scopes.query(Scope(day=scope.day)),
    }


def _dependency(shown: Shown) -> Any:
    """Our exposure as a part of the company's turnover; None when either is unknown."""
    standing, parsed = shown.standing, shown.parsed
    turnover = parsed.turnover if parsed else None
    if standing is None or parsed is None or parsed.currency not in {"", "EUR"}:
        return None
    return headroom(standing.exposure, turnover).use


def payments(request: HttpRequest, shown: Shown) -> Context:
    parsed = shown.parsed
    enquiries = mapping(shown.part("additionalInformation", "enquiriesTrend"))
    months = [number(enquiries.get(f"month{place}")) for place in range(12, 0, -1)]
    return {
        "trend": labels.label(labels.TRENDS, parsed.payment.trend) if parsed else "",
        "figures": report.named(parsed.payment.figures, figures=True) if parsed else [],
        "late": _late(parsed.payment.figures) if parsed else [],
        "region": report.said(number(shown.part("additionalInformation", "misc", "regionDbt"))),
        "enquiries": charts.sparkline(months) if any(month is not None for month in months) else None,
        "enquiries_average": report.said(number(enquiries.get("monthlyAverage"))),
        "compared": _compared(shown),
    }


def _late(figures: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """What is within terms and what is late, period by period, as parts of the whole."""
    keys = ("balanceWithinTerms", "balanceP1", "balanceP2", "balanceP3", "balanceP4")
    found = {key: number(figures.get(key)) for key in keys}
    total = sum((value for value in found.values() if value and value > 0), 0)
    if not total:
        return []
    return [
        (labels.key_label(key), report.said(value), max(0, int(value * 100 / total)))
        for key, value in found.items()
        if value is not None
    ]


def _compared(shown: Shown) -> str:
    """How the company pays against its sector: better, worse, same, or "" when one of the two isn't known."""
    payment = shown.parsed.payment if shown.parsed else None
    if payment is None or payment.dbt is None or payment.industry_dbt is None:
        return ""
    return "better" if payment.dbt < payment.industry_dbt else "worse" if payment.dbt > payment.industry_dbt else "same"


def missing(shown: Shown, names: Iterable[str]) -> Context:
    """For each section of a tab, why it is not there."""
    return {name: shown.missing(name) for name in names} if shown.parsed else {}
