"""What the games of a player came to, from its own seat and in shares, so that games of all sizes compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation_env.episodes import Episodes
from negotiation_env.metrics import TIE, wins
from negotiation_env.policy import Float64
from negotiation_env.registry import Player, name_among

RESULTS = ("win", "tie", "loss", "no deal")


@dataclass(frozen=True, eq=False)
class SeatPayoffs:
    """The games of one player in one seat, those that had something to share and ended without a fault.

    Attributes:
        label: the player.
        side: its seat, such as ``"buyer"`` or ``"agent_0"``.
        own: (G,) its share: of the surplus in price games, of its worth of the pool in multi-item games; without a
            deal 0, or what the disagreement is worth.
        other: (G,) the opponent's share, likewise.
        deal: (G,) whether they agreed.
        faults: how many games ended by a fault and are left out.
        without_surplus: how many had nothing to share and are left out.
    """

    label: str
    side: str
    own: Float64
    other: Float64
    deal: NDArray[np.bool_]
    faults: int
    without_surplus: int

    def __len__(self) -> int:
        return len(self.own)

    def rates(self, tie: float = TIE) -> dict[str, float]:
        """How often it got more than its opponent, as much to within ``tie``, less, or did not agree."""
        score = wins(self.own, self.other, tie)
        counts = (*(self.deal & (score == part) for part in (1.0, 0.5, 0.0)), ~self.deal)
        return {name: float(hits.mean()) if len(self) else 0.0 for name, hits in zip(RESULTS, counts, strict=True)}


def seat_payoffs(games: Episodes, seat: int, among: Sequence[Player] = ()) -> list[SeatPayoffs]:
    """What came out for each player of a seat.

    Labels have the parameters in which players of one name differ, here and ``among`` further players.
    """
    table, players = games.episodes, games.run.players[seat]
    shares = _shares(games)
    faulted = table["ended_by"] == "fault"
    shareable = np.isfinite(shares).all(axis=0) | faulted
    found = []
    for index, player in enumerate(players):
        mine = games.batch.episodes[f"player_{seat}"] == index
        shown = mine & shareable & ~faulted
        found.append(
            SeatPayoffs(
                label=name_among(player, [*players, *among]),
                side=games.run.domain.sides[seat],
                own=shares[seat, shown],
                other=shares[1 - seat, shown],
                deal=table["deal"][shown],
                faults=int((mine & faulted).sum()),
                without_surplus=int((mine & ~shareable).sum()),
            )
        )
    return found


def _shares(games: Episodes) -> Float64:
    """(2, E) both seats' shares; NaN where there was nothing to share."""
    table = games.episodes
    if "quantities" in table:
        worth = np.stack([(table[f"values_{seat}"] * table["quantities"]).sum(axis=1) for seat in (0, 1)])
    else:
        width = table["buyer_max"] - table["seller_min"]
        worth = np.tile(np.where(width > 0.0, width, np.nan), (2, 1))
    return np.asarray(np.stack([table[f"payoff_{side}"] for side in games.run.domain.sides]) / worth)


def pooled(results: Sequence[SeatPayoffs]) -> dict[str, SeatPayoffs]:
    """The games of each player in all its seats, by label."""
    made = {}
    for label in dict.fromkeys(result.label for result in results):
        parts = [result for result in results if result.label == label]
        made[label] = SeatPayoffs(
            label=label,
            side=" and ".join(dict.fromkeys(part.side for part in parts)),
            own=np.concatenate([part.own for part in parts]),
            other=np.concatenate([part.other for part in parts]),
            deal=np.concatenate([part.deal for part in parts]),
            faults=sum(part.faults for part in parts),
            without_surplus=sum(part.without_surplus for part in parts),
        )
    return made


def left_out(results: Sequence[SeatPayoffs]) -> list[str]:
    """Which games the figures leave out, in words."""
    counts = {
        "ended by a fault": sum(result.faults for result in results),
        "had no surplus": sum(result.without_surplus for result in results),
    }
    return [f"left out: {count:,} that {why}" for why, count in counts.items() if count]
