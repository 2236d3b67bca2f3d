"""Two companies with everything that can hang on them, and a dump of every table that a merge may touch."""

from datetime import timedelta
from random import Random
from typing import Any

from django.apps import apps
from django.db.models import Model
from simple_history.models import HistoricalChanges

from companies.choices import Moved, OrderReason, OrderState, Role
from companies.models import Account, Company, Merge, MergeMoved, Profile, RatingPoint, Report, ReportBody, ReportOrder
from monitoring.choices import AlertKind, AlertState, CloseReason, NoteAction, Severity, WatchState
from monitoring.models import Alert, AlertNote, Event, Portfolio, StandingChange, Watch
from tests import make

OURS = ("companies", "monitoring")
LOG = {Merge, MergeMoved}


def dump(*without: type[Model]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours, but the marks of change, the histories and the log of merges itself."""
    tables = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=repr)
        for model in tables
        if not issubclass(model, HistoricalChanges) and model not in LOG | set(without)
    }


def report(of: Company, connect_id: str, days: int = 0) -> Report:
    sha = f"{of.pk:032d}{connect_id:>32}"[:60] + f"{days:04d}"
    body = ReportBody.objects.create(sha256=sha, raw_sha256=sha, content=b"", stored_size=0, sections="")
    at = make.NOW - timedelta(days=days)
    return Report.objects.create(
        company=of, connect_id=connect_id, ordered_at=at, known_at=at, language="fr", sha256=sha, size=1, body=body
    )


def linked(of: Company, **values: Any) -> Profile:
    profile = make.profile(of, **values)
    of.refresh_from_db()
    profile.report = report(of, profile.connect_id)
    profile.save()
    RatingPoint.objects.create(
        company=of, valid_on=make.TODAY, known_at=make.NOW, score=profile.score, connect_id=profile.connect_id
    )
    ReportOrder.objects.create(
        company=of, reason=OrderReason.LINKED, state=OrderState.DONE, requested_at=make.NOW, report=profile.report
    )
    return profile


def alert(of: Company, kind: AlertKind, *, closed: bool = False) -> Alert:
    ended = {"state": AlertState.CLOSED, "closed_at": make.NOW, "close_reason": CloseReason.ACTED} if closed else {}
    made = Alert.objects.create(
        company=of, kind=kind, severity=Severity.HIGH, opened_at=make.NOW, changed_at=make.NOW, **ended
    )
    AlertNote.objects.create(alert=made, action=NoteAction.COMMENT, text=f"about {kind}", at=make.NOW)
    return made


def furnish(of: Company, rng: Random) -> None:
    """Give a company whatever the dice say, of every table that points at companies."""
    for _ in range(rng.randrange(3)):
        held = make.account(of, role=rng.choice(list(Role)))
        make.item(held, str(rng.randrange(1, 9999)))
    for kind in rng.sample(list(AlertKind), rng.randrange(4)):
        alert(of, kind, closed=rng.random() < 0.4)
    for _ in range(rng.randrange(2)):
        make.company(f"Filiale {rng.random()}", parent=of)
    for _ in range(rng.randrange(3)):
        StandingChange.objects.create(company=of, at=make.NOW, cause="edit", cell_after="NR")
    if rng.random() < 0.5:
        profile = linked(of)
        portfolio, _ = Portfolio.objects.get_or_create(provider_id=1, defaults={"name": "riskportal"})
        Watch.objects.create(company=of, portfolio=portfolio, connect_id=profile.connect_id, state=WatchState.WATCHED)
        Event.objects.create(
            notification_id=f"n{rng.random()}", event_id=f"e{rng.random()}", portfolio=portfolio, company=of,
            connect_id=profile.connect_id, rule_code=1, received_at=make.NOW,
        )  # fmt: skip
        ReportOrder.objects.create(company=of, reason=OrderReason.AGE, requested_at=make.NOW)


def moved(merge: Merge, model: type[Model]) -> list[int]:
    """The keys of the rows of a table that a merge moved."""
    table = model._meta.label_lower
    return sorted({int(key) for key in merge.moved.filter(table=table, what=Moved.MOVED).values_list("key", flat=True)})


def codes(of: Company) -> set[str]:
    return set(Account.objects.filter(company=of).values_list("code", flat=True))
