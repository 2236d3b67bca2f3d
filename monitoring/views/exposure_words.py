"""The words of the exposure pages: parts, formulas, populations and why a figure is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from companies import formats
from companies.choices import AgeingBucket
from companies.rules.exposure import ZERO, Part
from companies.rules.kpis import Formula, Gap, Kpi, Population
from monitoring.services.exposure import PROMISED, Totals

PARTS: Mapping[str, Promise] = {
    "overdue": gettext_lazy("Overdue"),
    "not_due": gettext_lazy("Not due"),
    "undated": gettext_lazy("Without a due date"),
    "bills": gettext_lazy("Bills not yet due"),
    "delivered": gettext_lazy("Delivered, not invoiced"),
    "orders": gettext_lazy("Orders"),
    "disputed": gettext_lazy("Disputed, left out"),
    "credit_notes": gettext_lazy("Credit notes"),
    "payments": gettext_lazy("Unallocated payments"),
    "matched_credits": gettext_lazy("Allocated credits"),
}
BASES: Mapping[str, Promise] = {
    "due": gettext_lazy("by due date"),
    "document": gettext_lazy("by document date"),
}
LIMITS: Mapping[str, Promise] = {
    "erp": gettext_lazy("ERP limit"),
    "approved": gettext_lazy("approved limit"),
    "cover": gettext_lazy("insured amount"),
    "provider": gettext_lazy("credit limit (Creditsafe)"),
    "credit_limit": gettext_lazy("Credit limit (Creditsafe)"),
    "erp_limit": gettext_lazy("ERP limit"),
}
ROOMS: Mapping[str, Promise] = {
    "free": gettext_lazy("Headroom"),
    "excess": gettext_lazy("Excess"),
    "limited": gettext_lazy("Companies with a limit"),
    "unlimited": gettext_lazy("Without a limit"),
}
SPLITS: Mapping[str, Promise] = {
    "company": gettext_lazy("Company"),
    "group": gettext_lazy("Group"),
    "analyst": gettext_lazy("Analyst"),
    "business_unit": gettext_lazy("Business unit"),
    "country": gettext_lazy("Country"),
    "role": gettext_lazy("Role"),
}
ALL: Mapping[str, Promise] = {
    "items": gettext_lazy("All open items"),
    "debts": gettext_lazy("All open debts"),
    "risk": gettext_lazy("Risk exposure"),
}
MADE_OF: Mapping[Formula, str] = {
    Formula.DSO_BALANCE: "all.debts",
    Formula.DSO_COUNTBACK: "all.debts",
    Formula.DSO_INVOICES: "all.debts",
    Formula.BEST_POSSIBLE_DSO: "due.not_due",
    Formula.AVERAGE_DELAY: "part.overdue",
    Formula.WEIGHTED_DELAY: "part.overdue",
    Formula.OVERDUE_SHARE: "part.overdue",
    Formula.CEI: "all.debts",
    Formula.LATE_COST: "part.overdue",
}
NAMES: Mapping[Formula, Promise] = {
    Formula.DSO_BALANCE: gettext_lazy("DSO, balance method"),
    Formula.DSO_COUNTBACK: gettext_lazy("DSO, countback"),
    Formula.DSO_INVOICES: gettext_lazy("Average age of the debts"),
    Formula.BEST_POSSIBLE_DSO: gettext_lazy("Best possible DSO"),
    Formula.AVERAGE_DELAY: gettext_lazy("Average delay"),
    Formula.WEIGHTED_DELAY: gettext_lazy("Weighted delay"),
    Formula.OVERDUE_SHARE: gettext_lazy("Overdue"),
    Formula.CEI: gettext_lazy("Collection effectiveness"),
    Formula.LATE_COST: gettext_lazy("Cost of late payment"),
}
FORMULAS: Mapping[Formula, Promise] = {
    Formula.DSO_BALANCE: gettext_lazy("Receivables ÷ sales of the last three months × their days."),
    Formula.DSO_COUNTBACK: gettext_lazy(
        "Days back through the months of sales, newest first, until they exhaust the receivables: "
        "whole months, then a share of the next."
    ),
    Formula.DSO_INVOICES: gettext_lazy(
        "Σ amount × days since the document ÷ Σ amount, over all open debts. It needs no sales."
    ),
    Formula.BEST_POSSIBLE_DSO: gettext_lazy("Countback of what is not due: the DSO if everybody paid on time."),
    Formula.AVERAGE_DELAY: gettext_lazy("DSO by countback less the best possible DSO."),
    Formula.WEIGHTED_DELAY: gettext_lazy("Σ amount × days late ÷ Σ amount, over the overdue debts."),
    Formula.OVERDUE_SHARE: gettext_lazy("Overdue debts ÷ all debts."),
    Formula.CEI: gettext_lazy(
        "(Opening receivables + sales − closing) ÷ (opening + sales − closing not due), over the newest month of sales."
    ),
    Formula.LATE_COST: gettext_lazy(
        "Σ overdue amount × days late × yearly cost of financing ÷ 365: what waiting has cost so far."
    ),
}
GAPS: Mapping[Gap, Promise] = {
    Gap.NO_SALES: gettext_lazy("no monthly sales stored"),
    Gap.OLDER_THAN_SALES: gettext_lazy("older than all stored sales"),
    Gap.CREDIT_BALANCE: gettext_lazy("more credits than debts"),
    Gap.NOTHING_OWED: gettext_lazy("nothing is owed"),
    Gap.NOTHING_OVERDUE: gettext_lazy("nothing is overdue"),
    Gap.NOTHING_TO_COLLECT: gettext_lazy("nothing to collect"),
    Gap.NO_OPENING: gettext_lazy("what was owed when the month began is not known"),
    Gap.NO_RATE: gettext_lazy("no cost of financing stored"),
    Gap.NO_DELAY: gettext_lazy("no delay known"),
}
PART_ORDER = (
    Part.OVERDUE, Part.NOT_DUE, Part.UNDATED, Part.BILLS, Part.CREDIT_NOTES, Part.PAYMENTS,
    Part.MATCHED_CREDITS, Part.DISPUTED, Part.DELIVERED, Part.ORDERS,
)  # fmt: skip
SALES = frozenset(
    {Formula.DSO_BALANCE, Formula.DSO_COUNTBACK, Formula.BEST_POSSIBLE_DSO, Formula.AVERAGE_DELAY, Formula.CEI}
)
RATIOS = frozenset({Formula.OVERDUE_SHARE, Formula.CEI})


@dataclass(frozen=True)
class Tile:
    """One figure: its value in words, or "n/a" and why, where to repair that, and how it was worked out."""

    label: str
    value: str
    note: str
    explanation: str
    fix: str = ""
    is_placeholder: bool = False
    url: str = ""


def language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def tile(kpi: Kpi, *, is_part: bool = False, url: str = "") -> Tile:
    """A figure of the rules as a tile; `is_part` when the page shows some customers only, whose sales nobody knows."""
    note, fix = "", ""
    if is_part and kpi.gap == Gap.NO_SALES:
        value, note = _("n/a"), _("sales are known for all customers together only")
    elif kpi.value is None:
        value = _("n/a") if kpi.at_least is None else f"> {_days(kpi.at_least)}"
        note, fix = _reason(kpi)
    else:
        value = _value(kpi.formula, kpi.value)
    explanation = f"{FORMULAS[kpi.formula]} {population(kpi.population)}"
    return Tile(str(NAMES[kpi.formula]), value, note, explanation, fix, url=url)


def _reason(kpi: Kpi) -> tuple[str, str]:
    fix = {Gap.NO_SALES: "sales", Gap.OLDER_THAN_SALES: "sales", Gap.NO_RATE: "settings"}
    return (str(GAPS[kpi.gap]), fix.get(kpi.gap, "")) if kpi.gap else ("", "")


def _value(formula: Formula, value: Decimal) -> str:
    if formula in RATIOS:
        return formats.percent(value, language(), 1)
    if formula == Formula.LATE_COST:
        return formats.short_money(value, language(), settings.PORTFOLIO_CURRENCY)
    return _days(value)


def _days(value: Decimal) -> str:
    return _("%(days)s d") % {"days": formats.number(value, language(), 1)}


def population(found: Population) -> str:
    """What a figure was worked out on, and what was left out of it."""
    shown = formats.number(Decimal(found.items), language())
    said = ngettext("On %(number)s open debt", "On %(number)s open debts", found.items) % {"number": shown}
    if found.credits_out:
        said += _("; %(number)s credits left out") % {"number": formats.number(Decimal(found.credits_out), language())}
    if found.undated:
        said += _("; %(number)s without a due date") % {"number": formats.number(Decimal(found.undated), language())}
    return said + _("; suppliers' accounts are not among them.")


@dataclass(frozen=True)
class PartLine:
    """A part of the exposure: what there is of it, what the policy counts of it, and the key of its list."""

    key: str
    label: str
    amount: Decimal
    counted: Decimal

    @property
    def is_promise(self) -> bool:
        """Whether it is no part of the balance of the ledger."""
        return self.key in PROMISED


def part_lines(found: Totals) -> list[PartLine]:
    """The parts that make both exposures, line by line: the amounts of the ledger the accounting one, the counted ones
    the risk. A part that the policy replaces has a line of its own: what it deducts of disputes, of matched credits.
    """
    shares = {Part.DISPUTED, Part.MATCHED_CREDITS}
    lines = []
    for part in PART_ORDER:
        amount = ZERO if part in shares else getattr(found.parts, part.value)
        counted = found.counted.get(part, ZERO)
        if amount or counted:
            lines.append(PartLine(part.value, str(PARTS[part.value]), amount, counted))
    return lines


def figure(key: str) -> str | None:
    """The words of a figure that can be opened, by its key in `services.exposure.conditions`; None of no such one."""
    base, _dot, name = key.partition(".")
    if base in {"part", "all"}:
        words = PARTS if base == "part" else ALL
        return str(words[name]) if name in words else None
    if base not in BASES or name not in AgeingBucket.values:
        return None
    return f"{AgeingBucket(name).label} ({BASES[base]})"
