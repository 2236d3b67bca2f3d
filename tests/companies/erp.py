"""ERP files for tests, in the shape of a French export."""

from companies.choices import FileKind, ImportMode
from companies.models import ImportBatch
from companies.services import imports
from tests.make import NOW

PARTNERS = "Compte;Raison sociale;SIREN;N° TVA;Rue;CP;Ville;Pays;Plafond;Conditions"
ITEMS = "Compte;N° pièce;Type;Date pièce;Échéance;Montant"


DUPONT = "411DUPONT;Établissements Dupont;732829320;;1 rue Basse;59000;Lille;FR;12 000,00;30 jours"


def partners(*lines: str) -> bytes:
    return "\r\n".join([PARTNERS, *lines, ""]).encode("cp1252")


def items(*lines: str) -> bytes:
    return "\r\n".join([ITEMS, *lines, ""]).encode("cp1252")


def upload(content: bytes, kind: FileKind = FileKind.PARTNERS, name: str = "", **values: object) -> ImportBatch:
    values.setdefault("mode", ImportMode.DELTA if kind == FileKind.PARTNERS else ImportMode.STOCK)
    name = name or ("clients.csv" if kind == FileKind.PARTNERS else "postes_20261031.csv")
    return imports.upload(kind=kind, filename=name, content=content, user_id=None, now=NOW, **values)  # type: ignore[arg-type]  # passed on


def applied(content: bytes, kind: FileKind = FileKind.PARTNERS, name: str = "", **values: object) -> ImportBatch:
    batch = upload(content, kind, name, **values)
    imports.apply(batch.pk, now=NOW)
    batch.refresh_from_db()
    return batch


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    return (batch.created_count, batch.updated_count, batch.unchanged_count, batch.closed_count)


def line(document: str, amount: str = "100,00", account: str = "411DUPONT", due: str = "31/03/2026") -> str:
    return f"{account};{document};FA;15/01/2026;{due};{amount}"
