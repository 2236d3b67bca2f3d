"""Plausible companies out of a seed, as rows not yet saved. No database and no clock in here."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from companies.choices import CompanyStatus, DocumentType, LinkState, Rating, RatingState, Role
from companies.models import Account, Company, ImportBatch, OpenItem, Profile, RatingPoint
from companies.rules.matching import name_key
from monitoring.choices import AlertKind, AlertState, CloseReason, Severity
from monitoring.models import Alert

PARIS = ZoneInfo("Europe/Paris")
LEDGER = "GENERATED"
SIREN_STEP = 76_543_211  # coprime with 10**8: walking by it meets each number once
TRADES = (
    "Transports", "Fonderie", "Brasserie", "Menuiserie", "Papeterie", "Boulangerie", "Logistique", "Imprimerie",
    "Charpentes", "Carrelages", "Plomberie", "Électricité", "Peintures", "Laboratoires", "Mécanique", "Tôlerie",
    "Câblerie", "Minoterie", "Laiterie", "Conserverie", "Verrerie", "Tuilerie", "Filature", "Tissages",
    "Emballages", "Plastiques", "Outillage", "Horlogerie", "Optique", "Cosmétiques", "Traiteur", "Conseil",
    "Ingénierie", "Négoce", "Quincaillerie", "Jardinerie", "Pépinières", "Scierie", "Travaux", "Terrassement",
)  # fmt: skip
NAMES = (
    "Delcourt", "Vauban", "Moreau", "Durand", "Lefèvre", "Garnier", "Chevalier", "Fontaine", "Rousseau",
    "Blanchard", "Guérin", "Marchand", "Perrot", "Renaud", "Barbier", "Lacroix", "Besson", "Carpentier",
    "Dumoulin", "Escoffier", "Fabre", "Gauthier", "Hamel", "Imbert", "Joubert", "Klein", "Lambert", "Mallet",
    "Noël", "Ollivier", "Pasquier", "Quentin", "Rivière", "Sabatier", "Tessier", "Ulrich", "Vasseur", "Weber",
    "Ybert", "Zimmer", "Arnaud", "Boucher", "Colin", "Descamps",
)  # fmt: skip
PLACES = (
    ("Lyon", "69003"), ("Nantes", "44000"), ("Lille", "59000"), ("Bordeaux", "33000"), ("Rennes", "35000"),
    ("Toulouse", "31000"), ("Strasbourg", "67000"), ("Dijon", "21000"), ("Orléans", "45000"), ("Grenoble", "38000"),
    ("Rouen", "76000"), ("Reims", "51100"), ("Angers", "49000"), ("Brest", "29200"), ("Metz", "57000"),
)  # fmt: skip
ABROAD = (
    ("DE", "GmbH", "EUR"),
    ("BE", "NV", "EUR"),
    ("ES", "SL", "EUR"),
    ("IT", "SpA", "EUR"),
    ("GB", "Ltd", "GBP"),
    ("US", "Inc", "USD"),
)
ACTIVITIES = (
    ("49.41A", "Transports routiers de fret"), ("25.62B", "Mécanique industrielle"), ("10.71C", "Boulangerie"),
    ("46.73A", "Commerce de gros de bois"), ("43.32A", "Travaux de menuiserie"), ("71.12B", "Ingénierie"),
)  # fmt: skip
# state, letter, lowest and highest score, share in a hundred
BANDS: tuple[tuple[RatingState, str, int | None, int | None, int], ...] = (
    (RatingState.RATED, Rating.A, 71, 100, 28),
    (RatingState.RATED, Rating.B, 51, 70, 25),
    (RatingState.RATED, Rating.C, 30, 50, 18),
    (RatingState.RATED, Rating.D, 1, 29, 13),
    (RatingState.NOT_RATED, Rating.E, None, None, 6),
    (RatingState.FAILED, Rating.E, 0, 0, 3),
    (RatingState.UNKNOWN, "", None, None, 7),
)
UNLINKED = (LinkState.QUEUED, LinkState.REVIEW, LinkState.ABSENT, LinkState.UNLINKED)
KINDS = (
    (AlertKind.RATING, Severity.HIGH, "International rating", "B", "C"),
    (AlertKind.LIMIT, Severity.MEDIUM, "Credit limit", "60000", "25000"),
    (AlertKind.JUDGMENT, Severity.CRITICAL, "Collective procedure", "", "Redressement judiciaire"),
    (AlertKind.PRIVILEGE, Severity.HIGH, "Active privileges", "0", "1"),
    (AlertKind.IDENTITY, Severity.LOW, "Registered office", "12 rue Haute", "4 avenue du Port"),
    (AlertKind.DIRECTORS, Severity.LOW, "Change of directors", "", ""),
    (AlertKind.ACCOUNTS, Severity.LOW, "Latest accounts", "2024-12-31", "2025-12-31"),
)


@dataclass
class Dossier:
    """All that is known of one made-up company."""

    company: Company
    accounts: list[Account] = field(default_factory=list)
    items: list[OpenItem] = field(default_factory=list)
    profile: Profile | None = None
    points: list[RatingPoint] = field(default_factory=list)
    alert: Alert | None = None


def luhn_siren(stem: int) -> str:
    """Nine digits whose key is right, from a stem of eight (domain 5.10)."""
    digits = [int(sign) for sign in f"{stem:08d}"]
    total = sum(digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits))
    return f"{stem:08d}{-total % 10}"


def sirens(seed: int) -> Iterator[str]:
    """Valid SIRENs, none twice, in an order that the seed decides."""
    stem = random.Random(seed).randrange(10**8)  # noqa: S311 (made-up data, no secret)
    for _ in range(10**8):
        stem = (stem + SIREN_STEP) % 10**8
        if stem >= 10**6:
            yield luhn_siren(stem)


def registration(siren: str, country: str) -> str:
    """The company's number: abroad one that looks foreign, made of the same digits."""
    return siren if country == "FR" else f"{country}{siren[:8]}"


