"""What d3rlpy learns from exported games: for a seed the same weights, cut off or not, and a policy in the end."""

import json
from dataclasses import replace

import numpy as np
import pytest

from negotiation_env import list_policies, make_policy, rollout

minari = pytest.importorskip("minari", reason="needs pip install 'negotiation-env[offline]'")
d3rlpy = pytest.importorskip("d3rlpy")

from negotiation_policies.learned.closed_loop import _mean, closed_loop  # noqa: E402  # after the skip
from negotiation_policies.learned.d3rlpy_data import Batches  # noqa: E402  # after the skip
from negotiation_policies.learned.d3rlpy_policy import earlier  # noqa: E402
from negotiation_policies.learned.d3rlpy_training import step_folder, train  # noqa: E402

from negotiation_env.minari_export import export_minari  # noqa: E402
from negotiation_env.offline import to_mdp_dataset, to_transitions  # noqa: E402

SETTINGS = {"price": {"max_turns": 8}, "multi_item": {"max_turns": 8, "scenario": "bargaining"}}
PLAYERS = {
    "price": {"buyer_0": ["linear", "tit_for_tat"], "seller_0": "boulware"},
    "multi_item": {"agent_0": "boulware", "agent_1": ["conceder", "linear"]},
}
DATASETS = {
    "discrete": ("price", "seller", {"rho": None}),
    "continuous": ("price", "seller", {"rho": None, "action_mode": "continuous"}),
    "commanded": ("price", "buyer", {}),
    "items": ("multi_item", "agent_0", {}),
}
KINDS = [
    ("discrete_bc", "discrete"),
    ("cql", "discrete"),
    ("dt", "discrete"),
    ("bc", "continuous"),
    ("iql", "continuous"),
    ("cql", "continuous"),
    ("dt", "continuous"),
    ("discrete_bc", "commanded"),
    ("discrete_bc", "items"),
    ("dt", "items"),
]
TINY = {"batch_size": 8}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("MINARI_DATASETS_PATH", str(tmp_path_factory.mktemp("minari")))
    for name, (domain, seat, settings) in DATASETS.items():
        games = rollout(domain, PLAYERS[domain], 40, seed=1, **SETTINGS[domain])
        export_minari(games, f"negotiation/{name}-v0", seat, **settings)
    yield {name: minari.load_dataset(f"negotiation/{name}-v0") for name in DATASETS}
    patch.undo()


@pytest.fixture(scope="module")
def cloned(datasets, tmp_path_factory):
    return train(datasets["discrete"], "discrete_bc", tmp_path_factory.mktemp("cloned"), num_steps=3, **TINY)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


@pytest.mark.parametrize(("algo", "name"), KINDS)
def test_a_training_that_was_cut_off_goes_on_to_the_same_policy(datasets, tmp_path, algo, name):
    whole = train(datasets[name], algo, tmp_path / "whole", num_steps=4, seed=3, **TINY)
    part = train(datasets[name], algo, tmp_path / "part", num_steps=3, seed=3, save_every=2, **TINY)
    assert weights(part) != weights(whole)
    step_folder(part, 3).joinpath("policy.json").unlink()  # cut off while the last checkpoint was written
    part = train(datasets[name], algo, tmp_path / "part", num_steps=4, seed=3, resume=True, **TINY)
    assert weights(part) == weights(whole)

    domain, seat, _ = DATASETS[name]
    rho = {"rho": 0.4} if name == "commanded" else {}
    policy = make_policy("d3rlpy", domain=domain, path=str(whole), **rho)
    agents = tuple(PLAYERS[domain])
    own = agents[("buyer", "seller").index(seat)] if domain == "price" else seat
    seats = {agent: policy if agent == own else "linear" for agent in agents}
    once, one_by_one = (rollout(domain, seats, 24, 3, batch_size=size, **SETTINGS[domain]) for size in (24, 1))
    for column in ("kind", "price" if domain == "price" else "split"):
        np.testing.assert_array_equal(once.decisions[column], one_by_one.decisions[column])


