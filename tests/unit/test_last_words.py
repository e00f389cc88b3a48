from __future__ import annotations

from pathlib import Path

import pytest

from harness import last_words

OURS = Path(last_words.__file__).parent
PACKAGES = "/venv/lib/python3.12/site-packages"
HEAD, ERROR = "Traceback (most recent call last):", "ValueError: no"


def frame(file: str, line: str = "go()") -> str:
    return f'  File "{file}", line 1, in go\n    {line}\n    ^^^^'


def test_an_authors_traceback_begins_with_an_authors_frame() -> None:
    text = "\n".join(
        (
            HEAD,
            frame("<frozen runpy>"),
            frame(f"{OURS}/sender.py"),
            frame(f"{PACKAGES}/celery/app/utils.py"),
            frame("/usr/lib/python3.12/importlib/__init__.py"),
            frame("/shop/app.py"),
            frame(f"{PACKAGES}/kombu/entity.py"),
            ERROR,
        )
    )
    expected = "\n".join((HEAD, frame("/shop/app.py"), frame(f"{PACKAGES}/kombu/entity.py"), ERROR))
    assert last_words.of_log(text) == expected


def test_where_nothing_was_an_authors_the_deepest_frames_are_left() -> None:
    files = [f"{PACKAGES}/click/core.py", f"{PACKAGES}/celery/bin/worker.py", f"{PACKAGES}/celery/app/amqp.py"]
    text = "\n".join((HEAD, *map(frame, files), ERROR))
    assert last_words.of_log(text) == "\n".join((HEAD, *map(frame, files[1:]), ERROR))


def test_where_something_cannot_be_found_the_exception_says_it_all() -> None:
    error = "ModuleNotFoundError: No module named 'shop'"
    text = "\n".join((HEAD, frame(f"{PACKAGES}/kombu/utils/imports.py"), frame("<frozen importlib._bootstrap>"), error))
    assert last_words.of_log(text) == error


def test_a_defect_of_ours_is_shown_whole() -> None:
    text = "\n".join((HEAD, frame(f"{PACKAGES}/celery/bin/worker.py"), frame(f"{OURS}/probe/attempts.py"), ERROR))
    assert last_words.of_log(text) == text


def test_where_the_syntax_is_wrong_the_place_is_left() -> None:
    place = "  File \"/shop/app.py\", line 3\n    app = (\n          ^\nSyntaxError: '(' was never closed"
    text = "\n".join((HEAD, frame(f"{OURS}/sender.py"), frame("<frozen importlib._bootstrap>"), place))
    assert last_words.of_log(text) == place
    assert last_words.headline(text) == "SyntaxError: '(' was never closed"


def test_every_traceback_of_a_chain_is_shortened() -> None:
    first = (HEAD, frame(f"{PACKAGES}/click/core.py"), frame("/shop/a.py"), "KeyError: 'a'")
    second = (HEAD, frame(f"{OURS}/sender.py"), frame("/shop/b.py"), ERROR)
    between = ("", "During handling of the above exception, another exception occurred:", "")
    said = last_words.of_log("\n".join((*first, *between, *second)))
    assert [line for line in said.splitlines() if "File" in line] == [
        '  File "/shop/a.py", line 1, in go',
        '  File "/shop/b.py", line 1, in go',
    ]
    assert "KeyError: 'a'" in said


def test_what_celery_tells_everybody_who_is_root_is_left_out() -> None:
    warning = (
        "/x/platforms.py:893: SecurityWarning: You're running the worker with superuser privileges: this is\n"
        "absolutely not recommended!\n\nUser information: uid=0\n\n  _warn_or_raise_security_error(egid, euid,\n"
    )
    assert last_words.of_log(f"before\n{warning}after") == "before\nafter"


def test_of_a_long_log_whole_lines_of_the_end_are_left() -> None:
    said = last_words.of_log("\n".join(f"line {number}" for number in range(1000)))
    assert said.startswith("[...]\nline ")
    assert said.endswith("\nline 999")
    assert len(said) < 3100


def test_an_exception_at_hand_is_told_as_a_log_is() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 // 0
    assert last_words.of_exception(caught.value).splitlines()[-1].startswith("ZeroDivisionError: ")
    assert __file__ in last_words.of_exception(caught.value)
