"""Minari datasets in other libraries: every number stands where it belongs."""

import numpy as np
import pytest

from negotiation_env import rollout

minari = pytest.importorskip("minari", reason="needs pip install 'negotiation-env[offline]'")

from minari.data_collector import EpisodeBuffer  # noqa: E402  # after the skip

from negotiation_env.minari_export import export_minari  # noqa: E402
from negotiation_env.offline import to_mdp_dataset, to_replay, to_transitions  # noqa: E402

KINDS = {
    "buyer": ("price", "buyer", {}),
    "seller": ("price", "seller", {}),
    "continuous": ("price", "seller", {"action_mode": "continuous"}),
    "agent_0": ("multi_item", "agent_0", {}),
    "agent_1": ("multi_item", "agent_1", {}),
}
PLAYERS = {
    "price": {"buyer_0": ["boulware_firm", "linear"], "seller_0": "tit_for_tat"},
    "multi_item": {"agent_0": "boulware", "agent_1": "conceder"},
}


@pytest.fixture(params=KINDS)
def dataset(request, tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    domain, seat, settings = KINDS[request.param]
    export_minari(rollout(domain, PLAYERS[domain], 60, seed=5, max_turns=9), "negotiation/any-v0", seat, **settings)
    return minari.load_dataset("negotiation/any-v0")


def test_transitions(dataset):
    steps, start = to_transitions(dataset), 0
    assert len(steps) == dataset.total_steps
    for place, episode in enumerate(dataset):
        rows = slice(start, start + len(episode.rewards))
        np.testing.assert_array_equal(steps.observations[rows], episode.observations[:-1])
        np.testing.assert_array_equal(steps.next_observations[rows], episode.observations[1:])
        np.testing.assert_array_equal(steps.actions[rows], episode.actions)
        np.testing.assert_array_equal(steps.rewards[rows], episode.rewards.astype(np.float32))
        np.testing.assert_array_equal(steps.terminations[rows], episode.terminations)
        assert set(steps.episode[rows].tolist()) == {place}
        start = rows.stop
    tensors = steps.to_torch()
    assert tensors["observations"].numpy() is not None
    np.testing.assert_array_equal(tensors["actions"].numpy(), steps.actions)


def test_d3rlpy(dataset):
    d3rlpy = pytest.importorskip("d3rlpy")
    found = to_mdp_dataset(dataset)
    assert len(found.episodes) == len(dataset)
    for ours, theirs in zip(dataset, found.episodes, strict=True):
        np.testing.assert_array_equal(theirs.observations, ours.observations[:-1])
        np.testing.assert_array_equal(theirs.actions, ours.actions.reshape(len(ours.rewards), -1))
        np.testing.assert_array_equal(theirs.rewards[:, 0], ours.rewards.astype(np.float32))
        assert theirs.terminated
    discrete = hasattr(dataset.action_space, "n")
    assert found.dataset_info.action_space is (
        d3rlpy.ActionSpace.DISCRETE if discrete else d3rlpy.ActionSpace.CONTINUOUS
    )
    assert found.dataset_info.action_size == (dataset.action_space.n if discrete else 2)
    batch = found.sample_transition_batch(64)
    known = {tuple(row) for row in to_transitions(dataset).observations.tolist()}
    assert {tuple(row) for row in batch.observations.tolist()} <= known


def test_torchrl(dataset):
    pytest.importorskip("torchrl")
    buffer = to_replay(dataset, batch_size=32)
    rows = buffer[:]
    steps = to_transitions(dataset)
    np.testing.assert_array_equal(rows["observation"].numpy(), steps.observations)
    np.testing.assert_array_equal(rows["action"].numpy(), steps.actions)
    np.testing.assert_array_equal(rows["episode"].numpy(), steps.episode)
    np.testing.assert_array_equal(rows["next", "observation"].numpy(), steps.next_observations)
    np.testing.assert_array_equal(rows["next", "reward"].numpy()[:, 0], steps.rewards)
    for name in ("terminated", "done"):
        np.testing.assert_array_equal(rows["next", name].numpy()[:, 0], steps.terminations)
    assert not rows["next", "truncated"].any()
    sample = buffer.sample()
    assert len(sample) == 32
    first, last = sample["observation"], sample["next", "observation"]
    assert (last[:, 1] > first[:, 1]).all(), "the next observation is of a later turn"


def test_a_part_of_a_dataset(dataset):
    part = dataset.filter_episodes(lambda episode: len(episode) > 2)
    assert 0 < len(part) < len(dataset)
    assert len(to_transitions(part)) == sum(len(episode) for episode in dataset if len(episode) > 2)
    with pytest.raises(ValueError, match="holds no episodes"):
        to_transitions(dataset.filter_episodes(lambda episode: False))


def spoilt(dataset, terminations, truncations):
    """Add an episode of two steps that ends as told."""
    observations = np.zeros((3, *dataset.observation_space.shape), dtype=np.float32)
    actions = np.zeros((2, *dataset.action_space.shape), dtype=dataset.action_space.dtype)
    dataset.update_dataset_from_buffer(
        [
            EpisodeBuffer(
                observations=observations, actions=actions, rewards=[0.0, 0.0], terminations=terminations,
                truncations=truncations, infos={"turn": np.arange(3), "rho": np.zeros(3)},
            )
        ]
    )  # fmt: skip


def test_what_was_cut_off_stays_an_episode_of_its_own(dataset):
    size = len(dataset)
    spoilt(dataset, [False, False], [False, True])
    spoilt(dataset, [False, True], [False, False])
    steps = to_transitions(dataset)
    assert steps.truncations.sum() == 1
    assert steps.terminations.sum() == size + 1
    pytest.importorskip("d3rlpy")
    found = to_mdp_dataset(dataset)
    assert len(found.episodes) == size + 2
    assert [episode.terminated for episode in found.episodes[-2:]] == [False, True]
    pytest.importorskip("torchrl")
    rows = to_replay(dataset, batch_size=8)[:]["next"]
    np.testing.assert_array_equal(rows["truncated"].numpy()[:, 0], steps.truncations)
    np.testing.assert_array_equal(rows["done"].numpy()[:, 0], steps.terminations | steps.truncations)


@pytest.mark.parametrize("ends", [[False, False], [True, True]])
def test_an_episode_needs_one_end(dataset, ends):
    spoilt(dataset, ends, [False, False])
    with pytest.raises(ValueError, match=r"1 episodes \(the first is \d+\) do not end with their last step"):
        to_transitions(dataset)


def test_a_damaged_file_is_named(dataset):
    h5py = pytest.importorskip("h5py")
    with h5py.File(dataset.storage.data_path / "main_data.hdf5", "a") as file:
        del file["episode_3/actions"]
    with pytest.raises(ValueError, match=r"is damaged .*export the record again"):
        to_transitions(minari.load_dataset(dataset.id))


def test_nan_is_refused(dataset):
    size = dataset.observation_space.shape
    observations = np.zeros((3, *size), dtype=np.float32)
    observations[1] = np.nan
    actions = np.zeros((2, *dataset.action_space.shape), dtype=dataset.action_space.dtype)
    spoilt = EpisodeBuffer(
        observations=observations, actions=actions, rewards=[0.0, 0.0], terminations=[False, True],
        truncations=[False, False], infos={"turn": np.arange(3), "rho": np.zeros(3)},
    )  # fmt: skip
    dataset.update_dataset_from_buffer([spoilt])
    with pytest.raises(ValueError, match=r"observations of 1 episodes \(the first is \d+\) hold NaN"):
        to_transitions(dataset)
