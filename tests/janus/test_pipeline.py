"""Generate, prepare, train, evaluate, plot: the five commands on a few games."""

from __future__ import annotations

import json

from negotiation_cli.main import app
from typer.testing import CliRunner


def negotiate(command, **options):
    flags = [
        text
        for name, value in options.items()
        for text in ((f"--{name}={value}",) if value is not True else (f"--{name}",))
    ]
    result = CliRunner().invoke(app, [*command.split(), *flags])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_from_no_games_to_figures(tmp_path):
    games, tables, adapters = tmp_path / "games.jsonl", tmp_path / "tables", tmp_path / "adapters"
    negotiate("generate", recipe="price-teacher-known", num_episodes=40, dataset_out=games)
    negotiate("prepare", jsonl_path=games, output_dir=tables)
    negotiate(
        "train-janus", decision_steps_path=tables / "decision_steps.parquet", output_dir=adapters, num_layers=1, rank=2,
        max_steps=3, batch_size=4, warmup_steps=1,
    )  # fmt: skip
    told = negotiate(
        "evaluate-rho", policy=f"janus:checkpoint={adapters}", opponents="linear", commands="-1,0.5", num_episodes=2,
        information="known", no_yardsticks=True, output_dir=tmp_path / "evaluation", json=True,
    )  # fmt: skip
    assert '"impasse_at_minus_one": 1.0' in told
    assert json.loads(told)
    negotiate("plot concessions", output_dir=tmp_path / "plots")
    for folder in ("evaluation", "plots"):
        assert list((tmp_path / folder).rglob("*.png"))
