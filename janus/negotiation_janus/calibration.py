"""A calibration map: which rho to tell the network so that the one that is wanted comes out.

It is fitted on games against training opponents, and of these on the ones in which the wanted rho could be had: where
an opponent does not give in, the settlement says nothing about the network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.documents import parse_json, read_text
from negotiation_env.policy import Float64, JsonValue
from negotiation_env.records.errors import explained
from negotiation_env.records.files import created, flush, publish
from negotiation_env.registry import AnyPolicy
from negotiation_janus.families import GENERIC, TRAINING
from negotiation_janus.labels import IMPASSE

CALIBRATION = "calibration.json"
"""The map of a checkpoint, beside its adapters and of their weights only."""

INFORMATION = ("known", "private")
COMMANDS = tuple(round(0.05 * step, 2) for step in range(21))
_ACHIEVABLE = 0.01
_FEWEST = 20
"""Settlements that a command needs to have a say."""


@dataclass(frozen=True)
class Calibration:
    """What came out at each of some commands, for games that show the opponent's limit and for games that hide it.

    Attributes:
        told: rising commands in [0, 1], by information.
        achieved: the mean rho that each brought about, rising.
    """

    told: Mapping[str, Sequence[float]]
    achieved: Mapping[str, Sequence[float]]

    def __call__(self, rho: Float64, is_hidden: NDArray[np.bool_]) -> Float64:
        """The rhos (n,) to tell for wanted ones (n,); -1 stays, and so does all of an information without a map."""
        found = rho.copy()
        for information, here in zip(INFORMATION, (~is_hidden, is_hidden), strict=True):
            if information in self.told:
                rows = here & (rho != IMPASSE)
                found[rows] = np.interp(rho[rows], self.achieved[information], self.told[information])
        return found


def fit_calibration(
    make: Callable[[float], str | AnyPolicy],
    *,
    information: Sequence[str] = INFORMATION,
    opponents: Sequence[str] = TRAINING + GENERIC,
    num_episodes: int = 10,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
    **settings: Any,  # noqa: ANN401  # of the games
) -> Calibration:
    """Play and fit, by isotonic regression on the means of the commands.

    Args:
        make: gives the policy, without a map, for a command.
        information: kinds of games to play.
        opponents: of the games; for a figure that is to hold elsewhere, training ones only.
        num_episodes: for each command, opponent, seat and first mover.
        seed: of the games.
        progress: called with the number of games that were played since the last call.
        **settings: of the games, such as scenario and max_turns.

    Raises:
        ValueError: too few games came to an achievable deal to say anything.
    """
    from negotiation_janus.evaluation import evaluate_rho

    told: dict[str, list[float]] = {}
    achieved: dict[str, list[float]] = {}
    for kind in information:
        options = {**settings, "num_episodes": num_episodes, "seed": seed, "progress": progress}
        found = evaluate_rho(make, opponents, COMMANDS, information=kind, **options)
        rho = np.concatenate([cell.rho for cell in found.outcomes], axis=1)
        closest = np.concatenate([cell.closest for cell in found.outcomes], axis=1)
        counted = ~np.isnan(rho) & (closest <= _ACHIEVABLE)
        told[kind], achieved[kind] = _rising(np.array(COMMANDS), np.where(counted, rho, np.nan))
    return Calibration(told, achieved)


def save_calibration(calibration: Calibration, folder: Path, digest: str) -> Path:
    """Put a map beside the adapters that it is of, which ``digest`` names; one that is there is replaced.

    Raises:
        RecordError: it cannot be written.
    """
    facts: dict[str, JsonValue] = {
        "weights": digest,
        "told": {name: list(values) for name, values in calibration.told.items()},
        "achieved": {name: list(values) for name, values in calibration.achieved.items()},
    }
    path = folder / CALIBRATION
    temporary = path.with_name(f".{path.name}.unfinished")
    with explained(path):
        with created(temporary) as file:
            file.write(f"{json.dumps(facts, indent=1, sort_keys=True)}\n".encode())
            flush(file)
        publish(temporary, path)
    return path


def load_calibration(folder: Path, digest: str) -> Calibration | None:
    """The map beside adapters; ``None`` if there is none.

    Raises:
        ValueError: it is not whole, or of other adapters.
    """
    path = folder / CALIBRATION
    if not path.is_file():
        return None
    try:
        facts = parse_json(read_text(path))
        found = Calibration(facts["told"], facts["achieved"])
        of = facts["weights"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no calibration map ({error}); fit it again or remove it.") from None
    if of != digest:
        raise ValueError(f"{path} was fitted for other adapters ({of}, and these are {digest}); fit it again.")
    return found


def _rising(commands: Float64, rho: Float64) -> tuple[list[float], list[float]]:
    """Commands, and the mean of what came out (commands, games), made to rise; equal means become one point."""
    from scipy.optimize import isotonic_regression

    count = (~np.isnan(rho)).sum(axis=1)
    enough = count >= _FEWEST
    if enough.sum() < 2:
        raise ValueError(f"fewer than {_FEWEST} games of each command came to an achievable deal; play more of them.")
    means = np.nansum(rho[enough], axis=1) / count[enough]
    risen = isotonic_regression(means, weights=count[enough]).x
    levels, place = np.unique(np.round(risen, 6), return_inverse=True)
    told = np.bincount(place, weights=commands[enough]) / np.bincount(place)
    return [round(float(value), 6) for value in told], [float(value) for value in levels]
