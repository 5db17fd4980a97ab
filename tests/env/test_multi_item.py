"""The multi-item game: hand-computed games, its scenarios' statistics, files of games, and wrong input."""

import gymnasium
import numpy as np
import pytest

from negotiation_env import MultiItemDecision, multi_item_v0, play, register_scenario, rollout, solutions
from negotiation_env.multi_item.config import MultiItemConfig
from negotiation_env.multi_item.instances import read_instances
from negotiation_env.multi_item.scenarios import deal_setup
from negotiation_env.multi_item.setup import MultiItemSetup, Shape
from negotiation_env.splits import count_splits, index_of, keep_of

POOL = {"quantities": [2, 1, 2], "values": [[3, 4, 0], [3, 2, 1]]}
ACCEPT, WALK, PASS = 36, 37, 38


def bargaining(**settings):
    env = multi_item_v0.parallel_env(scenario="bargaining", first_mover="agent_0", **settings)
    env.reset(seed=0, options=POOL)
    return env


def step(env, action):
    return env.step(dict.fromkeys(env.agents, action))


class UnevenScenario:
    """Its second game is not playable."""

    def shape(self, config):
        return Shape(2, 6, 2)

    def __call__(self, config, seed, games):
        values = np.array([[1.0, 2.0], [3.0, 1.0 / 3.0 if config.num_items == 3 else 1.0]])
        values = np.where((games == 1)[:, None, None], values, 1.0)
        return MultiItemSetup.of(np.tile([1, 2 if config.num_items < 5 else 9], (len(games), 1)), values)


uneven = UnevenScenario()


@pytest.mark.parametrize(
    ("num_items", "message"),
    [(3, r"values \[\[1.0, 2.0\].*more than 3 decimals"), (5, r"quantities \[1, 9\] do not fit")],
)
def test_what_a_registered_scenario_draws_is_checked(num_items, message):
    register_scenario("uneven", f"{__name__}:uneven", "multi_item")
    assert len(rollout("multi_item", {"agent_0": "linear", "agent_1": "linear"}, 4, seed=0, scenario="uneven")) == 4
    with pytest.raises(ValueError, match=message):
        rollout(
            "multi_item", {"agent_0": "linear", "agent_1": "linear"}, 4, seed=0, scenario="uneven", num_items=num_items
        )


def test_a_deal_pays_the_values_of_what_each_gets():
    env = bargaining(discount=(0.9, 0.5))
    step(env, 17)  # agent_0 keeps everything
    step(env, 7)  # agent_1 keeps [1, 0, 1]
    _, rewards, terminations, _, infos = step(env, ACCEPT)
    assert env.moves == [
        (1, "agent_0", "offer", [2, 1, 2], None),
        (2, "agent_1", "offer", [1, 0, 1], None),
        (3, "agent_0", "accept", None, None),
    ]
    outcome = infos["agent_1"]["outcome"]
    assert outcome["keep"] == {"agent_0": [1, 1, 1], "agent_1": [1, 0, 1]}
    assert outcome["payoffs"] == {"agent_0": 7.0, "agent_1": 4.0}
    assert rewards == {"agent_0": pytest.approx(0.9 * 7 / 10), "agent_1": pytest.approx(0.5 * 4 / 10)}
    assert all(terminations.values())
    assert outcome["welfare"] == 11.0
    assert not outcome["pareto_optimal"]
    assert outcome["efficiency"] == pytest.approx(11 / 12)


@pytest.mark.parametrize(("last", "ended_by"), [(WALK, "walk"), (PASS, "deadline")])
def test_without_a_deal_both_get_the_disagreement(last, ended_by):
    env = bargaining(disagreement=(2.5, 1.0), max_turns=3)
    step(env, 17)
    step(env, 17)
    _, rewards, _, _, infos = step(env, last)
    assert infos["agent_0"]["outcome"]["payoffs"] == {"agent_0": 2.5, "agent_1": 1.0}
    assert infos["agent_0"]["outcome"]["keep"] == {"agent_0": [-1, -1, -1], "agent_1": [-1, -1, -1]}
    assert infos["agent_0"]["outcome"]["ended_by"] == ended_by
    assert set(rewards.values()) == {0.0}


