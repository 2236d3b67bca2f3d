"""The parts of a report that differ outside France (API reference 3.5)."""

from datetime import timedelta

from companies.creditsafe.sandbox import bureau, mortgages, ratings
from companies.creditsafe.sandbox.accounts import Year
from companies.creditsafe.sandbox.directory import GIANT, Company
from companies.creditsafe.sandbox.wire import Json, midnight

_LOCAL_ACCOUNTS = {"GB": "LocalFinancialsCSUK", "IT": "LocalFinancialsCSIT"}


def _british_payments(company: Company) -> Json:
    rng = company.random("abroad")
    paid = rng.randint(12, 900)
    return {
        "dbt": round(rng.uniform(-2, 45), 2),
        "weightedDBT": round(rng.uniform(0, 40), 2),
        "industryDBT": round(rng.uniform(5, 20), 2),
        "paymentsOnFile": paid,
        "paymentsPaid": paid - rng.randint(0, 8),
        "totalInvoiceValues": paid * rng.randint(900, 4_000),
        "numberOfInvoices": paid,
    }


def _british(company: Company) -> Json:
    rng = company.random("register")
    judgments, giant = len(company.notices), company.index == GIANT
    charges = mortgages.MANY if giant else rng.randint(0, 6)
    holders = [{"name": name.title(), "kind": "individual-person"} for name in company.directors[:1]]
    enquiries = {f"month{month}": rng.randint(0, 9) for month in range(1, 13)}
    return {
        "paymentData": _british_payments(company),
        "negativeInformation": {
            "ccjSummary": {"exactRegistered": judgments, "possibleRegistered": rng.randint(0, 2), "currency": "GBP"}
        },
        "additionalInformation": mortgages.section(company, charges)
        | {
            "personsWithSignificantControl": {"activePSC": holders, "ceasedPSC": []},
            "enquiriesTrend": enquiries,
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
    """Texts where others write numbers and booleans, and figures without a currency."""
    unrated = company.standing.score is None
    return {
        "negativeInformation": {"debtBalance": {"totalDebt": len(company.notices) * 12_000}, "recordOfNonPayment": {}},
        "additionalInformation": {
            "additionalFinancials": [{"type": "KeyFigures", "value": "0"}],
            "industryComparison": {"industryAverageCreditRating": "64"},
            "misc": {"negativeRating": "-2" if unrated else "0", "registeredForVat": "false" if unrated else "true"},
        },
    }


def _italian(company: Company) -> Json:
    """Protests come with weak scores; the key of the section is all that public sources show, its rows are ours."""
    rng = company.random("protests")
    weak = company.standing.score is not None and company.standing.score < bureau.LOWEST_LIMITED_SCORE
    days = [day for day, _ in company.notices]
    days += [bureau.REFERENCE_DAY - timedelta(days=rng.randint(30, 900)) for _ in range(weak * rng.randint(1, 3))]
    protests = [
        {"date": midnight(day), "amount": 400 * rng.randint(2, 60), "currency": "EUR"}
        for day in sorted(days, reverse=True)
    ]
    return {"negativeInformation": {"protesti": protests}, "additionalInformation": {}}


_BY_COUNTRY = {"GB": _british, "SE": _swedish, "IT": _italian}


def _local_accounts(company: Company, years: list[Year]) -> list[Json]:
    kind = _LOCAL_ACCOUNTS.get(company.country)
    return [
        {
            "type": kind,
            "yearEndDate": midnight(year.end),
            "currency": company.currency,
            "consolidatedAccounts": False,
            "balanceSheet": {
                "totalAssets": year.balance["totalAssets"],
                "shareholdersEquity": year.balance["totalShareholdersEquity"],
            },
            "profitAndLoss": {"turnover": year.turnover, "netResult": year.profit_and_loss["profitAfterTax"]},
        }
        for year in years
        if kind
    ]


def sections(company: Company, years: list[Year], language: str) -> Json:
    """What each country adds; the United States have neither accounts nor payments on file."""
    del language  # these sections exist in one language only
    made = _BY_COUNTRY.get(company.country)
    report: Json = made(company) if made else {"negativeInformation": {}, "additionalInformation": {}}
    local = _local_accounts(company, years)
    if local:
        report["localFinancialStatements"] = local
    report["additionalInformation"] |= ratings.british_history(company)
    report["additionalInformation"]["companyHistory"] = ratings.happenings(company)
    return report
