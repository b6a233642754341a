"""The home folder of one copy: database, Redis, media, logs and secrets of the embedded default."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from crm.operations.progress import Trouble

ROOT = Path(__file__).resolve().parents[2]
SMALLEST_FREE_MEGABYTES = 300


def home_folder() -> Path:
    """The absolute path HARBOUR_HOME names, `.harbour/` in the project by default."""
    return Path(os.path.abspath(os.environ.get("HARBOUR_HOME") or ROOT / ".harbour"))


def make_home() -> Path:
    """The home folder with its private subfolders, made where missing; refuses a full disk and a foreign folder."""
    home = home_folder()
    os.environ["HARBOUR_HOME"] = str(home)
    try:
        if not home.is_dir():
            # the database server may run as another user (it refuses root) and must be able to walk through
            home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for name in ("logs", "media", "run", "secrets"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as refusal:
        raise Trouble(f"The folder {home} cannot be written ({refusal.strerror}); set HARBOUR_HOME to another one.")
    if not os.access(home / "secrets", os.W_OK | os.X_OK):
        raise Trouble(f"The folder {home} belongs to another user; set HARBOUR_HOME to one of your own.")
    free = shutil.disk_usage(home).free // 2**20
    if free < SMALLEST_FREE_MEGABYTES:
        raise Trouble(f"Only {free} MB are free on the disk of {home}; Harbour CRM needs {SMALLEST_FREE_MEGABYTES} MB.")
    return home


def short_name(home: Path) -> str:
    """A short name that is always the same for one home folder and differs between two."""
    return hashlib.sha256(str(home).encode()).hexdigest()[:12]


def secret(home: Path, name: str, make: Callable[[], str]) -> str:
    """The secret kept in `secrets/<name>`, made the first time."""
    path = home / "secrets" / name
    with open(home / "run" / "secrets.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            draft = path.with_suffix(".draft")
            draft.touch(mode=0o600)
            draft.write_text(make() + "\n", encoding="utf-8")
            draft.rename(path)
    return path.read_text(encoding="utf-8").strip()


def export_secrets(home: Path) -> None:
    """Put the secrets the settings ask for into the environment, unless somebody gave them."""
    makers = {
        "HARBOUR_SECRET_KEY": ("secret-key", lambda: secrets.token_urlsafe(48)),
        "HARBOUR_FIELD_KEYS": ("field-keys", lambda: f"1:{secrets.token_hex(32)}"),
    }
    for variable, (name, make) in makers.items():
        if not given(variable):
            os.environ[variable] = secret(home, name, make)


def given(variable: str) -> bool:
    """Whether the person who started us set this variable, itself or as a file."""
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))
