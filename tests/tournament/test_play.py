"""Tournaments: hand-computed ones, equal bytes, what crashes, and what is refused."""

import json

import numpy as np
import polars as pl
import pytest
from contestants import THREE, Claims, Crashes, Faulty, Sloppy, Talks, results_of

from negotiation_env import rollout
from negotiation_env.records.errors import RecordError
from negotiation_env.records.parquet_games import read_parquet_games
from negotiation_env.report import write_report
from negotiation_env.tournament import load_results, play_tournament
from negotiation_env.tournament.playing import play_cell


@pytest.fixture(scope="module")
def claims(tmp_path_factory):
    policies = [Claims(0.2), Claims(0.5), Claims(0.8)]
    return play_tournament(policies, tmp_path_factory.mktemp("claims"), 20, information="known", scenario="seed")


SHARES_0 = [[0.5, 0.35, 0.2], [0.65, 0.5, 0.0], [0.8, 0.0, 0.0]]
"""Of seat 0: whoever offers first gets what it asks for, if the other takes that; .2 and .2 get .2 or .8 in turns."""


def test_shares_are_as_worked_out_by_hand(claims):
    whole = claims.cells.filter(first_mover="both")
    assert np.allclose(whole["share_0"].to_numpy().reshape(3, 3), SHARES_0, atol=1e-4)
    assert np.allclose(whole["share_1"].to_numpy().reshape(3, 3), np.transpose(SHARES_0), atol=1e-4)
    first = claims.cells.filter(policy_0="claims_0.2", policy_1="claims_0.5").rows_by_key("first_mover", named=True)
    assert first["buyer"][0]["share_0"] == pytest.approx(0.2, abs=1e-4)
    assert first["seller"][0]["share_0"] == pytest.approx(0.5, abs=1e-4)
    assert first["seller"][0]["turns"] == 2.0
    assert first["both"][0]["num_episodes"] == 20


def test_measures_of_policies_are_means_over_their_opponents(claims):
    rows = {row["policy"]: row for row in claims.policies.filter(role="both", moves="both").iter_rows(named=True)}
    shares, others = np.mean(SHARES_0, axis=1), np.mean(SHARES_0, axis=0)
    for place, name in enumerate(("claims_0.2", "claims_0.5", "claims_0.8")):
        assert rows[name]["share"] == pytest.approx(shares[place], abs=1e-4)
        assert rows[name]["opponent_share"] == pytest.approx(others[place], abs=1e-4)
    assert [row["deal_rate"] for row in rows.values()] == pytest.approx([1.0, 2 / 3, 1 / 3])
    assert rows["claims_0.8"]["num_episodes"] == 5 * 20
    soft = claims.policies.filter(policy="claims_0.2", role="seller", moves="second").row(0, named=True)
    assert soft["share"] == pytest.approx((0.8 + 0.5 + 0.2) / 3, abs=1e-4)
    assert soft["payoff"] == pytest.approx(500 * (0.8 + 0.5 + 0.2) / 3, abs=0.1)
    assert soft["rho"] == pytest.approx((0.8 + 0.5 + 0.2) / 3, abs=1e-4)


def test_the_meta_game_is_that_of_the_shares(claims):
    game = claims.meta_game
    assert np.allclose(game.payoffs, SHARES_0, atol=1e-4)
    weights = dict(zip(game.policies, game.equilibrium["weights"], strict=True))
    assert sum(weights.values()) == pytest.approx(1.0)
    earned = game.payoffs @ list(weights.values())
    assert game.equilibrium["regret"] == pytest.approx(earned.max() - earned @ list(weights.values()), abs=1e-9)
    assert game.equilibrium["regret"] < 1e-9
    assert game.exploitability["claims_0.2"] == pytest.approx(0.3, abs=1e-4)
    assert game.best_responses == {"claims_0.2": "claims_0.8", "claims_0.5": "claims_0.5", "claims_0.8": "claims_0.2"}


