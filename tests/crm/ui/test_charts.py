"""One specification, drawn and told."""

import xml.etree.ElementTree as ElementTree

import pytest
from django.utils import translation

from crm.ui.charts import Chart, Series, axis_number, filled_bar, nice_step, number, spark_line, stacked_bar

KINDS = ["columns", "line", "hbar"]
SVG = "{http://www.w3.org/2000/svg}"


def chart(kind="columns", categories=("1月", "2月"), values=(3, 5), **more):
    return Chart(kind, "新增客户", "个", list(categories), [Series("客户", list(values))], **more)


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_typed_never_becomes_markup(kind):
    evil = '<script>alert("1")</script>'
    spec = Chart(kind, evil, evil, [evil, "b"], [Series(evil, [1, 2])], [1, 1], target_label=evil, finding=f'"{evil}')

    for svg in (spec.as_svg(), spec.as_svg(pdf=True)):
        assert "<script" not in svg
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label") == f'"{evil}'


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [(0, 0), (None, None), (3, None), (1e15, 1), (0.0001, 0.0002), (-5, 3)])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_zero_missing_tiny_huge_and_negative_values_stay_inside_the_picture(kind, values, language):
    with translation.override(language):
        root = ElementTree.fromstring(chart(kind, values=values, target=(2, None)).as_svg())

    height = float(root.get("height"))
    for name in ("y", "y1", "y2", "cy"):
        assert all(-1 <= float(one.get(name)) <= height for one in root.iter() if one.get(name))
    for one in root.iter(f"{SVG}rect"):
        assert float(one.get("width").rstrip("%")) >= 0
        assert float(one.get("height")) >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_one_category_and_none_at_all_are_drawn(kind):
    ElementTree.fromstring(chart(kind, ["1月"], [7]).as_svg())
    empty = chart(kind, [], [])

    ElementTree.fromstring(empty.as_svg())
    assert empty.is_empty
    assert empty.as_table() == [["", "客户"]]


def test_the_tallest_column_touches_no_more_than_the_top_grid_line():
    root = ElementTree.fromstring(chart(values=(30, 80)).as_svg())

    tops = [float(bar.get("y")) for bar in root.iter(f"{SVG}rect")]
    assert tops == [130.0, 20.0]


def test_the_same_specification_gives_the_same_bytes():
    assert chart().as_svg() == chart().as_svg()
    assert chart().as_svg(pdf=True) == chart().as_svg(pdf=True)


def test_only_the_print_form_carries_its_own_style():
    assert "<style>" not in chart().as_svg()
    assert chart().as_svg(pdf=True).count("<style>") == 1


def test_the_table_tells_every_number_and_the_target():
    spec = Chart(
        "columns", "t", "万元", ["1月", "2月"], [Series("成交", [1.5, None]), Series("预测", [0, 1200])], [2, 3], "目标"
    )

    assert spec.as_table() == [
        ["", "成交", "预测", "目标"],
        ["1月", "1.5", "0", "2"],
        ["2月", "—", "1,200", "3"],
    ]
    assert spec.legend() == [("f1", "成交"), ("f2", "预测")]


def test_a_chart_with_uneven_rows_or_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="one value per category"):
        chart(values=(1, 2, 3))
    with pytest.raises(ValueError, match="one value per category"):
        chart(target=(1,))
    with pytest.raises(ValueError, match="not 'pie'"):
        chart(kind="pie")


@pytest.mark.parametrize(("top", "step"), [(98, 25), (100, 25), (0, 1), (7, 2), (1e9, 2.5e8), (0.3, 0.075), (-4, 1)])
def test_grid_steps_are_round(top, step):
    assert nice_step(top) == pytest.approx(step)


@pytest.mark.parametrize(("top", "step"), [(28, 10), (30, 10), (2, 1), (9, 3), (100, 25)])
def test_what_is_counted_has_no_half_lines(top, step):
    assert nice_step(top, is_whole=True) == step


def test_axis_numbers_are_short_in_both_languages():
    with translation.override("zh-hans"):
        assert [axis_number(v) for v in (20, 15_000, 300_000_000)] == ["20", "1.5 万", "3 亿"]
    with translation.override("en"):
        assert [axis_number(v) for v in (20, 15_000, 300_000_000)] == ["20", "15 K", "300 M"]
    assert [number(v) for v in (1.50, -3, 1234567, 0.075, None)] == ["1.5", "−3", "1,234,567", "0.075", "—"]


def test_twenty_four_months_do_not_print_twenty_four_labels():
    names = [f"{n}月" for n in range(24)]

    labels = chart("line", names, range(24)).as_svg().count('text-anchor="middle"')
    assert labels == 12


def test_small_bars_keep_within_the_whole():
    root = ElementTree.fromstring(stacked_bar([(1, "f1"), (0, "f2"), (3, "f3")], 'a "b"'))
    assert [bar.get("x") for bar in root] == ["0.00%", "25.00%"]
    assert root.get("aria-label") == 'a "b"'
    assert 'width="100.00%"' in filled_bar(250)
    assert 'width="0.00%"' in filled_bar(-3)
    assert spark_line([]) == '<svg class="chart" width="100%" height="26" aria-hidden="true"></svg>'
