"""Looks into one uploaded file in a process of its own, so that a hostile file can only hurt this process.

Standard library, Pillow and PDFium only: `python -I content_child.py`, the order as JSON on stdin, two lines of JSON on
stdout: what the file is, then its picture. Wrong files are answered by a code, never by words.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
OUT_BYTES = 8 * 1024 * 1024
CPU_SECONDS = 20
ZIP_ENTRIES = 10_000
ZIP_BYTES = 400 * 1024 * 1024
ZIP_RATIO = 200
SMALL, LARGE = 320, 1600
PHOTO_PIXELS, PIXELS = 200_000_000, 50_000_000

# extension → kind → media type; several extensions may be one kind
KINDS = {
    "pdf": "pdf", "png": "png", "jpg": "jpg", "jpeg": "jpg", "gif": "gif", "webp": "webp", "heic": "heic",
    "heif": "heic", "docx": "docx", "xlsx": "xlsx", "pptx": "pptx", "doc": "doc", "xls": "xls", "ppt": "ppt",
    "txt": "txt", "csv": "csv", "md": "md", "zip": "zip", "eml": "eml", "mp4": "mp4", "mp3": "mp3", "m4a": "m4a",
}  # fmt: skip
OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "heic": "image/heic", "docx": f"{OFFICE}wordprocessingml.document", "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "pptx": f"{OFFICE}presentationml.presentation", "doc": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint", "txt": "text/plain", "csv": "text/csv", "md": "text/markdown",
    "zip": "application/zip", "eml": "message/rfc822", "mp4": "video/mp4", "mp3": "audio/mpeg", "m4a": "audio/mp4",
}  # fmt: skip
PICTURES = ("png", "jpg", "gif", "webp")
TEXTS = ("txt", "csv", "md", "eml")
OFFICE_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
OLE_STREAMS = {"doc": ("WordDocument",), "xls": ("Workbook", "Book"), "ppt": ("PowerPoint Document",)}
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
MP4_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash")
PROGRAMS = (
    "exe", "dll", "scr", "com", "msi", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "hta", "lnk", "jar",
    "cpl", "pif", "reg", "apk", "sh", "html", "htm", "svg", "xhtml", "mht", "docm", "xlsm", "pptm", "iso", "chm",
)  # fmt: skip
PROGRAM_NAME = re.compile(rb"name\s*\*?=[^\r\n]*\.(?:%s)[\"'\s;]" % "|".join(PROGRAMS).encode(), re.IGNORECASE)
MARKUP = re.compile(rb"<(?:script|html|svg|iframe|\?php|!doctype\s+html)[\s>/]", re.IGNORECASE)
MARKUP_HEAD = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<?php", b"<%", b"#!")
PLAIN_BYTES = bytes([9, 10, 11, 12, 13, 26, 27, *range(32, 256)])


class RefusedFile(Exception):
    """The file is not kept; code and values."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.answer = {"refused": code, "params": params}


def main() -> None:
    """Limit this process, look into the file, say what it is, then draw it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUT_BYTES, OUT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.load(sys.stdin)
    path, kind = Path(order["path"]), KINDS.get(order["extension"], "")
    try:
        check(path, kind, path.read_bytes())
        if kind not in PICTURES:
            say({"media_type": MEDIA_TYPES[kind]})
        size = drawn(path, kind, order["pictures"])
        say({"media_type": MEDIA_TYPES[kind], "size": size})
    except RefusedFile as refusal:
        say(refusal.answer)
    except MemoryError:
        say({"refused": "too_heavy", "params": {}})


def say(answer: dict[str, Any]) -> None:
    """One line of the answer, out at once: what comes after it may kill this process."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


# ── what a file is ──


def check(path: Path, kind: str, content: bytes) -> None:
    """Refuse a file that is not what its name says, or more than that."""
    if not content.strip(b"\0 \t\r\n"):
        raise RefusedFile("empty")
    if kind in TEXTS:
        return check_text(kind, content)
    if kind not in kind_by_magic(content):
        is_closed = kind in OFFICE_PARTS and "EncryptedPackage".encode("utf-16-le") in content
        raise RefusedFile("encrypted" if is_closed else "mismatch")
    if kind in OFFICE_PARTS or kind == "zip":
        return check_zip(path, kind, len(content))
    if zipfile.is_zipfile(path):
        raise RefusedFile("two_in_one")
    if kind in OLE_STREAMS:
        return check_ole(kind, content)
    if kind == "pdf":
        return check_pdf(content)
    return check_media(kind, content)


