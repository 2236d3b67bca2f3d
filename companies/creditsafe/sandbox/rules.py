"""Event rules: the catalogue, what a portfolio switched on, and which facts a rule lets through (API reference 2.8).

Names of 101 and 102 follow public sources; the others, and the meaning of every code that is not global except
1801 and 1802, are ours: no public list names them.
"""

from typing import NamedTuple

from companies.creditsafe.sandbox import bureau
from companies.creditsafe.sandbox.changes import Fact
from companies.creditsafe.sandbox.wire import (
    NO_CONTENT,
    Call,
    Json,
    RefusalError,
    Reply,
    Route,
    bad_request,
    not_found,
    ok,
    route,
)  # fmt: skip
from companies.creditsafe.sandbox.world import Portfolio, Setting, World


class Rule(NamedTuple):
    country: str
    code: int
    type_number: int
    type_name: str
    name: str
    params: tuple[str, ...] = ()


CATALOGUE = (
    Rule(
        "XX",
        101,
        4,
        "Rating band change - 3 input",
        "International Rating | Reduce by {0} Band(s) OR Less than Band {1}",
        ("1", "A", ""),
    ),
    Rule(
        "XX",
        102,
        5,
        "Limit change - 3 input",
        "Credit Limit | Any change OR reduce by {1}% OR less than {2}",
        ("true", "", ""),
    ),
    Rule("XX", 103, 1, "Simple", "Company Status"),
    Rule("XX", 104, 1, "Simple", "Company Name"),
    Rule("XX", 105, 1, "Simple", "Address"),
    Rule("XX", 106, 1, "Simple", "Telephone Number"),
    Rule("XX", 107, 1, "Simple", "Board of Directors"),
    Rule("FR", 302, 1, "Simple", "Company Status | Judgment or collective procedure"),
    Rule("FR", 704, 1, "Simple", "Financial | New accounts filed"),
    Rule("FR", 802, 1, "Simple", "Financial | Preferential right (privilege) registered"),
    Rule("GB", 1801, 2, "Number - 1 input", "Local Score | Decrease by {0} or more", ("15",)),
    Rule("GB", 1802, 2, "Number - 1 input", "Local Score | Increase by {0} or more", ("10",)),
    Rule("GB", 1804, 1, "Simple", "Financial | New accounts filed"),
    Rule("GB", 1815, 1, "Simple", "Company Status | Winding up or administration"),
    Rule("BE", 1703, 1, "Simple", "Financial | New accounts filed"),
    Rule("BE", 1718, 1, "Simple", "Company Status | Collective procedure"),
    Rule("DE", 2004, 1, "Simple", "Financial | New accounts filed"),
    Rule("DE", 2006, 1, "Simple", "Company Status | Insolvency"),
    Rule("IT", 1404, 1, "Simple", "Negative | New protests"),
    Rule("IT", 1405, 1, "Simple", "Financial | New accounts filed"),
    Rule("IT", 1406, 1, "Simple", "Company Status"),
    Rule("ES", 2201, 1, "Simple", "Financial | New accounts filed"),
    Rule("ES", 2202, 1, "Simple", "Company Status | Collective procedure"),
    Rule("SE", 3040, 1, "Simple", "Financial | New accounts filed"),
    Rule("SE", 3044, 1, "Simple", "Company Status | Bankruptcy or reconstruction"),
    Rule("US", 1603, 1, "Simple", "Company Status | Bankruptcy filing"),
)
BY_CODE = {(rule.country, rule.code): rule for rule in CATALOGUE}
_KEYS = {"ruleCode", "isActive", "param0", "param1", "param2", "ruleCountryCode"}


def _row(rule: Rule, setting: Setting | None) -> Json:
    active = setting.active if setting else 0
    row: Json = {
        "isActive": bool(active) if rule.code % 2 else active,  # read back as either, written only as an integer
        "ruleCode": rule.code,
        "ruleCountryCode": rule.country,
        "ruleType": rule.type_number,
        "ruleTypeName": rule.type_name,
        "name": rule.name,
    }
    params = setting.params if setting and setting.params else rule.params
    return row | {f"param{place}": text for place, text in enumerate(params)}


def _country(call: Call) -> str:
    code = call.names["country"].upper()
    if code not in {rule.country for rule in CATALOGUE} | {"PLC"}:
        raise not_found("EventRule resource not found")
    return code


def catalogue(world: World, call: Call) -> Reply:
    """`GET /monitoring/eventRules[/{cc}]`: a bare array."""
    del world
    wanted = _country(call) if "country" in call.names else ""
    return ok([_row(rule, None) for rule in CATALOGUE if wanted in {"", rule.country}])


