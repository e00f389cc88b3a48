"""Text that came out of a run, made fit to be shown: it must not be able to give orders to a terminal."""


def printable(text: str) -> str:
    """Spell control characters out."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1] for character in text
    )
