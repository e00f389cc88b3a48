"""What is run, under which conditions, and what must come of it. Data only: nothing here starts anything."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import UsageError
from harness.laws.book import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.faults import Fault

Pool = Literal["prefork", "threads", "solo"]
ClockName = Literal["virtual", "real"]
CLOCKS: tuple[ClockName, ...] = ("virtual", "real")
# How much later than asked a retry may start. It is the machine's load that is allowed for, not Celery's error.
DELAY_TOLERANCE_S: Mapping[str, float] = {"virtual": 0.05, "real": 0.5}
POOLS: tuple[Pool, ...] = ("prefork", "threads", "solo")
TESTBEDS = ("local", "containers")
BrokerName = Literal["redis", "rabbitmq"]
BROKERS: tuple[BrokerName, ...] = ("redis", "rabbitmq")
# The conditions that only containers can fulfil.
IMAGES = ("redis_image", "python_image", "rabbitmq_image")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """A canvas that is built in the sender: `module:function`, called with these arguments, returns its signature."""

    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["built"] = "built"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCanvas:
    """A canvas that was built elsewhere and travels as data, in its app's own serializer (the body in base64)."""

    text: str
    content_type: str
    content_encoding: str
    body: str
    kind: Literal["given"] = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSending:
    """Code of the author's that sends by itself: `module:function`, called in the sender with these arguments."""

    call: str
    file: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["own"] = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an app needs around it to be found and to work."""

    search_path: tuple[str, ...] = ()  # where modules are looked for, before anywhere else
    file: str | None = None  # its module's, if that cannot be imported by its name
    environment: Mapping[str, str] = field(default_factory=dict)
    queues: tuple[str, ...] = ()  # that workers consume besides those that the app itself tells of
    files: Mapping[str, str] = field(default_factory=dict)  # by the variable that says where: files that are kept
    redis_keeps_data: bool = False  # over a restart: appendonly, appendfsync always


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A program that the tasks talk to. It is run as `python -m module` and follows systemd's socket activation."""

    module: str
    url_variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come of a scenario: its outcome, the attempts of each task, the delays that its retries ask for."""

    outcome: Literal["success", "error", "incomplete"]
    attempts: Mapping[str, int]
    root_cause: str | None = None
    retry_delays: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A canvas, what its surroundings do to it, and what must come of it."""

    name: str
    title: str
    app: str
    canvas: Canvas | GivenCanvas | OwnSending
    expected: Expected | None = None
    laws: tuple[str, ...] = ()  # those that it must exercise
    violates: tuple[str, ...] = ()  # those that Celery, as is known of it, violates here: these and no other
    own_laws: str | None = None  # `module:name` of laws that are about it alone; see harness/laws/own.py
    behaviour: Mapping[str, Any] = field(default_factory=dict)  # see harness/behaviour.py
    surroundings: Surroundings = Surroundings()
    service: Service | None = None
    faults: tuple[Fault, ...] = ()
    loses: tuple[str, ...] = ()  # the tasks whose messages are lost, one for each message: these and no others
    budget_s: float = 120.0
    is_run_by_default: bool = True  # or only if it is named
    suits: Mapping[str, Any] = field(default_factory=dict)  # conditions, where nobody asks for others

    def seeded(self, seeds: int) -> Scenario:
        """Return this scenario over so many seeds."""
        if isinstance(self.canvas, GivenCanvas) or "seeds" not in self.canvas.arguments:
            raise UsageError("--seeds for scenarios that have some", self.name, "leave --seeds out")
        return replace(self, canvas=replace(self.canvas, arguments={**self.canvas.arguments, "seeds": seeds}))

    def __post_init__(self) -> None:
        """Refuse a name that could not be a folder's, and laws that there are not."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", self.name):
            raise UsageError("a scenario's name of letters, digits, `_`, `-` and `.`", self.name, "give it another")
        for law in (*self.laws, *self.violates):
            if law not in NAMES and self.own_laws is None:
                raise UsageError(f"the name of a law, one of {', '.join(NAMES)}", law, _remedy(law))


def _remedy(law: object) -> str:
    close = get_close_matches(law, NAMES, n=1) if isinstance(law, str) else ()
    return f"write {close[0]!r}" if close else "name one of those, or none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Chords of one size that are sent together. Who knows races makes a scenario of it."""

    name: str
    chords: int
    members: int  # of each header
    at_once: int  # how many chords there is room for at a time, all members of theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under what circumstances a scenario is run."""

    testbed: str = "local"
    clock: ClockName = "virtual"
    workers: int = 1
    pool: Pool = "prefork"
    concurrency: int = 2
    records_commands: bool = True
    redis_server: str | None = None
    broker: BrokerName = "redis"  # results are in Redis in any case
    # Of containers. None: what the environment says, else the official one (harness/testbed/images.py).
    redis_image: str | None = None
    python_image: str | None = None
    rabbitmq_image: str | None = None

    def on_local(self) -> Conditions:
        """Return what of these a local testbed can be asked for: images and brokers mean nothing to it."""
        return replace(self, testbed="local", broker="redis", redis_image=None, python_image=None, rabbitmq_image=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A scenario fixed under conditions. Two experiments with the same id ask the same question."""

    scenario: Scenario
    conditions: Conditions

    @property
    def id(self) -> str:
        """A hash of everything that is fixed."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
