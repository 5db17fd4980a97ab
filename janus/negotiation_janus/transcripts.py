"""Recorded games as the token sequences that Janus learns from, and batches of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import ACCEPT, OFFER, Float64, Int64
from negotiation_env.records.sources import open_source
from negotiation_env.trajectories import DecisionPoints, decision_points
from negotiation_janus.labels import IMPASSE, Label, check_label, rho_labels
from negotiation_janus.prompts import PriceText

IGNORED = -1
"""The class of a token after which nothing is to be learned."""
Split = Literal["episode", "pair"]
_RHO_BINS = 11
_MOST = 4.0
"""The highest weight of a rare rho; the commonest has less than 1."""
_BUCKET = 32
"""So many batches are sorted by length together."""


@dataclass(frozen=True, eq=False)
class Transcripts:
    """Token sequences of n agents, one after the other, N tokens in all.

    Attributes:
        tokens: int32 (N,).
        targets: int8 (N,) which answer follows each token, as a row of `PriceText.answers`; -1 where none is learned.
        lengths: int64 (n,).
        rho: float32 (n,) the label.
        game: int64 (n,) the game that it is of; both seats of a game have one number.
        pair: int64 (n,) a number for the two players.
    """

    tokens: NDArray[np.int32]
    targets: NDArray[np.int8]
    lengths: Int64
    rho: NDArray[np.float32]
    game: Int64
    pair: Int64

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: Int64) -> Transcripts:
        """Some of the sequences, in that order."""
        starts = np.cumsum(self.lengths) - self.lengths
        lengths = self.lengths[rows]
        shift = np.repeat(starts[rows] - (np.cumsum(lengths) - lengths), lengths)
        places = np.arange(int(lengths.sum())) + shift
        return Transcripts(
            self.tokens[places], self.targets[places], lengths, self.rho[rows], self.game[rows], self.pair[rows]
        )

    def padded(self, rows: Int64) -> tuple[Int64, Int64]:
        """Tokens and targets (b, L) of some of the sequences, padded at the end with 0 and -1."""
        part = self.take(rows)
        there = np.arange(int(part.lengths.max())) < part.lengths[:, None]
        tokens, targets = np.zeros(there.shape, dtype=np.int64), np.full(there.shape, IGNORED, dtype=np.int64)
        tokens[there], targets[there] = part.tokens, part.targets
        return tokens, targets

    def numbered(self, games: int, pairs: int) -> Transcripts:
        """The same with other numbers: so much is added to those of games and pairs."""
        return replace(self, game=self.game + games, pair=self.pair + pairs)


def joined(parts: Sequence[Transcripts]) -> Transcripts:
    """Several as one; equal numbers are the same game and the same pair."""
    return Transcripts(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Transcripts))
    )


def joined_apart(parts: Sequence[Transcripts]) -> Transcripts:
    """Several of different records as one, with games and pairs numbered anew."""
    games = np.cumsum([0, *(part.game.max(initial=-1) + 1 for part in parts)])
    pairs = np.cumsum([0, *(part.pair.max(initial=-1) + 1 for part in parts)])
    return joined([part.numbered(*both) for part, both in zip(parts, zip(games, pairs, strict=True), strict=False)])


def read_transcripts(
    path: str | Path,
    text: PriceText,
    *,
    label: Label = "commanded",
    hide: bool = False,
    include_failures: bool = True,
    k_history: int | None = None,
    max_length: int | None = None,
) -> Transcripts:
    """The games of a record as token sequences; each agent's whole game is one, with all its decisions.

    Args:
        path: a ``.jsonl`` record of price games, a folder of their Parquet tables, or the ``decision_steps.parquet``
            of such a folder.
        text: how they are written.
        label: ``"commanded"``: commanded agents, with their command; ``"outcome"``: all, with the rho that came out.
        hide: leave out the opponent's limit.
        include_failures: with the agents whose label is -1.
        k_history: write a sequence of its own for each decision instead, with the last ``k_history`` turns only.
        max_length: leave out sequences with more tokens.

    Raises:
        ValueError: an unknown label, no price games, or nothing to learn from.
        RecordError: the record cannot be read.
    """
    check_label(label)
    place = Path(path)
    source = open_source(place.parent if place.name == "decision_steps.parquet" else place)
    if source.domain != "price":
        raise ValueError(f"{path} holds {source.domain} games; Janus learns from price games.")
    parts: list[Transcripts] = []
    numbers: dict[tuple[str, str], int] = {}
    before = 0
    for games in source.blocks():
        turns = games.facts["turns"].astype(np.int64)
        names = zip(games.labels["strategy_0"].tolist(), games.labels["strategy_1"].tolist(), strict=True)
        pair = np.array([numbers.setdefault(both, len(numbers)) for both in names], dtype=np.int64)
        for point in decision_points(games, source.config):
            rho = rho_labels(games, point.seat, label)[point.game]
            wanted = ~np.isnan(rho) & (include_failures | (rho != IMPASSE))
            if k_history is None:
                wanted &= turns[point.game] - point.view.turn < 2
            rows = np.flatnonzero(wanted)
            if len(rows):
                game = point.game[rows]
                part = _written(text, point, rows, rho[rows], hide, k_history, before + game, pair[game])
                short = part.lengths <= (max_length or np.inf)
                parts.append(part if short.all() else part.take(np.flatnonzero(short)))
        before += len(games)
    found = joined(parts) if parts else None
    if found is None or not len(found) or not (found.targets >= 0).any():
        raise ValueError(
            f"no decision of {path} can be learned from: none has a rho of the kind {label!r}, or all are longer than "
            "max_length; generate a recipe such as price-teacher-known."
        )
    return found


def split(
    transcripts: Transcripts, fraction: float, seed: int, by: Split = "episode"
) -> tuple[Transcripts, Transcripts]:
    """Sequences to learn from, and a fraction of the games, or of the pairs of players, to measure on."""
    numbers = transcripts.game if by == "episode" else transcripts.pair
    kinds = np.unique(numbers)
    chosen = np.random.default_rng(seed).permutation(kinds)[: max(int(fraction * len(kinds)), 1)]
    held_out = np.isin(numbers, chosen)
    return transcripts.take(np.flatnonzero(~held_out)), transcripts.take(np.flatnonzero(held_out))


def rho_weights(rho: NDArray[np.float32]) -> Float64:
    """Weights (n,) of mean 1 that make rare rhos count as much as common ones, up to a bound."""
    bins = np.where(rho == IMPASSE, _RHO_BINS, np.rint(np.maximum(rho, 0.0) * (_RHO_BINS - 1))).astype(np.int64)
    counts = np.bincount(bins, minlength=_RHO_BINS + 1)
    weights = np.minimum(len(rho) / (np.count_nonzero(counts) * counts[bins]), _MOST)
    return np.asarray(weights / weights.mean())


class Sampler:
    """Batches of rows by the number of the step: the same seed gives the same batch at the same step, always.

    Sequences of nearly the same length come together, and each once before any comes again.

    Args:
        lengths: (n,) of the sequences.
        batch_size: of a batch; the last one of an epoch has as many.
        seed: of the order.

    Raises:
        ValueError: there are fewer sequences than a batch has.
    """

    def __init__(self, lengths: Int64, batch_size: int, seed: int) -> None:
        if len(lengths) < batch_size:
            raise ValueError(f"there are {len(lengths)} sequences, and batch_size is {batch_size}; give more games.")
        self._lengths, self._size, self._seed = lengths, batch_size, seed
        self._per_epoch = len(lengths) // batch_size
        self._epoch, self._rows = -1, np.zeros((0, batch_size), dtype=np.int64)

    def __call__(self, step: int) -> Int64:
        """The rows (batch_size,) of a step, from 0 on."""
        epoch, place = divmod(step, self._per_epoch)
        if epoch != self._epoch:
            self._epoch, self._rows = epoch, self._order(epoch)
        return np.asarray(self._rows[place])

    def _order(self, epoch: int) -> Int64:
        generator = np.random.default_rng([self._seed, epoch])
        order = generator.permutation(len(self._lengths))[: self._per_epoch * self._size]
        bucket = _BUCKET * self._size
        parts = (order[low : low + bucket] for low in range(0, len(order), bucket))
        alike = np.concatenate([part[np.argsort(self._lengths[part], kind="stable")] for part in parts])
        return np.asarray(generator.permutation(alike.reshape(-1, self._size)))


def _written(
    text: PriceText,
    point: DecisionPoints,
    rows: Int64,
    rho: Float64,
    hide: bool,
    k_history: int | None,
    game: Int64,
    pair: Int64,
) -> Transcripts:
    """The sequences of some decision points, with the answer to the last one and, if all are there, to those before."""
    view, kind = point.view.take(rows), point.kind[rows]
    packed = text.pack(view, rho, hide, k_history)
    size = len(rows)
    tokens = np.concatenate([packed.tokens, np.zeros((size, text.digits), dtype=np.int64)], axis=1)
    ends = packed.lengths[:, None] + np.arange(text.digits)
    offered = text.spelled(text.grid(point.offer[rows], view))
    offered[kind == ACCEPT, 0] = text.accept
    np.put_along_axis(tokens, ends, offered, axis=1)
    lengths = packed.lengths + np.select([kind == OFFER, kind == ACCEPT], [text.digits, 1], 0)
    targets = np.full(tokens.shape, IGNORED, dtype=np.int64)
    answers = text.answer_of(tokens)
    decisions = packed.decisions if k_history is None else packed.lengths[:, None] - 1
    for digit in range(text.digits):
        row, place = np.nonzero((decisions >= 0) & (decisions + digit + 1 < lengths[:, None]))
        where = decisions[row, place] + digit
        targets[row, where] = answers[row, where + 1]
    there = np.arange(tokens.shape[1]) < lengths[:, None]
    return Transcripts(
        tokens[there].astype(np.int32), targets[there].astype(np.int8), lengths, rho.astype(np.float32), game, pair
    )
