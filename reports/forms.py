"""What may be asked of a report."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.figures.new_business import Grouping, Wish
from reports.figures.periods import Grain, Period, Unit

STEPS_AT_MOST = 120
YEARS_AT_MOST = 10
EARLIEST = date(2000, 1, 1)


class NewBusinessForm(forms.Form):
    """Period, steps and grouping; nothing is required, this quarter by source is what one gets without a wish."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=Unit.choices, required=False)
    start = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    end = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    group = forms.ChoiceField(label=gettext_lazy("Grouped by"), choices=Grouping.choices, required=False)
    step = forms.ChoiceField(
        label=gettext_lazy("Time steps"), choices=[("", gettext_lazy("Fitting steps")), *Grain.choices], required=False
    )

    def __init__(self, params: MultiValueDict[str, Any] | dict[str, Any], today: date | None = None) -> None:
        self.today = today or timezone.localdate()
        super().__init__({"period": Unit.QUARTER, "group": Grouping.SOURCE, **_flat(params)})

    def clean(self) -> dict[str, Any]:
        """Refuse spans that are the wrong way round, too long, or cut too finely."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["period"] == Unit.CUSTOM:
            if not cleaned["start"] or not cleaned["end"]:
                raise ValidationError(_("Own dates need a first and a last day."))
            if cleaned["start"] > cleaned["end"]:
                raise ValidationError(_("The first day comes after the last day."))
            if cleaned["start"] < EARLIEST or cleaned["end"] > self.today + timedelta(days=366):
                raise ValidationError(_("Choose days between 2000 and a year from now."))
            if cleaned["end"] - cleaned["start"] > timedelta(days=366 * YEARS_AT_MOST):
                raise ValidationError(_("A report covers ten years at most."))
        if self._step_count(cleaned) > STEPS_AT_MOST:
            raise ValidationError(
                _("That would be more than %(count)d steps. Choose longer ones.") % {"count": STEPS_AT_MOST}
            )
        return cleaned

    def wish(self) -> Wish:
        """What was asked for, of a valid form."""
        period = self._period(self.cleaned_data)
        grain = Grain(self.cleaned_data["step"]) if self.cleaned_data["step"] else period.fitting_grain()
        return Wish(period, grain, Grouping(self.cleaned_data["group"]))

    def as_params(self) -> dict[str, str]:
        """The wish as plain words that make the same document on any later day."""
        words = {name: str(value) for name, value in self.cleaned_data.items() if value}
        if words["period"] != Unit.CUSTOM:
            words = {name: value for name, value in words.items() if name not in ("start", "end")}
        return {"query": urlencode(words), "today": self.today.isoformat()}

    def _period(self, cleaned: dict[str, Any]) -> Period:
        unit = Unit(cleaned["period"])
        return Period(cleaned["start"], cleaned["end"]) if unit == Unit.CUSTOM else Period.current(unit, self.today)

    def _step_count(self, cleaned: dict[str, Any]) -> int:
        days_per_step = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 28}
        return self._period(cleaned).days // days_per_step[Grain(cleaned["step"])] if cleaned["step"] else 0


def _flat(params: MultiValueDict[str, Any] | dict[str, Any]) -> dict[str, Any]:
    known = ("period", "start", "end", "group", "step")
    return {name: params[name] for name in known if params.get(name)}
