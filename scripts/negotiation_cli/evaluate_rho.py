"""`negotiate evaluate-rho`: does the price settle where it is commanded to?"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_janus.evaluation import Make, RhoEvaluation

EPILOG = """
Examples:

  negotiate evaluate-rho --policy teacher

  negotiate evaluate-rho --policy teacher:settle=strict --information known --num_episodes 500

  negotiate evaluate-rho --policy rho_mlp --scenario varied,seed --strict --engine process

  negotiate evaluate-rho --checkpoint checkpoints/janus --opponents val

  negotiate evaluate-rho --policy hold_rho:assumed_width=475 --opponents linear,micro_fine --output_dir runs/rho
"""
YARDSTICKS = ("teacher", "hold_rho", "concede_to_rho", "rho_mlp", "rho_mlp:checkpoint=hindsight")
"""What a policy is measured beside, as specs; there are styles for six lines in a figure."""
MEAN_WIDTHS = {"varied": 475.0, "seed": 500.0}
"""Of the surplus, U(50, 900) and 500: what yardsticks assume where it is hidden; elsewhere as in scenario varied."""
Case = tuple[str, str]
"""A scenario, and what is told of the other's limit."""
Found: TypeAlias = "dict[Case, dict[str, RhoEvaluation]]"
"""What was found for each policy."""
_KEYS = ("policy", "scenario", "information")
"""The first columns of the table."""
_WIDTH = "assumed_width"
_MEASURES = {
    "regret": "regret", "strict_regret": "strict regret", "error": "error", "missed_deals": "missed deals",
    "deal_rate": "deals", "deal_rate_achievable": "deals achievable", "spearman": "Spearman",
    "spearman_achievable": "Spearman achievable", "slope": "slope", "negative_slopes": "opponents with negative slope",
    "impasse_at_minus_one": "impasse at -1", "violations": "deals past the own limit",
    "illegal_moves": "illegal moves a game", "turn": "turn of the deal", "faults": "games ended by a fault",
}  # fmt: skip
"""What is printed, in words."""


