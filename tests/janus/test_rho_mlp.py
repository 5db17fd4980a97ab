"""`rho_mlp`: what it learns from, how it plays, and what it refuses."""

import numpy as np
import pytest
import torch
from negotiation_janus.evaluation import evaluate_rho
from negotiation_janus.families import GENERIC, TRAINING
from negotiation_janus.rho_mlp.bins import EXTREME, gains_of, places_of, soft_targets
from negotiation_janus.rho_mlp.examples import read_examples
from negotiation_janus.rho_mlp.features import features_of, frame_of
from negotiation_janus.rho_mlp.policy import SHIPPED
from negotiation_janus.rho_mlp.training import Settings, save, train

from negotiation_env import make_policy, rollout
from negotiation_env.checkpoints import read_checkpoint
from negotiation_env.episodes import concatenate
from negotiation_env.records.generate import generate
from negotiation_env.records.recipes import load_recipe
from negotiation_env.rollouts import play_parts
from negotiation_env.testing import check_policy


@pytest.fixture(scope="module")
def games(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "games.jsonl"
    generate(load_recipe("price-teacher-known").run(), 300, path)
    return path


@pytest.mark.parametrize("name", ["price-teacher-known", "price-teacher-private"])
def test_the_teacher_meets_the_training_families_in_both_seats(name):
    recipe = load_recipe(name)
    found = concatenate(list(play_parts(recipe.run(), 0, 4000, None, None, True, None)))
    commands = found.decisions["rho_commanded"]
    assert set(recipe.players["buyer_0"][recipe.leading :]) == {*TRAINING, *GENERIC}
    teaching = [[player.name == "teacher" for player in seat] for seat in found.run.players]
    picked = np.stack([np.array(teaching[seat])[found.batch.episodes[f"player_{seat}"]] for seat in (0, 1)])
    assert (picked.sum(axis=0) == 1).all()
    assert 0.45 < picked[0].mean() < 0.55
    given = np.unique(commands[~np.isnan(commands)])
    assert given.min() == -1.0
    assert len(given) == 102


def test_both_seats_see_the_same_numbers():
    def seen(role):
        limit, other, offer = (500.0, 900.0, 600.0) if role > 0 else (1200.0, 800.0, 1100.0)  # mirrored in 200..1500
        game = rollout("price", {"buyer_0": "hardliner", "seller_0": "hardliner"}, 1, seed=0, information="known")
        view = game.views(np.array([1]))
        changes = {
            "role": np.array([role]), "reservation_price": np.array([limit]), "standing_offer": np.array([offer]),
            "opponent_reservation_price": np.array([other]), "own_offers": np.full((1, 20), np.nan),
            "opponent_offers": np.array([[offer, *[np.nan] * 19]]),
        }  # fmt: skip
        for name, value in changes.items():
            object.__setattr__(view, name, value)
        rho = np.array([0.7 if role > 0 else 0.3])
        return features_of(view, rho, frame_of(view, rho))

    np.testing.assert_allclose(seen(1), seen(-1), atol=1e-6)


def test_a_hidden_limit_is_in_no_feature(games):
    told, hidden = (read_examples(games, "commanded", hide) for hide in (False, True))
    assert len(told) == len(hidden)
    assert np.isfinite(hidden.features).all()
    changed = (told.features != hidden.features).any(axis=0)
    assert changed.sum() == 4  # that it is known, the surplus, the commanded gain, and the distance from it


def test_training_is_repeatable_and_lowers_the_loss(games, tmp_path):
    examples = read_examples(games, "commanded", hide=False)
    short, settings = Settings(0.1, 256, hidden=32), Settings(4.0, 256, hidden=32)
    first, loss = train([examples], settings)
    again, _ = train([examples], settings)
    for name, tensor in first.items():
        np.testing.assert_array_equal(tensor, again[name])
    assert loss < train([examples], short)[1]
    save(tmp_path / "own", first, {"information": ["known"]})
    own = make_policy("rho_mlp", rho=0.3, checkpoint=str(tmp_path / "own"))
    check_policy(own)
    shipped = make_policy("rho_mlp", rho=0.3)
    assert own.params.keys() == {"rho", "settle", "weights"}  # a record holds no path
    assert own.params["weights"] != shipped.params["weights"]


@pytest.mark.parametrize("checkpoint", ["teacher", "hindsight"])
@pytest.mark.parametrize("settle", ["closest", "strict"])
def test_the_shipped_networks_play_at_once(checkpoint, settle):
    check_policy(make_policy("rho_mlp", rho=0.7, settle=settle, checkpoint=checkpoint))


def test_strict_asks_for_no_less_than_the_target_and_takes_no_less():
    found = evaluate_rho(
        lambda rho: make_policy("rho_mlp", rho=rho, settle="strict"), ["linear", "boulware", "price_fixed_loose"],
        [0.1, 0.5, 0.9], information="known", num_episodes=40, seed=5,
    ).summary  # fmt: skip
    assert found["error"] < 0.005
    assert found["slope"] > 0.98
    assert found["deal_rate"] > 0.6


def test_a_power_of_time_is_followed_to_its_end():
    games = rollout("price", {"buyer_0": "hardliner", "seller_0": ["boulware", "linear", "conceder"]}, 60, seed=0)
    rows = np.flatnonzero((games.decisions["seat"] == 0) & (games.decisions["turn"] >= 11))
    view = games.views(rows).take(np.arange(len(rows)))
    limit = np.repeat(games.episodes["seller_min"], games.episodes["turns"])[rows]
    frame = frame_of(view, np.full(len(rows), 0.5))
    width = (view.reservation_price - limit) / (view.price_high - view.price_low)
    assert frame.curve.found.all()
    np.testing.assert_allclose(frame.curve.end, width, atol=0.006)  # offers are rounded to cents
    assert (frame.curve.misfit < 0.001).all()


def test_bins_are_exact_where_it_counts():
    base, reach = np.array([0.2, 0.2, 0.2, 0.2]), np.full(4, 0.9)
    gains = np.array([0.0, 0.1, 0.2, 0.9])
    places = places_of(gains, base, reach)
    np.testing.assert_allclose(gains_of(np.rint(places), base, reach), gains, atol=1e-12)
    soft = soft_targets(torch.from_numpy(np.array([50.0, EXTREME])))
    np.testing.assert_allclose(soft.sum(dim=1), 1.0, atol=1e-6)
    assert soft[1, EXTREME] == 1.0
    assert soft[0].argmax() == 50


@pytest.mark.parametrize("information", ["known", "private"])
def test_it_comes_out_as_commanded(information):
    commands = [-1, 0.2, 0.5, 0.8]
    found = evaluate_rho(
        lambda rho: make_policy("rho_mlp", rho=rho), ["linear", "boulware_firm", "tit_for_tat"], commands,
        information=information, num_episodes=40, seed=5,
    ).summary  # fmt: skip
    assert found["impasse_at_minus_one"] == 1.0
    assert found["violations"] == 0.0
    assert found["regret"] < (0.01 if information == "known" else 0.05)


def test_what_it_cannot_do_is_said(games, tmp_path):
    with pytest.raises(ValueError, match="rho is 2"):
        make_policy("rho_mlp", rho=2)
    with pytest.raises(ValueError, match="settle is 'maybe'"):
        make_policy("rho_mlp", settle="maybe")
    with pytest.raises(ValueError, match="holds no trained network"):
        make_policy("rho_mlp", checkpoint=str(tmp_path))
    for facts, said in (({"features_version": 0}, "features_version 0"), ({}, "without information, layers.0.bias")):
        save(tmp_path / "old", {}, facts, overwrite=True)
        with pytest.raises(ValueError, match=said):
            make_policy("rho_mlp", checkpoint=str(tmp_path / "old"))
    with pytest.raises(ValueError, match="label is 'luck'"):
        read_examples(games, "luck", hide=False)
    examples = read_examples(games, "commanded", hide=False)
    examples.features[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN or infinity"):
        train([examples], Settings(0.1))


@pytest.mark.parametrize(
    ("tensors", "facts", "said"),
    [
        ({"layers.1.weight": np.zeros((3, 4))}, {}, r"layers.1.weight has the shape \(3, 4\)"),
        ({"layers.2.bias": np.zeros(5)}, {}, "layers.2"),
        ({"scale": np.full(9, np.nan)}, {}, "scale has the shape"),
        ({"scale": np.zeros(70)}, {}, "scale holds 0.0; each must be above 0"),
        ({"layers.0.bias": np.full(256, np.nan)}, {}, "layers.0.bias holds NaN"),
        ({}, {"information": None}, "information is None"),
        ({}, {"information": [["known"]]}, "must list 'known', 'private' or both"),
        ({}, {"information": ["all"]}, "must list 'known', 'private' or both"),
    ],
)
def test_a_network_that_cannot_compute_is_refused(tmp_path, tensors, facts, said):
    shipped, told = read_checkpoint(SHIPPED["teacher"], "rho_mlp")
    save(tmp_path / "changed", {**shipped, **tensors}, {**{name: told[name] for name in ("information",)}, **facts})
    with pytest.raises(ValueError, match=said):
        make_policy("rho_mlp", checkpoint=str(tmp_path / "changed"))


def test_a_network_of_fewer_features_is_refused(tmp_path):
    tensors, told = read_checkpoint(SHIPPED["teacher"], "rho_mlp")
    fewer = {name: tensors[name][..., :-1] for name in ("mean", "scale", "layers.0.weight")}
    save(tmp_path / "fewer", {**tensors, **fewer}, {"information": told["information"]})
    with pytest.raises(ValueError, match=r"mean has the shape \(69,\), and this package needs \(70,\)"):
        make_policy("rho_mlp", checkpoint=str(tmp_path / "fewer"))


def test_hidden_limits_are_not_learned_as_if_they_were_seen(tmp_path):
    generate(load_recipe("price-seed").run(information="private"), 5, tmp_path / "games.jsonl")
    with pytest.raises(ValueError, match="private_path"):
        read_examples(tmp_path / "games.jsonl", "outcome", hide=False)
    assert len(read_examples(tmp_path / "games.jsonl", "outcome", hide=True))


def test_minus_one_offers_the_own_extreme_on_every_turn():
    games = rollout("price", {"buyer_0": "rho_mlp:rho=-1", "seller_0": "linear"}, 5, seed=0)
    own = games.decisions["seat"] == 0
    assert (games.decisions["price"][own] == 200.0).all()


def test_endless_training_is_refused():
    with pytest.raises(ValueError, match="num_epochs is inf"):
        Settings(float("inf"))
