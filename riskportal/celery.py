"""The Celery application and everything that runs by the clock."""

import os

from celery import Celery
from celery.schedules import crontab
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "riskportal.settings")

TRANSPORT_ALIASES["filesystem"] = "riskportal.broker:Transport"

app = Celery("riskportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "tell that we live": {"task": "companies.tasks.heartbeat", "schedule": 10.0},
    "sweep jobs on facts": {"task": "companies.tasks.sweep_jobs", "schedule": 5.0},
    "sweep jobs on judgement": {"task": "monitoring.tasks.sweep_jobs", "schedule": 5.0},
    "restate what changed": {"task": "monitoring.tasks.digest_changes", "schedule": 2.0},
    "tidy up": {"task": "companies.tasks.tidy", "schedule": 3600.0},
    "apply the retention policy": {"task": "companies.tasks.purge_reports", "schedule": 86_400.0},
    "renew old reports": {"task": "monitoring.tasks.renew_reports", "schedule": 3600.0},
    "read what the subscription has left": {"task": "companies.tasks.read_access", "schedule": 900.0},
    "pick up files from folders": {"task": "companies.tasks.pick_up_files", "schedule": 300.0},
    "look for duplicates": {"task": "companies.tasks.find_duplicates", "schedule": crontab(hour=2, minute=30)},
    "count the quality of the day": {"task": "monitoring.tasks.count_quality", "schedule": crontab(hour=4, minute=0)},
    "let a day pass": {"task": "monitoring.tasks.pass_time", "schedule": 3600.0},
    "poll Creditsafe events": {"task": "monitoring.tasks.poll", "schedule": 15.0},
}
