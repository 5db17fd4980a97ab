"""One JSONL line, parsed and checked on its own."""

from __future__ import annotations

from dataclasses import dataclass

from negotiation_env.policy import OFFER
from negotiation_env.records.fields import NUMBER, OPTIONAL, get, kept_text, number, one_of, params, parsed, whole
from negotiation_env.records.format import ACTIONS, Format, GameFacts, Record, SeatFacts, format_of
from negotiation_env.run import SCHEMA_VERSION

OUTCOMES = {"OFFER": "deadline", "ACCEPT": "deal", "WALK": "walk"}
"""How a game ends whose last action is this."""


@dataclass(slots=True)
class Line:
    """One decision: who moved, what it did, and what it says about its game.

    Attributes:
        facts: what all lines of the game say alike.
        own: what all lines of the mover say alike.
        turn: the 1-based turn.
        seat: who moved.
        offers: those before, as `negotiation_env.records.games.Games` has them.
        kind: of the move.
        offer: what was offered, if anything.
        reward: of the move.
        is_terminal: whether it is the last one of its agent.
        message: what was said with it.
        notes: JSON text.
    """

    facts: GameFacts
    own: SeatFacts
    turn: int
    seat: int
    offers: list[float]
    kind: int
    offer: list[float]
    reward: float
    is_terminal: bool
    message: str
    notes: str


def parse_line(text: str, form: Format) -> Line:
    """Parse and check a line.

    Raises:
        ValueError: with the reason, if the line is no record of this schema version and format.
    """
    record = parsed(text)
    if record.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"schema_version is {record.get('schema_version')!r}; only version {SCHEMA_VERSION} can be read"
        )
    _, state, action, _ = (get(record, name, dict) for name in ("agent", "state", "action", "meta"))
    _check_domain(record, action, form)
    seat = form.sides.index(one_of(state, "role", form.sides))
    kind = ACTIONS.index(one_of(action, "type", ACTIONS))
    facts, turn = _facts(record, seat, form), get(record, "turn", int)
    history, offered = get(state, "offer_history", list), _offered(action, kind, form)
    _check_state(state, turn, history, form)
    return Line(
        facts=facts,
        own=form.reader.seat_facts(record),
        turn=turn,
        seat=seat,
        offers=form.reader.offers(history, facts.own, facts.first == seat),
        kind=kind,
        offer=form.reader.offers(offered, facts.own, True),
        reward=number(record, "reward"),
        is_terminal=get(record, "is_terminal", bool),
        message=get(record, "message", str, type(None), default=None) or "",
        notes=kept_text(record["notes"]) if record.get("notes") is not None else "",
    )


def _check_domain(record: Record, action: Record, form: Format) -> None:
    found = None if form.content in action else format_of(record)
    if found is not None:
        raise ValueError(
            f"a record of the domain {found.domain!r} in a file of {form.domain!r} games; "
            "give each domain a file of its own"
        )


def _facts(record: Record, seat: int, form: Format) -> GameFacts:
    agent, state, meta = record["agent"], record["state"], record["meta"]
    mine = get(agent, "strategy", str), params(agent, "params")
    other = get(meta, "opponent", str), params(meta, "opponent_params")
    one, two = (mine, other) if seat == 0 else (other, mine)
    return GameFacts(
        uid=get(record, "trajectory_id", str),
        first=form.sides.index(one_of(meta, "first_mover", form.sides)),
        max_turns=whole(state, "max_turns", 2**31),
        seed=whole(meta, "seed", 2**64),
        strategy_0=one[0],
        strategy_1=two[0],
        params_0=one[1],
        params_1=two[1],
        scenario=get(meta, "scenario", str),
        information=get(meta, "information", str),
        episode_outcome=one_of(meta, "episode_outcome", tuple(OUTCOMES.values())),
        own=form.reader.facts(record, state, meta, seat),
    )


def _offered(action: Record, kind: int, form: Format) -> list[object]:
    """What the move offers, nothing or one thing."""
    if kind == OFFER:
        return [get(action, form.content, *NUMBER, list)]
    get(action, form.content, type(None))
    return []


def _check_state(state: Record, turn: int, history: list[object], form: Format) -> None:
    expected = {"timestep": turn - 1, form.last_offer: history[-1] if history else None}
    for name, value in expected.items():
        if get(state, name, *OPTIONAL, list) != value:
            raise ValueError(f"state.{name} is {state[name]!r}; the rest of the line says {value!r}")
