"""Files read as an import profile says: mapped columns, fixed width, EBCDIC, spool pages, numbers and dates."""

from datetime import date
from decimal import Decimal

import pytest

from companies.choices import FileFormat, FileKind, Role
from companies.imports.amounts import NumberProfile
from companies.imports.dates import Compact
from companies.imports.encodings import decode, opener
from companies.imports.files import read_table
from companies.imports.outcome import FileProblem
from companies.imports.rows import parse_partners
from companies.imports.sources import Place, Source
from tests.companies.items import read

TODAY = date(2026, 11, 21)
FIXED = (
    Place("code", "Compte", 1, 8),
    Place("name", "Nom", 9, 20),
    Place("siren", "SIREN", 29, 9),
    Place("limit", "Plafond", 38, 9),
)


def fixed(*lines, source=None, **given):
    source = source or Source(format=FileFormat.FIXED, places=FIXED, **given)
    data = lines[0] if isinstance(lines[0], bytes) else "\n".join(lines).encode("cp1252")
    return parse_partners(read_table(data, "clients.txt", source=source), TODAY, source=source)


def line(code="411DUPON", name="Établissements Dupon", siren="489724245", limit="1 200,50"):
    return f"{code:8}{name:20}{siren:9}{limit:>9}"


def mapped(text, *, kind=FileKind.PARTNERS, **given):
    source = Source(**given)
    table = read_table(text.encode(), "f.csv", source=source)
    if kind == FileKind.PARTNERS:
        return parse_partners(table, TODAY, source=source)
    return read(table, today=TODAY, as_of=date(2026, 11, 20), source=source)


def codes(issues):
    return [issue.code for issue in issues]


def test_fields_of_a_fixed_width_file_are_cut_at_their_positions():
    row = fixed(line()).rows[0]
    assert (row.code, row.name, row.registration_number) == ("411DUPON", "Établissements Dupon", "489724245")
    assert row.erp_limit == Decimal("1200.50")


def test_a_short_line_of_a_fixed_width_file_has_empty_fields():
    parsed = fixed("411A    Alpha")
    assert parsed.rows[0].name == "Alpha"
    assert parsed.rows[0].registration_number == ""


def test_an_error_in_a_fixed_width_file_names_line_and_field():
    error = fixed(line(), line(code="411B", siren="489724246")).errors[0]
    assert (error.line, error.column, error.value) == (2, "SIREN", "489724246")


def test_a_spool_file_is_read_across_its_repeated_page_headers():
    def page(number):
        return [f"SOCIETE MODELE      LISTE DES CLIENTS  PAGE {number}", "COMPTE  NOM                 SIREN", "-" * 46]

    lines = [*page(1), line(code="411A"), "\f" + page(2)[0], *page(2)[1:], line(code="411B"), "\x1a"]
    parsed = fixed(*lines, header_line=3)
    assert [row.code for row in parsed.rows] == ["411A", "411B"]
    assert parsed.errors == []
    assert parsed.skipped["repeated_header"] >= 2


def test_a_spool_file_with_a_delimiter_skips_the_titles_of_each_page():
    text = (
        "Edition du 01/02/2026 page 1\nCompte;Nom\n411A;Alpha\n\fEdition du 01/02/2026 page 2\nCompte;Nom\n411B;Béta\n"
    )
    parsed = mapped(text)
    assert [row.code for row in parsed.rows] == ["411A", "411B"]


@pytest.mark.parametrize("encoding", ["cp297", "cp1147"])
def test_french_ebcdic_is_read_when_the_profile_says_so(encoding):
    data = "".join(f"{line(code=code)}\x85" for code in ("411A", "411B")).encode(encoding)
    parsed = fixed(data, encoding=encoding)
    assert [(row.code, row.name) for row in parsed.rows] == [
        ("411A", "Établissements Dupon"),
        ("411B", "Établissements Dupon"),
    ]


def test_records_without_line_ends_are_cut_by_their_length():
    data = (line(code="411A") + line(code="411B")).encode("cp297")
    assert [row.code for row in fixed(data, encoding="cp297", record_length=46).rows] == ["411A", "411B"]


@pytest.mark.parametrize(
    ("byte", "letter"), [(0x7C, "à"), (0xC0, "é"), (0xD0, "è"), (0xE0, "ç"), (0x6A, "ù"), (0x5A, "§")]
)
def test_the_french_tables_have_the_letters_that_the_american_one_lacks(byte, letter):
    assert bytes([byte]).decode("cp297") == bytes([byte]).decode("cp1147") == letter
    assert letter.encode("cp297") == bytes([byte])


def test_only_1147_has_the_euro():
    assert b"\x9f".decode("cp1147") == "€"
    assert b"\x9f".decode("cp297") == "¤"


def test_ebcdic_is_proposed_and_never_guessed():
    with pytest.raises(FileProblem) as found:
        decode(opener("COMPTE CLIENT NOM DU CLIENT".encode("cp297") * 9))
    assert found.value.code == "ebcdic"
    assert "cp1147" in found.value.fix


