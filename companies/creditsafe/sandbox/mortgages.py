"""Charges on British companies: the rows that make a report as large as a megabyte (API reference 5, quirk 23).

Public sources name `mortgageDetails` and count its rows; the keys of a row are ours.
"""

from datetime import timedelta
from random import Random

from companies.creditsafe.sandbox import bureau
from companies.creditsafe.sandbox.directory import Company
from companies.creditsafe.sandbox.wire import Json, midnight

MANY = 706
_SECURED = (
    "ALL MONIES DUE OR TO BECOME DUE FROM THE COMPANY TO THE CHARGEE ON ANY ACCOUNT WHATSOEVER UNDER THE TERMS OF THE "
    "AFOREMENTIONED INSTRUMENT CREATING OR EVIDENCING THE CHARGE, TOGETHER WITH INTEREST, COSTS AND EXPENSES"
)
_PARTICULARS = (
    "BY WAY OF LEGAL MORTGAGE ALL THAT FREEHOLD OR LEASEHOLD PROPERTY KNOWN AS {place} AND REGISTERED AT THE LAND "
    "REGISTRY WITH TITLE ABSOLUTE UNDER NUMBER {title}. BY WAY OF FIXED CHARGE THE BENEFIT OF ALL COVENANTS AND RIGHTS "
    "CONCERNING THE PROPERTY AND PLANT MACHINERY FIXTURES FITTINGS FURNITURE EQUIPMENT IMPLEMENTS AND UTENSILS THE "
    "GOODWILL OF ANY BUSINESS CARRIED ON AT THE PROPERTY AND THE PROCEEDS OF ANY INSURANCE AFFECTING THE PROPERTY. "
    "NOTIFICATION OF ADDITION TO OR AMENDMENT OF CHARGE. THE COMPANY COVENANTS NOT TO DISPOSE OF THE ASSETS CHARGED "
    "WITHOUT THE PRIOR WRITTEN CONSENT OF THE CHARGEE, SAVE IN THE ORDINARY COURSE OF ITS TRADE, AND TO KEEP THE "
    "PROPERTY INSURED AGAINST LOSS OR DAMAGE BY FIRE, EXPLOSION, STORM, FLOOD, BURST PIPES AND SUCH OTHER RISKS AS THE "
    "CHARGEE MAY FROM TIME TO TIME REASONABLY REQUIRE IN ITS FULL REINSTATEMENT VALUE"
)
_BANKS = ("Marlbank PLC", "The Northmoor Bank PLC", "Estholme Capital Limited", "Kestrel Invoice Finance Limited")


def _row(company: Company, place: int, rng: Random) -> Json:
    created = bureau.REFERENCE_DAY - timedelta(days=place * 13 + rng.randint(20, 30))
    satisfied = place % 3 == 2
    row: Json = {
        "mortgageType": "MORTGAGE",
        "mortgageNumber": str(place + 1),
        "dateChargeCreated": midnight(created),
        "dateChargeRegistered": midnight(created + timedelta(days=9)),
        "status": "SATISFIED" if satisfied else "OUTSTANDING",
        "personsEntitled": rng.choice(_BANKS),
        "amountSecured": _SECURED,
        "details": _PARTICULARS.format(place=company.address.line.upper(), title=f"WX{rng.randint(10_000, 99_999)}"),
    }
    return row | ({"dateChargeSatisfied": midnight(created + timedelta(days=400))} if satisfied else {})


def section(company: Company, count: int) -> Json:
    """The summary and, newest first, `count` charges."""
    rng = company.random("mortgages")
    rows = [_row(company, place, rng) for place in range(count)]
    satisfied = sum(row["status"] == "SATISFIED" for row in rows)
    made: Json = {"mortgageSummary": {"outstanding": count - satisfied, "satisfied": satisfied}}
    return made | ({"mortgageDetails": rows} if rows else {})
