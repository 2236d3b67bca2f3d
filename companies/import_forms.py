"""What people type about files: an upload, and how a source writes its files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from companies.choices import FileFormat, FileKind, ImportMode
from companies.form_base import ModelForm
from companies.imports.encodings import ENCODINGS
from companies.imports.files import LARGEST_FILE
from companies.models import ImportColumn, ImportProfile
from companies.services.profiles import fields_of, required_of, suggestion

LARGEST = LARGEST_FILE
ACCEPTED = ".csv,.txt,.tsv,.dat,.prn,.xlsx"
MOST_HEADERS = 200
DETECT = _("Found in the file")
LIMITS = ("least_items", "most_items", "balance_margin", "most_unknown", "oldest_days")
"""Of the sentinel: how far a complete file may be from the one before."""


class FileForm(forms.Form):
    """A file that is not too large. An empty one passes, so that the import says what is wrong as for any other."""

    file = forms.FileField(
        label=_("File"), allow_empty_file=True, max_length=255, widget=forms.FileInput(attrs={"accept": ACCEPTED})
    )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            said = {"size": filesizeformat(file.size or 0), "most": filesizeformat(LARGEST)}
            raise ValidationError(
                _("This file has %(size)s; the most is %(most)s. Export fewer columns, or split it by account."),
                params=said,
            )
        return file


class UploadForm(FileForm):
    """One ERP file, with what it holds: as a profile says, or as the user says. Never guessed (domain 6.6)."""

    profile = forms.ModelChoiceField(
        label=_("Import profile"),
        queryset=ImportProfile.objects.none(),
        required=False,
        empty_label=_("None: find everything in the file"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    mode = forms.ChoiceField(
        label=_("What the file holds"), choices=ImportMode.choices, required=False, widget=forms.RadioSelect
    )
    as_of = forms.DateField(
        label=_("Closing date"),
        required=False,
        help_text=_("Only if neither the file nor its name says it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, kind: FileKind, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": kind.value})
        self.kind = kind
        profiles: forms.ModelChoiceField[ImportProfile] = self.fields["profile"]  # type: ignore[assignment]  # as above
        profiles.queryset = ImportProfile.objects.filter(kind=kind, active=True)
        if kind == FileKind.PARTNERS:
            del self.fields["as_of"]
        if kind == FileKind.AGED_BALANCE:
            del self.fields["mode"]  # every balance is whole

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        said = given.get("profile") or given.get("mode") or self.kind == FileKind.AGED_BALANCE
        if not said and "mode" not in self.errors:
            self.add_error("mode", _("Say what the file holds, or choose an import profile."))
        return given


class SampleForm(FileForm):
    """A file of a source, whose columns a new profile starts from."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=FileKind.choices, widget=forms.Select(attrs={"class": "form-select"})
    )