def test_a_training_is_not_mixed_with_another(datasets, tmp_path):
    first = train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=4, save_every=2, seed=1, **TINY)
    (tmp_path / "policy.json").unlink()  # cut off before its end
    for taken in (tmp_path, first):
        with pytest.raises(ValueError, match="holds a training: resume goes on with it, overwrite replaces it"):
            train(datasets["discrete"], "discrete_bc", taken, num_steps=2, seed=2, **TINY)
    train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=2, seed=2, overwrite=True, **TINY)
    assert [path.name for path in (tmp_path / "steps").iterdir()] == ["00000002"]
    resumed = train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=3, seed=2, resume=True, **TINY)
    whole = train(datasets["discrete"], "discrete_bc", tmp_path / "whole", num_steps=3, seed=2, **TINY)
    assert weights(resumed) == weights(whole)


def test_a_training_goes_on_with_the_same_data_only(datasets, tmp_path, monkeypatch):
    folder = train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=2, **TINY)
    steps = to_transitions(datasets["discrete"])
    others = replace(steps, rewards=steps.rewards[::-1].copy())
    monkeypatch.setattr("negotiation_policies.learned.d3rlpy_training.to_transitions", lambda _: others)
    with pytest.raises(ValueError, match="learned from other data than 'negotiation/discrete-v0' holds now"):
        train(datasets["discrete"], "discrete_bc", folder, num_steps=3, resume=True, **TINY)


def test_curves_of_a_training_that_went_on_have_each_step_once(datasets, tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setattr("negotiation_policies.learned.d3rlpy_training._LOGGED_EVERY", 1)
    train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=5, save_every=2, **TINY)
    for step in (4, 5):
        step_folder(tmp_path, step).joinpath("policy.json").unlink()  # as if cut off before these were written
    train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=6, resume=True, **TINY)
    curves = EventAccumulator(str(tmp_path / "logs")).Reload()
    assert [event.step for event in curves.Scalars("train/loss")] == [1, 2, 3, 4, 5, 6]


def test_it_clones(datasets, tmp_path):
    folder = train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=2000, batch_size=64)
    steps = to_transitions(datasets["discrete"])
    policy = make_policy("d3rlpy", path=folder)
    views = policy.coding.layout.decode(steps.observations, np.arange(len(steps), dtype=np.uint64))
    actions = policy.act(steps.observations, policy.coding.legal(views), views)
    assert np.mean(np.abs(actions - steps.actions) <= 1) > 0.9


@pytest.mark.parametrize("name", ["discrete", "items"])
def test_the_past_is_read_off_the_view(name):
    domain, _, _ = DATASETS[name]
    games = rollout(domain, PLAYERS[domain], 40, seed=2, **SETTINGS[domain])
    table = games.decisions
    rows = np.flatnonzero(table["turn"] > 4)
    past, made = earlier(games.views(rows).take(np.arange(len(rows))), 2)
    truth = games.views(rows - 4)
    for field in ("turn", "role", "own_offers", "opponent_offers", "standing_offer"):
        np.testing.assert_array_equal(getattr(past, field), getattr(truth, field), err_msg=field)
    np.testing.assert_array_equal(made, table[games.run.domain.content][rows - 4])


def test_batches_are_those_of_d3rlpy(datasets):
    buffer, data = to_mdp_dataset(datasets["discrete"]), Batches(to_transitions(datasets["discrete"]))
    rows = np.arange(0, len(data.steps), 3)
    picked = [buffer.transition_picker(*buffer.buffer[row]) for row in rows]
    batch, stretch = data.transitions(rows), data.trajectories(rows, 3)
    sliced = [buffer.trajectory_slicer(*buffer.buffer[row], 3) for row in rows]
    for name in ("observation", "action", "reward", "next_action", "terminal"):
        expected = np.array([np.ravel(getattr(one, name)) for one in picked])
        np.testing.assert_array_equal(getattr(batch, f"{name}s"), expected, err_msg=name)
    for name in ("observations", "actions", "rewards", "returns_to_go", "terminals", "timesteps", "masks"):
        expected = np.array([getattr(one, name) for one in sliced])
        np.testing.assert_allclose(getattr(stretch, name), expected, atol=1e-6, err_msg=name)


