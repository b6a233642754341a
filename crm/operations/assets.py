"""Copies what the pages need out of node_modules/ into static/build/: an allow-list of files, nothing else."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from crm.operations.home import ROOT
from crm.operations.progress import Trouble

PACKAGES = ROOT / "node_modules"
BUILD = ROOT / "static" / "build"
ICON_NAMES = ROOT / "static" / "icons" / "names.txt"
ICONS = PACKAGES / "lucide-static" / "icons"
FONTS = {
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf",
    "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf",
    "@expo-google-fonts/noto-sans-sc/LICENSE_FONT": "NotoSansSC-LICENSE.txt",
}


def state() -> str:
    """A fingerprint of everything the assets are made from; empty while a result is missing."""
    results = [BUILD / "sprite.svg", *(BUILD / "fonts" / name for name in FONTS.values())]
    sources = [ROOT / "package-lock.json", ICON_NAMES, Path(__file__)]
    content = b"".join(path.read_bytes() for path in sources if path.exists())
    return hashlib.sha256(content + str([path.exists() for path in results]).encode()).hexdigest()


def build() -> None:
    """Make static/build/ from node_modules/."""
    fonts = BUILD / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for source, name in FONTS.items():
        if not (PACKAGES / source).exists():
            raise Trouble(f"The font file {source} is missing in {PACKAGES}; remove that folder and try again.")
        shutil.copyfile(PACKAGES / source, fonts / name)
    if ICON_NAMES.exists():
        (BUILD / "sprite.svg").write_text(sprite(icon_names()), encoding="utf-8")


def icon_names() -> list[str]:
    """The icons the pages use, one name per line in static/icons/names.txt."""
    lines = (line.split("#")[0].strip() for line in ICON_NAMES.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line})


def sprite(names: list[str]) -> str:
    """One SVG that holds every named icon as `<symbol id="i-NAME">`, licence notice included."""
    unknown = [name for name in names if not (ICONS / f"{name}.svg").exists()]
    if unknown:
        raise Trouble(f"static/icons/names.txt names icons that lucide-static does not have: {', '.join(unknown)}.")
    licence = (PACKAGES / "lucide-static" / "LICENSE").read_text(encoding="utf-8").strip()
    notice = re.sub("-{2,}", "-", licence)  # two hyphens would end the XML comment
    symbols = "\n".join(_symbol(name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Icons by Lucide.\n{notice}\n-->\n{symbols}\n</svg>\n'


def _symbol(name: str) -> str:
    source = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    inner = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if inner is None:
        raise Trouble(f"The icon {name} of lucide-static is not an SVG picture.")
    shapes = re.sub(r">\s+<", "><", inner.group(1).strip())
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>'
