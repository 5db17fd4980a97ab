"""The lines and rows of multi-item records say what was played, as their own agent would have it."""

import json

import numpy as np
import polars as pl
import pytest
from played import SETTINGS, players_of, run_of

from negotiation_env import MultiItemDecision, rollout
from negotiation_env.records.generate import generate
from negotiation_env.records.prepare import prepare
from negotiation_env.run import make_run
from negotiation_env.solutions import COLUMNS

AGENTS = ("agent_0", "agent_1")
KEYS = {
    "schema_version", "trajectory_id", "turn", "agent", "state", "action", "reward", "is_terminal", "meta",
}  # fmt: skip
FIXED = {"disagreement": (0.5, 1.0), "max_turns": 8}


@pytest.fixture(scope="module")
def episodes():
    return rollout("multi_item", players_of("multi_item"), 60, 5, **SETTINGS["multi_item"], **FIXED)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "games.jsonl"
    generate(run_of("multi_item", **FIXED), 60, path)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_line_is_one_decision_on_a_view(lines, episodes):
    moves, view = episodes.decisions, episodes.views(np.arange(episodes.decisions.length))
    assert len(lines) == len(view)
    for row, line in enumerate(lines):
        state, seat, turn = line["state"], int(moves["seat"][row]), int(moves["turn"][row])
        own, other = view.own_offers[row].tolist(), view.opponent_offers[row].tolist()
        begun = (turn & 1) == 1
        seen = [(own if begun == (place % 2 == 0) else other)[place // 2] for place in range(turn - 1)]
        assert set(line) == KEYS
        assert (line["turn"], state["timestep"], state["role"]) == (turn, turn - 1, AGENTS[seat])
        assert state["quantities"] == view.quantities[row].tolist()
        assert state["own_values"] == view.values[row].tolist()
        assert state["offer_history"] == seen
        assert state["last_offer"] == (view.standing_offer[row].tolist() if turn > 1 else None)
        offered = moves["kind"][row] == 0
        assert line["action"]["type"] == ("OFFER", "ACCEPT", "WALK")[moves["kind"][row]]
        assert line["action"]["keep"] == (moves["keep"][row].tolist() if offered else None)
        assert line["reward"] == moves["reward"][row]
        assert line["is_terminal"] == moves["is_terminal"][row]


def test_each_line_holds_the_outcome_and_its_quality(lines, episodes):
    games, moves = episodes.episodes, episodes.decisions
    for row, line in enumerate(lines):
        game, meta = int(moves["episode"][row]), line["meta"]
        seat = int(moves["seat"][row])
        assert line["trajectory_id"] == games["uid"][game]
        assert (line["agent"]["strategy"], meta["opponent"]) == (
            games[AGENTS[seat]][game], games[AGENTS[1 - seat]][game],
        )  # fmt: skip
        for side, agent in enumerate(AGENTS):
            assert meta["values"][agent] == games[f"values_{side}"][game].tolist()
            assert meta["payoffs"][agent] == games[f"payoff_{agent}"][game]
            assert meta["disagreement"][agent] == FIXED["disagreement"][side]
            assert meta["discount"][agent] == SETTINGS["multi_item"]["discount"][side]
        assert meta["accepted_keep"] == (games["keep_0"][game].tolist() if games["deal"][game] else None)
        assert meta["episode_outcome"] == games["ended_by"][game]
        assert meta["quality"] == {name: games[name][game] for name in COLUMNS}
    assert 0.0 < games["deal"].mean() < 1.0


def test_rows_of_the_tables_hold_lists(tmp_path, lines, episodes):
    generate(run_of("multi_item", **FIXED), 60, tmp_path / "tables", k_history=3)
    games, steps = (pl.read_parquet(tmp_path / "tables" / f"{name}.parquet") for name in ("episodes", "decision_steps"))
    moves, view = episodes.decisions, episodes.views(np.arange(episodes.decisions.length))
    assert steps["action_keep"].dtype == steps["history_3"].dtype == games["keep_0"].dtype == pl.List(pl.Int64)
    assert steps["own_values"].to_list() == view.values.tolist()
    assert steps["quantities"].to_list() == view.quantities.tolist()
    standing = [kept if turn > 1 else None for kept, turn in zip(view.standing_offer.tolist(), view.turn, strict=True)]
    assert steps["last_offer"].to_list() == steps["history_1"].to_list() == standing
    assert steps["history_2"].to_list() == [
        row["state"]["offer_history"][-2] if row["turn"] > 2 else None for row in lines
    ]
    assert steps["action_keep"].is_null().to_list() == (moves["kind"] != 0).tolist()
    assert games["keep_0"].is_null().to_list() == (~episodes.episodes["deal"]).tolist()
    assert games["pareto_optimal"].dtype == pl.Boolean
    for name in COLUMNS:
        np.testing.assert_array_equal(games[name].to_numpy(), episodes.episodes[name])
    for name in ("payoff_agent_0", "payoff_agent_1"):
        np.testing.assert_array_equal(games[name].to_numpy(), episodes.episodes[name])


def test_pools_of_several_sizes_may_stand_in_one_file(tmp_path):
    path = tmp_path / "games.jsonl"
    for number, settings in enumerate(({"num_items": 3}, {"num_items": 6}, {"scenario": "bargaining"})):
        run = make_run("multi_item", players_of("multi_item"), number, **settings)
        generate(run, 20, path, append=number > 0)
        generate(run, 20, tmp_path / str(number))
    prepare(path, tmp_path / "tables")
    for name in ("episodes", "decision_steps"):
        parts = [pl.read_parquet(tmp_path / str(number) / f"{name}.parquet") for number in range(3)]
        assert pl.read_parquet(tmp_path / "tables" / f"{name}.parquet").equals(pl.concat(parts))
    lengths = pl.read_parquet(tmp_path / "tables" / "episodes.parquet")["quantities"].list.len()
    assert lengths.to_list() == [3] * 20 + [6] * 20 + [3] * 20


def test_frames_hold_lists_and_null_where_nothing_is_kept():
    episodes = rollout("multi_item", players_of("multi_item"), 30, 3)
    games, moves = episodes.to_polars()
    assert games["quantities"].dtype == games["keep_0"].dtype == moves["keep"].dtype == pl.List(pl.Int64)
    assert games["values_1"].dtype == pl.List(pl.Float64)
    assert games["values_1"].to_list() == episodes.episodes["values_1"].tolist()
    for frame, table, name, there in (
        (games, episodes.episodes, "keep_0", episodes.episodes["deal"]),
        (moves, episodes.decisions, "keep", episodes.decisions["kind"] == 0),
    ):
        rows = zip(table[name].tolist(), there, strict=True)
        assert frame[name].to_list() == [kept if given else None for kept, given in rows]
    assert not all(episodes.episodes["deal"])


class Keeping:
    """Keeps everything, speaks and takes notes; in every other game it fails on its second move."""

    name, params = "keeping", {"quote": 'a "b" {c}'}

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        failing = (view.game % 2 == 1) & (view.turn > 2)
        said = [f"mine, {turn}" for turn in view.turn.tolist()]
        return MultiItemDecision(np.where(failing, 3, 0), view.quantities, said, [{"why": "all"}] * len(view))


def test_messages_and_notes_are_kept_and_faults_are_not_written(tmp_path):
    run = make_run("multi_item", {"agent_0": Keeping(), "agent_1": "hardliner"}, 0, chat=True, max_turns=6)
    result = generate(run, 10, tmp_path / "games.jsonl")
    assert (result.counts.episodes, result.counts.faults) == (5, 5)
    rows = [json.loads(line) for line in (tmp_path / "games.jsonl").read_text().splitlines()]
    assert {row["trajectory_id"] for row in rows} == {f"{run.run_id}-{number}" for number in range(0, 10, 2)}
    own = [row for row in rows if row["agent"]["strategy"] == "keeping"]
    assert all(row["message"] == f"mine, {row['turn']}" and row["notes"] == {"why": "all"} for row in own)
    generate(run, 10, tmp_path / "direct")
    prepare(tmp_path / "games.jsonl", tmp_path / "prepared")
    for name in ("episodes.parquet", "decision_steps.parquet"):
        assert (tmp_path / "direct" / name).read_bytes() == (tmp_path / "prepared" / name).read_bytes()
