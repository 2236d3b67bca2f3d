"""Company search, its criteria, and match (API reference 2.2 and 2.3)."""

import re
from difflib import SequenceMatcher

from companies.creditsafe.sandbox import wire
from companies.creditsafe.sandbox.access import COUNTRIES
from companies.creditsafe.sandbox.directory import Address, Branch, Company, plain, unaccented, words
from companies.creditsafe.sandbox.wire import Call, Json, Reply, Route, bad_request, ok, route, traced
from companies.creditsafe.sandbox.world import World

MOST_HITS = 500
KNOWN_COUNTRIES = {*COUNTRIES, "NL", "LU", "CH", "PT", "AT", "IE", "NO", "DK", "FI", "PLC"}
_ADDRESS = ("address", "street", "houseNo", "city", "postCode", "province")
_NAMED = ("name", "tradeName", "acronym", "status", "type", *_ADDRESS)
# Parameters of one search must fit one of these sets: (the required one, or "", then the others).
SETS = (("id", ()), ("safeNo", ()), ("regNo", ()), ("vatNo", ()), ("", _NAMED), ("phoneNo", ()))
_NEUTRAL = {"countries", "page", "pageSize", "language", "callRef", "exact", "officeType", "customData", "website"}
_PARAMETERS = " ".join(sorted(_NEUTRAL | {"id", "safeNo", "regNo", "vatNo", "phoneNo", *_NAMED}))
_LENGTHS = {"name": (2, 200), "city": (2, 100), "street": (2, 200), "postCode": (2, 12), "address": (2, 250)}
_REGISTRATION = {"FR": (9, 14), "GB": (2, 8)}
_OFFICES = {
    "registered",
    "trading",
    "headoffice",
    "branch",
    "subsidiary",
    "franchise",
    "franchisor",
    "singleoffice",
    "other",
}


def countries(call: Call) -> list[str]:
    """The countries asked for, each one known."""
    asked = [code.strip().upper() for code in call.required("countries").split(",") if code.strip()]
    for code in asked:
        if code not in KNOWN_COUNTRIES:
            raise bad_request(f"{code} is not a supported country")
    return asked


def check_access(world: World, country: str) -> None:
    if world.faults.argument("403-country").upper() == country:
        raise wire.forbidden(f"No access to {country} reports")


def _field(name: str, *, required: bool, country: str) -> Json:
    row: Json = {"required": required}
    if name == "safeNo":
        row |= {"minLength": 10, "maxLength": 10, "validationRegExp": rf"{country}\d{{8}}"}
    if name == "regNo" and country in _REGISTRATION:
        row |= dict(zip(("minLength", "maxLength"), _REGISTRATION[country], strict=True))
    if name in _LENGTHS:
        row |= {"minLength": _LENGTHS[name][0]}
    if name == "status":
        row["allowedValues"] = ["Active", "NonActive"]
    return row


def criteria(world: World, call: Call) -> Reply:
    """`GET /companies/searchcriteria`: the sets, of which one search may use only one."""
    asked = countries(call)
    for code in asked:
        check_access(world, code)
    sets: list[Json] = []
    for needed, others in SETS:
        one: Json = {needed: _field(needed, required=True, country=asked[0])} if needed else {}
        plain_names = [name for name in others if name not in _ADDRESS and (name != "acronym" or asked == ["FR"])]
        one |= {
            name: _field(name, required=name == "name" and asked == ["FR"], country=asked[0]) for name in plain_names
        }
        if others:
            parts = {name: _field(name, required=False, country=asked[0]) for name in _ADDRESS[1:]}
            one["address"] = {"simpleValue": {"required": False, "minLength": 2}} | parts
        sets.append(one)
    languages = ["FR", "EN"] if "FR" in asked else ["EN"]
    return traced(countries=asked, languages=languages, criteriaSets=sets)


def _check_set(call: Call) -> None:
    given = {name for name in call.query if name not in _NEUTRAL and call.text(name)}
    for needed, others in SETS:
        allowed = {needed, *others} if needed else set(others)
        telling = {needed} if needed else allowed - {"status", "type"}
        if given <= allowed and given & telling:
            return
    raise bad_request("Specified criteria combination is not allowed")


