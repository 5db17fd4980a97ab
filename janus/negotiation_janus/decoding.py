"""Decoding: only what can be an answer is ever written, and what was read before is not read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache

from negotiation_env.policy import Float64, Int64
from negotiation_janus.hyperlora import HyperLoRA
from negotiation_janus.prompts import Packed, PriceText

ROWS = 128
"""Games that are read at once."""
_DIGITS = 10
ACCEPTED = -1
_LEAST = 1e-30
"""The weight of a digit that can follow, beside the likeliest with 1: none is impossible."""
_IDLE = 2
"""Calls for which games that did not come again are kept: players of both openings move in every other one."""


def legal_digits(prefix: Int64, left: int, low: Int64, high: Int64) -> NDArray[np.bool_]:
    """Which digits (n, 10) can follow: those that begin a whole number from ``low`` to ``high``.

    Args:
        prefix: (n,) the number that the digits so far spell; 0 before the first.
        left: how many digits are to come.
        low: (n,) the least number.
        high: (n,) the greatest number.
    """
    span = 10 ** (left - 1)
    first = (prefix[:, None] * 10 + np.arange(_DIGITS)) * span
    return np.asarray((first <= high[:, None]) & (first + span - 1 >= low[:, None]))


def middle_digits(scores: Float64, legal: NDArray[np.bool_], share: Float64) -> tuple[Int64, Float64]:
    """The digits (n,) below which a share of the numbers lies, and the share that remains for the digits to come.

    Numbers of as many digits are in the order of their digits. So the digit in which the probabilities of the digits,
    added up from 0 on, reach ``share`` is that of this quantile of the numbers, and the rest of the share, as a part
    of that digit's own probability, says where the next digit lies.

    Args:
        scores: (n, 10) of the digits, logits.
        legal: (n, 10) which of them can follow, at least one in each row.
        share: (n,) in [0, 1]; 0.5 before the first digit leads to the median.
    """
    highest = np.where(legal, scores, -np.inf).max(axis=1, keepdims=True)
    weights = np.where(legal, np.maximum(np.exp(np.minimum(scores - highest, 0.0)), _LEAST), 0.0)
    below = np.cumsum(weights, axis=1)
    sought = share * below[:, -1]
    digits = np.argmax(legal & (below >= sought[:, None]), axis=1)
    rows = np.arange(len(digits))
    own = weights[rows, digits]
    return digits, np.clip((sought - below[rows, digits] + own) / own, 0.0, 1.0)


@dataclass
class _Read:
    """Games that have been read together, all of one length, their commands, and their keys and values."""

    tokens: Int64
    rho: Float64
    cache: DynamicCache
    idle: int = 0
    went_on: bool = False


class Decoder:
    """Writes the answers to decision points of many games, each at its own rho.

    The keys and values of what was read are kept for the next calls, until `reset`; a game that goes on is recognised
    by its tokens, in whatever order the games come.

    Args:
        model: with trained adapters, in evaluation mode.
        text: how games are written.
    """

    def __init__(self, model: HyperLoRA, text: PriceText) -> None:
        self._model, self._text = model, text
        self._causal: Any = model.model.get_base_model()
        self._answers = torch.as_tensor(text.answers, device=model.device)
        self._known: list[_Read] = []

    def reset(self) -> None:
        """Forget all games."""
        self._known = []

    @torch.no_grad()
    def answers(self, packed: Packed, low: Int64, high: Int64, can_accept: NDArray[np.bool_], rho: Float64) -> Int64:
        """The answers (n,): -1 to accept where that is likelier than any first digit, else the number of an offer.

        Of the numbers that the model may write it is the median, not the likeliest: where the opponent's limit has to
        be guessed the numbers spread, and their median is what misses by the least.

        Args:
            packed: n games up to a decision.
            low: (n,) the least whole number that may be offered.
            high: (n,) the greatest one, at least ``low``.
            can_accept: (n,) whether there is something to accept.
            rho: (n,) the commands.
        """
        found = np.empty(len(low), dtype=np.int64)
        now: list[_Read] = []
        for rows, tokens, before in self._groups(packed, rho):
            with self._model.rho_context(torch.as_tensor(rho[rows])):
                scores = self._read(tokens, before)
                found[rows] = self._written(scores, before, low[rows], high[rows], can_accept[rows])
            written = before.cache.get_seq_length() - tokens.shape[1]
            if written:
                before.cache.crop(-written)  # what is said in the end may be another price
            now.append(_Read(tokens, rho[rows], before.cache))
        for read in self._known:
            read.idle += 1
        self._known = now + [read for read in self._known if not read.went_on and read.idle < _IDLE]
        return found

    def _groups(self, packed: Packed, rho: Float64) -> Iterator[tuple[Int64, Int64, _Read]]:
        """Rows that can be computed together, their tokens, and what was read of them before."""
        places = self._places(packed, rho)
        for length in np.unique(packed.lengths):
            for group in np.unique(places[packed.lengths == length, 0]):
                rows = np.flatnonzero((packed.lengths == length) & (places[:, 0] == group))
                for part in np.array_split(rows, -(-len(rows) // ROWS)):
                    tokens = packed.tokens[part, :length]
                    yield part, tokens, self._before(int(group), places[part, 1], rho[part])

    def _places(self, packed: Packed, rho: Float64) -> Int64:
        """For each row (n, 2) the group in which it was read before and its place there; -1 if it was not."""
        found = np.full((len(packed.lengths), 2), -1, dtype=np.int64)
        for group, read in enumerate(self._known):
            length = read.tokens.shape[1]
            told = zip(read.tokens, read.rho, strict=True)
            known = {(tokens.tobytes(), command): place for place, (tokens, command) in enumerate(told)}
            for row in np.flatnonzero((packed.lengths > length) & (found[:, 0] < 0)):
                place = known.get((packed.tokens[row, :length].tobytes(), rho[row]))
                if place is not None:
                    found[row] = group, place
        return found

    def _before(self, group: int, places: Int64, rho: Float64) -> _Read:
        if group < 0:
            return _Read(np.empty((len(places), 0), dtype=np.int64), rho, DynamicCache())
        read = self._known[group]
        read.went_on = True
        chosen = DynamicCache()
        index = torch.as_tensor(places, device=self._model.device)
        for number, layer in enumerate(read.cache.layers):
            chosen.update(layer.keys[index], layer.values[index], number)
        return _Read(read.tokens[places], rho, chosen)

    def _read(self, tokens: Int64, before: _Read) -> torch.Tensor:
        """The scores (b, answers) of what follows tokens (b, L), of which some were read before."""
        return self._step(tokens[:, before.tokens.shape[1] :], before.cache)

    def _step(self, tokens: Int64, cache: DynamicCache) -> torch.Tensor:
        inputs = torch.as_tensor(tokens, device=self._model.device)
        hidden = self._causal.model(input_ids=inputs, past_key_values=cache, use_cache=True).last_hidden_state[:, -1]
        scores: torch.Tensor = (hidden @ self._causal.lm_head.weight[self._answers].T).float()
        return scores

    def _written(
        self, scores: torch.Tensor, before: _Read, low: Int64, high: Int64, can_accept: NDArray[np.bool_]
    ) -> Int64:
        """The answers (b,) from the scores of their first tokens on."""
        number, share = np.zeros(len(low), dtype=np.int64), np.full(len(low), 0.5)
        accepts = np.zeros(len(low), dtype=np.bool_)
        for left in range(self._text.digits, 0, -1):
            likely, legal = scores.double().cpu().numpy(), legal_digits(number, left, low, high)
            if left == self._text.digits:
                accepts = can_accept & (likely[:, _DIGITS] > np.where(legal, likely[:, :_DIGITS], -np.inf).max(axis=1))
                if accepts.all():
                    break
            chosen, share = middle_digits(likely[:, :_DIGITS], legal, share)
            number = number * 10 + chosen
            if left > 1:
                scores = self._step(self._text.digit[chosen][:, None], before.cache)
        return np.where(accepts, ACCEPTED, number)
