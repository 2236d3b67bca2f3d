"""Words for the codes that reports use. The code stands beside the words; an unknown code stands alone."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from monitoring.services.statement_labels import KEYS

Labels = Mapping[str, Promise]

# Types of judgment (API reference 3.4); what is not here is shown as it came.
JUDGMENTS: Labels = {
    "LJ": _("Judicial liquidation"),
    "RJ": _("Judicial recovery"),
    "SV": _("Safeguard"),
    "CI": _("Closure for insufficient assets"),
    "CRE": _("Rulings on claims"),
}

# The kinds that the payloads tell apart (domain 5.11).
PROCEEDINGS: Labels = {
    "safeguard": _("Safeguard"),
    "receivership": _("Judicial recovery"),
    "liquidation": _("Judicial liquidation"),
    "opened": _("Collective proceeding opened"),
    "plan": _("Plan adopted"),
    "closed": _("Proceeding closed"),
    "insufficient_assets": _("Closure for insufficient assets"),
}

# Who told of a proceeding.
SOURCES: Labels = {
    "courts": _("Courts"),
    "rncs": _("Company register"),
    "bodacc": _("Official gazette (BODACC)"),
    "other": _("Other source"),
}

# The common ones of INSEE's list.
LEGAL_FORMS: Labels = {
    "1000": _("Sole trader"),
    "2110": _("Undivided estate between natural persons"),
    "3120": _("Foreign commercial company in the French register"),
    "5202": _("General partnership (SNC)"),
    "5306": _("Limited partnership (SCS)"),
    "5308": _("Partnership limited by shares (SCA)"),
    "5458": _("Workers' co-operative (SARL)"),
    "5485": _("Limited company of a liberal profession (SELARL)"),
    "5498": _("Limited company with one partner (EURL)"),
    "5499": _("Limited company (SARL)"),
    "5510": _("Public company of the state, with board"),
    "5515": _("Semi-public company"),
    "5558": _("Workers' co-operative (SA)"),
    "5599": _("Public limited company with board (SA)"),
    "5699": _("Public limited company with directorate (SA)"),
    "5710": _("Simplified joint stock company (SAS)"),
    "5720": _("Simplified joint stock company, one shareholder (SASU)"),
    "5785": _("Simplified company of a liberal profession (SELAS)"),
    "5800": _("European company (SE)"),
    "6220": _("Economic interest grouping (GIE)"),
    "6316": _("Farm machinery co-operative (CUMA)"),
    "6317": _("Farm co-operative"),
    "6521": _("Property investment company (SCPI)"),
    "6533": _("Farm grouping (GAEC)"),
    "6540": _("Property company (SCI)"),
    "6541": _("Property company for building and sale (SCCV)"),
    "6542": _("Property allotment company"),
    "6589": _("Professional partnership (SCM)"),
    "6598": _("Limited farm company (EARL)"),
    "6599": _("Other non-trading company"),
    "7210": _("Municipality"),
    "7220": _("Department"),
    "8210": _("Mutual society"),
    "9220": _("Association"),
    "9300": _("Foundation"),
}

# What the bureau writes beside a letter, in English reports.
RATING_WORDS: Labels = {
    "Very Low Risk": _("Very low risk"),
    "Low Risk": _("Low risk"),
    "Moderate Risk": _("Moderate risk"),
    "High Risk": _("High risk"),
    "Very High Risk": _("Very high risk"),
    "Not Scored": _("Not scored"),
    "Not Rated": _("Not rated"),
}

# How something moves.
TRENDS: Labels = {
    "Improving": _("Improving"),
    "Stable": _("Stable"),
    "Worsening": _("Worsening"),
    "TrendNotAvailable": _("Not available"),
    "Greater": _("Rising"),
    "Less": _("Falling"),
    "Equal": _("Unchanged"),
}

# Status words and codes of companies, branches and members of a group.
STATUSES: Labels = {
    "Active": _("Active"),
    "NonActive": _("Ceased"),
    "Pending": _("Pending"),
    "Other": _("Other"),
    "A": _("Active"),
    "C": pgettext_lazy("branch", "Closed"),
}

# Families of the official gazette (BODACC).
NOTICES: Labels = {
    "A_PCL": _("Collective proceedings"),
    "A_VENTES": _("Sales and transfers"),
    "A_CREATIONS": _("Registrations"),
    "B_MODIF": _("Changes"),
    "B_RAD": _("Removals from the register"),
    "C_DPC": _("Accounts filed"),
    "A": _("Sales, registrations, proceedings"),
    "B": _("Changes and removals"),
    "C": _("Accounts filed"),
}

# What a director or shareholder is.
KINDS: Labels = {
    "person": _("Person"),
    "company": _("Company"),
    "other": _("Other"),
}

# Lines of the company's history, in English reports.
EVENTS: Labels = {
    "Update Rating": _("Rating updated"),
    "New collective procedure": _("New collective proceeding"),
    "Payment incident closed": _("Payment incident closed"),
    "Change of company name": _("Name changed"),
}

# Keys of sections without a fixed layout: payments, exposure, life of the company (API reference 3.4 and 3.5).
FIGURES: Labels = {
    "averageMonthlyBalance": _("Average monthly balance"),
    "balanceP1": _("Late, period 1"),
    "balanceP2": _("Late, period 2"),
    "balanceP3": _("Late, period 3"),
    "balanceP4": _("Late, period 4"),
    "balanceWithinTerms": _("Balance within terms"),
    "recentHighBalance": _("Recent high balance"),
    "totalTradeLines": _("Trade lines"),
    "totalTradeLinesOutstanding": _("Trade lines outstanding"),
    "weightedDBT": _("Weighted days beyond terms"),
    "paymentsOnFile": _("Payments on file"),
    "paymentsPaid": _("Payments made"),
    "totalInvoiceValues": _("Total of invoices"),
    "numberOfInvoices": _("Number of invoices"),
    "companyExposure": _("Exposure of the company"),
    "activityLoss": _("Loss of the activity"),
    "creditLimit": _("Credit limit"),
    "creditRating": _("Score"),
    "profitability": _("Profitability"),
    "liquidity": _("Liquidity"),
    "regionDbt": _("Days beyond terms in the region"),
    "oddsOfFailure": _("Odds of failure"),
    "outstanding": _("Outstanding"),
    "satisfied": _("Satisfied"),
    "exactRegistered": _("County court judgments"),
    "possibleRegistered": _("Possible county court judgments"),
    "totalDebt": _("Total debt"),
    "monthlyAverage": _("Monthly average"),
    "typeOfEstablishmentDescription": _("Kind of establishment"),
    "formationDate": _("Created on"),
    "department": _("Department"),
    "city": _("City"),
    "district": _("District"),
    "area": _("Area"),
    "tradingAddress": _("Trading address"),
    "activityNature": _("Nature of the activity"),
    "activityLocation": _("Place of the activity"),
    "locationSurface": _("Floor area"),
    "rcsRegistration": _("Register entry"),
    "registrationCourt": _("Court of registration"),
    "numberOfBranches": _("Establishments"),
    "numberOfEmployeesAtCompany": _("Employees of the company"),
    "numberOfEmployeesAtAddress": _("Employees at the address"),
    "workforceAccount": _("Employees according to the accounts"),
    "inseeCode": _("Municipality code (INSEE)"),
    "subRegion": _("Department"),
    "municipality": _("Municipality"),
    "postalCode": _("Postcode"),
    "streetAddress": _("Street"),
    "statusCode": _("Status code"),
    "officeType": _("Kind of office"),
    "deregistrationDate": _("Removed from the register on"),
    "lastJudgement": _("Last judgment on"),
    "nationality": _("Nationality"),
    "preferentialStatus": _("Status of privileges"),
    "negativeRating": _("Reason of no score (code)"),
    "previousSiret": _("Former SIRET"),
    "financialAccountsType": _("Type of accounts"),
    "reasonForFormation": _("Reason of creation"),
    "filingDateOfAccounts": _("Accounts filed on"),
    "numberOfDirectors": _("Number of directors"),
    "numberOfCompanies": _("Number of companies"),
    "summaryFormationDate": _("Formed in"),
}

# What `failedSections` names (API reference 2.4).
SECTIONS: Labels = {
    "CompanySummary": _("Summary"),
    "CompanyIdentification": _("Identity"),
    "CreditScore": _("Score"),
    "ContactInformation": _("Contact"),
    "ShareCapitalStructure": _("Shareholders"),
    "Directors": _("Directors"),
    "Directorships": _("Other directorships"),
    "OtherInformation": _("Other information"),
    "GroupStructure": _("Group"),
    "ExtendedGroupStructure": _("Tree of the group"),
    "GlobalFinancialStatements": _("Standardised accounts"),
    "LocalFinancialStatements": _("Local accounts"),
    "PaymentData": _("Payment behaviour"),
    "NegativeInformation": _("Judgments and privileges"),
    "AdditionalInformation": _("Additional information"),
    "AlternateSummary": _("Alternate summary"),
}


def label(labels: Labels, code: str) -> str:
    """The words of a code; the code itself when it is unknown."""
    return str(labels.get(code, code))


def key_label(key: str) -> str:
    """The words of a key of a statement or of a free section; an unknown key taken apart at its capitals."""
    known = KEYS.get(key) or FIGURES.get(key)
    return str(known) if known is not None else taken_apart(key)


def taken_apart(key: str) -> str:
    """`totalTradeLines2` reads "Total trade lines 2"."""
    parts = " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+", key[:200])).split()
    words = " ".join(part if part.isupper() and len(part) > 1 else part.lower() for part in parts)
    return words[:1].upper() + words[1:]
