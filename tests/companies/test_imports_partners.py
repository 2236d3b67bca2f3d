from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companies.choices import Role
from companies.imports.files import read_table
from companies.imports.outcome import MANY
from companies.imports.partners import role_of_account
from companies.imports.places import country_code, postcode
from companies.imports.rows import PartnerRow, parse_partners

TODAY = date(2026, 11, 21)
HEADER = "Compte;Raison sociale;Adresse;CP;Ville;Pays;SIREN;N° TVA;Rôle;Plafond;Conditions"
FIELDS = HEADER.split(";")
GOOD = {
    "Compte": "411DUPONT",
    "Raison sociale": "Établissements Dupont",
    "Adresse": "12 rue Haute",
    "CP": "59000",
    "Ville": "Lille",
    "Pays": "France",
    "SIREN": "489724245",
    "N° TVA": "FR77489724245",
    "Rôle": "C",
    "Plafond": "12 000,00",
    "Conditions": "45 jours fin de mois",
}


def parse(*lines, header=HEADER):
    return parse_partners(read_table("\n".join([header, *lines]).encode(), "partners.csv"), TODAY)


def parse_cells(**cells):
    """One line, otherwise good, with these cells changed or added."""
    line = GOOD | cells
    return parse(";".join(line.values()), header=";".join(line))


def parse_blank(**cells):
    """One line with an account and a name, and these cells."""
    line = {"Compte": "C1", "Raison sociale": "Essai"} | cells
    return parse(";".join(line.values()), header=";".join(line))


def codes(issues):
    return [issue.code for issue in issues]


def test_a_good_line_gives_a_partner_without_complaint():
    parsed = parse_cells()
    assert parsed.rows == [
        PartnerRow(
            line=2,
            code="411DUPONT",
            name="Établissements Dupont",
            role=Role.CLIENT,
            country="FR",
            registration_number="489724245",
            siret="",
            vat_number="FR77489724245",
            street="12 rue Haute",
            postal_code="59000",
            city="Lille",
            phone="",
            erp_limit=Decimal(12000),
            currency="EUR",
            terms="45 jours fin de mois",
        )
    ]
    assert (parsed.errors, parsed.warnings) == ([], [])


def test_account_codes_keep_their_leading_zeros():
    assert parse_cells(Compte="000123").rows[0].code == "000123"


def test_an_empty_limit_is_unknown_and_a_limit_of_0_is_0():
    assert parse_cells(Plafond="").rows[0].erp_limit is None
    assert parse_cells(Plafond="0").rows[0].erp_limit == 0


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        pytest.param("Compte", "", "empty_code", id="no account"),
        pytest.param("Compte", "4" * 31, "too_long", id="account too long"),
        pytest.param("Raison sociale", "", "empty_name", id="no name"),
        pytest.param("Raison sociale", "#N/A", "excel_error", id="name that Excel did not find"),
        pytest.param("SIREN", "000000000", "identifier_all_zeros", id="SIREN of zeros"),
        pytest.param("SIREN", "732829321", "identifier_bad_checksum", id="SIREN mistyped"),
        pytest.param("SIREN", "48972424", "identifier_wrong_length", id="SIREN too short"),
        pytest.param("SIREN", "4,89724E+08", "identifier_excel_number", id="SIREN damaged by Excel"),
        pytest.param("SIREN", "inconnu", "identifier_bad_characters", id="SIREN in words"),
        pytest.param("N° TVA", "FR78489724245", "identifier_bad_checksum", id="VAT number mistyped"),
        pytest.param("Pays", "Syldavie", "unknown_country", id="country that is none"),
        pytest.param("Rôle", "X", "unknown_role", id="role that is none"),
        pytest.param("Plafond", "12,34,56", "amount_separators", id="limit with two decimal marks"),
        pytest.param("Plafond", "-1", "negative_limit", id="negative limit"),
        pytest.param("Plafond", "illimité", "amount_not_a_number", id="limit in words"),
        pytest.param("Conditions", "x" * 81, "too_long", id="terms too long"),
    ],
)
def test_an_error_names_its_column_and_value_and_what_to_do(column, value, code):
    parsed = parse_cells(**{column: value})
    assert parsed.rows == []
    error = parsed.errors[0]
    assert (error.line, error.column, error.code) == (2, column, code)
    assert value.startswith(error.value.removesuffix("…"))
    assert error.reason
    assert error.fix