def evaluate_rho(
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            help="A policy with a parameter rho, as a spec without it: teacher:settle=strict.",
            show_default="teacher",
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", help="A folder of train-janus or train-rho-mlp, in place of --policy."),
    ] = None,
    opponents: Annotated[
        str, typer.Option("--opponents", help="Opponents, and train, val or test for all families of that part.")
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
    scenario: Annotated[
        str, typer.Option("--scenario", help="Where limits come from: names of 'negotiate list scenarios'.")
    ] = "varied",
    max_turns: options.MaxTurns = None,
    seed: options.FixedSeed = 0,
    yardsticks: Annotated[
        bool, typer.Option("--yardsticks/--no_yardsticks", help=f"Evaluate {', '.join(YARDSTICKS)} beside it.")
    ] = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="Also measure regret against 84 further plans: strict regret.")
    ] = False,
    engine: Annotated[
        str, typer.Option("--engine", help="serial, or process: worker processes.", rich_help_panel="Speed")
    ] = "serial",
    workers: options.Workers = None,
    output_dir: Annotated[
        Path, typer.Option("--output_dir", help="Folder for the table, the summary and the figure.")
    ] = Path("rho_evaluation"),
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Command each rho against each opponent and compare what came out with the closest that was achievable.

    Regret is how much farther from the command the price settled than any of 72 plans, or the policy itself, could
    bring it on the same episode. It stands beside the share of possible deals that were missed. Equal arguments give
    equal results, for any engine and number of workers.
    """
    from negotiation_janus.evaluation import evaluate_policies

    from negotiation_cli.output import progress_bar, screen, write_json

    aims, rivals = _numbers(commands), _opponents(opponents)
    cases = list(product(_scenarios(scenario), _information(information)))
    files = _files(output_dir, cases, overwrite, is_drawn=any(aim >= 0.0 for aim in aims))
    names = list(dict.fromkeys([_policy(policy, checkpoint), *(YARDSTICKS if yardsticks else ())]))
    shared: dict[str, Any] = {
        **options.given(max_turns=max_turns, workers=options.worker_count(engine, workers)),
        "num_episodes": num_episodes,
        "seed": seed,
        "strict": strict,
        "engine": engine,
    }
    found: Found = {}
    with progress_bar("episodes", len(names) * len(cases) * len(rivals) * 4 * len(aims) * num_episodes, as_json) as bar:
        for drawn, told in cases:
            makers = {name: _maker(name, drawn, told) for name in names}
            found[drawn, told] = evaluate_policies(
                makers, rivals, aims, scenario=drawn, information=told, progress=bar, **shared
            )
    _write(found, files)
    if as_json:
        write_json(_summaries(found))
        return
    for (drawn, told), results in found.items():
        screen().print(f"scenario {drawn}, information {told}, {len(rivals)} opponents, {num_episodes} episodes a row:")
        screen().print(_summary(results))
    drawn_too = "" if any(case in files for case in cases) else "; no figure, because no command is in [0, 1]"
    screen().print(f"Written: {', '.join(str(path) for path in files.values())}{drawn_too}")


def _policy(policy: str | None, checkpoint: Path | None) -> str:
    """The spec of what is evaluated."""
    from negotiation_env.specs import format_spec

    if checkpoint is None:
        return "teacher" if policy is None else policy
    if policy is not None:
        raise ValueError("--policy and --checkpoint both name what is evaluated; give one of them.")
    place = str(checkpoint) if len(checkpoint.parts) > 1 else f"./{checkpoint}"  # a bare name may be a shipped one's
    return format_spec(_kind_of(checkpoint), {"checkpoint": place})


def _kind_of(checkpoint: Path) -> str:
    """The policy that reads a folder: ``"janus"`` or ``"rho_mlp"``."""
    from negotiation_env.checkpoints import FACTS

    if any((checkpoint / name).is_file() for name in ("hypernet.safetensors", "adapter_config.json")):
        return "janus"
    try:
        facts = json.loads((checkpoint / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        facts = None
    if isinstance(facts, dict) and facts.get("kind") == "rho_mlp":
        return "rho_mlp"
    raise ValueError(
        f"--checkpoint {checkpoint} is no folder of a janus, with hypernet.safetensors, nor of a rho_mlp, with a "
        f"{FACTS} that says so; give one that 'negotiate train-janus' or 'negotiate train-rho-mlp' has written."
    )


def _maker(spec: str, scenario: str, information: str) -> Make:
    """What builds the policy of a spec for a command."""
    from negotiation_env.registry import find_policy, make_policy
    from negotiation_env.specs import parse_spec

    name, params = parse_spec(spec)
    known = find_policy(name).parameters
    if "rho" not in known or "rho" in params:
        raise ValueError(f"--policy {spec!r} must be a policy with a parameter rho, and leave it open.")
    if information == "private" and _WIDTH in known and _WIDTH not in params:
        params[_WIDTH] = MEAN_WIDTHS.get(scenario, MEAN_WIDTHS["varied"])
    return lambda rho: make_policy(name, "price", **{**params, "rho": rho})


def _scenarios(text: str) -> list[str]:
    from negotiation_env.scenarios import check_scenario, list_scenarios

    names = list(dict.fromkeys(text.split(",")))
    for name in names:
        check_scenario(name, "price")
        if name == "catalogue":
            usable = ", ".join(known for known in list_scenarios("price") if known != name)
            raise ValueError(f"--scenario catalogue needs a file of products; give one of {usable} here.")
    return names


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

    return list(dict.fromkeys(opponent for name in split_specs(text) for opponent in PARTS.get(name, (name,))))


def _files(folder: Path, cases: list[Case], overwrite: bool, is_drawn: bool) -> dict[str | Case, Path]:
    files: dict[str | Case, Path] = {"table": folder / "rho_table.parquet", "summary": folder / "rho_summary.json"}
    if is_drawn:
        files |= {case: folder / f"rho_{'_'.join(case)}.png" for case in cases}
    blocking = [path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()]
    if blocking:
        raise ValueError(f"--output_dir {folder} cannot be a folder: {blocking[0]} is a file; name another.")
    existing = [path for path in files.values() if path.exists()]
    if existing and not overwrite:
        raise ValueError(f"{existing[0]} exists already; --overwrite replaces it, --output_dir writes elsewhere.")
    return files


def _write(found: Found, files: Mapping[str | Case, Path]) -> None:
    import polars as pl
    from negotiation_janus.plots import draw_calibration

    from negotiation_env.chart import save_figure
    from negotiation_env.records.files import publish

    files["table"].parent.mkdir(parents=True, exist_ok=True)
    tables = [
        result.table.select(
            *(pl.lit(value).alias(column) for column, value in zip(_KEYS, (name, *case), strict=True)), pl.all()
        )
        for case, results in found.items()
        for name, result in results.items()
    ]
    temporary = {name: files[name].with_name(f"{files[name].name}.tmp") for name in ("table", "summary")}
    pl.concat(tables).write_parquet(temporary["table"])
    temporary["summary"].write_text(json.dumps(_finite(_summaries(found)), indent=2) + "\n", encoding="utf-8")
    for name, path in temporary.items():
        publish(path, files[name])
    for case, results in found.items():
        if case not in files:
            continue
        title = f"scenario {case[0]}, information {case[1]}"
        save_figure(draw_calibration({name: result.table for name, result in results.items()}, title), files[case])


def _summaries(found: Found) -> dict[str, dict[str, dict[str, Any]]]:
    """The summaries by scenario, information and policy."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    for (drawn, told), results in found.items():
        made.setdefault(drawn, {})[told] = {name: result.summary for name, result in results.items()}
    return made


def _finite(value: Any) -> Any:  # noqa: ANN401  # JSON has no NaN
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _summary(results: Mapping[str, RhoEvaluation]) -> Any:  # noqa: ANN401  # a Rich table
    """One row a measure with its 95 % interval, one column a policy."""
    from negotiation_cli.output import number, table

    made = table("", *results, numbers=list(results))
    for measure, label in _MEASURES.items():
        if any(measure not in result.summary for result in results.values()):
            continue
        digits, cells = 1 if measure == "turn" else 3, []
        for summary in (result.summary for result in results.values()):
            bounds = [number(bound, digits) for bound in summary.get(f"{measure}_interval", ())]
            interval = f" ({' to '.join(bounds)})" if bounds else ""
            cells.append(f"{number(summary[measure], digits)}{interval}")
        made.add_row(label, *cells)
    return made
