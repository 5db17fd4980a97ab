"""A whole training of Janus, from a record to a policy that plays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from negotiation_cli.main import main
from negotiation_janus.adapters import digest_of, read_facts
from negotiation_janus.policy import load_janus
from negotiation_janus.sft import SftSettings
from negotiation_janus.training import DataSettings, ModelSettings, read_config, train_janus
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from negotiation_env import rollout
from negotiation_env.records.errors import RecordError
from negotiation_env.records.files import locked
from negotiation_env.records.generate import generate
from negotiation_env.records.recipes import load_recipe

ROOT = Path(__file__).parents[2]
MODEL = ModelSettings(num_layers=1, rank=2, alpha=4.0, dropout=0.1)
SFT = SftSettings(max_steps=4, batch_size=4, warmup_steps=1, save_every=2, eval_every=2)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    path = tmp_path_factory.mktemp("games") / "known.jsonl"
    generate(load_recipe("price-teacher-known").run(), 30, path)
    return str(path)


@pytest.fixture(scope="module")
def data(record):
    return DataSettings(record, record, held_out=0.2)


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "janus"
    return folder, train_janus(data, MODEL, SFT, folder)


def test_what_was_trained_plays_and_says_what_it_was_trained_on(whole):
    folder, result = whole
    facts = read_facts(folder)["facts"]
    assert facts["information"] == ["known", "private"]
    assert facts["loss"] == result["loss"]
    games = rollout("price", {"buyer_0": f"janus:rho=0.4,checkpoint={folder}", "seller_0": "linear"}, 4, seed=0)
    assert len(games.decisions["price"]) > 8


def test_losses_and_gates_can_be_watched(whole):
    logs = EventAccumulator(str(whole[0] / "logs"))
    logs.Reload()
    assert [event.step for event in logs.Scalars("loss/training")] == [1, 2, 3, 4]
    assert [event.step for event in logs.Scalars("loss/held_out")] == [2, 4]
    assert [event.step for event in logs.Images("gates")] == [2, 4]
    assert [event.step for event in logs.Scalars("rho/0.25")] == [2, 4]


def test_going_on_gives_the_same_bytes(whole, data, tmp_path):
    class Cut(Exception):  # noqa: N818  # it is no error
        pass

    def stop(steps):
        made.append(steps)
        if sum(made) == 3:
            raise Cut

    made = []
    with pytest.raises(Cut):
        train_janus(data, MODEL, SFT, tmp_path / "janus", progress=stop)
    assert not (tmp_path / "janus" / "adapter_config.json").exists()
    with pytest.raises(ValueError, match="cut off"):
        train_janus(data, MODEL, SFT, tmp_path / "janus")
    with pytest.raises(ValueError, match=r"sft\.lr was 0\.\d+ and is 1\.0\."):
        train_janus(data, MODEL, replace(SFT, lr=1.0), tmp_path / "janus", resume_from=tmp_path / "janus")
    result = train_janus(data, MODEL, SFT, tmp_path / "janus", resume_from=tmp_path / "janus")
    assert result["resumed from step"] == 2
    for name in ("adapter_model.safetensors", "hypernet.safetensors", "adapter_config.json"):
        assert (tmp_path / "janus" / name).read_bytes() == (whole[0] / name).read_bytes(), name


def test_a_folder_that_is_taken_is_refused_before_anything_is_read(whole, tmp_path):
    nowhere = DataSettings("no/such/file")
    with pytest.raises(ValueError, match="holds trained adapters"):
        train_janus(nowhere, MODEL, SFT, whole[0])
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="is a file"):
        train_janus(nowhere, MODEL, SFT, tmp_path / "file")


def test_one_process_trains_into_a_folder(tmp_path):
    with locked(tmp_path / "training.lock", "held"), pytest.raises(RecordError, match="another process is training"):
        train_janus(DataSettings("no/such/file"), MODEL, SFT, tmp_path)


def test_nothing_to_go_on_from_is_said(data, tmp_path):
    with pytest.raises(ValueError, match="holds no checkpoint"):
        train_janus(data, MODEL, SFT, tmp_path / "new", resume_from=tmp_path)


@pytest.mark.parametrize("name", ["tiny", "smollm2", "smollm2-further", "qwen2-7b-qlora"])
def test_each_configuration_names_settings_only(name):
    assert read_config(ROOT / "janus" / "configs" / f"{name}.toml")


def test_a_misspelled_setting_is_refused(tmp_path):
    (tmp_path / "own.toml").write_text("max_step = 3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="max_steps"):
        read_config(tmp_path / "own.toml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('lr = "2e-3"', "lr is '2e-3'; it must be of type float"),
        ("rank = 4.0", "rank is 4.0; it must be of type int"),
        ("bf16 = 1", "it must be of type bool"),
        ('gate = "no"', "it must be of type bool"),
        ('targets = "q_proj"', "it must be of type tuple"),
        ('split = "x"', "Literal['episode', 'pair']"),
        ("k_history = true", "int | None"),
    ],
)
def test_a_setting_of_another_type_is_refused(tmp_path, line, message):
    path = tmp_path / "config.toml"
    path.write_text(line)
    with pytest.raises(ValueError, match=re.escape(message)):
        read_config(path)
    path.write_text('targets = ["q_proj"]\nlr = 1\nk_history = 3')
    assert read_config(path) == {"targets": ("q_proj",), "lr": 1, "k_history": 3}


def test_without_a_gate_nothing_depends_on_the_command(data, tmp_path):
    train_janus(data, replace(MODEL, gate=False), SFT, tmp_path / "plain")
    model = load_janus(tmp_path / "plain").model
    assert torch.equal(model.hypernet(torch.tensor([-1.0, 0.0, 0.4, 1.0])), torch.ones(7, 4, 2))
    learned = [weight for name, weight in model.model.named_parameters() if "lora_B" in name]
    assert all(weight.abs().sum() > 0.0 for weight in learned)


def test_a_training_can_start_from_trained_adapters(whole, data, tmp_path):
    start = replace(MODEL, init_from=str(whole[0]))
    still = replace(SFT, max_steps=1, lr=1e-12)
    result = train_janus(data, start, still, tmp_path / "further")
    assert result["loss"] == pytest.approx(whole[1]["loss"], abs=1e-3)  # the start was rounded to bfloat16
    assert read_facts(tmp_path / "further")["facts"]["model"]["init_from"] == digest_of(whole[0])
    with pytest.raises(ValueError, match="holds no trained Janus"):
        train_janus(data, replace(MODEL, init_from=str(tmp_path / "nowhere")), still, tmp_path / "other")
    with pytest.raises(ValueError, match="rank=2"):
        train_janus(data, replace(start, rank=4), still, tmp_path / "other")


def test_terms_of_gates_that_are_not_there_are_refused(data, tmp_path):
    with pytest.raises(ValueError, match="without a gate"):
        train_janus(data, replace(MODEL, gate=False), replace(SFT, lambda_sep=0.1), tmp_path / "plain")


def test_the_command_line_wins_over_the_configuration(record, tmp_path, capsys):
    arguments = ["--config", str(ROOT / "janus" / "configs" / "tiny.toml"), "--decision_steps_path", record]
    sizes = ["--num_layers", "1", "--max_steps", "2", "--batch_size", "4"]
    with pytest.raises(SystemExit) as exit_code:
        main(["train-janus", *arguments, *sizes, "--output_dir", str(tmp_path / "janus"), "--json"])
    assert exit_code.value.code == 0
    assert '"sequences"' in capsys.readouterr().out
    facts = read_facts(tmp_path / "janus")["facts"]
    assert (facts["model"]["num_layers"], facts["model"]["rank"], facts["sft"]["max_steps"]) == (1, 4, 2)


def test_torchrun_trains_what_one_process_does(record, tmp_path):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2",
        str(ROOT / "scripts" / "train_janus_hyperlora.py"), "--decision_steps_path", record, "--num_layers", "1",
        "--rank", "2", "--max_steps", "2", "--batch_size", "4", "--no_bf16", "--output_dir", str(tmp_path / "janus"),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"})
    alone = train_janus(
        DataSettings(record),
        ModelSettings(num_layers=1, rank=2),
        SftSettings(max_steps=2, batch_size=4),
        tmp_path / "one",
    )
    assert read_facts(tmp_path / "janus")["facts"]["loss"] == pytest.approx(alone["loss"], abs=1e-3)