@pytest.mark.parametrize("siret", ["4,89724E+13", "48972424500036", "48972424500"], ids=["Excel", "mistyped", "short"])
def test_a_wrong_siret_is_an_error(siret):
    parsed = parse_cells(SIRET=siret)
    assert parsed.rows == []
    assert parsed.errors[0].column == "SIRET"


def test_what_excel_did_is_said_in_words():
    error = parse_cells(SIREN="4,89724E+13").errors[0]
    assert "Excel turned this identifier into a number" in error.reason
    assert "text" in error.fix


def test_a_lost_zero_comes_with_the_number_that_was_meant():
    error = parse_cells(SIREN="05520176", **{"N° TVA": ""}).errors[0]
    assert error.code == "identifier_leading_zero_lost"
    assert "005520176" in error.fix


def test_all_errors_of_all_lines_come_at_once():
    parsed = parse("411A;;;;;;000000000;;X;-1;", ";B;;;;Syldavie;;;;;", "411C;C;;;;;;;;;")
    assert [row.code for row in parsed.rows] == ["411C"]
    assert [(error.line, error.column) for error in parsed.errors] == [
        (2, "Raison sociale"),
        (2, "SIREN"),
        (2, "Plafond"),
        (2, "Rôle"),
        (3, "Compte"),
        (3, "Pays"),
    ]


def test_a_duplicate_account_names_the_first_line():
    parsed = parse("411A;A;;;;;;;;;", "411B;B;;;;;;;;;", "411A;A encore;;;;;;;;;")
    assert [(error.line, error.code) for error in parsed.errors] == [(4, "duplicate_code")]
    assert "line 2" in parsed.errors[0].reason
    assert [row.code for row in parsed.rows] == ["411A", "411B"]


def test_one_company_may_hold_two_accounts():
    line = "{};Dupont;;;;;489724245;;;;"
    assert len(parse(line.format("411A"), line.format("401A")).rows) == 2


@pytest.mark.parametrize(
    ("text", "role"),
    [
        *(("C", Role.CLIENT), ("client", Role.CLIENT), ("Cli.", Role.CLIENT)),
        *(("F", Role.SUPPLIER), ("Fournisseur", Role.SUPPLIER), ("supplier", Role.SUPPLIER)),
        *(("P", Role.PROSPECT), ("PROSPECT", Role.PROSPECT)),
    ],
)
def test_roles_by_letter_and_word(text, role):
    assert parse_cells(Rôle=text).rows[0].role == role


@pytest.mark.parametrize(
    ("account", "role"),
    [
        *(
            ("411DUPONT", Role.CLIENT),
            ("416DUPONT", Role.CLIENT),
            ("401MARTIN", Role.SUPPLIER),
            ("4091X", Role.SUPPLIER),
        ),
        *(("C000123", Role.CLIENT), ("CLI-0042", Role.CLIENT), ("F000123", Role.SUPPLIER), ("P001", Role.PROSPECT)),
        *(("400123", None), ("FORGES", None), ("PARIS", None), ("000123", None), ("", None)),
    ],
)
def test_roles_by_account(account, role):
    assert role_of_account(account) == role


def test_the_stated_role_goes_before_the_account():
    assert parse_cells(Compte="411X", Rôle="F").rows[0].role == Role.SUPPLIER


def test_an_account_that_says_nothing_is_a_client_with_a_warning():
    parsed = parse_cells(Compte="DUPONT", Rôle="")
    assert parsed.rows[0].role == Role.CLIENT
    assert codes(parsed.warnings) == ["no_role"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            ("France", "FR"),
            ("FR", "FR"),
            ("fra", "FR"),
            ("F", "FR"),
            ("Allemagne", "DE"),
            ("GERMANY", "DE"),
            ("D", "DE"),
        ),
        *(("Deutschland", "DE"), ("Royaume-Uni", "GB"), ("UK", "GB"), ("Angleterre", "GB"), ("Pays-Bas", "NL")),
        *(("États-Unis", "US"), ("ETATS UNIS", "US"), ("USA", "US"), ("Suisse", "CH"), ("La Réunion", "RE")),
        *(("Côte d'Ivoire", "CI"), ("Hong Kong", "HK"), ("Espagne", "ES"), ("Belgique", "BE"), ("Luxembourg", "LU")),
        *(("Syldavie", None), ("ZZ", None), ("EU", None), ("250", None)),
    ],
)
def test_countries(text, code):
    assert country_code(text) == code


