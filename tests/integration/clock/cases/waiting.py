"""Plain waits: sleeping, locks, queues, descriptors, asyncio, futures, sub-processes."""

import asyncio
import concurrent.futures
import multiprocessing
import os
import queue
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from cases.registry import case, name_of_exception, own_wakeups


def later(seconds, function, *arguments):
    def run():
        time.sleep(seconds)
        function(*arguments)

    threading.Thread(target=run, daemon=True).start()


@case(40, most_wakeups=1)
def time_sleep():
    time.sleep(40)


@case(40)
def sleep_2000_times_20_ms():
    for _ in range(2000):
        time.sleep(0.02)


@case(40, result=False, most_wakeups=2)
def event_wait():
    return threading.Event().wait(40)


@case(2, result=True)
def event_set_by_thread():
    event = threading.Event()
    threading.Timer(2, event.set).start()
    return event.wait(40)


@case(40, result=False, most_wakeups=2)
def lock_acquire():
    lock = threading.Lock()
    lock.acquire()
    return lock.acquire(timeout=40)


@case(40, result="Empty")
def queue_get():
    return name_of_exception(queue.Queue().get, timeout=40)


@case(3, result=7)
def queue_put_by_thread():
    values = queue.Queue()
    later(3, values.put, 7)
    return values.get(timeout=40)


@case(40)
def condition_wait():
    condition = threading.Condition()
    with condition:
        condition.wait(40)


@case(5)
def timer_ends_an_untimed_wait():
    event = threading.Event()
    threading.Timer(5, event.set).start()
    event.wait()


@case(40)
def select_without_descriptors():
    select.select([], [], [], 40)


@case(40, result=[[], [], []], most_wakeups=2)
def select_pipe():
    return list(select.select([os.pipe()[0]], [], [], 40))


@case(4, result=1)
def select_pipe_written():
    reader, writer = os.pipe()
    later(4, os.write, writer, b"x")
    return len(select.select([reader], [], [], 40)[0])


@case(40, result=[], most_wakeups=2)
def poll_pipe():
    poll = select.poll()
    poll.register(os.pipe()[0])
    return poll.poll(40000)


@case(40, result=[], most_wakeups=2)
def epoll_pipe():
    epoll = select.epoll()
    epoll.register(os.pipe()[0], select.EPOLLIN)
    return epoll.poll(40)


@case(4, result=1)
def epoll_pipe_written():
    reader, writer = os.pipe()
    epoll = select.epoll()
    epoll.register(reader, select.EPOLLIN)
    later(4, os.write, writer, b"x")
    return len(epoll.poll(40))


@case(40)
def asyncio_sleep():
    asyncio.run(asyncio.sleep(40))


@case(9, result="TimeoutError")
def asyncio_wait_for():
    async def wait():
        await asyncio.wait_for(asyncio.sleep(100), 9)

    return name_of_exception(asyncio.run, wait())


@case(30)
def asyncio_1000_sleepers():
    async def wait():
        await asyncio.gather(*(asyncio.sleep(i * 0.03) for i in range(1001)))

    asyncio.run(wait())


@case(8, result={"raised": "TimeoutError"})
def future_result():
    executor = concurrent.futures.ThreadPoolExecutor(1)
    raised = name_of_exception(executor.submit(time.sleep, 10).result, timeout=8)
    ended_at = time.monotonic()
    executor.shutdown(wait=False)
    return {"raised": raised, "ended_at": ended_at}


@case(5, result="TimeoutExpired")
def subprocess_timeout():
    return name_of_exception(subprocess.run, ["sleep", "100"], timeout=5)


@case(100)
def subprocess_sleeps():
    subprocess.run(["sleep", "100"], check=True)


@case(6, result="timeout")
def socket_timeout():
    left, _right = socket.socketpair()
    left.settimeout(6)
    try:
        left.recv(1)
    except OSError as error:
        return "timeout" if "timed out" in str(error) else repr(error)


def with_kernel_timeout(name, seconds):
    pair = socket.socketpair()
    pair[0].setsockopt(socket.SOL_SOCKET, name, struct.pack("ll", int(seconds), int(seconds % 1 * 1e6)))
    return pair


@case(6, result="BlockingIOError", most_wakeups=2)
def socket_receive_timeout_of_the_kernel():
    left, _right = with_kernel_timeout(socket.SO_RCVTIMEO, 6)
    return name_of_exception(left.recv, 1)


@case(6, result="BlockingIOError")
def socket_receive_timeout_through_read():
    left, _right = with_kernel_timeout(socket.SO_RCVTIMEO, 6)
    return name_of_exception(os.read, left.fileno(), 1)


@case(2, result="x")
def socket_receive_timeout_answered():
    left, right = with_kernel_timeout(socket.SO_RCVTIMEO, 60)
    later(2, right.send, b"x")
    return left.recv(1).decode()


@case(4, result="abcd")
def socket_receive_timeout_waits_for_all():
    left, right = with_kernel_timeout(socket.SO_RCVTIMEO, 60)
    later(2, right.send, b"ab")
    later(4, right.send, b"cd")
    return left.recv(4, socket.MSG_WAITALL).decode()


@case(6, result=True, most_wakeups=3)
def socket_send_timeout_of_the_kernel():
    left, _right = with_kernel_timeout(socket.SO_SNDTIMEO, 6)
    return 0 < left.send(bytes(10_000_000)) < 10_000_000


