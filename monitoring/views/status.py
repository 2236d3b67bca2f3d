"""The status strip, the health of the service, and the global search."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

from companies.models import Company
from monitoring.models import Portfolio
from monitoring.views.context import Site

HEARTBEAT = "heartbeat"
HEARTBEAT_LASTS = timedelta(seconds=60)
PING_SECONDS = 2


@require_safe
@never_cache
def strip(request: HttpRequest) -> HttpResponse:
    site = Site(request.user, request.path)
    response = render(request, "monitoring/_status_strip.html", {"site": site, "as_part": True})
    if "live" in request.GET and not site.jobs:
        response["HX-Trigger"] = "jobs-done"
    return response


@permission_required("monitoring.view_standing", raise_exception=True)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    found = list(Company.objects.search(text).values_list("pk", flat=True)[:2])
    if len(found) == 1:
        return redirect("company", pk=found[0])
    return redirect(f"{reverse('portfolio')}?{urlencode({'q': text})}" if text else "portfolio")


@login_not_required
@require_safe
def admin_door(request: HttpRequest) -> HttpResponse:
    """The admin sends here whom it does not let in: to the login page, unless they are signed in already."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(f"{reverse('login')}?{request.GET.urlencode(safe='/')}")


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    now = datetime.now(UTC)
    database, last_poll = _database()
    state = {"database": database, "broker": _broker(), "worker": _alive(now)}
    ok = all(state.values())
    return JsonResponse({**state, "last_poll": last_poll, "ok": ok}, status=200 if ok else 503)


def _database() -> tuple[bool, datetime | None]:
    try:
        return True, Portfolio.objects.aggregate(Max("polled_at"))["polled_at__max"]
    except DatabaseError:
        return False, None


def _broker() -> bool:
    if settings.REDIS_URL:
        return _redis_answers(settings.REDIS_URL)
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    folders = [Path(str(options[key])) for key in ("data_folder_in", "control_folder", "processed_folder")]
    return all(folder.is_dir() and os.access(folder, os.W_OK) for folder in folders)


def _redis_answers(url: str) -> bool:
    try:
        with Redis.from_url(url, socket_connect_timeout=PING_SECONDS, socket_timeout=PING_SECONDS) as client:
            return bool(client.ping())
    except RedisError:
        return False


def heartbeat() -> datetime | None:
    """When the worker last said that it lives, None if it never did or its word is lost."""
    try:
        return datetime.fromisoformat(str(cache.get(HEARTBEAT)))
    except (ValueError, OSError, RedisError):
        return None


def _alive(now: datetime) -> bool:
    beat = heartbeat()
    return beat is not None and now - beat <= HEARTBEAT_LASTS
