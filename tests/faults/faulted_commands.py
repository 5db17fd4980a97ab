"""The commands that are harmed, as data, and what they are given to work on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from forked import run

OUT = "out"
GAMES, TEACHER, DATASET = "games.jsonl", "teacher.jsonl", "negotiation/price/seller-v0"


@dataclass(frozen=True)
class Command:
    """A call of `negotiate` that writes.

    Attributes:
        name: what the table calls it.
        words: the call, run in a folder of its own; ``{inputs}`` is the folder of `make_inputs`, ``{url}`` the address
            of a model server.
        results: the files that it makes, as patterns below `OUT`.
        together: whether these belong together, so that old and new ones must never stand side by side.
        kept: what a call that was stopped leaves for the next one to go on from, as a pattern.
        resuming: what is added to go on from there, if the same call does not.
        begins_anew: whether ``--overwrite`` drops what was kept.
        other: what is added for a call that makes something else of the same size.
        datasets: the folder of Minari's datasets.
    """

    name: str
    words: str
    results: tuple[str, ...]
    together: bool = True
    kept: str = ""
    resuming: tuple[str, ...] = ()
    begins_anew: bool = False
    other: tuple[str, ...] = ("--seed", "2")
    datasets: str = "{inputs}/minari"

    @property
    def asks_model(self) -> bool:
        """Whether it needs a model server."""
        return "{url}" in self.words

    def call(self, inputs: Path, url: str, *more: str) -> list[str]:
        """The words of the call, and some more."""
        return [word.format(inputs=inputs, url=url) for word in (*self.words.split(), *more)]

    def env(self, inputs: Path) -> dict[str, str]:
        """What its environment needs."""
        return {"MINARI_DATASETS_PATH": self.datasets.format(inputs=inputs), "OPENAI_API_KEY": "none"}


_MODEL = "basic:model=openai/llama3,base_url={url},deadline=4.0,retries=1"
_PLAYED = ("games.jsonl", "games.csv", "turns.csv", "run.json", "settings.toml")
_TOURNAMENT = ("settings.json", "games/*.parquet", "outcomes.parquet", "cells.parquet", "policies.parquet",
               "comparisons.parquet", "ranking.json", "meta_game.json", "failures.json")  # fmt: skip
_NETWORK = ("*.safetensors", "*.json")
_GENERATE = "generate --seed 1 --buyers linear"
_FAST = f"{_GENERATE} --sellers tit_for_tat --max_turns 8 --num_episodes 1500 --dataset_out"
_CONTEST = "tournament --seed 1 --max_turns 6 --keep_episodes 2 --output_dir out"
_PLAY = "play --seed 1 --agent1 linear --max_turns 6 --output_dir out"
_CLONE = "train-bc --num_steps 12 --batch_size 16 --save_every 3 --eval_episodes 10 --output_dir out"
_ADAPT = "train-janus --decision_steps_path {inputs}/teacher.jsonl --num_layers 1 --rank 2 --max_steps 4 --batch_size 2"
_SAVED = "--warmup_steps 1 --save_every 2 --eval_every 4 --held_out 0.2 --no_bf16 --output_dir out"
_CELLS = {"together": False, "kept": "cells/*.npz", "begins_anew": True}
_JOURNAL = {"together": False, "kept": "games.jsonl"}
COMMANDS = (
    Command("generate, JSONL", f"{_FAST} out/games.jsonl", ("games.jsonl",), kept="games.jsonl.shards/games-*.npz"),
    Command("generate, Parquet", f"{_FAST} out/tables", ("tables/*.parquet",), kept="tables.shards/games-*.npz"),
    Command(
        "prepare", "prepare --jsonl_path {inputs}/games.jsonl --output_dir out", ("*.parquet",),
        other=("--k_history", "3"),
    ),
    Command(
        "export-minari", "export-minari --path {inputs}/games.jsonl --dataset_id price/seller-v0 --seat seller",
        ("price/seller-v0/data/*",), other=("--num_prices", "51"), datasets="out",
    ),
    Command(
        "train-bc", f"{_CLONE} --dataset {DATASET}", _NETWORK, kept="steps/*/policy.json", resuming=("--resume",),
        begins_anew=True,
    ),
    Command(
        "train-rho-mlp",
        "train-rho-mlp --private_path {inputs}/teacher.jsonl --num_epochs 0.5 --hidden 16 --output_dir out", _NETWORK,
    ),
    Command(
        "train-janus", f"{_ADAPT} {_SAVED}", _NETWORK, kept="checkpoint-*/training.safetensors",
        resuming=("--resume_from", "out"), begins_anew=True,
    ),
    Command(
        "tournament", f"{_CONTEST} --policies linear,tit_for_tat,boulware_firm --num_episodes 60", _TOURNAMENT, **_CELLS
    ),
    Command("play", f"{_PLAY} --agent2 boulware --rounds 12", _PLAYED, **_JOURNAL),
    Command(
        "generate, a language model",
        f"{_GENERATE} --sellers {_MODEL} --max_turns 4 --num_episodes 8 --dataset_out out/games.jsonl",
        ("games.jsonl",), kept="games.jsonl.shards/games-*.npz",
    ),
    Command(
        "tournament, a language model", f"{_CONTEST} --policies linear,{_MODEL} --num_episodes 4", _TOURNAMENT, **_CELLS
    ),
    Command("play, a language model", f"{_PLAY} --agent2 {_MODEL} --rounds 8", _PLAYED, **_JOURNAL),
)  # fmt: skip


def make_inputs(folder: Path, with_dataset: bool = True) -> Path:
    """What the commands read: games, games of the teacher, and, for training, a dataset of Minari."""
    from negotiation_env.records.generate import generate
    from negotiation_env.records.recipes import load_recipe

    folder.mkdir(parents=True)
    env = {"MINARI_DATASETS_PATH": str(folder / "minari")}
    generate(replace(load_recipe("price-teacher-private").run(), seed=0), 40, folder / TEACHER)
    words = ["--buyers", "linear,conceder", "--sellers", "boulware", "--max_turns", "6", "--num_episodes", "300"]
    calls = [["generate", *words, "--dataset_out", str(folder / GAMES)]]
    if with_dataset:
        calls.append(["export-minari", "--path", str(folder / GAMES), "--dataset_id", DATASET, "--seat", "seller"])
    for call in calls:
        done = run(call, folder, folder / "logs", env)
        if done.code:
            raise RuntimeError(f"{call}: {done.said}")
    return folder


def contents(command: Command, folder: Path) -> dict[str, object]:
    """What the results of a command say, by file: the bytes, but for what a model server's faults leave in notes."""
    out = folder / OUT
    found = sorted({path for pattern in command.results for path in out.glob(pattern) if path.is_file()})
    return {str(path.relative_to(out)): _content(command, path) for path in found}


def _content(command: Command, path: Path) -> object:
    if path.suffix == ".hdf5":
        return _hdf5(path)
    if not command.asks_model:
        return path.read_bytes()
    if path.suffix == ".jsonl":
        lines = path.read_bytes().split(b"\n")[:-1]  # a journal that grows may end in half a line
        return [_silent(json.loads(line)) for line in lines]
    if path.suffix == ".csv":
        return len(path.read_text().splitlines())
    if path.name in ("cells.parquet", "outcomes.parquet"):
        return _deals(path)
    return path.name


def _silent(line: dict[str, object]) -> Mapping[str, object]:
    """A record without its notes, which tell of retries."""
    return {name: value for name, value in line.items() if name != "notes"}


def _deals(path: Path) -> list[object]:
    import polars as pl

    table = pl.read_parquet(path)
    return table.select([name for name in table.columns if name in ("deal", "price", "rho", "games")]).rows()


def _hdf5(path: Path) -> dict[str, object]:
    import h5py

    found: dict[str, object] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: [dict(item.attrs), _values(item)]}))
    return {name: repr(value) for name, value in found.items()}


def _values(item: object) -> object:
    import h5py

    return item[()].tolist() if isinstance(item, h5py.Dataset) else None
