"""Strategies that speak: the strategy fixes the move, and no message says anything else."""

from __future__ import annotations

import itertools
import json
import re

import numpy as np
import pytest
from negotiation_policies.llm.backends.protocol import BackendError
from negotiation_policies.llm.multi_item import wording as items_wording
from negotiation_policies.llm.multi_item.seat import ItemsSeat
from negotiation_policies.llm.parsing import parse_multi_item_reply, parse_price_reply
from negotiation_policies.llm.price import wording as price_wording
from negotiation_policies.llm.price.seat import PriceSeat, money
from scripted import ScriptedBackend, Wall, in_turn

from negotiation_env import bind, make_policy, price_v0, rollout
from negotiation_env.testing import check_policy

LIMITS = {"buyer_max": 913.57, "seller_min": 402.46, "first_mover": "buyer"}


def price_seat(role, standing, low=200.0, high=1500.0):
    return PriceSeat(role, 1 if role == "seller" else -1, 700.0, low, high, 3, 20, standing, None, ())


def price_tasks():
    for role in ("buyer", "seller"):
        for standing in (None, 450.0, 523.4, 1234.5):
            for kind, price in ((0, 523.4), (0, 1200.0), (0, 999.99), (1, standing), (2, None)):
                if kind != 1 or standing is not None:
                    yield price_wording.Task(price_seat(role, standing), kind, price)


