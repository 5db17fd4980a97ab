"""What records say of a multi-item game."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from negotiation_env.multi_item.rules import NO_SPLIT
from negotiation_env.solutions import COLUMNS
from negotiation_env.splits import all_splits

TRUTHS = 2
"""So many of `QUALITY`, the first ones, are true or false."""
QUALITY = COLUMNS
"""The columns of `negotiation_env.solutions.outcome_metrics`."""


class MultiItemFacts(NamedTuple):
    """The facts of a game with I item types.

    ``disagreement``, ``discount`` and ``payoff`` are of both agents. ``split`` is the index of the split that was
    agreed on, told as what ``agent_0`` keeps, -1 without a deal; ``quality`` are the columns `QUALITY`.
    """

    types: int
    quantities: tuple[int, ...]
    values_0: tuple[float, ...]
    values_1: tuple[float, ...]
    disagreement: tuple[float, float]
    discount: tuple[float, float]
    payoff: tuple[float, float]
    split: int
    quality: tuple[float, ...]


class Pool:
    """The splits of one pool and their JSON text.

    Attributes:
        quantities: (I,) how many items of each type there are.
        splits: (S, I) what a side keeps, by index; what is left has the index ``S - 1 - index``.
        texts: the JSON text of each, by index, and at -1 that of none.
    """

    def __init__(self, quantities: tuple[int, ...]) -> None:
        self.quantities = quantities
        self.splits: list[Any] = all_splits(quantities).tolist()
        self.texts: list[str] = [list_text(split) for split in self.splits]
        self._places = {text: index for index, text in enumerate(self.texts)} | {"null": NO_SPLIT}
        self.texts.append("null")

    def place(self, text: str) -> int:
        """The index of a split from its JSON text, -1 for ``null``; raises ``ValueError`` if it is none."""
        if text not in self._places:
            whole = f"give a whole number up to the quantity for each of {len(self.quantities)} types"
            raise ValueError(f"{text} is no split of {list(self.quantities)}: {whole}")
        return self._places[text]

    def rest(self, index: int) -> int:
        """The index of what is left."""
        return len(self.splits) - 1 - index


def list_text(values: list[int] | list[float]) -> str:
    """JSON text of a list of finite numbers."""
    return f"[{','.join(map(repr, values))}]"


@lru_cache(maxsize=4096)
def find_pool(quantities: tuple[int, ...]) -> Pool:
    """The pool of these quantities.

    Raises:
        ValueError: there is nothing to split, or too much; see `negotiation_env.splits.check_quantities`.
    """
    return Pool(quantities)


def worth(values: tuple[float, ...], items: tuple[int, ...] | list[int]) -> float:
    """What items are worth."""
    return sum(value * number for value, number in zip(values, items, strict=True))
