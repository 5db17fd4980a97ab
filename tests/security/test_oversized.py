"""Files that are too large, nested too deeply or cut short end in one line of advice, and not in all memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from negotiation_env import documents, make_policy
from negotiation_env.checkpoints import FACTS, WEIGHTS, read_checkpoint, write_checkpoint
from negotiation_env.records import reading
from negotiation_env.records.errors import RecordError
from negotiation_env.records.generate import generate
from negotiation_env.records.reading import read_games
from negotiation_env.records.recipes import load_recipe
from negotiation_env.run import make_run
from negotiation_env.specs import parse_spec

DEEP = "[" * 100_000
NESTED = f"{DEEP}{']' * 100_000}"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    pytest.importorskip("safetensors")
    return write_checkpoint(tmp_path / "network", "mlp", {"w": np.zeros(2)}, {}, overwrite=False)


@pytest.mark.parametrize("text", [DEEP, NESTED, f'{{"kind": {NESTED}}}', "", "null", "1" * 5000, '"\\ud800"'])
def test_the_facts_of_a_checkpoint(checkpoint: Path, text: str) -> None:
    (checkpoint / FACTS).write_text(text)
    with pytest.raises(ValueError, match="holds a network"):
        read_checkpoint(checkpoint, "mlp")


def test_a_document_that_is_too_large_is_not_read_whole(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 1 << 20)
    with (checkpoint / FACTS).open("wb") as file:
        file.truncate(1 << 33)  # a hole of 8 GiB
    tracemalloc.start()
    with pytest.raises(ValueError, match="more than 1 MiB"):
        read_checkpoint(checkpoint, "mlp")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def header(size: int, text: str) -> bytes:
    return size.to_bytes(8, "little") + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00" * 7, header(2**62, "{}"), header(2, "{}")[:9], header(len(NESTED), NESTED), header(2, "[]"),
        header(80, json.dumps({"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})),
        header(80, json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}})),
        header(80, json.dumps({"../w": {"dtype": "X", "shape": [2], "data_offsets": [0, 8]}})), b"\x80\x04pickle.",
    ],
)  # fmt: skip
def test_weights_that_lie_about_their_size(checkpoint: Path, content: bytes) -> None:
    (checkpoint / WEIGHTS).write_bytes(content)
    with pytest.raises(ValueError, match="not whole"):
        read_checkpoint(checkpoint, "mlp")


def test_metadata_of_adapters_that_are_not_ours(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    save_file = pytest.importorskip("safetensors.numpy").save_file
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (tmp_path / name).write_bytes(b"{}")
    for told in (NESTED, "[]", "{}", "null", '{"layers": []}'):
        save_file({"w": np.zeros(1)}, tmp_path / "hypernet.safetensors", {"janus": told})
        with pytest.raises(ValueError, match=r"hypernet\.safetensors"):
            make_policy("janus", checkpoint=str(tmp_path))


@pytest.mark.parametrize("text", [f"name = {NESTED}", "name = " + "{a=" * 50_000, "\x00", "a" * 100_000])
def test_a_recipe(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(RecordError, match="not TOML"):
        load_recipe(tmp_path / "mine.toml")


def test_a_spec() -> None:
    assert parse_spec(f"linear:x={NESTED}")[1]["x"] == NESTED
    with pytest.raises(TypeError, match="no parameter 'x'"):
        make_policy(f"linear:x={NESTED}")


@pytest.mark.parametrize("place", ["first", "later"])
@pytest.mark.parametrize("line", [DEEP, NESTED, f'{{"trajectory_id": {NESTED}}}', "1" * 5000])
def test_a_record(tmp_path: Path, line: str, place: str) -> None:
    path = tmp_path / "games.jsonl"
    generate(make_run("price", {"buyer_0": "linear", "seller_0": "linear"}, 0), 2, path)
    known = path.read_text()
    path.write_text(f"{line}\n{known}" if place == "first" else f"{known}{line}\n")
    with pytest.raises(RecordError, match=r"line \d+: "):
        list(read_games(path, 10))


def test_a_line_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LONGEST", 1 << 20)
    path = tmp_path / "games.jsonl"
    with path.open("wb") as file:
        file.write(b'{"a": "' + b"x" * (8 << 20))
    tracemalloc.start()
    with pytest.raises(RecordError, match="a line of more than 1,048,576 characters"):
        list(read_games(path, 10))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["episodes.parquet", "decision_steps.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1", b"\x80\x04K\x01."])
def test_a_table(tmp_path: Path, name: str, content: bytes) -> None:
    pytest.importorskip("pyarrow")
    from negotiation_env.records.parquet_games import read_parquet_games
    from negotiation_env.records.prepare import prepare

    generate(make_run("price", {"buyer_0": "linear", "seller_0": "linear"}, 0), 2, tmp_path / "games.jsonl")
    prepare(tmp_path / "games.jsonl", tmp_path / "tables")
    (tmp_path / "tables" / name).write_bytes(content)
    with pytest.raises(RecordError, match="cannot be read as a Parquet table"):
        list(read_parquet_games(tmp_path / "tables", 10))


def test_arrays_of_objects_are_not_unpickled(tmp_path: Path) -> None:
    """A shard of a recording holds no pickles, and one that does is played again."""
    import io

    from negotiation_env.records.packing import unpack

    content = io.BytesIO()
    texts = np.frombuffer(b'{"messages": [[], []], "notes": [[], []]}', dtype=np.uint8)
    np.savez(content, texts=texts, **{"episodes/x": np.array([object()], dtype=object)})
    with pytest.raises(ValueError, match="allow_pickle"):
        unpack(content.getvalue())
