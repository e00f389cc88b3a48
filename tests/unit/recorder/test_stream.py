from __future__ import annotations

import pytest

from harness.recorder.stream import Command, Stream

BEGINNING = b"1700000000.123456 [0 127.0.0.1:40000] "


def command(line: bytes) -> Command:
    found = Stream().command(line)
    assert found is not None
    return found


def test_a_line_is_a_time_a_database_a_client_and_a_command() -> None:
    assert command(b'1700000000.123456 [1 127.0.0.1:40000] "set" "key" "a value"') == Command(
        server_ns=1_700_000_000_123_456_000,
        database=1,
        client="127.0.0.1:40000",
        name="SET",
        arguments=("key", "a value"),
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (rb"plain", "plain"),
        (rb"", ""),
        (rb"with \"quotes\"", 'with "quotes"'),
        (rb"a back\\slash", "a back\\slash"),
        (rb"back\\", "back\\"),
        (rb"\\\"", '\\"'),
        (rb"\\n is no line end", "\\n is no line end"),
        (rb"line\nend\r\ttab", "line\nend\r\ttab"),
        (rb"bell\a and back\b", "bell\a and back\b"),
        (rb"\x00\x1F\x7f", "\x00\x1f\x7f"),
        (rb"\xc3\xbc", "ü"),
        (rb"\xe2\x9c\x93", "✓"),
        (rb"\\xff", r"\xff"),
        (rb"] [0 lua] \"SET\"", '] [0 lua] "SET"'),
        (rb"{\"a\":\"\\u00fc\"}", '{"a":"\\u00fc"}'),
    ],
)
def test_an_argument_means_what_was_sent(written: bytes, meant: str) -> None:
    assert command(BEGINNING + b'"ECHO" "' + written + b'"').arguments == (meant,)


def test_arguments_are_told_apart_whatever_is_in_them() -> None:
    line = BEGINNING + rb'"MSET" "a\" \"b" "" "\\" "\\\" \\" "end"'
    assert command(line).arguments == ('a" "b', "", "\\", '\\" \\', "end")


def test_what_is_no_text_is_described() -> None:
    assert command(BEGINNING + rb'"SET" "\xff\xfe" "x"').arguments == (r"\xff\xfe", "x")


def test_every_byte_comes_back_from_the_way_redis_writes_it() -> None:
    plain = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x0D: b"\\r", 0x09: b"\\t", 0x07: b"\\a", 0x08: b"\\b"}
    for byte in range(128):  # as sdscatrepr does (redis/src/sds.c)
        printable = bytes([byte]) if 32 <= byte < 127 else b"\\x%02x" % byte
        written = plain.get(byte, printable)
        assert command(BEGINNING + b'"ECHO" "' + written + b'"').arguments == (chr(byte),)


@pytest.mark.parametrize(
    "client", ["[::1]:40000", "[2001:db8::1]:1", "10.0.0.1:65535", "unix:/tmp/redis.sock", "unix:/tmp/a b.sock"]
)
def test_clients_are_called_as_redis_calls_them(client: str) -> None:
    found = command(b'1700000000.000001 [15 %s] "GET" "] \\"["' % client.encode())
    assert (found.client, found.database, found.arguments) == (client, 15, ('] "[',))


def test_a_command_without_arguments_has_none() -> None:
    assert command(BEGINNING + b'"MULTI"').arguments == ()


@pytest.mark.parametrize("call", ["EVAL", "EVALSHA", "evalsha", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"])
def test_what_a_script_does_is_done_by_who_called_it(call: str) -> None:
    stream = Stream()
    lines = [
        b'1.000001 [0 10.0.0.1:1] "%s" "x"' % call.encode(),
        b'1.000002 [0 lua] "SET" "a" "1"',
        b'1.000003 [0 lua] "DEL" "a"',
        b'1.000004 [0 10.0.0.2:2] "GET" "a"',
        b'1.000005 [0 10.0.0.2:2] "EVALSHA" "x"',
        b'1.000006 [0 lua] "GET" "a"',
    ]
    commands = [stream.command(line) for line in lines]
    assert [found and found.client[-1] for found in commands] == ["1", "1", "1", "2", "2", "2"]


def test_a_script_loaded_or_named_by_somebody_else_is_no_call() -> None:
    stream = Stream()
    stream.command(b'1.000001 [0 10.0.0.1:1] "EVAL" "x"')
    stream.command(b'1.000002 [0 10.0.0.2:2] "SCRIPT" "LOAD" "EVAL"')
    found = stream.command(b'1.000003 [0 lua] "SET" "a" "1"')
    assert found is not None
    assert found.client == "10.0.0.1:1"


@pytest.mark.parametrize("line", [b"OK", b"", b"1700000000 [0 1:1] ", b"-ERR no", b'1700000000.12 [0 1:1] "GET" "a"'])
def test_what_is_no_command_is_passed_over(line: bytes) -> None:
    assert Stream().command(line) is None


def test_a_very_long_argument_is_read() -> None:
    assert len(command(BEGINNING + b'"SET" "k" "' + rb"\xc3\xbc\"" * 5_000 + b'"').arguments[1]) == 10_000


def test_names_are_the_same_however_a_client_writes_them() -> None:
    assert command(BEGINNING + b'"lPuSh" "q"').name == "LPUSH"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (rb'"[1, "id", "SUCCESS", null]"', ('[1, "id", "SUCCESS", null]',)),
        (
            rb'"queue\x06\x163" "{"body": "a \"word\" and a \\n", "n": 1}"',
            (
                "queue\x06\x163",
                '{"body": "a \\"word\\" and a \\\\n", "n": 1}',
            ),
        ),
        (rb'""alone""', ('"alone"',)),
    ],
)
def test_a_server_that_escapes_no_quotes_is_understood(written: bytes, meant: tuple[str, ...]) -> None:
    # As Valkey 8.1.1 has it.
    assert command(BEGINNING + b'"LPUSH" ' + written).arguments == meant