def test_a_cell_is_what_rollout_plays(tmp_path):
    found = play_tournament(THREE, tmp_path, 60, seed=5, keep_episodes=6)
    for side in ("buyer", "seller"):
        agents = {"buyer_0": "linear", "seller_0": "tit_for_tat"}
        games = rollout("price", agents, 30, seed=5, first_mover=side)
        mine = found.outcomes.filter(policy_0="linear", policy_1="tit_for_tat", first_mover=side)
        for name in ("deal", "turns"):
            assert mine[name].to_list() == games.episodes[name].tolist()
        assert mine["payoff_1"].to_list() == games.episodes["payoff_seller"].tolist()
    kept = list(read_parquet_games(found.games, 1000))
    assert sum(len(games) for games in kept) == 9 * 6
    ids = found.cells.drop_nulls("run_id")["run_id"].to_list()
    assert set(kept[0].ids) == {f"{run_id}-{draw}" for run_id in ids for draw in range(3)}


@pytest.mark.parametrize(("domain", "scenario"), [("price", "varied"), ("multi_item", "bargaining")])
def test_roles_swapped_give_symmetric_results(tmp_path, domain, scenario):
    names = ["boulware", "linear", "tit_for_tat"]
    found = play_tournament(names, tmp_path, 400, domain=domain, scenario=scenario)
    whole = found.cells.filter(first_mover="both").rows_by_key(["policy_0", "policy_1"], named=True, unique=True)
    for one in names:
        for two in names:
            here, there = whole[one, two], whole[two, one]
            assert here["share_0_low"] <= there["share_1_high"]
            assert there["share_1_low"] <= here["share_0_high"]


def test_equal_bytes_for_every_engine(tmp_path):
    for domain in ("price", "multi_item"):
        serial, shared = tmp_path / domain / "serial", tmp_path / domain / "shared"
        play_tournament("linear,tit_for_tat", serial, 40, domain=domain)
        play_tournament("linear,tit_for_tat", shared, 40, domain=domain, engine="process", workers=2)
        assert results_of(serial) == results_of(shared)
        assert len(results_of(serial)) == 10


def test_multi_item_has_its_own_measures(tmp_path):
    found = play_tournament("linear,conceder", tmp_path, 20, domain="multi_item", scenario="bargaining", num_items=3)
    row = found.cells.filter(first_mover="both").row(0, named=True)
    for name in ("welfare", "efficiency", "pareto_rate", "nash_distance", "kalai_smorodinsky_distance"):
        assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    assert row["deal_rate_possible"] == row["deal_rate"]
    assert row["deal_rate_impossible"] is None
    assert "rho" not in row
    game = found.outcomes.row(0, named=True)
    assert game["share_0"] == pytest.approx(game["payoff_0"] / 10)
    assert game["welfare"] == pytest.approx(game["payoff_0"] + game["payoff_1"])


def test_a_split_that_is_worth_less_than_none_is_not_possible(tmp_path):
    found = play_tournament(
        "linear,hardliner", tmp_path, 40, domain="multi_item", scenario="bargaining", disagreement=(6.0, 6.0)
    )
    possible = found.outcomes.filter(policy_0="linear", policy_1="linear", first_mover="agent_0")["possible"]
    assert 0 < possible.sum() < 20
    row = found.cells.filter(policy_0="linear", policy_1="linear", first_mover="both").row(0, named=True)
    assert row["deal_rate_impossible"] == 0.0
    assert row["violation_rate_0"] == 0.0


def test_where_no_deal_is_possible_it_counts_apart(tmp_path):
    found = play_tournament("naive_boulware,hardliner", tmp_path, 100, scenario="private")
    games = found.outcomes.filter(policy_0="hardliner", policy_1="hardliner")
    assert 0 < games["possible"].sum() < 100
    assert games.filter(~pl.col("possible"))["share_0"].is_null().all()
    row = found.cells.filter(policy_0="hardliner", policy_1="hardliner", first_mover="both").row(0, named=True)
    assert row["deal_rate_possible"] == games.filter("possible")["deal"].mean()
    assert row["deal_rate_impossible"] == 0.0


