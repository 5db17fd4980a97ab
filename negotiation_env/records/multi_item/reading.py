"""Multi-item games, read from lines and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT
from negotiation_env.records.fields import get, number, numbers
from negotiation_env.records.format import GameFacts, OwnPattern, OwnText, Record, SeatFacts
from negotiation_env.records.multi_item.facts import QUALITY, TRUTHS, MultiItemFacts, find_pool, list_text, worth
from negotiation_env.records.multi_item.writing import own_text
from negotiation_env.records.recognising import FLOAT, NUMBER
from negotiation_env.turns import FLOAT_NOISE

_COUNTS, _VALUES = r"\[\d{1,4}(?:,\d{1,4})*\]", rf"\[{FLOAT}(?:,{FLOAT})*\]"
_SPLIT = re.compile(_COUNTS)
_DECODER = json.JSONDecoder()


def _by_agent(name: str, group: str) -> str:
    one, two = AGENTS
    return rf'"{name}":\{{"{one}":{group},"{two}":{group}\}}'


_META = ",".join(
    [
        _by_agent("values", f"({_VALUES})"),
        *(_by_agent(name, NUMBER) for name in ("disagreement", "discount", "payoffs")),
        rf'"accepted_keep":(null|{_COUNTS})',
    ]
)
_QUALITY = ",".join(
    [
        *(f'"{name}":(true|false)' for name in QUALITY[:TRUTHS]),
        *(f'"{name}":{NUMBER}' for name in QUALITY[TRUTHS:]),
    ]
)


class MultiItemReader:
    """See `negotiation_env.records.format.Reader`."""

    pattern: OwnPattern = OwnPattern(
        state=rf'"quantities":({_COUNTS}),"own_values":[^\]]*\]',
        outcome="",
        meta=_META,
        end=rf',"quality":\{{{_QUALITY}\}}',
        state_end=r'"quantities":[^"]*"own_values":[^\]]*\]',
        offers=r"[\d,\[\]]*",
        offer=_COUNTS,
    )

    def recognised(
        self, found: Sequence[str], seat: int, opponent_params: str
    ) -> tuple[MultiItemFacts, list[SeatFacts], OwnText]:
        """Pool, values, outcome and quality."""
        (quantities, values_0, values_1), pairs = found[:3], found[3:9]
        keep, quality = found[9], found[10:]
        pool, one, two, *pair = _DECODER.raw_decode(f"[{','.join(found[:9])}]")[0]
        scores = _DECODER.raw_decode(f"[{','.join(quality)}]")[0]
        facts = MultiItemFacts(
            types=len(pool),
            quantities=tuple(pool),
            values_0=tuple(one),
            values_1=tuple(two),
            disagreement=(pair[0], pair[1]),
            discount=(pair[2], pair[3]),
            payoff=(pair[4], pair[5]),
            split=find_pool(tuple(pool)).place(keep),
            quality=tuple(map(float, scores)),
        )
        _check_facts(facts)
        return facts, [(), ()], own_text(quantities, values_0, values_1, pairs, keep, quality)

    def moves(self, history: str, offered: str, own: MultiItemFacts) -> tuple[list[float], list[str], list[str]]:
        """Splits as their proposers would keep, and their texts."""
        pool = find_pool(own.quantities)
        shown = [*_SPLIT.findall(history), offered]
        mine, theirs = [], []
        splits: list[float] = []
        for place, text in enumerate(shown, len(shown) + 1):
            split = pool.place(text)
            other = text if split == NO_SPLIT else pool.texts[pool.rest(split)]
            by_last_mover = not place & 1
            mine.append(text if by_last_mover else other)
            theirs.append(other if by_last_mover else text)
            if split != NO_SPLIT:
                splits.append(split if by_last_mover else pool.rest(split))
        return splits, mine, theirs

    def facts(self, record: Record, state: Record, meta: Record, seat: int) -> MultiItemFacts:
        """Pool, values, outcome and quality."""
        quantities = _quantities(state)
        values = [numbers(get(meta, "values", dict), agent, len(quantities)) for agent in AGENTS]
        keep = get(meta, "accepted_keep", list, type(None))
        facts = MultiItemFacts(
            types=len(quantities),
            quantities=quantities,
            values_0=values[0],
            values_1=values[1],
            disagreement=_pair(meta, "disagreement"),
            discount=_pair(meta, "discount"),
            payoff=_pair(meta, "payoffs"),
            split=find_pool(quantities).place("null" if keep is None else list_text(keep)),
            quality=_quality(get(meta, "quality", dict)),
        )
        _check_facts(facts)
        said = numbers(state, "own_values", len(quantities))
        if said != values[seat]:
            raise ValueError(f"state.own_values is {list(said)}; meta.values says {list(values[seat])}")
        return facts

    def seat_facts(self, record: Record) -> SeatFacts:
        """None."""
        return ()

    def expected_seat_facts(self, params: str) -> SeatFacts:
        """None."""
        return ()

    def offers(self, shown: Sequence[Any], own: MultiItemFacts, is_mine: bool) -> list[float]:
        """Splits as their proposers would keep, from what one agent would have by them."""
        pool = find_pool(own.quantities)
        splits: list[float] = []
        for place, keep in enumerate(shown):
            if not isinstance(keep, list):
                raise ValueError(f"an offer is {keep!r}; it must be a list of whole numbers")
            split = pool.place(list_text(keep))
            splits.append(split if is_mine == (not place & 1) else pool.rest(split))
        return splits

    def check_outcome(self, facts: GameFacts, agreed: float | None, seat: int) -> tuple[float, float]:
        """The split is the one that was agreed on, the payoffs are what it is worth, and the welfare is their sum."""
        own: MultiItemFacts = facts.own
        pool = find_pool(own.quantities)
        split = NO_SPLIT if agreed is None else int(agreed) if seat == 0 else pool.rest(int(agreed))
        if own.split != split:
            raise ValueError(
                f"the moves of episode {facts.uid} leave agent_0 with {pool.texts[split]}, not {pool.texts[own.split]}"
            )
        shares = [0.0, 0.0]
        for side, values in enumerate((own.values_0, own.values_1)):
            without = utility = own.disagreement[side]
            if split != NO_SPLIT:
                utility = worth(values, pool.splits[pool.rest(split) if side else split])
            _check_equal(f"payoff of {AGENTS[side]}", own.payoff[side], utility, facts.uid)
            shares[side] = (utility - without) / worth(values, own.quantities)
        _check_quality(facts)
        return shares[0], shares[1]

    def discounts(self, own: MultiItemFacts) -> tuple[float, float]:
        """The factors of both agents."""
        return own.discount


def _quantities(state: Record) -> tuple[int, ...]:
    quantities = get(state, "quantities", list)
    if any(type(quantity) is not int for quantity in quantities):
        raise ValueError(f"quantities is {quantities!r}; it must be a list of whole numbers")
    return tuple(quantities)


def _pair(meta: Record, name: str) -> tuple[float, float]:
    """A number of each agent."""
    by_agent = get(meta, name, dict)
    return number(by_agent, AGENTS[0]), number(by_agent, AGENTS[1])


def _quality(quality: Record) -> tuple[float, ...]:
    truths = [float(get(quality, name, bool)) for name in QUALITY[:TRUTHS]]
    return (*truths, *(number(quality, name) for name in QUALITY[TRUTHS:]))


def _check_facts(facts: MultiItemFacts) -> None:
    """Check that the pool can be split, that it is worth something, and that discounts are shares."""
    find_pool(facts.quantities)
    for values in (facts.values_0, facts.values_1):
        if len(values) != facts.types or min(values) < 0.0 or not worth(values, facts.quantities) > 0.0:
            raise ValueError(
                f"values are {list(values)} for quantities {list(facts.quantities)}; they must be at least 0, "
                "one an item type, and the pool worth something"
            )
    for discount in facts.discount:
        if not 0.0 < discount <= 1.0:
            raise ValueError(f"discount is {discount}; it must be above 0 and at most 1")


def _check_equal(name: str, said: float, expected: float, uid: str) -> None:
    if not abs(said - expected) <= FLOAT_NOISE * max(1.0, abs(expected)):
        raise ValueError(f"the {name} in episode {uid} is {said}; its outcome says {expected}")


def _check_quality(facts: GameFacts) -> None:
    """Check what can be checked without looking at every split."""
    own: MultiItemFacts = facts.own
    quality = dict(zip(QUALITY, own.quality, strict=True))
    _check_equal("welfare", quality["welfare"], sum(own.payoff), facts.uid)
    share = quality["welfare"] / quality["max_welfare"] if quality["max_welfare"] > 0.0 else 0.0
    _check_equal("efficiency", quality["efficiency"], min(max(share, 0.0), 1.0), facts.uid)
    for name, value in quality.items():
        if (name.endswith("_distance") and value < 0.0) or (name.endswith("_optimality") and not 0.0 <= value <= 1.0):
            raise ValueError(f"{name} of episode {facts.uid} is {value}; distances are at least 0, optimality to 1")
