"""One whole training of Janus: from recorded games to a folder that `janus:checkpoint=FOLDER` plays."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import torch

from negotiation_env.documents import parse_toml
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import explained
from negotiation_env.records.files import reserved
from negotiation_env.registry import unknown_name
from negotiation_janus.adapters import CONFIG, digest_of, load_adapters, save_adapters
from negotiation_janus.base_model import DEFAULT, BaseModel, load_base
from negotiation_janus.hyperlora import PROJECTIONS, HyperLoRA, LoraSettings
from negotiation_janus.labels import Label
from negotiation_janus.monitoring import monitored
from negotiation_janus.processes import Processes, joined_processes
from negotiation_janus.prompts import DIGITS, TEXT_VERSION, PriceText
from negotiation_janus.sft import SftSettings, Trainer
from negotiation_janus.training_state import STATE, checkpoints, load_state
from negotiation_janus.transcripts import Split, Transcripts, split, spooled, transcript_blocks

_LOCK = "training.lock"


@dataclass(frozen=True)
class DataSettings:
    """What is learned from.

    Attributes:
        decision_steps_path: games that are read as their players saw them: a ``decision_steps.parquet`` or the folder
            around it, or a ``.jsonl`` record.
        private_path: games that are read with the opponent's limit hidden.
        label: ``"commanded"``, or ``"outcome"`` for plain hindsight.
        include_failures: with the agents whose label is -1.
        k_history: a sequence for each decision with the last so many turns; ``None``: each game whole, with all of
            its decisions.
        max_length: leave out sequences with more tokens; ``None`` for none.
        mirror: learn from each game's mirror image as well, see `Transcripts.mirrored`.
        tell_rho: write the command into the text as well.
        held_out: the share of the games, or of the pairs of players, that is measured on and not learned from.
        split: ``"episode"`` or ``"pair"``.
    """

    decision_steps_path: str | None = None
    private_path: str | None = None
    label: Label = "commanded"
    include_failures: bool = True
    k_history: int | None = None
    max_length: int | None = None
    mirror: bool = False
    tell_rho: bool = False
    held_out: float = 0.01
    split: Split = "episode"

    def __post_init__(self) -> None:
        if self.decision_steps_path is None and self.private_path is None:
            raise ValueError("there is nothing to learn from; give --decision_steps_path, --private_path or both.")
        if not 0.0 < self.held_out < 1.0:
            raise ValueError(f"held_out is {self.held_out!r}; it must be above 0 and below 1.")
        if self.split not in ("episode", "pair"):
            raise ValueError(f"split is {self.split!r}; it must be 'episode' or 'pair'.")
        for name in ("k_history", "max_length"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it must be at least 1.")

    def read(self, text: PriceText) -> Transcripts:
        """The transcripts of all records."""
        given = ((self.decision_steps_path, False), (self.private_path, True))
        return spooled(
            transcript_blocks(
                path,
                text,
                label=self.label,
                hide=hide,
                include_failures=self.include_failures,
                k_history=self.k_history,
                max_length=self.max_length,
                mirror=self.mirror,
            )
            for path, hide in given
            if path is not None
        )


@dataclass(frozen=True)
class ModelSettings:
    """What is trained.

    Attributes:
        model_name: of the base model, as `load_base` takes it.
        num_layers: keep only so many of its first layers; ``None`` for all.
        use_qlora: hold its weights in four bits.
        rank, alpha, dropout: of the adapters.
        targets: the linear layers that get one.
        gate: whether rho gates them; without, they are plain LoRA, which hears of rho from the text alone.
        init_from: a folder of trained adapters to start from; ``None``: fresh ones.
    """

    model_name: str = DEFAULT
    num_layers: int | None = None
    use_qlora: bool = False
    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    targets: tuple[str, ...] = PROJECTIONS
    gate: bool = True
    init_from: str | None = None

    def base(self, bf16: bool) -> BaseModel:
        """The base model."""
        dtype = torch.bfloat16 if bf16 else None
        base = load_base(self.model_name, num_layers=self.num_layers, use_qlora=self.use_qlora, dtype=dtype)
        if base.model.device.type == "cpu":
            # The fused kernel's backward pass takes several times as long on short sequences.
            base.model.set_attn_implementation("eager")
        return base

    def adapters(self, base: BaseModel, seed: int) -> HyperLoRA:
        """Those that training starts from, on it.

        Raises:
            ValueError: those of ``init_from`` do not fit the settings or the base model.
        """
        lora = LoraSettings(self.rank, self.alpha, self.dropout, self.targets)
        if self.init_from is None:
            return HyperLoRA.fresh(base.model, lora, seed=seed)
        model = load_adapters(self.init_from, base, trainable=True)
        found = model.lora
        if found != lora:
            raise ValueError(f"init_from {self.init_from} has {found}, and the settings say {lora}; give the same.")
        return model

    def facts(self) -> dict[str, JsonValue]:
        """The same for records, with a digest in place of a path."""
        start = None if self.init_from is None else digest_of(Path(self.init_from))
        return {**asdict(self), "targets": list(self.targets), "init_from": start}


def train_janus(
    data: DataSettings,
    model: ModelSettings,
    sft: SftSettings,
    output_dir: str | Path,
    *,
    resume_from: str | Path | None = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> dict[str, JsonValue]:
    """Train adapters, alone or in each of several processes that torchrun has started.

    Args:
        data: to learn from.
        model: to train.
        sft: how.
        output_dir: for the trained adapters, in bfloat16; its checkpoints and its logs for TensorBoard.
        resume_from: a ``checkpoint-<step>`` folder, or the folder of a training to go on from its last one; the
            result is that of a training that was not cut off.
        overwrite: replace adapters that are in the folder.
        progress: called with the number of steps that were made since the last call.

    Returns:
        What came out: ``loss`` and ``right`` on the games that were held out, what was learned from, and the step that
        it went on from, if it did.

    Raises:
        ValueError: a bad setting, nothing to learn from, adapters in the folder, or a loss that is no finite number.
        RecordError: a record or the folder cannot be read or written.
        BackendError: the base model's weights are not on this machine.
    """
    place = Path(output_dir)
    _check_folder(place, overwrite, resume_from is not None)
    if not model.gate and (sft.lambda_sep or sft.lambda_smooth):
        raise ValueError("lambda_sep and lambda_smooth shape gates; without a gate there are none, so leave them at 0.")
    with joined_processes() as processes, _alone(place, processes):
        if processes.is_first:
            _check_folder(place, overwrite, resume_from is not None)
        base = model.base(sft.bf16)
        text = PriceText(base.tokenizer, DIGITS, data.tell_rho)
        whole = data.read(text)
        learned, held_out = split(whole, data.held_out, sft.seed, data.split)
        facts = _facts(data, model, sft, text, whole)
        latest = None if resume_from is None else _latest(Path(resume_from))
        adapters = model.adapters(base, sft.seed) if latest is None else load_adapters(latest, base, trainable=True)
        if not model.gate:
            adapters.hypernet.hold_at_one()
        trainer = Trainer(adapters, text, learned, sft, processes)
        start = 0 if latest is None else load_state(latest, adapters, trainer.optimizer, facts)
        with monitored(place, trainer, held_out, base, facts, start, progress) as after:
            trainer.run(start, after)
        measured: dict[str, JsonValue] = dict(trainer.measure(held_out))
        if processes.is_first:
            save_adapters(adapters, place, base, {**facts, **measured}, torch.bfloat16, overwrite=True)
        processes.wait()
    resumed: dict[str, JsonValue] = {"resumed from step": start} if start else {}
    return {"sequences": len(learned), "answers": int((learned.targets >= 0).sum()), **measured, **resumed}


def _alone(place: Path, processes: Processes) -> AbstractContextManager[None]:
    """The folder for this training alone, which its first process holds."""
    refusal = f"another process is training into {place}; wait for it, or give another folder."
    return reserved(place, _LOCK, refusal) if processes.is_first else nullcontext()


def read_config(path: str | Path) -> dict[str, Any]:
    """The settings in a TOML file, by the names of the options.

    Raises:
        RecordError: it cannot be read.
        ValueError: it is no TOML, or names what is no setting.
    """
    with explained(Path(path)):
        content = Path(path).read_bytes()
    try:
        found = parse_toml(content.decode())
    except ValueError as error:
        raise ValueError(f"{path} is no TOML ({error}).") from None
    known = {
        name: hint for kind in (DataSettings, ModelSettings, SftSettings) for name, hint in get_type_hints(kind).items()
    }
    for name, value in found.items():
        if name not in known:
            raise ValueError(f"{path}: {unknown_name('setting', name, sorted(known))}")
        if not _fits(value, known[name]):
            raise ValueError(f"{path}: {name} is {value!r}; it must be of type {_told(known[name])}.")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _fits(value: object, hint: Any) -> bool:  # noqa: ANN401  # any type
    """Whether what a TOML file says is of the type of a setting."""
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return value in arguments
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if arguments:
        return any(_fits(value, choice) for choice in arguments)
    return type(value) is hint or (hint is float and type(value) is int)


def _told(hint: Any) -> str:  # noqa: ANN401  # any type
    return str(hint.__name__ if isinstance(hint, type) and not get_args(hint) else hint).replace("typing.", "")


def _check_folder(place: Path, overwrite: bool, resumes: bool) -> None:
    if place.exists() and not place.is_dir():
        raise ValueError(f"{place} is a file; give a folder as output_dir.")
    if (place / CONFIG).exists() and not overwrite:
        raise ValueError(f"{place} holds trained adapters; give another folder, or overwrite=True (--overwrite).")
    if checkpoints(place) and not (resumes or overwrite):
        raise ValueError(
            f"{place} holds a training that was cut off; give resume_from={str(place)!r} (--resume_from) to go on with "
            "it, overwrite=True (--overwrite) to start anew, or another folder."
        )


def _latest(place: Path) -> Path:
    """A checkpoint, or the last one of a training."""
    if (place / CONFIG).exists() and (place / STATE).exists():
        return place
    found = checkpoints(place)
    if not found:
        raise ValueError(f"{place} holds no checkpoint-<step> to go on from; leave resume_from out to start anew.")
    return found[-1]


def _facts(
    data: DataSettings, model: ModelSettings, sft: SftSettings, text: PriceText, whole: Transcripts
) -> dict[str, JsonValue]:
    """What the adapters' reader needs to know, and what a training that goes on must have in common with its start."""
    digest = hashlib.sha256()
    for field in fields(Transcripts):
        digest.update(np.ascontiguousarray(getattr(whole, field.name)).data)
    limits = whole.tokens[whole.starts[:, None] + 2 + np.arange(2 * text.digits)]
    hidden = (limits == text.hidden).any(axis=1)
    learned = {name: value for name, value in asdict(data).items() if not name.endswith("_path")}
    return {
        "text_version": TEXT_VERSION,
        "digits": text.digits,
        "tells_rho": text.tells_rho,
        "information": [name for name, there in (("known", ~hidden), ("private", hidden)) if there.any()],
        "base": model.model_name,
        "data": {**learned, "sha256": digest.hexdigest()},
        "model": model.facts(),
        "sft": asdict(sft),
    }
