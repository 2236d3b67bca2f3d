"""Write the sample ERP exports: `python -m companies.creditsafe.sandbox.samples DIR`.

Two files as French ERPs make them, cp1252 with CRLF and semicolons: `partenaires.csv` and `postes_ouverts.csv`.
"""

import argparse
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from companies.creditsafe.sandbox import bureau, sample_items, sample_partners
from companies.creditsafe.sandbox.directory import DEFAULT_COMPANIES, DEFAULT_SEED, Directory
from companies.creditsafe.sandbox.sample_items import Item
from companies.creditsafe.sandbox.sample_partners import Partner

DEFAULT_AS_OF = bureau.REFERENCE_DAY
PARTNERS_HEADER = "Compte;Raison sociale;Adresse;CP;Ville;Pays;SIREN;N° TVA;Rôle;Plafond;Conditions"
ITEMS_HEADER = "Compte;Raison sociale;Pièce;Type;Date;Échéance;Montant"
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
        partner.number, partner.vat, partner.role, limit, partner.terms.text,
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


def write(
    folder: Path, *, companies: int = DEFAULT_COMPANIES, seed: int = DEFAULT_SEED, as_of: date = DEFAULT_AS_OF
) -> None:
    """Write both files into the folder. The same arguments always write the same bytes."""
    rng = Random(f"{seed}:ledger")
    partners = sample_partners.choose(Directory(companies, seed).companies, seed)
    lines, items = [PARTNERS_HEADER], []
    for partner in partners:
        own = Random(f"{seed}:ledger:{partner.account}")  # each by itself: a change to one moves no other
        owed = sample_items.target(partner, own)
        ceiling = sample_items.ceiling(partner, owed, Random(f"{seed}:ceiling:{partner.account}"))
        lines.append(_partner_line(partner, ceiling, rng))
        items += sample_items.items_of(partner, owed, as_of=as_of, rng=own)
    items = sample_items.numbered(items, rng)
    total = sum((item.amount for item in items), Decimal(0))
    ledger = [f"Postes ouverts au {_day(as_of)}", ITEMS_HEADER]
    ledger += [_item_line(item, rng) for item in items]
    ledger.append(f"TOTAL GÉNÉRAL;;;;;;{_amount(total, ' ')}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("partenaires.csv", lines), ("postes_ouverts.csv", ledger)):
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
