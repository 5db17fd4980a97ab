"""`rollout`: the same bytes however the games are batched; options, records and faults."""

import numpy as np
import pytest

from negotiation_env import Episodes, PriceDecision, list_policies, make_policy, play, rollout, testing
from negotiation_env.engine import play_batch
from negotiation_env.run import make_run

POOL = ["linear", "boulware_firm", "tit_for_tat", "random", "micro_fine", "charging_boul"]
MIXED = {"buyer_0": POOL, "seller_0": POOL}


def assert_same(one: Episodes, two: Episodes) -> None:
    for table in ("episodes", "decisions"):
        first, second = getattr(one, table), getattr(two, table)
        assert list(first) == list(second)
        for name in first:
            assert first[name].dtype == second[name].dtype
            if first[name].dtype == object:
                assert first[name].tolist() == second[name].tolist(), name
            else:
                assert first[name].tobytes() == second[name].tobytes(), name


def test_named_players_play_the_games_that_they_would_play_alone():
    run, games = make_run("price", MIXED, 3), np.arange(10)
    chosen = np.stack([games % len(POOL), games[::-1] % len(POOL)])
    played = play_batch(run, games, record=False, chosen=chosen).episodes
    assert played["player_0"].tolist() == chosen[0].tolist()
    for game in games:
        pair = dict(zip(MIXED, (POOL[place] for place in chosen[:, game]), strict=True))
        alone = rollout("price", pair, 10, seed=3).episodes
        assert played["turns"][game] == alone["turns"][game]
        np.testing.assert_array_equal(played["price"][game], alone["price"][game])


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_any_batch_size_gives_the_same_bytes(batch_size):
    settings = {"num_episodes": 150, "seed": 11, "scenario": "private"}
    assert_same(rollout("price", MIXED, **settings), rollout("price", MIXED, batch_size=batch_size, **settings))


def test_worker_processes_give_the_same_bytes():
    alone = rollout("price", MIXED, 120, seed=3)
    for workers in (2, 3):
        assert_same(alone, rollout("price", MIXED, 120, seed=3, engine="process", workers=workers, batch_size=50))


def test_a_run_can_be_extended():
    short, long = (rollout("price", MIXED, number, seed=4) for number in (20, 50))
    assert short.run.run_id == long.run.run_id
    for name, column in short.episodes.items():
        assert column.tolist() == pytest.approx(long.episodes[name][:20].tolist(), nan_ok=True), name


def test_different_runs_have_different_ids():
    players = {"buyer_0": "linear", "seller_0": "linear"}
    ids = {
        make_run("price", players, 0).run_id,
        make_run("price", players, 1).run_id,
        make_run("price", players, 0, max_turns=10).run_id,
        make_run("price", players, 0, {"buyer_max": 900.0}).run_id,
        make_run("price", {**players, "seller_0": "linear:opening_margin=300"}, 0).run_id,
    }
    assert len(ids) == 5
    assert make_run("price", players, 0).run_id == make_run("price", players, 0).run_id


@pytest.mark.parametrize("name", [name for name in list_policies(kind="scripted") if name not in ("random_zopa",)])
def test_every_policy_keeps_the_contract(name):
    testing.check_policy(name, information="known")


def test_the_checker_finds_a_policy_with_hidden_state():
    class Forgetful:
        calls = 0

        def reset(self, size, seed=None):
            pass

        def decide(self, view):
            self.calls += 1
            return PriceDecision(kind=np.zeros(len(view), int), price=np.full(len(view), 500.0 + self.calls))

    with pytest.raises(AssertionError, match="function of its view"):
        testing.check_policy(Forgetful())


def test_views_are_rebuilt_from_the_record():
    seen = []

    class Recorder:
        def __init__(self):
            self.inner = make_policy("tit_for_tat")

        def reset(self, size, seed=None):
            self.inner.reset(size, seed)

        def decide(self, view):
            seen.append(
                {name: np.array(getattr(view, name)) for name in view.__dataclass_fields__ if name != "messages"}
            )
            return self.inner.decide(view)

    episodes = rollout("price", {"buyer_0": Recorder(), "seller_0": "boulware_noisy"}, 30, seed=1, information="known")
    rebuilt = episodes.views(np.flatnonzero(episodes.decisions["seat"] == 0))
    for facts in seen:
        for row in range(len(facts["turn"])):
            match = np.flatnonzero((rebuilt.game == facts["game"][row]) & (rebuilt.turn == facts["turn"][row]))
            assert len(match) == 1
            for name, values in facts.items():
                found = getattr(rebuilt, name)
                same = (found[match[0]], values[row]) if values.ndim else (found, values)  # or one for all games
                np.testing.assert_array_equal(*same, err_msg=name)


