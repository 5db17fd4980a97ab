"""Models and adapters from elsewhere bring weights, and none of their code is run."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import cast

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")
from negotiation_janus.adapters import CONFIG, load_adapters
from negotiation_janus.base_model import BaseModel, load_base
from negotiation_policies.llm.backends.protocol import BackendError
from negotiation_policies.llm.backends.transformers_model import TransformersModel

SHIPPED = Path(sys.modules["negotiation_janus"].__file__ or "").parent / "checkpoints" / "janus"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose configuration names code of its own, and a person who says yes to whatever is asked."""
    folder = tmp_path / "model"
    folder.mkdir()
    code = f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n"
    for name in ("configuration_own.py", "modeling_own.py", "tokenization_own.py"):
        (folder / name).write_text(code)
    auto = {
        "AutoConfig": "configuration_own.Config",
        "AutoModelForCausalLM": "modeling_own.Model",
        "AutoTokenizer": ["tokenization_own.Tokenizer", None],
    }
    config = {"model_type": "own", "auto_map": auto, "architectures": ["Model"]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "Own", "auto_map": auto}))
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 50))
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    return folder


def test_transformers_itself_would_run_it(model: Path) -> None:
    """Else the two tests below would show nothing."""
    from transformers import AutoConfig

    with pytest.raises(AttributeError):
        AutoConfig.from_pretrained(model)
    assert (model.parent / "ran").exists()


def test_a_language_model_runs_no_code_of_its_folder(model: Path) -> None:
    with pytest.raises(BackendError, match="cannot load it"):
        TransformersModel.load(str(model), True, "transformers/model")
    assert not (model.parent / "ran").exists()


def test_a_base_model_runs_no_code_of_its_folder(model: Path) -> None:
    with pytest.raises(ValueError, match="cannot be loaded"):
        load_base(str(model))
    assert not (model.parent / "ran").exists()


def test_weights_that_are_pickles_are_not_loaded(tmp_path: Path) -> None:
    """A folder with ``pytorch_model.bin`` alone, which a plain call would unpickle."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tiny = LlamaConfig(
        vocab_size=32, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1,
    )  # fmt: skip
    tiny.save_pretrained(tmp_path)
    torch.save(LlamaForCausalLM(tiny).state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "tokenizer_config.json").write_text("{}")
    for load in (lambda: load_base(str(tmp_path)), lambda: TransformersModel.load(str(tmp_path), True, "t")):
        with pytest.raises((ValueError, BackendError)):
            load()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("megatron_config", {"tensor_model_parallel_size": 1}),
        ("megatron_core", "evil.module"),
        ("modules_to_save", ["lm_head"]),
        ("use_dora", True),
        ("init_lora_weights", "pissa"),
    ],
)
def test_adapters_with_other_settings_than_ours_are_refused(tmp_path: Path, key: str, value: object) -> None:
    copied = copy_of_shipped(tmp_path)
    config = json.loads((SHIPPED / CONFIG).read_text())
    (copied / CONFIG).write_text(json.dumps({**config, key: value}))
    with pytest.raises(ValueError, match=f"sets {key}"):
        load_adapters(copied, cast(BaseModel, None))  # it is refused before any model is looked at
    assert "evil" not in sys.modules


def copy_of_shipped(folder: Path) -> Path:
    copied = folder / "adapters"
    copied.mkdir()
    for path in SHIPPED.iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    return copied
