"""Sealing short secrets at rest: AES-256-GCM under keys named in HARBOUR_FIELD_KEYS, the first one writes."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def sealed(text: str) -> str:
    """`keyid:base64(nonce + ciphertext)`."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(12)
    return f"{key_id}:{base64.b64encode(nonce + AESGCM(key).encrypt(nonce, text.encode(), key_id.encode())).decode()}"


def opened(token: str) -> str:
    """The text of a sealed token; ImproperlyConfigured where its key is gone or it was tampered with."""
    key_id, _, body = token.partition(":")
    key = _keys().get(key_id)
    if key is None:
        raise ImproperlyConfigured(f"HARBOUR_FIELD_KEYS lacks the key {key_id!r}.")
    raw = base64.b64decode(body)
    try:
        return AESGCM(key).decrypt(raw[:12], raw[12:], key_id.encode()).decode()
    except InvalidTag:
        raise ImproperlyConfigured("A sealed value does not fit its key.")


def _keys() -> dict[str, bytes]:
    pairs = (entry.partition(":") for entry in settings.FIELD_KEYS)
    return {key_id: bytes.fromhex(value) for key_id, _, value in pairs}
