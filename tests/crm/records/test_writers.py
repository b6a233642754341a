"""Files that leave the product are harmless when opened, complete, and cheap to make."""

import csv
import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
import python_calamine
from django.core.exceptions import ValidationError

from crm.records import writers
from crm.records.writers import looks_like_formula, open_writer, row_encoder

SIGNS = ["=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", "｜", "％", "﹣", "﹢", "﹦", "﹫", "﹪", "⁼", "⁺", "₌"]
LEADS = [
    "",
    " ",
    "\u3000",
    "\u00a0",
    "\ufeff",
    "\u200b",
    "\u2060",
    "\u200e",
    "\u00ad",
    "\x00",
    "\x07",
    "\x1b",
    "\u180e",
]
FORMULAS = [f"{lead}{sign}cmd|' /C calc'!A0" for lead in LEADS for sign in SIGNS]
FORMULAS += [
    "\tplain",
    "\rplain",
    "\nplain",
    "\t=1+1",
    "==1+1",
    "\u3164=1+1",
    "\u2800=1",
    "\u0301=1",
    " \t=1",
    "\ufe0f=1",
]
HARMLESS = [
    "宁波海辰电子科技股份有限公司",
    "a=b",
    "3-4-3",
    "A+",
    "(+86) 21",
    "'quoted'",
    "“=”",
    "1+1",
    "",
    " 前空格",
    "王@李",
]


def csv_cells(text_cells):
    out = io.BytesIO()
    writer = open_writer(out, "csv", ["head"])
    for text in text_cells:
        writer.write_row([text])
    return [row[0] if row else "" for row in csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))][
        1:
    ]


