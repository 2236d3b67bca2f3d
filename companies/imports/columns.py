"""Which column of a file holds what: headers recognised by synonyms (domain 6.5)."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from companies.choices import FileFormat, FileKind
from companies.imports.sources import DETECTED, Source


@dataclass(frozen=True, slots=True)
class Column:
    """What a field may be called, the likeliest first; the most precise name wins when a file has several."""

    field: str
    synonyms: tuple[str, ...]
    required: bool = False


def _column(field: str, names: str, *, required: bool = False) -> Column:
    return Column(field, tuple(name.strip() for name in names.split(";")), required)


_ACCOUNT = (
    "Compte; Code client; N° client; Compte tiers; Compte auxiliaire; Code fournisseur; N° fournisseur; "
    "Code tiers; N° tiers; CompAuxNum; N° compte; N° de compte; Numéro de compte; Code compte; N°CPTE; "
    "Auxiliaire; Tiers; CDCLI; CLI; Account; Account code; Account number; Customer number; Code"
)
_NAME = (
    "Raison sociale; Nom; Dénomination; Dénomination sociale; Nom ou raison sociale; Intitulé; Société; "
    "Nom client; Nom du client; Nom fournisseur; Nom du tiers; Intitulé du compte; CompAuxLib; "
    "Company name; Name; Client; Fournisseur; Libellé"
)
PARTNERS = (
    _column("code", _ACCOUNT, required=True),
    _column("name", _NAME, required=True),
    _column("role", "Rôle; Role; Type de tiers; Type tiers; Qualité; Nature; Type"),
    _column("country", "Pays; Code pays; Country; Country code; Libellé pays"),
    _column("siren", "SIREN; N° SIREN; Numéro SIREN; Code SIREN; RCS; N° RCS"),
    _column("siret", "SIRET; N° SIRET; Numéro SIRET; Code SIRET"),
    _column(
        "registration",
        "N° d'immatriculation; Immatriculation; N° immatriculation; Numéro d'immatriculation; "
        "Registration number; Company number; N° registre; Registre du commerce; N° national; N° entreprise",
    ),
    _column(
        "vat",
        "N° TVA; TVA; TVA intracommunautaire; N° TVA intracommunautaire; TVA intracom; N° TVA intracom; "
        "N° de TVA; Numéro de TVA; N° TVA intra; Code TVA; N° identifiant TVA; VAT; VAT number; VAT no",
    ),
    _column("lei", "LEI; Code LEI; N° LEI; Identifiant LEI; Legal entity identifier"),
    _column("street", "Adresse; Adresse 1; Rue; Voie; Adresse ligne 1; Street; Address; Address 1"),
    _column("street2", "Complément; Adresse 2; Complément d'adresse; Complément adresse; Address 2"),
    _column("postal_code", "CP; Code postal; C.P.; Postal code; Postcode; Post code; ZIP; ZIP code"),
    _column("city", "Ville; Commune; Localité; City; Town; Bureau distributeur"),
    _column("phone", "Téléphone; Tél; N° téléphone; Téléphone 1; Tel fixe; Phone; Phone number; Telephone"),
    _column(
        "limit",
        "Plafond; Plafond ERP; Encours autorisé; Limite de crédit; Encours max; Encours maximum; "
        "Plafond autorisé; Plafond d'encours; Credit limit; Limit",
    ),
    _column("currency", "Devise; Code devise; Currency; Monnaie"),
    _column(
        "payer",
        "Payeur; Compte payeur; Tiers payeur; Client payeur; Code payeur; Client facturé; Tiers facturé; "
        "Compte facturé; Compte de facturation; Payer; Payer account; Bill to; Bill-to account",
    ),
    _column(
        "terms",
        "Conditions; Conditions de règlement; Conditions de paiement; Mode de règlement; Échéance type; "
        "Délai; Délai de paiement; Délai de règlement; Payment terms; Terms",
    ),
    _column(
        "business_unit",
        "BU; Unité; Agence; Business unit; Unité commerciale; Centre de profit; Division; Branch",
    ),
    _column(
        "analyst",
        "Analyste; Analyste crédit; Chargé; Chargé de compte; Chargé de recouvrement; Gestionnaire; "
        "Gestionnaire de compte; Suivi par; Analyst; Credit analyst; Collector",
    ),
)
OPEN_ITEMS = (
    _column("account", _ACCOUNT, required=True),
    _column("name", _NAME),
    _column(
        "document",
        "N° pièce; Pièce; N° facture; N° de facture; N° de pièce; Réf. pièce; Référence pièce; PieceRef; "
        "Facture; Document; Document number; Invoice number; Invoice; N° document; Référence; Réf; Numéro",
        required=True,
    ),
    _column("type", "Type; Type pièce; Type de pièce; Nature; Code type; Document type"),
    _column("side", "Sens; D/C; Sens D/C; Side"),
    _column(
        "document_date",
        "Date facture; Date de facture; Date pièce; Date de pièce; PieceDate; Date document; "
        "Date d'émission; Date; Document date; Invoice date; Date écriture; Date comptable; EcritureDate",
        required=True,
    ),
    _column("due_date", "Échéance; Date échéance; Date d'échéance; Date éch.; Ech.; DTECH; Due date; Due"),
    _column("debit", "Débit; DB; Montant débit; Debit"),
    _column("credit", "Crédit; CR; Montant crédit; Credit"),
    _column(
        "amount",
        "Solde; Solde dû; Reste dû; Restant dû; Reste à payer; Reste à régler; Montant restant dû; "
        "Montant ouvert; Open amount; Balance; Encours; Montant; Montant TTC; Amount; TTC",
    ),
    _column("currency", "Devise; Code devise; Currency; Monnaie; Idevise"),
    _column("matching", "Lettrage; Lettre; Let.; Code lettrage; EcritureLet"),
    _column("disputed", "Litige; En litige; Contesté; Contestée; Bloqué; Code litige; Dispute; Disputed"),
    _column(
        "settles",
        "Facture d'origine; Facture liée; Facture rapprochée; Pièce d'origine; Avoir sur facture; "
        "Applies to; Original invoice",
    ),
)
AGED_BALANCE = (
    _column("account", _ACCOUNT, required=True),
    _column("name", _NAME),
    _column("total", "Total; Solde; Solde total; Total dû; Encours; Balance; Montant total"),
    _column("not_due", "Non échu; Non échus; À échoir; Not due; Courant; Current"),
    _column("days_30", "1-30; 0-30; 1 à 30 j; 1 à 30 jours; 0 à 30 j; 0 à 30 jours; 30j; 30 jours; 1-30 days"),
    _column("days_60", "31-60; 31 à 60 j; 31 à 60 jours; 30-60; 60j; 60 jours; 31-60 days"),
    _column("days_90", "61-90; 61 à 90 j; 61 à 90 jours; 60-90; 90j; 90 jours; 61-90 days"),
    _column("over_90", "+90; +90 j; > 90 jours; plus de 90 jours; plus de 90 j; over 90; over 90 days"),
    _column("days_120", "91-120; 91 à 120 j; 91 à 120 jours; 90-120; 91-120 days"),
    _column("over_120", "+120; > 120 jours; plus de 120 jours; plus de 120 j; over 120; over 120 days"),
    _column("credits", "Avoirs; Crédits; Avoirs et acomptes; Credits; Unallocated"),
    _column("currency", "Devise; Code devise; Currency; Monnaie"),
)
COMMITMENTS = (
    _column("account", _ACCOUNT, required=True),
    _column("name", _NAME),
    _column("type", "Type; Type pièce; Type de pièce; Nature; État; Statut; Status"),
    _column(
        "document",
        "N° commande; Commande; N° de commande; Numéro de commande; N° BL; BL; Bon de livraison; N° livraison; "
        "N° pièce; Pièce; N° de pièce; Order number; Order; Delivery note; Document; Référence; Numéro",
        required=True,
    ),
    _column(
        "document_date",
        "Date commande; Date de commande; Date BL; Date pièce; Date de pièce; Date; Order date; Document date",
    ),
    _column(
        "deliver_on",
        "Livraison prévue; Date de livraison prévue; Date livraison prévue; Date de livraison; Date livraison; "
        "Livraison; Date prévue; Délai; Date demandée; Expected delivery; Delivery date; Due date",
    ),
    _column(
        "amount",
        "Reste à facturer; Montant restant à facturer; Reste à livrer; Montant restant à livrer; Montant restant; "
        "Montant TTC; Montant; Montant HT; Total TTC; Total HT; Carnet; Amount; Amount to invoice; Open amount",
        required=True,
    ),
    _column("currency", "Devise; Code devise; Currency; Monnaie"),
)
SUPPLIES = (
    _column("account", _ACCOUNT, required=True),
    _column("name", _NAME),
    _column("advances", "Acomptes versés; Avances; Avances et acomptes; Acomptes; 4091; Advances; Advances paid"),
    _column("credit_notes", "Avoirs à recevoir; RRR à obtenir; Avoirs à obtenir; 4098; Credit notes to receive"),
    _column("tooling", "Outillage déposé; Outillage; Outillages; Outillages en dépôt; Moules; Tooling"),
    _column(
        "prepaid_orders", "Commandes payées d'avance; Commandes prépayées; Prépayé; Orders paid in advance; Prepaid"
    ),
    _column("purchases", "Achats 12 mois; Achats; Achats annuels; Chiffre d'achats; CA achats; Purchases"),
    _column("stock", "Stock; Stock disponible; Quantité en stock; Qté stock; Stock on hand"),
    _column(
        "daily_use", "Consommation jour; Consommation journalière; Conso jour; Conso/jour; Besoin journalier; Daily use"
    ),
    _column(
        "lead_time_days",
        "Délai de remplacement; Délai remplacement; Délai de remplacement (jours); Jours de remplacement; "
        "Replacement lead time; Lead time",
    ),
    _column("sole_source", "Source unique; Mono-source; Monosource; Fournisseur unique; Exclusif; Sole source"),
    _column("set_off", "Compensation possible; Compensation; Compensable; Set-off; Set off possible"),
    _column("currency", "Devise; Code devise; Currency; Monnaie"),
)
COLUMNS = {
    FileKind.PARTNERS: PARTNERS,
    FileKind.OPEN_ITEMS: OPEN_ITEMS,
    FileKind.AGED_BALANCE: AGED_BALANCE,
    FileKind.COMMITMENTS: COMMITMENTS,
    FileKind.SUPPLIES: SUPPLIES,
}

_OWN = {
    FileKind.PARTNERS: {"siren", "siret", "vat", "postal_code", "city", "limit", "terms", "role"},
    FileKind.AGED_BALANCE: {"not_due", "days_30", "days_60", "days_90", "over_90"},
    FileKind.OPEN_ITEMS: {"document", "document_date", "due_date", "debit", "credit", "amount"},
    FileKind.COMMITMENTS: {"document", "document_date", "deliver_on", "amount"},
    FileKind.SUPPLIES: {
        "advances",
        "credit_notes",
        "tooling",
        "prepaid_orders",
        "purchases",
        "stock",
        "lead_time_days",
    },
}
_BUCKETS = frozenset({"nonechu", "130", "030", "3160", "6190", "90", "plusde90jours", "1a30j", "31a60j", "61a90j"})


def key(header: str) -> str:
    """Return a header without case, accents, punctuation, blanks, or a unit in brackets."""
    bare = re.sub(r"[(\[].*?[)\]]|€|\bEUR\b", " ", header, flags=re.IGNORECASE) or header
    flat = unicodedata.normalize("NFKD", bare.replace("°", " ").replace("º", " ").replace("œ", "oe").lower())
    return "".join(c for c in flat if c.isalnum())


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of a file are. `extra` are headers that mean nothing here, `doubled` repeat a found field."""

    headers: tuple[str, ...]
    index: dict[str, int]
    extra: tuple[str, ...]
    doubled: tuple[tuple[str, str], ...]
    missing: tuple[Column, ...]

    def header(self, field: str) -> str:
        """Return the column's name in the file; empty when the file has no such column."""
        return self.headers[self.index[field]] if field in self.index else ""


