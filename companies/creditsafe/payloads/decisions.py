"""The decision engine, "Check & Decide" (API reference 2.7)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from companies.creditsafe.payloads.values import Json, dig, first, flag, integer, mapping, moment, rest, rows, text

OUTCOMES = {"1": "positive", "2": "pending", "3": "negative", "5": "approved_by_hand", "6": "rejected_by_hand"}


@dataclass(frozen=True, kw_only=True)
class DecisionEngine:
    engine_id: str = ""
    name: str = ""
    type: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DecisionField:
    """A question that an engine asks; `kind` is Text, Integer or Dropdown."""

    param: str = ""
    label: str = ""
    kind: str = ""
    mandatory: bool = False
    order: int | None = None
    choices: tuple[str, ...] = ()
    validation: tuple[Json, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An engine's answer; `outcome` is positive, pending, negative, approved_by_hand, rejected_by_hand or empty."""

    decision: str = ""
    text: str = ""
    outcome: str = ""
    origination_id: str = ""
    audits: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class DecisionLog:
    log_id: int | None = None
    engine_id: str = ""
    company_id: str = ""
    company_name: str = ""
    decided_at: dt.datetime | None = None
    notes: str = ""
    decision: Decision = field(default_factory=Decision)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DecisionInstance:
    """The configuration of an engine. `extra` keeps its variables and parameters, which only the provider knows."""

    guid: str = ""
    name: str = ""
    template_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_request(self) -> Json:
        """The whole of it, as the server wants it back."""
        named = {"guid": self.guid, "decisionTreeName": self.name, "templateId": self.template_id}
        return {**_sendable(self.extra), **named}


@dataclass(frozen=True, kw_only=True)
class OutcomeLabel:
    """What an engine calls one outcome; `status` is the code that OUTCOMES names."""

    status: int | None = None
    label: str = ""
    description: str = ""

    def as_request(self) -> Json:
        """As the server wants it."""
        named = {"label": self.label, "description": self.description}
        return named if self.status is None else {"status": self.status, **named}


@dataclass(frozen=True, kw_only=True)
class DecisionOutcomes:
    """`manual_review` None: the server did not say."""

    labels: tuple[OutcomeLabel, ...] = ()
    manual_review: bool | None = None


def parse_engines(body: object) -> tuple[DecisionEngine, ...]:
    """Read `/decisionEngine/GUID`."""
    return tuple(
        DecisionEngine(
            engine_id=first(row, "GUID", "guid"),
            name=first(row, "friendlyName"),
            type=first(row, "type"),
            extra=rest(row, "GUID", "guid", "friendlyName", "type"),
        )
        for row in rows(dig(body, "GUIDList"))
    )


def parse_fields(body: object) -> tuple[DecisionField, ...]:
    """Read the questions, in their order."""
    found = [_field(row) for row in rows(dig(body, "fields"))]
    return tuple(sorted(found, key=lambda item: item.order or 0))


def parse_decision(body: object) -> Decision:
    """Read an answer; keys are capitalised, `statusCode` is a text or a number."""
    found = mapping(body)
    audits = ((first(row, "RuleName", "ruleName"), first(row, "description")) for row in rows(found.get("Audits")))
    return Decision(
        decision=first(found, "Decision", "decision"),
        text=first(found, "DecisionText", "decisionText"),
        outcome=OUTCOMES.get(text(found.get("statusCode")), ""),
        origination_id=first(found, "originationId"),
        audits=tuple(audits),
    )


def parse_decision_log(body: object) -> DecisionLog:
    """Read one entry of the usage log."""
    found = mapping(body)
    known = ("decisionLogId", "provenirId", "companyId", "companyName", "decisionDate", "notes", "response")
    return DecisionLog(
        log_id=integer(found.get("decisionLogId")),
        engine_id=first(found, "provenirId"),
        company_id=first(found, "companyId"),
        company_name=first(found, "companyName"),
        decided_at=moment(found.get("decisionDate")),
        notes=first(found, "notes"),
        decision=parse_decision(found.get("response")),
        extra=rest(found, *known),
    )


def parse_instances(body: object) -> tuple[DecisionInstance, ...]:
    """Read `/decisionEngine/instances`."""
    return tuple(map(parse_instance, rows(dig(body, "instances"))))


def parse_instance(body: object) -> DecisionInstance:
    """Read one configuration."""
    known = ("correlationId", "guid", "GUID", "decisionTreeName", "templateId")
    return DecisionInstance(
        guid=first(body, "guid", "GUID"),
        name=first(body, "decisionTreeName"),
        template_id=first(body, "templateId"),
        extra=rest(mapping(body), *known),
    )


def parse_outcomes(body: object) -> DecisionOutcomes:
    """Read `/decisionEngine/decisionOutcome`, whose list lies one level deeper than the one we send."""
    told = dig(body, "decisionOutcomes")
    labels = (
        OutcomeLabel(
            status=integer(row.get("status")), label=first(row, "label"), description=first(row, "description")
        )
        for row in rows(dig(told, "items")) or rows(told)
    )
    return DecisionOutcomes(labels=tuple(labels), manual_review=flag(dig(body, "includeInManualReview")))


def _sendable(value: Any) -> Any:
    """The same JSON without Decimals, which `read_json` makes and no encoder takes; their shortest float is exact."""
    if isinstance(value, Mapping):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def _field(row: Json) -> DecisionField:
    return DecisionField(
        param=first(row, "paramName"),
        label=first(row, "label"),
        kind=first(row, "fieldType"),
        mandatory=bool(flag(row.get("mandatory"))),
        order=integer(row.get("orderIndex")),
        choices=tuple(first(item, "label") for item in rows(row.get("dropdownDetails"))),
        validation=tuple(rows(row.get("validation"))),
    )
