"""The parts of a report that differ outside France (API reference 3.5)."""

from companies.creditsafe.sandbox import ratings
from companies.creditsafe.sandbox.accounts import Year
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import Json, midnight


def _british(company: Company) -> Json:
    rng = company.random("abroad")
    judgments = len(company.notices)
    paid = rng.randint(12, 900)
    return {
        "paymentData": {
            "dbt": round(rng.uniform(-2, 45), 2),
            "weightedDBT": round(rng.uniform(0, 40), 2),
            "industryDBT": round(rng.uniform(5, 20), 2),
            "paymentsOnFile": paid,
            "paymentsPaid": paid - rng.randint(0, 8),
        },
        "negativeInformation": {"ccjSummary": {"exactRegistered": judgments, "possibleRegistered": rng.randint(0, 2)}},
        "additionalInformation": {
            "mortgageSummary": {"outstanding": rng.randint(0, 4), "satisfied": rng.randint(0, 6)},
            "personsWithSignificantControl": {"activePSC": [], "ceasedPSC": []},
            "miscellaneous": {
                "oddsOfFailure": f"{rng.randint(20, 2900)}:1",
                "filingDateOfAccounts": midnight(company.created),
            },
            "commentaries": [
                {"commentaryText": "The directors have not changed lately.", "positiveNegative": "Neutral"}
            ],
        },
    }


def _swedish(company: Company) -> Json:
    return {
        "negativeInformation": {"debtBalance": {"totalDebt": len(company.notices) * 12_000}, "recordOfNonPayment": {}},
        "additionalInformation": {
            "industryComparison": {"industryAverageCreditRating": "64"},
            "misc": {"negativeRating": "-2" if company.standing.score is None else "0", "registeredForVat": "true"},
        },
    }


def _italian(company: Company) -> Json:
    protests = [{"date": midnight(day), "amount": 12_400, "currency": "EUR"} for day, _ in company.notices]
    return {"negativeInformation": {"protesti": protests}, "additionalInformation": {}}


def sections(company: Company, years: list[Year], language: str) -> Json:
    """What each country adds; the United States have neither accounts nor payments on file."""
    del language  # these sections exist in one language only
    made = {"GB": _british, "SE": _swedish, "IT": _italian}.get(company.country)
    report: Json = made(company) if made else {"negativeInformation": {}, "additionalInformation": {}}
    if company.country == "GB" and years:
        report["localFinancialStatements"] = [
            {
                "type": "LocalFinancialsCSUK",
                "yearEndDate": midnight(year.end),
                "currency": company.currency,
                "profitAndLoss": {"turnover": year.turnover},
            }
            for year in years
        ]
    report["additionalInformation"] |= ratings.british_history(company)
    report["additionalInformation"]["companyHistory"] = ratings.happenings(company)
    return report
