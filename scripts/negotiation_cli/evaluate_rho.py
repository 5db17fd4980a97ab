"""`negotiate evaluate-rho`: does the price settle where it is commanded to?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_janus.evaluation import RhoEvaluation

EPILOG = """
Examples:

  negotiate evaluate-rho --policy teacher

  negotiate evaluate-rho --policy teacher:settle=strict --information known --num_episodes 500

  negotiate evaluate-rho --policy hold_rho:assumed_width=475 --opponents linear,micro_fine --output_dir runs/rho
"""
YARDSTICKS = ("teacher", "hold_rho", "concede_to_rho")
MEAN_WIDTH = 475.0
"""Of the surplus in scenario varied, U(50, 900): what yardsticks assume where the width is hidden."""
_WIDTH = "assumed_width"
_MEASURES = {
    "regret": "regret", "error": "error", "missed_deals": "missed deals", "deal_rate": "deals", "spearman": "Spearman",
    "slope": "slope", "impasse_at_minus_one": "impasse at -1", "violations": "deals past the own limit",
    "turn": "turn of the deal",
}  # fmt: skip
"""What is printed, in words."""


def evaluate_rho(
    policy: Annotated[
        str,
        typer.Option("--policy", help="A policy with a parameter rho, as a spec without it: teacher:settle=strict."),
    ] = "teacher",
    opponents: Annotated[
        str, typer.Option("--opponents", help="Opponents, or a part of them: train, val or test.")
    ] = "test",
    commands: Annotated[
        str, typer.Option("--commands", help="Commanded rhos: from 0 to 1, and -1 for an impasse.")
    ] = "-1,0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1",
    information: Annotated[
        str, typer.Option("--information", help="known, private or both: whether the other's limit is told.")
    ] = "both",
    num_episodes: Annotated[
        int, typer.Option("--num_episodes", help="Episodes for each command, opponent, role and first mover.")
    ] = 100,
    scenario: options.Scenario = None,
    max_turns: options.MaxTurns = None,
    seed: options.FixedSeed = 0,
    yardsticks: Annotated[
        bool,
        typer.Option("--yardsticks/--no_yardsticks", help="Evaluate teacher, hold_rho and concede_to_rho beside it."),
    ] = True,
    output_dir: Annotated[
        Path, typer.Option("--output_dir", help="Folder for the table, the summary and the figure.")
    ] = Path("rho_evaluation"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Command each rho against each opponent and compare what came out with the closest that was achievable.

    Regret is how much farther from the command the price settled than any of 72 plans, or the policy itself, could
    bring it on the same episode. It stands beside the share of possible deals that were missed.
    """
    from negotiation_cli.output import progress_bar, screen, write_json

    aims, known = _numbers(commands), _information(information)
    rivals = _opponents(opponents)
    files = _files(output_dir, known, overwrite)
    settings = options.given(scenario=scenario, max_turns=max_turns)
    names = list(dict.fromkeys([policy, *(YARDSTICKS if yardsticks else ())]))
    games = len(names) * len(known) * len(rivals) * 4 * len(aims) * num_episodes
    found: dict[str, dict[str, RhoEvaluation]] = {}
    with progress_bar("episodes", games, as_json) as progress:
        for told in known:
            found[told] = {
                name: _evaluated(name, rivals, aims, told, num_episodes, seed, settings, progress) for name in names
            }
    _write(found, files, policy)
    if as_json:
        write_json(
            {told: {name: result.summary for name, result in results.items()} for told, results in found.items()}
        )
        return
    for told, results in found.items():
        screen().print(f"information {told}, {len(rivals)} opponents, {num_episodes} episodes a row:")
        screen().print(_summary(results))
    screen().print(f"Written: {', '.join(str(path) for path in files.values())}")


def _evaluated(
    spec: str, opponents: list[str], commands: list[float], information: str, num_episodes: int, seed: int,
    settings: Mapping[str, Any], progress: Any,  # noqa: ANN401  # a function that moves the bar, or None
) -> RhoEvaluation:  # fmt: skip
    from negotiation_janus.evaluation import evaluate_rho as evaluate

    from negotiation_env.registry import find_policy, make_policy
    from negotiation_env.specs import parse_spec

    name, params = parse_spec(spec)
    known = find_policy(name).parameters
    if "rho" not in known or "rho" in params:
        raise ValueError(f"--policy {spec!r} must be a policy with a parameter rho, and leave it open.")
    if information == "private" and _WIDTH in known and _WIDTH not in params:
        params[_WIDTH] = MEAN_WIDTH
    return evaluate(
        lambda rho: make_policy(name, "price", **{**params, "rho": rho}),
        opponents,
        commands,
        information=information,
        num_episodes=num_episodes,
        seed=seed,
        progress=progress,
        **settings,
    )


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"--commands is {text!r}; give numbers from 0 to 1 or -1, separated by commas.") from None


def _information(text: str) -> list[str]:
    from negotiation_env.config import INFORMATION
    from negotiation_env.registry import unknown_name

    if text == "both":
        return ["known", "private"]
    if text not in INFORMATION:
        raise ValueError(unknown_name("--information", text, (*INFORMATION, "both")))
    return [text]


def _opponents(text: str) -> list[str]:
    from negotiation_janus.families import PARTS

    from negotiation_env.specs import split_specs

    return list(PARTS[text]) if text in PARTS else split_specs(text)


def _files(folder: Path, known: list[str], overwrite: bool) -> dict[str, Path]:
    files = {"table": folder / "rho_table.parquet", "summary": folder / "rho_summary.json"}
    files |= {told: folder / f"rho_{told}.png" for told in known}
    existing = [path for path in files.values() if path.exists()]
    if existing and not overwrite:
        raise ValueError(f"{existing[0]} exists already; --overwrite replaces it, --output_dir writes elsewhere.")
    return files


def _write(found: Mapping[str, Mapping[str, RhoEvaluation]], files: Mapping[str, Path], policy: str) -> None:
    import polars as pl
    from negotiation_janus.plots import draw_calibration

    from negotiation_env.chart import save_figure
    from negotiation_env.records.files import publish

    files["table"].parent.mkdir(parents=True, exist_ok=True)
    tables = [
        result.table.select(pl.lit(name).alias("policy"), pl.lit(told).alias("information"), pl.all())
        for told, results in found.items()
        for name, result in results.items()
    ]
    summaries = {told: {name: result.summary for name, result in results.items()} for told, results in found.items()}
    temporary = {name: files[name].with_name(f"{files[name].name}.tmp") for name in ("table", "summary")}
    pl.concat(tables).write_parquet(temporary["table"])
    temporary["summary"].write_text(json.dumps(_finite(summaries), indent=2) + "\n", encoding="utf-8")
    for name, path in temporary.items():
        publish(path, files[name])
    for told, results in found.items():
        figure = draw_calibration({name: result.table for name, result in results.items()}, f"information {told}")
        save_figure(figure, files[told])


def _finite(value: Any) -> Any:  # noqa: ANN401  # JSON has no NaN
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def _summary(results: Mapping[str, RhoEvaluation]) -> Any:  # noqa: ANN401  # a Rich table
    """One row a measure with its 95 % interval, one column a policy."""
    from negotiation_cli.output import number, table

    made = table("", *results, numbers=list(results))
    for measure, label in _MEASURES.items():
        digits, cells = 1 if measure == "turn" else 3, []
        for result in results.values():
            low, high = (number(bound, digits) for bound in result.summary[f"{measure}_interval"])
            cells.append(f"{number(result.summary[measure], digits)} ({low} to {high})")
        made.add_row(label, *cells)
    return made
