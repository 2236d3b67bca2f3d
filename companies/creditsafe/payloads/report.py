"""A credit report as one object (API reference 3). Built from anything, `{}` included, without raising."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads import financials as accounts
from companies.creditsafe.payloads import history as past
from companies.creditsafe.payloads import people
from companies.creditsafe.payloads import proceedings as trouble
from companies.creditsafe.payloads.identity import Identity, parse_identity
from companies.creditsafe.payloads.rating import Rating, parse_rating
from companies.creditsafe.payloads.values import Json, dig, mapping, rows, text, texts


@dataclass(frozen=True, kw_only=True)
class Report(Identity, Rating, accounts.Totals):
    """One ordered report, flat for what it says of the company today, with tuples for what is many.

    Unknown is None or an empty text or tuple, never 0. `open_proceeding` tells whether a collective proceeding runs,
    `proceeding_kind` which: safeguard, receivership, liquidation, or "opened" when its nature isn't told; after the end
    of one it is plan, closed or insufficient_assets. `failed_sections` names what the provider could not produce this
    time: what those sections held before still stands.
    """

    financials: tuple[accounts.GlobalStatement, ...] = ()
    local_financials: tuple[accounts.LocalStatement, ...] = ()
    key_figures: tuple[accounts.KeyFigures, ...] = ()
    payment: trouble.Payment = field(default_factory=trouble.Payment)
    judgments: tuple[trouble.Judgment, ...] = ()
    proceedings: tuple[trouble.Proceeding, ...] = ()
    open_proceeding: bool = False
    proceeding_kind: str = ""
    privileges: trouble.Privileges = field(default_factory=trouble.Privileges)
    directors: tuple[people.Director, ...] = ()
    previous_directors: tuple[people.Director, ...] = ()
    group: people.Group = field(default_factory=people.Group)
    shareholders: tuple[people.Shareholder, ...] = ()
    share_capital: people.ShareCapital = field(default_factory=people.ShareCapital)
    history: tuple[past.HistoryPoint, ...] = ()
    company_history: tuple[past.HistoryLine, ...] = ()
    gazettes: tuple[past.Gazette, ...] = ()
    commentaries: tuple[past.Commentary, ...] = ()
    industry_averages: Mapping[str, Decimal] = field(default_factory=dict)
    indicators: tuple[Json, ...] = ()
    failed_sections: tuple[str, ...] = ()


def parse_report(body: Mapping[str, Any]) -> Report:
    """Read the full body of a 200, which has a `report` key, or the bare report. Never raises on odd data."""
    envelope = mapping(body)
    report = mapping(envelope["report"]) if "report" in envelope else envelope
    failed = texts(envelope.get("failedSections"))
    identity = parse_identity(report, connect_id=text(envelope.get("companyId") or envelope.get("companyID")))
    negative = _negative(report)
    kind = trouble.latest_kind(negative["judgments"], negative["proceedings"], identity.status_description)
    return Report(
        **vars(identity),
        **vars(parse_rating(report, proceeding_kind=kind, failed_sections=failed)),
        **vars(accounts.parse_totals(report, country=identity.country)),
        **negative,
        open_proceeding=kind in trouble.OPEN_KINDS,
        proceeding_kind=kind,
        **_accounts(report),
        **_people(report),
        **_past(report),
        industry_averages=accounts.figures(dig(report, "additionalInformation", "industryAverages")),
        indicators=tuple(rows(report.get("indicators"))),
        failed_sections=failed,
    )


def _negative(report: Json) -> dict[str, Any]:
    negative = mapping(report.get("negativeInformation"))
    return {
        "payment": trouble.parse_payment(report.get("paymentData")),
        "judgments": trouble.parse_judgments(negative),
        "proceedings": trouble.parse_proceedings(negative),
        "privileges": trouble.parse_privileges(negative),
    }


def _accounts(report: Json) -> dict[str, Any]:
    return {
        "financials": accounts.parse_statements(report),
        "local_financials": accounts.parse_local_statements(report),
        "key_figures": accounts.parse_key_figures(report),
    }


def _people(report: Json) -> dict[str, Any]:
    return {
        "directors": people.parse_directors(report, "currentDirectors"),
        "previous_directors": people.parse_directors(report, "previousDirectors"),
        "group": people.parse_group(report),
        "shareholders": people.parse_shareholders(report),
        "share_capital": people.parse_share_capital(report),
    }


def _past(report: Json) -> dict[str, Any]:
    return {
        "history": past.parse_history(report),
        "company_history": past.parse_lines(dig(report, "additionalInformation", "companyHistory")),
        "gazettes": past.parse_gazettes(report),
        "commentaries": past.parse_commentaries(report),
    }
