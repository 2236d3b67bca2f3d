"""Bad news: payment behaviour, judgments, collective proceedings and privileges (API reference 3.4, domain 5.11)."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads.values import (
    Json,
    day,
    dig,
    first,
    integer,
    mapping,
    number,
    rest,
    rows,
    text,
    texts,
    unique,
)

SAFEGUARD, RECEIVERSHIP, LIQUIDATION = "safeguard", "receivership", "liquidation"
PLAN, CLOSED, INSUFFICIENT, OPENED, NEUTRAL = "plan", "closed", "insufficient_assets", "opened", ""
OPEN_KINDS = {SAFEGUARD: 1, OPENED: 1, RECEIVERSHIP: 2, LIQUIDATION: 3}

BY_CODE = {"CI": INSUFFICIENT, "LJ": LIQUIDATION, "RJ": RECEIVERSHIP, "CRE": NEUTRAL}
# Codes decide first; these words, French and English, only where there is no code. The order matters: a closure names
# the proceeding that it closes, and the end of a plan names the plan.
WORDS = (
    (NEUTRAL, r"liquidation amiable|members'? voluntary|solvent liquidation|report de la date de cessation"),
    (INSUFFICIENT, r"insuffisance d.? ?actifs?|insufficien\w+ (?:of )?assets|insufficient assets"),
    (LIQUIDATION, r"(?:r[ée]solution|conver\w+|resolution).*liquidation"),
    (CLOSED, r"cl[ôo]tur|\bclosure|\bclosing|\bclosed|extinction du passif|r[ée]tractation|fin de la proc[ée]dure"),
    (RECEIVERSHIP, r"(?:r[ée]solution|resolution).*plan|plan de cession|asset sale plan"),
    (PLAN, r"\bplan de|(?:arr[êe]t\w*|adopt\w*|homologu\w*).*\bplan\b|(?:recovery|continuation|safeguard) plan"),
    (LIQUIDATION, r"liquidation|winding[ -]up|bankruptcy|faillite"),
    (RECEIVERSHIP, r"redressement|receivership|reorgani[sz]ation|in administration\b|administration order"),
    (SAFEGUARD, r"\bsauvegarde|\bsafeguard"),
    (OPENED, r"ouvertur|\bouvrant|\bopening|new collective procedure"),
)
SOURCES = {"courts": "courts", "rncs": "rncs", "bodacc": "bodacc", "otherSources": "other"}


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Days beyond terms of the company and of its sector, the trend as sent, and all other figures."""

    dbt: Decimal | None = None
    industry_dbt: Decimal | None = None
    trend: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Judgment:
    date: dt.date | None = None
    code: str = ""
    label: str = ""
    court: str = ""
    details: str = ""
    liquidators: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What it does to a collective proceeding: one of the words of this module, "" when nothing."""
        return BY_CODE.get(self.code.upper(), kind_of(self.label))


@dataclass(frozen=True, kw_only=True)
class Proceeding:
    """One notice about a collective proceeding; `source` is courts, rncs, bodacc or other."""

    source: str = ""
    date: dt.date | None = None
    published_on: dt.date | None = None
    label: str = ""
    court: str = ""
    details: str = ""
    representative: str = ""

    @property
    def kind(self) -> str:
        found = kind_of(self.label)
        return kind_of(self.details) or found if found in {NEUTRAL, OPENED} else found


@dataclass(frozen=True, kw_only=True)
class Privileges:
    """Counts of registered public privileges, None when the report says nothing; all else in `details`."""

    active: int | None = None
    social: int | None = None
    tax: int | None = None
    monitoring: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def kind_of(label: str) -> str:
    """What a judgment's wording, French or English, does to a collective proceeding; "" when nothing."""
    return next((kind for kind, words in WORDS if re.search(words, label, re.IGNORECASE)), NEUTRAL)