def _check_lengths(call: Call, asked: list[str]) -> None:
    limits = dict(_LENGTHS)
    if len(asked) == 1 and asked[0] in _REGISTRATION:
        limits["regNo"] = _REGISTRATION[asked[0]]
    for name, (least, most) in limits.items():
        text = call.text(name)
        if text and len(text) < least:
            raise bad_request(f"{name} is shorter than the required minimum lenght of {least}")
        if len(text) > most:
            raise bad_request(f"{name} is longer than the required maximum length of {most}")
    if call.text("safeNo") and not re.fullmatch(r"[A-Z]{2}\d{8}", call.text("safeNo")):
        raise bad_request("safeNo is not valid: it must match the validation expression")
    if call.flag("exact") and call.text("regNo"):
        raise bad_request("Parameters not supported: exact")


def _matches(pattern: str, value: str) -> bool:
    """Compare without accents, case and blanks; a trailing * stands for anything."""
    wanted, found = (unaccented(text).upper().replace(" ", "") for text in (pattern, value))
    return found.startswith(wanted[:-1]) if wanted.endswith("*") else wanted in found


def _share_of_words(asked: list[str], name: str) -> float:
    """How many of the words asked for begin a word of the name, from 0 to 1."""
    there = words(name)
    hits = sum(any(word.startswith(one) or one.startswith(word) for word in there) for one in asked)
    return hits / len(asked)


def _by_name(world: World, call: Call) -> list[Company]:
    name = call.text("name") or call.text("tradeName") or call.text("acronym")
    asked = words(name)
    if not asked:
        return [] if name else world.directory.companies
    if call.flag("exact"):
        return [one for one in world.directory.sharing_a_word(name) if words(one.registered_name) == asked]
    scored = [(_share_of_words(asked, one.registered_name), one) for one in world.directory.sharing_a_word(name)]
    kept = [(share, one) for share, one in scored if share > 0.5 or (share == 0.5 and len(asked) == 2)]
    return [one for _, one in sorted(kept, key=lambda pair: (-pair[0], pair[1].index))]


def _candidates(world: World, call: Call) -> list[Company]:
    known = world.directory
    if call.text("id") or call.text("safeNo"):
        found = known.find(call.text("id") or call.text("safeNo"))
        return [found] if found else []
    if call.text("regNo"):
        return known.by_number.get(plain(call.text("regNo")), [])
    if call.text("vatNo"):
        found = known.by_vat.get(plain(call.text("vatNo")))
        return [found] if found else []
    if "phoneNo" in call.query:
        return [known.by_phone[plain(text)] for text in call.query["phoneNo"] if plain(text) in known.by_phone]
    return _by_name(world, call)


def _fits_address(call: Call, address: Address) -> bool:
    values = {
        "address": address.line, "street": address.street, "houseNo": address.number,
        "city": address.city, "postCode": address.postcode, "province": address.province,
    }  # fmt: skip
    return all(_matches(call.text(name), value) for name, value in values.items() if call.text(name))


def _offices(call: Call, company: Company) -> list[Branch | None]:
    """The establishments of a company that the search wants; None stands for the head office."""
    wanted = call.text("officeType").lower()
    if wanted and wanted not in _OFFICES:
        raise bad_request(f"officeType '{wanted}' is not valid.")
    offices: list[Branch | None] = [] if wanted == "branch" else [None]
    if not wanted or wanted == "branch":
        offices += company.branches
    number = plain(call.text("regNo"))
    if company.country == "FR" and len(number) == 14:
        offices = [one for one in offices if (one.number if one else company.office) == number]
    return [one for one in offices if _fits_address(call, one.address if one else company.address)]


def address_keys(address: Address, *, turn: int) -> Json:
    """A search address: `postCode` and `houseNo`, unlike the report's (API reference 2.3)."""
    row = {"simpleValue": address.line, "street": address.street, "city": address.city, "postCode": address.postcode}
    if turn % 5:
        row["houseNo"] = address.number
    return row | ({"province": address.province} if turn % 3 == 0 else {})