def test_figures_are_asked_for_at_their_steps(datasets, tmp_path):
    asked, moved = [], []

    def evaluate(step, folder):
        make_policy("d3rlpy", path=folder)
        asked.append(step)
        return {"deal_rate": 0.5}

    train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=5, evaluate=evaluate, eval_every=2,
          progress=moved.append, **TINY)  # fmt: skip
    assert asked == [2, 4, 5]
    assert sum(moved) == 5
    assert list((tmp_path / "logs").glob("events*"))


@pytest.mark.parametrize(
    ("name", "algo", "given", "said"),
    [
        ("discrete", "iql", {}, "iql needs continuous actions, and the dataset's are discrete: use cql"),
        ("discrete", "bc", {}, "use discrete_bc"),
        ("continuous", "discrete_bc", {}, "use bc"),
        ("discrete", "cqll", {}, "Did you mean 'cql'"),
        ("discrete", "discrete_bc", {"num_steps": 0}, "num_steps is 0; it must be a whole number"),
        ("discrete", "discrete_bc", {"learning_rate": -1.0}, "a number above 0"),
        ("discrete", "discrete_bc", {"resume": True}, "there is no checkpoint"),
    ],
)
def test_wrong_trainings_are_refused(datasets, tmp_path, name, algo, given, said):
    with pytest.raises(ValueError, match=said):
        train(datasets[name], algo, tmp_path / "policy", **TINY, **given)
    assert not (tmp_path / "policy").exists()


@pytest.mark.parametrize("told", [None, {}, {"schema_version": 99}])
def test_datasets_that_others_wrote_are_refused(datasets, tmp_path, monkeypatch, told):
    dataset = minari.load_dataset(datasets["discrete"].id)
    found = {name: value for name, value in dataset.storage.metadata.items() if name != "negotiation"}
    monkeypatch.setattr(type(dataset.storage), "metadata", found if told is None else found | {"negotiation": told})
    with pytest.raises(ValueError, match=r"has schema version (None|99), and this package reads"):
        train(dataset, "discrete_bc", tmp_path / "policy", **TINY)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("discrete", {"observations": lambda seen: seen[:, :-1]}, "observations of"),
        ("discrete", {"actions": lambda made: made + 10_000}, "actions that are not in Discrete"),
        ("continuous", {"actions": lambda made: made * np.float32(np.inf)}, "actions that are not in Box"),
    ],
)
def test_steps_outside_the_spaces_are_refused(datasets, tmp_path, monkeypatch, name, change, said):
    def changed(dataset):
        steps = to_transitions(dataset)
        return replace(steps, **{field: alter(getattr(steps, field)) for field, alter in change.items()})

    monkeypatch.setattr("negotiation_policies.learned.d3rlpy_training.to_transitions", changed)
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=said):
        train(datasets[name], "discrete_bc" if name == "discrete" else "bc", tmp_path / "policy", **TINY)


def test_what_is_there_is_kept(datasets, cloned, tmp_path):
    with pytest.raises(ValueError, match="holds a training"):
        train(datasets["discrete"], "discrete_bc", cloned, **TINY)
    for change, said in (({"seed": 1}, "another seed: 0 and not 1"), ({"num_steps": 2}, "has made 3 steps")):
        with pytest.raises(ValueError, match=said):
            train(datasets["discrete"], "discrete_bc", cloned, **{"num_steps": 9, **TINY, **change}, resume=True)
    with pytest.raises(ValueError, match=r"no dataset 'negotiation/none-v0' here; there are: negotiation/commanded-v0"):
        train("negotiation/none-v0", "bc", tmp_path)


