"""Settings, options, actions and junk for games of every domain: what the state machines draw from."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st
from ledger import ACCEPT, OFFER, PASS, WALK

SIDES = {"price": ("buyer", "seller"), "multi_item": ("agent_0", "agent_1")}
DISCOUNTS = st.sampled_from([1.0, 0.9, (0.5, 1.0), (0.95, 0.7)])
JUNK = [
    -1, 10**6, 2**70, 2.5, math.nan, math.inf, None, "offer", "01", b"01", "", (), [], {}, {0.5: 1, 0.3: 2}, {1, 0},
    [0.5], [0.5, 0.5, 0.5], [[0.5, 0.5]], ["0.5", "0.5"], [math.nan, 0.0], [0.0, math.inf], [0.0, 1.5], [-1.01, 0.0],
    [None, 0.0], [1j, 0.0], np.array([3]), np.array([1, 2]), np.array([np.nan, 0.0]), np.float64(3.0), object(),
]  # fmt: skip
"""What is no action of any of the spaces."""


@st.composite
def settings_of(draw, domain, **fixed):
    """Settings of an environment."""
    chosen = {
        "max_turns": draw(st.integers(1, 8)),
        "first_mover": draw(st.sampled_from(["random", *SIDES[domain]])),
        "information": draw(st.sampled_from(["private", "known"])),
        "discount": draw(DISCOUNTS),
        "on_illegal": draw(st.sampled_from(["pass", "raise"])),
        "chat": draw(st.booleans()),
        "obs_mode": draw(st.sampled_from(["flat", "masked"])),
    }
    chosen |= draw(_price_settings() if domain == "price" else _split_settings())
    if chosen.get("action_mode") == "continuous":
        chosen["obs_mode"] = "flat"
    return {**chosen, **fixed}


@st.composite
def _price_settings(draw):
    chosen = {
        "scenario": draw(st.sampled_from(["seed", "varied", "private"])),
        "action_mode": draw(st.sampled_from(["discrete", "continuous"])),
        "num_prices": draw(st.sampled_from([2, 7, 101])),
        "price_grid": draw(st.sampled_from([None, None, 2, 11])),
    }
    tick = draw(st.sampled_from([{}, {"tick": 1.0}, {"tick": 130.0, "price_range": (260.0, 1560.0)}]))
    return chosen | ({"scenario": "private"} | tick if "price_range" in tick else tick)


@st.composite
def _split_settings(draw):
    scenario = draw(st.sampled_from(["seed", "bargaining", "opposed"]))
    return {
        "scenario": scenario,
        "num_items": draw(st.integers(2, 4)),
        "opposition": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "disagreement": draw(st.sampled_from([(0.0, 0.0), (1.0, 2.5), (-3.0, 0.25)])),
    }


@st.composite
def options_of(draw, domain, settings):
    """Options of a reset that are sound: some of those that there are."""
    options = {"first_mover": draw(st.sampled_from(SIDES[domain]))} if draw(st.booleans()) else {}
    if domain == "price":
        low, high = settings.get("price_range", (200.0, 1500.0))
        limits = {name: draw(st.floats(low, high)) for name in ("buyer_max", "seller_min") if draw(st.booleans())}
        return options | limits
    if draw(st.booleans()):
        types = 3 if settings["scenario"] == "bargaining" else settings["num_items"]
        worth = st.lists(st.integers(1, 9), min_size=types, max_size=types)
        return options | {"quantities": [1] * types, "values": [draw(worth), draw(worth)]}
    return options


def refused_options(domain):
    """Options of a reset that are not sound."""
    wrong = [{"first_mover": "nobody"}, {"first_mover": 3}]
    if domain == "price":
        bad = (math.nan, math.inf, 1e9, 10**400, -1.0, "low", [1.0, 2.0])
        return [*wrong, *({name: value} for name in ("buyer_max", "seller_min") for value in bad)]
    pools = ([99, 99, 99], [10**400] * 3, [-1, 1, 1], [0, 0, 0], [1.5, 1, 1], "many", [1], [[1, 1], [1]])
    values = ([[-1, 1, 1]] * 2, [[1, math.nan, 1]] * 2, [[1, 1], [1]], "dear", 3, 10**400, [[1]] * 2, [[0, 0, 0]] * 2)
    return [*wrong, *({"quantities": pool} for pool in pools), *({"values": value} for value in values)]


EXAMPLES = [pytest.param(8, id="few"), pytest.param(500, id="many", marks=pytest.mark.slow)]
"""How many sequences of calls a state machine tries."""
REFUSED_SEEDS = (-1, 1.5, "x", True, 2**64)
kinds = st.sampled_from([OFFER, OFFER, OFFER, ACCEPT, ACCEPT, WALK, PASS])


def encoded(core, kind, share):
    """An action inside the space that makes a move of this kind, and what it offers by the documented encoding.

    ``share`` in [0, 1] says which offer; for a split the pool's own indices and those of larger pools come up.
    """
    if not core.has_masks:
        decision = {ACCEPT: 0.75, OFFER: 0.0, PASS: -0.6, WALK: -1.0}[kind]
        return np.array([decision, 2.0 * share - 1.0], np.float32)
    offers = int(core.action_space.n) - 3
    return {OFFER: min(int(share * offers), offers - 1), ACCEPT: offers, WALK: offers + 1, PASS: offers + 2}[kind]


def offered_price(core, action, low, high):
    """The price of an action that offers one before it is rounded, and how far rounding may move it."""
    if core.has_masks:
        exact = low + action * (high - low) / (core.encoding.num_prices - 1)
    else:
        exact = low + (float(action[1]) + 1.0) / 2.0 * (high - low)
    tick, points = core.config.resolution
    return exact, 0.5 * tick + (0.0 if points is None else (high - low) / (points - 1) + tick) + 1e-6


def offered_split(index, quantities):
    """What the mover keeps by an index, mixed-radix with the first type slowest; ``None`` past the last split."""
    kept = []
    for there in reversed(quantities):
        index, count = divmod(index, there + 1)
        kept.append(count)
    return None if index else kept[::-1]


def frozen(value):
    """The same content as plain data that compares by value, whatever arrays, objects and NaN are in it."""
    if isinstance(value, np.ndarray):
        return (str(value.dtype), value.shape, repr(value.tolist()))
    if isinstance(value, dict):
        return tuple((key, frozen(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return repr(value)
