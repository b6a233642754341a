"""How every form is rendered: through the product's templates, and a required field says what is to be filled in."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.utils import ErrorList
from django.utils.translation import gettext as _

_CHOSEN = (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.CheckboxInput, forms.DateInput)


class SpokenField(BoundField):
    """A field whose errors name it where Django would only say that it is required."""

    @property
    def errors(self) -> ErrorList:
        """The errors of the field; words that the form declares itself stay as they are."""
        found = super().errors
        if self.label and any(map(_is_plain, found.as_data())):
            found = found.copy()
            found.data = [self._named() if _is_plain(error) else error for error in found.as_data()]
        return found

    def _named(self) -> ValidationError:
        is_chosen = isinstance(self.field.widget, _CHOSEN)
        words = _("Choose “%(label)s”.") if is_chosen else _("Fill in “%(label)s”.")
        return ValidationError(words % {"label": self.label}, code="required")


class ProductRenderer(TemplatesSetting):
    """The renderer of all forms (settings.FORM_RENDERER)."""

    bound_field_class = SpokenField


def _is_plain(error: ValidationError) -> bool:
    return str(error.message) == str(forms.Field.default_error_messages["required"])
