"""The lists a new installation starts with."""

import pytest

from crm.records.models import NumberRule
from customers.base_data.loading import load_base_data
from customers.base_data.models import CustomerLevel, CustomerStage, Holiday, Industry, LeadSource, Region, Tag

pytestmark = pytest.mark.django_db


def test_loading_twice_changes_nothing():
    first = load_base_data()
    assert first["industries"] == 117
    assert set(load_base_data().values()) == {0}


def test_all_sections_and_divisions_of_the_industry_standard_are_there():
    load_base_data()
    assert Industry.objects.filter(parent=None).count() == 20
    divisions = Industry.objects.filter(parent__isnull=False)
    assert sorted(row.code[1:] for row in divisions) == [f"{number:02d}" for number in range(1, 98)]
    assert all(row.code[0] == row.parent.code and row.name_en for row in divisions.select_related("parent"))


def test_regions_read_from_the_province_down():
    load_base_data()
    assert Region.objects.filter(rank=1).count() == 34
    assert Region.objects.get(code="320500").path_name == "江苏省 苏州市"
    district = Region.objects.get(code="310115")
    assert (district.path_name, district.rank, district.parent.code) == ("上海市 浦东新区", 3, "310000")


def test_holidays_know_make_up_days():
    load_base_data()
    assert Holiday.objects.get(day="2026-10-01").is_working is False
    assert set(Holiday.objects.dates("day", "year").values_list("day__year", flat=True)) >= {2024, 2025, 2026}
    assert Holiday.objects.filter(is_working=True).exists()


def test_levels_have_a_rhythm_and_customers_a_number():
    load_base_data()
    assert [level.name for level in CustomerLevel.objects.all()] == ["重点", "普通", "老客户"]
    assert all(level.follow_up_days for level in CustomerLevel.objects.all())
    assert NumberRule.objects.get(kind="customer").prefix == "KH"


def test_an_edited_list_is_not_filled_up_again():
    load_base_data()
    CustomerStage.objects.exclude(name="需求确认").delete()
    load_base_data()
    assert [stage.name for stage in CustomerStage.objects.all()] == ["需求确认"]
    assert LeadSource.objects.count() == 9
    assert Tag.objects.count() == 10
