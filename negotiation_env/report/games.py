"""The kept games of a tournament as the viewer shows them: moves, messages, notes and what was at stake."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation_env.policy import JsonValue, Note
from negotiation_env.report.measures import names_by_rank
from negotiation_env.report.numbers import short
from negotiation_env.tournament.results import Results

if TYPE_CHECKING:
    from negotiation_env.records.recorded import RecordedGame

BUDGET = 4_000_000
"""Characters of JSON that the games of a report may take; of more games every second, third, ... is shown."""
LONGEST = 4000
"""Characters of a message or of an entry of a note."""
_POINTS = 400
_DIGITS = 6


def viewer_games(results: Results, budget: int = BUDGET) -> tuple[list[dict[str, Any]], int]:
    """The games that the viewer shows, and how many were kept.

    Raises:
        RecordError: the tables of the games cannot be read.
    """
    if not (results.games / "episodes.parquet").is_file():
        return [], 0
    runs = {row[0]: (row[1], row[2]) for row in results.cells.select("run_id", "policy_0", "policy_1").iter_rows()}
    places = {name: index for index, name in enumerate(names_by_rank(results))}
    shown: list[dict[str, Any]] = []
    total, step, size = 0, 1, 0
    for game in _recorded(results):
        pair = runs.get(game.episode.uid.rpartition("-")[0])
        if total % step == 0 and pair is not None:
            shown.append({"players": [places[name] for name in pair], **_told(game)})
            size += _length(shown[-1])
        total += 1
        while size > budget and len(shown) > 1:
            shown, step = shown[::2], 2 * step
            size = sum(map(_length, shown))
    return shown, total


def _recorded(results: Results) -> Iterator[RecordedGame]:
    from negotiation_env.records.parquet_games import read_parquet_games
    from negotiation_env.records.recorded import recorded_games

    for games in read_parquet_games(results.games, 1000):
        yield from recorded_games(games)


def _length(game: Mapping[str, Any]) -> int:
    return len(json.dumps(game))


def _told(game: RecordedGame) -> dict[str, Any]:
    """What the viewer knows of one game."""
    episode = game.episode
    facts = _price_facts(episode) if game.domain == "price" else _split_facts(episode)
    moves = [
        [game.agents.index(agent), kind, facts["offer"](agent, offered), _cut(message), _note(note)]
        for (_, agent, kind, offered, message), note in zip(episode.moves, game.notes, strict=True)
    ]
    return {
        "number": game.number,
        "ended": episode.ended_by,
        "deal": bool(episode.deal),
        "maxTurns": episode.details["max_turns"],
        "payoffs": [short(episode.payoffs[agent], _DIGITS) for agent in game.agents],
        "moves": moves,
        **{name: value for name, value in facts.items() if name != "offer"},
    }


def _price_facts(episode: Any) -> dict[str, Any]:  # noqa: ANN401  # a PriceEpisode
    return {
        "limits": [episode.buyer_max, episode.seller_min],
        "price": episode.price,
        "rho": short(episode.rho) if episode.deal else None,
        "offer": lambda agent, price: price,
    }


def _split_facts(episode: Any) -> dict[str, Any]:  # noqa: ANN401  # a MultiItemEpisode
    """The pool, the space of utilities, and offers as (items that the mover keeps, utilities of both)."""
    from negotiation_env.solutions import solve, split_utilities

    agents = list(episode.values)
    values, quantities = np.array([episode.values[agent] for agent in agents]), np.array(episode.quantities)
    disagreement = [float(value) for value in episode.details.get("disagreement", (0.0, 0.0))]
    solution = solve(quantities, values, disagreement)
    points = np.unique(np.round(split_utilities(quantities, values), _DIGITS), axis=0)
    found = {name: getattr(solution, name) for name in ("pareto", "nash", "kalai_smorodinsky", "egalitarian")}

    def offer(agent: str, keep: list[int] | None) -> Any:  # noqa: ANN401
        if keep is None:
            return None
        rest = quantities - np.array(keep)
        bundles = (np.array(keep), rest) if agent == agents[0] else (rest, np.array(keep))
        return [list(keep), [short(float(own @ items), _DIGITS) for own, items in zip(values, bundles, strict=True)]]

    return {
        "quantities": quantities.tolist(),
        "values": values.tolist(),
        "disagreement": disagreement,
        "points": points.tolist() if len(points) <= _POINTS else [],
        "solutions": {name: np.round(at, _DIGITS).tolist() for name, at in found.items()},
        "quality": {key: short(float(episode.quality[key])) for key in ("efficiency", "nash_distance")},
        "pareto": bool(episode.quality["pareto_optimal"]),
        "offer": offer,
    }


def _note(note: Note | None) -> list[list[str]] | None:
    """The entries of a note as pairs of a name and a text; the replies of a language model one by one."""
    if not note:
        return None
    entries: list[list[str]] = []
    for name, value in note.items():
        replies = value if name == "replies" and isinstance(value, list | tuple) else None
        if replies is None:
            entries.append([name, _text(value)])
            continue
        texts = [reply.get("text", reply) if isinstance(reply, Mapping) else reply for reply in replies]
        entries += ([f"reply {number}", _text(text)] for number, text in enumerate(texts, 1))
    return entries


def _text(value: JsonValue) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) or ""


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} … ({len(text) - LONGEST:,} characters more)"