def layout(headers: Sequence[str], kind: FileKind, source: Source = DETECTED) -> Layout:
    """Find the fields of a kind of file among its headers: where the source says, else by their synonyms."""
    return _mapped(headers, kind, source) if source.places else _recognised(headers, kind)


def _mapped(headers: Sequence[str], kind: FileKind, source: Source) -> Layout:
    if source.format == FileFormat.FIXED:
        index = {place.field: n for n, place in enumerate(source.places)}
    else:
        keys = [key(header) for header in headers]
        wanted = {place.field: key(place.header) for place in source.places}
        index = {field: keys.index(name) for field, name in wanted.items() if name in keys}
    required = {column.field: column for column in COLUMNS[kind] if column.required}
    absent = {field: header for field, header in source.mapping.items() if field not in index}
    unset = [column for field, column in required.items() if field not in index and field not in absent]
    missing = [Column(field, (header,), field in required) for field, header in absent.items()]
    return Layout(tuple(headers), index, (), (), tuple(missing + unset))


def _recognised(headers: Sequence[str], kind: FileKind) -> Layout:
    index: dict[str, int] = {}
    doubled: list[tuple[str, str]] = []
    extra: list[str] = []
    ranked = sorted(enumerate(headers), key=lambda pair: _rank(pair[1], kind))
    for position, header in ranked:
        field = _fields(kind).get(key(header), ("", 0))[0]
        if not field:
            extra.extend([header] if header.strip() else [])
        elif field in index:
            doubled.append((header, headers[index[field]]))
        else:
            index[field] = position
    missing = tuple(c for c in COLUMNS[kind] if c.required and c.field not in index)
    in_order = tuple(header for header in headers if header in extra)
    return Layout(tuple(headers), index, in_order, tuple(doubled), missing)