def test_reward_counts_from_the_disagreement():
    env = bargaining(disagreement=(2.0, 1.0))
    step(env, 15)  # agent_0 keeps [2, 1, 0]
    _, rewards, *_ = step(env, ACCEPT)
    assert rewards == {"agent_0": pytest.approx((10 - 2) / 10), "agent_1": pytest.approx((2 - 1) / 10)}


def test_a_smaller_pool_masks_the_splits_that_it_lacks():
    env = multi_item_v0.parallel_env(scenario="bargaining", first_mover="agent_0", on_illegal="raise")
    _, infos = env.reset(seed=0, options=POOL)
    mask = infos["agent_0"]["action_mask"]
    assert mask[:18].all()
    assert not mask[18:36].any()
    assert mask[36:].tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match=r"may not offer this.*the pool \[2, 1, 2\] has only 18 splits"):
        step(env, 20)
    with pytest.raises(ValueError, match="no offer on the table"):
        step(env, ACCEPT)
    with pytest.raises(ValueError, match="0 to 35 for a split, 36 to accept"):
        step(env, 39)
    lenient = multi_item_v0.parallel_env(scenario="bargaining", first_mover="agent_0")
    lenient.reset(seed=0, options=POOL)
    _, _, _, _, infos = step(lenient, 20)
    assert infos["agent_0"]["illegal_move"]
    assert lenient.moves == []
    vector = gymnasium.make_vec(
        "negotiation/MultiItem-v0", 2, scenario="bargaining", first_mover="agent_0", obs_mode="masked"
    )
    seen, _ = vector.reset(seed=0, options=POOL)
    np.testing.assert_array_equal(seen["action_mask"][0], mask)
    *_, infos = vector.step(np.array([20, 17]))
    assert infos["illegal_move"].tolist() == [True, False]


@pytest.mark.parametrize("quantities", [[1, 1, 1, 1], [3, 2, 2], [1, 1, 5], [4]])
def test_the_first_type_is_the_slowest(quantities):
    pool = np.array(quantities)
    index = np.arange(count_splits(pool))
    keep = keep_of(index, pool)
    np.testing.assert_array_equal(index_of(keep, pool), index)
    assert keep[1].tolist() == [0] * (len(pool) - 1) + [1]
    np.testing.assert_array_equal(pool - keep, keep_of(index[::-1], pool))


# Scenarios -------------------------------------------------------------------------------------------------


def setups(size=20_000, **settings):
    return deal_setup(MultiItemConfig(**settings), 0, np.arange(size))[0]


def test_seed_values_are_uniform_to_one_decimal():
    setup = setups()
    assert (setup.quantities == 1).all()
    np.testing.assert_allclose(setup.values * 10, np.rint(setup.values * 10), atol=1e-9)
    assert setup.pool.mean() == pytest.approx(2.0, abs=0.01)
    assert setup.pool.std() == pytest.approx(np.sqrt(4 * (1 / 12 + 0.01 / 12)), abs=0.01)
    counts = np.bincount(np.rint(setup.values * 10).astype(int).ravel(), minlength=11) / setup.values.size
    np.testing.assert_allclose(counts, [0.05] + [0.1] * 9 + [0.05], atol=0.005)
    assert abs(np.corrcoef(setup.pool.T)[0, 1]) < 0.02


def test_worthless_pools_are_drawn_again():
    setup = setups(num_items=1)
    assert (setup.pool > 0).all()
    alone = deal_setup(MultiItemConfig(num_items=1), 0, np.arange(500, 600))[0]
    np.testing.assert_array_equal(alone.values, setup.values[500:600])


