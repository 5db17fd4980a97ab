"""`janus` as a policy: whatever its adapters have learned, it keeps the rules, and plays in a batch as alone."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from negotiation_janus.adapters import save_adapters
from negotiation_janus.base_model import load_base
from negotiation_janus.calibration import Calibration, save_calibration
from negotiation_janus.policy import Janus, load_janus, possible
from negotiation_policies.llm.backends.protocol import BackendError
from tiny import scrambled

from negotiation_env import make_policy, rollout
from negotiation_env.testing import check_policy

FACTS = {"text_version": 1, "digits": 3, "tells_rho": False, "information": ["known", "private"]}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    base = load_base("smollm2", num_layers=1)
    folder = tmp_path_factory.mktemp("janus") / "checkpoint"
    return str(save_adapters(scrambled(base), folder, base, FACTS, dtype=torch.bfloat16))


def played(player, opponent="linear", seat="buyer_0", **settings):
    players = {seat: player, "seller_0" if seat == "buyer_0" else "buyer_0": opponent}
    return rollout("price", players, 12, seed=3, scenario="varied", first_mover="random", **settings)


@pytest.mark.parametrize("seat", ["buyer_0", "seller_0"])
@pytest.mark.parametrize("information", ["known", "private"])
def test_it_keeps_its_own_limit_in_either_seat(checkpoint, seat, information):
    games = played(f"janus:rho=0.4,checkpoint={checkpoint}", seat=seat, information=information)
    rho = games.episodes["rho"]
    assert ((rho == -1.0) | ((rho >= 0.0) if seat == "seller_0" else (rho <= 1.0))).all()
    own = games.decisions["seat"] == (seat == "seller_0")
    assert len(np.unique(games.decisions["price"][own])) > 12


def test_minus_one_makes_no_deal(checkpoint):
    games = played(f"janus:rho=-1,checkpoint={checkpoint}", "conceder")
    assert (games.episodes["rho"] == -1.0).all()


def test_it_is_a_policy_like_any_other(checkpoint):
    check_policy(make_policy("janus", rho=0.3, checkpoint=checkpoint), "price")


def test_another_process_can_have_it(checkpoint):
    policy = make_policy("janus", rho=0.3, settle="strict", checkpoint=checkpoint)
    again = pickle.loads(pickle.dumps(policy))  # our own
    assert again.params == policy.params


def test_games_side_by_side_are_those_one_after_the_other(checkpoint):
    """All policies of one checkpoint share one model, each with its own rho."""
    players = {
        "buyer_0": f"janus:rho=0.1,checkpoint={checkpoint}",
        "seller_0": f"janus:rho=0.9,checkpoint={checkpoint}",
    }
    games = [
        rollout("price", players, 8, seed=2, scenario="varied", max_turns=8, **how)
        for how in ({"engine": "serial"}, {"engine": "thread", "workers": 4})
    ]
    np.testing.assert_array_equal(games[0].decisions["price"], games[1].decisions["price"])
    np.testing.assert_array_equal(games[0].episodes["rho"], games[1].episodes["rho"])


@pytest.mark.parametrize("calibrated", ["no", "False", 0, "maybe"])
def test_a_map_is_used_or_not(checkpoint, calibrated):
    with pytest.raises(ValueError, match=r"calibrated is .*; it must be true or false"):
        make_policy("janus", checkpoint=checkpoint, calibrated=calibrated)


def test_what_is_in_memory_cannot_be_sent(checkpoint):
    with pytest.raises(TypeError, match="save them and play janus:checkpoint"):
        pickle.dumps(Janus.of(load_janus(Path(checkpoint)), 0.5))


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_configuration_is_named(checkpoint, tmp_path, content):
    folder = shutil.copytree(checkpoint, tmp_path / "damaged")
    (folder / "adapter_config.json").write_text(content)
    with pytest.raises(ValueError, match=r"adapter_config\.json is not whole"):
        make_policy("janus", checkpoint=str(folder))


def test_a_calibration_map_changes_what_the_network_is_told(checkpoint, tmp_path):
    folder = tmp_path / "calibrated"
    shutil.copytree(checkpoint, folder)
    spec = f"janus:rho=0.25,checkpoint={folder}"
    plain = played(spec, information="known").decisions["price"]
    digest = make_policy("janus", checkpoint=str(folder)).params["weights"]
    save_calibration(Calibration({"known": [0.0, 1.0]}, {"known": [0.0, 0.5]}), folder, digest)
    assert make_policy("janus", checkpoint=str(folder)).params["calibrated"]
    mapped = played(spec, information="known").decisions["price"]
    assert not np.array_equal(mapped, plain, equal_nan=True)
    told = played(f"janus:rho=0.5,checkpoint={checkpoint}", information="known").decisions["price"]
    np.testing.assert_array_equal(mapped, told)
    np.testing.assert_array_equal(played(f"{spec},calibrated=false", information="known").decisions["price"], plain)


def test_a_base_model_that_was_moved_is_named(tmp_path):
    base = load_base("smollm2", num_layers=1)
    first, moved = tmp_path / "trained-on", tmp_path / "moved-to"
    base.model.save_pretrained(first)
    base.tokenizer.save_pretrained(first)
    there = load_base(str(first))
    folder = str(save_adapters(scrambled(there), tmp_path / "adapters", there, FACTS | {"base": str(first)}))
    games = played(f"janus:checkpoint={folder}").decisions["price"]
    first.rename(moved)
    with pytest.raises((ValueError, BackendError), match="trained-on"):
        make_policy("janus", checkpoint=str(shutil.copytree(folder, tmp_path / "again")))
    np.testing.assert_array_equal(played(f"janus:checkpoint={folder},base={moved}").decisions["price"], games)


def test_a_checkpoint_of_another_text_is_refused(tmp_path):
    base = load_base("smollm2", num_layers=1)
    save_adapters(scrambled(base), tmp_path / "old", base, {**FACTS, "text_version": 0})
    with pytest.raises(ValueError, match="text_version 0"):
        make_policy("janus", checkpoint=str(tmp_path / "old"))


def test_what_is_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no trained Janus"):
        make_policy("janus", checkpoint=str(tmp_path))
    with pytest.raises(ValueError, match="rho"):
        make_policy("janus", rho=1.5)


def test_the_shipped_one_settles_higher_for_higher_commands():
    reached = []
    for rho in (0.2, 0.5, 0.8):
        games = played(f"janus:rho={rho}", ["linear", "conceder"], information="known").episodes["rho"]
        reached.append(games[games >= 0.0].mean())
    assert reached[0] < reached[1] < reached[2]
    assert abs(reached[1] - 0.5) < 0.1


def test_what_the_text_cannot_say_exactly_is_not_asked_beyond_the_surplus():
    step = 1 / 999
    asked = np.array([0.4, 0.5 + 0.9 * step, 0.5 + 1.1 * step, 0.5 + 0.9 * step, 0.9])
    width = np.array([0.5, 0.5, 0.5, np.nan, 0.9])
    assert possible(asked, width, step).tolist() == [0.4, 0.5, asked[2], asked[3], 0.9]


def test_the_shipped_one_finds_the_deals_at_the_opponents_limit():
    """The seller takes nothing below its limit, which lies between two prices of the text in every game."""
    players = {"buyer_0": "janus:rho=0", "seller_0": "naive_boulware"}
    many = rollout("price", players, 12, seed=0, scenario="varied", information="known")
    assert many.episodes["deal"].all()
    assert many.episodes["rho"].max() < 0.1


@pytest.mark.parametrize("information", ["known", "private"])
def test_who_has_seen_known_limits_only_says_so_where_one_is_hidden(tmp_path, information, recwarn):
    base = load_base("smollm2", num_layers=1)
    facts = {**FACTS, "information": ["known"]}
    save_adapters(scrambled(base), tmp_path / "known", base, facts, dtype=torch.bfloat16)
    played(f"janus:rho=0.4,checkpoint={tmp_path / 'known'}", information=information)
    said = [str(warning.message) for warning in recwarn if "known limits only" in str(warning.message)]
    assert bool(said) == (information == "private")


@pytest.mark.parametrize("information", ["known", "private"])
@pytest.mark.parametrize("seat", ["buyer_0", "seller_0"])
def test_the_strict_never_offer_their_own_limit_for_an_acceptance(checkpoint, seat, information):
    """This model accepts whatever it can; what it would have offered is what counts instead."""
    games = played(f"janus:rho=0.5,settle=strict,checkpoint={checkpoint}", "boulware", seat, information=information)
    accepting = played(f"janus:rho=0.5,checkpoint={checkpoint}", "boulware", seat, information=information)
    role = seat == "seller_0"
    taken = (accepting.decisions["seat"] == role) & (accepting.decisions["kind"] == 1)
    own = (games.decisions["seat"] == role) & (games.decisions["kind"] == 0)
    limit = games.episodes["seller_min" if role else "buyer_max"][games.decisions["episode"][own]]
    assert taken.any()
    assert (np.abs(games.decisions["price"][own] - limit) > 0.02).mean() > 0.9


def test_a_history_of_some_turns_is_played_as_it_was_learned(tmp_path):
    base = load_base("smollm2", num_layers=1)
    facts = {**FACTS, "data": {"k_history": 2}}
    save_adapters(scrambled(base), tmp_path / "short", base, facts, dtype=torch.bfloat16)
    policy = make_policy("janus", rho=0.4, checkpoint=str(tmp_path / "short"))
    seen = []
    answers = policy._decoder.answers
    policy._decoder.answers = lambda packed, *rest: seen.append(packed) or answers(packed, *rest)
    games = played(policy, "boulware", max_turns=12)
    text, rows = policy._trained.text, games.decisions["seat"] == 0
    whole = text.pack(games.views(np.flatnonzero(rows)))
    longest = max(int(packed.lengths.max()) for packed in seen)
    assert longest <= 8 + 3 * 7 - 3 < int(whole.lengths.max())
    check_policy(policy, "price")
