"""The statement of account: who sends it, what is to be paid where, and that every letter of it can be read."""

import re
import zlib
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from monitoring.models import BankAccount, OurCompany
from monitoring.services import statement as service
from monitoring.services import statement_pdf
from monitoring.services.letters import is_western, western
from tests import make

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Pillow could not be imported"),  # it is for pictures, and we draw none
]
IBAN = "FR1420041010050500013M02606"
FONTS = pytest.mark.skipif(not statement_pdf.FONTS.exists(), reason="this machine has no free font to embed")


def text_of(document: bytes) -> str:
    """The words of a PDF, from its streams and the tables that say which letter each glyph is."""
    streams = [
        zlib.decompress(found) for found in re.findall(rb"FlateDecode.*?stream\n(.*?)\nendstream", document, re.S)
    ]
    plain = re.findall(rb"stream\n(.*?)\nendstream", document, re.S)
    tables = [_table(stream) for stream in [*streams, *plain] if b"begincmap" in stream] or [None]
    shown = [found for stream in streams for found in re.findall(rb"\((.*?)(?<!\\)\) Tj", stream, re.S)]
    return "\n".join(_said(found, table) for table in tables for found in shown)  # each font has a table of its own


def _table(stream: bytes) -> dict[bytes, str]:
    found = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>\n", stream)
    return {bytes.fromhex(glyph.decode()): chr(int(letter, 16)) for glyph, letter in found}


def _said(raw: bytes, letters: dict[bytes, str] | None) -> str:
    for escaped, byte in ((rb"\(", b"("), (rb"\)", b")"), (rb"\r", b"\r"), (rb"\\", b"\\")):
        raw = raw.replace(escaped, byte)
    if letters is None:
        return raw.decode("latin-1")
    return "".join(letters.get(raw[place : place + 2], "") for place in range(0, len(raw), 2))


@pytest.fixture
def company(db):
    found = make.company("Forges du Nord")
    make.item(make.account(found, code="411007"), "1234.50", date(2026, 10, 1), document="FA77")
    return found


def sender():
    us = OurCompany(name="Nous & Cie", street="1 rue des Fours", postal_code="59000", city="Lille", email="ar@nous.fr")
    us.save()
    return us


def written(company, language="en"):
    return text_of(statement_pdf.pdf(service.statement(company), language))


def test_the_pdf_says_who_owes_what_and_since_when(company):
    text = written(company)
    assert all(word in text for word in ("Forges du Nord", "FA77", "411007", "2026-10-01", "1 234.50"))


def test_the_pdf_says_who_sends_it(company):
    sender()
    assert all(word in written(company) for word in ("Nous & Cie", "1 rue des Fours", "59000 Lille", "ar@nous.fr"))


def test_each_currency_is_to_be_paid_to_its_own_account(company):
    us = sender()
    BankAccount.objects.create(company=us, currency="EUR", iban=IBAN, bic="PSSTFRPPLIL")
    make.item(company.accounts.get(), "70", date(2026, 10, 1), currency="USD")
    euros, dollars = service.statement(company).balances
    assert service.to_pay(euros, "1 234.50 EUR") == (
        "To pay: 1 234.50 EUR to IBAN FR14 2004 1010 0505 0001 3M02 606 · BIC PSSTFRPPLIL"
    )
    assert (dollars.total, service.to_pay(dollars, "70 USD")) == (70, "To pay: 70 USD")


def test_nobody_is_asked_to_pay_a_balance_in_their_favour(company):
    make.item(company.accounts.get(), "-2000", None)
    balance = service.statement(company).balances[0]
    assert (balance.total, "favour" in service.to_pay(balance, "")) == (Decimal("-765.50"), True)


@FONTS
def test_letters_of_other_alphabets_are_shown_as_they_are(company):
    company.name = "Łódź Škoda Ελλάς Завод"
    assert company.name in written(company)


def test_without_a_font_they_are_spelled(company, monkeypatch, tmp_path):
    monkeypatch.setattr(statement_pdf, "FONTS", tmp_path)
    company.name = "Łódź Škoda Ελλάς Завод"
    assert "Lódz Skoda Ellas Zavod" in written(company)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Œuvre – “été”", 'Oeuvre - "été"'),
        ("Щука", "Shchuka"),
        ("Ψυχή", "Psychi"),
        ("日本", "??"),
        ("Ünal Işık", "Ünal Isik"),
    ],
)
def test_how_a_name_is_spelled(name, spelled):
    assert western(name) == spelled
    assert is_western(spelled)


@pytest.mark.parametrize("iban", [IBAN, "FR14 2004 1010 0505 0001 3M02 606", "DE89370400440532013000"])
def test_a_right_iban_is_taken(iban):
    BankAccount(company=OurCompany(pk=1), currency="EUR", iban=iban).clean_fields(exclude=["company"])


@pytest.mark.parametrize("iban", ["FR1420041010050500013M02607", "FR14", "nonsense", "--89370400440532013000"])
def test_a_wrong_iban_is_refused(iban):
    with pytest.raises(ValidationError, match="IBAN"):
        BankAccount(company=OurCompany(pk=1), currency="EUR", iban=iban).clean_fields(exclude=["company"])


def test_only_who_may_enter_the_sender_is_told_that_there_is_none(client_as, administrator, auditor, company):
    address = f"/companies/{company.pk}/statement/?language=en"
    assert "names no sender" in client_as(administrator).get(address).content.decode()
    assert "names no sender" not in client_as(auditor).get(address).content.decode()
    sender()
    assert "Nous &amp; Cie" in client_as(auditor).get(address).content.decode()
