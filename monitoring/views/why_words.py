"""Why a company moved, in one sentence and in a line per cause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from companies import formats
from companies.choices import CompanyStatus, RatingState
from monitoring.choices import Cell, LimitMeasure
from monitoring.models import MatrixPolicy
from monitoring.rules.why import Cause, Factor, Input
from monitoring.services.why import Told, happened

CAUSES: Mapping[Cause, Promise] = {
    Cause.STATUS: gettext_lazy("Status"),
    Cause.LINK: gettext_lazy("Link corrected"),
    Cause.SCORE: gettext_lazy("Score"),
    Cause.LIMIT: pgettext_lazy("cause of a move", "Amount measured"),
    Cause.POLICY: gettext_lazy("Policy"),
    Cause.OVERRIDE: gettext_lazy("Placed by hand"),
    Cause.PARENT: gettext_lazy("Ultimate parent"),
    Cause.STAY: gettext_lazy("Shortest stay"),
}
ONE_DAY = timedelta(days=1)
FOLLOWING = frozenset({"rating", "behaviour"})
FACTS = (Cause.SCORE, Cause.STATUS, Cause.LINK)


@dataclass(frozen=True)
class FactorLine:
    """One cause that changed: its inputs before and after, the cell it gives alone, its part in percent."""

    cause: Promise
    changes: list[str]
    alone: str
    enough_alone: bool
    percent: int


@dataclass(frozen=True)
class Explained:
    """A move as a page shows it."""

    told: Told
    sentence: str
    factors: list[FactorLine]


def explained(told: Told) -> Explained:
    return Explained(told, sentence(told), [_factor_line(one, told) for one in told.why.factors])


def sentence(told: Told) -> str:
    """The move in one sentence: from where to where, what changed, what did not, and what would have kept it."""
    parts = [*_reasons(told), *_unchanged(told), *_counterfactual(told)]
    if not parts:
        return _("%(move)s.") % {"move": _move(told)}
    return _("%(move)s: %(reasons)s.") % {
        "move": _move(told),
        "reasons": pgettext("between two reasons", "; ").join(parts),
    }


def _move(told: Told) -> str:
    before, after = told.policies
    said = {
        "before": label(told.before, before),
        "after": label(told.after, after),
        "day": _short(told.span.end),
        "since": _short(told.span.start),
    }
    if told.before is None:
        return _("Entered in %(after)s on %(day)s") % said
    if told.after is None:
        return _("Left the portfolio, from %(before)s, by %(day)s") % said
    if not told.moved:
        return _("Stayed in %(after)s from %(since)s to %(day)s") % said
    if told.span.end - told.span.start > ONE_DAY:
        return _("Moved from %(before)s to %(after)s between %(since)s and %(day)s") % said
    return _("Moved from %(before)s to %(after)s on %(day)s") % said


def label(cell: Cell | None, policy: MatrixPolicy | None) -> str:
    """The words of a cell under the policy of the time, in the reader's language."""
    if cell is None:
        return ""
    words = {one.code: one.label for one in policy.cells.all()} if policy else {}
    return words.get(cell.value, str(cell.label))


def _reasons(told: Told) -> list[str]:
    """What had a part in the move, the main cause first, with the event that announced it."""
    if not told.moved:
        return [text for one in told.why.factors for text in _changes(one, told)]
    if not told.exact and told.before and told.after:
        return [_("the inputs that were kept do not explain it in full")]
    found = []
    for factor in told.why.factors:
        if factor.share > 0:
            texts = ", ".join(_changes(factor, told))
            announced = _event(told) if factor.cause is told.why.cause else ""
            found.append(f"{texts} {announced}".strip())
    return found


def _event(told: Told) -> str:
    if told.event is None:
        return ""
    said = {"rule": told.event.rule_code, "day": _short(happened(told.event))}
    return _("(event %(rule)s, %(day)s)") % said


def _unchanged(told: Told) -> list[str]:
    """The other axis, where it did not change or changed without effect."""
    if not (told.moved and told.exact and told.before and told.after):
        return []
    causes = {factor.cause: factor for factor in told.why.factors}
    if told.why.cause in FACTS:
        return _quiet(causes.get(Cause.LIMIT), told, _measure(told))
    if told.why.cause is Cause.LIMIT:
        return _quiet(causes.get(Cause.SCORE), told, _("score"))
    return []


def _quiet(factor: Factor | None, told: Told, name: str) -> list[str]:
    if factor is None:
        return [_("%(input)s unchanged") % {"input": name}]
    if factor.share > 0:
        return []
    return [_("%(changes)s without effect") % {"changes": ", ".join(_changes(factor, told))}]