def test_bargaining_has_the_published_statistics():
    setup = setups(scenario="bargaining")
    assert set(setup.quantities.sum(axis=1)) == {5, 6, 7}
    assert setup.quantities.min() == 1
    assert (setup.pool == 10).all()
    assert (setup.values == np.rint(setup.values)).all()
    assert (setup.values.sum(axis=1) > 0).all()
    assert (setup.values.prod(axis=1).max(axis=1) > 0).all()
    welfare = (setup.quantities * setup.values.max(axis=1)).sum(axis=1)
    assert welfare.mean() == pytest.approx(15.1, abs=0.1)


@pytest.mark.parametrize("num_items", [2, 3, 4, 7])
def test_opposed_runs_from_no_conflict_to_zero_sum(num_items):
    friendly = setups(300, scenario="opposed", opposition=0.0, num_items=num_items)
    assert (friendly.values.min(axis=1) == 0).all()
    np.testing.assert_allclose(friendly.pool, 10.0, atol=0.0005 * num_items)
    hostile = setups(300, scenario="opposed", opposition=1.0, num_items=num_items)
    np.testing.assert_array_equal(hostile.values[:, 0], hostile.values[:, 1])
    opposition = [
        solutions.solve_batch(setup.quantities, setup.values).opposition.mean()
        for setup in (setups(300, scenario="opposed", opposition=level, num_items=num_items) for level in (0, 0.5, 1))
    ]
    assert opposition[0] == pytest.approx(0.0)
    assert opposition[0] < opposition[1] < opposition[2]


def test_all_deal_or_no_deal_games_load_and_play(shared):
    path = shared / "data" / "deal_or_no_deal_selfplay.txt"
    file = read_instances(str(path))
    assert len(file.setup.splits) == 2000
    raw = [[int(word) for word in line.split()] for line in path.read_text().splitlines()]
    settings = {"scenario": "file", "instances": str(path)}
    many = rollout("multi_item", {"agent_0": "boulware", "agent_1": "conceder"}, 2000, seed=3, **settings)
    games = many.episodes
    played = {
        (tuple(games["quantities"][row]), tuple(games["values_0"][row]), tuple(games["values_1"][row]))
        for row in range(2000)
    }
    assert played == {
        (tuple(one[::2]), tuple(map(float, one[1::2])), tuple(map(float, two[1::2])))
        for one, two in zip(raw[::2], raw[1::2], strict=True)
    }
    assert games["deal"].mean() > 0.9
    again = rollout("multi_item", {"agent_0": "boulware", "agent_1": "conceder"}, 4, seed=3, batch_size=1, **settings)
    np.testing.assert_array_equal(again.episodes["values_0"], games["values_0"][:4])


