"""What people type: files, searches in the directory, links."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from companies.choices import FileKind, Role
from companies.models import Account, Company
from companies.rules.identifiers import normalise, normalise_registration
from companies.services.directory import SearchQuery

LARGEST = 50 * 1024 * 1024
LEDGER = "ERP"


class UploadForm(forms.Form):
    """One ERP file. An empty one is accepted here, so that the import says what is wrong like for any other file."""

    file = forms.FileField(label=_("File"), allow_empty_file=True, max_length=255)
    as_of = forms.DateField(
        label=_("Closing date"),
        required=False,
        help_text=_("Only if neither the file nor its name says it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, kind: FileKind, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": kind.value})
        self.kind = kind
        self.fields["file"].widget.attrs["accept"] = ".csv,.txt,.tsv,.xlsx"
        if kind == FileKind.PARTNERS:
            del self.fields["as_of"]

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            said = {"size": filesizeformat(file.size or 0), "most": filesizeformat(LARGEST)}
            raise ValidationError(
                _("This file has %(size)s; the most is %(most)s. Export fewer columns, or split it by account."),
                params=said,
            )
        return file


class DirectoryForm(forms.Form):
    """A search in the Creditsafe directory: a name or a number, and where."""

    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    registration_number = forms.CharField(label=_("Registration number (SIREN)"), required=False, max_length=40)
    vat_number = forms.CharField(label=_("VAT number"), required=False, max_length=20)
    postal_code = forms.CharField(label=_("Postcode"), required=False, max_length=20)
    city = forms.CharField(label=_("City"), required=False, max_length=120)
    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, codes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(((code, str(countries.name(code)) or code) for code in codes), key=lambda pair: pair[1])
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=named)

    def clean_registration_number(self) -> str:
        return normalise_registration(self.cleaned_data["registration_number"])

    def clean_vat_number(self) -> str:
        return normalise(self.cleaned_data["vat_number"])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not any(given.get(name) for name in ("name", "registration_number", "vat_number")):
            raise ValidationError(_("Give a name, a registration number or a VAT number."))
        return given

    def query(self) -> SearchQuery:
        return SearchQuery(**self.cleaned_data)


class LeaveForm(forms.Form):
    """Why a company stays without a Creditsafe profile."""

    note = forms.CharField(label=_("Reason"), max_length=255)


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # a plain class at run time
    """The account that a company created from the directory gets."""

    ledger = forms.CharField(label=_("Ledger"), max_length=20, initial=LEDGER)

    class Meta:
        model = Account
        fields = ["code", "role", "ledger"]

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip()

    def role(self) -> Role:
        return Role(self.cleaned_data["role"])


def searched(company: Company) -> dict[str, str]:
    """What the search by hand starts from: what we know of the company."""
    fields = ("name", "registration_number", "vat_number", "postal_code", "city")
    return {**{name: getattr(company, name) for name in fields}, "country": str(company.country)}
