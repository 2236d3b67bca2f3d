"""A real Celery worker whose patience is short: leases, windows and waits of seconds make a chaos run take seconds.

Nothing but these times differs from `celery -A riskportal worker`.
"""

import os
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "riskportal.settings")

import django

from riskportal.celery import app

SECOND = timedelta(seconds=1)
PERIODS = {"companies.tasks.sweep_jobs": 1.0, "monitoring.tasks.sweep_jobs": 1.0, "monitoring.tasks.poll": 2.0}


def hurry() -> None:
    from companies.models import breaker as breaker_rows
    from companies.models import job
    from companies.services import breaker, jobs, provider, refresh

    for module in (job, jobs, refresh):
        vars(module)["LEASE"] = 4 * SECOND
    breaker_rows.PROBE = 4 * SECOND
    refresh.LONGEST_REST = 2 * SECOND
    provider.WINDOW = provider.HALTED = SECOND
    provider.backoff = lambda attempts: SECOND / 2
    breaker.FIRST_WAIT, breaker.LONGEST_WAIT = SECOND, 2 * SECOND
    for entry in app.conf.beat_schedule.values():
        entry["schedule"] = PERIODS.get(entry["task"], entry["schedule"])


django.setup()
hurry()
