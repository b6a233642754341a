"""A required field that was left empty says what is to be filled in, in every form and language."""

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from crm.ui.rendering import ProductRenderer


class Sample(forms.Form):
    name = forms.CharField(label="Name")
    day = forms.DateField(label="Day")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")])
    reason = forms.CharField(label="Reason", error_messages={"required": "Say why."})
    nameless = forms.CharField(label="")
    remark = forms.CharField(required=False)


def told(form):
    return {name: list(form[name].errors) for name in form.fields}


def test_every_form_uses_the_renderer():
    assert type(Sample().renderer) is ProductRenderer


@pytest.mark.parametrize(
    ("language", "fill", "choose", "plain"),
    [
        ("en", "Fill in “Name”.", "Choose “{}”.", "This field is required."),
        ("zh-hans", "填写「Name」。", "选择「{}」。", None),
    ],
)
def test_what_is_missing_is_named(language, fill, choose, plain):
    with translation.override(language):
        found = told(Sample({}))
        assert (found["name"], found["day"], found["kind"]) == (
            [fill], [choose.format("Day")], [choose.format("Kind")]
        )  # fmt: skip
        assert found["reason"] == ["Say why."]
        assert found["remark"] == []
        if plain:
            assert found["nameless"] == [plain]


@translation.override("en")
def test_other_errors_stay_beside_it_and_the_form_keeps_its_own():
    form = Sample({})
    form.add_error("name", ValidationError("And it is wrong.", code="wrong"))
    assert list(form["name"].errors) == ["Fill in “Name”.", "And it is wrong."]
    assert form.errors.as_data()["name"][0].code == "required"
    assert "Fill in “Name”." in str(form["name"].errors)
