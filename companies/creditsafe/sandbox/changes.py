"""Changes of companies: what happens, what it changes, and the facts that rules may tell of."""

from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

from companies.creditsafe.sandbox import accounts, bureau, words_fr
from companies.creditsafe.sandbox.directory import Address, Company, Directory, unaccented

# A change is a dict that JSON can hold: {"id", "day", "kind", …}; replaying them rebuilds the companies.
Change = dict[str, Any]
KINDS = {
    "opinion": 46,
    "limit": 14,
    "directors": 10,
    "address": 8,
    "name": 4,
    "privilege": 7,
    "failure": 3,
    "accounts": 8,
}
# Rule codes that are not global. 704 and 802 (FR) are called "financial" and 302 "company details/status" by a public
# client, the names themselves are unknown (API reference 2.8): these meanings are ours.
STATUS_CODES = {"FR": 302, "GB": 1815, "IT": 1406, "BE": 1718, "DE": 2006, "ES": 2202, "SE": 3044, "US": 1603}
ACCOUNTS_CODES = {"FR": 704, "GB": 1804, "BE": 1703, "DE": 2004, "ES": 2201, "SE": 3040, "IT": 1405}
PRIVILEGE_CODES = {"FR": 802, "IT": 1404}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, as a rule would tell it. Scores and limits are kept beside their texts."""

    country: str
    code: int
    old: str
    new: str
    summary: str
    before: int | None = None
    after: int | None = None


def _text(score: int | None) -> str:
    return "Not Rated" if score is None else str(score)


def _amount(limit: str) -> int | None:
    return int(limit) if limit.isdigit() else None


def _opinion_facts(company: Company, change: Change) -> list[Fact]:
    found, standing = [], company.standing
    score, limit = change["score"], change["limit"]
    if score != standing.score:
        pair = _text(standing.score), _text(score)
        found.append(Fact("XX", 101, *pair, "International score changed", before=standing.score, after=score))
        if company.country == "GB":
            code = 1802 if (score or 0) > (standing.score or 0) else 1801
            found.append(Fact("GB", code, *pair, "Local score changed", before=standing.score, after=score))
    if limit != standing.limit:
        amounts = {"before": _amount(standing.limit), "after": _amount(limit)}
        found.append(Fact("XX", 102, standing.limit, limit, "Credit limit changed", **amounts))
    return found


def _failure_facts(company: Company, change: Change) -> list[Fact]:
    found = _opinion_facts(company, change | {"score": 0, "limit": "0"})
    told = {"LJ": "Liquidation judiciaire", "RJ": "Redressement judiciaire"}[change["judgment"]]
    if company.country in STATUS_CODES:
        found.append(
            Fact(company.country, STATUS_CODES[company.country], "", told, "Judgment opening a collective procedure")
        )
    if change["closes"]:
        found.append(Fact("XX", 103, "Active", "NonActive", "Company status changed"))
    return found


def facts(company: Company, change: Change) -> list[Fact]:
    """What the change would tell, before it is applied."""
    kind, country = change["kind"], company.country
    if kind == "opinion":
        return _opinion_facts(company, change)
    if kind == "failure":
        return _failure_facts(company, change)
    if kind == "accounts":
        told = Fact(country, ACCOUNTS_CODES.get(country, 0), "", f"Accounts {change['year_end']}", "New accounts filed")
        return [told] if told.code else []
    if kind == "privilege":
        count = company.privileges
        told = Fact(
            country, PRIVILEGE_CODES.get(country, 0), str(count), str(count + 1), "Preferential right registered"
        )
        return [told] if told.code else []
    if kind == "name":
        return [Fact("XX", 104, company.registered_name, change["name"], "Company name changed")]
    if kind == "address":
        return [Fact("XX", 105, company.address.line, Address(*change["address"]).line, "Address changed")]
    return [Fact("XX", 107, company.directors[0], change["director"], "Board of directors changed")]


def _apply_opinion(company: Company, score: int | None, limit: str, day: date) -> None:
    standing = company.standing
    old, new, contract = _amount(standing.limit), _amount(limit), standing.contract
    if new and old and contract:
        contract = float(bureau.rounded(contract * new / old))
    elif new:
        contract = float(new * 2)
    company.standing = replace(
        standing,
        score=score,
        limit=limit,
        contract=contract if new else None,
        failed=score == 0,
        changes=(*standing.changes, bureau.Opinion(day, score, limit)),
    )


def apply(directory: Directory, change: Change) -> None:
    """Make the change true: reports ordered from now on show it, and their histories have one row more."""
    company, kind = directory.by_id[change["id"]], change["kind"]
    day = date.fromisoformat(change["day"])
    company.version += 1
    if kind == "opinion":
        _apply_opinion(company, change["score"], change["limit"], day)
    elif kind == "failure":
        _apply_opinion(company, 0, "0", day)
        company.notices += ((day, change["judgment"]),)
        company.active = company.active and not change["closes"]
    elif kind == "accounts":
        company.filings += 1
    elif kind == "privilege":
        company.privileges += 1
    else:
        _apply_identity(directory, company, change)


def _apply_identity(directory: Directory, company: Company, change: Change) -> None:
    if change["kind"] == "name":
        company.former_names += ((date.fromisoformat(change["day"]), company.registered_name),)
        company.name = change["name"].removesuffix(f" {company.form.short}")
        directory.index_name(company)
    elif change["kind"] == "address":
        company.former_addresses += (company.address,)
        company.address = Address(*change["address"])
    else:
        company.former_directors += company.directors[:1]
        company.directors = (change["director"], *company.directors[1:])


def _propose_opinion(company: Company, rng: Random) -> Change | None:
    standing = company.standing
    if standing.score is None or standing.failed:
        return None
    falls = rng.random() < (0.7 if standing.score >= (company.first.score or 0) else 0.35)
    drift = rng.choice((-22, -16, -12, -9, -6) if falls else (7, 10, 15))
    score = max(2, min(97, standing.score + drift))
    limit = standing.limit
    if score < bureau.LOWEST_LIMITED_SCORE:
        limit = "0"
    elif rng.random() < 0.5:
        limit = str(bureau.advised_limit(score, revenue=company.revenue, equity=company.equity))
    return {"kind": "opinion", "score": score, "limit": limit}


def _propose_limit(company: Company, rng: Random) -> Change | None:
    amount = _amount(company.standing.limit)
    if not amount:
        return None
    limit = bureau.rounded(amount * rng.choice((0.5, 0.7, 0.8, 1.15, 1.3)))
    return {
        "kind": "opinion",
        "score": company.standing.score,
        "limit": str(min(limit, round(0.4 * max(company.equity, 0)))),
    }


def _propose_identity(company: Company, kind: str, rng: Random) -> Change | None:
    surname, given = rng.choice(words_fr.SURNAMES), rng.choice(words_fr.MEN)
    if kind == "name":
        if company.former_names:
            return None
        name = f"{company.name} {rng.choice(('Groupe', 'Industries', 'Développement'))}"
        return {"kind": kind, "name": _as_registered(company, name)}
    if kind == "address":
        old = company.address
        moved = [str(rng.randint(1, 148)), rng.choice(words_fr.STREETS), old.postcode, old.city, old.province]
        return {"kind": kind, "address": moved}
    return {"kind": "directors", "director": unaccented(f"M {surname} {given}").upper()}


def _as_registered(company: Company, name: str) -> str:
    """How the register would write the company under another name."""
    return replace(company, name=name).registered_name


def propose(company: Company, kind: str, *, rng: Random, day: date) -> Change | None:
    """Invent a change of a kind for a company; None when it cannot happen to it."""
    change: Change | None
    if kind == "opinion":
        change = _propose_opinion(company, rng)
    elif kind == "limit":
        change = _propose_limit(company, rng)
    elif kind == "failure":
        weak = company.standing.score is not None and 0 < company.standing.score < 60
        change = (
            {"kind": kind, "judgment": rng.choice(("RJ", "RJ", "LJ")), "closes": rng.random() < 0.3} if weak else None
        )
    elif kind == "accounts":
        end = accounts.next_filing(company)
        change = {"kind": kind, "year_end": str(end)} if end and end < day else None
    elif kind == "privilege":
        change = {"kind": kind}
    else:
        change = _propose_identity(company, kind, rng)
    return change and {"id": company.connect_id, "day": str(day)} | change
