"""Colour, icon and reminders of the cells as delivered; the lines of "credit and reminders" as their check-lists; and
every standing worked out once more, so that each company has its first position."""

from django.db import migrations

LOOKS = {  # colour, icon, reminder profile
    "HIGH-FAV": ("green", "shield-check", "soft"),
    "LOW-FAV": ("teal", "plant-2", "standard"),
    "HIGH-MOD": ("orange", "shield-half", "early"),
    "LOW-MOD": ("yellow", "eye", "standard"),
    "HIGH-DEF": ("red", "stairs-down", "strict"),
    "LOW-DEF": ("red", "hand-stop", "strict"),
    "FAIL": ("dark", "gavel", "none"),
    "NR": ("grey", "help-hexagon", "standard"),
}


def furnish(apps, schema_editor):
    cells, actions = apps.get_model("monitoring", "MatrixCell"), apps.get_model("monitoring", "CellAction")
    for cell in cells.objects.all():
        cell.colour, cell.icon, cell.reminders = LOOKS[cell.code]
        cell.save(update_fields=["colour", "icon", "reminders"])
        lines = zip(cell.credit_fr.splitlines(), cell.credit_en.splitlines())
        days = 30 if cell.severity < 3 else 14 if cell.severity < 6 else 3
        actions.objects.bulk_create(
            actions(cell=cell, order=order, text_fr=french[:200], text_en=english[:200], due_days=days)
            for order, (french, english) in enumerate(lines, 1)
        )
    mark_all(apps)


def mark_all(apps):
    company, change = apps.get_model("companies", "Company"), apps.get_model("companies", "Change")
    batch = []
    for pk in company.objects.order_by("pk").values_list("pk", flat=True).iterator():
        batch.append(change(company_id=pk, cause="rebuild"))
        if len(batch) == 1000:
            change.objects.bulk_create(batch)
            batch = []
    change.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0007_positions")]
    operations = [migrations.RunPython(furnish, migrations.RunPython.noop)]
