"""The models: from a text to what is said about it. Deterministic, and refuses to be clever."""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DIMENSION: Final = 8


def preprocess(text: str) -> dict[str, object]:
    """Write the text in capitals, and measure what came of it."""
    processed = text.upper()
    return {"processed": processed, "length": len(processed), "model": "text-preprocessor-v1"}


def embed(text: str) -> dict[str, object]:
    """Place the text in a space of eight dimensions, each from -1 to 1: equal texts at equal places."""
    # JSON can carry half a surrogate pair, which has no UTF-8 of its own.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    words = (int.from_bytes(digest[at : at + 4], "big") for at in range(0, 4 * DIMENSION, 4))
    embedding = [round(word / 2**31 - 1, 6) for word in words]
    return {"embedding": embedding, "model": "embedding-v1"}


def classify(text: str) -> dict[str, object]:  # noqa: ARG001 - a model that likes every text
    """Find the text good."""
    return {"label": "positive", "confidence": 0.92, "model": "classifier-v1"}


MODELS: Final[Mapping[str, Callable[[str], dict[str, object]]]] = MappingProxyType(
    {"preprocess": preprocess, "embed": embed, "classify": classify}
)
"""Which model serves which task_type."""
