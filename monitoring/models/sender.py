"""Who we are to our customers: what stands at the head of a statement of account, and where it is to be paid."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def iban_checked(text: str) -> None:
    """Refuse an IBAN whose two check digits do not fit (ISO 13616: modulo 97 is 1)."""
    bare = text.replace(" ", "").upper()
    turned = "".join(str(int(letter, 36)) for letter in bare[4:] + bare[:4]) if IBAN.fullmatch(bare) else "0"
    if int(turned) % 97 != 1:
        raise ValidationError(_("This is no valid IBAN: check its letters and digits."))


class OurCompany(models.Model):
    """The one row that says who sends the statements."""

    name = models.CharField(_("name"), max_length=255)
    street = models.CharField(_("street"), max_length=255, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    country = CountryField(_("country"), default="FR")
    registration = models.CharField(_("registration"), max_length=80, blank=True, help_text=_("SIREN, RCS, capital…"))
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)

    class Meta:
        verbose_name = _("our company")
        verbose_name_plural = _("our company")
        constraints = [CheckConstraint(condition=Q(pk=1), name="our_company_once")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @property
    def lines(self) -> list[str]:
        """Address and contact, a line each, empty ones left out."""
        place = f"{self.postal_code} {self.city}".strip()
        numbers = " · ".join(part for part in (self.registration, self.vat_number) if part)
        reach = " · ".join(part for part in (self.phone, self.email) if part)
        return [line for line in (self.street, place, str(self.country.name), numbers, reach) if line]


class BankAccount(models.Model):
    """Where customers pay what they owe in one currency."""

    company = models.ForeignKey(OurCompany, models.CASCADE, related_name="banks", verbose_name=_("our company"))
    currency = models.CharField(_("currency"), max_length=3, unique=True, default="EUR")
    iban = models.CharField("IBAN", max_length=42, validators=[iban_checked])
    bic = models.CharField("BIC", max_length=11, blank=True)
    bank = models.CharField(_("bank"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        ordering = ["currency"]

    def __str__(self) -> str:
        return f"{self.currency} {self.iban}"

    @property
    def said(self) -> str:
        """The account as a payer reads it, in groups of four."""
        bare = self.iban.replace(" ", "").upper()
        groups = " ".join(bare[place : place + 4] for place in range(0, len(bare), 4))
        return " · ".join(part for part in (f"IBAN {groups}", self.bic and f"BIC {self.bic}", self.bank) if part)
