"""Every column that may hold personal data has a class in the data map, or is said to hold none."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from customers.privacy.datamap import Fate, empty_values, impersonal_fields, personal_fields

TEXTS = (
    models.CharField, models.TextField, models.JSONField, models.GenericIPAddressField, models.FileField,
    models.BinaryField,
)  # fmt: skip


def telling(field):
    if isinstance(field, ArrayField):
        return telling(field.base_field)
    return isinstance(field, TEXTS) and not field.choices


def mapped_models():
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model.__name__.endswith("Event")
    ]


def columns():
    return {
        f"{model._meta.label}.{field.name}"
        for model in mapped_models()
        for field in model._meta.local_fields
        if not field.is_relation and telling(field)
    }


def classified():
    return {f"{label}.{name}" for label, fields in personal_fields().items() for name in fields}


def impersonal():
    return {f"{label}.{name}" for label, names in impersonal_fields().items() for name in names.split()}


def test_every_column_of_words_has_a_class_or_tells_about_nobody():
    assert columns() - classified() - impersonal() == set()


def test_no_column_stands_in_both_lists():
    assert classified() & impersonal() == set()


def test_the_map_names_no_column_that_does_not_exist():
    names = {f"{model._meta.label}.{f.name}" for model in mapped_models() for f in model._meta.local_fields}
    assert (classified() | impersonal()) - names == set()


def test_a_field_whose_table_is_emptied_can_be_empty():
    for label, fields in personal_fields().items():
        for name, value in empty_values(label).items():
            field = apps.get_model(label)._meta.get_field(name)
            assert value is not None or field.null, f"{label}.{name}"
            assert fields[name].fate == Fate.EMPTIED


def test_dates_of_a_person_are_in_the_map_as_well():
    dates = {f.name for f in apps.get_model("customers.Contact")._meta.local_fields if type(f) is models.DateField}
    assert dates - set(personal_fields()["customers.Contact"]) == set()


def test_an_unknown_column_is_found():
    class Diary(models.Model):
        secret = models.TextField()

        class Meta:
            app_label = "customers"
            managed = True

    try:
        assert columns() - classified() - impersonal() == {"customers.Diary.secret"}
    finally:
        del apps.all_models["customers"]["diary"]
        apps.clear_cache()


@pytest.mark.parametrize("label", ["customers.Contact", "customers.Consent", "customers.ContactMail"])
def test_what_hangs_on_a_person_leaves_with_the_package(label):
    assert any(personal.leaves for personal in personal_fields()[label].values())
