"""What happened before: ratings, limits, events of the company's life, gazettes and comments (API reference 3.4)."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from companies.creditsafe.payloads.rating import iso_currency, letter, score
from companies.creditsafe.payloads.values import Json, amount, day, dig, first, mapping, rows, text, unique

TONES = {"positive": "positive", "negative": "negative", "neutral": "neutral"}


@dataclass(frozen=True, kw_only=True)
class HistoryPoint:
    """Score, letter and limit known for a day; None where that day says nothing. `currency` is the limit's."""

    date: dt.date | None = None
    score: int | None = None
    rating: str | None = None
    limit: Decimal | None = None
    currency: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    date: dt.date | None = None
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Gazette:
    """A notice in an official gazette; in old rows the text has slipped into the wrong column."""

    published_on: dt.date | None = None
    type: str = ""
    name: str = ""
    description: str = ""
    area: str = ""
    court: str = ""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Commentary:
    """A remark of the bureau; `tone` is positive, negative, neutral or empty."""

    text: str = ""
    tone: str = ""


def parse_history(report: Json) -> tuple[HistoryPoint, ...]:
    """Ratings and limits over time, one point a day, newest first, points without a date last.

    FR holds both in `ratingHistory`, GB splits them over `ratingHistory` and `creditLimitHistory`; in FR the first row
    may be bare with the date of the second, which completes it.
    """
    found = mapping(report.get("additionalInformation"))
    points = [*map(_rating_point, rows(found.get("ratingHistory")))]
    points += map(_limit_point, rows(found.get("creditLimitHistory")))
    return tuple(_by_day(point for point in points if point != HistoryPoint(date=point.date)))


def parse_lines(value: object) -> tuple[HistoryLine, ...]:
    """Read `companyHistory` or `establishmentHistory`, which repeat rows (quirk 20)."""
    found = (HistoryLine(date=day(row.get("date")), text=first(row, "description")) for row in rows(value))
    return unique(line for line in found if line.text)


def parse_gazettes(report: Json) -> tuple[Gazette, ...]:
    """Read `additionalInformation.gazettes`."""
    return unique(_gazette(row) for row in rows(dig(report, "additionalInformation", "gazettes")))


def parse_commentaries(report: Json) -> tuple[Commentary, ...]:
    """Read `additionalInformation.commentaries`; GB has another spelling for the tone."""
    return unique(
        Commentary(
            text=first(row, "commentaryText"),
            tone=TONES.get(first(row, "positiveOrNegative", "positiveNegative").casefold(), ""),
        )
        for row in rows(dig(report, "additionalInformation", "commentaries"))
        if first(row, "commentaryText")
    )


def _rating_point(row: Json) -> HistoryPoint:
    common = mapping(row.get("commonRating"))
    return HistoryPoint(
        date=day(row.get("date")),
        score=score(row["localRating"] if "localRating" in row else row.get("companyValue")),
        rating=letter(common.get("commonValue")),
        limit=amount(row.get("limit")).value,
        description=first(row, "description2", "ratingDescription") or first(common, "commonDescription"),
    )


def _limit_point(row: Json) -> HistoryPoint:
    value = row.get("companyValue")
    told = mapping(value)
    return HistoryPoint(
        date=day(row.get("date")),
        limit=amount(told.get("value") if told else value).value,
        currency=iso_currency(told.get("currency")),
    )


def _by_day(points: Iterable[HistoryPoint]) -> Iterator[HistoryPoint]:
    days: dict[dt.date, HistoryPoint] = {}
    undated = []
    for point in points:
        if point.date is None:
            undated.append(point)
        else:
            days[point.date] = _completed(days[point.date], point) if point.date in days else point
    yield from (days[key] for key in sorted(days, reverse=True))
    yield from undated


def _completed(point: HistoryPoint, other: HistoryPoint) -> HistoryPoint:
    return replace(
        point,
        score=other.score if point.score is None else point.score,
        rating=point.rating or other.rating,
        limit=other.limit if point.limit is None else point.limit,
        currency=point.currency or other.currency,
        description=point.description or other.description,
    )


def _gazette(row: Json) -> Gazette:
    return Gazette(
        published_on=day(row.get("publicationDate")),
        type=first(row, "type"),
        name=text(row.get("name")),
        description=first(row, "description"),
        area=first(row, "publicationArea"),
        court=first(row, "court"),
        detail=first(row, "detail", "details"),
    )
