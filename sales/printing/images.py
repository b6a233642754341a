"""Logo and seal: pictures people upload, drawn anew as PNG so that nothing but pixels is kept."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 4_000_000
LONGEST_SIDE = 1000


def drawn_anew(upload: BinaryIO) -> bytes:
    """The pixels of a PNG or JPEG as a PNG; ValidationError for anything else, too many bytes or too many pixels."""
    raw = upload.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise ValidationError(_("The picture is larger than 2 MB."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(raw), formats=("PNG", "JPEG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise ValidationError(_("The picture has more than 4 million pixels."))
                drawn = picture.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise ValidationError(_("This is no PNG or JPEG picture.")) from fault
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    Image.frombytes("RGBA", drawn.size, drawn.tobytes()).save(out, "PNG", optimize=True)
    return out.getvalue()
