"""Move each stored report into its content. Apart from the changes of the tables: PostgreSQL wants them in turns."""

import hashlib

import zstandard
from django.db import migrations

from companies.creditsafe import parse_report
from companies.creditsafe.payloads.values import read_json
from companies.services.archive import content, opinion


def move(apps, schema_editor):
    Report, ReportBody = apps.get_model("companies", "Report"), apps.get_model("companies", "ReportBody")
    for pk in list(Report.objects.filter(body=None).order_by("pk").values_list("pk", flat=True)):
        report = Report.objects.get(pk=pk)
        raw = zstandard.decompress(bytes(report.packed))
        taken = content(raw)
        body, _made = ReportBody.objects.get_or_create(
            sha256=taken.sha256,
            defaults={
                "raw_sha256": hashlib.sha256(raw).hexdigest(),
                "content": bytes(report.packed),
                "stored_size": len(report.packed),
                "sections": taken.sections,
                **opinion(parse_report(read_json(raw))),
            },
        )
        Report.objects.filter(pk=pk).update(body=body, envelope=taken.envelope)


def back(apps, schema_editor):
    Report = apps.get_model("companies", "Report")
    for report in Report.objects.select_related("body").iterator():
        Report.objects.filter(pk=report.pk).update(packed=report.body.content, body=None)


class Migration(migrations.Migration):
    dependencies = [("companies", "0003_report_archive")]

    operations = [migrations.RunPython(move, back)]
