"""What can be watched of a training: checkpoints, losses, gates and the rho that comes out, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from negotiation_env import rollout
from negotiation_env.policy import JsonValue
from negotiation_env.records.errors import explained
from negotiation_janus.base_model import BaseModel
from negotiation_janus.families import VALIDATION
from negotiation_janus.hyperlora import HyperLoRA
from negotiation_janus.labels import IMPASSE
from negotiation_janus.policy import Janus, Trained
from negotiation_janus.sft import Trainer
from negotiation_janus.training_state import save_state
from negotiation_janus.transcripts import Transcripts

LOGS = "logs"
_COLUMNS, _WIDE = 41, 8
_COMMANDS = (0.0, 0.25, 0.5, 0.75, 1.0)
_OPPONENTS = VALIDATION[:3]


@contextmanager
def monitored(
    place: Path,
    trainer: Trainer,
    held_out: Transcripts,
    base: BaseModel,
    facts: dict[str, JsonValue],
    start: int,
    progress: Callable[[int], None] | None,
) -> Iterator[Callable[[int, float], None] | None]:
    """What happens after each step in the first process: checkpoints, measurements and logs for TensorBoard.

    Args:
        place: the folder for them.
        trainer: whose steps they are.
        held_out: games to measure on.
        base: the base model.
        facts: for the checkpoints.
        start: the step that it goes on from.
        progress: called with ``start`` and then with 1 for each step.

    Yields:
        What is to be called with the number of steps made and the loss; ``None`` in other processes.
    """
    if not trainer.processes.is_first:
        yield None
        return
    from torch.utils.tensorboard import SummaryWriter

    settings, model, hides = trainer.settings, trainer.model, "known" not in facts["information"]  # type: ignore[operator]
    k_history: int | None = facts["data"]["k_history"]  # type: ignore[index,call-overload,assignment]
    with explained(place):
        place.mkdir(parents=True, exist_ok=True)
    if progress is not None:
        progress(start)
    with SummaryWriter(str(place / LOGS), purge_step=start + 1) as writer:

        def after(step: int, loss: float) -> None:
            writer.add_scalar("loss/training", loss, step)
            writer.add_scalar("lr", settings.rate(step - 1), step)
            if step % settings.eval_every == 0 or step == settings.max_steps:
                for name, value in trainer.measure(held_out).items():
                    writer.add_scalar(f"{name}/held_out", value, step)
                trained = Trained(model.eval(), trainer.text, hides, "", k_history=k_history)
                for rho, mean in rho_curve(trained, _OPPONENTS).items():
                    writer.add_scalar(f"rho/{rho:g}", mean, step)
                writer.add_image("gates", _gate_picture(model), step, dataformats="HW")
            if step % settings.save_every == 0 or step == settings.max_steps:
                save_state(place, step, model, base, trainer.optimizer, facts)
            if progress is not None:
                progress(1)

        yield after


def rho_curve(trained: Trained, opponents: Sequence[str], num_episodes: int = 8) -> dict[float, float]:
    """The mean rho of the deals that each command brings about, by the command; NaN where there are none.

    Args:
        trained: adapters in evaluation mode, which play the buyer and see the opponent's limit if they have learned to.
        opponents: of the games, the same for each command.
        num_episodes: games against each.
    """
    found, information = {}, "private" if trained.hides else "known"
    for rho in _COMMANDS:
        players: dict[str, Any] = {"buyer_0": Janus.of(trained, rho), "seller_0": list(opponents)}
        games = rollout(
            "price", players, num_episodes * len(opponents), seed=0, scenario="varied", information=information
        )
        reached = games.episodes["rho"]
        deals = reached[reached != IMPASSE]
        found[rho] = float(deals.mean()) if len(deals) else math.nan
    return found


@torch.no_grad()
def _gate_picture(model: HyperLoRA) -> torch.Tensor:
    """All gates as a picture: a column for each rho from 0 to 1, a row for each gate; grey is 1, white 2, black 0."""
    gates = model.hypernet(torch.linspace(0.0, 1.0, _COLUMNS, device=model.device))
    rows = gates.permute(0, 2, 1).flatten(end_dim=1)
    shades: torch.Tensor = (rows / 2.0).clamp(0.0, 1.0).repeat_interleave(_WIDE, dim=1).cpu()
    return shades
