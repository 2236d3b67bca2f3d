"""When reports are renewed, to start with: red monthly, green yearly or after an event (domain 3, idea 15)."""

from django.db import migrations

# cell, oldest report in days, only after an event
LINES = [
    ("HIGH-FAV", 365, False),
    ("LOW-FAV", 365, True),
    ("HIGH-MOD", 90, False),
    ("LOW-MOD", 180, False),
    ("HIGH-DEF", 30, False),
    ("LOW-DEF", 30, False),
    ("FAIL", 30, True),
    ("NR", 90, False),
]


def create(apps, schema_editor):
    line = apps.get_model("monitoring", "RefreshPolicy")
    line.objects.bulk_create(
        (line(cell=cell, role="", max_age_days=days, event_only=only, on_event=True) for cell, days, only in LINES),
        ignore_conflicts=True,
    )


def remove(apps, schema_editor):
    apps.get_model("monitoring", "RefreshPolicy").objects.filter(role="").delete()


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0003_refresh_policy")]
    operations = [migrations.RunPython(create, remove)]
