"""The changes between two reports, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from companies import formats
from companies.choices import CompanyStatus, RatingState
from companies.rules.comparison import Change, Chapter, Comparison, Fact, Kind, Value
from monitoring.services import labels
from monitoring.views.report import said

CHAPTERS: Mapping[Chapter, Promise] = {
    Chapter.JUDGMENTS: gettext_lazy("Judgments and privileges"),
    Chapter.SOLVENCY: gettext_lazy("Solvency"),
    Chapter.IDENTITY: gettext_lazy("Identity"),
    Chapter.ACCOUNTS: gettext_lazy("Accounts"),
    Chapter.PAYMENTS: gettext_lazy("Payment behaviour"),
    Chapter.DIRECTORS: gettext_lazy("Directors"),
    Chapter.GROUP: gettext_lazy("Group"),
    Chapter.HISTORY: gettext_lazy("History"),
}
# One value of the company, before and after.
SINGLES: Mapping[str, Promise] = {
    "proceeding": gettext_lazy("Collective proceeding"),
    "privileges": gettext_lazy("Active privileges"),
    "privileges_social": gettext_lazy("Privileges of social security and pensions"),
    "privileges_tax": gettext_lazy("Privileges of the tax office"),
    "ccj": gettext_lazy("County court judgments"),
    "mortgages": gettext_lazy("Outstanding mortgages and charges"),
    "rating_state": gettext_lazy("Rating state"),
    "rating": gettext_lazy("Rating"),
    "score": gettext_lazy("Score"),
    "pod": gettext_lazy("Probability of default (%)"),
    "credit_limit": gettext_lazy("Credit limit"),
    "contract_limit": gettext_lazy("Contract limit"),
    "status": gettext_lazy("Status"),
    "name": gettext_lazy("Registered name"),
    "trade_name": gettext_lazy("Trade name"),
    "legal_form": gettext_lazy("Legal form"),
    "address": gettext_lazy("Address"),
    "activity": gettext_lazy("Activity"),
    "employees": gettext_lazy("Employees"),
    "registration_number": gettext_lazy("Registration number"),
    "vat_number": gettext_lazy("VAT number"),
    "court": gettext_lazy("Court of registration"),
    "phone": gettext_lazy("Phone"),
    "website": gettext_lazy("Website"),
    "capital": gettext_lazy("Share capital"),
    "dbt": gettext_lazy("Days beyond terms"),
    "industry_dbt": gettext_lazy("Days beyond terms of the sector"),
    "payment_trend": gettext_lazy("Payment trend"),
    "ultimate_parent": gettext_lazy("Ultimate parent"),
    "parent": gettext_lazy("Parent"),
}
# One of several: what is new, what is gone, what changed about it.
SEVERAL: Mapping[str, tuple[Promise, Promise, Promise]] = {
    "judgment": (
        gettext_lazy("New judgment: %(what)s"),
        gettext_lazy("Judgment no longer mentioned: %(what)s"),
        gettext_lazy("Judgment reworded: %(what)s"),
    ),
    "notice": (
        gettext_lazy("New notice of a proceeding: %(what)s"),
        gettext_lazy("Notice of a proceeding no longer mentioned: %(what)s"),
        gettext_lazy("Notice of a proceeding reworded: %(what)s"),
    ),
    "director": (
        gettext_lazy("Director %(name)s appointed: %(what)s"),
        gettext_lazy("Director %(name)s no longer mentioned: %(what)s"),
        gettext_lazy("Director %(name)s: %(before)s → %(after)s"),
    ),
    "shareholder": (
        gettext_lazy("New shareholder: %(name)s %(what)s"),
        gettext_lazy("Shareholder no longer mentioned: %(name)s %(what)s"),
        gettext_lazy("Shareholder %(name)s: %(before)s → %(after)s"),
    ),
    "subsidiary": (
        gettext_lazy("New subsidiary: %(name)s"),
        gettext_lazy("Subsidiary no longer mentioned: %(name)s"),
        gettext_lazy("Subsidiary %(name)s: %(before)s → %(after)s"),
    ),
    "affiliate": (
        gettext_lazy("New company of the group: %(name)s"),
        gettext_lazy("Company of the group no longer mentioned: %(name)s"),
        gettext_lazy("Company of the group %(name)s: %(before)s → %(after)s"),
    ),
    "commentary": (
        gettext_lazy("New comment: %(name)s"),
        gettext_lazy("Comment withdrawn: %(name)s"),
        gettext_lazy("Comment judged otherwise: %(name)s"),
    ),
    "event": (
        gettext_lazy("Event: %(what)s"),
        gettext_lazy("Event no longer mentioned: %(what)s"),
        gettext_lazy("Event reworded: %(what)s"),
    ),
    "gazette": (
        gettext_lazy("Gazette: %(what)s"),
        gettext_lazy("Gazette no longer mentioned: %(what)s"),
        gettext_lazy("Gazette: %(what)s"),
    ),
    "industry": (
        gettext_lazy("Average of the sector, %(name)s: %(what)s"),
        gettext_lazy("Average of the sector no longer given, %(name)s: %(what)s"),
        gettext_lazy("Average of the sector, %(name)s: %(before)s → %(after)s"),
    ),
}
FIGURES: Mapping[str, Promise] = {
    "turnover": gettext_lazy("Turnover %(year)s restated: %(before)s → %(after)s"),
    "net_result": gettext_lazy("Net result %(year)s restated: %(before)s → %(after)s"),
    "equity": gettext_lazy("Equity %(year)s restated: %(before)s → %(after)s"),
}
FIGURES_ONE_SIDE = gettext_lazy("%(figure)s %(year)s: %(before)s → %(after)s")
FIGURE_NAMES: Mapping[str, Promise] = {
    "turnover": gettext_lazy("Turnover"),
    "net_result": gettext_lazy("Net result"),
    "equity": gettext_lazy("Equity"),
}
WORSE_WHEN_LOWER = {"score", "credit_limit", "contract_limit", "turnover", "net_result", "equity"}
WORSE_WHEN_HIGHER = {"privileges", "privileges_social", "privileges_tax", "ccj", "mortgages", "dbt", "pod"}


@dataclass(frozen=True)
class Line:
    """One change in words; `tone` is better, worse or empty."""

    text: str
    on: date | None
    kind: str
    tone: str
    importance: int


@dataclass(frozen=True)
class Block:
    """A chapter with its changes, important first."""

    title: str
    lines: list[Line]


def blocks(found: Comparison) -> list[Block]:
    return [Block(str(CHAPTERS[chapter]), [line(one) for one in changes]) for chapter, changes in found.by_chapter()]


def left_out(found: Comparison) -> list[str]:
    return [str(CHAPTERS[chapter]) for chapter in Chapter if chapter in found.left_out]


def line(change: Change) -> Line:
    return Line(words(change), change.fact.on, change.kind.value, tone(change), change.importance)


def words(change: Change) -> str:
    """The change as a sentence without a verb: "Score 58 → 44", "New judgment: …"."""
    code = change.code
    if code == "accounts":
        return _accounts(change)
    if code in FIGURES:
        return _figure(change)
    if code in SEVERAL:
        return _one_of_several(change)
    name = SINGLES.get(code, labels.taken_apart(code))
    said_of = {"name": name, "before": value(change.before), "after": value(change.after)}
    if isinstance(change.fact.value, str) and len(change.fact.value) > 3:  # texts want a colon, figures do without
        return _("%(name)s: %(before)s → %(after)s") % said_of
    return _("%(name)s %(before)s → %(after)s") % said_of


def _one_of_several(change: Change) -> str:
    new, gone, changed = SEVERAL[change.code]
    pattern = new if change.kind is Kind.NEW else gone if change.kind is Kind.GONE else changed
    fact = change.fact
    about = labels.key_label(fact.about) if change.code == "industry" else fact.about
    text = str(pattern) % {
        "what": value(fact) if fact.value != "" else "",
        "name": about,
        "before": value(change.before),
        "after": value(change.after),
    }
    return text.strip().removesuffix(":").strip()


def _accounts(change: Change) -> str:
    year = {"year": _year(change.fact)}
    if change.kind is Kind.GONE:
        return _("Accounts %(year)s no longer in the report") % year
    turnover = change.fact.parts.get("turnover")
    if turnover is None:
        return _("Accounts %(year)s filed") % year
    language = get_language() or "fr"
    amount = formats.short_money(turnover, language, change.fact.unit or "EUR")
    trend = _trend(turnover, change.fact.parts.get("before"), language)
    return _("Accounts %(year)s filed: turnover %(amount)s%(trend)s") % {**year, "amount": amount, "trend": trend}


def _trend(now: Decimal, before: Decimal | None, language: str) -> str:
    if before is None or before <= 0:
        return ""
    ratio = (now - before) / before
    return f" ({'+' if ratio > 0 else ''}{formats.percent(ratio, language)})".replace("-", "−")


def _figure(change: Change) -> str:
    said_of = {"year": _year(change.fact), "before": value(change.before), "after": value(change.after)}
    if change.kind is Kind.CHANGED:
        return str(FIGURES[change.code]) % said_of
    return str(FIGURES_ONE_SIDE) % {**said_of, "figure": FIGURE_NAMES[change.code]}


def _year(fact: Fact) -> str:
    return str(fact.on.year) if fact.on else fact.key[:4]


def value(fact: Fact | None) -> str:
    """A value as people read it, with its currency; a dash for what is not known."""
    if fact is None:
        return formats.NOTHING
    if fact.code == "shareholder" and isinstance(fact.value, Decimal):
        return f"{said(fact.value)} %"
    if fact.code == "judgment" and fact.about.upper() in labels.JUDGMENTS:
        return str(labels.JUDGMENTS[fact.about.upper()])
    if isinstance(fact.value, str):
        return _word(fact.code, fact.value) or formats.NOTHING
    return f"{_plain(fact.value)} {fact.unit}".strip()


def _plain(found: Value) -> str:
    return said(found.isoformat() + "T00:00:00") if isinstance(found, date) else said(found)


def _word(code: str, found: str) -> str:
    known: Mapping[str, Promise | str] = {
        "rating_state": dict(RatingState.choices),
        "status": dict(CompanyStatus.choices),
        "proceeding": labels.PROCEEDINGS,
        "payment_trend": labels.TRENDS,
        "event": labels.EVENTS,
        "subsidiary": labels.STATUSES,
        "affiliate": labels.STATUSES,
    }.get(code, {})
    return str(known.get(found, found))


def tone(change: Change) -> str:
    """Better or worse where a figure says so by itself; new trouble is worse."""
    if change.code in {"judgment", "notice"}:
        return "worse" if change.kind is Kind.NEW else ""
    before, after = _number(change.before), _number(change.after)
    if before is None or after is None or before == after:
        return ""
    if change.code in WORSE_WHEN_LOWER:
        return "worse" if after < before else "better"
    if change.code in WORSE_WHEN_HIGHER:
        return "worse" if after > before else "better"
    return ""


def _number(fact: Fact | None) -> Decimal | None:
    return Decimal(fact.value) if fact is not None and isinstance(fact.value, int | Decimal) else None