# Wrong input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no games"),
        ("1 0 1 1 3 3\n", "line 1: the second line of this game is missing"),
        ("1 0 1 1 3 3\n1 1 1 0 2 3\n", r"line 2: counts \[1, 1, 2\] differ from \[1, 1, 3\] in line 1"),
        ("1 0 1 1 3\n1 1 1 0 3 3\n", "line 1: 5 numbers"),
        ("1 a 1 1 3 3\n1 1 1 0 3 3\n", "line 1: '1 a 1 1 3 3' are not numbers"),
        ("1 0 1 0 3 0\n1 1 1 0 3 3\n", "lines 1 and 2: the pool is worth 0.0 to agent_0"),
        ("1 0 1 -1 3 3\n1 1 1 0 3 3\n", "lines 1 and 2: values contain -1.0"),
        ("1 nan 1 1 3 3\n1 1 1 0 3 3\n", "values contain nan"),
        ("1 0 1.5 1 3 3\n1 1 1.5 0 3 3\n", "line 1: quantities .* whole numbers"),
        ("100 1 100 1 100 1\n100 1 100 1 100 1\n", "line 1: .*1,030,301 ways, and at most 4,096"),
        ("1 1 1 1\n1 1 1 1\n\n1 1 1 1 1 1\n1 1 1 1 1 1\n", "line 4: 3 item types; the games before have 2"),
    ],
)
def test_a_malformed_file_says_where_and_why(tmp_path, text, message):
    path = tmp_path / "games.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"games.txt.*{message}"):
        multi_item_v0.parallel_env(scenario="file", instances=str(path)).reset(seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scenario": "fair"}, "unknown scenario 'fair'"),
        ({"num_items": 13}, "from 1 to 12"),
        ({"num_items": 2.0}, "from 1 to 12"),
        ({"opposition": 1.5}, "0 .no conflict. to 1"),
        ({"scenario": "opposed", "num_items": 1}, "at least 2 items"),
        ({"scenario": "opposed", "opposition": "0.5"}, "0 .no conflict. to 1"),
        ({"disagreement": (0.0, float("nan"))}, "finite"),
        ({"disagreement": 3}, "pair of numbers"),
        ({"scenario": "file"}, "instances=PATH"),
        ({"scenario": "file", "instances": "nowhere.txt"}, "not a file"),
        ({"instances": __file__}, "does not read it"),
        ({"first_mover": "buyer"}, "unknown first_mover 'buyer'"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        multi_item_v0.parallel_env(**settings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": [[1, 2, 3, -1], [1, 1, 1, 1]]}, "values contain -1.0"),
        ({"values": [[0, 0, 0, 0], [1, 1, 1, 1]]}, "worth 0.0 to agent_0"),
        ({"values": [[1, 1, 1, float("nan")], [1, 1, 1, 1]]}, "values contain nan"),
        ({"values": [[1, 1, 1, 0.12345], [1, 1, 1, 1]]}, "more than 3 decimals"),
        ({"values": [[1, 1, 1, 1]] * 3}, "option values"),
        ({"values": [[1000, 1, 1, 1], [1, 1, 1, 1]]}, "at most 1,000"),
        ({"quantities": [1, 1, 1]}, "option quantities"),
        ({"quantities": [2, 1, 1, 1]}, "do not fit this scenario, which has 4 item types, at most 1 of each"),
        ({"quantities": [0, 0, 0, 0]}, "leave nothing to split"),
        ({"first_mover": "me"}, "unknown first_mover"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        multi_item_v0.parallel_env().reset(seed=0, options=options)


class Proposing:
    def __init__(self, keep, kind=0):
        self.keep, self.kind = keep, kind

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        return MultiItemDecision(np.full(len(view), self.kind), np.tile(self.keep, (len(view), 1)))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (Proposing([2, 0, 0, 0]), r"'Proposing' proposed to keep \[2, 0, 0, 0\] of \[1, 1, 1, 1\]"),
        (Proposing([-1, 0, 0, 0]), "proposed to keep"),
        (Proposing([0.5, 0, 0, 0]), "whole numbers"),
        (Proposing([np.nan, 0, 0, 0]), "whole numbers"),
        (Proposing([1, 1]), r"keep of shape \(3, 2\); it must be \(3, 4\)"),
        (Proposing([1, 1, 1, 1], kind=1), "no offer on the table"),
        (Proposing([1, 1, 1, 1], kind=7), "returned kinds"),
    ],
)
def test_proposals_that_do_not_add_up_name_their_policy(policy, message):
    players = {"agent_0": policy, "agent_1": policy}
    with pytest.raises(ValueError, match=message):
        rollout("multi_item", players, 3, seed=0, first_mover="agent_0")


def test_an_episode_tells_the_whole_game():
    players = {"agent_0": Proposing([1, 0, 0, 0]), "agent_1": Proposing([1, 1, 1, 1])}
    values = [[0.5, 0.1, 0.1, 0.3], [0.2, 0.2, 0.2, 0.4]]
    game = play("multi_item", players, seed=0, max_turns=2, options={"values": values, "first_mover": "agent_1"})
    assert game.moves == [
        (1, "agent_1", "offer", [1, 1, 1, 1], None),
        (2, "agent_0", "offer", [1, 0, 0, 0], None),
    ]
    assert game.values == {"agent_0": values[0], "agent_1": values[1]}
    assert game.keep is None
    assert game.ended_by == "deadline"
    assert game.quality["efficiency"] == 0.0
    assert not game.quality["envy_free"]
