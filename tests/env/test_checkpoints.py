"""Trained networks on the disk."""

import numpy as np
import pytest

from negotiation_env.checkpoints import FACTS, LOCK, WEIGHTS, read_checkpoint, write_checkpoint
from negotiation_env.records.errors import RecordError
from negotiation_env.records.files import locked

TENSORS = {"layer.weight": np.arange(6.0, dtype=np.float32).reshape(2, 3).T, "layer.bias": np.zeros(2)}


def test_a_network_comes_back(tmp_path):
    place = write_checkpoint(tmp_path / "a" / "b", "sb3", TENSORS, {"steps": 3}, overwrite=False)
    tensors, facts = read_checkpoint(place, "sb3")
    assert facts == {"kind": "sb3", "steps": 3}
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(tensors[name], tensor)
    assert sorted(path.name for path in place.iterdir()) == [WEIGHTS, FACTS]


def test_one_process_writes_into_a_folder(tmp_path):
    with locked(tmp_path / LOCK, "held"), pytest.raises(RecordError, match="another process is writing a network"):
        write_checkpoint(tmp_path, "sb3", TENSORS, {"steps": 1}, overwrite=True)
    assert not (tmp_path / WEIGHTS).exists()


def test_the_same_network_is_the_same_bytes(tmp_path):
    for name in "ab":
        write_checkpoint(tmp_path / name, "sb3", TENSORS, {"b": 1, "a": 2}, overwrite=False)
    for name in (WEIGHTS, FACTS):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_one_that_is_there_stays_unless_it_may_go(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    write_checkpoint(tmp_path, "sb3", TENSORS, {"steps": 1}, overwrite=False)
    with pytest.raises(ValueError, match="overwrite=True"):
        write_checkpoint(tmp_path, "sb3", TENSORS, {"steps": 2}, overwrite=False)
    assert read_checkpoint(tmp_path, "sb3")[1]["steps"] == 1
    write_checkpoint(tmp_path, "sb3", TENSORS, {"steps": 2}, overwrite=True)
    assert read_checkpoint(tmp_path, "sb3")[1]["steps"] == 2
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / FACTS).unlink(), "there is no policy.json in it"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"\0" * 40), "not whole"),
        (lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-4]), "not whole"),
        (lambda folder: (folder / FACTS).write_text("{"), "not whole"),
        (lambda folder: (folder / FACTS).write_text("[]"), "for the policy None"),
        (lambda folder: (folder / FACTS).write_text('{"kind": "d3rlpy"}'), "for the policy 'd3rlpy', not for 'sb3'"),
    ],
)
def test_what_is_no_whole_network_of_the_kind_is_refused(tmp_path, change, said):
    write_checkpoint(tmp_path, "sb3", TENSORS, {}, overwrite=False)
    change(tmp_path)
    with pytest.raises(ValueError, match=said):
        read_checkpoint(tmp_path, "sb3")
