"""The figures of the site, drawn by the project's own plots while the site is built."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

from negotiation_env.registry import Registration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from negotiation_env.episodes import Episodes

OPPONENTS = {
    "linear": "against linear, which gives in steadily",
    "hardliner": "against hardliner, which gives in on its last turn",
}
LIMITS = {"buyer_max": 900.0, "seller_min": 400.0}
FIRST_GAME = {"buyer_0": "boulware_firm", "seller_0": "tit_for_tat"}
"""The negotiation of the front page."""
_COMMANDED = ("rho_mlp",)
_GAMES = 100


def policy_pictures(found: Registration) -> dict[str, tuple[str, bytes]]:
    """What each figure of a policy shows, and the figure as SVG, by file; none if it needs more than itself."""
    if found.kind != "scripted" and found.name not in _COMMANDED:
        return {}
    if found.domain == "multi_item":
        return {
            f"{found.name}.svg": (
                "A game of the scenario bargaining against linear: all splits, the frontier and both paths",
                _svg(_split(found.name)),
            )
        }
    return {
        f"{found.name}-{side}-{opponent}.svg": (_said(side, opponent), _svg(_offers(found.name, opponent, side)))
        for opponent in OPPONENTS
        for side in ("buyer", "seller")
    }


@cache
def front_pictures() -> dict[str, bytes]:
    """The figure of the front page, by file."""
    from negotiation_env import play
    from negotiation_env.price.plots import interaction_figure

    game = play("price", FIRST_GAME, seed=0, price_grid=101)  # the prices of the environment's actions
    return {"assets/first_negotiation.svg": _svg(interaction_figure(game))}


def _said(side: str, opponent: str) -> str:
    """What a figure of offers shows."""
    return f"As the {side}, {OPPONENTS[opponent]}"


def _offers(name: str, opponent: str, side: str) -> Figure:
    """The offers of one price strategy in one seat, moving first."""
    from negotiation_env.price.plots import concession_figure

    return concession_figure({side: _games(name, opponent, side)}, note="")


def _games(name: str, opponent: str, side: str) -> list[Episodes]:
    from negotiation_env import rollout

    specs = [f"{name}:rho={rho}" for rho in (0.2, 0.8)] if name in _COMMANDED else [name]
    seats = [(spec, opponent) if side == "buyer" else (opponent, spec) for spec in specs]
    return [
        rollout(
            "price",
            {"buyer_0": buyer, "seller_0": seller},
            _GAMES,
            0,
            options=LIMITS,
            first_mover=side,
            information="known",
        )
        for buyer, seller in seats
    ]


def _split(name: str) -> Figure:
    from negotiation_env import play
    from negotiation_env.multi_item.plots import utility_figure

    return utility_figure(play("multi_item", {"agent_0": name, "agent_1": "linear"}, seed=1, scenario="bargaining"))


def _svg(figure: Figure) -> bytes:
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "negotiation_env"}), io.BytesIO() as out:
        figure.savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue()
