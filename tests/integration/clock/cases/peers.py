"""Peers outside the testbed pin the clock while somebody waits for them; peers inside never do."""

import asyncio
import concurrent.futures
import ctypes
import http.server
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from cases.raw_calls import run_native
from cases.registry import Skew, case, name_of_exception, page

OUTSIDE = int(os.environ.get("CLOCK_OUTSIDE_PORT", "0"))  # an unclocked HTTP server that answers after 0.3 s
DATAGRAMS = int(os.environ.get("CLOCK_DATAGRAM_PORT", "0"))  # likewise, for UDP
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def connect_outside():
    return socket.create_connection(("127.0.0.1", OUTSIDE), 5)


def fetch(connection):
    connection.settimeout(5)
    connection.sendall(REQUEST)
    return read_answer(connection)


def read_answer(connection):
    answer = b""
    while not answer.endswith(b"end"):
        part = connection.recv(100)
        if not part:
            raise OSError("closed")
        answer += part
    return answer


def open_url():
    return urllib.request.urlopen(f"http://localhost:{OUTSIDE}/", timeout=5).status


def run_python(source, **options):
    return subprocess.run([sys.executable, "-S", "-c", source], close_fds=False, check=False, **options).returncode


@case(result=0)
def outside_10_http_requests():
    return sum(name_of_exception(open_url) != 200 for _ in range(10))


@case(result=0)
def outside_8_threads():
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        return sum(status != 200 for status in executor.map(lambda _: name_of_exception(open_url), range(40)))


@case(result=[])
def outside_asyncio():
    async def one():
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", OUTSIDE), 5)
        for _ in range(2):
            writer.write(REQUEST)
            await asyncio.wait_for(reader.readuntil(b"end"), 5)
        writer.close()

    async def ten():
        return await asyncio.gather(*(one() for _ in range(10)), return_exceptions=True)

    return [repr(result) for result in asyncio.run(ten()) if result is not None]


@case(1000, early_s=0.06)
def outside_idle_pooled_connection_does_not_pin():
    fetch(connect_outside())
    time.sleep(1000 - 0.3)


@case(result=lambda result: result[0] < 0.02 and result[1] == "timed out")
def outside_timeout_runs_in_real_time():
    connection = connect_outside()
    connection.settimeout(0.7)
    with Skew() as skew:
        try:
            connection.recv(1)
        except OSError as error:
            raised = str(error)
    return [skew.seconds, raised]


@case(result="end")
def outside_datagram_sent_as_a_message():
    with socket.socket(type=socket.SOCK_DGRAM) as connection:
        connection.settimeout(5)
        connection.sendmsg([b"?"], [], 0, ("127.0.0.1", DATAGRAMS))
        return name_of_exception(connection.recv, 10).decode()


@case(result=lambda result: result[1] == "sent=1 got=1 end")
def outside_datagrams_sent_many_at_once():
    return run_native("outside_datagrams")


@case(result=[["end"]] * 2, environment={"HARNESS_CLOCK_GRACE_MS": "0"})
def outside_request_sent_from_a_file():
    def send_file(connection, file):
        os.sendfile(connection.fileno(), file.fileno(), 0, len(REQUEST))

    def splice(connection, file):
        ends = os.pipe()
        os.write(ends[1], REQUEST)
        ctypes.CDLL(None, use_errno=True).splice(ends[0], None, connection.fileno(), None, len(REQUEST), 0)

    answers = []
    for send in (send_file, splice):
        with connect_outside() as connection, tempfile.TemporaryFile() as file, select.epoll() as epoll:
            file.write(REQUEST)
            file.flush()
            epoll.register(connection, select.EPOLLIN)
            fetch(connection)  # from now on nothing is awaited
            connection.setblocking(True)
            send(connection, file)
            answers.append([read_answer(connection)[-3:].decode() for _ in epoll.poll(5)])
    return answers


