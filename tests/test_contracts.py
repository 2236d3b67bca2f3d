"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
CODE = [path for folder in ("riskportal", "companies", "monitoring") for path in sorted((ROOT / folder).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LONGEST_FILE, LONGEST_SETTINGS, LONGEST_FUNCTION = 400, 150, 50


def tracked() -> list[Path]:
    """What is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def found(pattern: str, paths: list[Path]) -> list[str]:
    """`path:line: text` of each match; files that are not text have none."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), start=1)
        if wanted.search(line)
    ]


@pytest.mark.parametrize(
    "pattern",
    [r"\bsend_task\(", r"\bget_model\(", r"^@receiver\b", r"\.connect\((?!\"|').*sender="],
    ids=["tasks by name", "models by name", "signal receivers", "signal connections"],
)
def test_no_hidden_way_between_modules(pattern: str) -> None:
    assert found(pattern, [path for path in CODE if "migrations" not in path.parts]) == []


def test_no_reverse_accessor_leads_from_companies_to_monitoring() -> None:
    doors = [
        f"{model.__name__}.{relation.name}"
        for model in apps.get_app_config("companies").get_models()
        for relation in model._meta.related_objects
        if relation.related_model._meta.app_label == "monitoring" and not relation.hidden
    ]
    assert doors == []


@pytest.mark.parametrize(
    "pattern",
    [r"<style\b", r"\sstyle\s*=", r"<script(?![^>]*\bsrc=)", r"<[^>]*\son[a-z]+\s*=", r"javascript:", r"\bhx-on\b"],
    ids=["style element", "style attribute", "inline script", "event attribute", "javascript address", "htmx script"],
)
def test_templates_have_nothing_inline(pattern: str) -> None:
    assert found(pattern, TEMPLATES) == []


def test_keys_in_attributes_are_not_written_as_numbers_for_people() -> None:
    """Above 999 a key would get the separator of thousands, and the row that it names would not be found."""
    assert found(r"=\"(?:[^\"{]|{%[^%]*%}|{{[^}]*}})*{{ *(?:\w+\.)*(?:pk|company_id) *}}", TEMPLATES) == []


def test_templates_load_nothing_from_other_hosts() -> None:
    assert found(r"(src|<link[^>]*href|action|hx-\w+)=\"(https?:)?//", TEMPLATES) == []


def test_no_file_knows_this_machine_or_a_package_index() -> None:
    folders = "|".join(["/" + "work/", "/" + "root/", "/" + "home/\\w", "file" + "://"])
    indexes = "|".join(["index" + "-url", "find" + "-links", "https?://[^ ]*/simple\\b"])
    others = [path for path in tracked() if path != Path(__file__) and path.suffix not in {".png", ".xlsx"}]
    assert found(f"{folders}|{indexes}", others) == []


def test_the_locks_are_hashed() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        pins = [line for line in lock.read_text().splitlines() if "==" in line]
        assert pins
        assert [line for line in pins if not line.endswith("\\")] == [], lock.name


def test_settings_fit_one_short_file() -> None:
    assert len((ROOT / "riskportal" / "settings.py").read_text().splitlines()) <= LONGEST_SETTINGS


def test_files_are_short() -> None:
    python = [path for path in tracked() if path.suffix == ".py" and "migrations" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in [*CODE, ROOT / "dev.py"]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_silenced_checkers_give_their_reason() -> None:
    python = [path for path in tracked() if path.suffix == ".py" and path != Path(__file__)]
    silenced = found(r"# (type: ignore|noqa)", python)
    assert [
        line for line in silenced if not re.search(r"# (type: ignore|noqa)[^ ]*( [A-Z0-9, ]+)? *[#(—-]+ ?\w", line)
    ] == []


def test_nothing_is_left_for_later() -> None:
    later = "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"])
    assert (
        found(rf"\b({later})\b", [path for path in tracked() if path.suffix in {".py", ".html", ".js", ".css", ".md"}])
        == []
    )
