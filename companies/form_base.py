"""What forms share: rows ticked on a page, and forms of models as the type checker wants them (generic there only)."""

import re
from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
    BaseFormSet = forms.BaseFormSet[Any]
else:
    ModelForm, BaseFormSet = forms.ModelForm, forms.BaseFormSet

MOST = 500  # rows that one act may touch
KEY = re.compile(r"\d{1,18}", re.ASCII)


class Keys(forms.Field):
    """Row keys ticked on a page; each is looked up afterwards, so any number is well formed."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: list[str] | None) -> list[int]:
        return [int(key) for key in (value or [])[:MOST] if KEY.fullmatch(key)]
