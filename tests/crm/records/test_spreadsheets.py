import io
import time
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from openpyxl import Workbook

from crm.records.spreadsheets import (
    check_upload,
    clear_headers,
    column_letter,
    guess_header_row,
    read_spreadsheet,
    row_offsets,
    stream_rows,
)

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
WORKBOOK = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main'
    '+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" '
    'r:id="r1"/></sheets></workbook>',
}


def packed(parts, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook(sheet_data, doctype=""):
    sheet = (
        f'<?xml version="1.0"?>{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{sheet_data}</sheetData></worksheet>"
    )
    return packed({**WORKBOOK, "xl/worksheets/sheet1.xml": sheet})


def cell(address, text):
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def far_apart(column, row):
    return workbook(f'<row r="1">{cell("A1", "a")}</row><row r="{row}">{cell(f"{column}{row}", "z")}</row>')


@pytest.fixture
def read(tmp_path):
    def _read(content, **how):
        (tmp_path / "file").write_bytes(content)
        reading = read_spreadsheet(tmp_path / "file", tmp_path / "rows", **how)
        return reading, list(stream_rows(tmp_path / "rows"))

    return _read


def saved(fill):
    book = Workbook()
    fill(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# ── text files ──


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        ("名称,备注\n客户,好\n".encode(), "utf-8", ","),
        (b"\xef\xbb\xbf" + "名称;备注\n客户;好\n".encode(), "utf-8", ";"),
        ("名称\t备注\n客户\t好\n".encode("gb18030"), "gb18030", "\t"),
        ("名称|备注\n䶮㛃|好\n".encode("gb18030"), "gb18030", "|"),
        ("nom;ville\nAndré;Orléans été\n".encode("cp1252"), "cp1252", ";"),
        ("名称,备注\n客户,好\n".encode("utf-16"), "utf-16", ","),
    ],
)
def test_encoding_and_separator_are_recognised(read, content, encoding, separator):
    reading, rows = read(content)
    assert (reading.encoding, reading.separator) == (encoding, separator)
    assert [len(cells) for _number, cells in rows] == [2, 2]


def test_the_encoding_can_be_chosen_and_a_wrong_one_is_refused(read):
    content = "客戶,好\n".encode("big5")
    assert read(content, encoding="big5")[1] == [(1, ["客戶", "好"])]
    with pytest.raises(ValidationError) as refusal:
        read(content, encoding="utf-8")
    assert refusal.value.code == "wrong_encoding"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_quotes_and_ragged_rows_are_read(read, end):
    text = end.join(["a,b,c", '"x, ""y""",2', "", "1,2,3,4", '"line 1' + "\n" + 'line 2",z,'])
    _reading, rows = read(text.encode())
    assert [cells for _number, cells in rows] == [
        ["a", "b", "c"], ['x, "y"', "2"], ["1", "2", "3", "4"], ["line 1\nline 2", "z"]
    ]  # fmt: skip


def test_nul_is_taken_out(read):
    assert read(b"na\0me,b\nx\0,y\n")[1] == [(1, ["name", "b"]), (2, ["x", "y"])]


def test_a_quote_never_closed_is_refused(read):
    with pytest.raises(ValidationError) as refusal:
        read(b'name,remark\n"x' + b"y" * 300_000)
    assert refusal.value.code == "open_quote"


# ── workbooks ──


def test_cells_of_a_workbook_become_text(read):
    from datetime import date, datetime

    def fill(book):
        for row in (
            ["名称", "n", "d", "m", "b"],
            ["客户", 13800138000.0, date(2026, 3, 18), datetime(2026, 3, 18, 9, 5), True],  # noqa: DTZ001
            [],
            ["=1+1", 0.5, None, None, None],
        ):
            book.active.append(row)

    _reading, rows = read(saved(fill))
    assert rows[:2] == [
        (1, ["名称", "n", "d", "m", "b"]),
        (2, ["客户", "13800138000", "2026-03-18", "2026-03-18 09:05:00", "TRUE"]),
    ]
    assert rows[2][0] == 4


def test_the_first_visible_sheet_with_rows_is_read_and_another_can_be_chosen(read):
    def fill(book):
        book.active.title = "Empty"
        book.create_sheet("Full").append(["a", "b"])
        hidden = book.create_sheet("Hidden")
        hidden.append(["secret"])
        hidden.sheet_state = "hidden"
        book.create_sheet("Other").append(["c"])

    content = saved(fill)
    reading, rows = read(content)
    assert (reading.sheet, reading.sheets, rows) == ("Full", ["Empty", "Full", "Other"], [(1, ["a", "b"])])
    assert read(content, sheet="Other")[1] == [(1, ["c"])]


def test_rows_keep_the_number_they_have_in_the_file(read):
    _reading, rows = read(workbook(f'<row r="3">{cell("B3", "x")}</row>'))
    assert rows == [(3, ["", "x"])]


