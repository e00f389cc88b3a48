"""What event loops do with connections to the outside: an answer that has begun is no answer that has ended."""

import asyncio
import os
import socket
import ssl
import time

from cases.peers import OUTSIDE, REQUEST
from cases.registry import case, name_of_exception, page

TLS = int(os.environ.get("CLOCK_TLS_PORT", "0"))  # as OUTSIDE, over TLS 1.3: after the handshake it sends two tickets
GREETING = int(os.environ.get("CLOCK_GREETING_PORT", "0"))  # says "end" 0.3 s after it was connected to
IN_PARTS = REQUEST.replace(b" / ", b" /parts ")  # headers at once, the body after 0.3 s
MORE = "more that may come from "


def own_pins():
    return sorted({total.peer.split(MORE)[0] or MORE for total in page().pin_totals() if total.pid == os.getpid()})


def insecure():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def ask(port, request, **options):
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, **options), 5)
    writer.write(request)
    await asyncio.wait_for(reader.readuntil(b"end"), 5)
    return reader, writer


def four_answers(*arguments, **options):
    async def four():
        for _ in range(4):
            _, writer = await ask(*arguments, **options)
            writer.close()
        return "answers"

    return name_of_exception(asyncio.run, four())


@case(result="answers")
def outside_asyncio_over_tls():
    return four_answers(TLS, REQUEST, ssl=insecure())


@case(result="answers")
def outside_asyncio_answer_in_two_parts():
    return four_answers(OUTSIDE, IN_PARTS)


@case(result="answers")
def outside_asyncio_greeting():
    return four_answers(GREETING, b"")


@case(result="end", environment={"HARNESS_CLOCK_GRACE_MS": "0"})
def outside_each_part_that_a_loop_registers_for_is_awaited():
    async def read_in_parts():
        loop = asyncio.get_running_loop()
        connection = socket.create_connection(("127.0.0.1", OUTSIDE))
        connection.setblocking(False)
        await loop.sock_sendall(connection, IN_PARTS)
        answer = b""
        while not answer.endswith(b"end"):
            answer += await asyncio.wait_for(loop.sock_recv(connection, 1000), 5)
        return answer[-3:].decode()

    return name_of_exception(asyncio.run, read_in_parts())


@case(1000, result=lambda pins: MORE in pins, environment={"HARNESS_CLOCK_GRACE_MS": "300"}, early_s=0.06)
def outside_idle_connection_in_a_loop_pins_for_the_grace_and_says_so():
    async def once():
        start = time.monotonic()
        _reader, _writer = await ask(OUTSIDE, REQUEST)
        await asyncio.sleep(1000 - (time.monotonic() - start))

    asyncio.run(once())
    return own_pins()


@case(1000, result=lambda pins: MORE not in pins, environment={"HARNESS_CLOCK_GRACE_MS": "1000000"})
def outside_idle_connection_of_a_loop_that_does_not_run_pins_nothing():
    loop = asyncio.new_event_loop()
    start = time.monotonic()
    _connection = loop.run_until_complete(ask(OUTSIDE, REQUEST))
    time.sleep(1000 - (time.monotonic() - start))
    return own_pins()


@case(1000, environment={"HARNESS_CLOCK_LONGEST_PIN_S": "1000000"})
def outside_answer_that_a_closed_loop_waited_for_pins_nothing():
    loop = asyncio.new_event_loop()
    start = time.monotonic()
    _reader, writer = loop.run_until_complete(asyncio.open_connection("127.0.0.1", OUTSIDE))
    writer.write(REQUEST)
    loop.close()
    time.sleep(1000 - (time.monotonic() - start))
    writer.transport.get_extra_info("socket").getpeername()  # its socket is open still
