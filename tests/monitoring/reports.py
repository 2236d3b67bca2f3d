"""Stored reports for the tests of the archive and of the tabs."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from companies.models import Company, Profile, Report
from companies.services import archive
from monitoring.services import standing
from tests.make import NOW

SAMPLES = Path(__file__).parent.parent / "creditsafe" / "samples"
ENGLISH = {"accept-language": "en"}
NAMES = ("report_fr", "report_fr_failed", "report_gb", "report_se_unrated")
TABS = (
    "profile",
    "solvency",
    "accounts",
    "judgments",
    "payments",
    "history",
    "group",
    "directors",
    "exposure",
    "documents",
    "reports",
)


def sample(name: str = "report_fr") -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_bytes())
    return body


def changed(change: Callable[[dict[str, Any]], object], name: str = "report_fr") -> dict[str, Any]:
    """A sample whose `report` was changed."""
    body = sample(name)
    change(body["report"])
    return body


def stored(company: Company, body: dict[str, Any] | bytes, at: datetime = NOW, *, latest: bool = True) -> Report:
    """A body in the archive, and in the profile when it is the latest."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    profile = Profile.objects.get(company=company)
    report, _new = archive.keep(
        company.pk, raw=raw, data=json.loads(raw), connect_id=profile.connect_id, ordered_at=at, now=at
    )
    if latest:
        Profile.objects.filter(company=company).update(report=report, reported_at=at)
    return report


def restate(company: Company) -> None:
    standing.restate([company.pk], now=NOW, as_of=timezone.localdate())
