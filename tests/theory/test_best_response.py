"""Best responses: hand-computed, against every way of playing, and against every strategy there is."""

from dataclasses import fields
from itertools import product

import numpy as np
import pytest

from negotiation_env import PriceDecision, list_policies, make_policy, rollout, theory
from negotiation_env.best_response import best_response
from negotiation_env.best_response.games import Games, Positions
from negotiation_env.price import rules
from negotiation_env.run import make_run

LIMITS = {"buyer_max": 900.0, "seller_min": 400.0}
ONE = {"num_games": 1, "options": LIMITS}
SCRIPTED = list_policies("price", "scripted")


@pytest.mark.parametrize(
    ("first", "turns", "discount", "value"),
    [
        ("buyer", 4, 1.0, 375.0),  # takes, or asks for, the 775 of turn 3
        ("buyer", 4, 0.9, 0.9 * 375.0),  # asks 775 on turn 2
        ("buyer", 4, 0.25, 125.0),  # takes the 525 of turn 1
        ("seller", 4, 1.0, 500.0),  # on turn 4 it accepts any gain
        ("seller", 4, 0.5, 250.0),  # on turn 2 it accepts 650
        ("buyer", 2, 0.5, 250.0),  # takes the 650 of turn 1, since an offer on turn 2 cannot be answered
        ("buyer", 1, 1.0, 0.0),
        ("seller", 1, 1.0, 0.0),
    ],
)
def test_against_a_linear_buyer(first, turns, discount, value):
    """The buyer offers, and accepts at, 900 - 500 (1 - t / T)."""
    settings = {"max_turns": turns, "discount": discount, "first_mover": first}
    found = best_response("linear", role="seller", **ONE, **settings)
    assert found.value == pytest.approx([value], abs=1e-6)
    assert found.exact.all()
    assert found.memory == 0
    assert (found.upper == found.value).all()
    assert found.share == pytest.approx([value / 500.0])


@pytest.mark.parametrize("role", rules.SIDES)
def test_who_takes_anything_is_left_nothing(role):
    found = best_response("price_fixed_loose:share=0", "varied", role=role, num_games=40)
    assert found.value == pytest.approx(found.surplus)
    assert found.earned_by_opponent == pytest.approx(np.zeros(40), abs=1e-6)


