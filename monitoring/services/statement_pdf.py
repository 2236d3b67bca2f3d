"""The statement of account on A4.

Western letters are in the fonts of every PDF reader. For others the machine's own free font is embedded, of which only
the letters in use (Debian: fonts-dejavu-core); where there is none, they are spelled in Western letters.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from companies import formats
from monitoring.services.letters import is_western, western
from monitoring.services.statement import Balance, Statement, address, day, head, to_pay, written

if TYPE_CHECKING:
    pass

WIDTHS = (36, 26, 34, 22, 22, 18, 28)
RIGHT_FROM = 5  # the first column of figures
GREY, INK, SOFT, LINE = (244, 246, 250), (24, 36, 51), (92, 105, 125), (200, 208, 220)
FONTS = Path("/usr/share/fonts/truetype/dejavu")
FACES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}


def pdf(found: Statement, language: str) -> bytes:
    """The pages of a statement, in the language in force, which `language` names for figures and dates."""
    page = _Page(found, language)
    page.heading()
    for balance in found.balances:
        page.balance(balance)
    if not found.balances:
        page.text(_("Nothing is open on this account."))
    return page.bytes()


class _Page:
    """One statement being written."""

    def __init__(self, found: Statement, language: str) -> None:
        from fpdf import FPDF  # slow to load, and few requests write a PDF

        self.found, self.language = found, language
        self.sheet: FPDF = FPDF(format="A4")
        self.is_embedded = not is_western(_names(found)) and all((FONTS / name).exists() for name in FACES.values())
        if self.is_embedded:
            logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each table of a font
            for style, name in FACES.items():
                self.sheet.add_font("DejaVu", style, FONTS / name)
        self.sheet.set_auto_page_break(True, margin=18)
        self.sheet.set_margins(12, 14)
        self.sheet.set_title(f"{_('Statement of account')} {found.company.name}")
        self.sheet.set_lang(language)
        self.sheet.add_page()

    def bytes(self) -> bytes:
        return bytes(self.sheet.output())

    def plain(self, text: str) -> str:
        return text.replace(formats.THIN, "\u00a0") if self.is_embedded else western(text)

    def font(self, size: float, style: str = "") -> None:
        self.sheet.set_font("DejaVu" if self.is_embedded else "Helvetica", style, size - self.is_embedded)

    def text(self, text: str, height: float = 5.5) -> None:
        self.sheet.multi_cell(0, height, self.plain(text), new_x="LMARGIN", new_y="NEXT")

    def heading(self) -> None:
        self.sheet.set_text_color(*INK)
        if self.found.sender:
            self.font(11, "B")
            self.text(self.found.sender.name)
            self.font(8.5)
            self.sheet.set_text_color(*SOFT)
            for line in self.found.sender.lines:
                self.text(line, height=4.5)
            self.sheet.set_text_color(*INK)
            self.sheet.ln(6)
        self.font(17, "B")
        self.text(_("Statement of account"), height=9)
        self.font(10)
        self.text(_("Open items on %(day)s") % {"day": day(self.found.as_of, self.language)})
        self.sheet.ln(4)
        for line in address(self.found.company):
            self.text(line)
        if self.found.cut:
            self.text(_("This statement stops at the number of items that it can hold."))
        self.sheet.ln(4)

    def balance(self, balance: Balance) -> None:
        self.columns()
        for line in balance.lines:
            if self.sheet.will_page_break(6):
                self.sheet.add_page()
                self.columns()
            item = line.item
            cells = [item.document, item.account.code, str(item.get_type_display())]
            cells += [day(item.document_date, self.language), day(item.due_date, self.language)]
            self.row([*cells, str(line.late) if line.late else "", written(item.amount, self.language)])
        self.sums(balance)

    def columns(self) -> None:
        self.font(9, "B")
        self.sheet.set_fill_color(*GREY)
        self.sheet.set_draw_color(*LINE)
        self.row(head()[: len(WIDTHS)], fill=True)
        self.font(9)

    def sums(self, balance: Balance) -> None:
        self.sheet.ln(3)
        for label, amount in balance.buckets:
            self.sum(label, f"{written(amount, self.language)} {balance.currency}")
        self.font(11, "B")
        total = f"{written(balance.total, self.language)} {balance.currency}"
        self.sum(_("Total"), total)
        self.sheet.ln(3)
        self.font(10)
        self.text(to_pay(balance, total))
        self.sheet.ln(6)

    def sum(self, label: str, amount: str) -> None:
        self.sheet.set_x(self.sheet.l_margin + sum(WIDTHS) - 90)
        self.sheet.cell(50, 6, self.plain(label), border="T")
        self.sheet.cell(40, 6, self.plain(amount), border="T", align="R", new_x="LMARGIN", new_y="NEXT")

    def row(self, cells: Iterable[str], *, fill: bool = False) -> None:
        for place, (width, text) in enumerate(zip(WIDTHS, cells, strict=True)):
            fitted = self.fitted(self.plain(text), width - 2)
            self.sheet.cell(width, 6, fitted, border="B", align="R" if place >= RIGHT_FROM else "L", fill=fill)
        self.sheet.ln(6)

    def fitted(self, text: str, width: float) -> str:
        """A text cut to fit, with three dots where it was cut."""
        if self.sheet.get_string_width(text) <= width:
            return text
        while text and self.sheet.get_string_width(f"{text}...") > width:
            text = text[:-1]
        return f"{text}..."


def _names(found: Statement) -> str:
    """All that others wrote and that a statement shows."""
    documents = (f"{line.item.document}{line.item.account.code}" for one in found.balances for line in one.lines)
    sender = [found.sender.name, *found.sender.lines] if found.sender else []
    banks = [one.bank.said for one in found.balances if one.bank]
    return "".join([*address(found.company), *sender, *banks, *documents])
