"""Reports are never changed: the database refuses it, whoever asks."""

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("companies_report", "companies_reportbody", "companies_reportpdf", "companies_reportaccess")


def refuse_updates(apps, schema_editor):
    """One trigger a table. SQLite drops them with a table that a later migration rebuilds: a test looks for them."""
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION companies_refuse_update() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'rows of %% are never changed', TG_TABLE_NAME; END $$ LANGUAGE plpgsql"
        )
    for table in TABLES:
        if vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION companies_refuse_update()"
            )
        elif vendor == "sqlite":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
            )


def allow_updates(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in TABLES:
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_fixed ON {table}")
        elif vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_fixed")
    if vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION companies_refuse_update()")


class Migration(migrations.Migration):
    dependencies = [("companies", "0004_report_contents")]

    operations = [
        migrations.RemoveField("report", "packed"),
        migrations.AlterField(
            model_name="report",
            name="body",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="companies.reportbody",
                verbose_name="content",
            ),
        ),
        migrations.RunPython(refuse_updates, allow_updates),
    ]
