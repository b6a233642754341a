"""Forms of the import pages: the file, how it is read, what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.records.spreadsheets import ENCODINGS, EXTENSIONS, SEPARATORS, column_letter
from customers.customers.resources import ANY_OWNER, CustomerResource
from customers.imports.actions import may_match_phones
from customers.imports.causes import Cause
from customers.imports.models import ImportSet
from customers.imports.repairing import Choice

SAMPLES = 3


class UploadForm(forms.Form):
    """The spreadsheet."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ",".join(f".{name}" for name in EXTENSIONS), "class": "sr"}),
    )


class ReadingForm(forms.Form):
    """How the file is read: encoding and separator, or the sheet; the row of headers."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()), required=False)
    separator = forms.ChoiceField(label=_("Separator"), choices=list(SEPARATORS.items()), required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header_row = forms.TypedChoiceField(label=_("Row of headers"), coerce=int)

    def __init__(self, *args: Any, import_set: ImportSet, **kwargs: Any) -> None:
        names = ("encoding", "separator", "sheet", "header_row")
        kwargs.setdefault("initial", {name: getattr(import_set, name) for name in names})
        super().__init__(*args, **kwargs)
        self.fields["sheet"].choices = [(name, name) for name in import_set.sheets]  # type: ignore[attr-defined]
        self.fields["header_row"].choices = [  # type: ignore[attr-defined]
            (number, f"{number} · {' / '.join(cell for cell in cells if cell.strip())[:60]}")
            for number, cells in import_set.head
        ]
        for name in ("encoding", "separator") if import_set.sheets else ("sheet",):
            del self.fields[name]
        if len(import_set.sheets) == 1:
            del self.fields["sheet"]


class RepairForm(forms.Form):
    """One choice for all rows of a group, with what the person saw when choosing."""

    field = forms.SlugField(max_length=60, required=False)
    code = forms.SlugField(max_length=40)
    key = forms.CharField(max_length=32, required=False)
    choice = forms.ChoiceField(choices=Choice)
    text = forms.CharField(max_length=200, required=False)
    check = forms.IntegerField()
    count = forms.IntegerField()

    def shared(self) -> Cause:
        """What the rows of the group have in common."""
        return Cause(self.cleaned_data["field"], self.cleaned_data["code"], self.cleaned_data["key"])


class MappingForm(forms.Form):
    """Which column is which field, how customers are matched and what rows may do."""

    mode = forms.ChoiceField(label=_("What rows may do"), choices=ImportSet.Mode, widget=forms.RadioSelect)
    match_key = forms.ChoiceField(label=_("Same customer if equal"))
    empty_clears = forms.TypedChoiceField(
        label=_("Empty cells"), choices=[("", _("keep the field as it is")), ("1", _("clear the field"))],
        widget=forms.RadioSelect, required=False, coerce=bool, empty_value=False,  # type: ignore[arg-type]
    )  # fmt: skip
    has_lawful_basis = forms.BooleanField(
        label=_("We may hold these contact details: their source and the consent can be shown"), required=False
    )

    exceeds_limit = forms.BooleanField(label=_("Owners may hold more than their limit"), required=False)
    limit_reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, import_set: ImportSet, **kwargs: Any) -> None:
        names = ("mode", "match_key", "has_lawful_basis", "exceeds_limit", "limit_reason")
        initial = {name: getattr(import_set, name) for name in names}
        initial |= {"empty_clears": "1" if import_set.empty_clears else ""}
        initial |= {f"column_{at}": name for at, name in import_set.mapping.items()}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.import_set = import_set
        user = import_set.requested_by
        self.fields["match_key"].choices = [  # type: ignore[attr-defined]
            (value, label)
            for value, label in ImportSet.MatchKey.choices
            if value != ImportSet.MatchKey.PHONE or may_match_phones(user)
        ]
        choices: list[tuple[str, Any]] = [("", _("do not import"))]
        choices += [
            (name, f"{field.header} *" if field.required else field.header)
            for name, field in CustomerResource.importable(user).items()
        ]
        if not user.reach.has(ANY_OWNER):
            del self.fields["exceeds_limit"], self.fields["limit_reason"]
        for at, header in enumerate(import_set.headers):
            self.fields[f"column_{at}"] = forms.ChoiceField(label=header, choices=choices, required=False)

    def mapping(self) -> dict[str, str]:
        """Column number → field name, as chosen."""
        return {
            name.removeprefix("column_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("column_") and value
        }

    def choices(self) -> dict[str, Any]:
        """What was chosen beside the columns, as `map_columns` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith("column_")}

    def lines(self) -> Iterator[dict[str, Any]]:
        """Each column for the page: letter, header, samples, control, whether it is mapped."""
        below = [cells for number, cells in self.import_set.head if number > self.import_set.header_row][:SAMPLES]
        for at, header in enumerate(self.import_set.headers):
            samples = [cells[at] for cells in below if at < len(cells) and cells[at].strip()]
            bound = self[f"column_{at}"]
            yield {
                "letter": column_letter(at),
                "header": header,
                "samples": " / ".join(sample[:40] for sample in samples),
                "bound": bound,
                "control": bound.as_widget(
                    attrs={"class": "select", "aria-invalid": "true"} if bound.errors else {"class": "select"}
                ),
                "is_mapped": bool(bound.value()),
            }