def test_rewards_and_ends_stand_on_each_agents_last_decision():
    episodes = rollout("price", {"buyer_0": "linear", "seller_0": "boulware_firm"}, 40, seed=2, discount=0.95)
    table = episodes.decisions
    for number in range(40):
        rows = table["episode"] == number
        for seat in (0, 1):
            own = np.flatnonzero(rows & (table["seat"] == seat))
            assert table["is_terminal"][own].tolist() == [False] * (len(own) - 1) + [True]
            assert (table["reward"][own[:-1]] == 0).all()
            assert table["reward"][own[-1]] == episodes.episodes[f"reward_{seat}"][number]


def test_options_fix_what_they_name():
    limits = {
        "buyer_max": np.linspace(800, 900, 5),
        "seller_min": 400.0,
        "first_mover": ["buyer", "seller"] * 2 + ["buyer"],
    }
    episodes = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 5, seed=0, options=limits, batch_size=2)
    assert episodes.episodes["buyer_max"].tolist() == [800.0, 825.0, 850.0, 875.0, 900.0]
    assert episodes.episodes["first_mover"].tolist() == limits["first_mover"]
    assert set(episodes.episodes["seller_min"]) == {400.0}


def test_play_is_game_0_of_rollout():
    players = {"buyer_0": "random", "seller_0": POOL}
    assert play("price", players, seed=8) == rollout("price", players, 10, seed=8)[0]


class Broken:
    """A policy that does one wrong thing from turn 3 on."""

    def __init__(self, kind=0, price=500.0):
        self.kind, self.price = kind, price

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        late = view.turn >= 3
        return PriceDecision(np.where(late, self.kind, 0), np.where(late, self.price, 500.0))


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (Broken(price=float("nan")), "offered nan"),
        (Broken(price=float("inf")), "offered inf"),
        (Broken(price=1500.02), r"offered 1500.02 .* inside the public price range \[200.0, 1500.0\]"),
        (Broken(kind=7), "allowed: 0 offer, 1 accept"),
        (Broken(kind=0.5), "kinds"),
    ],
)
def test_an_illegal_decision_is_the_policys_fault(policy, message):
    with pytest.raises(ValueError, match=message) as error:
        rollout("price", {"buyer_0": policy, "seller_0": "price_fixed_strict"}, 3, seed=0)
    assert "'Broken'" in str(error.value)


def test_accepting_nothing_raises():
    class Eager(Broken):
        def decide(self, view):
            return PriceDecision(np.ones(len(view), int), np.full(len(view), np.nan))

    with pytest.raises(ValueError, match="no offer on the table"):
        play("price", {"buyer_0": Eager(), "seller_0": "linear"}, seed=0, first_mover="buyer")


def test_a_fault_is_no_result():
    episodes = rollout("price", {"buyer_0": Broken(kind=3), "seller_0": "price_fixed_strict"}, 4, seed=0)
    assert set(episodes.episodes["ended_by"]) == {"fault"}
    assert not episodes.episodes["deal"].any()
    for name in ("rho", "price", "payoff_buyer", "payoff_seller"):
        assert np.isnan(episodes.episodes[name]).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"num_episodes": 0}, ValueError, "at least 1"),
        ({"scenario": "sed"}, ValueError, "Did you mean 'seed'"),
        ({"players": {"buyer_0": "boulware_frim", "seller_0": "linear"}}, ValueError, "Did you mean 'boulware_firm'"),
        ({"players": {"buyer_0": "linear:exponant=2", "seller_0": "linear"}}, TypeError, "Did you mean 'exponent'"),
        ({"players": {"buyer_0": "linear"}}, ValueError, "no player for 'seller_0'"),
        ({"players": {"buyer_0": "linear", "seler_0": "linear"}}, ValueError, "unknown agent"),
        ({"engine": "parallel"}, ValueError, "unknown engine"),
        ({"max_turn": 5}, TypeError, "Did you mean 'max_turns'"),
        ({"max_turns": 0}, ValueError, "from 1 to"),
        ({"discount": 1.5}, ValueError, "discount"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"options": {"buyer_max": 5000.0}}, ValueError, "inside the public price range"),
        ({"options": {"buyer_max": "much"}}, ValueError, "must be a number"),
        ({"options": {"buyer": 1.0}}, ValueError, "unknown option"),
        ({"options": {"buyer_max": [1.0, 2.0, 3.0]}}, ValueError, "3 values for 2 episodes"),
        ({"price_range": (500.0, 100.0)}, ValueError, "0 <= low < high"),
        ({"tick": -1.0}, ValueError, "tick"),
        ({"scenario": "catalogue"}, ValueError, "needs catalogue=PATH"),
        ({"domain": "prise"}, ValueError, "Did you mean 'price'"),
        ({"workers": 0, "engine": "process"}, ValueError, "workers"),
    ],
)
def test_wrong_calls_say_what_is_allowed(call, error, message):
    arguments = {"domain": "price", "players": {"buyer_0": "linear", "seller_0": "linear"}, "num_episodes": 2, **call}
    with pytest.raises(error, match=message):
        rollout(**arguments)
