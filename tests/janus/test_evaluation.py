"""Commanded and achieved rhos against opponents whose settlements are known."""

import numpy as np
import pytest

from negotiation_env import PriceDecision, make_policy, rollout

pytest.importorskip("polars", reason="needs pip install 'negotiation-env[datasets]'")

from negotiation_janus.evaluation import evaluate_policies, evaluate_rho
from negotiation_janus.plots import draw_calibration
from negotiation_janus.scores import Outcomes, cell_scores, summarise
from walker import Walker

KNOWN = {"information": "known", "num_episodes": 20}


def teacher(rho, **params):
    return make_policy("teacher", rho=rho, **params)


class Failing(Walker):
    """Fails on each turn."""

    def decide(self, view):
        return PriceDecision(kind=np.full(len(view), 3), price=view.price_low)


class Muttering(Walker):
    """Walks away after two replies that nobody could read."""

    def decide(self, view):
        return PriceDecision(kind=np.full(len(view), 2), price=view.price_low, notes=[{"illegal": 2}] * len(view))


class Agreeing(Walker):
    """Accepts what it can, past its limit as well, and offers the middle of the range."""

    def decide(self, view):
        kind = (~np.isnan(view.standing_offer)).astype(np.int8)
        return PriceDecision(kind=kind, price=(view.price_low + view.price_high) / 2)


def outcomes(commands, rho, nearest, strictly=None):
    """Outcomes of a buyer without faults and violations, with deals on turn 7 where there is a rho."""
    never = np.zeros(rho.shape, dtype=bool)
    deal = ~np.isnan(rho)
    return Outcomes(
        "any", "buyer", "buyer", commands, rho, deal, never, np.full(rho.shape, 7), never, never, nearest, strictly
    )


def rows(result, **wanted):
    table = result.table
    for name, value in wanted.items():
        table = table.filter(table[name] == value)
    return table.to_dicts()


def test_what_an_opponent_does_not_give_is_no_regret():
    """A seller that holds half of the surplus gives nothing below, and takes everything above."""
    result = evaluate_rho(teacher, ["hold_rho:rho=0.5"], [0.1, 0.5, 0.9], roles=["buyer"], **KNOWN)
    for command, achieved in ((0.1, 0.5), (0.5, 0.5), (0.9, 0.9)):
        for row in rows(result, command=command):
            assert (row["deal_rate"], row["num_episodes"]) == (1.0, 20)
            assert row["achieved"] == pytest.approx(achieved, abs=2e-3)
            assert row["error"] == pytest.approx(abs(achieved - command), abs=2e-3)
            assert row["regret"] == pytest.approx(0.0, abs=2e-3)
            assert row["missed_deals"] == row["violations"] == 0.0
    assert len(result.table) == 3 * 2
    assert result.summary["regret"] == pytest.approx(0.0, abs=2e-3)


def test_deals_that_were_possible_are_missed():
    result = evaluate_rho(lambda rho: Walker(), ["conceder"], [-1, 0.5], **KNOWN)
    (row, *_) = rows(result, command=0.5)
    assert (row["deal_rate"], row["missed_deals"], row["regret"], row["achieved"]) == (0.0, 1.0, None, None)
    assert result.summary["missed_deals"] == result.summary["impasse_at_minus_one"] == 1.0
    assert np.isnan(result.summary["regret"])
    assert all(np.isnan(bound) for bound in result.summary["regret_interval"])
    impossible = evaluate_rho(lambda rho: Walker(), [Walker()], [0.5], **KNOWN)
    assert np.isnan(impossible.summary["missed_deals"]), "nobody could have dealt"


def test_a_policy_that_ignores_its_command_has_regret_and_no_slope():
    result = evaluate_rho(lambda rho: "hold_rho:rho=0.5", ["conceder"], [0.1, 0.9], **KNOWN)
    assert result.summary["regret"] == pytest.approx(0.4, abs=0.02)
    assert result.summary["slope"] == pytest.approx(0.0, abs=1e-9)


def test_several_policies_are_evaluated_as_each_alone():
    makers = {"teacher": teacher, "walker": lambda rho: Walker(), "spec": lambda rho: f"hold_rho:rho={rho}"}
    arguments = (["linear", "tit_for_tat"], [-1, 0.2, 0.7])
    together = evaluate_policies(makers, *arguments, seed=5, **KNOWN)
    assert list(together) == list(makers)
    for name, make in makers.items():
        alone = evaluate_rho(make, *arguments, seed=5, **KNOWN)
        assert together[name].table.equals(alone.table)
        assert repr(together[name].summary) == repr(alone.summary)
    played = rollout("price", {"buyer_0": "hold_rho:rho=0.7", "seller_0": "linear"}, 20, seed=5,
                     first_mover="seller", information="known").episodes  # fmt: skip
    (row,) = rows(together["spec"], command=0.7, opponent="linear", role="buyer", first_mover="seller")
    assert row["achieved"] == played["rho"][played["deal"]].mean()


