"""The options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

LANGUAGE, _GAME, _OUTPUT, _SPEED = "Language models", "The game", "Output", "Speed"

Domain = Annotated[str, typer.Option("--domain", help="The kind of game: price or multi_item.")]
OptionalDomain = Annotated[
    str | None, typer.Option("--domain", help="The kind of game: price or multi_item.", show_default="price")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A language model: smollm2, NAME (of Ollama), openai/NAME, local/FILE.gguf, transformers/NAME. "
        "It puts the moves of strategies into words, and is the model of agents such as basic.",
        show_default="none; smollm2 for language-model agents",
        rich_help_panel=LANGUAGE,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base_url",
        help="Where an OpenAI-compatible server is, e.g. http://127.0.0.1:8000/v1; its key is OPENAI_API_KEY.",
        show_default="OPENAI_BASE_URL, OLLAMA_HOST",
        rich_help_panel=LANGUAGE,
    ),
]
NoLlm = Annotated[
    bool,
    typer.Option("--no_llm", help="Play the bare strategies, whatever --model says.", rich_help_panel=LANGUAGE),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Same seed, same games.", show_default="drawn and printed")]
FixedSeed = Annotated[int, typer.Option("--seed", help="Same seed, same games.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.", rich_help_panel=_OUTPUT)]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace an output that exists already.", rich_help_panel=_OUTPUT)
]

Scenario = Annotated[
    str | None,
    typer.Option(
        "--scenario",
        help="Where private facts come from, a name of 'negotiate list scenarios'.",
        show_default="varied, for multi_item seed",
        rich_help_panel=_GAME,
    ),
]
CatalogueFile = Annotated[
    Path | None,
    typer.Option("--catalogue", help="CSV file with the products of scenario catalogue.", rich_help_panel=_GAME),
]
MaxTurns = Annotated[
    int | None,
    typer.Option("--max_turns", help="The deadline, in single turns.", show_default="20", rich_help_panel=_GAME),
]
FirstMover = Annotated[
    str | None,
    typer.Option(
        "--first_mover",
        help="A side (buyer or seller; agent_0 or agent_1), or random.",
        show_default="random",
        rich_help_panel=_GAME,
    ),
]
Information = Annotated[
    str | None,
    typer.Option(
        "--information",
        help="private, or known: each side is told what the other knows.",
        show_default="private",
        rich_help_panel=_GAME,
    ),
]
Discount = Annotated[
    float | None,
    typer.Option(
        "--discount", help="What a reward is multiplied by each turn.", show_default="1.0", rich_help_panel=_GAME
    ),
]
PriceRange = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--price_range", help="The public price range: two numbers.", show_default="200 1500", rich_help_panel=_GAME
    ),
]
Tick = Annotated[
    float | None,
    typer.Option("--tick", help="The smallest price unit.", show_default="0.01", rich_help_panel=_GAME),
]
BuyerMax = Annotated[
    float | None,
    typer.Option(
        "--buyer_max", help="Fix the most the buyer pays.", show_default="from the scenario", rich_help_panel=_GAME
    ),
]
SellerMin = Annotated[
    float | None,
    typer.Option(
        "--seller_min", help="Fix the least the seller takes.", show_default="from the scenario", rich_help_panel=_GAME
    ),
]
NumItems = Annotated[
    int | None,
    typer.Option("--num_items", help="Items of a multi_item game.", show_default="4", rich_help_panel=_GAME),
]
Opposition = Annotated[
    float | None,
    typer.Option(
        "--opposition",
        help="Of the multi_item scenario opposed: 0 no conflict, 1 zero-sum.",
        show_default="0.5",
        rich_help_panel=_GAME,
    ),
]
Instances = Annotated[
    Path | None,
    typer.Option("--instances", help="File of games for the multi_item scenario file.", rich_help_panel=_GAME),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="serial; process: worker processes; ray: the same on a cluster; thread: for players that wait, as those "
        "with a language model.",
        show_default="serial; thread with a language model or a person",
        rich_help_panel=_SPEED,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        help="Worker processes, or games at a time with players that wait; the games are the same for any number.",
        show_default="one a core; as many games as the players allow",
        rich_help_panel=_SPEED,
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray_address",
        help="The cluster of engine ray: HOST:PORT, ray://HOST:PORT, or auto.",
        show_default="RAY_ADDRESS, else this machine",
        rich_help_panel=_SPEED,
    ),
]


def given(**options: object) -> dict[str, Any]:
    """The options that were given, for a function that has its own defaults; paths as text."""
    return {
        name: str(value) if isinstance(value, Path) else value for name, value in options.items() if value is not None
    }


def worker_count(engine: str, workers: int | None) -> int | None:
    """How many worker processes or threads an engine gets; ``None`` leaves it to Ray or to the players."""
    if engine == "serial" and workers not in (None, 1):
        raise ValueError(
            f"--workers {workers} needs --engine process or ray, or thread where there is one; "
            "engine serial plays one batch after the other."
        )
    if workers is not None or engine != "process":
        return workers
    import os

    return os.cpu_count() or 1
