"""Files as people upload them, good and hostile, made when a test asks for them."""

import io
import struct
import zipfile
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from crm.attachments.actions import attach_files
from crm.attachments.receiving import received

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.main+xml"/></Types>'
)
PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
MAIL = b"From: li@example.com\r\nTo: wang@example.com\r\nSubject: Offer\r\n\r\nAs agreed.\r\n"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(200)


def upload(name="notes.txt", content=b"What we agreed."):
    return SimpleUploadedFile(name, content)


def picture(form="PNG", size=(40, 30), color=(30, 120, 200), **options):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, form, **options)
    return file.getvalue()


def photo_with_place():
    """A JPEG that names camera and place and lies on its side."""
    image = Image.new("RGB", (60, 40), (200, 80, 30))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretCamera", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 14.0, 12.5), 3: "E", 4: (121.0, 28.0, 9.0)})
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


def pdf(text="Offer", size=(595, 842)):
    """A PDF of one page, written by hand."""
    stream = f"BT /F1 36 Tf 60 700 Td ({text}) Tj ET 60 500 200 90 re f".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>" % size,
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def archive(parts, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def bomb(parts):
    """An archive of half a megabyte that unpacks to 500 MB."""
    file = io.BytesIO(archive(parts) if parts else b"")
    mode = "a" if parts else "w"
    with zipfile.ZipFile(file, mode, zipfile.ZIP_DEFLATED) as packed, packed.open("0", "w") as part:
        for _ in range(500):
            part.write(bytes(1_000_000))
    return file.getvalue()


def office(kind="docx", **more):
    part = PARTS[kind]
    names = {name.replace("__", "/"): content for name, content in more.items()}
    return archive({"[Content_Types].xml": CONTENT_TYPES.format(part=part), part: "<document/>", **names})


def old_office(*streams):
    return OLE + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in streams)


def png_of(width, height):
    """A PNG that announces a size and holds next to nothing."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def make_attachment(record, actor, name="notes.txt", content=b"What we agreed."):
    """A file kept with a record, through every check."""
    with received([upload(name, content)]) as files:
        return attach_files(record, files, actor=actor)[0]
