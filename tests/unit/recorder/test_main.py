"""What the recorder reads of a server before it records."""

from __future__ import annotations

from harness.recorder.__main__ import version_in


def test_redis_is_told_by_its_version() -> None:
    assert version_in(b"# Server\r\nredis_version:6.0.16\r\nredis_mode:standalone\r\n") == "6.0.16"


def test_valkey_is_told_by_its_name_and_not_by_the_redis_that_it_is_like() -> None:
    assert version_in(b"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n") == (
        "Valkey 8.1.1"
    )
