"""The rating parts of a report: current, previous, and the histories in the shape of each country."""

from datetime import date, timedelta

from companies.creditsafe.sandbox import bureau
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import Json, midnight

_DEFAULT_PROBABILITY = {"A": 0.4, "B": 1.3, "C": 3.9, "D": 11.0}  # percent; none without a score


def _money(company: Company, text: str) -> Json:
    value: Json = {"value": text}
    if text.isdigit() and not (company.country == "SE" and text == "0"):
        value["currency"] = company.currency
    return value


def _provider_value(company: Company, score: int | None) -> Json | None:
    if score is not None:
        return {"minValue": "0" if company.country == "FR" else "1", "maxValue": "100", "value": str(score)}
    form = bureau.UNRATED_FORMS[company.index % 4]
    return {"absent": None, "empty": {}}.get(form, {"value": form})


def _letter(company: Company, score: int | None) -> str:
    """A failed company is rated E by some countries and D by others (API reference 4)."""
    return "E" if score is None or (score == 0 and company.index % 2 == 0) else bureau.band(score)


def rating(company: Company, opinion: bureau.Opinion, language: str) -> Json:
    """One `creditRating` object; a key without data is left out."""
    score, letter = opinion.score, _letter(company, opinion.score)
    description = (
        "Not Rated" if letter == "E" and company.index % 3 and language != "fr" else bureau.wording(score, language)
    )
    row: Json = {"commonValue": letter, "commonDescription": description, "creditLimit": _money(company, opinion.limit)}
    provider = _provider_value(company, score)
    if provider is not None:
        row["providerValue"] = provider
    row["providerDescription"] = bureau.FAILURE[language] if score == 0 else bureau.wording(score, language)
    if letter in _DEFAULT_PROBABILITY and company.index % 3 == 0:
        row["pod"] = round(_DEFAULT_PROBABILITY[letter] * (1.4 - (score or 0) % 20 / 25), 4)
    return row


def credit_score(company: Company, language: str) -> Json | None:
    """The `creditScore` section, or None for a company whose reports lack it."""
    if company.standing.oddity == "no-credit-score" and company.standing.score is None:
        return None
    opinions = company.history()
    section: Json = {"currentCreditRating": rating(company, opinions[-1], language)}
    if company.standing.contract is not None:
        section["currentContractLimit"] = {"currency": company.currency, "value": company.standing.contract}
    elif company.country == "SE" and company.standing.score is None:
        section["currentContractLimit"] = {"value": 46962500000}
    section["previousCreditRating"] = previous = rating(company, opinions[-2], language)
    if company.country == "SE" and opinions[-2].score is None:
        previous["providerValue"] = {}
    if company.standing.oddity != "no-change-date" or company.standing.changes:
        section["latestRatingChangeDate"] = midnight(opinions[-1].day)
    return section


def french_history(company: Company, language: str) -> list[Json]:
    """`ratingHistory` of France: newest first, scores as text, "-1" unrated, limits within the rows."""
    opinions, rows = company.history()[::-1], []
    for place, opinion in enumerate(opinions):
        letter = _letter(company, opinion.score)
        row: Json = {
            "commonRating": {"commonValue": letter, "commonDescription": bureau.wording(opinion.score, language)}
        }
        if place < len(opinions) - 1 or company.index % 3:
            row["date"] = midnight(opinion.day)
        row["localRating"] = "-1" if opinion.score is None else str(opinion.score)
        row["description2"] = (
            bureau.FAILURE[language] if opinion.score == 0 else bureau.wording(opinion.score, language)
        )
        if opinion.limit.isdigit():
            row["limit"] = int(opinion.limit)
        rows.append(row)
    if company.index % 4 == 0:
        rows.insert(0, {name: rows[0][name] for name in ("date", "commonRating", "description2")})
    return rows


def british_history(company: Company) -> Json:
    """`ratingHistory` and `creditLimitHistory` of Britain and the others: whole numbers, -18 unrated."""
    ratings, limits = [], []
    for opinion in company.history()[::-1]:
        value = -18 if opinion.score is None else opinion.score
        described = "Not Rated" if opinion.score is None else bureau.wording(opinion.score)
        ratings.append({"date": midnight(opinion.day), "companyValue": value, "ratingDescription": described})
        if opinion.limit.isdigit():
            worth = {"currency": company.currency, "value": int(opinion.limit)}
            limits.append({"date": midnight(opinion.day), "companyValue": worth})
    return {"ratingHistory": ratings, "creditLimitHistory": limits}


def happenings(company: Company) -> list[Json]:
    """`companyHistory`: newest first, with the exact duplicates that real reports have."""
    rows: list[tuple[date, str]] = [(opinion.day, "Update Rating") for opinion in company.history()]
    rows += [(day, "New collective procedure") for day, _ in company.notices]
    rows += [(day, "Change of company name") for day, _ in company.former_names]
    if company.index % 7 == 0:
        rows.append((bureau.REFERENCE_DAY - timedelta(days=400), "Payment incident closed"))
    rows += rows[:1]
    return [{"date": midnight(day), "description": text} for day, text in sorted(rows, reverse=True)]