def _counterfactual(told: Told) -> list[str]:
    if told.stays_under is None:
        return []
    return [_("would have stayed with the policy “%(policy)s”") % {"policy": told.stays_under}]


def _factor_line(factor: Factor, told: Told) -> FactorLine:
    return FactorLine(
        cause=CAUSES[factor.cause],
        changes=_changes(factor, told),
        alone=factor.alone.value,
        enough_alone=factor.enough_alone,
        percent=round(factor.share * 100),
    )


def _changes(factor: Factor, told: Told) -> list[str]:
    """Each input of a cause, before and after; what only follows a score that is said is not said again."""
    names = {one.name for one in factor.inputs}
    told_by_score = FOLLOWING if "score" in names else frozenset[str]()
    said = (_change(one, told) for one in factor.inputs if one.name not in told_by_score)
    return [text for text in said if text]


def _change(one: Input, told: Told) -> str:
    named = NAMED.get(one.name)
    if named is not None:
        name, said = named
        both = {"name": name, "before": said(one.before), "after": said(one.after)}
        return _("%(name)s %(before)s → %(after)s") % both
    plain = PLAIN.get(one.name)
    return plain(one, told) if plain else ""


def _plain(found: object) -> str:
    return formats.NOTHING if found in (None, "") else str(found)


def _rounded(found: object) -> str:
    return formats.NOTHING if found is None else str(round(Decimal(str(found))))


def _state(found: object) -> str:
    return str(dict(RatingState.choices).get(str(found), found))


def _status(found: object) -> str:
    return str(dict(CompanyStatus.choices).get(str(found), found))


def _proceeding(one: Input, told: Told) -> str:
    return _("a proceeding was opened") if one.after else _("the proceeding is over")


def _policy(one: Input, told: Told) -> str:
    before, after = told.policies
    if before == after:
        return _("policy %(after)s") % {"after": after}
    return _("policy %(before)s → %(after)s") % {"before": before, "after": after}


def _override(one: Input, told: Told) -> str:
    if one.after is None:
        return _("no longer placed by hand")
    reason = told.override.reason if told.override else ""
    return _("placed by hand (%(reason)s)") % {"reason": reason} if reason else _("placed by hand")


def _parent(one: Input, told: Told) -> str:
    before, after = (getattr(end, "score", None) for end in (one.before, one.after))
    if before == after:
        return _("other figures of the ultimate parent")
    said = {"before": _plain(before), "after": _plain(after)}
    return _("score of the ultimate parent %(before)s → %(after)s") % said


def _link(one: Input, told: Told) -> str:
    return _("linked to another Creditsafe profile")


def _stay(one: Input, told: Told) -> str:
    return _("days in the cell %(before)s → %(after)s") % {"before": _plain(one.before), "after": _plain(one.after)}


def _amount(one: Input, told: Told) -> str:
    language = get_language() or settings.LANGUAGE_CODE
    before, after = (
        f"{formats.money(found, language)} {settings.PORTFOLIO_CURRENCY}"
        if isinstance(found, Decimal)
        else _("unknown")
        for found in (one.before, one.after)
    )
    return _("%(name)s %(before)s → %(after)s") % {"name": _measure(told), "before": before, "after": after}


NAMED: Mapping[str, tuple[Promise, Callable[[object], str]]] = {
    "score": (gettext_lazy("score"), _plain),
    "rating": (gettext_lazy("rating"), _plain),
    "rating_state": (gettext_lazy("rating state"), _state),
    "status": (gettext_lazy("status"), _status),
    "behaviour": (gettext_lazy("share paid in time (%)"), _rounded),
}
PLAIN: Mapping[str, Callable[[Input, Told], str]] = {
    "open_proceeding": _proceeding,
    "policy": _policy,
    "override": _override,
    "parent": _parent,
    "link": _link,
    "days_in_cell": _stay,
    "y": _amount,
}
MEASURES: Mapping[str, Promise] = {
    LimitMeasure.CREDIT_LIMIT: pgettext_lazy("in a sentence", "credit limit"),
    LimitMeasure.CONTRACT_LIMIT: pgettext_lazy("in a sentence", "contract limit"),
    LimitMeasure.ERP_LIMIT: pgettext_lazy("in a sentence", "ERP limit"),
    LimitMeasure.EXPOSURE: pgettext_lazy("in a sentence", "exposure"),
    LimitMeasure.OVERDUE: pgettext_lazy("in a sentence", "overdue amount"),
    LimitMeasure.TURNOVER: pgettext_lazy("in a sentence", "12-month turnover"),
    LimitMeasure.PAYABLE: pgettext_lazy("in a sentence", "what we owe"),
}


def _measure(told: Told) -> str:
    policy = told.policies[1] or told.policies[0]
    return str(MEASURES[policy.measure]) if policy else ""


def _short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
