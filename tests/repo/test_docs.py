"""What the documentation names is there, and what is there it names."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.cli.run_command import run as run_command
from harness.history import events
from harness.history.history import Attempt
from harness.proof.proved import Proved
from harness.proof.wishes import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TEXT = {page.name: page.read_text() for page in PAGES}
SNIPPETS = [
    pytest.param(ast.parse(snippet), id=f"{name}-{number}")
    for name, text in TEXT.items()
    for number, snippet in enumerate(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE), 1)
]


def names_in_ticks(text: str) -> set[str]:
    return {name for tick in re.findall(r"`([^`\n]+)`", text) for name in re.split(r"[ ,|]+", tick)}


def marks(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.testbed":
            yield node


@pytest.mark.parametrize("tree", SNIPPETS)
def test_what_snippets_import_from_the_harness_is_there(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("harness", "canvas_harness")):
            module = import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


@pytest.mark.parametrize("tree", SNIPPETS)
def test_what_snippets_ask_of_a_run_is_there(tree: ast.Module) -> None:
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "run"
    }
    assert asked <= set(dir(Proved))


@pytest.mark.parametrize("tree", SNIPPETS)
def test_snippets_mark_tests_with_options_that_the_mark_has(tree: ast.Module) -> None:
    assert {str(keyword.arg) for mark in marks(tree) for keyword in mark.keywords} <= set(OPTIONS)


@pytest.mark.parametrize("name", TEXT)
def test_marks_within_a_text_have_options_that_the_mark_has(name: str) -> None:
    for mark in re.findall(r"@(pytest\.mark\.testbed\([^.`]*\))`", TEXT[name]):
        assert {str(keyword.arg) for call in marks(ast.parse(mark)) for keyword in call.keywords} <= set(OPTIONS)


def test_the_settings_have_every_option_of_the_mark() -> None:
    section = TEXT["settings.md"].partition("## The mark")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` ", section, re.MULTILINE) == list(OPTIONS)


def test_the_settings_have_every_option_of_pytest_and_of_the_command() -> None:
    plugin = set(re.findall(r'"(--[a-z-]+)"', (ROOT / "harness/plugin.py").read_text()))
    command = {option for one in run_command.params for option in (*one.opts, *one.secondary_opts) if "--" in option}
    sections = {part.partition("\n")[0]: part for part in TEXT["settings.md"].split("\n## ")}
    assert set(re.findall(r"^\| `(--[a-z-]+)", sections["pytest's options"], re.MULTILINE)) == plugin
    assert {name for name in names_in_ticks(sections["The command"]) if name.startswith("--")} - {"--help"} == command


@pytest.mark.parametrize("name", TEXT)
def test_options_and_variables_are_known(name: str) -> None:
    source = "".join(
        path.read_text() for path in (ROOT / "harness").rglob("*") if path.suffix in {".py", ".c"} and path.is_file()
    )
    for word in re.findall(r"(?<![\w-])--[a-z][a-z-]+|\b(?:CANVAS_)?HARNESS_[A-Z_]+", TEXT[name]):
        assert word in source or word == "--help", word


def test_every_event_is_in_the_vocabulary_and_every_question_can_be_asked() -> None:
    text = TEXT["reading-a-history.md"]
    section = text.partition("## The events")[2].partition("Every event has")[0]
    for row in re.findall(r"^\| (`[A-Z].*?) \|", section, re.MULTILINE):
        for name in names_in_ticks(row):
            assert issubclass(getattr(events, name), msgspec.Struct), name
    assert set(re.findall(r"`run\.(?!json)(\w+)", text)) <= set(dir(Proved))
    described = text.partition("An attempt has")[2].partition("(`succeeded`")[0]
    attempt = set(Attempt.__dataclass_fields__) | set(dir(Attempt)) | set(events.AttemptStarted.__struct_fields__)
    assert names_in_ticks(described) <= attempt


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
        for folder in re.findall(r"`(examples/\w*|harness/[\w/.]+)`", page.read_text()):
            assert (ROOT / folder).exists(), f"{page.name}: {folder}"


def test_the_first_proof_is_the_shop_of_the_examples() -> None:
    snippets = re.findall(r"^```python\n(.*?)^```", TEXT["first-proof.md"], re.DOTALL | re.MULTILINE)
    assert snippets[0] == (ROOT / "examples/shop/shop.py").read_text()
    assert snippets[1] == (ROOT / "examples/shop/test_shop.py").read_text()


def test_each_example_says_how_to_run_it_and_names_its_files() -> None:
    for readme in (ROOT / "examples").glob("*/README.md"):
        text = readme.read_text()
        commands = re.findall(r"^    (.*)$", text, re.MULTILINE)
        assert commands == [
            "python3 -m venv .venv",
            ".venv/bin/pip install -q -r requirements.txt",
            ".venv/bin/pytest",
        ]
        for file in re.findall(r"^\| `(\S+)` ", text, re.MULTILINE):
            assert (readme.parent / file).is_file(), f"{readme.parent.name}: {file}"