def test_strict_regret_is_against_further_plans():
    arguments = (teacher, ["tit_for_tat", "micro_coarse"], [-1, 0.2, 0.7])
    usual, strict = (evaluate_rho(*arguments, strict=strict, **KNOWN) for strict in (False, True))
    assert strict.table.drop("strict_regret").equals(usual.table)
    assert "strict_regret" not in usual.summary
    assert strict.table["strict_regret"].null_count() == usual.table["regret"].null_count()
    assert (strict.table["strict_regret"] >= strict.table["regret"]).all()
    assert strict.summary["strict_regret"] > strict.summary["regret"]
    low, high = strict.summary["strict_regret_interval"]
    assert low <= strict.summary["strict_regret"] <= high


def test_what_is_achievable_bounds_what_is_reached():
    commands, shape = np.array([0.0, 0.5, 1.0]), (3, 4)
    rho = np.full(shape, np.nan)
    rho[1] = 0.6
    nearest = np.broadcast_to(np.array([0.1, 0.2, np.nan])[:, None], shape)
    cell = outcomes(commands, rho, nearest)
    np.testing.assert_array_equal(cell.achievable[:, 0], [0.1, 0.6, np.nan])
    told = summarise([cell], 0)
    assert told["deal_rate_achievable"] == pytest.approx(2 / 3)
    assert told["spearman_achievable"] == pytest.approx(1.0)
    assert np.isnan(told["spearman"]), "all of its own deals are at one command"


def test_worker_processes_change_nothing():
    arguments = ({"teacher": teacher, "hold": lambda rho: f"hold_rho:rho={rho}"}, ["linear", "random"], [-1, 0.2, 0.7])
    serial = evaluate_policies(*arguments, strict=True, **KNOWN)
    shared = evaluate_policies(*arguments, strict=True, engine="process", workers=2, **KNOWN)
    for name, result in serial.items():
        assert result.table.equals(shared[name].table)
        assert repr(result.summary) == repr(shared[name].summary)


def test_progress_counts_the_episodes_of_the_policies():
    told = []
    evaluate_policies({"a": teacher, "b": teacher}, ["linear"], [0.2, 0.7], progress=told.append, **KNOWN)
    assert told == [2 * 2 * 20] * 4


def test_the_teacher_brings_it_about():
    opponents = ["linear", "conceder", "tit_for_tat", "split_difference"]
    closest = evaluate_rho(teacher, opponents, information="known", num_episodes=25).summary
    assert closest["regret"] < 0.02
    assert closest["missed_deals"] < 0.03
    assert closest["violations"] == 0.0
    assert closest["impasse_at_minus_one"] == 1.0
    assert closest["spearman"] > 0.85
    strict = evaluate_rho(lambda rho: teacher(rho, settle="strict"), opponents, information="known", num_episodes=25)
    assert strict.summary["error"] < 0.01
    assert strict.summary["slope"] == pytest.approx(1.0, abs=0.02)
    assert strict.summary["deal_rate"] < closest["deal_rate"]


def test_the_same_seed_gives_the_same_table_and_intervals_hold_the_estimate():
    one, two = (evaluate_rho(teacher, ["linear", "micro_fine"], [0.2, 0.8], seed=3, **KNOWN) for _ in range(2))
    assert one.table.equals(two.table)
    assert repr(one.summary) == repr(two.summary)
    for name in ("regret", "error", "deal_rate", "slope", "spearman", "turn"):
        low, high = one.summary[f"{name}_interval"]
        assert low <= one.summary[name] <= high


def test_each_opponent_and_role_is_measured_by_itself():
    result = evaluate_rho(teacher, ["linear", "micro_fine"], [-1, 0.2, 0.8], seed=3, **KNOWN)
    alone = evaluate_rho(teacher, ["micro_fine"], [-1, 0.2, 0.8], seed=3, roles=["seller"], **KNOWN)
    assert repr(result.groups["micro_fine"]["seller"]) == repr(alone.summary)
    slopes = [summary["slope"] for roles in result.groups.values() for summary in roles.values()]
    assert len(slopes) == 4
    assert result.summary["negative_slopes"] == np.mean(np.array(slopes) < 0)