@case(3, result=10_000_000)
def socket_send_timeout_with_a_slow_reader():
    left, right = with_kernel_timeout(socket.SO_SNDTIMEO, 60)

    def read_all():
        rest = 10_000_000
        while rest:
            rest -= len(right.recv(1 << 20))

    later(3, read_all)
    return left.send(bytes(10_000_000))


@case(7, result="BlockingIOError")
def socket_accept_timeout_of_the_kernel():
    server = socket.create_server(("127.0.0.1", 0))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 7, 0))
    return name_of_exception(server.accept)


@case(7, result="BlockingIOError")
def socket_receive_timeout_inherited_from_the_listener():
    server = socket.create_server(("127.0.0.1", 0))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 7, 0))
    _client = socket.create_connection(server.getsockname())
    accepted = socket.socket(fileno=server._accept()[0])  # noqa: SLF001 - accept() makes it wait in another way
    return name_of_exception(accepted.recv, 1)


@case(4, result=["ab", "cd", 1])
def socket_receive_timeout_fills_every_buffer_and_keeps_descriptors():
    left, right = with_kernel_timeout(socket.SO_RCVTIMEO, 60)
    buffers = [bytearray(2), bytearray(2)]
    later(2, socket.send_fds, right, [b"abc"], [0])
    later(4, right.send, b"d")
    space = socket.CMSG_SPACE(4)
    _, passed, _, _ = left.recvmsg_into(buffers, space, socket.MSG_WAITALL)
    return [*(buffer.decode() for buffer in buffers), len(passed)]


@case(3, result=[1_000_000, 1])
def socket_send_timeout_passes_descriptors_once():
    left, right = with_kernel_timeout(socket.SO_SNDTIMEO, 60)
    received = []

    def read_all():
        rest = 1_000_000
        while rest:
            data, passed, _, _ = right.recvmsg(1 << 16, socket.CMSG_SPACE(4))
            rest -= len(data)
            received.extend(passed)

    later(3, read_all)
    sent = socket.send_fds(left, [bytes(1_000_000)], [0])
    while len(received) < 1:
        time.sleep(0.001)
    time.sleep(0)
    return [sent, len(received)]


fork = multiprocessing.get_context("fork")
spawn = multiprocessing.get_context("spawn")


@case(12)
def multiprocessing_sleep():
    process = fork.Process(target=time.sleep, args=(12,))
    process.start()
    process.join()


@case(7, result=False, most_wakeups=2)
def multiprocessing_lock():
    lock = fork.Lock()
    lock.acquire()
    return lock.acquire(timeout=7)


@case(7, result="Empty", most_wakeups=4)
def multiprocessing_queue():
    return name_of_exception(fork.Queue().get, timeout=7)


def hold_then_release(lock, is_held, seconds):
    with lock:
        is_held.set()
        time.sleep(seconds)


def lock_released_by_another_process(context):
    lock, is_held = context.Lock(), context.Event()
    process = context.Process(target=hold_then_release, args=(lock, is_held, 5))
    process.start()
    is_held.wait()
    start = time.monotonic()
    before = own_wakeups()
    taken = lock.acquire(timeout=60)
    waited, wakeups = time.monotonic() - start, own_wakeups() - before
    lock.release()
    process.join()
    return (taken and 4.5 < waited < 5.5 and wakeups <= 3) or [taken, waited, wakeups]


@case(5, result=True)
def multiprocessing_lock_between_forked_processes():
    return lock_released_by_another_process(fork)


@case(result=True)
def multiprocessing_lock_between_spawned_processes():
    return lock_released_by_another_process(spawn)


def wait_for_lock(lock, answers):
    start = time.monotonic()
    answers.put([lock.acquire(timeout=60), round(time.monotonic() - start, 1)])


@case(4, result=lambda answer: answer[0] and 3.5 < answer[1] <= 4.1)
def multiprocessing_lock_that_a_child_waits_for():
    lock, answers = fork.Lock(), fork.Queue()
    lock.acquire()
    process = fork.Process(target=wait_for_lock, args=(lock, answers))
    process.start()
    time.sleep(4)
    lock.release()
    answer = answers.get(timeout=60)
    process.join()
    return answer


@case(3, result=True)
def multiprocessing_event_set_by_another_process():
    event = fork.Event()
    process = fork.Process(target=lambda: (time.sleep(3), event.set()))
    process.start()
    is_set = event.wait(60)
    process.join()
    return is_set


@case(3, result=7)
def multiprocessing_queue_filled_by_another_process():
    values = fork.Queue()
    process = fork.Process(target=lambda: (time.sleep(3), values.put(7)))
    process.start()
    value = values.get(timeout=60)
    process.join()
    return value


@case(8, result="TimeoutError")
def multiprocessing_pool_result():
    pool = fork.Pool(2)
    return name_of_exception(pool.apply_async(time.sleep, (100,)).get, timeout=8)


@case(20, result=0)
def fork_child_and_parent_sleep():
    pid = os.fork()
    if not pid:
        time.sleep(20)
        os._exit(0)
    time.sleep(5)
    return os.waitpid(pid, 0)[1]


@case(10)
def spawned_python_child():
    subprocess.run([sys.executable, "-S", "-c", "import time; time.sleep(10)"], check=True)
