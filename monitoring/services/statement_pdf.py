"""The statement of account on A4. The fonts of every PDF reader have Western letters only: others are rewritten."""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from companies import formats
from monitoring.services.statement import Balance, Statement, address, day, head, written

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTHS = (36, 26, 34, 22, 22, 18, 28)
RIGHT_FROM = 5  # the first column of figures
GREY, INK, LINE = (244, 246, 250), (24, 36, 51), (200, 208, 220)
SPELLED = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "’": "'",
        "œ": "oe",
        "Œ": "OE",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        formats.THIN: " ",
        "−": "-",
    }
)


def pdf(found: Statement, language: str) -> bytes:
    """The pages of a statement, in the language in force, which `language` names for figures and dates."""
    from fpdf import FPDF  # slow to load, and few requests write a PDF

    sheet = FPDF(format="A4")
    sheet.set_auto_page_break(True, margin=18)
    sheet.set_margins(12, 14)
    sheet.set_title(_plain(f"{_('Statement of account')} {found.company.name}"))
    sheet.set_lang(language)
    sheet.add_page()
    _heading(sheet, found, language)
    for balance in found.balances:
        _balance(sheet, balance, language)
    if not found.balances:
        _text(sheet, _("Nothing is open on this account."))
    return bytes(sheet.output())


def _heading(sheet: "FPDF", found: Statement, language: str) -> None:
    sheet.set_text_color(*INK)
    sheet.set_font("Helvetica", "B", 17)
    _text(sheet, _("Statement of account"), height=9)
    sheet.set_font("Helvetica", size=10)
    _text(sheet, _("Open items on %(day)s") % {"day": day(found.as_of, language)})
    sheet.ln(4)
    for line in address(found.company):
        _text(sheet, line)
    if found.cut:
        _text(sheet, _("This statement stops at the number of items that it can hold."))
    sheet.ln(4)


def _balance(sheet: "FPDF", balance: Balance, language: str) -> None:
    sheet.set_font("Helvetica", "B", 9)
    sheet.set_fill_color(*GREY)
    sheet.set_draw_color(*LINE)
    _row(sheet, head()[: len(WIDTHS)], fill=True)
    sheet.set_font("Helvetica", size=9)
    for line in balance.lines:
        if sheet.will_page_break(6):
            sheet.add_page()
        item = line.item
        amount = written(item.amount, language)
        cells = [item.document, item.account.code, str(item.get_type_display())]
        cells += [day(item.document_date, language), day(item.due_date, language)]
        _row(sheet, [*cells, str(line.late) if line.late else "", amount])
    _sums(sheet, balance, language)


def _sums(sheet: "FPDF", balance: Balance, language: str) -> None:
    sheet.ln(3)
    for label, amount in balance.buckets:
        _sum(sheet, label, f"{written(amount, language)} {balance.currency}")
    sheet.set_font("Helvetica", "B", 11)
    _sum(sheet, _("Total"), f"{written(balance.total, language)} {balance.currency}")
    sheet.ln(6)


def _sum(sheet: "FPDF", label: str, amount: str) -> None:
    whole = sum(WIDTHS)
    sheet.set_x(sheet.l_margin + whole - 90)
    sheet.cell(50, 6, _plain(label), border="T")
    sheet.cell(40, 6, _plain(amount), border="T", align="R", new_x="LMARGIN", new_y="NEXT")


def _row(sheet: "FPDF", cells: Iterable[str], *, fill: bool = False) -> None:
    for place, (width, text) in enumerate(zip(WIDTHS, cells, strict=True)):
        fitted = _fitted(sheet, _plain(text), width - 2)
        sheet.cell(width, 6, fitted, border="B", align="R" if place >= RIGHT_FROM else "L", fill=fill)
    sheet.ln(6)


def _fitted(sheet: "FPDF", text: str, width: float) -> str:
    """A text cut to fit, with three dots where it was cut."""
    if sheet.get_string_width(text) <= width:
        return text
    while text and sheet.get_string_width(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."


def _text(sheet: "FPDF", text: str, height: float = 5.5) -> None:
    sheet.multi_cell(0, height, _plain(text), new_x="LMARGIN", new_y="NEXT")


def _plain(text: str) -> str:
    """The text in the letters of the standard fonts: "Škoda" keeps its sense without its accent, others become "?"."""
    spelled = text.translate(SPELLED)
    return "".join(letter if _known(letter) else _bare(letter) for letter in spelled)


def _bare(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if _known(base) else "?"


def _known(letter: str) -> bool:
    return bool(letter.encode("latin-1", "ignore"))
