"""docs/data/schema.md names every key and column of the files that are written, with its type, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from snippets import ROOT

from negotiation_env.records.generate import generate
from negotiation_env.records.prepare import prepare
from negotiation_env.run import make_run

K_HISTORY = 3
SEATS = {"price": ("buyer_0", "seller_0"), "multi_item": ("agent_0", "agent_1")}
PLAYERS = {
    "price": [["linear", "hold_rho:rho=0.5,assumed_width=500"], ["tit_for_tat", "boulware"]],
    "multi_item": [["boulware"], ["trade_off", "linear"]],
}
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object"}
OPTIONAL = {"message", "notes", "meta.product"}


def described(section: str) -> dict[str, str]:
    """The types in the table of a section, by name."""
    page = (ROOT / "docs" / "data" / "schema.md").read_text(encoding="utf-8")
    text = page.split(f"{{#{section}}}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)`( \.\.\.)? \| ([^|]+) \|", text, re.MULTILINE)
    found = {}
    for name, goes_on, kind in rows:
        numbered = [name.replace("1", str(lag)) for lag in range(1, K_HISTORY + 1)] if goes_on else [name]
        found |= dict.fromkeys(numbered, kind.strip())
    assert len(found) > 10
    return found


@pytest.fixture(scope="module", params=["price", "multi_item"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    pytest.importorskip("pyarrow")
    domain, folder = request.param, tmp_path_factory.mktemp(request.param)
    players = dict(zip(SEATS[domain], PLAYERS[domain], strict=True))
    scenario = {"price": "private", "multi_item": "bargaining"}[domain]
    generate(make_run(domain, players, seed=0, scenario=scenario), 60, folder / "games.jsonl")
    prepare(folder / "games.jsonl", folder, k_history=K_HISTORY)
    return domain, folder


def test_every_key_of_the_lines_is_described(written: tuple[str, Path]) -> None:
    domain, folder = written
    lines = [json.loads(line) for line in (folder / "games.jsonl").read_text(encoding="utf-8").splitlines()]
    page, found = described(f"jsonl-{domain}"), {}
    for line in lines:
        for name, value in leaves(line):
            found.setdefault(name, []).append(value)
    assert set(page) == set(found) - OPTIONAL
    for name, values in found.items():
        for value in values:
            assert fits(value, page[name]), f"{name} is {value!r}, not {page[name]}"


def leaves(line: dict[str, Any]) -> list[tuple[str, Any]]:
    """The keys of a line, those of its objects as ``a.b``."""
    inner = ("agent", "state", "action", "meta")
    found = [(name, value) for name, value in line.items() if name not in inner]
    return found + [(f"{name}.{key}", value) for name in inner for key, value in line[name].items()]


def fits(value: object, kind: str) -> bool:
    """Whether a value of JSON is of a type as the page writes it."""
    plain, _, nullable = kind.partition(", ")
    if value is None:
        return nullable == "n"
    if isinstance(value, list):
        inside = {"arrays": list, "numbers": (int, float), "integers": int}[plain.removeprefix("array of ")]
        return all(isinstance(item, inside) for item in value)
    name = JSON_TYPES[type(value)]
    return plain == name or (plain == "number" and name == "integer")


@pytest.mark.parametrize("table", ["decision_steps", "episodes"])
def test_every_column_of_the_tables_is_described(written: tuple[str, Path], table: str) -> None:
    import pyarrow.parquet as pq

    domain, folder = written
    found = pq.read_table(folder / f"{table}.parquet")
    page = described(f"{table}-{domain}")
    assert list(page) == found.column_names
    for column in found.schema:
        plain, _, nullable = page[column.name].partition(", ")
        assert plain == re.sub(r"list<element: (\w+)>", r"list of \1", str(column.type))
        assert nullable == "n" or found[column.name].null_count == 0, column.name


def test_what_minari_keeps_is_described(
    written: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minari = pytest.importorskip("minari")
    from negotiation_env.minari_export import export_minari

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    domain, folder = written
    export_minari(folder / "games.jsonl", "schema/test-v0", SEATS[domain][1])
    dataset = minari.load_dataset("schema/test-v0")
    episode, (told,) = dataset[0], dataset.storage.get_episode_metadata([0])
    arrays = ("observations", "actions", "rewards", "terminations", "truncations")
    found = {name: str(getattr(episode, name).dtype) for name in arrays}
    found |= {f"infos.{name}": str(values.dtype) for name, values in episode.infos.items()}
    found |= {f"options.{name}": kind_of(value) for name, value in told["options"].items()}
    found |= {name: kind_of(told[name]) for name in ("uid", "policy", "opponent")}
    assert set(told) == {"id", "total_steps", "options", "uid", "policy", "opponent"}
    page = described("minari")
    for name, kind in found.items():
        assert page[name] == kind, name
    other = {"price": {"options.quantities", "options.values"}, "multi_item": {"infos.rho", "options.rho"}}[domain]
    limits = set() if domain == "price" else {"options.buyer_max", "options.seller_min"}
    assert set(page) - set(found) == other | limits


def kind_of(value: Any) -> str:
    return "string" if isinstance(value, str) else str(value.dtype)
