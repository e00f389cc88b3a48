from __future__ import annotations

import json
from typing import Any

import pytest

from harness.history import events, redis_events
from harness.recorder.reading import Fact, Reading
from harness.recorder.stream import Command

S = 1_000_000_000
CLAIM = "celery-taskset-meta-g1.c"


class Redis:
    """Gives commands to a reading, one after another."""

    def __init__(self) -> None:
        self._reading = Reading()
        self.now_s = 0.0

    def __call__(self, name: str, *arguments: str, client: str = "10.0.0.1:1") -> Fact | None:
        return self._reading.fact(
            Command(server_ns=round(self.now_s * S), database=0, client=client, name=name, arguments=arguments)
        )

    def claim(self, token: str, seconds: int = 10) -> bool:
        """Try to claim the chord, as Celery's script does; return whether that was read as a success."""
        fact = self("SET", CLAIM, token, "NX", "EX", str(seconds))
        assert fact is None or fact[0] == "BodyClaimed"
        return fact is not None


@pytest.fixture
def redis() -> Redis:
    """What a testbed's Redis is told."""
    return Redis()


def message(task_id: str = "1", tag: str = "t1", **more: object) -> dict[str, Any]:
    return {
        "body": "W10=",
        "content-type": "application/json",
        "headers": {"id": task_id, "task": "A"},
        "properties": {"delivery_tag": tag, "priority": 0, "delivery_info": {}},
        **more,
    }


def read(fact: Fact | None) -> events.Event:
    """Return the event that a reader makes of a fact."""
    assert fact is not None
    kind, fields = fact
    event: events.Event = getattr(events, kind)(source_index=0, wall_ns=0, virtual_ns=0, **fields)
    return event


# ---- messages ----------------------------------------------------------------------------------------------------


def test_a_message_in_a_queue_is_known_by_queue_task_and_tag(redis: Redis) -> None:
    event = read(redis("LPUSH", "celery", json.dumps(message())))
    assert isinstance(event, redis_events.Queued)
    assert (event.queue, event.task_id, event.delivery_tag, event.client) == ("celery", "1", "t1", "10.0.0.1:1")


def test_a_queue_goes_by_its_name_whatever_the_priority(redis: Redis) -> None:
    event = read(redis("LPUSH", "celery\x06\x163", json.dumps(message())))
    assert isinstance(event, redis_events.Queued)
    assert event.queue == "celery"


def test_a_message_that_is_restored_is_queued_again(redis: Redis) -> None:
    event = read(redis("RPUSH", "celery", json.dumps(message())))
    assert isinstance(event, redis_events.Queued)
    assert event.task_id == "1"


def test_a_reply_to_the_harness_is_queued_for_no_task(redis: Redis) -> None:
    event = read(redis("LPUSH", "1234.reply.celery.pidbox", json.dumps(message() | {"headers": {}})))
    assert isinstance(event, redis_events.Queued)
    assert event.task_id is None


@pytest.mark.parametrize(
    "value", ["plain text", "[1, 2]", "{}", '"text"', "7", r"\x80\x04\x95", '{"properties": 1', "", "null"]
)
def test_a_list_that_is_no_queue_is_passed_over(redis: Redis, value: str) -> None:
    assert redis("LPUSH", "my-list", value) is None
    assert redis("RPUSH", "my-list", value) is None
    assert redis("LPUSH", "my-list") is None


@pytest.mark.parametrize(
    "value", [{"properties": []}, {"properties": None}, {"properties": {}, "headers": None}, {"properties": "x"}]
)
def test_an_apps_own_data_never_ends_the_recorder(redis: Redis, value: dict[str, Any]) -> None:
    redis("LPUSH", "my-list", json.dumps(value))
    redis("HSET", "my-unacked", "field", json.dumps([value]))
    redis("HSET", "my-unacked", "field", json.dumps([1]))


def test_a_message_that_was_handed_over_is_known_by_its_tag(redis: Redis) -> None:
    event = read(redis("HSET", "unacked", "t1", json.dumps([message(), "", "celery"])))
    assert isinstance(event, redis_events.Unacked)
    assert (event.delivery_tag, event.task_id) == ("t1", "1")


def test_a_message_that_cannot_be_read_is_handed_over_all_the_same(redis: Redis) -> None:
    event = read(redis("HSET", "unacked", "t1", r"\x80"))
    assert isinstance(event, redis_events.Unacked)
    assert (event.delivery_tag, event.task_id) == ("t1", None)


def test_a_message_that_was_acknowledged_is_known_by_its_tag(redis: Redis) -> None:
    event = read(redis("HDEL", "unacked", "t1"))
    assert isinstance(event, redis_events.Acked)
    assert event.delivery_tag == "t1"


def test_other_hashes_are_passed_over(redis: Redis) -> None:
    assert redis("HSET", "my-hash", "t1", json.dumps([message()])) is None
    assert redis("HDEL", "my-hash", "t1") is None


