"""Recorded games as the token sequences that Janus learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Literal

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
ACCEPTS = 10
"""The class of an answer that accepts; those below it are the digits."""


@dataclass(frozen=True, eq=False)
class Transcripts:
    """Token sequences of n agents.

    Attributes:
        tokens: int32 (N,), in which each sequence stands somewhere.
        targets: int8 (N,) which answer follows each token, as a row of `PriceText.answers`; -1 where none is learned.
        starts: int64 (n,) where each sequence begins.
        lengths: int64 (n,).
        rho: float32 (n,) the label.
        game: int64 (n,) the game that it is of; both seats of a game have one number.
        pair: int64 (n,) a number for the two players.
    """

    tokens: NDArray[np.int32]
    targets: NDArray[np.int8]
    starts: Int64
    lengths: Int64
    rho: NDArray[np.float32]
    game: Int64
    pair: Int64

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: Int64) -> Transcripts:
        """Some of the sequences, in that order; the tokens are shared and not copied."""
        parts = {name: getattr(self, name)[rows] for name in ("starts", "lengths", "rho", "game", "pair")}
        return replace(self, **parts)

    def dense(self) -> Transcripts:
        """The same with these sequences' tokens alone, one after the other."""
        ends = self.lengths.cumsum()
        places = np.arange(int(self.lengths.sum())) + np.repeat(self.starts - (ends - self.lengths), self.lengths)
        return replace(self, tokens=self.tokens[places], targets=self.targets[places], starts=ends - self.lengths)

    def padded(self, rows: Int64) -> tuple[Int64, Int64]:
        """Tokens and targets (b, L) of some of the sequences, padded at the end with 0 and -1."""
        part = self.take(rows).dense()
        there = np.arange(int(part.lengths.max())) < part.lengths[:, None]
        tokens, targets = np.zeros(there.shape, dtype=np.int64), np.full(there.shape, IGNORED, dtype=np.int64)
        tokens[there], targets[there] = part.tokens, part.targets
        return tokens, targets

    def mirrored(self, text: PriceText) -> Transcripts:
        """The same games with buyer and seller, low and high changed over, and 1 - rho for rho."""
        dense = self.dense()
        mirror = text.mirror(dense.tokens.astype(np.int64), dense.starts)
        is_digit = (dense.targets >= 0) & (dense.targets < ACCEPTS)
        targets = np.where(is_digit, ACCEPTS - 1 - dense.targets, dense.targets)
        rho = np.where(dense.rho == IMPASSE, dense.rho, 1 - dense.rho)
        return replace(
            dense,
            tokens=mirror.astype(np.int32),
            targets=targets.astype(np.int8),
            rho=rho.astype(np.float32),
        )


class Spool:
    """Collects transcripts in nameless files, so that there may be more of them than fit the memory.

    The files lie in the folder for temporary files (the environment variable TMPDIR names another) and vanish with the
    arrays.
    """

    def __init__(self) -> None:
        self._files = {field.name: TemporaryFile() for field in fields(Transcripts)}  # noqa: SIM115  # kept open
        self._kinds: dict[str, np.dtype[Any]] = {}
        self._tokens = 0

    def add(self, part: Transcripts) -> None:
        """Put transcripts behind those that are there."""
        dense = part.dense()
        for name, file in self._files.items():
            values = getattr(dense, name) + (self._tokens if name == "starts" else 0)
            self._kinds[name] = values.dtype
            file.write(np.ascontiguousarray(values).data)
        self._tokens += len(dense.tokens)

    def whole(self) -> Transcripts:
        """All that were added, at least one."""
        for file in self._files.values():
            file.flush()
        return Transcripts(**{name: np.memmap(file, self._kinds[name], mode="r") for name, file in self._files.items()})


def transcript_blocks(
    path: str | Path,
    text: PriceText,
    *,
    label: Label = "commanded",
    hide: bool = False,
    include_failures: bool = True,
    k_history: int | None = None,
    max_length: int | None = None,
    mirror: bool = False,
) -> Iterator[Transcripts]:
    """The games of a record as token sequences, block by block; each agent's whole game is one, with all decisions.

    Args:
        path: a ``.jsonl`` record of price games, a folder of their Parquet tables, or the ``decision_steps.parquet``
            of such a folder.
        text: how they are written.
        label: ``"commanded"``: commanded agents, with their command; ``"outcome"``: all, with the rho that came out.
        hide: leave out the opponent's limit.
        include_failures: with the agents whose label is -1.
        k_history: write a sequence of its own for each decision instead, with the last ``k_history`` turns only.
        max_length: leave out sequences with more tokens.
        mirror: with each game's mirror image, see `Transcripts.mirrored`.

    Raises:
        ValueError: an unknown label, no price games, or nothing to learn from.
        RecordError: the record cannot be read.
    """
    check_label(label)
    place = Path(path)
    source = open_source(place.parent if place.name == "decision_steps.parquet" else place)
    if source.domain != "price":
        raise ValueError(f"{path} holds {source.domain} games; Janus learns from price games.")
    numbers: dict[tuple[str, str], int] = {}
    before, has_answers = 0, False
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
                part = part.take(np.flatnonzero(part.lengths <= (max_length or np.inf))).dense()
                has_answers |= bool((part.targets >= 0).any())
                yield part
                if mirror:
                    yield part.mirrored(text)
        before += len(games)
    if not has_answers:
        raise ValueError(
            f"no decision of {path} can be learned from: none has a rho of the kind {label!r}, or all are longer than "
            "max_length; generate a recipe such as price-teacher-known."
        )


def read_transcripts(path: str | Path, text: PriceText, **options: Any) -> Transcripts:  # noqa: ANN401  # as below
    """All of a record; the options and errors are those of `transcript_blocks`."""
    return spooled([transcript_blocks(path, text, **options)])


def spooled(records: Iterable[Iterable[Transcripts]]) -> Transcripts:
    """All blocks of several records as one, with games and pairs numbered on from one record to the next."""
    spool, games, pairs = Spool(), 0, 0
    for record in records:
        first_game, first_pair = games, pairs
        for part in record:
            spool.add(replace(part, game=part.game + first_game, pair=part.pair + first_pair))
            games = max(games, first_game + int(part.game.max(initial=-1)) + 1)
            pairs = max(pairs, first_pair + int(part.pair.max(initial=-1)) + 1)
    return spool.whole()


def split(
    transcripts: Transcripts, fraction: float, seed: int, by: Split = "episode"
) -> tuple[Transcripts, Transcripts]:
    """Sequences to learn from, and a fraction of the games, or of the pairs of players, to measure on."""
    numbers = transcripts.game if by == "episode" else transcripts.pair
    kinds = np.unique(numbers)
    chosen = np.random.default_rng(seed).permutation(kinds)[: max(int(fraction * len(kinds)), 1)]
    held_out = np.isin(numbers, chosen)
    return transcripts.take(np.flatnonzero(~held_out)), transcripts.take(np.flatnonzero(held_out))


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
        tokens[there].astype(np.int32),
        targets[there].astype(np.int8),
        lengths.cumsum() - lengths,
        lengths,
        rho.astype(np.float32),
        game,
        pair,
    )