def item(company: Company, branch: Branch | None) -> Json:
    """One search result with the irregular keys of the real ones."""
    turn, number = company.index, branch.number if branch else company.office
    row: Json = {
        "id": f"FR-X-{number}" if branch else company.connect_id,
        "country": company.country,
        "regNo": number,
        "safeNo": company.safe_number,
        "name": company.registered_name,
        "address": address_keys(branch.address if branch else company.address, turn=turn),
        "status": "Active" if company.active else "NonActive",
        "type": "Ltd",
        "officeType": "Branch" if branch else "HeadOffice",
        "activityCode": company.trade.code if company.country == "FR" else company.trade.code[:4],
        "dateOfLatestChange": wire.irregular(wire.parse_moment(f"{company.history()[-1].day}T03:12:52"), 2),
    }
    if turn % 2 and company.country != "US":
        row["dateOfLatestAccounts"] = "2025-12-31T00:00:00.000000Z"
    if company.vat and turn % 6:
        row["vatNo"] = [company.vat] if turn % 2 else company.vat
    if turn % 4 == 0:
        row |= {"phoneNumbers": [company.phone] if turn % 8 else [], "statusDescription": "Active"}
    if turn % 43 == 0 and company.country != "FR":
        del row["regNo"]
    if company.country == "US":
        row["id2"] = company.connect_id.replace("US-X-", "US001-X-")
    return row


def _note(code: str, text: str) -> list[Json]:
    return [{"type": "Information", "code": code, "text": text}]


def find(world: World, call: Call) -> Reply:
    """`GET /companies`: pages count from 1; no hit is a 200 with a message; too many bring no rows."""
    asked = countries(call)
    for code in asked:
        check_access(world, code)
    _check_set(call)
    _check_lengths(call, asked)
    number, size = call.whole("page", 1, least=1), call.whole("pageSize", 10, least=1, most=200)
    status = call.text("status").lower()
    hits = [
        item(company, office)
        for company in _candidates(world, call)
        if company.country in asked and (not status or (status == "active") == company.active)
        for office in _offices(call, company)
    ]
    if not hits:
        note = _note("NoResults", "No companies matching specified search criteria found.")
        return traced(totalSize=0, companies=[], messages=note)
    if len(hits) > MOST_HITS:
        return traced(
            totalSize=len(hits), companies=[], messages=_note("TooManyResults", "Too many results. Refine the search.")
        )
    start = (number - 1) * size
    if start and "repeat-page" in world.faults:
        start -= 1
    return traced(totalSize=len(hits), companies=hits[start : start + size])


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, " ".join(words(one)), " ".join(words(other))).ratio()


def _confidence(call: Call, company: Company) -> int:
    """898: the name is good; 899: the address as well; 900 to 999: graded, numbers agree at the top."""
    numbers = {plain(company.number), plain(company.office), plain(company.vat)} - {""}
    if {plain(call.text("regNo")), plain(call.text("vatNo"))} & numbers:
        return 999
    name = _likeness(call.text("name"), company.registered_name)
    if name < 0.75:
        return 0
    placed = call.text("postCode") == company.address.postcode or _matches(
        call.text("city") or "?", company.address.city
    )
    return (900 + round(98 * name) if name > 0.9 else 899) if placed else 898


def match(world: World, call: Call) -> Reply:
    """`GET /companies/match`: a third spelling of the postcode key, and graded confidence."""
    country, threshold = call.required("country").upper(), call.whole("matchThreshold", -1, least=0, most=999)
    if country not in KNOWN_COUNTRIES:
        raise bad_request(f"{country} is not a supported country")
    check_access(world, country)
    pool = [one for one in world.directory.sharing_a_word(call.text("name")) if one.country == country]
    for name in ("regNo", "vatNo"):
        pool += world.directory.by_number.get(plain(call.text(name)), []) if call.text(name) else []
    graded = {one.connect_id: (_confidence(call, one), one) for one in pool}
    best = sorted((pair for pair in graded.values() if pair[0] >= max(threshold, 1)), key=lambda pair: -pair[0])
    rows = [
        {
            "matchScoreConfidence": confidence,
            "id": company.connect_id,
            "country": company.country,
            "regNo": company.office,
            "safeNo": company.safe_number,
            "name": company.registered_name,
            "phoneNumber": int(re.sub(r"\D", "", company.phone)),
            "address": {
                "simpleValue": company.address.line,
                "city": company.address.city,
                "postcode": company.address.postcode,
            },
            "status": "Active" if company.active else "NonActive",
            "officeType": "HeadOffice",
        }
        for confidence, company in best[:20]
    ]
    return ok({"totalMatches": len(rows), "matchedCompanies": rows})


ROUTES: list[Route] = [
    route("GET", "/companies/searchcriteria", criteria, "countries"),
    route("GET", "/companies", find, _PARAMETERS),
    route(
        "GET", "/companies/match", match,
        "country matchThreshold regNo vatNo name street houseNo city postCode province state phoneNo reference1 "
        "reference2 reference3 callRef",
    ),
]  # fmt: skip
