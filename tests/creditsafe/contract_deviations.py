"""Where the sandbox deviates from the published contract, as real traffic does: sections of the API reference.

`call` and `what` are patterns with `*`; each must still be needed.
"""

from fnmatch import fnmatchcase
from typing import NamedTuple


class Deviation(NamedTuple):
    call: str
    what: str
    section: str
    reason: str

    def covers(self, found: str) -> bool:
        return fnmatchcase(found, f"{self.call} {self.what}")


REPORT = "GET /companies/{connectId} 200"
SEARCH = "GET /companies 200"
EVENTS = "GET /monitoring/* 200"
WATCHED = "GET /monitoring/portfolios/{portfolioId}/companies* 200"
DEVIATIONS = (
    # Statuses and bodies of refusals
    Deviation("GET /access 403", ": status", "1.4", "a malformed header is a 403 of the gateway"),
    Deviation("GET /companies/{connectId} 403", ": status", "1.4", "a country outside the subscription"),
    Deviation("GET /companies/{connectId} 429", ": status", "1.5", "the rate limit is described in prose only"),
    Deviation("GET /companies/{connectId} 500", ": status", "1.4", "5xx are not documented, and may be HTML"),
    Deviation("GET /companies/{connectId} 400", "messages: unknown key", "1.4", "ReportUnavailable comes in messages"),
    Deviation("GET /companies/schema/{countryCode} 400", ": status", "1.4", "an unsupported country, as in a search"),
    Deviation("GET /images/{imageId} 404", ": status", "1.4", "one of the 404 whose wording differs by endpoint"),
    Deviation("GET /people/{peopleId} 404", ": status", "1.4", "one of the 404 whose wording differs by endpoint"),
    Deviation("GET /monitoring/companies/{id}/events 404", ": status", "2.8", "only for companies of a portfolio"),
    Deviation("* /decisionEngine/* 404", ": status", "1.4", "the newer gateway answers 404 with details"),
    Deviation("POST /monitoring/portfolios 409", ": status", "2.8", "seen when the name is taken"),
    Deviation(
        "DELETE /monitoring/portfolios/{portfolioId}/companies/{companyId} 404",
        *(": type string", "2.8", "an object as everywhere; only this version of the contract has a JSON string"),
    ),
    Deviation("GET /nowhere 404", ": no such operation", "1.4", "a path that is not in the contract"),
    Deviation("DELETE /companies 405", ": no such operation", "1.4", "a method that is not in the contract"),
    # Searches
    Deviation(SEARCH, "companies.*.officeType: enum", "2.3", "really HeadOffice, headOffice on paper"),
    Deviation(SEARCH, "companies.*.address.*: unknown key", "2.3", "really postCode and houseNo"),
    Deviation(SEARCH, "companies.*.phoneNumbers: unknown key", "2.3", "seen, not specified"),
    Deviation(SEARCH, "companies.*.statusDescription: unknown key", "2.3", "seen, not specified"),
    Deviation(SEARCH, "companies.*.id2: unknown key", "2.3", "a second id, in the United States only"),
    Deviation("GET /companies/match 200", ": oneOf", "2.3", "an empty list fits both alternatives of the contract"),
    Deviation(
        "GET /companies/searchcriteria 200",
        *("criteriaSets.*: unknown key", "2.2", "real criteria have phoneNo, acronym, and say required for optional"),
    ),
    Deviation("GET /people 200", "directors.*: unknown key", "2.6", "American rows are richer and different"),
    # Reports and documents
    Deviation(REPORT, "userI[dD]: type integer", "2.4", "a string in a real report"),
    Deviation(REPORT, "report.groupStructure.*: unknown key", "3.2", "real: registrationNumber and safeNumber"),
    Deviation(REPORT, "report.localFinancialStatements.*: unknown key", "3.4", "the contract leaves local parts open"),
    Deviation(REPORT, ": media type application/pdf", "2.5", "raw PDF is the newer form"),
    Deviation("GET /images/{imageId} 200", ": media type application/pdf", "2.6", "JSON on paper, bytes in prose"),
    # Monitoring
    Deviation("P* /monitoring/* 204", ": no body", "2.8", "204 has an empty body, whatever schema it is given"),
    Deviation("* /monitoring/*notificationEvents/{n} *", ": no such operation", "2.8", "removed, and still answered"),
    Deviation("GET /monitoring/*dataByDay 200", ": no such operation", "2.8", "deployed, not in this contract"),
    Deviation(
        "GET /monitoring/portfolios/{portfolioId}/companies/{companyId}/notificationEvents 200",
        *(": status", "2.8", "only the 204 of a company without events is specified"),
    ),
    Deviation(EVENTS, "data.*Date: format date-time", "1.8", "seven forms of dates, empty texts among them"),
    Deviation(EVENTS, "data.*.createdDate: unknown key", "2.8", "returned although it left the table"),
    Deviation("GET /monitoring/*eventRules* 200", "*isActive: type boolean", "2.8", "read as 0, 1 or a boolean"),
    Deviation("GET /monitoring/eventRules* 200", "*.param2: unknown key", "2.8", "rules 101 and 102 have three"),
    Deviation("GET /monitoring/portfolios 200", "*isDefault: type string", "2.8", "a boolean in all examples"),
    Deviation(WATCHED, "*companyStatus: type string", "1.8", '"1", 1 or "Active"'),
    Deviation(WATCHED, "*ratingLocal: type string", "1.8", "a string or a number"),
    Deviation(WATCHED, "*date*: format date-time", "1.8", "seven forms of dates, empty texts among them"),
    Deviation(WATCHED, "id: unknown key", "2.8", "id in examples and in traffic, connectId on paper"),
    Deviation("GET /monitoring/*sharingPermissions 200", "*userPermissions: unknown key", "2.8", "the older plural"),
    Deviation("GET /monitoring/user/details 200", "*Date: format date-time", "1.8", "dates without T, zone or digits"),
    # Decisions
    Deviation("POST /decisionEngine/{provenirId} 200", "statusCode: type string", "2.7", "a string or a number"),
)
