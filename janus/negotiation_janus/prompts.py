"""The text of a price negotiation as Janus reads and writes it, in training and in play.

A transcript is a head and one segment for each own decision point::

    head       role, the seller's limit, the buyer's limit (??? where it is hidden), rho if it is told
    segment    the opponent's offer, if there is one; a letter for the own turns left; ACCEPT or the digits of an offer

Every price is a whole number with a fixed number of digits on a grid over the public range, 000 at its lower end. Each
piece is a token of its own, so tokens never depend on what stands beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64
from negotiation_env.price.view import PriceView

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEXT_VERSION = 1
"""Goes up whenever the same game is written with other tokens."""
DIGITS = 3
_CLOCK = "abcdefghijklmnopqrstuvwxyz"
_ROLES = {-1: "Buyer", 1: "Seller"}


@dataclass(frozen=True, eq=False)
class Packed:
    """Transcripts of n agents, one a row, padded at the end.

    Attributes:
        tokens: int64 (n, L).
        lengths: int64 (n,) how many of them are no padding.
        decisions: int64 (n, K) where the letter stands after which decision k follows; -1 after the last.
    """

    tokens: Int64
    lengths: Int64
    decisions: Int64


class PriceText:
    """Writes transcripts with the tokens of one tokenizer.

    ``answers`` (11,) are the tokens that can be an answer: the ten digits, and ACCEPT.

    Args:
        tokenizer: of the base model.
        digits: of a price.
        tells_rho: write the commanded rho into the head.

    Raises:
        ValueError: the tokenizer writes a digit or a letter with more than one token.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, digits: int = DIGITS, tells_rho: bool = False) -> None:
        self.digits, self.tells_rho, self.points = digits, tells_rho, 10**digits
        self.start = _start(tokenizer)
        self.digit = _one_each(tokenizer, "0123456789")
        self.clock = _one_each(tokenizer, _CLOCK)
        self.hidden, self.accept = _one_each(tokenizer, "?!")
        self.answers: Int64 = np.append(self.digit, self.accept)
        self.roles = {role: _first(tokenizer, name) for role, name in _ROLES.items()}

    def answer_of(self, tokens: Int64) -> Int64:
        """Which of `answers` each token is: its digit, 10 for ACCEPT, and -1 for others."""
        found = np.full(tokens.shape, -1, dtype=np.int64)
        for place, token in enumerate(self.answers):
            found[tokens == token] = place
        return found

    def grid(self, price: Float64, view: PriceView) -> Int64:
        """Prices (n, ...) as whole numbers from 0 to ``points - 1``; -1 for NaN."""
        width = (view.price_high - view.price_low).reshape(-1, *(1,) * (price.ndim - 1))
        low = view.price_low.reshape(width.shape)
        place = np.rint((price - low) / width * (self.points - 1))
        return np.where(np.isnan(place), -1, np.clip(np.nan_to_num(place), 0, self.points - 1)).astype(np.int64)

    def price(self, place: Int64, view: PriceView) -> Float64:
        """The prices (n,) of whole numbers (n,), currency units."""
        return np.asarray(view.price_low + place / (self.points - 1) * (view.price_high - view.price_low))

    def pack(
        self, view: PriceView, rho: Float64 | None = None, hide: bool = False, k_history: int | None = None
    ) -> Packed:
        """The transcripts (n) up to the letter after which the next decision follows.

        Args:
            view: n decision points.
            rho: (n,) the commands, for a text that tells them.
            hide: leave out the opponent's limit.
            k_history: keep only so many of the last segments; ``None`` for all.
        """
        parts, kept = self._segments(view)
        if k_history is not None:
            last = kept.any(axis=2).cumsum(axis=1)
            kept &= (last > last[:, -1:] - k_history)[:, :, None]
        size = len(view)
        head = self._head(view, rho, hide)
        whole = np.concatenate([head, parts.reshape(size, -1)], axis=1)
        there = np.concatenate([np.ones_like(head, dtype=np.bool_), kept.reshape(size, -1)], axis=1)
        place = there.cumsum(axis=1) - 1
        lengths = place[:, -1] + 1
        tokens = np.full((size, int(lengths.max(initial=0))), self.start, dtype=np.int64)
        rows, columns = np.nonzero(there)
        tokens[rows, place[rows, columns]] = whole[rows, columns]
        clocks = head.shape[1] + self.digits + (2 * self.digits + 1) * np.arange(parts.shape[1])
        decisions = np.sort(np.where(there[:, clocks], place[:, clocks], np.iinfo(np.int64).max), axis=1)
        return Packed(tokens, lengths, np.where(decisions > lengths[:, None], -1, decisions))

    def spelled(self, place: Int64) -> Int64:
        """The tokens (..., digits) of whole numbers (...)."""
        powers = 10 ** np.arange(self.digits - 1, -1, -1)
        return np.asarray(self.digit[(np.maximum(place, 0)[..., None] // powers) % 10])

    def mirror(self, tokens: Int64, starts: Int64) -> Int64:
        """The tokens (N,) of transcripts with buyer and seller changed over, and 999 - place for every place.

        Args:
            tokens: of whole transcripts, one after the other.
            starts: (n,) where each begins.
        """
        answer = self.answer_of(tokens)
        is_digit = (answer >= 0) & (answer < len(self.digit))
        found = np.where(is_digit, self.digit[len(self.digit) - 1 - np.where(is_digit, answer, 0)], tokens)
        first = starts[:, None] + 2 + np.arange(self.digits)
        limits = found[first + self.digits], found[first]
        found[first], found[first + self.digits] = limits
        found[starts + 1] = np.where(tokens[starts + 1] == self.roles[1], self.roles[-1], self.roles[1])
        return found

    def _head(self, view: PriceView, rho: Float64 | None, hide: bool) -> Int64:
        is_seller = view.role > 0
        other = np.full(len(view), np.nan) if hide else view.opponent_reservation_price
        limits = [
            np.where(is_seller, view.reservation_price, other),
            np.where(is_seller, other, view.reservation_price),
        ]
        roles = np.where(is_seller, self.roles[1], self.roles[-1])
        columns = [np.full(len(view), self.start)[:, None], roles[:, None]]
        for limit in limits:
            place = self.grid(limit, view)
            columns.append(np.where(place[:, None] < 0, self.hidden, self.spelled(place)))
        if self.tells_rho:
            if rho is None:
                raise ValueError("this text tells the rho; give one for each row.")
            told = np.rint(np.maximum(rho, 0.0) * (self.points - 1)).astype(np.int64)
            columns.append(np.where(rho[:, None] < 0.0, self.hidden, self.spelled(told)))
        return np.concatenate(columns, axis=1)

    def _segments(self, view: PriceView) -> tuple[Int64, NDArray[np.bool_]]:
        """Tokens (n, S, digits + 1 + digits) of the segments, and which of them are there; S is one more than moves."""
        own, other = self.grid(view.own_offers, view), self.grid(view.opponent_offers, view)
        made = (own >= 0).sum(axis=1)
        segments = int(made.max(initial=0)) + 1
        order = np.arange(segments)
        starts = (view.turn % 2 == 1)[:, None]
        is_now, there = order == made[:, None], order <= made[:, None]
        heard = np.where(starts, order - 1, order)
        answered = np.take_along_axis(other, np.clip(heard, 0, other.shape[1] - 1), axis=1)
        said = own[:, np.minimum(order, own.shape[1] - 1)]
        left = (view.max_turns[:, None] - view.turn[:, None]) // 2 + (made[:, None] - order)
        clock = self.clock[np.clip(left, 0, len(self.clock) - 1)]
        tokens = np.concatenate([self.spelled(answered), clock[:, :, None], self.spelled(said)], axis=2)
        repeated = (np.repeat(mask[:, :, None], count, axis=2) for mask, count in (
            (there & (heard >= 0) & (answered >= 0), self.digits),
            (there, 1),
            (there & ~is_now, self.digits),
        ))  # fmt: skip
        return tokens, np.concatenate(list(repeated), axis=2)


def _one_each(tokenizer: PreTrainedTokenizerBase, text: str) -> Int64:
    return np.array([_only(tokenizer, letter) for letter in text], dtype=np.int64)


def _only(tokenizer: PreTrainedTokenizerBase, piece: str) -> int:
    tokens = tokenizer(piece, add_special_tokens=False)["input_ids"]
    if len(tokens) != 1:
        raise ValueError(f"the tokenizer writes {piece!r} with {len(tokens)} tokens; Janus needs one that takes one.")
    return int(tokens[0])


def _first(tokenizer: PreTrainedTokenizerBase, word: str) -> int:
    return int(tokenizer(word, add_special_tokens=False)["input_ids"][0])


def _start(tokenizer: PreTrainedTokenizerBase) -> int:
    """The token that a text begins with, whatever the tokenizer calls it."""
    found = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if found is None:
        raise ValueError("the tokenizer has no token for the start or the end of a text.")
    return int(found)
