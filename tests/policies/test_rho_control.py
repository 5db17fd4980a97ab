"""The scripted rho controllers."""

import pytest
from price_table import BUYER, NAN, SELLER, Game, Refusing, decide_one

from negotiation_env.registry import make_policy

KNOWN = {SELLER: {"role": SELLER, "limit": 400.0, "opponent_limit": 800.0}}
KNOWN[BUYER] = {"role": BUYER, "limit": 800.0, "opponent_limit": 400.0}


@pytest.mark.parametrize("rho", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("role", [SELLER, BUYER])
def test_hold_rho_offers_and_accepts_the_price_of_rho(rho, role):
    policy, target = make_policy("hold_rho", rho=rho), 400.0 + 400.0 * rho
    assert decide_one(policy, **KNOWN[role]) == ("offer", pytest.approx(target))
    assert decide_one(policy, **KNOWN[role], turn=2, opponent=(target,))[0] == "accept"
    assert decide_one(policy, **KNOWN[role], turn=2, opponent=(target - role * 0.01,))[0] == "offer"


def test_assumed_width_stands_in_for_a_hidden_limit_only():
    hidden = {**KNOWN[SELLER], "opponent_limit": NAN}
    assert decide_one(make_policy("hold_rho:rho=0.5,assumed_width=100"), **hidden) == ("offer", 450.0)
    assert decide_one(make_policy("hold_rho:rho=0.5,assumed_width=100"), **KNOWN[SELLER]) == ("offer", 600.0)
    for name in ("hold_rho", "concede_to_rho"):
        with pytest.raises(ValueError, match="assumed_width"):
            decide_one(make_policy(name), **hidden)


def test_accept_within_is_a_share_of_the_surplus():
    policy = make_policy("hold_rho:rho=0.5,accept_within=0.01")
    assert decide_one(policy, **KNOWN[SELLER], turn=2, opponent=(596.0,))[0] == "accept"
    assert decide_one(policy, **KNOWN[SELLER], turn=2, opponent=(595.9,))[0] == "offer"


@pytest.mark.parametrize(("turn", "price"), [(9, 750.0), (12, 700.0), (18, 600.0), (20, 600.0)])
def test_concede_to_rho_ends_at_the_target(turn, price):
    # opening 900, target 600: 600 + 300 (1 - turn / 18)
    assert decide_one(make_policy("concede_to_rho:rho=0.5"), **KNOWN[SELLER], turn=turn) == (
        "offer",
        pytest.approx(price),
    )
    assert decide_one(make_policy("concede_to_rho:rho=0.5"), **KNOWN[BUYER], turn=turn) == (
        "offer",
        pytest.approx(1200.0 - price),
    )


def test_concede_to_rho_opens_at_least_at_its_target():
    policy = make_policy("concede_to_rho:rho=1.0,opening_margin=100")
    assert decide_one(policy, **KNOWN[SELLER], turn=1) == ("offer", 800.0)


@pytest.mark.parametrize("name", ["hold_rho", "concede_to_rho"])
def test_minus_one_wants_no_deal(name):
    policy = make_policy(name, rho=-1)
    assert decide_one(policy, role=SELLER, limit=400.0, turn=20, opponent=(1400.0,)) == ("offer", 1500.0)
    assert decide_one(policy, role=BUYER, limit=900.0, turn=20, opponent=(300.0,)) == ("offer", 200.0)


@pytest.mark.parametrize("name", ["hold_rho", "concede_to_rho"])
@pytest.mark.parametrize("rho", [0.1, 0.6, 0.9])
def test_a_pair_with_the_same_command_settles_there(name, rho):
    game = Game(make_policy(name, rho=rho), make_policy(name, rho=rho), 800.0, 400.0, known=True).play()
    assert game.price == pytest.approx(400.0 + 400.0 * rho, abs=0.01)


def test_no_surplus_means_the_own_limit():
    assert decide_one(make_policy("hold_rho"), role=SELLER, limit=800.0, opponent_limit=400.0) == ("offer", 800.0)


def test_the_controllers_never_pass_their_limit_against_a_refusing_partner():
    game = Game(Refusing(), make_policy("concede_to_rho:rho=0"), 800.0, 400.0, known=True).play()
    assert min(game.prices("seller")) == 400.0