# ---- results -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE", "RETRY"])
def test_a_stored_result_is_known_by_its_task_and_state(redis: Redis, state: str) -> None:
    for command in (("SETEX", "celery-task-meta-1", "86400"), ("SET", "celery-task-meta-1")):
        event = read(redis(*command, json.dumps({"status": state, "result": None})))
        assert isinstance(event, redis_events.ResultStored)
        assert (event.task_id, event.state) == ("1", state)


def test_a_result_with_a_key_prefix_is_known_all_the_same(redis: Redis) -> None:
    event = read(redis("SETEX", "mine_celery-task-meta-1", "86400", '{"status": "SUCCESS"}'))
    assert isinstance(event, redis_events.ResultStored)
    assert event.task_id == "1"


def test_a_result_that_cannot_be_read_is_stored_with_no_known_state(redis: Redis) -> None:
    event = read(redis("SETEX", "celery-task-meta-1", "86400", r"\x80\x04"))
    assert isinstance(event, redis_events.ResultStored)
    assert event.state is None


# ---- chords ------------------------------------------------------------------------------------------------------


def test_a_counted_member_is_known_by_its_group_and_task(redis: Redis) -> None:
    event = read(redis("ZADD", "celery-taskset-meta-g1.j", "0", json.dumps([1, "7", "SUCCESS", {"a": 1}])))
    assert isinstance(event, redis_events.ChordCounted)
    assert (event.group_id, event.task_id) == ("g1", "7")


def test_a_member_that_cannot_be_read_counts_all_the_same(redis: Redis) -> None:
    event = read(redis("ZADD", "celery-taskset-meta-g1.j", "0", r"\x80"))
    assert isinstance(event, redis_events.ChordCounted)
    assert event.task_id is None


def test_a_member_of_a_chord_without_order_counts_as_well(redis: Redis) -> None:
    event = read(redis("RPUSH", "celery-taskset-meta-g1.j", json.dumps([1, "7", "SUCCESS", 1])))
    assert isinstance(event, redis_events.ChordCounted)
    assert event.task_id == "7"


def test_other_sorted_sets_are_passed_over(redis: Redis) -> None:
    assert redis("ZADD", "unacked_index", "1700000000", "t1") is None


def test_the_first_to_claim_a_body_has_it_and_the_second_has_not(redis: Redis) -> None:
    assert redis.claim("mine")
    assert not redis.claim("yours")


def test_claims_of_different_chords_are_no_matter_to_each_other(redis: Redis) -> None:
    assert redis.claim("mine")
    assert redis("SET", "celery-taskset-meta-g2.c", "yours", "NX", "EX", "10") is not None


def test_a_claim_that_has_run_out_can_be_taken_again(redis: Redis) -> None:
    assert redis.claim("mine", seconds=10)
    redis.now_s = 9.9
    assert not redis.claim("yours")
    redis.now_s = 10
    assert redis.claim("yours")


def test_a_claim_that_was_extended_lasts_from_then_on(redis: Redis) -> None:
    assert redis.claim("mine", seconds=10)
    redis.now_s = 8
    assert redis("EXPIRE", CLAIM, "60") is None
    redis.now_s = 67
    assert not redis.claim("yours")
    redis.now_s = 68
    assert redis.claim("yours")


def test_its_holder_may_take_a_lapsed_claim_again_without_becoming_a_second_one(redis: Redis) -> None:
    assert redis.claim("mine", seconds=10)
    redis.now_s = 11
    assert redis("SET", CLAIM, "mine", "EX", "60", "NX") is None
    redis.now_s = 12
    assert not redis.claim("yours")


def test_the_mark_that_a_chord_is_over_is_no_claim(redis: Redis) -> None:
    assert redis.claim("mine")
    assert redis("SET", CLAIM, "done", "EX", "300") is None


def test_a_claim_that_was_deleted_can_be_taken_again(redis: Redis) -> None:
    assert redis.claim("mine")
    redis("DEL", "something else", CLAIM)
    assert redis.claim("yours")


def test_an_expiry_or_a_deletion_of_what_was_never_claimed_is_no_matter(redis: Redis) -> None:
    assert redis("EXPIRE", CLAIM, "60") is None
    assert redis("DEL", CLAIM) is None
    assert redis.claim("mine")


# ---- everything else ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("PING",),
        ("SELECT", "1"),
        ("BRPOP", "celery", "1"),
        ("SUBSCRIBE", "celery-task-meta-1"),
        ("PUBLISH", "celery-task-meta-1", "{}"),
        ("GET", "celery-task-meta-1"),
        ("SET", "my-key", "1"),
        ("SET", "my-key", "1", "NX"),
        ("EXPIRE", "my-key", "1"),
        ("FACT",),
        ("", "x"),
    ],
)
def test_a_command_that_means_nothing_to_a_run_is_passed_over(redis: Redis, command: tuple[str, ...]) -> None:
    assert redis(*command) is None
