"""A run as a trace: the JSON that ui.perfetto.dev and Chrome's chrome://tracing open.

Workers are its processes, with a track for every attempt that ran at the same time; messages are its flows, a chord's
count is its counter. The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.format import AttemptTold, Report

Slice = dict[str, Any]

# Processes of the trace that are none of the run.
_CHORDS, _FAULTS, _SENDING = 1, 2, 3
_FIRST_PROCESS = 10
_SHOWN_FOR_US = 1  # of what takes no time


def trace_of(report: Report) -> bytes:
    """Return a trace of a run."""
    tracks = _tracks(report)
    slices = [
        *_attempts(report, tracks),
        *_retries(report),
        *_messages(report, tracks),
        *_chords(report),
        *_faults(report),
    ]
    slices.sort(key=lambda one: one["ts"])
    told = {"run": report.run.name, "t0": report.run.t0_iso, "clock": report.run.clock.kind}
    return msgspec.json.encode({"displayTimeUnit": "ms", "otherData": told, "traceEvents": [*_names(report), *slices]})


def _names(report: Report) -> Iterator[Slice]:
    names = {_CHORDS: "chords", _FAULTS: "faults", _SENDING: "sender"}
    at_work = {attempt.process for attempt in report.attempts}
    for number, process in enumerate(report.processes):
        if number in at_work:
            names[_FIRST_PROCESS + number] = f"{process.process} ({process.role})"
    for pid, name in names.items():
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}
        yield {"ph": "M", "name": "process_sort_index", "pid": pid, "tid": 0, "args": {"sort_index": pid}}


def _tracks(report: Report) -> list[int]:
    """Give each attempt a track of its process, where no other one that lasts at the same time is."""
    free_from: dict[int, list[int]] = {}
    tracks = []
    for attempt in report.attempts:  # in the order of their starts
        ends = free_from.setdefault(attempt.process, [])
        track = next((number for number, end in enumerate(ends) if end <= attempt.start), len(ends))
        ends[track : track + 1] = [attempt.start + _lasted(report, attempt)]
        tracks.append(track + 1)
    return tracks


def _lasted(report: Report, attempt: AttemptTold) -> int:
    end = attempt.closed if attempt.closed is not None else attempt.end
    return max((report.run.span_us[1] if end is None else end) - attempt.start, _SHOWN_FOR_US)


def _attempts(report: Report, tracks: Sequence[int]) -> Iterator[Slice]:
    for attempt, track in zip(report.attempts, tracks, strict=True):
        task = report.tasks[attempt.task]
        exception = None if attempt.exception is None else report.values[attempt.exception]
        yield {
            "ph": "X",
            "name": f"{task.name} #{attempt.retries + 1}",
            "cat": attempt.ending,
            "ts": attempt.start,
            "dur": _lasted(report, attempt),
            "pid": _FIRST_PROCESS + attempt.process,
            "tid": track,
            "args": {"task_id": task.id, "ending": attempt.ending, "exception": exception},
        }


def _retries(report: Report) -> Iterator[Slice]:
    """Yield the waits between attempts, which no process spends."""
    for number, retry in enumerate(report.retries):
        until = retry.asked_at + (retry.asked_us if retry.observed_us is None else retry.observed_us)
        about = {
            "name": f"{report.tasks[retry.task].name} waits",
            "cat": "retry",
            "id": number,
            "pid": _FIRST_PROCESS + report.attempts[retry.from_].process,
            "tid": 0,
        }
        told = {"asked_s": retry.asked_us / 1e6, "formula": retry.formula, "error_us": retry.error_us}
        yield {"ph": "b", "ts": retry.asked_at, "args": told, **about}
        yield {"ph": "e", "ts": until, **about}


def _messages(report: Report, tracks: Sequence[int]) -> Iterator[Slice]:
    """Yield a flow for each message that led to an attempt, from its sender."""
    for number, message in enumerate(report.messages):
        if message.to is None:
            continue
        name = report.tasks[message.task].name
        sender = None if message.from_ is None else report.attempts[message.from_]
        pid, tid = (_SENDING, 1)
        if sender is not None and message.from_ is not None:
            pid, tid = _FIRST_PROCESS + sender.process, tracks[message.from_]
        else:
            sending = {"name": f"send {name}", "cat": "message", "args": {"queue": message.queue}}
            yield {"ph": "X", "ts": message.sent, "dur": _SHOWN_FOR_US, "pid": pid, "tid": tid, **sending}
        to = report.attempts[message.to]
        about = {"name": name, "cat": "message", "id": number}
        yield {"ph": "s", "ts": message.sent, "pid": pid, "tid": tid, **about}
        yield {
            "ph": "f",
            "bp": "e",
            "ts": to.start,
            "pid": _FIRST_PROCESS + to.process,
            "tid": tracks[message.to],
            **about,
        }


def _chords(report: Report) -> Iterator[Slice]:
    for number, chord in enumerate(report.chords, 1):
        name = f"chord {number}" if chord.body is None else f"chord {number}: {report.tasks[chord.body].name}"
        for count, one in enumerate(chord.counts, 1):
            yield {"ph": "C", "name": name, "ts": one.at, "pid": _CHORDS, "tid": 0, "args": {"counted": count}}
        if chord.triggered is not None:
            yield {"ph": "i", "s": "p", "name": f"{name} sent", "ts": chord.triggered, "pid": _CHORDS, "tid": 0}


def _faults(report: Report) -> Iterator[Slice]:
    for fault in report.faults:
        lasted = max((fault.from_ if fault.to is None else fault.to) - fault.from_, _SHOWN_FOR_US)
        about = {"name": fault.name, "cat": "fault", "args": {"what": fault.what}}
        yield {"ph": "X", "ts": fault.from_, "dur": lasted, "pid": _FAULTS, "tid": 1, **about}
