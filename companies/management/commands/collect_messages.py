"""Gather every text that a user may read into the French catalogue, and say which ones still have no translation."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

CATALOGUE = Path("locale/fr/LC_MESSAGES/django.po")
HEADER = """\
# French texts of riskportal. `make messages` keeps the list; the translations are written here.
msgid ""
msgstr ""
"Language: fr\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""
CALLS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def sources(root: Path) -> Iterator[tuple[str, bytes]]:
    """The files that may hold texts, as (path, Python for the extractor)."""
    for package in ("riskportal", "companies", "monitoring"):
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root).as_posix(), path.read_bytes()
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            lines = templatize(path.read_text(), origin=str(path)).splitlines()
            # Indentation of HTML means nothing, and would stop Python's tokeniser.
            yield path.relative_to(root).as_posix(), "\n".join(line.strip() for line in lines).encode()


def gathered(root: Path, known: Catalog) -> Catalog:
    """The texts in the sources, with the translations that are known."""
    catalogue = Catalog(locale="fr")
    for path, source in sources(root):
        for _line, text, _comments, context in extract("python", BytesIO(source), keywords=CALLS):
            old = known.get(text if isinstance(text, str) else text[0], context)
            string = old.string if old and isinstance(old.id, str) == isinstance(text, str) else None
            flags = old.flags - {"python-format", "python-brace-format"} if old else ()
            catalogue.add(text, string, locations=[(path, 0)], flags=flags, context=context)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalogue, width=120, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER.encode() + out.getvalue()


def translations(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]


def problem(message: Message) -> str:
    """Why a message is not ready, or ""."""
    originals = [message.id] if isinstance(message.id, str) else list(message.id)
    allowed = [sorted(PLACEHOLDER.findall(original)) for original in originals]
    if message.fuzzy:
        return "fuzzy"
    if not all(text.strip() for text in translations(message)):
        return "not translated"
    if any(sorted(PLACEHOLDER.findall(text)) not in allowed for text in translations(message)):
        return "placeholders differ"
    return ""


class Command(BaseCommand):
    help = "Update locale/fr from the sources; with --check, change nothing and fail when a text is not translated."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail, naming each text that is not ready")

    def handle(self, *, check: bool, **options: object) -> None:
        path = settings.BASE_DIR / CATALOGUE
        known = Catalog(locale="fr")
        if path.exists():
            with path.open("rb") as file:
                known = read_po(file, locale="fr", ignore_obsolete=True)
        catalogue = gathered(settings.BASE_DIR, known)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(catalogue))
        problems = [f"{why}: {message.id!r}" for message in catalogue if message.id and (why := problem(message))]
        if check and problems:
            raise CommandError("\n".join([*problems, f"{len(problems)} texts are not ready in {CATALOGUE}."]))
        self.stdout.write(f"{len(catalogue)} texts, {len(problems)} not ready.")
