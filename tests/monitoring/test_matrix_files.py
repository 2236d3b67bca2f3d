"""The matrix as a PDF and as a workbook, and the geometry of its companies."""

import re
import zlib
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.utils.timezone import localdate
from python_calamine import CalamineWorkbook

from monitoring.charts import matrix
from monitoring.charts.matrix import DEEP, FULL, Axes, CellFigures, Spot, matrix_picture
from monitoring.charts.matrix_pdf import plain
from monitoring.choices import Cell
from monitoring.models import Standing
from tests.monitoring.pages import placed

SCORES = tuple(map(Decimal, (1, 30, 51, 100)))
FIGURES = [CellFigures(code, code) for code in Cell.values]


def spot(company=1, cell="LOW-FAV", score=60, y="1000", exposure="100", **marks):
    return Spot(company, f"C{company}", cell, score, None if y is None else Decimal(y), Decimal(exposure), **marks)


def drawn(*spots, layout=DEEP):
    picture = matrix_picture(FIGURES, Axes(SCORES, Decimal(50_000), spots), layout)
    return {one.of.company: (one, box) for box in picture.boxes for one in box.bubbles}


def test_a_better_score_stands_further_right_and_a_higher_amount_higher():
    found = drawn(spot(1), spot(2, score=90), spot(3, y="40000"))
    assert found[1][0].x < found[2][0].x
    assert found[1][0].y > found[3][0].y


@pytest.mark.parametrize("cell", Cell.values)
def test_a_company_is_drawn_whole_within_the_room_of_its_cell(cell):
    facts = [(0, None, "0"), (100, "90000000", "1000000"), (None, "-5", "-10"), (55, "60000", "400000")]
    for one, box in drawn(*(spot(n, cell, *fact) for n, fact in enumerate(facts))).values():
        assert box.figures.code == cell
        assert one.r <= one.x <= box.width - one.r
        assert DEEP.plot <= one.y - one.r
        assert one.y + one.r <= box.height


def test_the_area_of_a_bubble_is_its_exposure():
    found = drawn(spot(1, exposure="40000"), spot(2, exposure="10000"), spot(3, exposure="-50"))
    assert found[1][0].r == pytest.approx(2 * found[2][0].r, abs=0.1)
    assert found[3][0].r == matrix.SMALLEST


def test_small_bubbles_lie_on_top_of_large_ones():
    picture = matrix_picture(FIGURES, Axes(SCORES, Decimal(50_000), (spot(1), spot(2, exposure="900"))), DEEP)
    (box,) = [box for box in picture.boxes if box.bubbles]
    assert [one.of.company for one in box.bubbles] == [2, 1]


def test_no_company_is_drawn_where_there_is_no_room():
    assert not drawn(spot(1), layout=FULL)


@pytest.mark.parametrize(
    ("share", "tint"), [(None, 0), ("-1", 0), ("0.01", 0), ("0.02", 1), ("0.1", 2), ("0.2", 3), ("0.35", 4), ("1", 4)]
)
def test_a_cell_is_tinted_by_its_part(share, tint):
    assert CellFigures("NR", "", share=None if share is None else Decimal(share)).tint == tint


def test_a_label_that_does_not_fit_is_cut():
    box = matrix_picture([CellFigures(code, "x" * 60) for code in Cell.values], Axes(SCORES), FULL).boxes[0]
    assert box.lines[0].endswith("…")


@pytest.mark.parametrize(
    ("text", "written"), [("12\u202f€", "12\xa0€"), ("Łódź", "Lódz"), ("≥ 5", ">= 5"), ("漢", "?"), ("é–’", "é–’")]
)
def test_letters_that_the_font_lacks_are_rewritten(text, written):
    assert plain(text) == written


@pytest.fixture
def client(db, client_as, auditor):
    client = client_as(auditor)
    client.cookies["django_language"] = "en"
    return client


def words(pdf):
    """The texts of a PDF with standard fonts, page by page; how many pages."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    texts = []
    for stream in streams:
        try:
            texts += re.findall(rb"\((.*?)\) Tj", zlib.decompress(stream))
        except zlib.error:
            continue
    return " | ".join(text.decode("cp1252") for text in texts), len(re.findall(rb"/Type /Page\b", pdf))


def test_the_pdf_is_one_page_with_the_figures_and_what_was_asked(client):
    placed("Forges", owes="900")
    Standing.objects.update(analyst="Morel", hatched=True, overridden=True, inherited=True, no_limit=True)
    answer = client.get("/matrix/export.pdf?analyst=Morel&figure=overdue")
    said, pages = words(answer.content)
    assert pages == 1
    assert answer.headers["Content-Disposition"] == f'attachment; filename="matrix-{localdate()}.pdf"'
    for text in ("Strategic matrix", "Analyst: Morel", "Figure shown: Overdue", "900 €", "Trust", "Failed"):
        assert text in said.replace("\xa0", " ")
    assert "as known" not in said


def test_a_past_pdf_is_stamped(client):
    day = localdate() - timedelta(days=3)
    answer = client.get(f"/matrix/export.pdf?as_of={day}")
    assert "as known then" in words(answer.content)[0]
    assert f"matrix-{day}-known-then.pdf" in answer.headers["Content-Disposition"]


def test_the_pdf_speaks_the_users_language(client):
    client.cookies["django_language"] = "fr"
    assert words(client.get("/matrix/export.pdf").content)[1] == 1


def test_the_workbook_has_the_figures_the_companies_and_what_was_asked(client):
    placed("=Forges", owes="900")
    placed("Ailleurs", score=10)
    Standing.objects.filter(name="=Forges").update(analyst="Morel", hatched=True)
    answer = client.get("/matrix/export.xlsx?analyst=Morel")
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content)))
    cells, companies = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert ["Analyst", "Morel"] in [row[:2] for row in cells]
    assert ["Development", 1, 900] in [row[:3] for row in cells]
    named = [row for row in companies if row[0] == "=Forges"]
    assert [(row[1], row[-1]) for row in named] == [("Development", "Score out of date")]
    assert not [row for row in companies if row[0] == "Ailleurs"]


def test_another_format_is_not_found(client):
    assert client.get("/matrix/export.doc").status_code == 404


def test_a_user_without_a_role_gets_no_file(client_as, django_user_model, db):
    nobody = client_as(django_user_model.objects.create_user("nobody"))
    assert nobody.get("/matrix/export.pdf").status_code == 403