def test_measures_of_known_outcomes():
    rng = np.random.default_rng(0)
    commands = np.array([-1.0, 0.0, 0.5, 1.0])
    rho = np.clip(commands[:, None] * 0.6 + 0.2 + rng.normal(0, 0.1, (4, 50)), 0, 1)
    rho[0] = np.nan
    rho[2, :10] = np.nan
    cell = outcomes(commands, rho, commands[:, None] + np.full((4, 50), 0.05))
    told = summarise([cell], 0)
    x, y = np.broadcast_to(commands[1:, None], (3, 50))[~np.isnan(rho[1:])], rho[1:][~np.isnan(rho[1:])]
    assert told["slope"] == pytest.approx(np.polyfit(x, y, 1)[0])
    assert told["error"] == pytest.approx(np.abs(x - y).mean())
    assert told["regret"] == pytest.approx((np.abs(x - y) - np.minimum(np.abs(x - y), 0.05)).mean())
    assert told["deal_rate"] == pytest.approx(140 / 150)
    assert told["missed_deals"] == pytest.approx(10 / 150)
    assert (told["impasse_at_minus_one"], told["turn"], told["negative_slopes"]) == (1.0, 7.0, 0.0)
    stats = pytest.importorskip("scipy.stats")
    assert told["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"commands": [1.5]}, "rho is 1.5; it must be in"),
        ({"commands": []}, "commands is"),
        ({"opponents": []}, "opponents is"),
        ({"opponents": "linear"}, "opponents is 'linear'; give a list"),
        ({"roles": ["agent_0"]}, "allowed are buyer, seller"),
        ({"first_movers": ["random"]}, "allowed are buyer, seller"),
        ({"num_episodes": 0}, "at least 1"),
        ({"workers": 0}, "workers is 0"),
        ({"engine": "proces"}, "Did you mean 'process'"),
        ({"opponents": ["linaer"]}, "Did you mean 'linear'"),
        ({"information": "secret"}, "information"),
    ],
)
def test_wrong_arguments_are_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate_rho(teacher, **{"opponents": ["linear"], "commands": [0.5], **KNOWN, **arguments})


def test_a_spec_is_told_each_command():
    options = {**KNOWN, "num_episodes": 5, "roles": ["buyer"]}
    by_spec = evaluate_rho("teacher:settle=strict", ["linear"], [0.2, 0.8], **options)
    by_function = evaluate_rho(lambda rho: teacher(rho, settle="strict"), ["linear"], [0.2, 0.8], **options)
    assert by_spec.table.equals(by_function.table)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        ("linear", ValueError, r"make 'linear' must be a policy with a parameter rho; those that have it: .*teacher"),
        ("rho_mlp:rho=0.3", ValueError, r"leave out rho=0\.3; commands sets it"),
        (0.5, TypeError, r"make is 0\.5; give a spec such as 'teacher', or a function of rho"),
    ],
)
def test_what_cannot_be_told_a_command_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        evaluate_rho(make, ["linear"], [0.5], **KNOWN)


def test_a_drawn_seed_is_the_same_for_plans_and_policy():
    hold = "hold_rho:rho=0.5"
    told = evaluate_rho(lambda rho: hold, [hold], [0.5], seed=None, **KNOWN).summary
    assert told["closest_achievable"] == pytest.approx(0.0, abs=1e-3)


def test_faults_count_as_faults_and_nowhere_else():
    told = evaluate_rho(lambda rho: Failing(), ["conceder"], [-1, 0.5], **KNOWN)
    assert told.summary["faults"] == 1.0
    counted = {name for name, value in told.summary.items() if not name.endswith("_interval") and not np.isnan(value)}
    assert counted == {"faults"}
    assert all(row["closest_achievable"] is None for row in rows(told))
    labels = [text.get_text() for text in draw_calibration({"failing": told.table}, "").axes[0].get_legend().texts]
    assert "failing\n(faults only)" in labels
    assert {(row["faults"], row["deal_rate"], row["missed_deals"]) for row in rows(told)} == {(1.0, None, None)}


def test_deals_without_a_surplus_are_deals_and_past_a_limit():
    told = evaluate_rho(lambda rho: Agreeing(), [Agreeing()], [-1, 0.5], scenario="private", num_episodes=60)
    assert (told.summary["deal_rate"], told.summary["impasse_at_minus_one"]) == (1.0, 0.0)
    games = rollout("price", {"buyer_0": Agreeing(), "seller_0": Agreeing()}, 60, seed=0, scenario="private").episodes
    assert np.isnan(games["rho"]).any()
    expected = np.mean([games["violation_buyer"], games["violation_seller"]])
    assert told.summary["violations"] == pytest.approx(expected)


