"""How we reach Creditsafe, and the rates that bring amounts into the portfolio's currency."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from encrypted_fields.fields import EncryptedTextField

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def safe_address(value: str) -> None:
    """Refuse an address that would send the password in clear, or anywhere but a Creditsafe server."""
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK and settings.DEMO:
        return
    raise ValidationError(
        _("Give an address that starts with https:// (http is for the demo sandbox on this machine).")
    )


class Connection(models.Model):
    """The one Creditsafe account. Environment variables, where set, win over what is stored here."""

    base_url = models.CharField(
        _("address"), max_length=200, default="https://connect.creditsafe.com/v1", validators=[safe_address]
    )
    username = models.CharField(_("user name"), max_length=120, blank=True)
    password = EncryptedTextField(_("password"), null=True, blank=True)
    language = models.CharField(
        _("report language"), max_length=2, choices=[("fr", _("French")), ("en", _("English"))], default="fr"
    )
    calls_per_minute = models.PositiveIntegerField(
        _("calls per minute"), default=1200, validators=[MinValueValidator(1)],
        help_text=_("Shared by all workers. Creditsafe does not publish its limit."),
    )  # fmt: skip
    parallel_calls = models.PositiveSmallIntegerField(
        _("calls at once"), default=8, validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text=_("How many reports one worker fetches side by side."),
    )  # fmt: skip
    report_ceiling = models.PositiveIntegerField(
        _("ceiling of automatic orders"), null=True, blank=True,
        help_text=_("Reports a contract year; beyond it the rules ask before they order. Empty: what is paid for."),
    )  # fmt: skip
    halted_at = models.DateTimeField(_("calls stopped"), null=True, blank=True)
    halt_reason = models.CharField(_("why calls stopped"), max_length=400, blank=True)
    last_success_at = models.DateTimeField(_("last answer"), null=True, blank=True)
    last_error_at = models.DateTimeField(_("last error"), null=True, blank=True)
    last_error = models.CharField(_("last error in words"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("Creditsafe connection")
        verbose_name_plural = _("Creditsafe connection")
        constraints = [
            CheckConstraint(condition=Q(pk=1), name="connection_only_one"),
            CheckConstraint(condition=Q(calls_per_minute__gte=1), name="connection_calls_at_least_one"),
            CheckConstraint(
                condition=Q(parallel_calls__gte=1, parallel_calls__lte=64), name="connection_parallel_1_to_64"
            ),
        ]

    def __str__(self) -> str:
        return self.effective_url

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "Connection":
        """The stored connection, or an unsaved one with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def effective_url(self) -> str:
        return settings.CREDITSAFE_URL or self.base_url

    @property
    def effective_username(self) -> str:
        return settings.CREDITSAFE_USER or self.username

    @property
    def effective_password(self) -> str:
        return settings.CREDITSAFE_PASSWORD or str(self.password or "")

    @property
    def is_set(self) -> bool:
        return bool(self.effective_username and self.effective_password)

    @property
    def is_down(self) -> bool:
        """The last thing we know of the provider is an error."""
        if self.last_error_at is None:
            return False
        return self.last_success_at is None or self.last_error_at > self.last_success_at

    @classmethod
    def _note(cls, **values: object) -> None:
        """Into the row, made where only environment variables set the connection: a halt must be remembered."""
        if not cls.objects.filter(pk=1).update(**values):
            cls.objects.update_or_create(pk=1, defaults=values)

    @classmethod
    def note_success(cls, now: datetime) -> None:
        cls._note(last_success_at=now)

    @classmethod
    def note_error(cls, now: datetime, text: str) -> None:
        cls._note(last_error_at=now, last_error=text[:400])

    @classmethod
    def halt(cls, now: datetime, reason: str) -> None:
        """Stop every call until an administrator has looked: a wrong password tried again locks the account."""
        cls._note(halted_at=now, halt_reason=reason[:400])


class ExchangeRate(models.Model):
    """What one unit of the portfolio's currency was worth on a day."""

    currency = models.CharField(_("currency"), max_length=3)
    valid_on = models.DateField(_("valid from"))
    rate = models.DecimalField(_("units for one"), max_digits=16, decimal_places=6)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency", "-valid_on"]
        constraints = [
            UniqueConstraint(fields=["currency", "valid_on"], name="rate_once_a_day"),
            CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.valid_on} {self.rate}"