def test_an_empty_country_is_france():
    assert parse_cells(Pays="").rows[0].country == "FR"


def test_an_empty_country_follows_a_foreign_vat_number_with_a_warning():
    parsed = parse_blank(Pays="", **{"N° TVA": "DE136695976"})
    assert parsed.rows[0].country == "DE"
    assert codes(parsed.warnings) == ["country_of_vat"]


@pytest.mark.parametrize("column", ["SIREN", "N° d'immatriculation", "Registration number"])
def test_a_foreign_company_keeps_its_own_number(column):
    row = parse_blank(Pays="Allemagne", **{column: "HRB 12345 B"}).rows[0]
    assert (row.country, row.registration_number) == ("DE", "HRB12345B")


@pytest.mark.parametrize("number", ["000000", "1,2E+08"], ids=["zeros", "Excel"])
def test_a_damaged_foreign_number_is_an_error(number):
    assert parse_blank(Pays="DE", SIREN=number).rows == []


def test_a_foreign_vat_number_is_verified():
    assert parse_blank(Pays="DE", TVA="DE136695976").rows[0].vat_number == "DE136695976"
    assert codes(parse_blank(Pays="DE", TVA="DE136695977").errors) == ["identifier_bad_checksum"]


def test_the_siren_is_taken_from_the_siret():
    row = parse_blank(SIRET="489 724 245 00035").rows[0]
    assert (row.registration_number, row.siret) == ("489724245", "48972424500035")


@pytest.mark.parametrize(
    "text", ["48972424500035", "RCS Lille Métropole B 489 724 245", "FR77489724245"], ids=["SIRET", "RCS", "VAT"]
)
def test_more_than_a_siren_in_its_column_is_read_with_a_warning(text):
    parsed = parse_blank(SIREN=text)
    assert parsed.rows[0].registration_number == "489724245"
    assert codes(parsed.warnings)[-1] == "siren_inside"


def test_a_siren_in_the_siret_column_is_read_with_a_warning():
    parsed = parse_blank(SIRET="489724245")
    assert (parsed.rows[0].registration_number, parsed.rows[0].siret) == ("489724245", "")
    assert "siren_in_siret" in codes(parsed.warnings)


def test_a_french_registration_number_must_hold_a_siren():
    assert parse_blank(Immatriculation="RCS Lille B 489724245").rows[0].registration_number == "489724245"
    assert codes(parse_blank(Immatriculation="HRB 1").errors) == ["identifier_bad_characters"]


def test_a_siret_of_another_siren_is_an_error():
    parsed = parse_blank(SIREN="732829320", SIRET="48972424500035")
    assert codes(parsed.errors) == ["siret_of_another"]


def test_a_vat_number_of_another_siren_is_a_warning():
    parsed = parse_cells(SIREN="732829320")
    assert parsed.rows[0].registration_number == "732829320"
    assert codes(parsed.warnings) == ["vat_of_another"]
    assert "489724245" in parsed.warnings[0].reason


def test_a_vat_number_of_another_country_is_a_warning():
    assert codes(parse_cells(**{"N° TVA": "DE136695976"}).warnings) == ["vat_country"]


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("1000", "FR", "01000"),
        ("59 000", "FR", "59000"),
        ("F-59000", "FR", "59000"),
        ("1000", "BE", "1000"),
        ("sw1a  1aa", "GB", "SW1A 1AA"),
    ],
)
def test_postcodes(text, country, code):
    assert postcode(text, country) == code


@pytest.mark.parametrize(("text", "code"), [("1000", "postcode_zero"), ("590", "postcode"), ("2A100", "postcode")])
def test_a_doubtful_french_postcode_is_a_warning(text, code):
    assert codes(parse_cells(CP=text).warnings) == [code]