def settings(world: World, call: Call) -> Reply:
    """`GET …/portfolios/{id}/eventRules[/{cc}]`: the catalogue with what the portfolio switched on."""
    portfolio = world.portfolio(call)
    wanted = _country(call) if "country" in call.names else ""
    return ok(
        [
            _row(rule, portfolio.rules.get(rule.country, {}).get(rule.code))
            for rule in CATALOGUE
            if wanted in {"", rule.country}
        ]
    )


def _read(row: object, country: str) -> tuple[int, Setting]:
    if not isinstance(row, dict) or not {"ruleCode", "isActive"} <= set(row) <= _KEYS:
        raise bad_request("Each rule needs ruleCode and isActive, and takes param0, param1, param2 besides.")
    code, active = row["ruleCode"], row["isActive"]
    if type(code) is not int or type(active) is not int or active not in {0, 1}:
        raise bad_request("ruleCode and isActive must be integers; isActive is 0 or 1.")
    if (country, code) not in BY_CODE or row.get("ruleCountryCode", country) != country:
        raise RefusalError(404, {"message": "EventRule resource not found"})
    known = len(BY_CODE[country, code].params)
    params = [row.get(f"param{place}") or "" for place in range(known)]
    if not all(isinstance(text, str) for text in params):
        raise bad_request("Parameters of rules are strings.")
    return code, Setting(active, params)


def put(world: World, call: Call) -> Reply:
    """`PUT …/eventRules/{cc}`: the whole list of a country; rules left out of it are switched off."""
    portfolio, country, body = world.portfolio(call), _country(call), call.body()
    if not isinstance(body, list) or not body:
        raise bad_request("The request body must be an array of rules.")
    portfolio.rules[country] = dict(_read(row, country) for row in body)
    world.touch()
    return NO_CONTENT


def set_default(world: World, call: Call) -> Reply:
    """`PUT …/eventRules/setDefault`: every rule off."""
    world.portfolio(call).rules.clear()
    world.touch()
    return NO_CONTENT


_RANK = "ABCDE"


def _lets_band(params: list[str], fact: Fact) -> bool:
    old, new = bureau.band(fact.before), bureau.band(fact.after)
    lost, letter = _RANK.index(new) - _RANK.index(old), params[1].strip()
    if not lost:
        return False
    if letter == "Any" or not (params[0] or letter):
        return True
    falls_to = letter in _RANK and _RANK.index(old) < _RANK.index(letter) <= _RANK.index(new)
    return (params[0].isdigit() and lost >= int(params[0])) or falls_to


def _lets_limit(params: list[str], fact: Fact) -> bool:
    if params[0].lower() == "true" or not any(params):
        return True
    if fact.before is None or fact.after is None:
        return False
    dropped = params[1].isdigit() and fact.before and 100 * (fact.before - fact.after) / fact.before >= int(params[1])
    below = params[2].isdigit() and fact.after < int(params[2]) <= fact.before
    return bool(dropped or below)


def lets_through(portfolio: Portfolio, fact: Fact) -> bool:
    """Whether the portfolio has the rule of the fact on, and its parameters let the fact through."""
    setting = portfolio.rules.get(fact.country, {}).get(fact.code)
    if setting is None or not setting.active:
        return False
    if fact.code == 101:
        return _lets_band(setting.params, fact)
    if fact.code == 102:
        return _lets_limit(setting.params, fact)
    if fact.code in {1801, 1802}:
        least = int(setting.params[0]) if setting.params[0].isdigit() else 1
        return abs((fact.before or 0) - (fact.after or 0)) >= least
    return True


def shown(portfolio: Portfolio, fact: Fact) -> tuple[str, str]:
    """Old and new value as the portfolio sees them: bands instead of scores when param2 of 101 is true."""
    setting = portfolio.rules[fact.country][fact.code]
    if fact.code == 101 and setting.params[2].lower() == "true":
        return bureau.band(fact.before), bureau.band(fact.after)
    return fact.old, fact.new


_PORTFOLIO = "/monitoring/portfolios/{portfolio}/eventRules"
ROUTES: list[Route] = [
    route("GET", "/monitoring/eventRules", catalogue),
    route("GET", "/monitoring/eventRules/{country}", catalogue),
    route("GET", _PORTFOLIO, settings),
    route("PUT", f"{_PORTFOLIO}/setDefault", set_default),
    route("GET", f"{_PORTFOLIO}/{{country}}", settings),
    route("PUT", f"{_PORTFOLIO}/{{country}}", put),
]
