"""Base classes as the type checker has to see them; when the program runs they are Django's own."""

from typing import TYPE_CHECKING, Any

from django import forms
from rest_framework import serializers

# Of a mixin that calls `super()`: whatever page, form or view stands behind it.
MixinBase: Any = object

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
    ModelChoiceField = forms.ModelChoiceField[Any]
    SerializerField = serializers.Field[Any, Any, Any, Any]
else:
    ModelForm = forms.ModelForm
    ModelChoiceField = forms.ModelChoiceField
    SerializerField = serializers.Field