def test_terms_that_are_not_understood_are_kept_with_a_warning():
    parsed = parse_cells(Conditions="selon accord")
    assert parsed.rows[0].terms == "selon accord"
    assert codes(parsed.warnings) == ["terms"]


@pytest.mark.parametrize(("cells", "currency"), [({"Devise": "usd"}, "USD"), ({"Plafond": "12 000 £"}, "GBP")])
def test_the_currency_of_the_limit(cells, currency):
    assert parse_cells(**cells).rows[0].currency == currency


def test_headers_are_found_by_synonyms_in_any_case_with_accents_or_not():
    header = "N° CLIENT;intitule;C.P.;code tva;Encours autorisé (EUR);TELEPHONE"
    row = parse("C1;Essai;59000;FR77489724245;100;03 20 00 00 00", header=header).rows[0]
    assert (row.code, row.name, row.postal_code, row.vat_number) == ("C1", "Essai", "59000", "FR77489724245")
    assert (row.erp_limit, row.phone) == (100, "03 20 00 00 00")


def test_a_missing_column_is_named_with_its_synonyms():
    parsed = parse("C1;59000;Lille", header="Compte;CP;Ville")
    assert parsed.rows == []
    assert (parsed.errors[0].code, parsed.errors[0].column) == ("missing_column", "Raison sociale")
    assert "Dénomination" in parsed.errors[0].fix
    assert "CP" in parsed.errors[0].reason


def test_an_unknown_column_is_named_and_left_out():
    warning = parse_cells(Représentant="Paul").warnings[0]
    assert (warning.code, warning.line, warning.column) == ("unknown_column", 1, "Représentant")


def test_of_two_columns_for_one_field_the_more_precise_is_read():
    parsed = parse("C9;411A;A", header="Code;Compte;Nom")
    assert parsed.rows[0].code == "411A"
    assert codes(parsed.warnings) == ["doubled_column"]


def test_a_ledger_given_as_partners_is_refused_once():
    parsed = parse("411A;A;F1;FA;15/01/2026;;1,00", header="Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant")
    assert codes(parsed.errors) == ["other_kind"]


def test_a_line_with_a_stray_separator_is_an_error():
    parsed = parse("411A;A;12; rue Haute;59000;Lille;France;;;C;100;30 jours", "411B;B;;;;;;;;;;;")
    assert codes(parsed.errors) == ["shifted"]
    assert [row.code for row in parsed.rows] == ["411B"]


def test_a_short_line_is_read_as_far_as_it_goes():
    assert parse("411A;A").rows[0].city == ""


def test_lines_left_out_are_counted():
    parsed = parse("411A;A", ";;", "-----", "Total;;;;;;;;;12,00;", HEADER)
    assert parsed.skipped == {"blank": 1, "rule": 1, "grand_total": 1, "repeated_header": 1}


def test_many_like_warnings_are_counted_instead_of_listed():
    parsed = parse(*(f"411{n};A;;590" for n in range(MANY + 5)))
    assert len(parsed.rows) == MANY + 5
    assert len(parsed.warnings) == MANY + 1
    assert "5" in parsed.warnings[-1].reason


def test_a_file_that_breaks_off_is_an_error_after_its_good_lines():
    parsed = parse("411A;A", '411B;"B', *(f"411C{n};C" for n in range(50)))
    assert codes(parsed.errors) == ["endless_quote"]


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=';"'), max_size=20)


@given(st.lists(st.lists(cells, min_size=11, max_size=11), max_size=4))
def test_every_line_is_a_row_an_error_or_counted(lines):
    parsed = parse(*(";".join(line) for line in lines))
    accounted = {row.line for row in parsed.rows} | {error.line for error in parsed.errors}
    assert len(accounted) + sum(parsed.skipped.values()) >= len(lines)


def test_a_lei_is_read_and_a_wrong_one_is_an_error():
    assert parse_cells(LEI="969500T7CS4RVQ3AGU78").rows[0].lei == "969500T7CS4RVQ3AGU78"
    (error,) = parse_cells(LEI="969500T7CS4RVQ3AGU87").errors
    assert (error.column, error.value) == ("LEI", "969500T7CS4RVQ3AGU87")
