"""Random play of OpenSpiel's ``bargaining`` through its Python API. Runs in OpenSpiel's own environment.

Reads ``{"games": n}`` from standard input; prints moves a CPU-second, with the instance drawn by walking the chance
node's outcomes and by picking its number directly.
"""

from __future__ import annotations

import json
import random
import sys
import time

import pyspiel


def moves_per_second(games: int, listed: bool) -> float:
    """Moves of both players a CPU-second, the drawing of instances not counted as a move."""
    game, rng, moves = pyspiel.load_game("bargaining"), random.Random(0), 0
    instances = len(game.new_initial_state().legal_actions())
    start = time.process_time()
    for _ in range(games):
        state = game.new_initial_state()
        if listed:
            actions, chances = zip(*state.chance_outcomes(), strict=True)
            state.apply_action(rng.choices(actions, chances)[0])
        else:
            state.apply_action(rng.randrange(instances))
        while not state.is_terminal():
            state.apply_action(rng.choice(state.legal_actions()))
            moves += 1
    return moves / (time.process_time() - start)


def main() -> None:
    """Best of three of each."""
    games = json.load(sys.stdin)["games"]
    best = {
        name: max(moves_per_second(games, listed) for _ in range(3))
        for name, listed in (("listed", True), ("direct", False))
    }
    json.dump(best, sys.stdout)


if __name__ == "__main__":
    main()