def test_strict_regret_is_of_the_same_games_as_regret():
    rho, nearest = np.array([[0.6, 0.9]]), np.array([[0.5, np.nan]])
    told = summarise([outcomes(np.array([0.5]), rho, nearest, nearest)], 0)
    assert told["strict_regret"] == pytest.approx(told["regret"])
    assert told["regret"] == pytest.approx(0.05)


@pytest.mark.parametrize("command", [0.3, 0.7])
def test_one_command_has_no_slope(command):
    rho = np.random.default_rng(0).uniform(size=(1, 50))
    told = summarise([outcomes(np.array([command]), rho, rho)], 0)
    assert np.isnan([told["slope"], told["negative_slopes"], *told["slope_interval"]]).all()


def test_one_episode_has_no_interval():
    told = evaluate_rho(teacher, ["linear"], [0.2, 0.8], information="known", num_episodes=1).summary
    assert 0.0 <= told["deal_rate"] <= 1.0
    assert np.isnan([told[f"{name}_interval"] for name in ("regret", "deal_rate", "slope", "spearman")]).all()


def test_opponents_of_one_name_are_told_apart():
    found = evaluate_rho(teacher, ["linear:opening_margin=100", "linear:opening_margin=900"], [0.5], **KNOWN)
    assert set(found.table["opponent"]) == {"linear:opening_margin=100", "linear:opening_margin=900"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"first_mover": "buyer"}, "first_movers"),
        ({"commands": 0.5}, "commands is 0.5; give a list"),
        ({"commands": np.array(0.5)}, r"commands is array\(0.5\); give a list"),
        ({"commands": ["0.5"]}, "rho is '0.5'"),
        ({"commands": [True]}, "rho is True"),
        ({"commands": [None]}, "rho is None"),
        ({"commands": [float("nan")]}, "rho is nan"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        evaluate_rho(**{"make": teacher, "opponents": ["linear"], "commands": [0.5], **KNOWN, **wrong})


def test_equal_opponents_are_numbered_and_keep_their_part():
    found = evaluate_rho(teacher, ["micro_fine", Walker(), Agreeing(), Walker(), "fair", "linear"], [0.5], **KNOWN)
    parts = dict(found.table.select("opponent", "part").rows())
    assert parts == {
        "micro_fine": "test", "Walker (1)": "other", "Agreeing": "other", "Walker (2)": "other", "fair": "val",
        "linear": "train",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "opponent", "count"), [(Muttering, Agreeing, 2.0), (Walker, Agreeing, 0.0), (Agreeing, Muttering, 0.0)]
)
def test_illegal_moves_are_those_of_the_policy(policy, opponent, count):
    found = evaluate_rho(lambda rho: policy(), [opponent()], [-1, 0.5], **KNOWN)
    assert found.summary["illegal_moves"] == count
    assert set(found.table["illegal_moves"]) == {count}


def test_the_first_policy_is_drawn_on_top_of_the_others():
    cell = outcomes(np.array([0.0, 1.0]), np.array([[0.2, 0.3], [0.8, 0.9]]), np.full((2, 2), 0.5))
    axes = draw_calibration(dict.fromkeys(("own", "second", "third"), cell_scores([cell])), "").axes[0]
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) and line.get_marker() != "None"]
    assert [line.get_label().split("\n")[0] for line in sorted(lines, key=lambda line: -line.get_zorder())] == [
        "own", "second", "third",
    ]  # fmt: skip
    grid = [line for line in axes.get_lines() if line not in lines]
    assert max(line.get_zorder() for line in grid) < min(line.get_zorder() for line in lines)


def test_there_is_no_figure_without_commands_from_0_to_1():
    never = outcomes(np.array([-1.0]), np.full((1, 3), np.nan), np.full((1, 3), np.nan))
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_calibration({"any": cell_scores([never])}, "")


def test_the_interval_of_a_rank_correlation_holds_it():
    """Episodes that come out almost alike leave it little room, and ties among resamples do not push it away."""
    result = evaluate_rho(
        lambda rho: make_policy("rho_mlp", rho=rho), ["linear"], [0.3, 0.7], num_episodes=20, scenario="varied", seed=0
    )
    low, high = result.summary["spearman_interval"]
    assert low <= result.summary["spearman"] <= high
    assert high - low < 0.05