def parse_payment(value: object) -> Payment:
    """Read `paymentData`, whose figures are texts in FR and numbers in GB (3.4)."""
    found = mapping(value)
    known = ("dbt", "DBT", "industryDbt", "industryDBT", "paymentTrend")
    return Payment(
        dbt=number(first(found, "dbt", "DBT")),
        industry_dbt=number(first(found, "industryDbt", "industryDBT")),
        trend=first(found, "paymentTrend"),
        figures=rest(found, *known),
    )


def parse_judgments(negative: Json) -> tuple[Judgment, ...]:
    """Read the judgments; one ruling told by two sources, with and without its court, is one row (quirk 20)."""
    return _merged(map(_judgment, rows(negative.get("judgements") or negative.get("judgments"))))


def parse_proceedings(negative: Json) -> tuple[Proceeding, ...]:
    """Read `collectiveProcedures`, all sources one after the other, without exact repetitions."""
    by_source = mapping(negative.get("collectiveProcedures"))
    found = (_proceeding(row, SOURCES.get(key, key)) for key, value in by_source.items() for row in rows(value))
    return unique(row for row in found if row.label or row.details)


def parse_privileges(negative: Json) -> Privileges:
    """Read `preferentialRightsDetails`; only its counts are known from real reports (3.4)."""
    found = mapping(negative.get("preferentialRightsDetails"))
    return Privileges(
        active=integer(found.get("numberOfActivePreferentialRights")),
        social=integer(dig(found, "socialSecurityAndPensionFunds", "numberOfPreferentialRights")),
        tax=integer(dig(found, "taxOffice", "numberOfPreferentialRights")),
        monitoring=first(found, "statusOfMonitoring"),
        details=rest(found, "statusOfMonitoring", "numberOfActivePreferentialRights"),
    )


def latest_kind(judgments: Iterable[Judgment], proceedings: Iterable[Proceeding], status: str = "") -> str:
    """The kind of the last ruling that opened, changed or ended a proceeding; "" when there is none.

    On one day an opening beats an end (a conversion tells both), and the graver opening the lesser. Rows without a
    date count as the oldest, in their order, newest first. The status text speaks only when no row does.
    """
    rulings: list[Judgment | Proceeding] = [*judgments, *proceedings]
    ranked = [
        ((row.date or dt.date.min, OPEN_KINDS.get(row.kind, 0) if row.date else 0, -place), row.kind)
        for place, row in enumerate(rulings)
        if row.kind != NEUTRAL
    ]
    if ranked:
        return max(ranked)[1]
    found = kind_of(status)
    return found if found in OPEN_KINDS else NEUTRAL


def _judgment(row: Json) -> Judgment:
    kind = row.get("typeOfJudgement") or row.get("typeOfJudgment")
    return Judgment(
        date=day(row.get("effectiveDate")),
        code=first(kind, "code"),
        label=first(kind, "value", "description") or text(kind),
        court=first(row, "court"),
        details=first(row, "details"),
        liquidators=texts(row.get("liquidators")),
    )


def _proceeding(row: Json, source: str) -> Proceeding:
    return Proceeding(
        source=source,
        date=day(row.get("effectiveDate")),
        published_on=day(row.get("publicationDate")),
        label=first(row, "judgment", "judgement"),
        court=first(row, "court"),
        details=first(row, "details"),
        representative=first(row, "representative"),
    )


def _merged(found: Iterable[Judgment]) -> tuple[Judgment, ...]:
    rulings: dict[tuple[Any, ...], list[Judgment]] = {}
    for row in found:
        if row.label or row.code or row.details:
            _add(rulings.setdefault((row.date, row.code or row.label.casefold()), []), row)
    return tuple(row for twins in rulings.values() for row in twins)


def _add(twins: list[Judgment], row: Judgment) -> None:
    for place, twin in enumerate(twins):
        if not row.court or twin.court in {"", row.court}:
            twins[place] = _completed(twin, row)
            return
    twins.append(row)


def _completed(row: Judgment, other: Judgment) -> Judgment:
    return replace(
        row,
        court=row.court or other.court,
        details=max(row.details, other.details, key=len),
        liquidators=row.liquidators or other.liquidators,
    )