def suggested(headers: Sequence[str], kind: FileKind) -> dict[str, str]:
    """Return the header that each field would be read from by its synonyms."""
    found = _recognised(headers, kind)
    return {field: headers[position] for field, position in found.index.items()}


def recognised(cells: Sequence[str]) -> int:
    """Count the different fields that these cells name, for the kind of file that recognises most."""
    keys = {key(cell) for cell in cells if len(cell) <= 60}
    return max(len({_fields(kind)[k][0] for k in keys if k in _fields(kind)}) for kind in COLUMNS)


def looks_like(headers: Sequence[str], kind: FileKind) -> bool:
    """Say whether a table has at least two of the columns that only this kind of file has."""
    return len(_OWN[kind] & layout(headers, kind).index.keys()) >= 2


def is_aged_balance(headers: Sequence[str]) -> bool:
    """Say whether the columns are ageing buckets: one line an account, so no open items."""
    return len(_BUCKETS & {key(header) for header in headers}) >= 3


def is_fec(headers: Sequence[str]) -> bool:
    """Say whether the table is a FEC, the legal file of all entries (domain 6.3)."""
    return {"ecriturenum", "journalcode"} <= {key(header) for header in headers}


@cache
def _fields(kind: FileKind) -> dict[str, tuple[str, int]]:
    """Map the key of each synonym to its field and its precedence."""
    return {key(s): (c.field, n) for c in reversed(COLUMNS[kind]) for n, s in reversed(list(enumerate(c.synonyms)))}


def _rank(header: str, kind: FileKind) -> int:
    return _fields(kind).get(key(header), ("", 0))[1]
