"""Modules become one script, each in a scope of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.report.bundle import bundle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def node() -> str:
    """Return Node.js, which runs what browsers do."""
    found = shutil.which("node")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "no `node` on PATH: what a browser would do is not tried"
        )
    return found


def modules(folder: Path, **sources: str) -> Path:
    """Write modules down; return the one that is called main."""
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "main.js"


def output(node: str, script: str) -> str:
    done = subprocess.run([node, "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_module_has_what_it_imports_whatever_its_own_names_are(node: str, tmp_path: Path) -> None:
    main = modules(
        tmp_path,
        main=(
            'import {\n  twice,\n  Box as Chest,\n} from "./sums.js";\nimport { START } from "./start-up.js";\n'
            "const hidden = 1;\nconsole.log(twice(START), new Chest(3).held, hidden);\n"
        ),
        sums=(
            'import { START } from "./start-up.js";\nconst hidden = 2;\n'
            "export function twice(n) {\n  return hidden * n;\n}\n"
            "export class Box {\n  constructor(n) { this.held = n + START; }\n}\n"
        ),
        **{"start-up": "export const START = 20;\nexport const [LEFT, RIGHT] = [1, 2];\n"},
    )
    assert output(node, bundle(main)) == "40 23 1"


def test_what_several_import_is_there_once_and_runs_first(node: str, tmp_path: Path) -> None:
    main = modules(
        tmp_path,
        main='import { a } from "./a.js";\nimport { b } from "./b.js";\nconsole.log(a, b);\n',
        a='import { once } from "./once.js";\nexport const a = once();\n',
        b='import { once } from "./once.js";\nexport const b = once();\n',
        once="let count = 0;\nconsole.log('first');\nexport function once() {\n  return (count += 1);\n}\n",
    )
    assert output(node, bundle(main)).split() == ["first", "1", "2"]


@pytest.mark.parametrize(
    "source",
    [
        'import a from "./a.js";',
        'import * as a from "./a.js";',
        'import { a } from "https://elsewhere/a.js";',
        "export default 1;",
        "const a = 1;\nexport { a };",
        "export let a = 1;",
        'export * from "./a.js";',
        'const a = "</script>";',
        "const a = 1; // <!-- not even here",
    ],
)
def test_other_forms_are_refused_in_three_parts(tmp_path: Path, source: str) -> None:
    with pytest.raises(HarnessError, match=r"main\.js[^\0]*found: [^\0]*to do: "):
        bundle(modules(tmp_path, main=source, a="export const a = 1;\n"))


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    main = modules(
        tmp_path,
        main='import { a } from "./a.js";\nexport const b = 1;\n',
        a='import { b } from "./main.js";\nexport const a = 1;\n',
    )
    with pytest.raises(HarnessError, match=r"main\.js -> a\.js -> main\.js"):
        bundle(main)


def test_a_module_that_is_not_there_is_named_with_who_wants_it(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"gone\.js, from main\.js"):
        bundle(modules(tmp_path, main='import { a } from "./gone.js";\n'))
