"""The same games as two CSV files for a spreadsheet: one row a game, and one row a move.

They are for looking at; JSONL is the record. Messages come from language models, so text is made plain here (see
`negotiation_env.records.text.plain_text`), and an apostrophe goes before text that a spreadsheet would take for a
formula: it begins with ``=``, ``+``, ``-`` or ``@``. Numbers are written as they are, what is missing as nothing.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from negotiation_env.records.files import created, flush
from negotiation_env.records.format import find_format
from negotiation_env.records.recorded import RecordedGame
from negotiation_env.records.text import json_text, plain_text

GAMES_CSV, TURNS_CSV = "games.csv", "turns.csv"
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001  # the wide forms are formulas too


def write_csv(games: Iterable[RecordedGame], games_path: Path, turns_path: Path) -> None:
    """Write both files, and put them on the disk; without games they are empty."""
    with (
        TextIOWrapper(created(games_path), "utf-8", newline="") as one,
        TextIOWrapper(created(turns_path), "utf-8", newline="") as two,
    ):
        rows, turns = _Rows(one), _Rows(two)
        for game in games:
            rows.write(game_row(game))
            for row in turn_rows(game):
                turns.write(row)
        for file in (one, two):
            flush(file)


def game_row(game: RecordedGame) -> dict[str, object]:
    """A game as one row: players, outcome, payoffs, and what the language models of each seat have used."""
    episode, form = game.episode, find_format(game.domain)
    seats = list(zip(form.sides, game.agents, game.usage, strict=True))
    usage = {f"{name}_{side}": value for side, _, used in seats for name, value in asdict(used).items()}
    return {
        "trajectory_id": episode.uid,
        **{side: episode.players[agent] for side, agent, _ in seats},
        "scenario": episode.details["scenario"],
        "max_turns": episode.details["max_turns"],
        "first_mover": episode.first_mover,
        "deal": episode.deal,
        "sound_deal": game.is_sound,
        **form.teller.log(episode),
        **{f"payoff_{side}": episode.payoffs[agent] for side, agent, _ in seats},
        "turns": episode.turns,
        "ended_by": episode.ended_by,
        **usage,
    }


def turn_rows(game: RecordedGame) -> Iterable[dict[str, object]]:
    """One row a move: who made it, what it offers, and what was said with it."""
    content = find_format(game.domain).content
    for turn, agent, kind, offered, message in game.episode.moves:
        yield {
            "trajectory_id": game.episode.uid,
            "turn": turn,
            "agent": agent,
            "strategy": game.episode.players[agent],
            "action": kind,
            content: json_text(offered) if isinstance(offered, list) else offered,
            "message": message,
        }


class _Rows:
    """Rows of a CSV file, below the names of their columns."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._writer: csv.DictWriter[str] | None = None

    def write(self, row: Mapping[str, object]) -> None:
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, list(row), lineterminator="\n")
            self._writer.writeheader()
        self._writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, str):
        return value
    text = plain_text(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