def items_tasks():
    for quantities in ((1, 1, 1, 1), (2, 1, 3), (7,)):
        for standing in (None, tuple(quantities)):
            seat = ItemsSeat("agent_0", quantities, (1.0,) * len(quantities), None, 0.0, 3, 20, standing, ())
            yield items_wording.Task(seat, 0, tuple(count // 2 for count in quantities))
            yield items_wording.Task(seat, 0, tuple(quantities))
            yield items_wording.Task(seat, 0, (0,) * len(quantities))
            yield items_wording.Task(seat, 2, None)
            if standing is not None:
                yield items_wording.Task(seat, 1, standing)


@pytest.mark.parametrize("lead", ["", "Thank you for your patience. "])
def test_every_template_and_phrase_says_its_move(lead):
    for task in (*price_tasks(), *items_tasks()):
        pattern = task.schema()["properties"]["message"]["pattern"]
        worded = [f"{lead}{phrase}." for phrase in task.phrases]
        assert all(re.fullmatch(pattern, text) for text in worded)
        for text in [*worded, *(task.template(choice) for choice in range(5))]:
            assert task.read(text).move == text, text


@pytest.mark.parametrize(
    "text",
    [
        "I offer $523.41.", "I offer 52340%.", "$523.40?", "I offer $523.40 or $530.", "I can't pay $523.40.",
        "I accept $523.40.", "You offered $450, I offer $523.40.", "I offer $523.40 for 2 of them.", "", "I walk away.",
        "I offer $523.40 if you ship it.", "I offer $5,2340.", "He offers $523.40.", "{}", "I offer five hundred.",
    ],
)  # fmt: skip
def test_a_message_that_says_anything_else_is_refused(text):
    task = price_wording.Task(price_seat("buyer", 450.0), 0, 523.4)
    reading = task.read(text)
    assert reading.move is None
    assert reading.reason


@pytest.mark.parametrize("has_schema", [False, True])
def test_the_model_words_what_the_strategy_decides(has_schema):
    def answer(request):
        said = f"My dear friend, I offer {re.findall(r'[$][0-9,.]*[0-9]', request.messages[-1]['content'])[-1]}."
        if "you accept" in request.messages[-1]["content"]:
            said = said.replace("offer ", "accept ")
        return json.dumps({"message": said}) if has_schema else said

    backend = ScriptedBackend(answer, has_schema)
    spoken = make_policy("price_strategy", strategy="boulware_firm", model=backend)
    for seats in (("buyer_0", "seller_0"), ("seller_0", "buyer_0")):
        bare = rollout("price", dict(zip(seats, ["boulware_firm", "linear"], strict=True)), 20, seed=5)
        games = rollout("price", dict(zip(seats, [spoken, "linear"], strict=True)), 20, seed=5, chat=True)
        for name in ("kind", "price"):
            assert np.array_equal(bare.decisions[name], games.decisions[name], equal_nan=True)
        check_messages(games, "model")


def check_messages(games, narration):
    """Each message of a wrapped strategy says exactly its move, and its amount stands in it once."""
    table, standing, seen = games.decisions, np.nan, 0
    for row, note in enumerate(table["notes"]):
        if table["turn"][row] == 1:
            standing = np.nan
        if note is not None:
            said = table["message"][row]
            reply = parse_price_reply(said, standing, 200.0, 1500.0)
            price = standing if table["kind"][row] == 1 else table["price"][row]
            assert reply.kind == ("offer", "accept", "walk")[table["kind"][row]]
            assert said.count(money(price)) == 1
            assert note["narration"] == narration
            seen += 1
        standing = table["price"][row]
    assert seen


@pytest.mark.parametrize("words", ["Hello!", "I offer 1.", "I accept.", "x" * 5000, "{", "1" * 200])
def test_a_template_stands_in_for_words_that_say_something_else(words):
    backend = ScriptedBackend(in_turn(words))
    spoken = make_policy("price_strategy", strategy="linear", model=backend, reasks=1)
    games = rollout("price", {"buyer_0": spoken, "seller_0": "boulware_firm"}, 5, seed=5, chat=True)
    check_messages(games, "template")
    for note in games.decisions["notes"]:
        assert note is None or (note["fallback"] == "template" and len(note["replies"]) == 2)
    again = backend.requests[1].messages[-1]["content"]
    assert "did not say the move" in again
    assert "Say as the buyer" in again


def test_the_narrator_is_told_no_limit():
    backend = ScriptedBackend(in_turn("?"))
    spoken = make_policy("price_strategy", strategy="linear", model=backend, reasks=0)
    rollout("price", {"buyer_0": spoken, "seller_0": "linear"}, 3, seed=0, options=LIMITS, chat=True)
    told = json.dumps([request.messages for request in backend.requests])
    assert "913.57" not in told
    assert "402.46" not in told


def test_chats_of_the_narrator_only_grow():
    backend = ScriptedBackend(in_turn("?"))
    spoken = make_policy("price_strategy", strategy="linear", model=backend, reasks=0)
    rollout("price", {"buyer_0": spoken, "seller_0": Wall("No.")}, 1, seed=0, options=LIMITS, chat=True, max_turns=8)
    chats = [request.messages for request in backend.requests]
    for earlier, later in itertools.pairwise(chats):
        assert later[: len(earlier)] == earlier


@pytest.mark.parametrize("settings", [{"tick": 5.0}, {"tick": 0.1}, {"price_grid": 27}])
def test_words_name_the_price_that_the_game_knows(settings):
    spoken = make_policy("price_strategy", strategy="linear", model=ScriptedBackend(in_turn("?")), reasks=0)
    games = rollout("price", {"buyer_0": spoken, "seller_0": "linear"}, 10, seed=1, chat=True, **settings)
    check_messages(games, "template")


@pytest.mark.parametrize("action_mode", ["discrete", "continuous"])
def test_words_name_the_price_that_the_environment_plays(action_mode):
    env = price_v0.parallel_env(chat=True, max_turns=6, action_mode=action_mode, num_prices=14)
    observations, _ = env.reset(seed=0, options=LIMITS)
    spoken = make_policy("price_strategy", strategy="linear", model=ScriptedBackend(in_turn("?")), reasks=0)
    players = {"buyer_0": bind(spoken, env), "seller_0": bind("hardliner", env)}
    while env.agents:
        observations, *_ = env.step({name: players[name](observations[name]) for name in env.agents})
    moves = [move for move in env.unwrapped.moves if move[1] == "buyer_0" and move[2] == "offer"]
    assert len(moves) >= 2
    assert all(money(price) in said for _, _, _, price, said in moves)


def test_a_fault_of_the_backend_is_a_fault_and_no_move():
    backend = ScriptedBackend(lambda request: BackendError("gone", "connection"))
    spoken = make_policy("price_strategy", strategy="linear", model=backend)
    games = rollout("price", {"buyer_0": spoken, "seller_0": "linear"}, 3, seed=0, options=LIMITS, chat=True)
    assert games.episodes["ended_by"].tolist() == ["fault"] * 3
    assert games.decisions["notes"][0]["error"] == {"fault": "connection", "message": "gone"}


def test_a_wrapped_policy_is_a_function_of_its_view():
    answer = lambda request: f"I offer {(request.seed or 0) % 7}."  # noqa: E731
    spoken = make_policy("price_strategy", strategy="tit_for_tat", model=ScriptedBackend(answer), reasks=1)
    check_policy(spoken, "price", num_games=6, max_turns=8, chat=True)
    items = make_policy("multi_item_strategy", "multi_item", strategy="trade_off", model=ScriptedBackend(answer))
    check_policy(items, "multi_item", num_games=4, max_turns=6, chat=True)


def test_records_hold_the_commanded_rho_of_what_is_wrapped():
    spoken = make_policy(
        "price_strategy", strategy="hold_rho:rho=0.3,assumed_width=500", model=ScriptedBackend(in_turn("?"))
    )
    games = rollout("price", {"buyer_0": spoken, "seller_0": "linear"}, 1, seed=0)
    assert games.decisions["rho_commanded"][games.decisions["seat"] == 0].tolist()[0] == 0.3
    assert "hold_rho:rho=0.3" in spoken.params["strategy"]


def test_items_are_worded():
    def answer(request):
        split = re.findall(r"Say that you keep (.*)\.", request.messages[-1]["content"])
        return f"I would like to keep {split[-1]}." if split else "I accept your proposal."

    spoken = make_policy("multi_item_strategy", "multi_item", strategy="boulware", model=ScriptedBackend(answer))
    for scenario in ("seed", "bargaining"):
        bare = rollout("multi_item", {"agent_0": "boulware", "agent_1": "linear"}, 10, seed=2, scenario=scenario)
        games = rollout(
            "multi_item", {"agent_0": spoken, "agent_1": "linear"}, 10, seed=2, scenario=scenario, chat=True
        )
        assert np.array_equal(bare.decisions["kind"], games.decisions["kind"])
        assert np.array_equal(bare.decisions["split"], games.decisions["split"])
        notes = [note for note in games.decisions["notes"] if note]
        assert {note["narration"] for note in notes} == {"model"}
    quantities = games.episodes["quantities"][0].tolist()
    said = next(text for text in games.decisions["message"] if text)
    assert parse_multi_item_reply(said, None, quantities).kind == "offer"


def test_an_unknown_strategy_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match="unknown price policy 'boulwar'"):
        make_policy("price_strategy", strategy="boulwar")
