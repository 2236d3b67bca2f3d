"""What was said to a late payer, and what comes next. Appended, never edited: a correction is another note."""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from monitoring.choices import ContactKind


class Contact(models.Model):
    """One contact with a company about what it owes: a call, a letter, a note; and the next step with its day."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", verbose_name=_("company"))
    on = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=6, choices=ContactKind, default=ContactKind.CALL)
    text = models.TextField(_("what was said"), max_length=2000)
    next_step = models.CharField(_("next step"), max_length=160, blank=True)
    next_on = models.DateField(_("on"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("noted by")
    )
    at = models.DateTimeField(_("noted"))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-on", "-pk"]
        constraints = [CheckConstraint(condition=Q(kind__in=ContactKind.values), name="contact_kind_known")]
        indexes = [models.Index(fields=["company", "-on", "-id"], name="contact_latest")]

    def __str__(self) -> str:
        return f"{self.company} · {self.on}"
