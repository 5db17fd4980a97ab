"""What all trained policies share: the view goes in as an observation, the network's action comes out as a move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.domain import Array, Float32
from negotiation_env.multi_item.view import MultiItemDecision
from negotiation_env.policy import JsonValue, View
from negotiation_env.price.view import PriceDecision
from negotiation_env.wrappers import check_rho
from negotiation_policies.learned.coding import Coding


class LearnedPolicy(ABC):
    """A policy that asks a network for the action of each observation.

    Networks compute in float64, so that a game does not come out differently in a batch of another size.
    """

    def __init__(
        self, coding: Coding, name: str, rho: float | None = None, told: Mapping[str, JsonValue] | None = None
    ) -> None:
        """Take a command if the network has learned any.

        Args:
            coding: the spaces that the network has learned in.
            name: the policy's name in messages.
            rho: the command.
            told: what records keep of the network, such as a digest of its weights.

        Raises:
            ValueError: rho is missing, or is given and was not learned, or is neither in [0, 1] nor -1.
        """
        if coding.append_rho and rho is None:
            raise ValueError(f"{name} has learned to be commanded; give rho=, from 0 to 1, or -1 for no deal.")
        if rho is not None and not coding.append_rho:
            raise ValueError(f"{name} has not learned to be commanded; leave rho out.")
        self.coding, self.name = coding, name
        self.rho = None if rho is None else check_rho(rho)
        self.params: dict[str, JsonValue] = {**(told or {}), **({} if rho is None else {"rho": rho})}

    def reset(self, size: int, seed: int | None = None) -> None:  # noqa: B027  # most have nothing to do
        """Nothing to prepare: an observation holds the whole game."""

    def decide(self, view: View) -> PriceDecision | MultiItemDecision:
        """The network's moves on a view; raises ``ValueError`` for games that it has not learned."""
        try:
            self.coding.check(view)
        except ValueError as error:
            raise ValueError(f"{self.name} cannot play this game: {error}") from None
        seen, legal = self.coding.observe(view, self.rho), self.coding.legal(view)
        return self.coding.decide(self.act(seen, legal, view), view)

    @abstractmethod
    def act(self, observations: Float32, legal: NDArray[np.bool_] | None, view: View) -> Array:
        """The actions (n, ...) of observations (n, size); of a `Discrete` space, among the ``legal`` ones (n, A)."""


def best_legal(scores: NDArray[Any], legal: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The legal action (n,) with the highest score (n, A); the first of equals."""
    return np.asarray(np.where(legal, scores, -np.inf).argmax(axis=1))