def test_a_crash_loses_its_cells_and_not_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(Crashes, "is_mended", False)
    found = play_tournament(["linear", "boulware_firm", Crashes()], tmp_path / "one", 20)
    assert not found.is_complete
    lost = [(failure.policy_0, failure.policy_1) for failure in found.failures]
    assert lost == [(one, two) for one, two, first in failed_cells(found) if first == "both"]
    others = ("linear", "boulware_firm", "crashes")
    assert set(lost) == {(name, "crashes") for name in others} | {("crashes", name) for name in others}
    failure = found.failures[0]
    assert (failure.type, failure.first_mover) == ("ZeroDivisionError", "buyer")
    assert failure.message.startswith("the network has exploded This was on turn")
    assert "contestants.py" in failure.traceback
    assert found.meta_game.left_out == ("crashes",)
    assert found.ranking.policies["policy"].to_list()[-1] == "crashes"
    assert found.ranking.policies["strength"].to_list()[-1] is None
    alone = play_tournament("linear,boulware_firm", tmp_path / "two", 20)
    here = found.cells.filter(~pl.col("failed")).with_columns(pl.col("policy_0", "policy_1").cast(pl.String))
    assert here.equals(alone.cells.with_columns(pl.col("policy_0", "policy_1").cast(pl.String)))

    monkeypatch.setattr(Crashes, "is_mended", True)
    played = count_cells(monkeypatch)
    mended = play_tournament(["linear", "boulware_firm", Crashes()], tmp_path / "one", 20)
    assert len(played) == 5
    assert mended.is_complete
    assert mended.failures == ()


def failed_cells(found):
    return found.cells.filter(failed=True).select("policy_0", "policy_1", "first_mover").rows()


def count_cells(monkeypatch):
    """The cells that are played from now on."""
    played = []

    def counted(plan, cell, **arguments):
        played.append(cell)
        return play_cell(plan, cell, **arguments)

    monkeypatch.setattr("negotiation_env.tournament.playing.play_cell", counted)
    return played


def test_faults_count_nowhere_and_are_played_again(tmp_path, monkeypatch):
    monkeypatch.setattr(Faulty, "is_mended", False)
    found = play_tournament(["hardliner", Faulty()], tmp_path, 20)
    row = found.cells.filter(policy_0="faulty", policy_1="hardliner", first_mover="both").row(0, named=True)
    assert (row["num_episodes"], row["faults"], row["deal_rate"]) == (10, 10, row["deal_rate"])
    assert found.outcomes.filter("fault")["payoff_0"].is_null().all()
    assert not found.is_complete
    monkeypatch.setattr(Faulty, "is_mended", True)
    played = count_cells(monkeypatch)
    mended = play_tournament(["hardliner", Faulty()], tmp_path, 20)
    assert played == [(0, 1), (1, 0), (1, 1)]
    assert mended.is_complete
    assert not mended.outcomes["fault"].any()


def test_where_every_game_ends_by_a_fault_nothing_is_said_and_all_is_played_again(tmp_path, monkeypatch):
    monkeypatch.setattr(Faulty, "is_mended", False)
    policies = [Faulty(), Faulty()]
    policies[1].name = "other"
    found = play_tournament(policies, tmp_path, 4)
    assert found.outcomes["fault"].all()
    assert found.ranking.policies["strength"].to_list() == found.ranking.policies["share"].to_list() == [None, None]
    assert found.ranking.effects["seat_0"].log_odds is None
    assert found.meta_game.equilibrium is None
    assert "Most wins" in write_report(tmp_path).read_text(encoding="utf-8")
    monkeypatch.setattr(Faulty, "is_mended", True)
    assert play_tournament(policies, tmp_path, 4).is_complete


def test_illegal_replies_are_those_of_the_notes(tmp_path):
    found = play_tournament([Sloppy(), "hardliner"], tmp_path, 4, max_turns=6)
    row = found.cells.filter(policy_0="sloppy", policy_1="hardliner", first_mover="buyer").row(0, named=True)
    moves = (row["turns"] + 1) // 2
    assert row["illegal_replies_0"] == pytest.approx(2 * moves)
    assert row["illegal_replies_1"] == 0.0


def test_players_that_wait_are_played_by_threads_and_what_they_say_is_kept(tmp_path):
    found = play_tournament([Talks(), "linear"], tmp_path / "one", 8, chat=True, keep_episodes=4)
    assert found.is_complete
    (games,) = read_parquet_games(found.games, 1000)
    assert "850, please" in games.messages.values()
    play_tournament([Talks(), "linear"], tmp_path / "two", 8, chat=True, keep_episodes=4, workers=3)
    assert results_of(tmp_path / "one") == results_of(tmp_path / "two")
    with pytest.raises(ValueError, match="'talks' waits for a server"):
        play_tournament([Talks(), "linear"], tmp_path / "three", 8, engine="process")
    with pytest.raises(ValueError, match="workers is 0"):
        play_tournament("fair,linear", tmp_path / "three", 8, engine="process", workers=0)
    assert not (tmp_path / "three").exists()