class Inventor:
    """Makes dossiers one after the other; the same seed and dates give the same ones."""

    def __init__(self, *, seed: int, as_of: date, batch: ImportBatch) -> None:
        self.dice = random.Random(seed)  # noqa: S311 (made-up data, no secret)
        self.as_of = as_of
        self.batch = batch

    def dossier(self, siren: str) -> Dossier:
        """A company with its accounts and items, and what Creditsafe and our alerts say of it."""
        state, letter, lowest, highest, _ = self.dice.choices(BANDS, [band[-1] for band in BANDS])[0]
        made = Dossier(self._company(siren, state))
        currency = next((money for code, _, money in ABROAD if code == made.company.country), "EUR")
        size = Decimal(int(self.dice.lognormvariate(10, 1.3)))
        self._accounts(made, currency, size)
        if state != RatingState.UNKNOWN or self.dice.random() < 0.1:
            score = None if lowest is None or highest is None else self.dice.randint(lowest, highest)
            made.profile = self._profile(made.company, currency, rating=(state, letter, score), size=size)
            made.company.link_state, made.company.link_note = LinkState.LINKED, ""
            made.company.status = made.profile.status
            made.points = self._points(made.profile)
            made.alert = self._alert(made.company, size) if self.dice.random() < 0.06 else None
        return made

    def _company(self, siren: str, state: RatingState) -> Company:
        dice = self.dice
        abroad = dice.choice(ABROAD) if dice.random() < 0.12 else None
        city, postal_code = dice.choice(PLACES)
        name = f"{dice.choice(TRADES)} {dice.choice(NAMES)} {dice.choice((dice.choice(NAMES), city, siren[-4:]))}"
        name = f"{name} {abroad[1] if abroad else dice.choice(('SARL', 'SAS', 'SA', ''))}".strip()
        code, activity = dice.choice(ACTIVITIES)
        return Company(
            name=name,
            name_key=name_key(name),
            country=abroad[0] if abroad else "FR",
            registration_number=registration(siren, abroad[0] if abroad else "FR"),
            vat_number="" if abroad else f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}",
            street=f"{dice.randint(1, 180)} rue {dice.choice(NAMES)}",
            postal_code=postal_code if abroad is None else "",
            city=city if abroad is None else "",
            activity_code=code,
            activity=activity,
            status=CompanyStatus.UNKNOWN,
            link_state=dice.choice(UNLINKED),
        )

    def _accounts(self, made: Dossier, currency: str, size: Decimal) -> None:
        roles = self.dice.choices(
            ([Role.CLIENT], [Role.SUPPLIER], [Role.PROSPECT], [Role.CLIENT, Role.SUPPLIER]), (70, 14, 8, 8)
        )[0]
        number = made.company.registration_number
        for role in roles:
            prefix = {Role.CLIENT: "411", Role.SUPPLIER: "401", Role.PROSPECT: "P"}[role]
            limit = (
                _round(size * self.dice.choice((1, 2, 3))) if role == Role.CLIENT and self.dice.random() < 0.8 else None
            )
            account = Account(
                company=made.company,
                ledger=LEDGER,
                code=f"{prefix}{number}",
                role=role,
                name=made.company.name.upper(),
                erp_limit=limit,
                currency=currency,
                terms=self.dice.choice(("30 jours", "45 jours fin de mois", "60 jours")),
            )
            made.accounts.append(account)
            if role != Role.PROSPECT:
                made.items += self._items(account, size)

    def _items(self, account: Account, size: Decimal) -> list[OpenItem]:
        return [self._item(account, size, place) for place in range(self.dice.choice((0, 1, 2, 3, 3, 4, 5, 6)))]

    def _item(self, account: Account, size: Decimal, place: int) -> OpenItem:
        kind = self.dice.choices(
            (DocumentType.INVOICE, DocumentType.CREDIT_NOTE, DocumentType.PAYMENT, DocumentType.BILL), (85, 6, 5, 4)
        )[0]
        issued = self.as_of - timedelta(days=self.dice.randint(1, 130))
        amount = (size * Decimal(self.dice.randint(3, 60)) / 200 + Decimal(self.dice.randint(1, 99)) / 100).quantize(
            Decimal("0.01")
        )
        credit = kind in {DocumentType.CREDIT_NOTE, DocumentType.PAYMENT}
        return OpenItem(
            account=account,
            batch=self.batch,
            document=f"{'AV' if credit else 'FA'}{issued:%y%m%d}-{place}",
            type=kind,
            document_date=issued,
            due_date=None if credit else issued + timedelta(days=self.dice.choice((30, 45, 60))),
            amount=-amount / 4 if credit else amount,
            currency=account.currency,
        )

    def _profile(
        self, company: Company, currency: str, *, rating: tuple[RatingState, str, int | None], size: Decimal
    ) -> Profile:
        state, letter, score = rating
        limit, text = self._limit(score, size)
        failed = state == RatingState.FAILED
        rated_on = self.as_of - timedelta(days=self.dice.randint(5, 400))
        moment = datetime.combine(rated_on, time(9), PARIS)
        return Profile(
            company=company,
            connect_id=f"{company.country}-0-{company.registration_number}",
            name=company.name.upper(),
            rating=letter,
            rating_state=state,
            score=score,
            credit_limit=limit,
            credit_limit_text=text,
            contract_limit=None if limit is None else _round(limit * Decimal("1.5")),
            currency=currency,
            status=CompanyStatus.NON_ACTIVE if failed and self.dice.random() < 0.3 else CompanyStatus.ACTIVE,
            in_proceeding=failed,
            rated_on=rated_on,
            linked_at=moment,
            reported_at=moment if state != RatingState.UNKNOWN else None,
        )

    def _limit(self, score: int | None, size: Decimal) -> tuple[Decimal | None, str]:
        if score is None or self.dice.random() < 0.04:
            return None, "Credit Limit not applicable" if score is not None else ""
        if score < 30:
            return Decimal(0), "0"
        limit = _round(size * Decimal(score) / 40)
        return limit, str(limit)

    def _points(self, profile: Profile) -> list[RatingPoint]:
        if profile.score is None or profile.rated_on is None:
            return []
        return [self._point(profile, years) for years in range(self.dice.choice((1, 1, 1, 3)))]

    def _point(self, profile: Profile, years: int) -> RatingPoint:
        drift = self.dice.randint(-9, 9) * years
        limit = profile.credit_limit
        valid_on = (profile.rated_on or self.as_of) - timedelta(days=330 * years)
        score = max(0, min(100, (profile.score or 0) + drift))
        return RatingPoint(
            company=profile.company,
            valid_on=valid_on,
            known_at=datetime.combine(valid_on, time(9), PARIS),
            score=score,
            rating=_letter(score),
            credit_limit=None if limit is None else _round(limit * (100 + drift) / 100),
            currency=profile.currency,
        )

    def _alert(self, company: Company, size: Decimal) -> Alert:
        kind, severity, detail, before, after = self.dice.choice(KINDS)
        opened = datetime.combine(self.as_of - timedelta(days=self.dice.randint(0, 40)), time(8), PARIS)
        closed = self.dice.random() < 0.25
        return Alert(
            company=company,
            kind=kind,
            severity=severity,
            state=AlertState.CLOSED if closed else AlertState.OPEN,
            detail=detail,
            old_value=before,
            new_value=after,
            at_stake=size,
            opened_at=opened,
            changed_at=opened,
            closed_at=opened + timedelta(hours=5) if closed else None,
            close_reason=CloseReason.NO_ACTION if closed else "",
        )


def _round(amount: Decimal) -> Decimal:
    return (amount / 500).quantize(Decimal(1)) * 500


def _letter(score: int) -> str:
    return next(
        (letter for _, letter, lowest, _, _ in BANDS if lowest is not None and score >= lowest and letter), Rating.E
    )
