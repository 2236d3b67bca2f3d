"""The decision engine, "Check & Decide" (API reference 2.7). Pages start at 1 here."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from companies.creditsafe.client.transport import Transport, segment
from companies.creditsafe.payloads.decisions import (
    Decision,
    DecisionEngine,
    DecisionField,
    DecisionInstance,
    DecisionLog,
    DecisionOutcomes,
    OutcomeLabel,
    parse_decision,
    parse_decision_log,
    parse_engines,
    parse_fields,
    parse_instance,
    parse_instances,
    parse_outcomes,
)
from companies.creditsafe.payloads.values import integer, rows

LOG_FILTERS = {
    "engine_id": "provenirId",
    "company_id": "companyId",
    "company_name": "companyName",
    "status": "status",
    "from_date": "fromDate",
    "to_date": "toDate",
}


class DecisionCalls(Transport):
    """Everything under `/decisionEngine`."""

    def decision_engines(self, *, kind: str | None = None) -> tuple[DecisionEngine, ...]:
        """The engines of the account; `kind` is Credit Approval, Bespoke or Demo."""
        params = {"sortBy": "friendlyName", "sortDir": "asc", "type": kind}
        return parse_engines(self._request("GET", "/decisionEngine/GUID", params=params).object)

    def decision_fields(self, engine_id: str) -> tuple[DecisionField, ...]:
        """The questions to answer before a run, in order."""
        return parse_fields(self._request("GET", f"/decisionEngine/{segment(engine_id)}/userDataFields").object)

    def run_decision(
        self, engine_id: str, company_id: str, values: Mapping[str, Any], *, origination_id: str | None = None
    ) -> Decision:
        """Let an engine decide on a company; `values` answers its fields by parameter name."""
        params = {"companyId": company_id, "originationId": origination_id}
        answer = self._request("POST", f"/decisionEngine/{segment(engine_id)}", params=params, json=dict(values))
        return parse_decision(answer.object)

    def decision_log(self, *, page_size: int = 100, **filters: Any) -> Iterator[DecisionLog]:
        """Past decisions, each once. Filters: engine_id, company_id, company_name, status, from_date, to_date."""
        params = {LOG_FILTERS[name]: value for name, value in filters.items()}
        seen: set[int | None] = set()
        page = 1
        while True:
            window = {**params, "page": page, "pageSize": page_size}
            body = self._request("GET", "/decisionEngine/usageLog", params=window).object
            fresh = [row for row in map(parse_decision_log, rows(body.get("usageLog"))) if row.log_id not in seen]
            yield from fresh
            seen.update(row.log_id for row in fresh)
            if not fresh or len(seen) >= (integer(body.get("totalCount")) or 0):
                return
            page += 1

    def decision_log_entry(self, log_id: int) -> DecisionLog:
        """One past decision."""
        return parse_decision_log(self._request("GET", f"/decisionEngine/usageLog/{segment(log_id)}").object)

    def update_decision(self, log_id: int, *, status_code: int, notes: str = "") -> None:
        """Overrule a past decision by hand."""
        body = {"statusCode": status_code, "notes": notes}
        self._request("PATCH", f"/decisionEngine/usageLog/{segment(log_id)}", json=body)

    def decision_instances(
        self, *, customer_id: int | None = None, user_id: int | None = None
    ) -> tuple[DecisionInstance, ...]:
        """The configured engines, by name only."""
        params = {"customerId": customer_id, "userId": user_id}
        return parse_instances(self._request("GET", "/decisionEngine/instances", params=params).object)

    def decision_instance(self, guid: str) -> DecisionInstance:
        """How one engine is configured."""
        return parse_instance(self._request("GET", _instance(guid)).object)

    def put_decision_instance(self, instance: DecisionInstance) -> None:
        """Replace the configuration of an engine: change what `decision_instance` gave, and put it back whole."""
        self._request("PUT", _instance(instance.guid), json=instance.as_request())

    def decision_outcomes(self, guid: str) -> DecisionOutcomes:
        """What the outcomes of an engine are called, and whether they may go to manual review."""
        return parse_outcomes(self._request("GET", _outcomes(guid)).object)

    def patch_decision_outcomes(
        self, guid: str, labels: Iterable[OutcomeLabel], *, manual_review: bool | None = None
    ) -> None:
        """Rename the outcomes of an engine; `manual_review` None leaves that as it is."""
        body: dict[str, Any] = {"decisionOutcomes": [label.as_request() for label in labels]}
        if manual_review is not None:
            body["includeInManualReview"] = manual_review
        self._request("PATCH", _outcomes(guid), json=body)


def _instance(guid: str) -> str:
    return f"/decisionEngine/instance/{segment(guid)}"


def _outcomes(guid: str) -> str:
    return f"/decisionEngine/decisionOutcome/{segment(guid)}"
