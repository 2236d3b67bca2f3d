"""What the bureau thinks: letter, score, limits, and whether the score may be read at all (API reference 3.2 and 4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads.values import (
    Amount,
    Json,
    amount,
    day,
    dig,
    first,
    integer,
    mapping,
    number,
    rows,
    text,
)

LETTERS = frozenset("ABCDE")
RATED, NOT_RATED, FAILED, UNKNOWN = "rated", "not_rated", "failed", "unknown"
# Said of a company, not of a risk: "low risk of failure" and « risque de défaillance faible » are no failure.
_FAILURE = re.compile(
    r"situation of failure|situation de d[ée]faillance|in failure|(?:company|business) (?:has |is )?failed"
    r"|soci[ée]t[ée] d[ée]faillante|en d[ée]faillance|in liquidation|en liquidation|redressement judiciaire"
    r"|insolvent|bankrupt|collective procedure",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Rating:
    """The current opinion and the one before.

    `rating` is the international letter, `score` the local 0-100 number: None when there is none or when the local
    scale is another one ("Not Rated", -18, 140). `rating_state` is rated, not_rated, failed or unknown: read it before
    the letter, since E means "no score", not "worse than D". Limits are sums in `currency` (ISO, or empty when the
    server doesn't say), None when there is none; `credit_limit_text` is what the server wrote ("No Limit").
    `pod`, the probability of default, is in percent.
    """

    rating: str | None = None
    rating_description: str = ""
    provider_value: str = ""
    provider_description: str = ""
    score: int | None = None
    rating_state: str = UNKNOWN
    rating_changed_on: date | None = None
    previous_rating: str | None = None
    previous_score: int | None = None
    previous_credit_limit: Decimal | None = None
    pod: Decimal | None = None
    credit_limit: Decimal | None = None
    credit_limit_text: str = ""
    contract_limit: Decimal | None = None
    currency: str = ""


def parse_rating(report: Json, *, proceeding_kind: str = "", failed_sections: tuple[str, ...] = ()) -> Rating:
    """Read the opinion from the bare `report`; the kind of the latest proceeding decides before the score does."""
    section = mapping(report.get("creditScore"))
    current = mapping(section.get("currentCreditRating")) or mapping(dig(report, "companySummary", "creditRating"))
    previous = mapping(section.get("previousCreditRating"))
    limit = _limit(current)
    state = rating_state(current, proceeding_kind=proceeding_kind)
    told = bool(report) and (bool(current) or "CreditScore" not in failed_sections)
    return Rating(
        rating=letter(current.get("commonValue")),
        rating_description=first(current, "commonDescription"),
        provider_value=_provider_value(current),
        provider_description=first(current, "providerDescription"),
        score=score(_provider_value(current)),
        rating_state=UNKNOWN if state == NOT_RATED and not told else state,
        rating_changed_on=day(section.get("latestRatingChangeDate")),
        previous_rating=letter(previous.get("commonValue")),
        previous_score=score(_provider_value(previous)),
        previous_credit_limit=_limit(previous).value,
        pod=number(current.get("pod")),
        credit_limit=limit.value,
        credit_limit_text=limit.text,
        contract_limit=_sum(section.get("currentContractLimit")).value,
        currency=_currency(report, section, current),
    )


def letter(value: object) -> str | None:
    """The international letter A to E, None for anything else."""
    found = text(value).upper()
    return found if found in LETTERS else None


def score(value: object) -> int | None:
    """A local score as a whole number from 0 to 100; negative codes and other scales are no score (4)."""
    found = integer(value)
    return found if found is not None and 0 <= found <= 100 else None


def rating_state(current: Json, *, proceeding_kind: str = "") -> str:
    """Rated, not rated or failed. Proceedings, then values, then words (domain 4.3 and 4.4).

    A letter A to D without any local value is rated: foreign companies are read by their letter. Next to "Not Rated"
    or a negative code it isn't.
    """
    value = _provider_value(current)
    found = score(value)
    if proceeding_kind in {"safeguard", "receivership", "liquidation", "opened", "insufficient_assets"} or found == 0:
        return FAILED
    grade = letter(current.get("commonValue"))
    if grade != "E" and (found is not None or (grade is not None and (not value or (number(value) or 0) > 100))):
        return RATED
    words = f"{first(current, 'providerDescription')} {first(current, 'commonDescription')}"
    return FAILED if _FAILURE.search(words) else NOT_RATED


def _provider_value(rating: Json) -> str:
    value = rating.get("providerValue")
    return first(value, "value") or text(value)


def _sum(value: object) -> Amount:
    """An amount that is an object with `value`, or bare."""
    return amount(value.get("value") if isinstance(value, Mapping) else value)


def _limit(rating: Json) -> Amount:
    return _sum(rating.get("creditLimit"))


def _currency(report: Json, section: Json, current: Json) -> str:
    places: list[Any] = [
        dig(current, "creditLimit", "currency"),
        dig(section, "currentContractLimit", "currency"),
        dig(report, "companySummary", "latestTurnoverFigure", "currency"),
        *(row.get("currency") for row in rows(report.get("financialStatements"))),
    ]
    return next(filter(None, map(iso_currency, places)), "")


def iso_currency(value: object) -> str:
    """Three capital letters, else an empty text."""
    found = text(value).upper()
    return found if re.fullmatch(r"[A-Z]{3}", found) else ""