def kind_by_magic(content: bytes) -> tuple[str, ...]:
    """The kinds a file may be by its first bytes; none where it is nothing we keep."""
    if content.startswith(b"%PDF-"):
        return ("pdf",)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ("png",)
    if content.startswith(b"\xff\xd8\xff"):
        return ("jpg",)
    if content.startswith((b"GIF87a", b"GIF89a")):
        return ("gif",)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ("webp",)
    if content.startswith(b"PK\x03\x04"):
        return ("docx", "xlsx", "pptx", "zip")
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return ("doc", "xls", "ppt")
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return ("heic",) if brand in HEIC_BRANDS else ("mp4", "m4a") if brand in (*MP4_BRANDS, b"M4A ") else ()
    if content.startswith(b"ID3") or (
        content[0] == 0xFF and len(content) > 1 and content[1] in (0xFB, 0xF3, 0xF2, 0xFA)
    ):
        return ("mp3",)
    return ()


def check_text(kind: str, content: bytes) -> None:
    """Text that reads as text, and is no web page or script."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = decoded(content, "utf-16").encode()
    if content.startswith((b"%PDF", b"PK\x03\x04", b"MZ", b"\x7fELF", b"GIF8", b"\x89PNG", b"\xff\xd8\xff")):
        raise RefusedFile("mismatch")
    if content.translate(None, PLAIN_BYTES):
        raise RefusedFile("mismatch")
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(MARKUP_HEAD):
        raise RefusedFile("web_page")
    if kind == "eml":
        names = {line.partition(b":")[0].lower() for line in content[:65536].splitlines()[:200]}
        if not names & {b"from", b"received", b"return-path"} or not names & {b"date", b"subject", b"to"}:
            raise RefusedFile("mismatch")
        if PROGRAM_NAME.search(content):
            raise RefusedFile("program_inside")


def decoded(content: bytes, encoding: str) -> str:
    """Text in an encoding, or the file is refused."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise RefusedFile("broken") from None


def check_pdf(content: bytes) -> None:
    """A PDF that ends as one and is no web page besides."""
    if b"%%EOF" not in content[-4096:]:
        raise RefusedFile("broken")
    if MARKUP.search(content[:1024]) or re.search(rb"/Launch\b", content):
        raise RefusedFile("two_in_one" if MARKUP.search(content[:1024]) else "program_inside")


def check_ole(kind: str, content: bytes) -> None:
    """A document of old Office programs without macros and without a password."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        raise RefusedFile("encrypted")
    if not any(holds(name) for name in OLE_STREAMS[kind]):
        raise RefusedFile("mismatch")
    if holds("_VBA_PROJECT") or holds("VBA\0"):
        raise RefusedFile("macros")


def check_media(kind: str, content: bytes) -> None:
    """A picture, sound or film that is nothing else at the same time."""
    if MARKUP.search(content):
        raise RefusedFile("two_in_one")
    # sizes that spell the start of a comment or an assignment make a picture a script
    if (kind == "gif" and re.match(rb"(/[*/]|=[ -~])", content[6:8])) or (kind == "jpg" and content[4:6] == b"/*"):
        raise RefusedFile("two_in_one")
    end = {"gif": gif_end, "png": png_end}.get(kind)
    if end and content[end(content) :].strip(b"\0 \t\r\n"):
        raise RefusedFile("two_in_one")


def png_end(content: bytes) -> int:
    """Where a PNG ends: after its IEND."""
    at = 8
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        at += 12 + length
        if name == b"IEND":
            return at
    raise RefusedFile("broken")


def gif_end(content: bytes) -> int:
    """Where a GIF ends: after its trailer."""
    try:
        at = 13 + color_table(content[10])
        while content[at] != 0x3B:
            if content[at] == 0x2C:
                at += 10 + color_table(content[at + 9]) + 1
            elif content[at] == 0x21:
                at += 2
            else:
                raise RefusedFile("broken")
            while content[at]:
                at += content[at] + 1
            at += 1
    except IndexError:
        raise RefusedFile("broken") from None
    return at + 1


def color_table(flags: int) -> int:
    """How many bytes the table of colours takes that a GIF announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


# ── archives ──


