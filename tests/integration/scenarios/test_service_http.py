"""The model service on real sockets: in a thread for what HTTP does, as a process for its start and end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from scenarios.pipeline.client import predict
from scenarios.pipeline.service.listener import ListenError, adopt, listen
from scenarios.pipeline.service.server import LARGEST_BODY, Handler, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
BOUND_S = 20
"""How long anything here may take before it counts as hanging."""

ASKED: dict[str, Any] = {"text": "hello", "task_type": "preprocess", "request_id": "id-1"}


@contextmanager
def running(server: Server) -> Iterator[Server]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(BOUND_S)


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server(listen("127.0.0.1", 0))) as server:
        yield server


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    host, port = server.socket.getsockname()
    connection = http.client.HTTPConnection(host, port, timeout=BOUND_S)
    yield connection
    connection.close()


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection.request(method, path, None if body is None else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def raw_connection(server: Server) -> socket.socket:
    return socket.create_connection(server.socket.getsockname(), timeout=BOUND_S)


def raw_request(**fields: object) -> bytes:
    body = json.dumps(ASKED | fields).encode()
    return b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def wait_for_call(url: str) -> None:
    """Return when the service has counted a call: each answer to a question about it is an event."""
    for _ in range(10_000):
        if requests.get(url + "/v1/stats", timeout=BOUND_S).json()["calls"]:
            return
    pytest.fail("the service never counted the call")


def read_to_end(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(65536), b""))


# What HTTP does.


def test_the_tasks_client_and_the_service_understand_each_other(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_SERVICE_URL", server.url)
    with pytest.raises(requests.HTTPError, match="500"):
        predict("hello", "preprocess", "id-1", fail_times=1)
    answer = predict("hello", "preprocess", "id-1", fail_times=1)
    assert (answer["processed"], answer["length"], answer["call"]) == ("HELLO", 5, 2)
    assert len(predict("HELLO", "embed", "id-2")["embedding"]) == 8
    assert predict("HELLO", "classify", "id-3")["label"] == "positive"


def test_nobody_listening_is_a_requests_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    monkeypatch.setenv("MODEL_SERVICE_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(requests.ConnectionError):
        predict("hello", "preprocess", "id-1")


def test_an_answer_that_is_late_is_a_read_time_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_SERVICE_URL", server.url)
    with pytest.raises(requests.ReadTimeout):
        # Its thread never wakes up, and so never writes into another test's log.
        predict("hello", "preprocess", "id-1", delay_seconds=3600, timeout_s=0.05)


def test_one_connection_carries_many_requests(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "GET", "/health") == (200, {"status": "ok"})
    first = connection.sock
    assert ask(connection, "POST", "/v1/predict", ASKED)[0] == 200
    assert ask(connection, "POST", "/v2/predict", ASKED)[0] == 404
    assert ask(connection, "GET", "/v1/stats?pretty=yes") == (200, {"calls": {"id-1": 1}})
    assert ask(connection, "POST", "/v1/reset") == (200, {"calls": {}})
    assert first is not None
    assert connection.sock is first


def test_a_malformed_body_is_answered_with_the_name_of_its_field(
    connection: http.client.HTTPConnection,
) -> None:
    status, document = ask(connection, "POST", "/v1/predict", ASKED | {"fail_times": True})
    assert (status, document["field"], document["found"]) == (422, "fail_times", "true")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_method_is_told_the_right_one(connection: http.client.HTTPConnection, method: str) -> None:
    connection.request(method, "/v1/predict")
    response = connection.getresponse()
    assert (response.status, response.getheader("Allow")) == (405, "POST")
    assert json.loads(response.read())["found"] == method


def test_a_head_is_answered_without_a_body(connection: http.client.HTTPConnection) -> None:
    connection.request("HEAD", "/health")
    response = connection.getresponse()
    assert (response.status, response.read()) == (405, b"")
    assert ask(connection, "GET", "/health")[0] == 200


def test_a_method_nobody_knows_is_refused_in_json(connection: http.client.HTTPConnection) -> None:
    assert ask(connection, "BREW", "/health") == (
        501,
        {"error": "Not Implemented", "found": "Unsupported method ('BREW')"},
    )


def test_the_largest_body_is_read(connection: http.client.HTTPConnection) -> None:
    room = LARGEST_BODY - len(json.dumps(ASKED | {"text": ""}))
    status, document = ask(connection, "POST", "/v1/predict", ASKED | {"text": "x" * room})
    assert (status, document["length"]) == (200, room)


def test_one_byte_more_is_refused_and_the_client_reads_why(connection: http.client.HTTPConnection) -> None:
    room = LARGEST_BODY - len(json.dumps(ASKED | {"text": ""}))
    status, document = ask(connection, "POST", "/v1/predict", ASKED | {"text": "x" * (room + 1)})
    assert status == 413
    assert document["found"] == f"{LARGEST_BODY + 1} bytes, more than {LARGEST_BODY}"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Length: " + b"9" * 5000, b"413"),
        (b"Content-Length: -1", b"400"),
        (b"Content-Length: many", b"400"),
        (b"Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_of_no_usable_length_is_refused(server: Server, header: bytes, status: bytes) -> None:
    with raw_connection(server) as client:
        client.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
        answer = read_to_end(client)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def test_a_client_that_asks_before_it_sends_its_body_is_told_to_go_on(server: Server) -> None:
    head, separator, body = raw_request().partition(b"\r\n\r\n")
    with raw_connection(server) as client:
        client.sendall(head + b"\r\nExpect: 100-continue" + separator)
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_header_and_body_leave_in_one_write(server: Server) -> None:
    class DatagramHandler(Handler):
        # Datagrams know nothing of TCP's delays, but keep apart what was written apart.
        disable_nagle_algorithm = False

    client, service_side = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with client, service_side:
        client.sendall(raw_request().replace(b"Host: x", b"Connection: close"))
        DatagramHandler(service_side, ("client", 0), server)
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b'"model": "text-preprocessor-v1"}\n')


@pytest.mark.parametrize("part", [b"", raw_request()[:-5]], ids=["nothing", "half a body"])
def test_a_client_that_says_too_little_is_let_go_in_silence(
    server: Server, part: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with raw_connection(server) as client:
        client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        assert read_to_end(client) == b""
    assert "Traceback" not in capfd.readouterr().err


def test_each_request_leaves_one_line_in_the_log(
    connection: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(connection, "GET", "/health")
    ask(connection, "POST", "/v1/predict", ASKED | {"fail_times": 1})
    assert capfd.readouterr().err.splitlines() == [
        '"GET /health HTTP/1.1" 200 -',
        '"POST /v1/predict HTTP/1.1" 500 -',
    ]


@pytest.mark.parametrize("hang_up", ["politely", "with a reset"])
def test_a_client_that_hangs_up_during_the_delay_leaves_no_trace_but_its_line(
    hang_up: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with running(Server(listen("127.0.0.1", 0))) as server:
        # So that closing the server waits for the request to come to its end.
        server.daemon_threads = False
        with raw_connection(server) as client:
            client.sendall(raw_request(delay_seconds=0.1))
            wait_for_call(server.url)
            if hang_up == "with a reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if "stats" not in line] == ['"POST /v1/predict HTTP/1.1" 200 -']


# How it starts and ends.


@contextmanager
def service(*arguments: str, listener: socket.socket | None = None) -> Iterator[subprocess.Popen[str]]:
    """The service as a process, with a socket of its own or with ours as its file descriptor 3."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "scenarios.pipeline.service", *arguments]
    if listener is not None:
        # Moves our socket to where the protocol wants it, then becomes the service.
        move = f"import os, sys; os.dup2({listener.fileno()}, 3); os.execv(sys.argv[1], sys.argv[1:])"
        command = [sys.executable, "-c", move, *command]
        environment["LISTEN_FDS"] = "1"
    with subprocess.Popen(
        command,
        env=environment,
        cwd="/",
        pass_fds=() if listener is None else (listener.fileno(),),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    return line.removeprefix("listening on ").strip()


def url_from(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_says_where_it_listens_and_ends_well_when_told_to(number: signal.Signals) -> None:
    with service("--port", "0") as process:
        assert requests.get(url_of(process) + "/health", timeout=BOUND_S).json() == {"status": "ok"}
        process.send_signal(number)
        _, log = process.communicate(timeout=BOUND_S)
    assert process.returncode == 0
    assert log == '"GET /health HTTP/1.1" 200 -\n'


def test_a_socket_that_was_passed_is_served_on() -> None:
    # Bound, but not listening: that is left to the service.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        with service(listener=listener) as process:
            assert url_of(process) == url_from(listener)
            answer = requests.get(url_from(listener) + "/health", timeout=BOUND_S)
            assert answer.json() == {"status": "ok"}


def test_a_client_that_connects_before_the_service_is_ready_is_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, service(listener=listener):
        assert requests.get(url_from(listener) + "/health", timeout=BOUND_S).json() == {"status": "ok"}


def test_a_request_in_its_delay_does_not_hold_up_the_end() -> None:
    with service("--port", "0") as process:
        host, port = url_of(process).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=BOUND_S) as client:
            client.sendall(raw_request(delay_seconds=3600))
            wait_for_call(f"http://{host}:{port}")
            process.terminate()
            process.communicate(timeout=BOUND_S)
            assert process.returncode == 0
            assert read_to_end(client) == b""


def test_a_port_that_is_taken_is_said_so_and_ends_the_service() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with service("--port", port) as process:
            out, log = process.communicate(timeout=BOUND_S)
    assert (process.returncode, out) == (1, "")
    assert log.startswith(f"expected to listen on 127.0.0.1:{port}, found ")
    assert "Traceback" not in log


def test_what_is_no_tcp_socket_is_not_adopted() -> None:
    # Adopting takes the descriptor over, so each is given away before.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        descriptor = udp.detach()
    with pytest.raises(ListenError, match="expected an IPv4 stream socket"):
        adopt(descriptor)
    read_end, write_end = os.pipe()
    os.close(write_end)
    with pytest.raises(ListenError, match="found none"):
        adopt(read_end)
    os.close(read_end)
