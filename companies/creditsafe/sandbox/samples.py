"""Write the sample ERP exports: `python -m companies.creditsafe.sandbox.samples DIR`.

Files as French ERPs make them, cp1252 with CRLF and semicolons: `partenaires.csv`, `postes_ouverts.csv`,
`commandes.csv` and `fournisseurs.csv`.
"""

import argparse
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from companies.creditsafe.sandbox import bureau, sample_items, sample_partners, sample_promises
from companies.creditsafe.sandbox.directory import DEFAULT_COMPANIES, DEFAULT_SEED, Directory
from companies.creditsafe.sandbox.sample_items import Item
from companies.creditsafe.sandbox.sample_partners import Partner
from companies.creditsafe.sandbox.sample_promises import Promise, Supplied

DEFAULT_AS_OF = bureau.REFERENCE_DAY
PARTNERS_HEADER = "Compte;Raison sociale;Adresse;CP;Ville;Pays;SIREN;N° TVA;Rôle;Plafond;Conditions;Agence;Analyste"
ITEMS_HEADER = "Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant"
PROMISES_HEADER = "Code client;Raison sociale;Type;N° commande;Date commande;Livraison prévue;Reste à facturer"
SUPPLIES_HEADER = (
    "Code fournisseur;Raison sociale;Acomptes versés;Avoirs à recevoir;Outillage déposé;Commandes payées d'avance;"
    "Achats 12 mois;Stock;Consommation jour;Délai de remplacement;Source unique;Compensation possible"
)
_BLANKS = ("", "", " ", "\N{NO-BREAK SPACE}")


def _amount(amount: Decimal, blank: str) -> str:
    """French figures: decimal comma, trailing minus, thousands apart by a blank or by nothing."""
    text = f"{abs(amount):,.2f}".replace(",", blank).replace(".", ",")
    return f"{text}-" if amount < 0 else text


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _partner_line(partner: Partner, ceiling: int | None, rng: Random) -> str:
    limit = "" if ceiling is None else f"{ceiling:,}".replace(",", rng.choice(_BLANKS))
    fields = (
        partner.account, partner.name, partner.address, partner.postcode, partner.city, partner.country,
        partner.number, partner.vat, partner.role, limit, partner.terms.text, *sample_partners.followed_by(partner),
    )  # fmt: skip
    return ";".join(fields)


def _item_line(item: Item, rng: Random) -> str:
    amount = _amount(item.amount, rng.choice(_BLANKS))
    fields = (
        item.partner.account,
        item.partner.name,
        item.document,
        item.type,
        _day(item.issued),
        _day(item.due),
        amount,
    )
    return ";".join(fields)


def _promise_line(one: Promise) -> str:
    dates = (_day(one.ordered), _day(one.deliver_on))
    return ";".join((one.partner.account, one.partner.name, one.type, one.document, *dates, _amount(one.amount, " ")))


def _supply_line(one: Supplied) -> str:
    money = (one.advances, one.credit_notes, one.tooling, one.prepaid, one.purchases)
    amounts = ["" if amount is None else _amount(amount, " ") for amount in money]
    counts = ["" if count is None else str(count) for count in (one.stock, one.daily_use, one.days)]
    marks = ["O" if mark else "N" for mark in (one.sole, one.set_off)]
    return ";".join((one.partner.account, one.partner.name, *amounts, *counts, *marks))


def write(
    folder: Path, *, companies: int = DEFAULT_COMPANIES, seed: int = DEFAULT_SEED, as_of: date = DEFAULT_AS_OF
) -> None:
    """Write the files into the folder. The same arguments always write the same bytes."""
    rng = Random(f"{seed}:ledger")
    partners = sample_partners.choose(Directory(companies, seed).companies, seed)
    lines, items = [PARTNERS_HEADER], []
    promises: list[Promise] = []
    supplies: list[str] = []
    for partner in partners:
        own = Random(f"{seed}:ledger:{partner.account}")  # each by itself: a change to one moves no other
        owed = sample_items.target(partner, own)
        ceiling = sample_items.ceiling(partner, owed, Random(f"{seed}:ceiling:{partner.account}"))
        lines.append(_partner_line(partner, ceiling, rng))
        items += sample_items.items_of(partner, owed, as_of=as_of, rng=own)
        apart = Random(f"{seed}:promises:{partner.account}")
        promises += sample_promises.promises(partner, owed, as_of=as_of, rng=apart)
        figures = sample_promises.supplied(partner, owed, apart)
        supplies += [_supply_line(figures)] if figures else []
    items = sample_items.numbered(items, rng)
    total = sum((item.amount for item in items), Decimal(0))
    ledger = [f"Postes ouverts au {_day(as_of)}", ITEMS_HEADER]
    ledger += [_item_line(item, rng) for item in items]
    ledger.append(f"TOTAL GÉNÉRAL;;;;;;{_amount(total, ' ')}")
    orders = [f"Commandes et livraisons au {_day(as_of)}", PROMISES_HEADER]
    orders += [_promise_line(one) for one in sample_promises.numbered(promises, Random(f"{seed}:numbers"))]
    contents = {
        "partenaires.csv": lines,
        "postes_ouverts.csv": ledger,
        "commandes.csv": orders,
        "fournisseurs.csv": [f"Fournisseurs au {_day(as_of)}", SUPPLIES_HEADER, *supplies],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes("".join(f"{line}\r\n" for line in content).encode("cp1252"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m companies.creditsafe.sandbox.samples", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--companies", type=int, default=DEFAULT_COMPANIES, help=f"default {DEFAULT_COMPANIES}")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"default {DEFAULT_SEED}")
    parser.add_argument("--as-of", type=date.fromisoformat, default=DEFAULT_AS_OF, help=f"default {DEFAULT_AS_OF}")
    given = parser.parse_args(arguments)
    write(given.folder, companies=given.companies, seed=given.seed, as_of=given.as_of)
    return 0


if __name__ == "__main__":
    sys.exit(main())
