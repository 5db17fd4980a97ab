"""Minari datasets of one seat, compared with the games that they were made of."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from negotiation_env import rollout
from negotiation_env.records.finished import finished_games
from negotiation_env.records.jsonl import lines
from negotiation_env.records.parquet import ParquetPair
from negotiation_env.records.splits import Split

minari = pytest.importorskip("minari", reason="needs pip install 'negotiation-env[offline]'")

from negotiation_env.minari_export import export_minari  # noqa: E402  # after the skip

PRICE = {"buyer_0": ["boulware_firm", "linear"], "seller_0": ["hold_rho:rho=0.3,assumed_width=500", "tit_for_tat"]}
ITEMS = {"agent_0": "boulware", "agent_1": ["conceder", "random"]}
NAME = "negotiation/price/mixed-seller-v0"
RECOVER = """
import json, sys, minari
env = minari.load_dataset(sys.argv[1]).recover_environment()
observation, info = env.reset(seed=4)
print(json.dumps([observation.tolist(), int(env.action_space.n), info["opponent"]]))
"""


@pytest.fixture(autouse=True)
def datasets(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path / "minari"


@pytest.fixture(scope="module")
def priced():
    return rollout("price", PRICE, 120, seed=2, max_turns=8, scenario="private")


@pytest.fixture(scope="module")
def split():
    return rollout("multi_item", ITEMS, 80, seed=2, max_turns=7, scenario="bargaining", discount=(0.9, 0.8))


@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize("domain", ["priced", "split"])
def test_every_step_is_a_decision_of_the_seat(domain, seat, request):
    played = request.getfixturevalue(domain)
    side = played.run.domain.sides[seat]
    result = export_minari(played, "negotiation/any-v0", side, rho=None, num_prices=130_001)
    dataset = minari.load_dataset("negotiation/any-v0")
    table = played.decisions
    own = [np.flatnonzero((table["episode"] == game) & (table["seat"] == seat)) for game in range(len(played))]
    moved = [game for game, rows in enumerate(own) if len(rows)]
    assert (result.episodes, result.steps) == (len(moved), sum(map(len, own)))
    assert result.without_decision == len(played) - len(moved)
    env = dataset.recover_environment()
    told = list(dataset.storage.get_episode_metadata(range(len(dataset))))
    for episode, facts, game in zip(dataset, told, moved, strict=True):
        rows = own[game]
        assert facts["uid"] == played.episodes["uid"][game]
        for name, place in (("policy", seat), ("opponent", 1 - seat)):
            assert facts[name].partition(":")[0] == played.episodes[played.run.domain.sides[place]][game]
        assert len(episode.observations) == len(rows) + 1
        view = env.unwrapped.core.layout.decode(episode.observations[:-1], np.zeros(len(rows), dtype=np.uint64))
        truth = played.views(rows)
        for name in ("turn", "own_offers", "opponent_offers", "standing_offer"):
            np.testing.assert_allclose(getattr(view, name), getattr(truth, name), atol=1e-9, err_msg=name)
        kind, offer = env.unwrapped.core.encoding.moves.split(episode.actions, len(rows))
        np.testing.assert_array_equal(kind, table["kind"][rows])
        if domain == "split":
            offered = kind == 0
            np.testing.assert_array_equal(offer[offered], table["split"][rows][offered])
        np.testing.assert_array_equal(episode.rewards, table["reward"][rows])
        assert episode.terminations.tolist() == [False] * (len(rows) - 1) + [True]
        assert not episode.truncations.any()
        np.testing.assert_array_equal(episode.infos["turn"][:-1], table["turn"][rows])


@pytest.mark.parametrize("domain", ["priced", "split"])
def test_options_deal_the_game_again(domain, request):
    played = request.getfixturevalue(domain)
    side = played.run.domain.sides[1]
    export_minari(played, "negotiation/any-v0", side)
    dataset = minari.load_dataset("negotiation/any-v0")
    env = dataset.recover_environment()
    for episode, facts in zip(dataset, dataset.storage.get_episode_metadata(range(len(dataset))), strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            observation, _ = env.reset(options=facts["options"])
        own = 5 if domain == "priced" else 3  # role, time, mover and the own facts of a price game; the first three
        np.testing.assert_array_equal(observation[[0, *range(3, own)]], episode.observations[0][[0, *range(3, own)]])
        if facts["options"]["first_mover"] == side:
            np.testing.assert_array_equal(observation, episode.observations[0])


def test_rho_stands_in_observation_options_and_infos(priced):
    export_minari(priced, NAME, "seller_0")
    dataset = minari.load_dataset(NAME)
    outcome = dict(zip(priced.episodes["uid"], priced.episodes["rho"], strict=True))
    facts = list(dataset.storage.get_episode_metadata(range(len(dataset))))
    assert {-1.0} < {float(fact["options"]["rho"]) for fact in facts}
    for episode, fact in zip(dataset, facts, strict=True):
        rho = outcome[fact["uid"]]
        rho = rho if rho == -1.0 else min(max(rho, 0.0), 1.0)
        assert fact["options"]["rho"] == rho
        assert set(episode.infos["rho"].tolist()) == {rho}
        expected = (np.float32(rho), 0.0) if rho >= 0 else (0.0, 1.0)
        assert {tuple(row) for row in episode.observations[:, -2:].tolist()} == {tuple(map(float, expected))}
    assert dataset.recover_environment().observation_space == dataset.observation_space


def test_the_commanded_rho_is_that_of_the_seat(priced):
    result = export_minari(priced, NAME, "seller", rho="commanded")
    commanded = priced.decisions["rho_commanded"][priced.decisions["seat"] == 1]
    episodes = priced.decisions["episode"][priced.decisions["seat"] == 1]
    assert result.episodes == len(set(episodes[commanded == 0.3]))
    assert result.without_rho == len(set(episodes)) - result.episodes > 0
    assert {float(row) for episode in minari.load_dataset(NAME) for row in episode.infos["rho"]} == {0.3}
    with pytest.raises(ValueError, match="120 games the buyer never moved in 0, and 120 have no rho='commanded'"):
        export_minari(priced, "negotiation/price/buyer-v0", "buyer", rho="commanded")


@pytest.mark.parametrize("domain", ["priced", "split"])
def test_records_give_what_the_games_gave(domain, request, tmp_path, datasets):
    played = request.getfixturevalue(domain)
    games = finished_games(played)
    (tmp_path / "games.jsonl").write_text("".join(lines(games)), encoding="utf-8")
    (tmp_path / "tables").mkdir()
    pair = ParquetPair(tmp_path / "tables", "", Split(), 3)
    pair.write(games)
    pair.close()
    seat = played.run.domain.sides[0]
    found = {}
    for name, source in (("played", played), ("jsonl", tmp_path / "games.jsonl"), ("tables", tmp_path / "tables")):
        export_minari(source, f"negotiation/{name}-v0", seat)
        dataset = minari.load_dataset(f"negotiation/{name}-v0")
        parts = [(e.observations, e.actions, e.rewards, e.infos["turn"]) for e in dataset]
        found[name] = [np.concatenate(column) for column in zip(*parts, strict=True)]
        facts = dataset.storage.get_episode_metadata(range(len(dataset)))
        found[name].append([{**fact, "options": repr(fact["options"])} for fact in facts])
    for name in ("jsonl", "tables"):
        for column, other in zip(found["played"][:-1], found[name][:-1], strict=True):
            np.testing.assert_array_equal(column, other)
        assert found[name][-1] == found["played"][-1]


def test_the_environment_comes_back_in_a_fresh_process(priced):
    export_minari(priced, NAME, "seller", num_prices=51)
    output = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RECOVER, NAME], capture_output=True, text=True, check=True
    ).stdout
    observation, actions, opponent = json.loads(output.splitlines()[-1])
    env = gym.make(
        "negotiation/Price-v0", role="seller", opponent=["boulware_firm", "linear"], scenario="private", max_turns=8,
        append_rho=True,
    )  # fmt: skip
    expected, info = env.reset(seed=4)
    np.testing.assert_array_equal(np.float32(observation), expected)
    assert (actions, opponent) == (54, info["opponent"])


def test_the_dataset_says_what_it_is(priced):
    export_minari(priced, NAME, "seller")
    told = minari.load_dataset(NAME).storage.metadata
    assert "rho is the seller's share of the surplus" in told["description"]
    assert [spec.partition(":")[0] for spec in told["negotiation"]["opponents"]] == ["boulware_firm", "linear"]
    assert (told["negotiation"]["seat"], told["negotiation"]["seeds"]) == ("seller_0", [2])
    assert not any("/" in str(value) for value in told["negotiation"].values() if not isinstance(value, list))


def test_an_existing_dataset_is_replaced_only_if_asked(priced, split, datasets):
    export_minari(split, "negotiation/price/other-v0", "agent_0")
    export_minari(priced, NAME, "seller")
    with pytest.raises(ValueError, match=r"exists in .*; give another version, or overwrite=True"):
        export_minari(priced, NAME, "seller")
    before = len(minari.load_dataset(NAME))
    with pytest.raises(ValueError, match="nothing to export"):
        export_minari(
            rollout("price", PRICE, 3, seed=0, max_turns=1, first_mover="buyer"), NAME, "seller", overwrite=True
        )
    assert len(minari.load_dataset(NAME)) == before
    export_minari(rollout("price", PRICE, 5, seed=0), NAME, "seller", overwrite=True)
    assert len(minari.load_dataset(NAME)) == 5
    assert set(minari.list_local_datasets()) == {NAME, "negotiation/price/other-v0"}
    assert not [path for path in datasets.rglob(".*") if path.name.startswith(".mixed")]


def test_an_interrupted_export_leaves_the_old_dataset(priced, datasets):
    export_minari(rollout("price", PRICE, 5, seed=0), NAME, "seller")

    def interrupt(games):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_minari(priced, NAME, "seller", overwrite=True, progress=interrupt)
    assert len(minari.load_dataset(NAME)) == 5
    assert not [path for path in datasets.rglob(".*") if path.name.startswith(".mixed")]


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_dataset_survives_a_cut_while_it_is_replaced(priced, datasets, monkeypatch, is_killed):
    export_minari(rollout("price", PRICE, 5, seed=0), NAME, "seller")
    rename = Path.rename

    def cut(path, target):
        if path.name.endswith(".unfinished"):
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", cut)
        if is_killed:
            patched.setattr("negotiation_env.minari_folder.put_back", lambda path: None)
        with pytest.raises(KeyboardInterrupt):
            export_minari(priced, NAME, "seller", overwrite=True)
    if is_killed:
        with pytest.raises(ValueError, match="exists in"):
            export_minari(priced, NAME, "seller")
    assert len(minari.load_dataset(NAME)) == 5


def test_a_namespace_is_no_dataset_to_replace(priced):
    export_minari(priced, "negotiation/price-v0/inner-v0", "seller")
    with pytest.raises(ValueError, match="holds other datasets"):
        export_minari(priced, "negotiation/price-v0", "seller", overwrite=True)
    assert "negotiation/price-v0/inner-v0" in minari.list_local_datasets()


class Stubborn:
    def reset(self, size, seed=None): ...

    def decide(self, view):
        from negotiation_env import PriceDecision

        return PriceDecision(kind=np.zeros(len(view), dtype=int), price=view.reservation_price)


def test_an_opponent_that_a_record_does_not_give_back_is_told(priced):
    played = rollout("price", {"buyer_0": [Stubborn(), "rho_mlp:rho=0.4", "linear"], "seller_0": "linear"}, 10, seed=0)
    with pytest.warns(UserWarning, match="Stubborn, rho_mlp cannot be built again"):
        export_minari(played, NAME, "seller")
    found = minari.load_dataset(NAME)
    assert [spec.partition(":")[0] for spec in found.env_spec.kwargs["opponent"]] == ["linear"]
    found.recover_environment().reset(seed=0)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("no version", {}, "ends with a version"),
        ("../up-v0", {}, "ends with a version"),
        (None, {}, "ends with a version"),
        (NAME, {"seat": "sellar"}, "Did you mean 'seller'"),
        (NAME, {"rho": "wanted"}, "must be 'outcome', 'commanded' or None"),
        (NAME, {"action_mode": "grid"}, "unknown action_mode 'grid'"),
        (NAME, {"num_prices": 1}, "num_prices is 1"),
    ],
)
def test_wrong_arguments_are_explained(priced, datasets, name, arguments, message):
    with pytest.raises(ValueError, match=message):
        export_minari(priced, name, **{"seat": "seller", **arguments})
    assert not datasets.exists() or not [path for path in datasets.rglob("*") if path.is_file()]


def test_wrong_sources_are_explained(priced, tmp_path):
    with pytest.raises(TypeError, match="know their settings"):
        export_minari(priced, NAME, "seller", tick=0.1)
    with pytest.raises(ValueError, match=r"is no record; give the \.jsonl file"):
        export_minari(tmp_path, NAME, "seller")
    one, two = (rollout("price", PRICE, 3, seed=0, max_turns=turns) for turns in (6, 8))
    both = tmp_path / "both.jsonl"
    both.write_text("".join([*lines(finished_games(one)), *lines(finished_games(two))]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"max_turns is 6 in the first game and \[8\] in others"):
        export_minari(both, NAME, "seller")
    alone = tmp_path / "one.jsonl"
    alone.write_text("".join(lines(finished_games(one))), encoding="utf-8")
    with pytest.raises(ValueError, match=r"max_turns is 9, but the games of .* were played with 6"):
        export_minari(alone, NAME, "seller", max_turns=9)
