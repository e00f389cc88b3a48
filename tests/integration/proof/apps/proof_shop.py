"""A shop, as people write them: no word of the harness in it, and a broker that nobody can reach."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from celery import Celery, Task, chord

app = Celery("proof_shop", broker="redis://broker.invalid:6379/0", backend="rpc://")


class ShopError(Exception):
    pass


class Declined(ShopError):  # noqa: N818 - a user's
    """Its constructor takes something else than it hands on."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


class Wrapping(Task):
    """A task whose class does something around every call."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return {"wrapped": super().__call__(*args, **kwargs)}


class Classy(Task):
    """A task that is a class."""

    name = "proof_shop.classy"

    def run(self, x: int) -> int:
        return x * 2


@app.task
def add(x: int, y: int = 1) -> int:
    return x + y


@app.task
def total(parts: list[int]) -> int:
    return sum(parts)


@app.task(bind=True)
def bound(self: Any, x: int) -> list[Any]:
    return [self.name, self.request.retries, x]


@app.task(base=Wrapping)
def wrapping(x: int) -> int:
    return x


@app.task(autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False, max_retries=3)
def charge(amount: int) -> int:
    return amount


@app.task(autoretry_for=(OSError,), retry_backoff=2, retry_jitter=False, max_retries=3)
def pays_and_tells(amount: int) -> int:
    add.delay(amount)
    return amount


@app.task(bind=True, max_retries=2)
def retries_itself(self: Any, x: int, delays: list[float]) -> int:
    if self.request.retries < len(delays):
        raise self.retry(countdown=delays[self.request.retries])
    return x


@app.task(soft_time_limit=5)
def soft(x: int) -> int:
    return x


@app.task(time_limit=5)
def hard(x: int) -> int:
    return x


@app.task(ignore_result=True)
def quiet(x: int) -> int:
    return x


@app.task
def long_text(size: int) -> str:
    return "grün" * (size // 4)


@app.task
def declines(*_: object) -> None:
    raise Declined(7, "no credit")


@app.task
def fails_twice_over(*_: object) -> None:
    try:
        message = "no disk"
        raise OSError(message)  # noqa: TRY301 - for its context
    except OSError as error:
        message = "both"
        raise ExceptionGroup(message, [ValueError("one"), Declined(1, "two")]) from error


@app.task
def now(*_: object) -> float:
    return time.time()


@app.task(bind=True)
def becomes_two(self: Any, x: int) -> Any:
    raise self.replace(chord([add.s(x, 1), add.s(x, 2)], total.s()))


@app.task
def calls_charge(amount: int) -> int:
    return charge(amount) + 1


@app.task
def exits(*_: object) -> None:
    os._exit(3)


@app.task
def kills_its_worker(*_: object) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(100)


classy = app.register_task(Classy())


# ---- code that sends by itself -----------------------------------------------------------------------------------


def checkout(amount: int, *, twice: bool = False) -> Any:
    if twice:
        charge.delay(amount)
    return (charge.s(amount) | add.s(100)).delay()


def sends_several() -> list[Any]:
    return [add.delay(1, 1), add.delay(2, 2)]


def answers_like_a_view() -> object:
    add.delay(1)
    return object()


def sends_nothing() -> int:
    return 5


def sends_later() -> Any:
    return now.apply_async(countdown=30), time.time()


def breaks() -> None:
    add.delay(1)
    message = "no stock"
    raise LookupError(message)
