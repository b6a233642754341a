#!/usr/bin/env python3
"""Make deploy/secrets/ and .env for docker compose: `python3 deploy/make_secrets.py HOST`. Keeps what exists."""

import os
import secrets
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "secrets"
CONTAINER_USER = 10001  # the user of the application in the Dockerfile


def keep(name: str, value: str) -> str:
    """The secret of that name, made from `value` the first time."""
    path = FOLDER / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
        if os.geteuid() == 0:
            os.chown(path, CONTAINER_USER, -1)
    return path.read_text(encoding="utf-8")


def main() -> None:
    """Write every secret docker-compose.yml names."""
    if len(sys.argv) != 2:
        sys.exit(
            "usage: python3 deploy/make_secrets.py HOST   (the name people will type, for example crm.example.com)"
        )
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    keep("secret_key", secrets.token_urlsafe(48))
    keep("field_keys", f"1:{secrets.token_hex(32)}")
    owner = keep("database_owner_password", secrets.token_urlsafe(24))
    application = keep("database_application_password", secrets.token_urlsafe(24))
    redis = keep("redis_password", secrets.token_urlsafe(24))
    keep("database_owner_url", f"postgres://harbour_owner:{owner}@database:5432/harbour")
    keep("database_url", f"postgres://harbour_app:{application}@database:5432/harbour")
    keep("redis_url", f"redis://:{redis}@redis:6379/0")
    (FOLDER.parents[1] / ".env").write_text(f"HARBOUR_SITE_HOST={sys.argv[1]}\n", encoding="utf-8")
    sys.stdout.write(f"The secrets are in {FOLDER}. Keep a copy of field_keys away from the backups.\n")


if __name__ == "__main__":
    main()
