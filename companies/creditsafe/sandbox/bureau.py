"""What the bureau thinks of a company: score, bands, limits, and their past (API reference 4)."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

REFERENCE_DAY = date(2026, 11, 20)  # the generated past ends before this day, so that a directory never changes
LOWEST_LIMITED_SCORE = 30  # below it no credit is advised
ENGLISH = {"A": "Very Low Risk", "B": "Low Risk", "C": "Moderate Risk", "D": "High Risk", "E": "Not Scored"}
FRENCH = {"A": "Risque très faible", "B": "Risque faible", "C": "Risque modéré", "D": "Risque élevé", "E": "Non noté"}
FAILURE = {
    "en": "Company in situation of failure and with a very high risk of winding up",
    "fr": "Entreprise en situation de défaillance et ayant un très fort risque de radiation",
}
NOT_APPLICABLE = "Credit Limit not applicable"
# Oddity of a company and its share per thousand; a company has one at most (API reference 5).
ODDITIES = (
    ("failed", 30),
    ("unrated", 50),
    ("limit-no-limit", 12),
    ("limit-not-applicable", 12),
    ("limit-zero", 12),
    ("no-credit-score", 12),
    ("failed-sections", 14),
    ("long-year", 40),
    ("no-change-date", 50),
    ("no-contract-limit", 80),
    ("no-accounts", 50),
)
UNRATED_FORMS = ("Not Rated", "-", "absent", "empty")
BAND_SHARES = ((71, 98, 15), (51, 70, 28), (30, 50, 34), (21, 29, 8), (3, 20, 7))


@dataclass(frozen=True, slots=True)
class Opinion:
    """The bureau's opinion on a day; score None is "not rated", limit is the text that the bureau writes."""

    day: date
    score: int | None
    limit: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The opinion of today. `changes` holds what happened since the directory was made, oldest first."""

    score: int | None = None
    limit: str = "0"
    contract: float | None = None
    failed: bool = False
    oddity: str = ""
    changes: tuple[Opinion, ...] = ()


def band(score: int | None) -> str:
    """International letter of a local score (API reference 4)."""
    if score is None:
        return "E"
    return next((letter for letter, least in (("A", 71), ("B", 51), ("C", 30)) if score >= least), "D")


def wording(score: int | None, language: str = "en") -> str:
    if language == "fr":
        return "Risque très élevé" if score is not None and score <= 20 else FRENCH[band(score)]
    return "Very High Risk" if score is not None and score <= 20 else ENGLISH[band(score)]


def draw_oddity(rng: Random) -> str:
    place = rng.random() * 1000
    for name, share in ODDITIES:
        place -= share
        if place < 0:
            return name
    return ""


def draw_score(rng: Random) -> int:
    low, high, _ = rng.choices(BAND_SHARES, weights=[share for *_, share in BAND_SHARES])[0]
    return rng.randint(low, high)


def rounded(amount: float) -> int:
    """Two significant figures, halves allowed: the way a bureau writes a limit."""
    step = 500
    while amount >= step * 40:
        step *= 5 if str(step)[0] == "1" else 2
    return int(amount // step * step)


def advised_limit(score: int, *, revenue: int, equity: int) -> int:
    """Limit in units of currency: grows with turnover and score, never above 40 % of equity."""
    if score < LOWEST_LIMITED_SCORE or equity <= 0:
        return 0
    return rounded(min(0.4 * equity, 0.045 * revenue * score / 60))


def draw_standing(rng: Random, *, oddity: str, score: int, revenue: int, equity: int) -> Standing:
    """Turn a score and the size of a company into what a report says of it."""
    if oddity == "failed":
        return Standing(0, "0", None, failed=True, oddity=oddity)
    if oddity in {"unrated", "no-credit-score"}:
        return Standing(None, rng.choice(("0", NOT_APPLICABLE, NOT_APPLICABLE)), None, oddity=oddity)
    amount = advised_limit(score, revenue=revenue, equity=equity)
    texts = {"limit-no-limit": "No Limit", "limit-not-applicable": NOT_APPLICABLE, "limit-zero": "0"}
    contract = None
    if amount and oddity not in texts and oddity != "no-contract-limit":
        contract = float(rounded(amount * rng.uniform(1.5, 3.5)))
    return Standing(score, texts.get(oddity, str(amount)), contract, oddity=oddity)


def _earlier_limit(opinion_score: int, standing: Standing, rng: Random) -> str:
    if opinion_score < LOWEST_LIMITED_SCORE:
        return "0"
    known = int(standing.limit) if standing.limit.isdigit() else 0
    usual = known or 20_000
    return str(rounded(usual * rng.uniform(0.7, 1.15) * opinion_score / max(standing.score or 40, 30)))


def past(standing: Standing, rng: Random) -> list[Opinion]:
    """Opinions over 3 to 5 years, oldest first, ending with the one the directory was made with.

    A failed company slides to 0; an unrated one was rated before, or never.
    """
    count, day = rng.randint(5, 11), REFERENCE_DAY - timedelta(days=rng.randint(8, 130))
    opinions = [Opinion(day, standing.score, standing.limit)]
    walk = standing.score if standing.score is not None else rng.randint(25, 60)
    step = rng.uniform(3, 5) * 365 / count
    for _ in range(count - 1):
        day -= timedelta(days=round(step * rng.uniform(0.6, 1.35)))
        drift = 11 if standing.failed and walk < 55 else 0
        walk = max(2, min(98, walk + drift + round(rng.gauss(0, 5))))
        unrated = standing.score is None and (len(opinions) < 3 or walk % 2 == 0)
        earlier = Opinion(day, None, "0") if unrated else Opinion(day, walk, _earlier_limit(walk, standing, rng))
        opinions.append(earlier)
    return opinions[::-1]
