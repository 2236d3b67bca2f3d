"""Reports stored before there was an archive move into it, on a database of its own."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from tests.monitoring.reports import sample

ROOT = Path(__file__).resolve().parent.parent.parent


def migrate(folder, *to):
    env = os.environ | {
        "VAR_DIR": str(folder),
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": f"sqlite:///{folder}/old.sqlite3",
    }
    command = [sys.executable, "manage.py", "migrate", *to, "-v", "0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)


def insert(database, table, **values):
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


@pytest.mark.thorough  # only installations from before the archive need it
def test_stored_reports_move_into_the_archive_without_a_byte_lost_and_back(tmp_path):
    migrate(tmp_path, "companies", "0002")
    bodies = [sample(), sample() | {"correlationId": "again"}, sample("report_gb")]
    raws = [json.dumps(body, indent=1).encode() for body in bodies]
    at = "2026-01-01 00:00:00"
    with sqlite3.connect(tmp_path / "old.sqlite3") as database:
        empty = dict.fromkeys(
            ("siret", "vat_number", "street", "postal_code", "city", "phone", "website", "legal_form", "activity_code",
             "activity", "link_note", "registration_number"), ""
        )  # fmt: skip
        insert(database, "companies_company", id=1, name="A", name_key="A", country="FR", status="active",
               link_state="linked", created_at=at, updated_at=at, **empty)  # fmt: skip
        for raw in raws:
            dates = {"ordered_at": at, "known_at": at, "language": "fr", "size": len(raw)}
            packed = {"sha256": hashlib.sha256(raw).hexdigest(), "body": zstandard.compress(raw)}
            insert(database, "companies_report", company_id=1, connect_id="FR-X-1", **dates, **packed)
    migrate(tmp_path, "companies", "0005")
    with sqlite3.connect(tmp_path / "old.sqlite3") as database:
        rows = database.execute(
            "SELECT r.sha256, r.envelope, b.content, b.score FROM companies_report r "
            "JOIN companies_reportbody b ON b.sha256 = r.body_id ORDER BY r.id"
        ).fetchall()
        assert database.execute("SELECT count(*) FROM companies_reportbody").fetchone() == (2,)
    assert [row[3] for row in rows] == [62, 62, 94]
    assert [zstandard.decompress(row[2]) for row in rows] == [raws[0], raws[0], raws[2]]
    assert json.loads(rows[1][1])["correlationId"] == "again"
    migrate(tmp_path, "companies", "0002")
    with sqlite3.connect(tmp_path / "old.sqlite3") as database:
        assert database.execute("SELECT count(*), count(body) FROM companies_report").fetchone() == (3, 3)
