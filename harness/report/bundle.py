"""Makes one script of a page's modules: a script inside a page cannot import another one.

Owns the forms that modules may have: `import { a, b as c } from "./x.js";`, and `export` before a function, a class, a
const or `const [a, b]`, each at the beginning of a line. Refuses all others, cycles, and what would end the script's
element.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

_IMPORT = re.compile(r"^import\s*\{([^{}]*)\}\s*from\s*\"\./([\w-]+\.js)\";[ \t]*$", re.MULTILINE)
_NAME = r"[A-Za-z_$][\w$]*"
_EXPORT = re.compile(
    rf"^export (?=(?:(?:async function\*?|function\*?|class|const)\s*({_NAME})|const \[({_NAME}(?:, {_NAME})*)\]))",
    re.MULTILINE,
)
_STRANGE = re.compile(r"^\s*(?:import\b(?!\()|export\b).*$", re.MULTILINE)
_ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)


def bundle(entry: Path) -> str:
    """Return a module and all that it imports as one script, each in a scope of its own, what is imported first."""
    scopes: dict[str, str] = {}
    _add(entry, scopes, ())
    return "\n".join(scopes.values())


def _add(path: Path, scopes: dict[str, str], importing: tuple[str, ...]) -> None:
    """Add a module behind those that it imports."""
    if path.name in importing:
        raise _refusal(path, "modules that do not import each other", " -> ".join((*importing, path.name)))
    if path.name in scopes:
        return
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _refusal(path, "the modules that are imported", f"{path.name}, from {', '.join(importing)}") from None
    for found in _IMPORT.finditer(source):
        _add(path.with_name(found[2]), scopes, (*importing, path.name))
    scopes[path.name] = _scope(path, source)


def _scope(path: Path, source: str) -> str:
    """Return a module as a function's scope that gives back what it exports."""
    exported = [one or several for one, several in _EXPORT.findall(source)]
    body = _EXPORT.sub("", _IMPORT.sub(_taken, source))
    for pattern, expected in (
        (_STRANGE, 'import { a } from "./x.js"; and export before function, class or const'),
        (_ENDS_SCRIPT, "nothing that would end the element of a script"),
    ):
        if strange := pattern.search(body):
            raise _refusal(path, expected, strange[0].strip())
    return f"const {_variable(path.name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _taken(found: re.Match[str]) -> str:
    """Write an import as what a scope of another module has given back."""
    names = [name.split() for name in found[1].split(",") if name.strip()]
    taken = [name[0] if len(name) == 1 else f"{name[0]}: {name[-1]}" for name in names]
    return f"const {{ {', '.join(taken)} }} = {_variable(found[2])};"


def _variable(module: str) -> str:
    return "$" + re.sub(r"\W", "_", module.removesuffix(".js"))


def _refusal(path: Path, expected: str, found: str) -> HarnessError:
    return HarnessError(f"of the page's module {path.name}: {expected}", found, "mend harness/report/page")
