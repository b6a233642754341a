import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.customers.models import Customer
from customers.imports.models import ImportSet
from tests.customers.imports.conftest import apply, check, counts, errors, upload
from tests.factories import sign_in

pytestmark = pytest.mark.django_db
NEW = "/customers/import/new/"

FILES = {
    "empty": ("a.csv", b"", "The file is empty."),
    "no extension": ("virus", b"MZ", "Upload a spreadsheet: .xlsx, .xls, .ods or .csv."),
    "program": ("a.xlsx", b"MZ\x90\0" * 50, "This is no spreadsheet."),
    "web page": ("a.xls", b"<html><table><tr><td>x</td></tr></table></html>", "This is a web page named like a"),
    "broken": ("a.xlsx", b"PK\x03\x04" + b"\xff" * 500, "The file is damaged and cannot be opened."),
    "encrypted": (
        "a.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "The file is protected by a password.",
    ),
    "too wide": ("a.csv", b"x," * 501 + b"x\n", "The file has more than 500 columns."),
}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_is_answered_with_a_sentence_and_nothing_is_kept(admin, settings, name):
    file_name, content, sentence = FILES[name]
    answer = sign_in(admin).post(NEW, {"file": SimpleUploadedFile(file_name, content)})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert ImportSet.objects.count() == 0
    folder = settings.MEDIA_ROOT / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_no_file_at_all_is_answered_with_a_sentence(admin):
    assert sign_in(admin).post(NEW, {}).status_code == 422


def test_wrong_cells_are_refused_each_with_its_reason(admin):
    rows = [
        ["Company", "下次跟进", "Email", "Website", "Mobile", "员工人数"],
        ["N" * 300, "", "", "", "", ""],
        ["Date", "2026-02-30", "", "", "", ""],
        ["Ambiguous", "3/4/2026", "", "", "", ""],
        ["Web", "", "", "javascript:alert(1)", "", ""],
        ["Mail", "", "x@", "", "", ""],
        ["Lost", "", "", "", "1.38026E+10", ""],
        ["Short", "", "", "", "12", ""],
        ["People", "", "", "", "", "many"],
        ["", "2026-03-18", "", "", "", ""],
        ["   ", "45730", "", "", "", ""],
    ]
    found = errors(check(upload(admin, rows)))
    assert {row: {field: code for field, (code, _values) in one.items()} for row, one in found.items()} == {
        2: {"name": "too_long"},
        3: {"next_follow_on": "bad_date"},
        4: {"next_follow_on": "bad_date"},
        5: {"website": "bad_url"},
        6: {"email": "bad_email"},
        7: {"phone": "lost_digits"},
        8: {"phone": "refused"},
        9: {"size": "unknown"},
        10: {"name": "required"},
        11: {"name": "required"},
    }
    assert Customer.objects.count() == 0


def test_strange_texts_come_back_unchanged_and_harmless(admin):
    names = [
        '=cmd|" /C calc"!A0',
        "<script>alert(1)</script>",
        "'; DROP TABLE x; --",
        "Ｆｕｌｌ",
        "𠮷野家",
        "%s %(x)s {{ x }}",
    ]
    import_set = check(upload(admin, [["Company"], *([name] for name in names)]))
    assert counts(import_set) == {"created": len(names)}
    page = sign_in(admin).get(import_set.get_absolute_url()).content.decode()
    assert "<script>alert(1)</script>" not in page
    apply(import_set)
    assert sorted(Customer.objects.values_list("name", flat=True)) == sorted(names)


def test_control_characters_are_taken_out(admin):
    apply(check(upload(admin, 'Company,Remark\n"A\x01\u200bB\x7f",one\x02two\n'.encode())))
    assert Customer.objects.values_list("name", "remark").get() == ("AB", "onetwo")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-18", "2026-03-18"), ("2026年3月18日", "2026-03-18"), ("2026/3/18", "2026-03-18"),
        ("2026.3.18", "2026-03-18"), ("20260318", "2026-03-18"), ("3/18/2026", "2026-03-18"), ("46099", "2026-03-18"),
        ("1773792000", "2026-03-18"), ("March 18, 2026 10:34:04 PM", "2026-03-18"), ("18 Mar 2026", "2026-03-18"),
    ],
)  # fmt: skip
def test_a_day_is_read_in_many_forms(admin, text, day):
    apply(check(upload(admin, [["Company", "下次跟进"], ["Works", text]])))
    assert Customer.objects.get().next_follow_on.isoformat() == day
