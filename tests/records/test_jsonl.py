"""The lines of a record say what was played, and nothing that is not JSON."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation_env import PriceDecision, rollout
from negotiation_env.records.generate import generate
from negotiation_env.run import make_run

POOL = ["linear", "boulware_firm", "tit_for_tat", "hardliner", "random", "hold_rho:rho=0.3,assumed_width=400"]
KINDS = {0: "OFFER", 1: "ACCEPT", 2: "WALK"}
KEYS = {
    "schema_version", "trajectory_id", "turn", "agent", "state", "action", "reward", "is_terminal", "rho",
    "rho_commanded", "intent_impasse", "meta",
}  # fmt: skip


def written(tmp_path, num_episodes=40, seed=0, **settings):
    players = settings.pop("players", {"buyer_0": POOL, "seller_0": POOL})
    path = tmp_path / "games.jsonl"
    generate(make_run("price", players, seed, **settings), num_episodes, path)

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    lines = [json.loads(line, parse_constant=refuse) for line in path.read_text().splitlines()]
    return lines, rollout("price", players, num_episodes, seed, **settings)


@pytest.mark.parametrize("scenario", ["seed", "varied", "private"])
def test_each_line_is_one_decision(tmp_path, scenario):
    lines, episodes = written(tmp_path, scenario=scenario)
    games, moves = episodes.episodes, episodes.decisions
    assert len(lines) == len(moves["kind"])
    for row, line in enumerate(lines):
        game, seat = moves["episode"][row], moves["seat"][row]
        offers = [
            price for _, _, kind, price, _ in episodes[int(game)].moves[: moves["turn"][row] - 1] if kind == "offer"
        ]
        assert set(line) == KEYS
        assert line["trajectory_id"] == games["uid"][game]
        assert line["turn"] == moves["turn"][row] == line["state"]["timestep"] + 1
        assert line["agent"]["strategy"] == games[("buyer", "seller")[seat]][game]
        assert line["agent"]["params"] == json.loads(games[("buyer_params", "seller_params")[seat]][game])
        assert line["state"]["offer_history"] == offers
        assert line["state"]["last_offer_price"] == (offers[-1] if offers else None)
        assert line["state"]["reservation_price"] == games[("buyer_max", "seller_min")[seat]][game]
        assert line["state"]["price_range"] == [200.0, 1500.0]
        assert line["action"]["type"] == KINDS[moves["kind"][row]]
        assert (line["action"]["price"] is None) == math.isnan(moves["price"][row])
        assert line["action"]["price"] in (None, moves["price"][row])
        assert line["reward"] == moves["reward"][row]
        assert line["is_terminal"] == moves["is_terminal"][row]
        assert line["rho"] == games["rho"][game]
        assert line["rho_commanded"] == (0.3 if line["agent"]["strategy"] == "hold_rho" else None)
        meta = line["meta"]
        assert meta["accepted_price"] == (games["price"][game] if games["deal"][game] else None)
        assert meta["episode_outcome"] == games["ended_by"][game]
        assert meta["zopa_width"] == pytest.approx(games["buyer_max"][game] - games["seller_min"][game], abs=1e-6)
        assert meta["opponent"] == games[("seller", "buyer")[seat]][game]


def test_failures_are_written_with_rho_minus_one(tmp_path):
    lines, _ = written(tmp_path, players={"buyer_0": "tit_for_tat", "seller_0": "tit_for_tat"}, num_episodes=3)
    assert {line["rho"] for line in lines} == {-1.0}
    assert {line["meta"]["episode_outcome"] for line in lines} == {"deadline"}
    assert [line["is_terminal"] for line in lines] == ([False] * 18 + [True] * 2) * 3


def test_impasse_intent(tmp_path):
    players = {"buyer_0": "hold_rho:rho=-1,assumed_width=500", "seller_0": "linear"}
    lines, _ = written(tmp_path, players=players, num_episodes=3)
    for line in lines:
        assert line["intent_impasse"] == (line["meta"]["opponent"] == "linear")


class Odd:
    """A policy with an awkward name, parameters and notes."""

    def __init__(self, name, params, note):
        self.name, self.params, self.note = name, params, note

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        return PriceDecision(
            np.zeros(len(view), int), np.full(len(view), 500.0), [self.name] * len(view), [self.note] * len(view)
        )


texts = st.text(max_size=12)


@settings(max_examples=30, deadline=None)
@given(
    name=st.text(min_size=1, max_size=12),
    key=texts,
    value=texts | st.integers() | st.booleans() | st.none(),
    note=texts,
)
def test_odd_names_and_notes_are_still_json(tmp_path_factory, name, key, value, note):
    odd = Odd(name, {key: value}, {"raw": note})
    lines, _ = written(tmp_path_factory.mktemp("odd"), 1, players={"buyer_0": odd, "seller_0": "linear"}, chat=True)
    own = [line for line in lines if line["meta"]["opponent"] == "linear"]
    assert own
    for line in own:
        assert line["agent"] == {"strategy": name, "params": {key: value}}
        assert line["message"] == name
        assert line["notes"] == {"raw": note}


def test_games_that_end_by_a_fault_are_counted_and_not_written(tmp_path):
    class Failing(Odd):
        def decide(self, view):
            odd = view.game % 2 == 1
            return PriceDecision(np.where(odd, 3, 0), np.full(len(view), 500.0))

    run = make_run("price", {"buyer_0": Failing("failing", {}, {}), "seller_0": "linear"}, 0)
    result = generate(run, 10, tmp_path / "games.jsonl")
    assert result.counts.faults == 5
    assert result.counts.episodes == 5
    ids = {json.loads(line)["trajectory_id"] for line in (tmp_path / "games.jsonl").read_text().splitlines()}
    assert ids == {f"{run.run_id}-{number}" for number in range(0, 10, 2)}