# ── hostile files ──

# the large ones are packed when they are read, not by every process that looks for tests
HOSTILE = {
    "empty": (b"", "empty"),
    "blanks": (b" \n\n \r\n", "empty"),
    "pdf": (b"%PDF-1.7 ...", "no_spreadsheet"),
    "program": (b"MZ\x90\0\x03", "no_spreadsheet"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "no_spreadsheet"),
    "noise": (bytes(range(256)) * 40, "no_spreadsheet"),
    "web page": (b"<html><table><tr><td>name</td></tr></table></html>", "web_page"),
    "xml 2003": (b'<?xml version="1.0"?><Workbook/>', "web_page"),
    "document": (packed({"word/document.xml": "<w/>"}), "no_spreadsheet"),
    "cut zip": (packed({"xl/workbook.xml": "x" * 5000})[:200], "broken"),
    "empty workbook": (workbook(""), "empty"),
    "broken xml": (packed({**WORKBOOK, "xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"}), None),
    "broken xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 3000, "broken"),
    "encrypted": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "encrypted"
    ),
    "bomb": (lambda: packed({**WORKBOOK, "xl/worksheets/sheet1.xml": b" " * 400_000_000}), "too_heavy"),
    "many entries": (lambda: packed({f"xl/{n}": "" for n in range(6000)}, zipfile.ZIP_STORED), "too_heavy"),
    "two far cells": (far_apart("XFD", 1_048_576), "too_heavy"),
    "row 999999999": (far_apart("A", 999_999_999), None),
    "too wide": (("x," * 501 + "x\n").encode(), "too_many_columns"),
    "too long": (b"x\n" * 200_100, "too_many_rows"),
    "entity": (
        workbook(
            f'<row r="1">{cell("A1", "&xxe;")}</row>',
            '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>',
        ),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_or_harmless_within_a_minute(read, name, tmp_path):
    content, code = HOSTILE[name]
    content = content() if callable(content) else content
    began = time.monotonic()
    try:
        _reading, rows = read(content)
    except ValidationError as refusal:
        assert refusal.messages[0]
        assert code in (None, refusal.code)
        assert not (tmp_path / "rows").exists()
    else:
        assert code is None
        assert "root:" not in str(rows)
    assert time.monotonic() - began < 60


def test_names_and_sizes_are_checked_before_anything_is_read():
    for name, size in (("virus.exe", 10), ("a.csv", 0), ("a.csv", 51 * 1024 * 1024), ("csv", 10)):
        with pytest.raises(ValidationError):
            check_upload(name, size)
    check_upload("客户.XLSX", 10)


# ── headers ──


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ([(1, ["名称", "电话"]), (2, ["客户", "1"])], 1),
        ([(1, ["客户导入模板"]), (2, ["说明：带*必填"]), (3, ["名称*", "电话"]), (4, ["客户", "1"])], 3),
        ([(2, ["a", "b", "c"]), (3, ["1", "2", "3"])], 2),
        ([(1, ["基本信息", "", "联系"]), (2, ["名称", "编号", "电话"])], 2),
        ([], 1),
    ],
)
def test_the_row_of_headers_is_found(head, row):
    assert guess_header_row(head, {"名称", "电话"}) == row


def test_blank_and_repeated_headers_get_clear_names():
    with translation.override("en"):
        assert clear_headers(["id", "", "id", " name\n"], 5) == ["id", "Column B", "id (2)", "name", "Column E"]
    assert [column_letter(at) for at in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_parts_of_a_file_hold_every_row_once(read, tmp_path):
    read(b"h\n" + b"".join(b"r%d\n" % n for n in range(10)))
    parts = list(row_offsets(tmp_path / "rows", 1, 4))
    assert [count for _offset, count in parts] == [4, 4, 2]
    cells = [cells[0] for offset, count in parts for _n, cells in stream_rows(tmp_path / "rows", offset, count)]
    assert cells == [f"r{n}" for n in range(10)]


@pytest.mark.shared_data
def test_every_real_file_is_read_or_refused_with_a_sentence(read):
    files = [path for path in SHARED.rglob("*") if path.suffix in (".csv", ".tsv", ".xls", ".xlsx", ".ods", ".txt")]
    assert len(files) > 80
    refused = set()
    for path in files:
        try:
            reading, rows = read(path.read_bytes())
        except ValidationError as refusal:
            refused.add((path.parent.name, path.name, refusal.code))
        else:
            assert len(rows) == reading.count > 0
    assert refused == {
        ("csv_suite_frictionless", "empty.csv", "empty"),
        ("xlsx_calamine", "pass_protected.xlsx", "encrypted"),
        ("xlsx_calamine", "pass_protected.ods", "encrypted"),
        ("xlsx_calamine", "empty_sheet.xlsx", "empty"),
        ("xlsx_calamine", "errors.xlsx", "empty"),
    }