def sheet_of(rows, headers=("head",)):
    out = io.BytesIO()
    with open_writer(out, "xlsx", list(headers)) as writer:
        for row in rows:
            writer.write_row(row)
    out.seek(0)
    return out


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_could_run_is_recognised(text):
    assert looks_like_formula(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_an_ordinary_text_is_left_alone(text):
    assert not looks_like_formula(text)


def test_in_csv_every_formula_gets_an_apostrophe_and_every_other_text_none():
    assert all(cell.startswith("'") for cell in csv_cells(FORMULAS))
    assert csv_cells(HARMLESS) == HARMLESS


def test_in_excel_no_formula_is_ever_a_formula_and_all_are_marked_as_text():
    sheet = openpyxl.load_workbook(sheet_of([[text] for text in FORMULAS])).active
    cells = [sheet.cell(row, 1) for row in range(2, len(FORMULAS) + 2)]

    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    with zipfile.ZipFile(sheet_of([[text] for text in FORMULAS])) as archive:
        assert b"<f" not in archive.read("xl/worksheets/sheet1.xml")


def test_in_excel_text_comes_back_as_it_was():
    texts = [*HARMLESS[:-3], "a & b < c > d \"e\" 'f'", "two\nlines", "two\r\nlines", "𠮷野家 😀", "]]>", "x" * 32_767]
    rows = openpyxl.load_workbook(sheet_of([[text] for text in texts])).active.iter_rows(min_row=2, values_only=True)

    assert [row[0] or "" for row in rows] == texts


@pytest.mark.parametrize("text", ["_x003D_1+1", "订单_x000D_"])
def test_in_excel_the_written_name_of_a_character_does_not_become_that_character(text):
    with zipfile.ZipFile(sheet_of([[text]])) as archive:
        assert text.replace("_x", "_x005F_x").encode() in archive.read("xl/worksheets/sheet1.xml")


def test_characters_no_xml_may_hold_are_dropped_in_both_formats():
    dirty = "海\x00港\x0b\x1f\ud800\ufffe CRM"

    assert csv_cells([dirty]) == ["海港 CRM"]
    assert openpyxl.load_workbook(sheet_of([[dirty]])).active["A2"].value == "海港 CRM"


def test_dropping_a_character_does_not_uncover_a_formula():
    assert csv_cells(["\ud800=1+1", "\uffff+1"]) == ["'=1+1", "'+1"]


def test_csv_begins_with_a_byte_order_mark_and_ends_its_lines_as_windows_does():
    out = io.BytesIO()
    writer = open_writer(out, "csv", ["客户", "金额"])
    writer.write_row(['云岭 "工业", 软件', Decimal("1234.50")])
    writer.write_row([None, True])

    assert out.getvalue() == '\ufeff客户,金额\r\n"云岭 ""工业"", 软件",1234.50\r\n,TRUE\r\n'.encode()


def test_values_keep_their_type_in_excel():
    moment = datetime(2026, 3, 18, 4, 30, tzinfo=UTC)
    row = [date(2026, 3, 18), moment, 12, Decimal("1234567.80"), True, None, date(1850, 1, 1), 10**18, Decimal("NaN")]
    sheet = openpyxl.load_workbook(sheet_of([row], [str(at) for at in range(9)])).active
    values = [cell.value for cell in sheet[2]]

    assert values == [
        datetime(2026, 3, 18),  # noqa: DTZ001 - Excel knows no zones
        datetime(2026, 3, 18, 12, 30),  # noqa: DTZ001
        12,
        1234567.8,
        True,
        None,
        "1850-01-01",
        "1000000000000000000",
        "NaN",
    ]
    assert (sheet["A2"].number_format, sheet["B2"].number_format) == (r"yyyy\-mm\-dd", r"yyyy\-mm\-dd\ hh:mm")
    assert sheet["A1"].font.b


def test_a_second_reader_sees_the_same_table():
    out = sheet_of([["恒曜精密", 3], [None, 4]], ["名称", "数"])

    assert python_calamine.CalamineWorkbook.from_filelike(out).get_sheet_by_index(0).to_python() == [
        ["名称", "数"],
        ["恒曜精密", 3.0],
        ["", 4.0],
    ]


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_rows_encoded_in_parts_make_the_same_file(tmp_path, file_format):
    rows = [["=1+1", 1, date(2026, 1, 2)], ["海港", None, Decimal("2.50")]]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    with open_writer(whole, file_format, ["a", "b", "c"]) as writer:
        for row in rows:
            writer.write_row(row)
    encode = row_encoder(file_format)
    with open_writer(parts, file_format, ["a", "b", "c"]) as writer:
        for row in rows:
            writer.write_encoded(encode(row).encode())

    def content(path):
        return zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml") if file_format == "xlsx" else path.read_bytes()

    assert content(parts) == content(whole)


def test_a_workbook_may_have_several_sheets_with_names_excel_accepts():
    out = io.BytesIO()
    with writers.XlsxWriter(out) as workbook:
        for name in ["客户/新增", "客户/新增", "", "x" * 50]:
            workbook.start_sheet(name, ["a"])
            workbook.write_row([name])

    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["客户 新增", "客户 新增 2", "Sheet", "x" * 28]
    assert [sheet["A2"].value for sheet in book] == ["客户/新增", "客户/新增", None, "x" * 50]


def test_a_sheet_refuses_more_rows_than_excel_opens(monkeypatch):
    monkeypatch.setattr(writers, "SHEET_ROWS", 3)
    writer = open_writer(io.BytesIO(), "xlsx", ["a"])
    writer.write_row([1])
    writer.write_row([2])

    with pytest.raises(ValidationError):
        writer.write_row([3])


def test_an_unknown_format_is_refused():
    with pytest.raises(ValidationError):
        open_writer(io.BytesIO(), "exe", ["a"])


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_number_of_rows(tmp_path, file_format):
    def peak(count):
        tracemalloc.start()
        with open_writer(tmp_path / str(count), file_format, ["a", "b", "c"]) as writer:
            for at in range(count):
                writer.write_row([f"客户 {at}", at, "=1+1"])
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(20_000) < peak(2_000) + 200_000
