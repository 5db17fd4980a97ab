"""Single games with everything that was kept of them, from the engine and from records alike."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from negotiation_env.episodes import Episodes
from negotiation_env.past import Move
from negotiation_env.policy import KIND_NAMES, OFFER, JsonValue, Note
from negotiation_env.records.format import find_format
from negotiation_env.records.games import Games
from negotiation_env.records.usage import Usage, used
from negotiation_env.turns import mover


@dataclass(frozen=True, eq=False)
class RecordedGame:
    """One game.

    Attributes:
        domain: the name of its domain.
        agents: the names of both seats.
        episode: the game as `negotiation_env.play` returns it.
        notes: for each move the note of its policy, if it left one.
    """

    domain: str
    agents: tuple[str, str]
    episode: Any
    notes: tuple[Note | None, ...]

    @property
    def number(self) -> int:
        """The number of the game in its run."""
        return number_of(self.episode.uid)

    @property
    def is_sound(self) -> bool:
        """Whether it ended in a deal that is no worse for either agent than none."""
        return find_format(self.domain).teller.is_sound(self.episode)

    @property
    def usage(self) -> tuple[Usage, Usage]:
        """What the language models of each seat have used."""
        one, two = (used(self._notes_of(agent)) for agent in self.agents)
        return one, two

    @property
    def error(self) -> JsonValue:
        """What a policy said when it failed: the ``error`` of its note, else the note; ``None`` if it said nothing."""
        note = self.notes[-1] if self.episode.ended_by == "fault" and self.notes else None
        return None if note is None else note.get("error", note)

    def as_json(self) -> dict[str, Any]:
        """The fields of the episode, the notes, and what each agent has used."""
        usage = {agent: asdict(usage) for agent, usage in zip(self.agents, self.usage, strict=True)}
        kept = {"sound_deal": self.is_sound, "notes": list(self.notes), "usage": usage, "error": self.error}
        return {"domain": self.domain, **asdict(self.episode), **kept}

    def _notes_of(self, agent: str) -> Iterator[Note | None]:
        return (note for move, note in zip(self.episode.moves, self.notes, strict=True) if move[1] == agent)


def number_of(uid: str) -> int:
    """The number of a game in its run, from its trajectory id; -1 if that is none of ours."""
    number = uid.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else -1


def played_game(episodes: Episodes, index: int) -> RecordedGame:
    """A game that the engine has played; it may have ended by a fault, or go on."""
    domain, turns = episodes.run.domain, int(episodes.episodes["turns"][index])
    start = int(episodes.starts[index])
    notes = tuple(episodes.batch.notes.get(row) for row in range(start, start + turns))
    return RecordedGame(domain.name, domain.agents, episodes[index], notes)


def recorded_games(games: Games) -> Iterator[RecordedGame]:
    """Games that were read from a record."""
    from negotiation_env.domain import find_domain

    form, agents = find_format(games.domain), find_domain(games.domain).agents
    columns = {name: labels.tolist() for name, labels in games.labels.items()}
    for index, start in enumerate(games.starts.tolist()):
        rows = range(start, start + int(games.facts["turns"][index]))
        notes = tuple(json.loads(games.notes[row]) if row in games.notes else None for row in rows)
        own = form.teller.own_fields(games, index)
        seats = list(enumerate(agents))
        episode = form.teller.episode_type(
            uid=games.ids[index],
            first_mover=form.sides[int(games.facts["first"][index])],
            rewards={agent: float(games.facts[f"reward_{seat}"][index]) for seat, agent in seats},
            turns=len(rows),
            ended_by=columns["episode_outcome"][index],
            moves=_moves(games, index, rows, agents),
            players={agent: columns[f"strategy_{seat}"][index] for seat, agent in seats},
            **{**own, "details": {**_details(games, index), "scenario": columns["scenario"][index], **own["details"]}},
        )
        yield RecordedGame(games.domain, agents, episode, notes)


def _details(games: Games, index: int) -> dict[str, Any]:
    numbers = {name: int(games.facts[name][index]) for name in ("seed", "max_turns")}
    return {**numbers, "episode": number_of(games.ids[index])}


def _moves(games: Games, index: int, rows: Sequence[int], agents: tuple[str, str]) -> list[Move]:
    shown, first = find_format(games.domain).teller.shown, int(games.facts["first"][index])
    moves: list[Move] = []
    for turn, row in enumerate(rows, 1):
        kind = int(games.kind[row])
        offered = shown(games, index, games.offer[row]) if kind == OFFER else None
        moves.append((turn, agents[mover(first, turn)], KIND_NAMES[kind], offered, games.messages.get(row)))
    return moves


def rebuilt(domain: str, fields: dict[str, Any], notes: Sequence[Note | None]) -> RecordedGame:
    """A game from the JSON of its episode; where a number is missing it is NaN.

    Raises:
        TypeError: there are other fields than an episode has.
        KeyError: a field is missing.
        ValueError: there is not one note a move, or ``None`` in its place.
    """
    from negotiation_env.domain import find_domain

    made = {**fields, "moves": [tuple(move) for move in fields["moves"]]}
    if len(made["moves"]) != len(notes):
        raise ValueError(f"{len(made['moves'])} moves with {len(notes)} notes")
    for name in ("payoffs", "rewards", "quality", "surplus_share"):
        if name in made:
            made[name] = {key: math.nan if value is None else value for key, value in made[name].items()}
    if "rho" in made:
        made["rho"] = math.nan if made["rho"] is None else made["rho"]
    episode = find_format(domain).teller.episode_type(**made)
    return RecordedGame(domain, find_domain(domain).agents, episode, tuple(notes))
