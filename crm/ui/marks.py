"""Small marks made in Python because lists print thousands of them: icons, avatars, states, tags, meters."""

from functools import lru_cache

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

AVATAR_TONES = ("blue", "green", "amber", "violet", "teal", "red")
STATUS_TONES = {"potential": "gray", "lead": "violet", "opportunity": "blue", "existing": "green", "pool": "teal"}


@lru_cache(maxsize=64)
def asset(path: str) -> str:
    """The address of a static file; the plain one where the manifest does not know it, so an error page still shows."""
    try:
        return staticfiles_storage.url(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


@lru_cache(maxsize=512)
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite; it is decoration, so words must stand beside it or in an aria-label."""
    classes = f"i {css}".strip()
    return mark_safe(  # noqa: S308 - both names are escaped
        f'<svg class="{escape(classes)}" aria-hidden="true">'
        f'<use href="{asset("build/sprite.svg")}#i-{escape(name)}"/></svg>'
    )


def tone_of(text: str) -> str:
    """The tone that always belongs to this name."""
    return AVATAR_TONES[sum(map(ord, text)) % len(AVATAR_TONES)]


@lru_cache(maxsize=2048)
def avatar(name: str, css: str = "") -> SafeString:
    """A round letter for a person, always beside the name."""
    letter = name[:1].upper() or "?"
    classes = " ".join(filter(None, ("av", css, f"t-{tone_of(name)}")))
    return mark_safe(f'<span class="{escape(classes)}" aria-hidden="true">{escape(letter)}</span>')  # noqa: S308


def company(name: str, css: str = "") -> SafeString:
    """A square letter for a company, always beside the name."""
    return avatar(name, f"av-co {css}".strip())


@lru_cache(maxsize=2048)
def person(name: str) -> SafeString:
    """A person: letter and name."""
    return mark_safe(f'<span class="who">{avatar(name)}<span class="trunc">{escape(name)}</span></span>')  # noqa: S308


def status(label: object, tone: str = "", ring: bool = False) -> SafeString:
    """A state in lists: dot and word; tone is a colour (blue …) or a customer status (lead …)."""
    tone = STATUS_TONES.get(tone, tone) or "gray"
    classes = f"st {'st-ring ' if ring else ''}t-{escape(tone)}"
    return mark_safe(f'<span class="{classes}">{escape(label)}</span>')  # noqa: S308 - escaped


def flag(label: object, tone: str = "gray", icon_name: str = "") -> SafeString:
    """A tag: a flag or category with a tint, and an icon where one helps."""
    mark = icon(icon_name) if icon_name else ""
    return mark_safe(f'<span class="tag t-{escape(tone)}">{mark}{escape(label)}</span>')  # noqa: S308 - escaped


def meter(value: float, label: object, css: str = "", top: float = 100) -> SafeString:
    """A native progress bar with a name for screen readers."""
    classes = escape(f"meter {css}".strip())
    return mark_safe(  # noqa: S308 - escaped
        f'<progress class="{classes}" value="{float(value):g}" max="{float(top):g}" aria-label="{escape(label)}">'
        f"{float(value):g}</progress>"
    )


def highlighted(text: str, *wanted: str) -> SafeString:
    """A text with the first of the wanted parts that stands in it marked, whatever its case."""
    for part in wanted:
        at = text.casefold().find(part.casefold()) if part else -1
        if at >= 0 and len(text.casefold()) == len(text):
            end = at + len(part)
            return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])
    return format_html("{}", text)