def check_zip(path: Path, kind: str, size: int) -> None:
    """Refuse bombs, broken archives, outside paths, programs and macros; an Office document is one."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            check_directory(entries, size)
            names = {entry.filename.lower().lstrip("/") for entry in entries}
            if kind in OFFICE_PARTS:
                if any(entry.flag_bits & 1 for entry in entries):
                    raise RefusedFile("encrypted")
                check_office(archive, names, kind)
            read_through(archive, entries, is_office=kind in OFFICE_PARTS)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, KeyError, RuntimeError, UnicodeError):
        raise RefusedFile("broken") from None
    except NotImplementedError:
        raise RefusedFile("unknown_packing") from None


def check_directory(entries: list[zipfile.ZipInfo], size: int) -> None:
    """What the list of contents alone gives away."""
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > ZIP_ENTRIES or total > ZIP_BYTES or packed > size:
        raise RefusedFile("too_heavy")
    if total > ZIP_RATIO * max(packed, 1024 * 1024):
        raise RefusedFile("too_heavy")
    for entry in entries:
        parts = re.split(r"[/\\]", entry.filename)
        if not parts[0] or ".." in parts or re.match("[A-Za-z]:", entry.filename):
            raise RefusedFile("outside_path")
        if parts[-1].rpartition(".")[2].lower() in PROGRAMS:
            raise RefusedFile("program_inside")


def check_office(archive: zipfile.ZipFile, names: set[str], kind: str) -> None:
    """The document its name says, without macros and without a template from elsewhere."""
    if "[content_types].xml" not in names or OFFICE_PARTS[kind] not in names:
        raise RefusedFile("mismatch")
    if any(name.rpartition("/")[2] in ("vbaproject.bin", "vbadata.xml") or "/macrosheets/" in name for name in names):
        raise RefusedFile("macros")
    if b"macroenabled" in beginning(archive, "[Content_Types].xml").lower():
        raise RefusedFile("macros")
    settings = beginning(archive, "word/_rels/settings.xml.rels")
    if b"attachedTemplate" in settings and re.search(rb'Target\s*=\s*["\'](?:https?|ftp|\\\\|//)', settings):
        raise RefusedFile("loads_more")


def beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    """The first megabyte of a part, nothing where there is no such part."""
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(1024 * 1024)


def read_through(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], *, is_office: bool) -> None:
    """Unpack everything into nothing: sizes and sums must be those announced, and XML declares no entities."""
    for entry in entries:
        if entry.flag_bits & 1:  # an archive may be locked: what its parts are called was checked
            continue
        with archive.open(entry) as part:
            head = part.read(4096)
            if is_office and entry.filename.endswith((".xml", ".rels")) and re.search(rb"<!(?:DOCTYPE|ENTITY)", head):
                raise RefusedFile("loads_more")
            while part.read(1024 * 1024):
                pass


# ── pictures ──


def drawn(path: Path, kind: str, pictures: dict[str, str]) -> list[int] | None:
    """Draw a picture or the first page of a PDF into two files; its size in pixels, None where nothing can be drawn."""
    if kind == "pdf":
        return drawn_page(path, pictures)
    return drawn_picture(path, kind, pictures) if kind in PICTURES else None


def drawn_picture(path: Path, kind: str, pictures: dict[str, str]) -> list[int]:
    """A picture anew, upright, without place, camera and owner."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - documents do not need it

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the sizes are checked here, before anything is read
    try:
        with Image.open(path, formats=["JPEG" if kind == "jpg" else kind.upper()]) as image:
            width, height = image.size
            if width * height > (PHOTO_PIXELS if kind == "jpg" else PIXELS):
                raise RefusedFile("too_many_pixels")
            is_turned = image.getexif().get(0x0112) in (5, 6, 7, 8)
            image.draft("RGB", (LARGE, LARGE))
            if image.width * image.height > PIXELS:  # a photo is scaled by its decoder
                raise RefusedFile("too_many_pixels")
            image.load()
            has_holes = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
            image.thumbnail((LARGE * 2, LARGE * 2), reducing_gap=None)
            upright = ImageOps.exif_transpose(image).convert("RGBA" if has_holes else "RGB")
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, AttributeError):
        raise RefusedFile("broken") from None
    save(upright, pictures)
    return [height, width] if is_turned else [width, height]


def drawn_page(path: Path, pictures: dict[str, str]) -> list[int] | None:
    """The first page of a PDF; None where a password keeps it closed."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - only PDFs need it

    try:
        document = pdfium.PdfDocument(path)
        page = document[0]
        width, height = page.get_size()
        picture = page.render(scale=LARGE / max(width, height, 1)).to_pil()
    except pdfium.PdfiumError as trouble:
        if "password" in str(trouble).lower():
            return None
        raise RefusedFile("broken") from None
    except (ValueError, IndexError):
        raise RefusedFile("broken") from None
    save(picture.convert("RGB"), pictures)
    return [max(1, round(width)), max(1, round(height))]


def save(image: Any, pictures: dict[str, str]) -> None:
    """The two sizes as WebP, with nothing but their pixels."""
    image.info.clear()
    for name, side in (("large", LARGE), ("small", SMALL)):
        image.thumbnail((side, side))
        image.save(pictures[name], "WEBP", quality=80, method=2)


if __name__ == "__main__":
    main()
