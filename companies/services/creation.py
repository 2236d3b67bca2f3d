"""A company that the ERP does not have yet: from the directory into our books, with its accounts, in one step."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from companies.choices import LinkState, Role
from companies.creditsafe.payloads import SearchHit
from companies.models import Account, Company, Profile
from companies.rules.matching import name_key
from companies.services.directory import theirs
from companies.services.link import LinkRefused, link


class Sign(StrEnum):
    """Why a company of ours may be the one of the directory, the surest first."""

    PROFILE = "profile"
    NUMBER = "number"
    VAT = "vat"
    PLACE = "place"


@dataclass(frozen=True)
class Twin:
    """A company of ours that a hit of the directory already is, or may be."""

    company: Company
    sign: Sign

    @property
    def is_certain(self) -> bool:
        return self.sign != Sign.PLACE


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """An account to be opened; no ERP limit is None, not 0."""

    code: str
    role: Role
    ledger: str
    erp_limit: Decimal | None = None
    currency: str = "EUR"
    terms: str = ""


def twins(hits: Iterable[SearchHit]) -> dict[str, Twin]:
    """Identifier of the directory → our company that it is: by profile, number, VAT number, else name and postcode."""
    keys = {hit.connect_id: _keys(hit) for hit in hits if hit.connect_id}
    ours = _ours(keys.values(), list(keys))
    found = {}
    for connect_id, signs in keys.items():
        known = ((sign, ours[sign].get(key)) for sign, key in signs.items())
        if twin := next((Twin(company, sign) for sign, company in known if company), None):
            found[connect_id] = twin
    return found


def _keys(hit: SearchHit) -> dict[Sign, tuple[str, ...]]:
    values = theirs(hit)
    keys: dict[Sign, tuple[str, ...]] = {Sign.PROFILE: (hit.connect_id,)}
    if values["registration_number"]:
        keys[Sign.NUMBER] = (hit.country, values["registration_number"])
    if values["vat_number"]:
        keys[Sign.VAT] = (values["vat_number"],)
    if values["postal_code"]:
        keys[Sign.PLACE] = (hit.country, name_key(hit.name), values["postal_code"])
    return keys


def _ours(keys: Iterable[dict[Sign, tuple[str, ...]]], ids: list[str]) -> dict[Sign, dict[tuple[str, ...], Company]]:
    """Our companies under each of the signs: two queries, whatever the number of hits."""
    wanted: dict[Sign, list[str]] = defaultdict(list)
    for one in keys:
        for sign, key in one.items():
            wanted[sign].append(key[1] if sign in {Sign.NUMBER, Sign.PLACE} else key[0])
    maybe = Q(registration_number__in=wanted[Sign.NUMBER]) | Q(vat_number__in=wanted[Sign.VAT])
    maybe |= Q(name_key__in=wanted[Sign.PLACE])
    found: dict[Sign, dict[tuple[str, ...], Company]] = {sign: {} for sign in Sign}
    for profile in Profile.objects.filter(connect_id__in=ids).select_related("company"):
        found[Sign.PROFILE][profile.connect_id,] = profile.company
    for company in Company.objects.filter(maybe).order_by("-pk"):
        country = str(company.country)
        found[Sign.NUMBER][country, company.registration_number] = company
        found[Sign.VAT][company.vat_number,] = company
        found[Sign.PLACE][country, company.name_key, company.postal_code] = company
    return found


def create(hit: SearchHit, *, accounts: Sequence[NewAccount], user_id: int | None, now: datetime) -> Company:
    """A new company with its accounts, linked from the start. Raises LinkRefused when company or account exist."""
    with _refusing(), transaction.atomic():
        company = Company.objects.create(name=hit.name[:255], country=hit.country)
        link(company, hit=hit, user_id=user_id, now=now)
        _open(company, accounts)
    return company


def add(
    company: Company, hit: SearchHit, *, accounts: Sequence[NewAccount], user_id: int | None, now: datetime
) -> Company:
    """More accounts for a company we have; linked to this profile unless it is linked. Raises LinkRefused."""
    with _refusing(), transaction.atomic():
        held = Company.objects.select_for_update().get(pk=company.pk)
        if held.link_state != LinkState.LINKED:
            link(held, hit=hit, user_id=user_id, now=now)
        _open(held, accounts)
    return held


def _open(company: Company, accounts: Sequence[NewAccount]) -> None:
    for new in accounts:
        if Account.objects.filter(ledger=new.ledger, code=new.code).exists():
            raise LinkRefused(_("The account %(code)s exists already.") % {"code": new.code})
        Account.objects.create(
            company=company,
            ledger=new.ledger,
            code=new.code,
            role=new.role,
            name=company.name,
            erp_limit=new.erp_limit,
            currency=new.currency,
            terms=new.terms,
        )


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn a collision with somebody else's work into words."""
    try:
        yield
    except IntegrityError as error:
        raise LinkRefused(_("Somebody else has just created this company or this account.")) from error
