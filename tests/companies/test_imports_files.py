import io
import zipfile
from contextlib import suppress
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from companies.imports import files
from companies.imports.files import Skip, read_table
from companies.imports.outcome import FileProblem

HEADER = "Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant"
LINE = "411DUPONT;Établissements Dupont;FA1;FA;15/01/2026;31/03/2026;12 000,00"
CSV = f"{HEADER}\n{LINE}\n"


def rows(table):
    return [entry.cells for entry in table.entries() if entry.skip is None]


def skips(table):
    return [entry.skip for entry in table.entries() if entry.skip is not None]


def workbook(sheets, **options):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"default_date_format": "dd/mm/yyyy", **options})
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                sheet.write(number, column, cell)
    book.close()
    return target.getvalue()


def archive(parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in parts.items():
            box.writestr(name, content)
    return target.getvalue()


def with_sheet(xml):
    """A workbook whose first sheet is replaced by this XML."""
    book = zipfile.ZipFile(io.BytesIO(workbook({"S": [["Compte"]]})))
    parts = {name: book.read(name) for name in book.namelist()}
    return archive(parts | {"xl/worksheets/sheet1.xml": xml})


def problem(data, name="file.csv"):
    with pytest.raises(FileProblem) as found:
        list(read_table(data, name).entries())
    assert found.value.reason
    assert found.value.fix
    return found.value


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("cp850", "cp850"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings_are_recognised(encoding, seen):
    table = read_table(CSV.encode(encoding), "po.csv")
    assert table.encoding == seen
    assert rows(table) == [LINE.split(";")]
    assert table.headers == tuple(HEADER.split(";"))


def test_the_euro_sign_tells_two_dos_code_pages_apart():
    table = read_table(f"{HEADER}\n{LINE} €\n".encode("cp858"), "po.csv")
    assert table.encoding == "cp858"
    assert rows(table)[0][-1] == "12 000,00 €"


def test_the_euro_sign_of_windows_is_read():
    assert rows(read_table(f"{HEADER}\n{LINE} €\n".encode("cp1252"), "po.csv"))[0][-1] == "12 000,00 €"


def test_an_encoding_may_be_forced():
    table = read_table(CSV.encode("mac_roman"), "po.csv", encoding="mac_roman")
    assert table.headers[2] == "Pièce"


@pytest.mark.parametrize("encoding", ["ascii", "no-such-encoding"])
def test_a_forced_encoding_that_does_not_fit_is_a_problem(encoding):
    with pytest.raises(FileProblem) as found:
        read_table(CSV.encode(), "po.csv", encoding=encoding)
    assert found.value.code == "encoding"


@pytest.mark.parametrize("mark", [";", "\t", "|", ","], ids=["semicolon", "tab", "bar", "comma"])
def test_delimiters_are_recognised(mark):
    data = CSV.replace("12 000,00", "12000.00").replace(";", mark).encode()
    table = read_table(data, "po.csv")
    assert table.delimiter == mark
    assert rows(table)[0][2] == "FA1"


def test_decimal_commas_do_not_make_the_comma_the_delimiter():
    data = "Compte;Raison sociale;Montant\n" + "411A;A, B et C, frères, D;12,00\n" * 30
    assert read_table(data.encode(), "po.csv").delimiter == ";"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_line_ends(end):
    table = read_table((HEADER + end + LINE + end + LINE).encode(), "po.csv")
    assert [entry.line for entry in table.entries()] == [2, 3]


def test_a_file_with_a_header_alone_has_no_rows():
    assert rows(read_table(HEADER.encode(), "po.csv")) == []


def test_lines_are_numbered_as_in_the_file_across_titles_and_broken_cells():
    text = f'Postes ouverts au 20/11/2026\n\n{HEADER}\n"411A";"Nom\nsur deux lignes";FA1\n\n{LINE}\n'
    table = read_table(text.encode(), "po.csv")
    assert (table.header_line, table.titles) == (3, ((1, "Postes ouverts au 20/11/2026"),))
    assert [(entry.line, entry.skip) for entry in table.entries()] == [(4, None), (6, Skip.BLANK), (7, None)]


def test_quotes_protect_delimiters_and_quotes():
    table = read_table(f'{HEADER}\n"411A";"A ; ""le"" B";FA1\n'.encode(), "po.csv")
    assert rows(table)[0][1] == 'A ; "le" B'


def test_the_padding_of_as400_fields_is_removed():
    text = f'{HEADER}\n"000123    ";"FORGES DU NORD      ";"FA 260042";FA;1260115;1260316;    12000,00 \n'
    cells = rows(read_table(text.encode(), "po.csv"))[0]
    assert (cells[0], cells[1], cells[-1]) == ("000123", "FORGES DU NORD", "12000,00")


def test_a_quote_that_is_never_closed_is_named_by_its_line():
    found = problem((CSV + '411B;"Sans fin;FA2\n' + (LINE + "\n") * 50).encode())
    assert found.code == "endless_quote"
    assert "3" in found.reason


@pytest.mark.parametrize(
    ("line", "skip"),
    [
        (";;;;;;", Skip.BLANK),
        ("", Skip.BLANK),
        ("-----;-----;---;---;---;---;---", Skip.RULE),
        ("=======", Skip.RULE),
        ("Total;;;;;;12 000,00", Skip.GRAND_TOTAL),
        (";TOTAL GÉNÉRAL;;;;;12 000,00", Skip.GRAND_TOTAL),
        ("*** TOTAL ***;;;;;;12 000,00", Skip.GRAND_TOTAL),
        ("Sous-total 411DUPONT;;;;;;12 000,00", Skip.TOTAL),
        ("Total 411DUPONT;;;;;;12 000,00", Skip.TOTAL),
        ("Total compte Dupont;;;;;;12 000,00-", Skip.TOTAL),
        ("Report;;;;;;12 000,00", Skip.TOTAL),
        ("À reporter;;;;;;12 000,00", Skip.TOTAL),
        (HEADER, Skip.REPEATED_HEADER),
        (HEADER.upper(), Skip.REPEATED_HEADER),
    ],
)
def test_lines_that_are_no_data_are_recognised(line, skip):
    assert skips(read_table(f"{CSV}{line}\n{LINE}\n".encode(), "po.csv")) == [skip]


@pytest.mark.parametrize(
    "line",
    [
        "411TOTAL;TOTAL ENERGIES;FA9;FA;15/01/2026;;1,00",
        ";TOTAL ENERGIES;;;;;1,00",
        "TOTAL;TOTAL SA;FA9;FA;15/01/2026;;1,00",
        "REPORTER;Le Reporter;FA9;FA;15/01/2026;;1,00",
        "C123;-;FA9;FA;15/01/2026;;1,00",
    ],
)
def test_a_company_whose_name_begins_like_a_total_is_kept(line):
    assert skips(read_table(f"{CSV}{line}\n".encode(), "po.csv")) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf \r\n\x1a", "empty", id="nothing but marks"),
        pytest.param(b"%PDF-1.7 ...", "wrong_type", id="PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n....", "wrong_type", id="image"),
        pytest.param(b"\xff\xd8\xff\xe0....", "wrong_type", id="photo"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "xls", id="old Excel"),
        pytest.param(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", id="password"
        ),
        pytest.param(b"<html><table><tr><td>Compte</td></tr></table></html>", "markup", id="web page named .xls"),
        pytest.param(b'<?xml version="1.0"?><Workbook/>', "markup", id="XML of Excel 2003"),
        pytest.param(archive({"word/document.xml": "<w/>"}), "wrong_type", id="Word"),
        pytest.param(archive({"photo.jpg": "x"}), "wrong_type", id="zip"),
        pytest.param(archive({"xl/workbook.xml": "<w/>", "xl/vbaProject.bin": "x"}), "macros", id="macros"),
        pytest.param(archive({"xl/workbook.xml": "<w/>"}), "damaged", id="half a workbook"),
        pytest.param(b"PK\x03\x04broken", "damaged", id="broken zip"),
        pytest.param(bytes(range(256)) * 40, "binary", id="binary"),
        pytest.param(CSV.upper().replace(";", ",").encode("cp500"), "ebcdic", id="EBCDIC"),
        pytest.param(b"bonjour\nles amis\n", "no_header", id="prose"),
        pytest.param(CSV.replace(";", "~").encode(), "no_header", id="unknown delimiter"),
        pytest.param(b"A;B;C\n1;2;3\n", "no_header", id="unknown columns"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(data, code):
    assert problem(data).code == code


def test_a_missing_header_shows_what_was_seen_and_what_is_expected():
    found = problem(b"Truc;Machin\n1;2\n")
    assert "Truc" in found.reason
    assert "Raison sociale" in found.fix
    assert "SIREN" in found.fix


def test_a_header_may_stand_below_a_page_of_titles():
    text = "Société Alpha\nÉdité le 21/11/2026\n" + "\n" * 10 + CSV
    assert read_table(text.encode(), "po.csv").header_line == 13


def test_nul_characters_are_read_as_blanks_and_said():
    table = read_table(CSV.replace("Établissements Dupont", "Dupont\x00\x00").encode(), "po.csv")
    assert rows(table)[0][1] == "Dupont"
    assert [notice.code for notice in table.notices] == ["nul"]


def test_the_end_of_file_mark_of_dos_is_dropped():
    table = read_table(CSV.encode() + b"\x1a", "po.csv")
    assert len(rows(table)) == 1
    assert table.notices == ()


def test_data_after_an_end_of_file_mark_is_read_and_said():
    table = read_table(CSV.encode() + b"\x1a" + LINE.encode(), "po.csv")
    assert len(rows(table)) == 2
    assert [notice.code for notice in table.notices] == ["ctrl_z"]


def test_damaged_accents_are_shown_with_their_repair():
    text = CSV.replace("Établissements", "SociÃ©tÃ©")
    notice = read_table(text.encode(), "po.csv").notices[0]
    assert (notice.code, notice.line, notice.value) == ("mojibake", 2, "SociÃ©tÃ©")
    assert "Société" in notice.reason


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    assert problem((CSV + (LINE + "\n") * 2).encode()).code == "too_many_rows"


def test_too_many_columns_are_refused():
    assert problem((HEADER + ";x" * 200 + "\n").encode()).code == "too_wide"


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr(files, "LARGEST_FILE", 10)
    assert problem(CSV.encode()).code == "too_large"


SHEET = [
    ["Postes ouverts au 20/11/2026"],
    [],
    HEADER.split(";"),
    ["411DUPONT", "Établissements Dupont", "FA1", "FA", date(2026, 1, 15), date(2026, 3, 31), 12000],
]


def test_a_workbook_is_read_like_a_csv_file():
    table = read_table(workbook({"Feuille": SHEET}), "po.xlsx")
    assert (table.sheet, table.header_line, table.titles[0][1]) == ("Feuille", 3, "Postes ouverts au 20/11/2026")
    assert [(entry.line, entry.cells) for entry in table.entries()] == [
        (4, ["411DUPONT", "Établissements Dupont", "FA1", "FA", "2026-01-15", "2026-03-31", "12000"])
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (48972424500035, "48972424500035"),
        (1.234, "1.2340"),
        (0.1 + 0.2, "0.3"),
        (-1234.5, "-1234.5"),
        (1e21, "1" + "0" * 21),
    ],
)
def test_numbers_of_a_workbook_are_exact_and_unambiguous(number, text):
    table = read_table(workbook({"S": [HEADER.split(";"), ["411A", "A", "FA1", "FA", "", "", number]]}), "po.xlsx")
    assert rows(table)[0][-1] == text


@pytest.mark.parametrize("corner", [(0, 0), (2, 3), (0, 25)], ids=["A1", "D3", "Z1"])
def test_errors_of_excel_are_not_read_as_empty_cells(corner):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    book.add_worksheet("Notes & <autres>").write_formula(0, 0, "=1/0", None, "#DIV/0!")
    sheet = book.add_worksheet("Postes & co")
    line, column = corner
    sheet.write_row(line, column, HEADER.split(";"))
    sheet.write_row(line + 1, column, LINE.split(";")[:6])
    sheet.write_formula(line + 1, column + 6, "=1/0", None, "#DIV/0!")
    book.close()
    assert rows(read_table(target.getvalue(), "po.xlsx")) == [[*LINE.split(";")[:6], "#ERROR"]]


def test_a_sheet_that_begins_in_another_corner_keeps_its_line_numbers():
    lines = [[], [], *[["", "", *line] for line in (HEADER.split(";"), LINE.split(";"))]]
    table = read_table(workbook({"S": lines}), "po.xlsx")
    assert table.header_line == 3
    assert [entry.line for entry in table.entries()] == [4]


def test_the_calendar_of_the_workbook_is_known():
    assert read_table(workbook({"S": SHEET}, date_1904=True), "po.xlsx").epoch_1904
    assert not read_table(workbook({"S": SHEET}), "po.xlsx").epoch_1904


def test_the_sheet_with_the_table_is_found_and_the_others_are_named():
    table = read_table(workbook({"Lisez-moi": [["bonjour"]], "Clients": SHEET, "Fournisseurs": SHEET}), "po.xlsx")
    assert table.sheet == "Clients"
    assert "Fournisseurs" in table.notices[0].reason


def test_a_sheet_may_be_chosen():
    assert read_table(workbook({"A": SHEET, "B": SHEET}), "po.xlsx", sheet="B").sheet == "B"


def test_a_hidden_sheet_is_not_read():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    book.add_worksheet("Visible").write(0, 0, "rien")
    hidden = book.add_worksheet("Cachée")
    hidden.hide()
    hidden.write_row(0, 0, HEADER.split(";"))
    book.close()
    assert problem(target.getvalue(), "po.xlsx").code == "no_header"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(
            archive({"xl/workbook.xml": "<w/>", "xl/worksheets/sheet1.xml": bytes(60_000_000)}), "too_large", id="ratio"
        ),
        pytest.param(
            archive({"xl/workbook.xml": "", **{f"x{n}": "" for n in range(600)}}), "too_large", id="many parts"
        ),
        pytest.param(with_sheet('<row r="1"><c r="XFD1"/></row>'), "too_wide", id="a far column"),
        pytest.param(with_sheet('<row r="1"><c r="GS1"/></row>'), "too_wide", id="column 201"),
        pytest.param(with_sheet('<c r="A1"/><c r="GR1048576"/>'), "too_large", id="a far corner"),
        pytest.param(with_sheet('<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'), "damaged", id="entities"),
    ],
)
def test_hostile_workbooks_are_refused_before_they_are_opened(data, code):
    assert problem(data, "po.xlsx").code == code


def test_an_announced_size_that_lies_is_refused():
    data = workbook({"S": SHEET})
    entry = zipfile.ZipFile(io.BytesIO(data)).getinfo("xl/worksheets/sheet1.xml")
    size = entry.file_size.to_bytes(4, "little")
    assert problem(data.replace(size, (10).to_bytes(4, "little")), "po.xlsx").code == "damaged"


@given(st.binary(max_size=300), st.sampled_from([b"", CSV.encode(), b"PK\x03\x04"]))
def test_no_bytes_break_the_reading(data, start):
    with suppress(FileProblem):
        list(read_table(start + data, "po.csv").entries())
