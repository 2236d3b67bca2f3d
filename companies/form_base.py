"""Forms of models as the type checker wants them: generic there, plain classes at run time."""

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
    BaseFormSet = forms.BaseFormSet[Any]
else:
    ModelForm, BaseFormSet = forms.ModelForm, forms.BaseFormSet
