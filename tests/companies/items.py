"""Files of open items for tests, and what is read from them."""

from datetime import date

from companies.imports.files import read_table
from companies.imports.rows import parse_open_items

TODAY = date(2026, 11, 21)
AS_OF = date(2026, 11, 20)
HEADER = "Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant"
TITLE = "Postes ouverts au 20/11/2026"
LINE = "411DUPONT;Dupont;FA1;FA;15/01/2026;31/03/2026;12 000,00"


def read(table, *, today=TODAY, **options):
    """What a table gives, with its rows as a list."""
    parsed = parse_open_items(table, today=today, **options)
    parsed.rows = list(parsed.rows)
    return parsed


def parse(*lines, header=HEADER, title=TITLE, filename="po.csv", **options):
    text = "\n".join([*([title] if title else []), header, *lines])
    return read(read_table(text.encode(), filename), **options)


def parse_cells(**changed):
    cells = dict(zip(HEADER.split(";"), LINE.split(";"), strict=True)) | changed
    return parse(";".join(cells.values()), header=";".join(cells))


def debit_credit(*lines, **options):
    return parse(*lines, header="Compte;Nom;Pièce;Type;Date;Échéance;Débit;Crédit", **options)


def codes(issues):
    return [issue.code for issue in issues]


def amounts(parsed):
    return [row.amount for row in parsed.rows]
