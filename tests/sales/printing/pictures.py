"""Pictures to upload."""

from io import BytesIO

from PIL import Image


def picture(kind="PNG", size=(40, 40), colour="red"):
    """The bytes of a small picture."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()