def test_what_is_not_ours_stays(datasets, tmp_path):
    mine = [tmp_path / "logs" / "notes.txt", tmp_path / "steps" / "20261127" / "photo.png"]
    for file in mine:
        file.parent.mkdir(parents=True)
        file.write_text("mine")
    for overwrite in (False, True):
        train(datasets["discrete"], "discrete_bc", tmp_path, num_steps=2, overwrite=overwrite, **TINY)
    assert [file.read_text() for file in mine] == ["mine", "mine"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "model.safetensors").write_bytes(b"mine")
    with pytest.raises(ValueError, match="no training here has written"):
        train(datasets["discrete"], "discrete_bc", other, num_steps=2, overwrite=True, **TINY)
    assert (other / "model.safetensors").read_bytes() == b"mine"


def test_games_that_are_dealt_alike_count_once(cloned):
    spellings = ["linear", "linear:exponent=1", "linear:noise=0"]
    figures = closed_loop(make_policy("d3rlpy", path=cloned), "seller", spellings, 60, 0)
    assert len(figures) == 4
    for name, values in figures["linear:noise=0"].items():
        assert figures["all"][name] == pytest.approx(values, nan_ok=True), name


def test_no_interval_of_a_rate_lies_past_one():
    deals = np.array([1.0] * 19 + [0.0])
    assert _mean(deals)[2] > 1.0
    mean, low, high = _mean(deals, (0.0, 1.0))
    assert (mean, high) == (0.95, 1.0)
    assert low == _mean(deals)[1]


def changed(cloned, folder, **changes):
    folder.mkdir()
    facts = json.loads((cloned / "policy.json").read_text())
    for name, value in changes.items():
        if isinstance(value, dict):
            facts[name] = {**facts[name], **value}
        elif value is None:
            del facts[name]
        else:
            facts[name] = value
    (folder / "policy.json").write_text(json.dumps(facts))
    (folder / "model.safetensors").write_bytes(weights(cloned))
    return folder


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"coding": {"layout_version": 99}}, "version 99"),
        ({"coding": {"observation_size": 5}}, "5 features"),
        ({"coding": None}, "does not say its coding"),
        ({"network": {"action_size": 9}}, "its weights are not those of the network"),
        ({"kind": "sb3"}, "for the policy 'sb3'"),
    ],
)
def test_other_networks_are_refused(cloned, tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        make_policy("d3rlpy", path=str(changed(cloned, tmp_path / "changed", **changes)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"domain": "multi_item"}, "has learned price games, not multi_item"),
        ({"rho": 0.5}, "leave rho out"),
        ({"target_return": 0.5}, "no decision transformer"),
        ({"role": "seller"}, "are for a .d3 file"),
        ({"path": "nowhere"}, "holds no trained network"),
    ],
)
def test_wrong_parameters_are_refused(cloned, given, said):
    with pytest.raises(ValueError, match=said):
        make_policy("d3rlpy", **{"path": str(cloned), **given})


def test_a_file_of_the_library_is_loaded_if_it_is_trusted(tmp_path):
    algorithm = d3rlpy.algos.DiscreteBCConfig().create()
    algorithm.create_impl((8 + 8,), 104)
    path = str(tmp_path / "model.d3")
    algorithm.save(path)
    known = {"role": "seller", "settings": {"max_turns": 8}}
    for given, said in (
        (known, "is a pickle"),
        ({"trust_pickle": True}, "give role= and settings="),
        ({**known, "settings": {"max_turns": 9}, "trust_pickle": True}, "reads 16 features .* show 18"),
    ):
        with pytest.raises(ValueError, match=said):
            make_policy("d3rlpy", path=path, **given)
    policy = make_policy("d3rlpy", path=path, trust_pickle=True, **known)
    games = rollout("price", {"buyer_0": "linear", "seller_0": policy}, 9, seed=0, max_turns=8)
    assert len(games.episodes["deal"]) == 9


def test_it_needs_a_file_and_so_is_not_played_unattended():
    for domain in ("price", "multi_item"):
        assert "d3rlpy" in list_policies(domain, kind="learned")