class Sequences:
    """In each slot of a batch: fixed offers, and from a turn on whatever stands is accepted."""

    def __init__(self, offers, accepts):
        self.offers, self.accepts = offers, accepts[:, 0]

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        accepts = (view.turn >= self.accepts[view.game]) & ~np.isnan(view.standing_offer)
        return PriceDecision(kind=np.where(accepts, 1, 0), price=self.offers[view.game, (view.turn - 1) // 2])


@pytest.mark.parametrize("first", rules.SIDES)
@pytest.mark.parametrize("role", rules.SIDES)
@pytest.mark.parametrize(
    "opponent",
    ["linear", "tit_for_tat", "split_difference", "averaged_tit_for_tat", "micro_coarse", "random_reaction", "random"],
)
def test_no_way_of_playing_earns_more(opponent, role, first):
    """All sequences of prices, with all turns from which to accept, on a coarse grid of prices."""
    game = {"max_turns": 6, "price_grid": 6, "first_mover": first, "discount": 0.95, "information": "known"}
    found = best_response(opponent, "varied", role=role, num_games=5, seed=2, **game)
    ways = np.array(list(product(*[np.linspace(200.0, 1500.0, 6)] * 3, range(2, 8))))
    (games, _), *_ = found.parts
    every = Games(games.run, games.seat, np.tile(np.arange(5), len(ways)), games.first)
    earned = every.earned(every.play(Sequences(*np.split(np.repeat(ways, 5, axis=0), [3], axis=1))))
    assert found.exact.all()
    assert found.value == pytest.approx(np.maximum(earned.reshape(-1, 5).max(axis=0), 0.0), abs=1e-9)


BEATEN = ("boulware", "charging_boul", "chatterjee_samuelson", "fair", "hardliner", "micro_fine", "random", "teacher")


@pytest.mark.parametrize("opponent", SCRIPTED)
def test_no_strategy_earns_more(opponent):
    _beaten_by_none(opponent, BEATEN, 6)


@pytest.mark.slow
@pytest.mark.parametrize("opponent", SCRIPTED)
def test_no_strategy_of_all_earns_more(opponent):
    _beaten_by_none(opponent, SCRIPTED, 20)


def _beaten_by_none(opponent, strategies, games):
    for role, scenario in product(rules.SIDES, ("varied", "private")):
        found = best_response(opponent, scenario, role=role, num_games=games, seed=9, information="known")
        assert (found.value <= found.upper + 1e-6).all()
        assert (found.value == found.upper)[found.exact].all()
        for strategy in strategies:
            assert found.gap(strategy).largest.min() >= -1e-6, (strategy, role, scenario)


REACTING = (
    "averaged_tit_for_tat",
    "random_absolute_tit_for_tat",
    "relative_tit_for_tat",
    "split_difference",
    "tit_for_tat",
)


@pytest.mark.parametrize("opponent", REACTING)
def test_reacting_opponents_are_exact_on_a_grid(opponent):
    game = {"price_grid": 11, "max_turns": 10, "information": "known"}
    for role in rules.SIDES:
        found = best_response(opponent, "varied", role=role, num_games=4, seed=9, **game)
        assert found.exact.all()
        for strategy in SCRIPTED:
            assert found.gap(strategy).gap.min() >= -1e-6, (strategy, role)


def _backward_induction(turns, discount, first):
    """The equilibrium's policies: each side's best response to the other's, once for each turn."""
    game = {"max_turns": turns, "discount": discount, "first_mover": first, "price_range": (0.0, 1.0), "tick": 1e-4}
    game |= {"options": {"buyer_max": 1.0, "seller_min": 0.0}, "information": "known"}
    policies = {"buyer": "linear", "seller": "linear"}
    for step in range(turns):
        role, other = rules.SIDES[step % 2], rules.SIDES[1 - step % 2]
        policies[role] = best_response(policies[other], role=role, num_games=1, seed=0, **game).policy
    players = dict(zip(rules.AGENTS, policies.values(), strict=True))
    return rollout("price", players, 1, seed=0, scenario="varied", **game).episodes


@pytest.mark.parametrize("first", rules.SIDES)
@pytest.mark.parametrize(
    ("turns", "discounts"),
    [(2, (0.9, 0.9)), (3, (0.9, 0.9)), (4, (0.5, 0.7)), (7, (0.9, 0.8)), (12, (0.95, 0.7)), (12, (0.999, 0.999))],
)
def test_backward_induction_comes_to_rubinsteins_shares(turns, discounts, first):
    played = _backward_induction(turns + 1, discounts, first)
    seat = rules.SIDES.index(first)
    share = played["rho"][0] if seat else 1.0 - played["rho"][0]
    assert share == pytest.approx(theory.rubinstein_share(discounts[seat], discounts[1 - seat], turns + 1), abs=2e-3)
    assert played["turns"].tolist() == [2]  # agreed at once


@pytest.mark.parametrize(
    ("policy", "memory"),
    [
        ("linear", 0),
        ("random", 0),
        ("boulware_noisy", 0),
        ("naive_concession", 0),
        ("random_path", 0),
        ("split_difference", 1),
        ("tit_for_tat", 2),
        ("random_reaction", 2),
        ("averaged_tit_for_tat", 3),
        ("linear:acceptance=combi,accept_after=0.1", None),
        ("micro_fine", None),
        ("charging_boul", None),
    ],
)
def test_how_much_an_opponent_looks_back_on(policy, memory):
    found = best_response(policy, "varied", num_games=40, seed=1)
    assert found.memory == memory
    assert f"{memory} offers" in found.method or memory in (0, None)
    assert "probed" in found.method


class Forgetful:
    """Time-dependent, until it has been offered the end of the range three times."""

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        far = np.where(view.role > 0, view.price_high, view.price_low)
        turned = (np.abs(view.opponent_offers - far[:, None]) < 0.005).sum(axis=1) == 3
        price = np.where(turned & (view.turn > 8), far, view.reservation_price)
        with np.errstate(invalid="ignore"):
            accepts = view.role * (view.standing_offer - view.reservation_price) >= 500.0 - 20.0 * view.turn
        return PriceDecision(kind=np.where(accepts & ~turned, 1, 0), price=price)


class Picky:
    """Accepts only prices within 20 of its limit, so that a better offer can be refused."""

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        with np.errstate(invalid="ignore"):
            accepts = np.abs(view.role * (view.standing_offer - view.reservation_price) - 30.0) <= 20.0
        far = np.where(view.role > 0, view.price_high, view.price_low)
        return PriceDecision(kind=accepts.astype(int), price=far)


class Generous:
    """Accepts any price, also past its own limit."""

    def reset(self, size, seed=None):
        """Nothing."""

    def decide(self, view):
        return PriceDecision(kind=np.where(np.isnan(view.standing_offer), 0, 1), price=view.reservation_price)


def test_what_is_not_certain_is_not_called_exact():
    picky = best_response(Picky(), "varied", num_games=30, seed=0)
    assert not (picky.exact & (picky.value < picky.surplus - 1e-6)).any()
    assert (picky.upper == picky.surplus)[~picky.exact].all()
    whole = best_response(Picky(), "varied", num_games=10, seed=0, price_grid=131)
    assert whole.exact.all()
    forgetful = best_response(Forgetful(), "varied", num_games=30, seed=0)
    assert (forgetful.gap("boulware").largest >= -1e-6).all()


def test_an_opponent_that_ignores_its_limit_gives_more_than_the_surplus():
    found = best_response(Generous(), "private", role="seller", num_games=30, seed=0)
    limits = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 30, seed=0, scenario="private").episodes
    assert found.value == pytest.approx(1500.0 - limits["seller_min"])
    assert found.exact.all()


def test_positions_are_seen_as_in_the_engine():
    settings = {"information": "known", "first_mover": "seller", "discount": (0.9, 0.8), "scenario": "varied"}
    players = {"buyer_0": "boulware", "seller_0": "tit_for_tat"}
    many = rollout("price", players, 5, seed=4, **settings)
    rows = np.flatnonzero(many.decisions["role"] == 1)
    games = Games(make_run("price", players, 4, **settings), rules.BUYER, np.arange(5), rules.SELLER)
    for row in rows:
        view = many.views([row])
        theirs, mine = (offers[:, ~np.isnan(offers[0])] for offers in (view.own_offers, view.opponent_offers))
        offer = mine[:, -1] if mine.size else None
        positions = Positions(view.game, theirs, mine[:, :-1])
        seen = games._view(positions, int(view.turn[0]), offer)
        for field in fields(view):
            one, two = getattr(view, field.name), getattr(seen, field.name)
            assert one is two is None or np.array_equal(np.ravel(one), np.ravel(two), equal_nan=True), field.name
        kind, price = games.ask(positions, int(view.turn[0]), np.array([0]), offer)
        assert kind == many.decisions["kind"][row]
        assert np.array_equal(price, many.decisions["price"][[row]], equal_nan=True)


@pytest.mark.parametrize("opponent", ["boulware", "tit_for_tat"])
def test_the_policy_plays_in_any_batch_and_is_recorded(opponent):
    found = best_response(opponent, "varied", role="buyer", num_games=20, seed=3)
    for size in (1, 7, 20):
        many = rollout("price", {"buyer_0": found.policy, "seller_0": opponent}, 20, seed=3, batch_size=size)
        assert many.episodes["payoff_buyer"] == pytest.approx(found.value)
        assert many.episodes["buyer"][0] == "best_response"
        assert opponent in many.episodes["buyer_params"][0]
    assert found.gap(found.policy).gap == pytest.approx(np.zeros(20), abs=1e-9)
    gap = found.gap("linear")
    assert gap.mean == pytest.approx((found.value - gap.earned).mean())
    assert gap.interval[0] < gap.mean < gap.interval[1]
    with pytest.raises(ValueError, match="worked out for other games"):
        rollout("price", {"buyer_0": found.policy, "seller_0": opponent}, 20, seed=4)


@pytest.mark.parametrize("settings", [{"price_grid": 101}, {"price_range": (0.0, 10.0), "tick": 0.3}, {"tick": 1.0}])
def test_other_prices(settings):
    settings = settings | ({"price_range": (0.0, 9.0)} if settings.get("tick") == 0.3 else {})
    for role in rules.SIDES:
        found = best_response("linear", "varied", role=role, num_games=30, seed=5, **settings)
        assert found.exact.all()
        assert found.gap("boulware").gap.min() >= -1e-6


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"role": "agent_0"}, ValueError, "unknown role 'agent_0'"),
        ({"num_games": 0}, ValueError, "num_games is 0; it must be a whole number from 1"),
        ({"room": 0.5}, ValueError, "room is 0.5; it must be a whole number"),
        ({"domain": "multi_item"}, ValueError, "domain is 'multi_item'; best_response works out price games only"),
        ({"chat": True}, ValueError, "chat is True; best_response plays without messages"),
        ({"opponent": "linear,fair"}, ValueError, "answers one opponent, call it once for each"),
        ({"opponent": "nobody"}, ValueError, "unknown price policy 'nobody'"),
        ({"opponent": "human"}, ValueError, "waits for a server or a person"),
        ({"scenario": "nowhere"}, ValueError, "nowhere"),
        ({"max_turn": 5}, TypeError, "unknown setting 'max_turn'"),
    ],
)
def test_wrong_input(given, error, message):
    with pytest.raises(error, match=message):
        best_response(**{"opponent": "linear", "num_games": 2, **given})


def test_a_policy_object_is_an_opponent():
    one, two = (best_response(given, num_games=5, seed=1).value for given in ("linear", make_policy("linear")))
    assert one.tolist() == two.tolist()


def test_many_games_are_worked_out_in_parts(monkeypatch):
    whole = best_response("tit_for_tat", "varied", num_games=30, seed=1)
    monkeypatch.setattr("negotiation_env.best_response.solution._AT_ONCE", 10_000)
    parts = best_response("tit_for_tat", "varied", num_games=30, seed=1)
    assert whole.value.tolist() == parts.value.tolist()
    assert whole.gap("linear").gap.tolist() == parts.gap("linear").gap.tolist()


def test_more_room_finds_no_less():
    tight, wide = (best_response("micro_fine", "varied", num_games=10, seed=1, room=room) for room in (1, 200))
    assert wide.mean >= tight.mean
    grid = {"price_grid": 101, "num_games": 2, "max_turns": 8}
    assert best_response("tit_for_tat", "varied", seed=1, room=2, **grid).exact.mean() < 1.0
    assert best_response("tit_for_tat", "varied", seed=1, room=11_000, **grid).exact.all()
