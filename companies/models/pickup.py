"""Folders that files are fetched from by the clock, and what became of each file."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from companies.choices import PickupState
from companies.models.ledger import ImportBatch
from companies.models.sources import ImportProfile


class PickupFolder(models.Model):
    """Files of a folder under PICKUP_ROOT whose name fits the pattern are read as the profile says, and applied."""

    profile = models.ForeignKey(ImportProfile, models.PROTECT, related_name="folders", verbose_name=_("import profile"))
    path = models.CharField(
        _("folder"), max_length=255, help_text=_("Under the root that the server allows, for example sage/open-items.")
    )
    pattern = models.CharField(_("file names"), max_length=120, default="*.csv", help_text=_("For example BA_*.csv."))
    active = models.BooleanField(_("active"), default=True)
    looked_at = models.DateTimeField(_("last looked into"), null=True, blank=True, editable=False)
    error = models.CharField(_("error"), max_length=400, blank=True, editable=False)

    class Meta:
        verbose_name = _("pick-up folder")
        verbose_name_plural = _("pick-up folders")
        ordering = ["path", "pattern"]
        constraints = [UniqueConstraint(fields=["path", "pattern"], name="pickup_folder_once")]

    def __str__(self) -> str:
        return f"{self.path}/{self.pattern}"


class PickupFile(models.Model):
    """A file that was seen in a folder; once taken, its content is never taken again from that folder."""

    folder = models.ForeignKey(PickupFolder, models.CASCADE, related_name="files", verbose_name=_("pick-up folder"))
    name = models.CharField(_("file"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    modified_ns = models.BigIntegerField(_("modified"))
    seen_at = models.DateTimeField(_("unchanged since"))
    state = models.CharField(_("state"), max_length=8, choices=PickupState, default=PickupState.SEEN)
    sha256 = models.CharField(max_length=64, blank=True)
    batch = models.ForeignKey(
        ImportBatch, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("import")
    )

    class Meta:
        verbose_name = _("file picked up")
        verbose_name_plural = _("files picked up")
        ordering = ["-seen_at", "-pk"]
        constraints = [
            UniqueConstraint(fields=["folder", "name"], condition=Q(state=PickupState.SEEN), name="pickup_seen_once"),
            UniqueConstraint(fields=["folder", "sha256"], condition=~Q(sha256=""), name="pickup_content_once"),
            CheckConstraint(condition=Q(state__in=PickupState.values), name="pickup_state_known"),
            CheckConstraint(
                condition=Q(state=PickupState.SEEN, sha256="") | (~Q(state=PickupState.SEEN) & ~Q(sha256="")),
                name="pickup_taken_has_its_content",
            ),
        ]

    def __str__(self) -> str:
        return self.name
