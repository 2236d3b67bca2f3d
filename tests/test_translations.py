"""French is complete, and the check that says so can fail."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.core.management import call_command

from companies.management.commands.collect_messages import gathered, problem, written


def test_every_text_is_translated() -> None:
    call_command("collect_messages", "--check", verbosity=0)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Message("Watch", "Surveiller"), ""),
        (Message("Watch"), "not translated"),
        (Message("Watch", " "), "not translated"),
        (Message("Watch", "Surveiller", flags=["fuzzy"]), "fuzzy"),
        (Message("%(n)s of %(m)s", "%(n)s sur %(m)s"), ""),
        (Message("%(n)s of %(m)s", "%(m)s en tout, dont %(n)s"), ""),
        (Message("%(n)s of %(m)s", "%(n)s"), "placeholders differ"),
        (Message("{name} left", "{nom} est parti"), "placeholders differ"),
        (Message(("one alert", "%(n)d alerts"), ("%(n)d alerte", "%(n)d alertes")), ""),
        (Message(("one alert", "%(n)d alerts"), ("une alerte", "%(n)d alertes")), ""),
        (Message(("one alert", "%(n)d alerts"), ("une alerte", "")), "not translated"),
        (Message(("one alert", "%(n)d alerts"), ("une alerte", "%(x)d alertes")), "placeholders differ"),
    ],
)
def test_a_message_is_ready_or_says_why_not(message: Message, said: str) -> None:
    assert problem(message) == said


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "companies").mkdir()
    (tmp_path / "companies" / "views.py").write_text(
        'title = _("Matrix")\nlabel = pgettext("verb", "Watch")\nsum = ngettext("a cell", "%(n)d cells", 2)\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}\n  {% if x %}\n      {% translate "Alerts" %}\n    {% endif %}\n'
        "{% blocktranslate trimmed count n=n %}\n  {{ n }} item\n{% plural %}\n  {{ n }} items\n"
        "{% endblocktranslate %}\n"
        '{% include "a.html" with title=_("Imports") %} {# not a {% text #}\n'
    )
    return tmp_path


def test_texts_come_from_python_and_templates(project: Path) -> None:
    texts = {message.id for message in gathered(project, Catalog()) if message.id}
    assert texts == {"Matrix", "Watch", ("a cell", "%(n)d cells"), "Alerts", ("%(n)s item", "%(n)s items"), "Imports"}


def test_known_translations_are_kept_and_unused_ones_dropped(project: Path) -> None:
    known = Catalog(locale="fr")
    known.add("Alerts", "Alertes")
    known.add("Watch", "Surveiller", context="verb")
    known.add("Gone", "Parti")
    catalogue = gathered(project, known)
    assert catalogue["Alerts"].string == "Alertes"
    assert (watch := catalogue.get("Watch", "verb"))
    assert watch.string == "Surveiller"
    assert "Gone" not in catalogue


def test_the_catalogue_names_no_machine_date_or_line(project: Path) -> None:
    text = written(gathered(project, Catalog(locale="fr"))).decode()
    assert "Date" not in text
    assert str(project) not in text
    assert "#: templates/page.html\n" in text
