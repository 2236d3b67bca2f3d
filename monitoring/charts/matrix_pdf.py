"""The picture of the matrix on one sheet of A4, drawn as the screen shows it, with what was asked written on it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.svg import SVGObject
from tablericons.templatetags.tablericons import icon

from companies import formats
from monitoring.charts import ZERO, Point
from monitoring.charts.matrix import COMPANIES, EXPOSURE, OVER, OVERDUE, Bubble, CellBox, MatrixPicture
from monitoring.models import MatrixPolicy

Colour = tuple[int, int, int]
INK, SOFT_INK, LINE, WHITE, WARNING = (24, 36, 51), (86, 98, 116), (190, 198, 210), (255, 255, 255), (255, 226, 163)
COLOURS: dict[str, tuple[Colour, Colour]] = {  # those of the style sheet, strong and soft
    "green": ((28, 124, 60), (191, 229, 203)),
    "teal": ((15, 118, 110), (205, 234, 228)),
    "yellow": ((125, 99, 0), (253, 240, 189)),
    "orange": ((168, 86, 0), (255, 216, 160)),
    "red": ((179, 38, 30), (249, 185, 180)),
    "dark": ((122, 23, 23), (220, 188, 188)),
    "grey": ((86, 98, 116), (227, 232, 239)),
}
DEPTHS = (0.38, 0.62, 0.85)  # how much of the soft colour over white; then some of the strong one over the soft
DEEPER = (0.07, 0.18)
LEFT, TOP, WIDTH, PICTURE = 10.0, 30.0, 277.0, 112.0  # millimetres


@dataclass(frozen=True)
class Paper:
    """What is drawn: the picture, its policy, what was asked (in words), and the day if it is past."""

    picture: MatrixPicture
    policy: MatrixPolicy
    asked: Sequence[tuple[str, str]]
    language: str
    past: str = ""

    @cached_property
    def scale(self) -> float:
        """Millimetres to a unit of the picture."""
        return min(WIDTH / self.picture.width, PICTURE / self.picture.height)

    def at(self, x: float, y: float) -> Point:
        left = LEFT + (WIDTH - self.picture.width * self.scale) / 2
        return Point(left + x * self.scale, TOP + y * self.scale)

    def short(self, amount: Decimal) -> str:
        return plain(formats.short_money(amount, self.language, settings.PORTFOLIO_CURRENCY))

    def number(self, amount: Decimal | int) -> str:
        return plain(formats.money(Decimal(amount), self.language))

    def figure(self, name: str, amount: Decimal) -> str:
        return self.number(amount) if name == COMPANIES else self.short(amount)


def draw(paper: Paper) -> bytes:
    """The sheet, in the language in force."""
    sheet = FPDF(orientation="landscape", format="A4")
    sheet.core_fonts_encoding = "windows-1252"
    sheet.set_auto_page_break(False)
    sheet.set_margins(LEFT, 10)
    sheet.set_title(plain(_("Strategic matrix")))
    sheet.set_lang(paper.language)
    sheet.add_page()
    _heading(sheet, paper)
    for box in paper.picture.boxes:
        _cell(sheet, paper, box)
    _axes(sheet, paper)
    _key(sheet, paper)
    _table(sheet, paper)
    return bytes(sheet.output())


def plain(text: str) -> str:
    """The text in the letters of the standard fonts: others lose their accent, or are "?"."""
    return "".join(map(_letter, text.replace(formats.THIN, "\u00a0").replace("−", "-").replace("→", ">")))


def _letter(letter: str) -> str:
    for tried in (letter, unicodedata.normalize("NFKD", letter)[0]):
        if tried.encode("cp1252", "ignore"):
            return tried
    return {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "≥": ">="}.get(letter, "?")


def _heading(sheet: FPDF, paper: Paper) -> None:
    _write(sheet, Point(LEFT, 16), _("Strategic matrix"), size=17, bold=True)
    words = " · ".join(f"{label}: {value}" if value else label for label, value in paper.asked)
    sheet.set_font("Helvetica", size=9)
    sheet.set_text_color(*SOFT_INK)
    sheet.set_xy(LEFT - 1, 18)
    sheet.multi_cell(WIDTH, 4, plain(words), max_line_height=4, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if paper.past:
        sheet.set_fill_color(*WARNING)
        sheet.set_draw_color(201, 138, 27)
        sheet.set_font("Helvetica", "B", 10)
        sheet.set_text_color(58, 38, 0)
        width = sheet.get_string_width(plain(paper.past)) + 8
        sheet.set_xy(LEFT + WIDTH - width, 9.5)
        sheet.cell(width, 8, plain(paper.past), border=1, fill=True, align="C")


def tinted(colour: str, depth: int) -> Colour:
    """The ground of a cell, as deep as its part of the figure shown."""
    strong, soft = COLOURS.get(colour, COLOURS["grey"])
    if depth < len(DEPTHS):
        return _mixed(soft, WHITE, DEPTHS[depth])
    return _mixed(strong, soft, DEEPER[depth - len(DEPTHS)])


def _mixed(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a * part + b * (1 - part)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _cell(sheet: FPDF, paper: Paper, box: CellBox) -> None:
    figures, scale, corner = box.figures, paper.scale, paper.at(box.x, box.y)
    strong = COLOURS.get(figures.colour, COLOURS["grey"])[0]
    sheet.set_fill_color(*tinted(figures.colour, figures.tint))
    sheet.set_draw_color(*_mixed(strong, WHITE, 0.35))
    sheet.set_line_width(0.2)
    size = (box.width * scale, box.height * scale)
    sheet.rect(*corner, *size, style="DF", round_corners=True, corner_radius=9 * scale)
    _icon(sheet, figures.icon, paper.at(box.x + 12, box.y + 10), side=20 * scale, colour=strong)
    _label(sheet, paper, box)
    for name, amount, x in box.others:
        _write(
            sheet, paper.at(box.x + 12 + x, box.y + 95), paper.figure(name, amount), size=14 * scale * 2.6, bold=True
        )
        _write(sheet, paper.at(box.x + 12 + x, box.y + 109), _word(name, figures.companies), size=11.5 * scale * 2.6)
    for bubble in box.bubbles:
        _bubble(sheet, paper, bubble, corner=Point(box.x, box.y), colour=strong)


def _label(sheet: FPDF, paper: Paper, box: CellBox) -> None:
    figures, scale = box.figures, paper.scale
    _write(sheet, paper.at(box.x + 39, box.y + 26), box.lines[0], size=14.5 * scale * 2.6, bold=True)
    if figures.share is not None:
        share, end = formats.percent(figures.share, paper.language), paper.at(box.x + box.inner + 12, box.y + 61)
        _write(sheet, end, share, size=13.5 * scale * 2.6, align="R")
    shown = paper.figure(figures.figure, figures.shown)
    _write(sheet, paper.at(box.x + 12, box.y + 62), shown, size=28 * scale * 2.6, bold=True)
    sheet.set_fill_color(*WHITE)
    sheet.rect(*paper.at(box.x + 12, box.y + 71), box.inner * scale, 5 * scale, style="F")
    sheet.set_fill_color(*COLOURS.get(figures.colour, COLOURS["grey"])[0])
    if box.bar > 0:
        sheet.rect(*paper.at(box.x + 12, box.y + 71), box.bar * scale, 5 * scale, style="F")


def _word(name: str, companies: int) -> str:
    words = {EXPOSURE: _("exposure"), OVER: pgettext("in a cell", "over limit"), OVERDUE: _("overdue")}
    return words.get(name) or npgettext("in a cell", "company", "companies", companies)


def _icon(sheet: FPDF, name: str, at: Point, *, side: float, colour: Colour) -> None:
    try:
        drawn = str(icon(f"outline/{name}", size=24))
    except FileNotFoundError:
        return  # an icon that its name no longer finds leaves its label
    shape = SVGObject(drawn.replace("currentColor", "#{:02x}{:02x}{:02x}".format(*colour)))
    shape.width = shape.height = side * sheet.k
    shape.draw_to_page(sheet, at.x, at.y)


def _bubble(sheet: FPDF, paper: Paper, bubble: Bubble, *, corner: Point, colour: Colour) -> None:
    of, scale, middle = bubble.of, paper.scale, paper.at(corner.x + bubble.x, corner.y + bubble.y)
    sheet.set_draw_color(*colour)
    sheet.set_line_width(0.25)
    with sheet.local_context(fill_opacity=0.75):
        sheet.set_fill_color(*(WHITE if of.no_limit else _mixed(colour, WHITE, 0.62)))
        if of.no_limit:
            sheet.set_dash_pattern(dash=0.7, gap=0.5)
        sheet.circle(middle.x, middle.y, bubble.r * scale, style="DF")
    sheet.set_dash_pattern()
    sheet.set_draw_color(*INK)
    if of.hatched:
        _hatch(sheet, middle, bubble.r * scale)
    if of.inherited:
        sheet.circle(middle.x, middle.y, bubble.ring * scale, style="D")
    if of.overridden:
        side = bubble.hand * scale
        ends = [(middle.x, middle.y - side), (middle.x + side, middle.y)]
        sheet.polygon([*ends, (middle.x, middle.y + side), (middle.x - side, middle.y)], style="D")


def _hatch(sheet: FPDF, middle: Point, r: float) -> None:
    """Slanted lines within the circle."""
    sheet.set_line_width(0.15)
    step = -r + 0.5
    while step < r:
        half = (r * r - step * step) ** 0.5
        ends = [(step * 0.7071 + side * half * 0.7071, step * 0.7071 - side * half * 0.7071) for side in (-1, 1)]
        sheet.line(middle.x + ends[0][0], middle.y + ends[0][1], middle.x + ends[1][0], middle.y + ends[1][1])
        step += 0.9


def _axes(sheet: FPDF, paper: Paper) -> None:
    picture, size = paper.picture, 12 * paper.scale * 2.6
    origin, high, end = (
        paper.at(*picture.origin),
        paper.at(picture.origin.x, picture.end.y),
        paper.at(picture.end.x, picture.origin.y),
    )
    sheet.set_draw_color(*SOFT_INK)
    sheet.set_line_width(0.3)
    sheet.line(*high, *origin)
    sheet.line(*origin, *end)
    for tick in picture.columns:
        _write(
            sheet,
            paper.at(tick.at, picture.origin.y + 17),
            paper.number(Decimal(str(tick.value))),
            size=size,
            align="C",
        )
    for row, sign in zip(picture.rows, ("≥", "<"), strict=True):
        text = f"{sign} {paper.short(paper.policy.high_from)}"
        _upwards(sheet, paper.at(picture.origin.x - 8, row), text, size=size)
    _upwards(
        sheet, paper.at(picture.origin.x - 27, picture.middle), f"{paper.policy.get_measure_display()} →", size=size
    )
    name = _("Solvency score")
    _write(sheet, paper.at(picture.end.x, picture.origin.y + 34), f"{name} →", size=size, align="R", bold=True)


def _upwards(sheet: FPDF, at: Point, text: str, *, size: float) -> None:
    with sheet.rotation(90, at.x, at.y):
        _write(sheet, at, text, size=size, align="C")


def _key(sheet: FPDF, paper: Paper) -> None:
    if not paper.picture.plot:
        return
    words = [
        _("a company, its area is the exposure"),
        _("hatched: score out of date"),
        _("diamond: placed by hand"),
        _("ring: column of the parent"),
        _("dashed: no limit known"),
    ]
    _write(sheet, Point(LEFT, TOP + PICTURE + 4), " · ".join(words), size=7.5)


def _table(sheet: FPDF, paper: Paper) -> None:
    """The same in figures, below the picture."""
    head = [_("Cell"), _("Companies"), _("Exposure"), _("Overdue"), _("Above credit limits"), _("Above ERP limits")]
    widths = (72.0, 33.0, 43.0, 43.0, 43.0, 43.0)
    sheet.set_xy(LEFT, TOP + PICTURE + 7)
    sheet.set_draw_color(*LINE)
    sheet.set_text_color(*INK)
    rows = [
        [one.label, one.companies, one.exposure, one.overdue, one.over_credit, one.over_erp]
        for one in (box.figures for box in paper.picture.boxes)
    ]
    total = [_("Total"), *(sum((Decimal(str(row[i])) for row in rows), ZERO) for i in range(1, len(head)))]
    _line(
        sheet,
        widths,
        [f"{word}" if i < 2 else f"{word} ({settings.PORTFOLIO_CURRENCY})" for i, word in enumerate(head)],
    )
    for row in [*rows, total]:
        cells = [str(row[0]), *(paper.number(Decimal(str(value))) for value in row[1:])]
        _line(sheet, widths, cells, bold=row is total)


def _line(sheet: FPDF, widths: Sequence[float], cells: Sequence[str], *, bold: bool = False) -> None:
    sheet.set_font("Helvetica", "B" if bold else "", 8)
    for place, (width, text) in enumerate(zip(widths, cells, strict=True)):
        sheet.cell(width, 4.6, plain(text), border="B", align="R" if place else "L")
    sheet.ln(4.6)


def _write(sheet: FPDF, at: Point, text: str, *, size: float, bold: bool = False, align: str = "L") -> None:
    sheet.set_font("Helvetica", "B" if bold else "", size)
    sheet.set_text_color(*INK)
    drawn = plain(text)
    back = sheet.get_string_width(drawn) * {"L": 0.0, "C": 0.5, "R": 1.0}[align]
    sheet.text(at.x - back, at.y, drawn)
