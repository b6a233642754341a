"""What programs say before something is done with a record: the same as people on its page."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class DocumentCommentSerializer(serializers.Serializer[Any]):
    """A word about it."""

    comment = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class DocumentReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=200)
