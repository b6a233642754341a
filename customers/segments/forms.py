"""Input about segments and rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.base_data.models import CustomerLevel, Tag
from customers.segments.models import ClassificationRule, Segment


class SegmentForm(forms.ModelForm):
    """Name, description, for whom; the conditions come from the builder."""

    class Meta:
        model = Segment
        fields = ("name", "description", "is_shared")

    def __init__(self, *args: Any, can_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_share:
            del self.fields["is_shared"]

    def _post_clean(self) -> None:
        # the action checks the record as a whole
        return None


class RuleForm(forms.ModelForm):
    """What the customers of which segment get."""

    class Meta:
        model = ClassificationRule
        fields = ("name", "segment", "level", "tag", "takes_back", "position", "is_active")
        help_texts = {"position": _("The first rule that sets a level wins.")}

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "segment": Segment.objects.visible_to(user),
            "level": CustomerLevel.objects.filter(is_active=True),
            "tag": Tag.objects.filter(is_active=True),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
            self.fields[name].empty_label = _("not set") if name != "segment" else _("Choose")  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        # the action checks the record as a whole
        return None
