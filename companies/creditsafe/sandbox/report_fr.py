"""The parts of a report that only France has (API reference 3.4)."""

from datetime import date, timedelta

from companies.creditsafe.sandbox import accounts_fr, accounts_fr_full, accounts_fr_sig, bureau, ratings
from companies.creditsafe.sandbox.accounts import Year
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import Json, midnight, month_year

JUDGMENTS = {
    "LJ": "Involuntary Liquidation",
    "RJ": "Judicial Recovery",
    "SV": "Safeguard Procedure",
    "CI": "Closure for Insufficient Assets",
    "CRE": "Rulings linked to debts",
}


def _payments(company: Company) -> Json:
    """Payment behaviour: every figure a text."""
    rng = company.random("payments")
    balance = rng.randint(2_000, 90_000)
    late = round(balance * rng.uniform(0.02, 0.4))
    return {
        "industryDbt": str(rng.randint(4, 19)),
        "paymentTrend": rng.choice(("TrendNotAvailable", "Improving", "Stable", "Worsening")),
        "averageMonthlyBalance": str(balance),
        "balanceP1": str(late // 2),
        "balanceP2": str(late // 4),
        "balanceP3": str(late // 8),
        "balanceP4": "0",
        "balanceWithinTerms": str(balance - late),
        "recentHighBalance": str(balance * 2),
        "totalTradeLines": str(rng.randint(1, 24)),
        "totalTradeLinesOutstanding": str(rng.randint(0, 6)),
    }


def _ruling(company: Company, day: date, code: str) -> list[Json]:
    """One ruling as two sources give it: with and without its court."""
    row: Json = {"effectiveDate": midnight(day), "typeOfJudgement": {"code": code, "value": JUDGMENTS[code]}}
    if code == "CI":
        return [row]
    detail = (
        "Jugement prononçantla procédure collective , désignant mandataire judiciaire MAîTRE Courtebray "
        "les créances sont à déclarer dans les deux mois de la publicationau Bodacc"
    )
    court = f"TRIBUNAL DE COMMERCE DE {company.address.city.upper()}"
    return [row | {"court": court, "details": detail, "liquidators": ["MAîTRE COURTEBRAY"]}, dict(row)]


def _negative(company: Company) -> Json:
    section: Json = {
        "preferentialRightsDetails": {
            "statusOfMonitoring": "Monitored",
            "numberOfActivePreferentialRights": company.privileges,
            "socialSecurityAndPensionFunds": {"numberOfPreferentialRights": (company.privileges + 1) // 2},
            "taxOffice": {"numberOfPreferentialRights": company.privileges // 2},
        }
    }
    notices = sorted(company.notices, reverse=True)
    if notices:
        section["judgements"] = [row for day, code in notices for row in _ruling(company, day, code)]
        day, code = notices[0]
        published = day + timedelta(days=9)
        opened = {"judgment": JUDGMENTS[code], "effectiveDate": midnight(day)}
        section["collectiveProcedures"] = {
            "courts": [opened | {"court": f"TC {company.address.city.upper()}"}],
            "rncs": [],
            "bodacc": [opened | {"publicationDate": midnight(published)}],
            "otherSources": [],
        }
    return section


def _misc(company: Company) -> Json:
    siren, city = company.number, company.address.city
    return {
        "financialAccountsType": "F",
        "statusCode": "A" if company.active else "C",
        "officeType": "1",
        "numberOfBranches": str(len(company.branches)),
        "numberOfEmployeesAtCompany": "1 or 2 employees" if company.staff < 3 else f"{company.staff} employees",
        "streetAddress": f"{company.address.number} {company.address.street}".upper(),
        "postalCode": company.address.postcode,
        "municipality": city.upper(),
        "subRegion": company.address.province,
        "numberOfCompanies": 1,
        "courtRegistryNumber": siren,
        "registrationCourt": city,
        "numberOfDirectors": len(company.directors),
        "rcsRegistration": f"RCS {city} B {siren[:3]} {siren[3:6]} {siren[6:]}",
        "regionDbt": 9 + company.index % 14,
        "preferentialStatus": "-",
        "negativeRating": -1 if company.standing.score is None else 0,
        "summaryFormationDate": month_year(company.created),
    }


def _gazettes(company: Company, years: list[Year]) -> list[Json]:
    rows = [
        {
            "publicationDate": midnight(day + timedelta(days=9)),
            "type": "Bodacc A : Procédures collectives",
            "name": "A_PCL",
            "description": JUDGMENTS[code],
            "publicationArea": company.address.province,
            "court": f"TC {company.address.city}",
        }
        for day, code in sorted(company.notices, reverse=True)
    ]
    for year in years[:3]:
        published = year.end + timedelta(days=205)
        if published < bureau.REFERENCE_DAY:
            row = {"publicationDate": midnight(published), "type": "Bodacc C : Dépôts des comptes", "name": "C_DPC"}
            # In old notices the text has slipped into another column.
            slipped = (
                {"publicationArea": "Comptes annuels et rapports"}
                if year is years[-1]
                else {"description": "Comptes annuels"}
            )
            rows.append(row | slipped)
    return rows


def _key_figures(years: list[Year]) -> list[Json]:
    return [
        {
            "yearToDate": midnight(year.end),
            "turnover": year.turnover,
            "grossOperatingSurplus": round(100 * accounts_fr_sig.operating_surplus(year) / year.turnover, 2),
            "shareholdersEquity": year.balance["totalShareholdersEquity"],
            "netResult": year.profit_and_loss["profitAfterTax"],
            "employees": f"{year.staff} employees",
        }
        for year in years
    ]


def _commentaries(company: Company, years: list[Year]) -> list[Json]:
    if not years:
        return [{"commentaryText": "No accounts are available for this company.", "positiveOrNegative": "Negative"}]
    profit = years[0].profit_and_loss["profitAfterTax"] > 0
    rows = [
        {
            "commentaryText": f"The company made a {'profit' if profit else 'loss'} in its latest year.",
            "positiveOrNegative": "Positive" if profit else "Negative",
        }
    ]
    if company.privileges:
        rows.append({"commentaryText": "Preferential rights are registered.", "positiveOrNegative": "Negative"})
    return rows


def _additional(company: Company, years: list[Year], language: str) -> Json:
    rng = company.random("trends")
    words = ("Greater", "Less", "Equal")
    counts = {f"month{month}": rng.randint(0, 6) for month in range(1, 13)}
    return {
        "misc": _misc(company),
        "trends": {name: rng.choice(words) for name in ("profitability", "liquidity", "netWorth")},
        "establishmentDetails": {
            "typeOfEstablishmentDescription": "Siège social" if language == "fr" else "Head Office",
            "formationDate": midnight(company.created),
            "department": company.address.province,
            "city": company.address.city,
        },
        "companyHistory": ratings.happenings(company),
        "gazettes": _gazettes(company, years),
        "commentaries": _commentaries(company, years),
        "ratingHistory": ratings.french_history(company, language),
        "industryAverages": {"creditLimit": rng.randint(4_000, 60_000), "creditRating": rng.randint(32, 61)},
        "keyFinancials": _key_figures(years),
        "branches": [
            {
                "companyNumber": branch.number,
                "companyName": company.registered_name,
                "type": "Branch",
                "status": "A",
                "activityApe": company.trade.code,
                "address": branch.address.line,
            }
            for branch in company.branches
        ],
        "enquiriesTrend": counts | {"monthlyAverage": sum(counts.values()) // 12},
    }


def sections(company: Company, years: list[Year], language: str) -> Json:
    """Local accounts (all short forms first, then the full ones), payments, negative and additional information."""
    report: Json = {}
    if years:
        recent = years[:3]
        rows = [accounts_fr.synthesised(company, year) for year in recent]
        rows += [accounts_fr_full.statement(year, complete=year is years[0]) for year in recent]
        report["localFinancialStatements"] = rows
    return report | {
        "paymentData": _payments(company),
        "negativeInformation": _negative(company),
        "additionalInformation": _additional(company, years, language),
    }
