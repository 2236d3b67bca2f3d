"""JSON to frozen dataclasses. Every quirk of the wire is handled here; nothing here does I/O.

Fields that nobody reads are kept in `extra` where a consumer may want them, and are never fatal.
"""

from companies.creditsafe.payloads.access import Access, Allowance
from companies.creditsafe.payloads.address import Address
from companies.creditsafe.payloads.criteria import Criterion, SearchRules, parse_criteria
from companies.creditsafe.payloads.decisions import (
    Decision,
    DecisionEngine,
    DecisionField,
    DecisionInstance,
    DecisionLog,
    DecisionOutcomes,
    OutcomeLabel,
)
from companies.creditsafe.payloads.financials import GlobalStatement, KeyFigures, LocalStatement
from companies.creditsafe.payloads.history import Commentary, Gazette, HistoryLine, HistoryPoint
from companies.creditsafe.payloads.monitoring import (
    EventPage,
    EventRule,
    MonitoringUser,
    NotificationEvent,
    Outcome,
    Portfolio,
    PortfolioCompany,
    RiskSummary,
    Sharing,
)
from companies.creditsafe.payloads.people import Director, Group, GroupMember, ShareCapital, Shareholder
from companies.creditsafe.payloads.proceedings import Judgment, Payment, Privileges, Proceeding
from companies.creditsafe.payloads.report import Report, parse_report
from companies.creditsafe.payloads.search import ImageHit, MatchHit, Page, PersonHit, SearchHit, SearchPage
from companies.creditsafe.payloads.values import Amount, amount, day, moment, read_json

__all__ = [
    "Access",
    "Address",
    "Allowance",
    "Amount",
    "Commentary",
    "Criterion",
    "Decision",
    "DecisionEngine",
    "DecisionField",
    "DecisionInstance",
    "DecisionLog",
    "DecisionOutcomes",
    "Director",
    "EventPage",
    "EventRule",
    "Gazette",
    "GlobalStatement",
    "Group",
    "GroupMember",
    "HistoryLine",
    "HistoryPoint",
    "ImageHit",
    "Judgment",
    "KeyFigures",
    "LocalStatement",
    "MatchHit",
    "MonitoringUser",
    "NotificationEvent",
    "Outcome",
    "OutcomeLabel",
    "Page",
    "Payment",
    "PersonHit",
    "Portfolio",
    "PortfolioCompany",
    "Privileges",
    "Proceeding",
    "Report",
    "RiskSummary",
    "SearchHit",
    "SearchPage",
    "SearchRules",
    "ShareCapital",
    "Shareholder",
    "Sharing",
    "amount",
    "day",
    "moment",
    "parse_criteria",
    "parse_report",
    "read_json",
]