def test_a_finished_tournament_is_read_and_not_played(tmp_path, monkeypatch):
    first = play_tournament(THREE, tmp_path, 10)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    played = count_cells(monkeypatch)
    told = []
    again = play_tournament(THREE, tmp_path, 10, progress=told.append)
    assert not played
    assert told == [9]
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert again.cells.equals(first.cells)
    assert first.policy_seconds["decisions"].sum() == first.outcomes["turns"].sum()


def test_a_folder_of_other_settings_is_refused(tmp_path):
    play_tournament(THREE, tmp_path, 10)
    before = results_of(tmp_path)
    for change in ({"seed": 1}, {"num_episodes": 12}, {"max_turns": 8}, {"policies": "linear,tit_for_tat"}):
        with pytest.raises(RecordError, match=r"holds a tournament of other settings: [^{]*not [^{]*\. Give its"):
            play_tournament(**{"policies": THREE, "folder": tmp_path, "num_episodes": 10, **change})
    assert results_of(tmp_path) == before
    play_tournament(THREE, tmp_path, 10, seed=1, overwrite=True)
    assert json.loads((tmp_path / "settings.json").read_text())["seed"] == 1


def test_a_share_that_is_hardly_larger_wins_no_game(tmp_path):
    """They settle at .5, or at .498 and .502: as in the figures of records, that is a tie."""
    policies = [Claims(0.5), Claims(0.498)]
    found = play_tournament(policies, tmp_path, 40, information="known", scenario="seed")
    assert found.ranking.policies["win_rate"].to_list() == [0.5, 0.5]
    assert found.ranking.policies["strength"].to_list() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_what_is_no_tournament_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("kept")
    with pytest.raises(RecordError, match=r"holds 'thesis.tex' and no tournament"):
        play_tournament(THREE, tmp_path, 10, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(RecordError, match="holds no tournament"):
        load_results(tmp_path)


def test_all_mistakes_are_told_before_a_game_is_played(tmp_path, monkeypatch):
    played = count_cells(monkeypatch)
    wrong = "linaer,linear,fair:x=1,linear,hold_rho:rho=7"
    with pytest.raises(ValueError, match="4 mistakes") as caught:
        play_tournament(wrong, tmp_path / "out", 10)
    for part in ("'linaer'", "no parameter 'x'", "rho is 7", "2 policies are called 'linear'"):
        assert part in str(caught.value)
    assert not played
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_episodes": 5}, "num_episodes is 5; it must be an even number"),
        ({"keep_episodes": -2}, "keep_episodes is -2"),
        ({"policies": "linear"}, "needs at least two policies, not 1"),
        ({"policies": [Claims(0.5), Claims(0.5)]}, "2 policies are called 'claims_0.5'"),
        ({"first_mover": "buyer"}, "leave first_mover out"),
        ({"engine": "proces"}, "Did you mean 'process'"),
        ({"domain": "prices"}, "Did you mean 'price'"),
        ({"scenario": "private", "num_episodes": 2, "seed": 0}, "no deal is possible in any of the 1 draws"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        play_tournament(**{"policies": THREE, "folder": tmp_path / "out", "num_episodes": 10, **arguments})
    assert not (tmp_path / "out").exists()


def test_all_means_every_deterministic_strategy_once():
    from negotiation_env.tournament.entrants import deterministic_policies, find_entrants

    private, known = deterministic_policies("price"), deterministic_policies("price", "known")
    assert set(known) - set(private) == {"hold_rho", "concede_to_rho", "teacher"}
    assert not [name for name in known if name.startswith("random") or name.endswith("noisy")]
    assert "boulware_linear" in private
    assert "linear" not in private  # it plays as boulware_linear
    names = [entrant.name for entrant in find_entrants("linear,all,linear_noisy", "price")]
    assert names == ["linear", *private, "linear_noisy"]
    assert [entrant.name for entrant in find_entrants("all,all", "price")] == private
    names = [entrant.name for entrant in find_entrants(["fair", "all", Claims(0.5)], "price")]
    assert names == ["fair", *(name for name in private if name != "fair"), "claims_0.5"]
