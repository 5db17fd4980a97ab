"""`negotiate evaluate-rho`: does the price settle where it is commanded to?"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from negotiation_janus.commanded import Make

    from negotiation_cli.rho_report import Case, Found

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
_WIDTH = "assumed_width"


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
        str,
        typer.Option(
            "--engine", help="serial; process: worker processes; ray: the same on a cluster.", rich_help_panel="Speed"
        ),
    ] = "serial",
    workers: options.Workers = None,
    ray_address: options.RayAddress = None,
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
    from negotiation_cli.rho_report import ENOUGH, opponents_table, summaries, summary_table, write
    from negotiation_env.engines import started

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
    number = len(names) * len(cases) * len(rivals) * 4 * len(aims) * num_episodes
    with started(engine, workers, ray_address), progress_bar("episodes", number, as_json) as bar:
        for drawn, told in cases:
            makers = {name: _maker(name, drawn, told) for name in names}
            found[drawn, told] = evaluate_policies(
                makers, rivals, aims, scenario=drawn, information=told, progress=bar, **shared
            )
    write(found, files)
    if as_json:
        write_json(summaries(found))
        return
    for (drawn, told), results in found.items():
        size = f"{_count(len(rivals), 'opponent')}, {_count(num_episodes, 'episode')} a row"
        screen().print(f"scenario {drawn}, information {told}, {size}:")
        screen().print(summary_table(results))
        screen().print(f"{names[0]} by opponent and by its own role:")
        screen().print(opponents_table(results[names[0]]))
        if num_episodes < ENOUGH:
            screen().print(f"too few episodes a row for intervals ({num_episodes}; at least {ENOUGH})")
    screen().print("What each row means: docs/guides/rho.md, in the documentation 'What a commanded rho can mean'.")
    drawn_too = "" if any(case in files for case in cases) else "; no figure, because no command is in [0, 1]"
    screen().print(f"Written: {', '.join(str(path) for path in files.values())}{drawn_too}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


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
    from negotiation_env.documents import parse_json, read_text

    if any((checkpoint / name).is_file() for name in ("hypernet.safetensors", "adapter_config.json")):
        return "janus"
    try:
        facts = parse_json(read_text(checkpoint / FACTS))
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
    from negotiation_janus.commanded import parse_open

    from negotiation_env.registry import find_policy, make_policy

    name, params = parse_open(spec, "--policy", "--commands")
    if information == "private" and _WIDTH in find_policy(name).parameters and _WIDTH not in params:
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