@case(result="end")
def outside_again_once_nobody_inside_listens_there():
    socket.create_server(("127.0.0.2", OUTSIDE)).close()  # every address of this machine's own is one
    return name_of_exception(fetch, connect_outside())[-3:].decode()


@case(result=[2, 1, 1, 1, 1])  # Python asks for the numbers first
def name_service_pins_whatever_it_is_asked():
    names = ctypes.CDLL(None)
    questions = (
        lambda: socket.getnameinfo(("127.0.0.1", 80), 0),
        lambda: names.gethostbyaddr(bytes([127, 0, 0, 1]), 4, socket.AF_INET),
        lambda: names.gethostbyname2(b"localhost", socket.AF_INET),
        lambda: names.gethostbyname(b"localhost"),
        lambda: names.res_query(b"", 1, 1, bytes(512), 512),
    )
    pins = []
    for question in questions:
        before = page().read("pinned_waits")
        question()
        pins.append(page().read("pinned_waits") - before)
    return pins


@case(result=0)
def outside_connection_inherited_over_exec():
    bad = 0
    for _ in range(3):
        connection = connect_outside()
        connection.set_inheritable(True)
        bad += run_python(
            f"import socket\nc = socket.socket(fileno={connection.fileno()})\nc.settimeout(5)\n"
            f"c.sendall({REQUEST!r})\nassert c.recv(10)"
        )
    return bad


@case(result=0)
def outside_blocking_read_on_an_inherited_dup():  # no time-out, no poll: a 5 s timer must not ring meanwhile
    bad = 0
    for _ in range(3):
        connection = connect_outside()
        connection.setblocking(True)
        copy = os.dup(connection.fileno())
        os.set_inheritable(copy, True)
        bad += run_python(
            f"import os, threading\nos.write({copy}, {REQUEST!r})\n"
            "t = threading.Timer(5, lambda: os._exit(1)); t.daemon = True; t.start()\n"
            f"os.read({copy}, 10); os._exit(0)"
        )
    return bad


class TwoWrites(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"e")
        self.wfile.write(b"nd")

    def log_message(self, *_arguments):
        pass


@case(result=lambda result: result[0] == 0 and result[1] < 1)
def inside_server_is_not_delayed_by_nagle():  # 40 real ms in which all are asleep may not be jumped over
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TwoWrites)
    threading.Thread(target=server.serve_forever, args=(3600,), daemon=True).start()
    connection = socket.create_connection(server.server_address[:2], 5)
    start = time.monotonic()
    bad = sum(not isinstance(name_of_exception(fetch, connection), bytes) for _ in range(300))
    return [bad, time.monotonic() - start]


@case(30, result="x")
def inside_server_answers_slowly():
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        connection.recv(1)
        time.sleep(30)
        connection.send(b"x")

    threading.Thread(target=serve, daemon=True).start()
    connection = socket.create_connection(listener.getsockname(), 60)
    connection.send(b"?")
    return connection.recv(1).decode()


@case(30, result="x")
def inside_listener_lives_on_under_another_number():
    listener = socket.create_server(("127.0.0.1", 0))
    other = listener.dup()
    listener.close()

    def serve():
        connection, _ = other.accept()
        connection.recv(1)
        time.sleep(30)
        connection.send(b"x")

    threading.Thread(target=serve, daemon=True).start()
    connection = socket.create_connection(other.getsockname(), 60)
    connection.send(b"?")
    return connection.recv(1).decode()


@case(30, result="x")
def inside_server_in_another_process_over_a_unix_socket():
    path = f"{os.environ['HARNESS_CLOCK_DIRECTORY']}/s{os.getpid()}.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    if not os.fork():
        connection, _ = listener.accept()
        connection.recv(1)
        time.sleep(30)
        connection.send(b"x")
        os._exit(0)
    listener.close()
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(path)
    connection.send(b"?")
    return connection.recv(1).decode()
