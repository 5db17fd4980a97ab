"""`negotiate train-janus`: adapters on a frozen language model, gated by rho."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from negotiation_cli import options

EPILOG = """
From the teacher's games to a policy:

  negotiate generate --recipe price-teacher-known --dataset_out datasets/local/teacher-known/

  negotiate generate --recipe price-teacher-private --dataset_out datasets/local/teacher-private/

  negotiate train-janus --config janus/configs/smollm2.toml --decision_steps_path datasets/local/teacher-known --private_path datasets/local/teacher-private

  negotiate evaluate-rho --policy janus:checkpoint=checkpoints/janus

A training that was cut off goes on with --resume_from checkpoints/janus. Several processes: torchrun --nproc_per_node=2 scripts/train_janus_hyperlora.py, with the same options.
"""  # noqa: E501  # commands to be copied


def train_janus(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="A TOML file with settings, names as of these options, targets or max_norm; the command line wins.",
        ),
    ] = None,
    decision_steps_path: Annotated[
        str | None,
        typer.Option(
            "--decision_steps_path",
            help="Games as their players saw them: a decision_steps.parquet, its folder, or a .jsonl record.",
        ),
    ] = None,
    private_path: Annotated[
        str | None, typer.Option("--private_path", help="Games to learn from with the opponent's limit hidden.")
    ] = None,
    output_dir: Annotated[Path, typer.Option("--output_dir", help="Folder for adapters, checkpoints and logs.")] = Path(
        "checkpoints", "janus"
    ),
    model_name: Annotated[
        str, typer.Option("--model_name", help="smollm2, a folder, or a name of huggingface.co.")
    ] = "smollm2",
    num_layers: Annotated[
        int | None, typer.Option("--num_layers", help="Keep only the first layers.", show_default="all")
    ] = None,
    use_qlora: Annotated[bool, typer.Option("--use_qlora", help="Hold the frozen weights in four bits.")] = False,
    rank: Annotated[int, typer.Option("--rank", help="Inner width of the adapters.")] = 16,
    alpha: Annotated[float, typer.Option("--alpha", help="Adapters are scaled by alpha / rank.")] = 32.0,
    dropout: Annotated[float, typer.Option("--dropout", help="Of what goes into an adapter.")] = 0.0,
    gate: Annotated[
        bool, typer.Option("--gate/--no_gate", help="Gate the adapters by rho; without, they are plain LoRA.")
    ] = True,
    init_from: Annotated[
        str | None,
        typer.Option("--init_from", help="A folder of trained adapters to start from.", show_default="fresh ones"),
    ] = None,
    label: Annotated[
        str, typer.Option("--label", help="commanded, or outcome: what came out, for all agents (hindsight).")
    ] = "commanded",
    include_failures: Annotated[
        bool,
        typer.Option(
            "--include_failures/--no_include_failures",
            help="Learn from rho = -1: intended impasses, or with --label outcome all failures.",
        ),
    ] = True,
    k_history: Annotated[
        int | None,
        typer.Option(
            "--k_history",
            help="A sequence for each decision, with so many turns.",
            show_default="each game whole, with all its decisions",
        ),
    ] = None,
    max_length: Annotated[
        int | None, typer.Option("--max_length", help="Leave out longer sequences.", show_default="none is left out")
    ] = None,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Learn from each game's mirror image as well, roles changed over.")
    ] = False,
    tell_rho: Annotated[bool, typer.Option("--tell_rho", help="Write the command into the text as well.")] = False,
    held_out: Annotated[float, typer.Option("--held_out", help="Share of the games to measure on.")] = 0.01,
    split: Annotated[str, typer.Option("--split", help="Hold out each episode, or each pair of players.")] = "episode",
    batch_size: Annotated[int, typer.Option("--batch_size", help="Sequences of each part of a step.")] = 32,
    grad_accum: Annotated[int, typer.Option("--grad_accum", help="Parts of a step.")] = 1,
    lr: Annotated[float, typer.Option("--lr", help="The highest learning rate; it falls as a cosine.")] = 2e-3,
    max_steps: Annotated[int, typer.Option("--max_steps", help="Steps of the optimizer.")] = 3000,
    warmup_steps: Annotated[int, typer.Option("--warmup_steps", help="Steps in which the rate rises.")] = 100,
    lambda_sep: Annotated[
        float, typer.Option("--lambda_sep", help="Weight of pushing the gates of different commands apart.")
    ] = 0.0,
    lambda_smooth: Annotated[
        float, typer.Option("--lambda_smooth", help="Weight of gates that bend little along rho.")
    ] = 0.0,
    accept_weight: Annotated[
        float, typer.Option("--accept_weight", help="Weight of an answer that accepts, which are few.")
    ] = 1.0,
    digit_weight: Annotated[
        float, typer.Option("--digit_weight", help="Weight of each digit against the one before it.")
    ] = 1.0,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient_checkpointing", help="Compute forward passes twice to save memory.")
    ] = False,
    bf16: Annotated[
        bool | None, typer.Option("--bf16/--no_bf16", help="Compute in bfloat16.", show_default="where it is fast")
    ] = None,
    save_every: Annotated[int, typer.Option("--save_every", help="Steps between checkpoints.")] = 500,
    eval_every: Annotated[int, typer.Option("--eval_every", help="Steps between measurements.")] = 500,
    seed: options.FixedSeed = 0,
    resume_from: Annotated[
        Path | None, typer.Option("--resume_from", help="A checkpoint-<step>, or the folder of a training.")
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Train adapters on a frozen language model by what recorded agents did, gated by the rho that they were told.

    It needs the extra janus. Losses and gates can be watched with 'tensorboard --logdir OUTPUT_DIR/logs'.
    """
    from negotiation_janus.sft import SftSettings, has_fast_bf16
    from negotiation_janus.training import DataSettings, ModelSettings, read_config, train_janus

    from negotiation_cli.output import progress_bar, report

    given = _given(context, {} if config is None else read_config(config))
    if given["bf16"] is None:
        given["bf16"] = has_fast_bf16()
    sft = SftSettings(**_of(SftSettings, given))
    data, model = DataSettings(**_of(DataSettings, given)), ModelSettings(**_of(ModelSettings, given))
    with progress_bar("steps", sft.max_steps, as_json) as progress:
        result = train_janus(
            data, model, sft, output_dir, resume_from=resume_from, overwrite=overwrite, progress=progress
        )
    report({"written to": str(output_dir), **result}, as_json)


def _given(context: typer.Context, config: dict[str, Any]) -> dict[str, Any]:
    """All options by name: those of the command line, then those of the file, then the defaults."""
    typed = {
        name: value
        for name, value in context.params.items()
        if (source := context.get_parameter_source(name)) is not None and source.name == "COMMANDLINE"
    }
    return {**context.params, **config, **typed}


def _of(kind: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    return {field.name: given[field.name] for field in fields(kind) if field.name in given}
