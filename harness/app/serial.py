"""Data in an app's own serializer, as kombu writes and reads it: signatures on their way in, results on the way out."""

from __future__ import annotations

from typing import Any, cast

from kombu import serialization


def encode(value: object, serializer: str) -> tuple[str, str, bytes]:
    """Return content type, encoding and bytes."""
    kind, encoding, body = serialization.dumps(value, serializer=serializer)  # type: ignore[no-untyped-call]
    return kind, encoding, body.encode() if isinstance(body, str) else body


def decode(kind: str, encoding: str, body: bytes) -> Any:
    """Return what was encoded. Only to be given what was encoded by this app, on this machine, for this run."""
    return cast("Any", serialization.loads(body, kind, encoding, accept=[kind]))  # type: ignore[no-untyped-call]