@pytest.mark.parametrize("header", ["Zone 1;Zone 2;Zone 3\n", "Titre\n\nZone 1;Zone 2;Zone 3\n"])
def test_columns_with_names_of_their_own_are_found_by_the_mapping(header):
    places = (Place("code", "Zone 2"), Place("name", "Zone 1"))
    row = mapped(header + "Alpha;411A;rien\n", places=places).rows[0]
    assert (row.code, row.name) == ("411A", "Alpha")


def test_a_mapping_reads_nothing_but_what_it_names():
    parsed = mapped("Compte;Nom;Plafond\n411A;Alpha;illimité\n", places=(Place("code", "Compte"), Place("name", "Nom")))
    assert (parsed.rows[0].erp_limit, parsed.errors, parsed.warnings) == (None, [], [])


def test_a_needed_column_of_the_profile_that_is_missing_is_an_error_with_its_name():
    places = (Place("code", "Zone 9"), Place("name", "Nom"))
    parsed = mapped("Compte;Nom;Ville\n411A;Alpha;Lille\n", places=places)
    assert (parsed.errors[0].code, parsed.errors[0].column) == ("missing_column", "Zone 9")


def test_another_column_of_the_profile_that_is_missing_is_a_warning():
    places = (Place("code", "Compte"), Place("name", "Nom"), Place("city", "Commune"))
    parsed = mapped("Compte;Nom\n411A;Alpha\n", places=places)
    assert (codes(parsed.errors), codes(parsed.warnings), len(parsed.rows)) == ([], ["missing_column"], 1)


def test_a_file_without_header_has_its_columns_by_number():
    places = (Place("code", "2"), Place("name", "1"))
    rows = mapped("Alpha;411A;x\nBéta;411B;y\n", places=places, has_header=False).rows
    assert [(row.line, row.code, row.name) for row in rows] == [(1, "411A", "Alpha"), (2, "411B", "Béta")]


def test_the_line_of_the_header_may_be_said():
    text = "Compte;Nom\nà ignorer;ici\nCompte;Nom\n411A;Alpha\n"
    assert [row.code for row in mapped(text, header_line=3).rows] == ["411A"]


@pytest.mark.parametrize(("mark", "value"), [(",", "1.234"), (".", "1,234")])
def test_the_decimal_style_says_what_an_ambiguous_number_is(mark, value):
    parsed = mapped(f"Compte|Nom|Plafond\n411A|Alpha|{value}\n", numbers=NumberProfile(mark))
    assert parsed.rows[0].erp_limit == 1234


def test_implied_decimals_are_read_only_when_the_profile_says_so():
    text = "Compte;Nom;Plafond\n411A;Alpha;00012345\n"
    assert mapped(text).rows[0].erp_limit == 12345
    assert mapped(text, numbers=NumberProfile(implied_decimals=2)).rows[0].erp_limit == Decimal("123.45")


@pytest.mark.parametrize(
    ("form", "text"), [(Compact.DDMMYY, "310126"), (Compact.YYMMDD, "260131"), (Compact.CYYMMDD, "1260131")]
)
def test_the_date_style_reads_digits_alone(form, text):
    found = mapped(
        f"Compte;Pièce;Date;Montant\n411A;FA1;{text};10,00\n411A;FA2;{text};10,00\n",
        kind=FileKind.OPEN_ITEMS,
        dates=form,
    )
    assert {row.document_date for row in found.rows} == {date(2026, 1, 31)}
    assert "date_six" not in codes(found.warnings)


def test_what_the_file_does_not_say_comes_from_the_profile():
    row = mapped("Compte;Nom\n0042;Alpha\n", role="supplier", country="BE", currency="USD").rows[0]
    assert (row.role, row.country, row.currency) == (Role.SUPPLIER, "BE", "USD")


def test_a_role_in_the_file_beats_the_one_of_the_profile():
    assert mapped("Compte;Nom;Rôle\n0042;Alpha;C\n", role="supplier").rows[0].role == Role.CLIENT


def test_a_workbook_profile_refuses_a_text():
    with pytest.raises(FileProblem) as found:
        read_table(b"Compte;Nom\n411A;Alpha\n", "f.xlsx", source=Source(format=FileFormat.XLSX))
    assert found.value.code == "wrong_type"


@pytest.mark.parametrize(
    "name", ["Payeur", "Compte payeur", "Tiers payeur", "Client facturé", "Payer", "PAYER ACCOUNT"]
)
def test_the_payer_is_found_under_its_names(name):
    assert mapped(f"Compte;Nom;{name}\n411A;Alpha;411B\n").rows[0].payer == "411B"


def test_an_account_that_pays_itself_has_no_payer():
    assert mapped("Compte;Nom;Payeur\n411A;Alpha;411A\n").rows[0].payer == ""


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
def test_the_delimiter_of_a_file_without_header_is_the_one_that_is_constant(mark):
    places = (Place("code", "1"), Place("name", "2"))
    text = "".join(f"411{n}{mark}Alpha{mark}x{mark}y\n" for n in range(5))
    assert len(mapped(text, places=places, has_header=False).rows) == 5
