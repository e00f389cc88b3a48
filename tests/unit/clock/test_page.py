"""The page as Python sees it."""

import stat
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clock.page import OFFSETS, Page, offset_in


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    page = Page.create(tmp_path / "page")
    yield page
    page.close()


def put_slot(  # noqa: PLR0913 - one parameter a field
    page: Page, index: int, *, tid: int, pid: int, sequence: int, deadline: int = 0, kind: str = 1, wakeups: int = 0
) -> None:
    raw = struct.pack("=iiIIqIIQQ", tid, pid, sequence, 0, deadline, 1, kind, 0, wakeups)
    place = OFFSETS["slots"] + 128 * index
    page._bytes[place : place + len(raw)] = raw  # noqa: SLF001 - plays the C side
    page.write("slots_used", max(index + 1, page.read("slots_used")))


def test_a_new_page_is_held_and_private(page: Page, tmp_path: Path) -> None:
    assert page.read("released") == 0
    assert page.read("offset") == 0
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o600


@pytest.mark.usefixtures("page")
def test_a_page_is_never_made_over_another(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        Page.create(tmp_path / "page")


@pytest.mark.parametrize("name", ["released", "target", "limit", "overflow", "jumps"])
def test_a_word_reads_back_as_written_and_touches_no_other(page: Page, name: str) -> None:
    others = {word: page.read(word) for word in ("magic", "offset", "jumper", "reason_version")}
    page.write(name, 12345)
    assert page.read(name) == 12345
    assert {word: page.read(word) for word in others} == others


def test_words_lie_on_their_own_size() -> None:
    assert all(OFFSETS[name] % 8 == 0 for name in ("offset", "limit", "target", "jumps", "pins", "pin_totals", "slots"))


def test_two_mappings_see_the_same_words(page: Page, tmp_path: Path) -> None:
    other = Page(tmp_path / "page")
    page.write("offset", 10**18)
    assert other.read("offset") == 10**18
    other.close()


def test_slots_are_listed_while_somebody_owns_them(page: Page) -> None:
    put_slot(page, 0, tid=0, pid=0, sequence=0)
    put_slot(page, 1, tid=11, pid=10, sequence=3, deadline=5, kind=6, wakeups=2)
    put_slot(page, 2, tid=12, pid=10, sequence=4, kind=99)
    first, second = page.slots()
    assert (first.tid, first.pid, first.is_waiting, first.deadline_ns, first.kind, first.wakeups) == (
        11,
        10,
        True,
        5,
        "condition",
        2,
    )
    assert (second.tid, second.is_waiting, second.kind) == (12, False, "unknown")


def test_a_process_between_two_images_does_not_count_as_registered(page: Page) -> None:
    place = OFFSETS["processes"]
    page._bytes[place : place + 12] = struct.pack("=iii", 7, -8, 0)  # noqa: SLF001 - plays the C side
    page.write("processes_used", 3)
    assert page.processes() == {7}


def test_a_reason_is_read_up_to_its_end(page: Page) -> None:
    place = OFFSETS["reason"]
    page._bytes[place : place + 5] = b"why\0x"  # noqa: SLF001 - plays the C side
    assert page.reason() == "why"


def test_the_offset_can_be_read_by_somebody_who_does_not_map_the_page(page: Page, tmp_path: Path) -> None:
    page.write("offset", 3600 * 10**9)
    assert offset_in(tmp_path) == 3600 * 10**9


def test_without_a_page_time_is_real(tmp_path: Path) -> None:
    assert offset_in(tmp_path / "nowhere") == 0
