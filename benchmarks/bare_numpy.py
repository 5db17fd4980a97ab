"""What the engine is compared with: the same games, and the same record, in plain NumPy and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from negotiation_env import Episodes

OPENING, LOW, HIGH, TICKS = 500.0, 200.0, 1500.0, 100.0
"""The time-dependent strategies' opening margin, the public price range, and ticks a currency unit."""
Float64 = np.ndarray


def bare_game(many: Episodes, exponents: Mapping[str, float], max_turns: int) -> Callable[[], Float64]:
    """A loop that plays the games of ``many`` between two time-dependent players and returns the prices (B,).

    Every game has its own turn, limits and exponents, in arrays; games that end are dropped.
    """
    games = many.episodes
    first = (games["first_mover"] == "seller").astype(np.int64)
    each, size = np.arange(len(first)), len(first)
    limits = np.stack([games["buyer_max"], games["seller_min"]])
    openings = np.minimum(OPENING, np.stack([limits[0] - LOW, HIGH - limits[1]]))
    powers = np.stack([np.full(size, exponents["buyer_0"]), np.full(size, exponents["seller_0"])])
    roles = np.array([-1.0, 1.0])

    def ordered(by_seat: Float64) -> list[Float64]:
        return [by_seat[first, each], by_seat[1 - first, each]]

    limit_of, opening_of, power_of = ordered(limits), ordered(openings), ordered(powers)
    role_of = [roles[first], roles[1 - first]]

    def loop() -> Float64:
        facts = [list(pair) for pair in zip(limit_of, role_of, opening_of, power_of, strict=True)]
        turn, standing, game = np.zeros(size), np.full(size, np.nan), np.arange(size)
        prices = np.full(size, np.nan)
        for step in range(max_turns):
            turn += 1
            limit, role, opening, power = facts[step % 2]
            aspiration = opening * (1.0 - (turn / max_turns) ** power)
            accept = role * (standing - limit) >= aspiration - 1e-9
            if accept.any():
                prices[game[accept]] = standing[accept]
                going = ~accept
                facts = [[column[going] for column in side] for side in facts]
                turn, game, aspiration = turn[going], game[going], aspiration[going]
                limit, role = facts[step % 2][:2]
            standing = np.round((limit + role * aspiration) * TICKS) / TICKS
        return prices

    return loop


def bare_columns(many: Episodes) -> Callable[[], dict[str, np.ndarray]]:
    """A function that writes the decision table of ``many`` from the moves of each turn."""
    games, table = many.episodes, many.decisions
    turns, size = games["turns"], len(games["turns"])
    first = (games["first_mover"] == "seller").astype(np.int64)
    moves = []
    for turn in range(1, int(turns.max()) + 1):
        slots = np.flatnonzero(turns >= turn)
        rows = many.starts[slots] + turn - 1
        moves.append((slots, table["kind"][rows], table["price"][rows]))

    def write() -> dict[str, np.ndarray]:
        total, starts = int(turns.sum()), np.cumsum(turns) - turns
        kind, price = np.empty(total, np.int8), np.empty(total)
        for step, (slots, kinds, prices) in enumerate(moves):
            rows = starts[slots] + step
            kind[rows], price[rows] = kinds, prices
        episode = np.repeat(np.arange(size), turns)
        turn = np.arange(total) - np.repeat(starts, turns) + 1
        seat = (np.repeat(first, turns) + turn - 1) & 1
        reward, is_terminal = np.zeros(total), np.zeros(total, np.bool_)
        last_seat = (first + turns - 1) & 1
        for back, mover in ((0, last_seat), (1, 1 - last_seat)):
            has = turns > back
            rows = (starts + turns - 1 - back)[has]
            reward[rows] = np.where(mover == 0, games["reward_0"], games["reward_1"])[has]
            is_terminal[rows] = True
        return {
            "episode": episode,
            "turn": turn,
            "role": np.where(seat == 0, -1, 1),
            "seat": seat,
            "kind": kind,
            "price": price,
            "reward": reward,
            "is_terminal": is_terminal,
            "rho": np.repeat(games["rho"], turns),
            "rho_commanded": np.full((2, size), np.nan)[seat, episode],
        }

    return write
