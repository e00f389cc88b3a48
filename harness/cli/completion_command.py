"""`harness completion`: the script with which a shell completes commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_HARNESS_COMPLETE"
_INSTALL = {
    "bash": "echo 'eval \"$(harness completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(harness completion zsh)\"' >> ~/.zshrc",
    "fish": ("mkdir -p ~/.config/fish/completions; harness completion fish > ~/.config/fish/completions/harness.fish"),
}
# By this first line zsh knows a file of completions in its folders for them (`fpath`).
_ZSH_MARK = "#compdef harness\n"
# A zsh completes nothing by itself until this has been said; many settings say it, an empty .zshrc does not.
_ZSH_BEGIN = "(( $+functions[compdef] )) || { autoload -Uz compinit; compinit -i }\n"


@click.command(short_help="Print what makes a shell complete `harness`.")
@click.argument("shell", type=click.Choice(tuple(_INSTALL)))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete commands, options and scenarios.

    \b
    Examples, each once and for all:
      echo 'eval "$(harness completion bash)"' >> ~/.bashrc
      echo 'eval "$(harness completion zsh)"' >> ~/.zshrc
      mkdir -p ~/.config/fish/completions
      harness completion fish > ~/.config/fish/completions/harness.fish
    """
    from harness.cli.main import commands  # noqa: PLC0415 - which holds this command

    script = get_completion_class(shell)
    assert script is not None
    source = script(commands, {}, "harness", _VARIABLE).source()
    mark = _ZSH_MARK if shell == "zsh" else ""
    click.echo(f"{mark}# To have it in every shell: {_INSTALL[shell]}")
    click.echo((_ZSH_BEGIN if shell == "zsh" else "") + source.removeprefix(mark))