class ProfileForm(ModelForm):
    """How a source writes its files. Beside the model's own fields, each of ours has where it is in the file.

    `headers` are those of a file that was shown, or those that the profile has; they come back with the form.
    """

    headers = forms.CharField(required=False, widget=forms.HiddenInput)
    encoding = forms.ChoiceField(
        label=_("Encoding"), required=False, choices=[("", DETECT), *((name, name) for name in ENCODINGS)]
    )
    delimiter = forms.ChoiceField(
        label=_("Delimiter"),
        required=False,
        choices=[("", DETECT), (";", ";"), ("\t", _("tab")), (",", ","), ("|", "|")],
    )
    default_country = forms.ChoiceField(label=_("Country where the file says none"), required=False)

    class Meta:
        model = ImportProfile
        fields = [
            "name", "kind", "ledger", "mode", "format", "encoding", "delimiter", "sheet", "has_header", "header_line",
            "record_length", "decimal_style", "implied_decimals", "date_style", "default_role", "default_country",
            "default_currency", "leave_out_errors", "active", *LIMITS,
        ]  # fmt: skip
        help_texts = {
            "header_line": _(
                "Empty: the line that names most columns. In a fixed-width file, the number of lines above the data."
            ),
            "record_length": _("Only for a file without line ends, as the AS400 may send it."),
            "implied_decimals": _("2: 00012345 means 123.45."),
            "default_role": _("Empty: what the account code says (411, 401), else client."),
            "leave_out_errors": _("Always possible for changes; for everything only up to 1 % of the rows."),
        }

    def __init__(self, *args: Any, kind: FileKind, headers: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file_kind = kind
        self.file_headers = self._headers(headers)
        self.fields["kind"].widget = forms.HiddenInput()
        self.fields["headers"].initial = json.dumps(self.file_headers)
        named = sorted(((code, str(name)) for code, name in countries), key=lambda pair: pair[1])
        self.fields["default_country"] = forms.ChoiceField(
            label=_("Country where the file says none"), required=False, choices=[("", _("France")), *named]
        )
        self._ease_limits()
        self._add_columns()
        for field in self.fields.values():
            if isinstance(field.widget, forms.Select):
                field.widget.attrs["class"] = "form-select"

    def places(self) -> Iterator[dict[str, BoundField | str | bool]]:
        """Give each of our fields with its inputs, for the page."""
        needed = required_of(self.file_kind)
        for name, label in fields_of(self.file_kind).items():
            inputs = {part: self[f"{part}_{name}"] for part in ("map", "pos", "wide")}
            yield {"name": name, "label": label, "required": name in needed, **inputs}

    def clean_default_currency(self) -> str:
        code = str(self.cleaned_data["default_currency"]).strip().upper()
        if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise ValidationError(_("Write the ISO code of the currency, such as EUR or USD."))
        return code

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for name in (name for name in LIMITS if name in given and given[name] is None):
            given[name] = getattr(ImportProfile(), name)
        if given.get("header_line") is not None and not given.get("has_header"):
            self.add_error("header_line", _("A file without a header line has no line of the header."))
        if given.get("format") == FileFormat.FIXED:
            self._check_positions(given)
        elif any(given.get(f"map_{name}") for name in fields_of(self.file_kind)) or not given.get("has_header"):
            self._check_headers(given)
        return given

    def _ease_limits(self) -> None:
        """Let a limit be empty, which is the usual one; without those that mean nothing for the kind of file."""
        for name in LIMITS:
            self.fields[name].required = False
            if self.file_kind == FileKind.PARTNERS or (name == "oldest_days" and self.file_kind != FileKind.OPEN_ITEMS):
                del self.fields[name]

    def columns(self) -> Iterator[ImportColumn]:
        """Give the columns as the user placed them."""
        given = self.cleaned_data
        for name in fields_of(self.file_kind):
            header, position, width = (given.get(f"{part}_{name}") for part in ("map", "pos", "wide"))
            if given["format"] == FileFormat.FIXED:
                if position and width:
                    yield ImportColumn(field=name, position=position, width=width)
            elif header:
                yield ImportColumn(field=name, header=header)

    def _headers(self, given: Sequence[str]) -> list[str]:
        """Return the headers to choose from: of the file just shown, as the form sent them back, or of the profile."""
        if given:
            return list(given)
        try:
            sent = json.loads(self.data.get(self.add_prefix("headers"), "") or "[]")
        except ValueError:
            sent = []
        found = [str(one)[:120] for one in sent[:MOST_HEADERS]] if isinstance(sent, list) else []
        stored = self.instance.columns.values_list("header", flat=True) if self.instance.pk else []
        return found or [header for header in stored if header]

    def _add_columns(self) -> None:
        known = [(header, header) for header in dict.fromkeys(self.file_headers) if header]
        stored: Mapping[str, ImportColumn] = (
            {column.field: column for column in self.instance.columns.all()} if self.instance.pk else {}
        )
        guessed = {} if stored else suggestion(self.file_headers, self.file_kind)
        for name, label in fields_of(self.file_kind).items():
            column = stored.get(name)
            old = column.header if column else guessed.get(name, "")
            choices = known if not old or (old, old) in known else [*known, (old, old)]
            self.fields[f"map_{name}"] = forms.ChoiceField(
                label=label, required=False, choices=[("", _("not in the file")), *choices], initial=old
            )
            for part, value, words in (
                ("pos", column and column.position, _("First character")),
                ("wide", column and column.width, _("Characters")),
            ):
                self.fields[f"{part}_{name}"] = forms.IntegerField(
                    label=words, required=False, min_value=1, max_value=32_000, initial=value
                )

    def _check_positions(self, given: Mapping[str, Any]) -> None:
        for name in fields_of(self.file_kind):
            position, width = given.get(f"pos_{name}"), given.get(f"wide_{name}")
            if bool(position) != bool(width):
                self.add_error(f"pos_{name}", _("Give both the first character and the number of characters."))
            elif name in required_of(self.file_kind) and not position:
                self.add_error(f"pos_{name}", _("Needed to read a file."))

    def _check_headers(self, given: Mapping[str, Any]) -> None:
        for name in required_of(self.file_kind):
            if not given.get(f"map_{name}"):
                self.add_error(f"map_{name}", _("Needed to read a file."))
