"""`negotiate train-bc`: a policy from exported games, by cloning or offline reinforcement learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from minari import MinariDataset
    from negotiation_policies.learned.closed_loop import Figures

EPILOG = """
Examples:

  negotiate export-minari --path datasets/local/price_domain.jsonl --seat seller --dataset_id negotiation/price/seller-v0 --rho none

  negotiate train-bc --dataset negotiation/price/seller-v0 --algo discrete_bc --output_dir datasets/local/clone

  negotiate play --agent1 linear --agent2 d3rlpy:path=datasets/local/clone
"""  # noqa: E501  # commands to be copied
_LABELS = {"deal_rate": "deals", "payoff": "mean payoff", "share": "mean share", "rho": "mean rho"}


def train_bc(
    dataset: Annotated[str, typer.Option("--dataset", help="The id of a dataset of 'negotiate export-minari'.")],
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for the policy, checkpoints and logs.")],
    algo: Annotated[
        str,
        typer.Option(
            "--algo",
            help="bc or iql for continuous actions, discrete_bc for discrete ones; cql, dt (decision transformer) "
            "for both, dt the slowest by far. Give iql and cql a dataset of --rho none: the rho that came out tells "
            "them the end.",
        ),
    ] = "discrete_bc",
    num_steps: Annotated[int, typer.Option("--num_steps", help="Gradient steps.")] = 10_000,
    batch_size: Annotated[int, typer.Option("--batch_size", help="Decisions a step.")] = 256,
    learning_rate: Annotated[
        float | None,
        typer.Option("--learning_rate", help="Step size of the optimizers.", show_default="that of the algorithm"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same weights.")] = 0,
    save_every: Annotated[
        int | None, typer.Option("--save_every", help="Steps between checkpoints.", show_default="one at the end")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the folder.")] = False,
    opponents: Annotated[
        str | None,
        typer.Option("--opponents", help="Whom to play in the evaluation.", show_default="those of the dataset"),
    ] = None,
    eval_episodes: Annotated[int, typer.Option("--eval_episodes", help="Games against each opponent.")] = 500,
    eval_every: Annotated[
        int | None, typer.Option("--eval_every", help="Steps between evaluations.", show_default="one at the end")
    ] = None,
    rho: Annotated[
        float | None,
        typer.Option(
            "--rho", help="What is commanded in the evaluation, if the dataset has rho appended.", show_default="0.5"
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Learn to play one seat from exported games, and play against named opponents in the end.

    The evaluation plays games of a seed that is not among the dataset's. What TensorBoard shows is in logs/ of the
    folder. --agent2 d3rlpy:path=FOLDER, of any command, is the policy.
    """
    from negotiation_policies.learned.closed_loop import closed_loop, flat
    from negotiation_policies.learned.d3rlpy_dataset import coding_of, load_dataset
    from negotiation_policies.learned.d3rlpy_network import ALGOS
    from negotiation_policies.learned.d3rlpy_policy import D3rlpy
    from negotiation_policies.learned.d3rlpy_training import train

    from negotiation_cli.output import progress_bar, screen, write_json
    from negotiation_env import make_policy
    from negotiation_env.registry import unknown_name
    from negotiation_env.specs import parse_spec, split_specs
    from negotiation_env.wrappers import check_rho

    if eval_episodes < 1:
        raise ValueError(f"--eval_episodes is {eval_episodes}; it must be at least 1.")
    if algo not in ALGOS:
        raise ValueError(unknown_name("algo", algo, ALGOS))
    games = load_dataset(dataset)
    coding = coding_of(games)
    known = _told(games, coding.game.agents)
    rivals = _rivals(games.id, known["opponents"]) if opponents is None else split_specs(opponents)
    if not rivals:
        raise ValueError("--opponents names nobody to play in the evaluation; name some, such as boulware,linear.")
    for rival in rivals:
        name, params = parse_spec(rival)
        make_policy(name, domain=coding.domain, **params)
    if rho is not None and not coding.append_rho:
        raise ValueError(f"--rho is {rho}, and the dataset {dataset!r} has no rho in its observations; leave it out.")
    commanded = (0.5 if rho is None else check_rho(rho)) if coding.append_rho else None
    role = coding.game.sides[coding.game.agents.index(known["seat"])]
    found: dict[str, Figures] = {}

    def evaluate(_: int, folder: Path) -> dict[str, float]:
        policy = D3rlpy(folder, commanded, domain=coding.domain)
        found.update(closed_loop(policy, role, rivals, eval_episodes, max(known["seeds"]) + 1))
        return flat(found)

    with progress_bar("steps", num_steps, as_json) as progress:
        folder = train(
            games, algo, output_dir, num_steps=num_steps, batch_size=batch_size, learning_rate=learning_rate, seed=seed,
            save_every=save_every, resume=resume, overwrite=overwrite, evaluate=evaluate, eval_every=eval_every,
            begun=_tell_start, progress=progress,
        )  # fmt: skip
    if not found:  # a training that was whole already
        evaluate(num_steps, folder)
    if as_json:
        write_json({"path": str(folder), "algo": algo, "steps": num_steps, "role": role, "evaluation": found})
        return
    screen().print(f"The {role} against each opponent, {eval_episodes:,} games, 95 % intervals:")
    screen().print(_shown(found))
    screen().print(f"Written: {folder}")


def _tell_start(step: int) -> None:
    """Say what a training goes on from."""
    if step:
        typer.echo(f"The training goes on from step {step:,}.", err=True)


def _told(games: MinariDataset, agents: Sequence[str]) -> Mapping[str, Any]:
    """What an export says of its games: the seat, its opponents and the seeds."""
    known: Mapping[str, Any] = games.storage.metadata["negotiation"]
    is_told = {
        "seat": known.get("seat") in agents,
        "opponents": _lists(known.get("opponents"), str),
        "seeds": _lists(known.get("seeds"), int),
    }
    missing = [name for name, told in is_told.items() if not told]
    if missing:
        raise ValueError(
            f"the dataset {games.id!r} does not say its {', '.join(missing)} as 'negotiate export-minari' writes it; "
            "export the record again with that."
        )
    return known


def _rivals(dataset: str, opponents: Sequence[str]) -> list[str]:
    """The opponents that a dataset names; raises ``ValueError`` at what only a command may ask for."""
    from negotiation_env.foreign import check_spec

    for spec in opponents:
        try:
            check_spec(spec, (Path(),))
        except ValueError as error:
            raise ValueError(f"the opponents of the dataset {dataset!r}: {error} Or give --opponents.") from None
    return list(opponents)


def _lists(value: object, kind: type) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(isinstance(item, kind) for item in value)


def _shown(found: Mapping[str, Figures]) -> Any:  # noqa: ANN401  # a Rich table
    """One row an opponent, one column a figure."""
    from negotiation_cli.output import number, table

    names = list(next(iter(found.values())))
    made = table("opponent", *(_LABELS[name] for name in names), numbers=[_LABELS[name] for name in names])
    for opponent, figures in found.items():
        cells = []
        for name in names:
            mean, low, high = (number(value, 1 if name == "payoff" else 3) for value in figures[name])
            cells.append(f"{mean} ({low} to {high})")
        made.add_row(opponent, *cells)
    return made
