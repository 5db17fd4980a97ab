"""The training of gated adapters: what it learns, that it can be cut anywhere, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from negotiation_janus.adapters import load_adapters
from negotiation_janus.gate_losses import closeness, smoothness
from negotiation_janus.hypernet import Hypernet, HypernetSettings
from negotiation_janus.processes import Processes
from negotiation_janus.sft import SftSettings, Trainer
from negotiation_janus.training_state import checkpoints, load_state, save_state
from negotiation_janus.transcripts import Transcripts, read_transcripts
from tiny import TEXT, new_base, new_model

from negotiation_env.records.generate import generate
from negotiation_env.records.recipes import load_recipe

SETTINGS = SftSettings(max_steps=6, batch_size=8, lr=5e-3, warmup_steps=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("sft") / "games.jsonl"
    generate(load_recipe("price-teacher-known").run(), 60, path)
    return read_transcripts(path, TEXT)


def trained(data, settings=SETTINGS, dropout=0.1):
    base = new_base()
    trainer = Trainer(new_model(base, dropout), TEXT, data, settings)
    losses = []
    trainer.run(after=lambda _, loss: losses.append(loss))
    return trainer, losses


def weights(model):
    return {name: weight.detach().clone() for name, weight in model.trainable().items()}


def test_the_loss_falls_and_nothing_but_adapters_and_hypernetwork_moves(data):
    untouched = {name: weight.clone() for name, weight in new_base().model.state_dict().items()}
    trainer, losses = trained(data, replace(SETTINGS, max_steps=60, lr=1e-2))
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.2
    moved = trainer.model.model.get_base_model().state_dict()
    for name, weight in untouched.items():
        kept = moved.get(name, moved.get(name.replace(".weight", ".base_layer.weight")))
        assert torch.equal(kept, weight)
    measured = trainer.measure(data)
    assert measured["loss"] < losses[0]
    assert 0.0 < measured["right"] <= 1.0


def test_a_training_that_was_cut_off_ends_as_one_that_was_not(data, tmp_path):
    whole, _ = trained(data)
    base = new_base()
    first = Trainer(new_model(base), TEXT, data, SETTINGS)
    for step in range(3):
        first.step(step)
    facts = {"seed": 0, "data": "abc"}
    place = save_state(tmp_path, 3, first.model, base, first.optimizer, facts)
    again = new_base()
    second = Trainer(load_adapters(place, again, trainable=True), TEXT, data, SETTINGS)
    assert load_state(place, second.model, second.optimizer, facts) == 3
    second.run(start=3)
    expected = weights(whole.model)
    for name, weight in weights(second.model).items():
        assert torch.equal(weight, expected[name]), name


def test_a_state_of_another_training_is_refused(data, tmp_path):
    base = new_base()
    trainer = Trainer(new_model(base), TEXT, data, SETTINGS)
    trainer.step(0)
    place = save_state(tmp_path, 1, trainer.model, base, trainer.optimizer, {"seed": 0})
    with pytest.raises(ValueError, match="seed was 0 and is 1"):
        load_state(place, trainer.model, trainer.optimizer, {"seed": 1})
    with pytest.raises(ValueError, match="holds no training"):
        load_state(tmp_path, trainer.model, trainer.optimizer, {"seed": 0})
    state = place / "training.safetensors"
    state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(ValueError, match="not whole"):
        load_state(place, trainer.model, trainer.optimizer, {"seed": 0})


def test_only_the_last_checkpoint_is_kept(data, tmp_path):
    base = new_base()
    trainer = Trainer(new_model(base), TEXT, data, SETTINGS)
    (tmp_path / "checkpoint-notes").mkdir()
    for step in range(2):
        trainer.step(step)
        save_state(tmp_path, step + 1, trainer.model, base, trainer.optimizer, {})
    assert [path.name for path in checkpoints(tmp_path)] == ["checkpoint-2"]
    assert (tmp_path / "checkpoint-notes").is_dir()


@pytest.mark.parametrize("changes", [{"batch_size": 4, "grad_accum": 2}, {"gradient_checkpointing": True}])
def test_parts_and_checkpointing_change_nothing(data, changes):
    expected, losses = trained(data, dropout=0.0)
    found, others = trained(data, replace(SETTINGS, **changes), dropout=0.0)
    assert losses == pytest.approx(others, rel=1e-4)
    for name, weight in weights(found.model).items():
        assert torch.allclose(weight, weights(expected.model)[name], atol=1e-4), name


def test_checkpointing_computes_the_forward_pass_twice(data):
    counts = []
    for checkpointed in (False, True):
        trainer = Trainer(new_model(new_base()), TEXT, data, replace(SETTINGS, gradient_checkpointing=checkpointed))
        layer, passes = trainer.model.model.get_base_model().model.layers[0].mlp, []
        layer.register_forward_pre_hook(lambda *_, passes=passes: passes.append(1))
        trainer.step(0)
        counts.append(len(passes))
    assert counts == [1, 2]


def test_a_process_without_a_row_sums_as_many_gradients_as_the_others(data, monkeypatch):
    shapes = []
    monkeypatch.setattr("torch.distributed.all_reduce", lambda tensor: shapes[-1].append(tensor.shape))
    for rank in range(2):
        shapes.append([])
        settings = replace(SETTINGS, batch_size=1)
        Trainer(new_model(new_base()), TEXT, data, settings, Processes(rank, 2)).step(0)
    assert shapes[0] == shapes[1]
    assert len(shapes[0]) > 10


def test_answers_weigh_by_their_kind_and_their_place(data):
    settings = replace(SETTINGS, accept_weight=5.0, digit_weight=0.5)
    trainer = Trainer(new_model(new_base(), dropout=0.0), TEXT, data, settings)
    rows = np.arange(len(data))
    targets, weights = data.padded(rows)[1], trainer._answer_weights(rows)
    plain = Trainer(new_model(new_base(), dropout=0.0), TEXT, data, SETTINGS)._answer_weights(rows)
    assert (plain[targets < 0] == 0.0).all()
    share = weights[targets >= 0] / plain[targets >= 0]
    accepts = targets[targets >= 0] == 10
    assert accepts.any()
    assert (share[accepts] == 5.0).all()
    assert share[~accepts].reshape(-1, 3) == pytest.approx(np.tile([1.0, 0.5, 0.25], ((~accepts).sum() // 3, 1)))


def test_a_heavier_acceptance_is_learned_sooner(data):
    """The mean score of ACCEPT where it is right, after as many steps."""
    found = []
    for weight in (0.1, 10.0):
        trainer, _ = trained(data, replace(SETTINGS, max_steps=40, lr=1e-2, accept_weight=weight), dropout=0.0)
        trainer.model.eval()
        with torch.no_grad(), trainer._context(data, np.arange(len(data))):
            scores, targets, _ = trainer._scores(data, np.arange(len(data)))
        found.append(scores.log_softmax(dim=1)[targets == 10, 10].mean().item())
    assert found[1] > found[0] + 0.5


def test_a_loss_that_is_no_number_stops_the_training_with_its_step(data):
    trainer = Trainer(new_model(new_base()), TEXT, data, SETTINGS)
    with torch.no_grad():
        trainer.model.hypernet.head.bias[0] = float("nan")
    with pytest.raises(ValueError, match="nan in step 2, on games"):
        trainer.run(start=2)


@pytest.mark.parametrize("wrong", [{"lr": float("nan")}, {"batch_size": 0}, {"lambda_sep": -1.0}, {"max_steps": 0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SftSettings(**wrong)


def test_the_terms_of_the_gates_do_what_they_say():
    hypernet = Hypernet(["a", "b"], 4, HypernetSettings(head_scale=0.5))
    with torch.no_grad():
        assert 0.0 < closeness(hypernet) < 1.0
        assert smoothness(hypernet) > 0.0
        hypernet.head.weight.zero_()
        assert closeness(hypernet) == 1.0
        assert smoothness(hypernet) == 0.0


def test_separated_gates_are_further_apart(data):
    plain, _ = trained(data, dropout=0.0)
    apart, _ = trained(data, replace(SETTINGS, lambda_sep=5.0), dropout=0.0)
    assert closeness(apart.model.hypernet) < closeness(plain.model.hypernet)


_WORKER = """
import sys
import numpy as np
from dataclasses import fields
from safetensors.numpy import load_file
from safetensors.torch import save_file
sys.path.insert(0, {tests!r})
from test_sft import SETTINGS, weights
from tiny import TEXT, new_base, new_model
from negotiation_janus.processes import joined_processes
from negotiation_janus.sft import Trainer
from negotiation_janus.transcripts import Transcripts
found = load_file({data!r})
data = Transcripts(**{{field.name: found[field.name] for field in fields(Transcripts)}})
with joined_processes() as processes:
    trainer = Trainer(new_model(new_base(), dropout=0.0), TEXT, data, SETTINGS, processes)
    trainer.run()
    save_file(weights(trainer.model), {out!r} + str(processes.rank))
"""


def test_two_processes_train_what_one_does(data, tmp_path):
    from safetensors.numpy import save_file
    from safetensors.torch import load_file

    columns = {name: np.ascontiguousarray(getattr(data, name)) for name in Transcripts.__dataclass_fields__}
    save_file(columns, tmp_path / "data")
    script = tmp_path / "worker.py"
    script.write_text(
        _WORKER.format(tests=str(Path(__file__).parent), data=str(tmp_path / "data"), out=str(tmp_path / "rank")),
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", str(script)]
    subprocess.run(command, check=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"})
    expected = weights(trained(data, dropout=0.0)[0].model)
    for rank in range(2):
        for name, weight in load_file(tmp_path / f"rank{rank}").items():
            assert torch.allclose(weight, expected[name], atol=1e-4), name
