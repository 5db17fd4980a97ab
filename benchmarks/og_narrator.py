"""A language model that names its own price against one that words a strategy's, as buyers of real products.

python benchmarks/og_narrator.py PRODUCTS.csv                        # 100 products, smollm2
python benchmarks/og_narrator.py PRODUCTS.csv --model ollama/llama3 --products 588
python benchmarks/og_narrator.py PRODUCTS.csv --write                # also write the section of benchmarks/RESULTS.md

PRODUCTS.csv is a catalogue as the scenario ``catalogue`` reads it: the buyer's budget is .8 of the list price, the
seller's cost the lowest price. Every pair bargains over the same products with the same first movers. What has been
played is kept in a folder, and an interrupted run goes on from there. The idea of the comparison is that of Xia et
al. 2024, "Measuring Bargaining Abilities of LLMs" (arXiv:2402.15813).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from measure import measured_with, write_section
from rich.progress import Progress
from scipy.stats import binomtest

from negotiation_env.episodes import Episodes
from negotiation_env.records.journal import play_into
from negotiation_env.records.recorded import RecordedGame, played_game
from negotiation_env.run import Run, make_run

MODEL = "model={model},deadline=600"
FREE = f"max_tokens=120,{MODEL}"
BUYERS = {
    "wrapped": f"price_strategy:strategy=boulware_firm,{MODEL}",
    "free, JSON schema": f"basic:reply=json,{FREE}",
    "free, text": f"basic:reply=text,{FREE}",
}
SELLERS = {
    "linear": "linear",
    "wrapped linear": f"price_strategy:strategy=linear,{MODEL}",
    "free, JSON schema": f"basic:reply=json,{FREE}",
}
COLUMNS = (
    "buyer", "seller", "sound deals where possible", "deals where possible", "deals where impossible",
    "buyer's share of the surplus", "moves beyond the budget", "illegal replies", "retries", "fallbacks", "faults",
    "tokens", "seconds",
)  # fmt: skip
DUST = 1e-6


@dataclass
class Cell:
    """What came of one pair: one entry a game, faults apart.

    Attributes:
        possible: whether the budget covers the cost.
        deal: whether they agreed.
        sound: whether they agreed inside both limits.
        gain, width: what the buyer gained, 0 without a deal, and the surplus; only where there is a surplus.
        beyond: moves of the buyer beyond its budget.
        moves: moves of the buyer.
        illegal, retries, fallbacks, tokens: what the buyer's model has used.
        faults: games that ended by a fault.
        seconds: wall time of the whole cell.
    """

    possible: list[bool] = field(default_factory=list)
    deal: list[bool] = field(default_factory=list)
    sound: list[bool] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    width: list[float] = field(default_factory=list)
    beyond: int = 0
    moves: int = 0
    illegal: int = 0
    retries: int = 0
    fallbacks: int = 0
    tokens: int = 0
    faults: int = 0
    seconds: float = 0.0

    def add(self, game: RecordedGame) -> None:
        """Count one more game."""
        episode = game.episode
        if episode.ended_by == "fault":
            self.faults += 1
            return
        width = episode.buyer_max - episode.seller_min
        self.possible.append(width >= -DUST)
        self.deal.append(episode.deal)
        self.sound.append(episode.deal and game.is_sound)
        if width > DUST:
            self.gain.append(episode.buyer_max - episode.price if episode.deal else 0.0)
            self.width.append(width)
        standing = np.nan
        for _, agent, kind, price, _ in episode.moves:
            named = standing if kind == "accept" else np.nan if price is None else price
            if agent == "buyer_0":
                self.moves += 1
                self.beyond += bool(named > episode.buyer_max + DUST)
            standing = named
        used = game.usage[0]
        self.illegal += used.illegal_replies
        self.retries += used.retries
        self.fallbacks += used.fallbacks
        self.tokens += used.tokens

    def cells(self, buyer: str, seller: str) -> list[str]:
        """One row of the table."""
        possible, deal, sound = (np.array(column, dtype=bool) for column in (self.possible, self.deal, self.sound))
        games = max(len(deal), 1)
        return [
            buyer,
            seller,
            rate(sound[possible]),
            rate(deal[possible]),
            rate(deal[~possible]),
            pooled(np.array(self.gain), np.array(self.width)),
            f"{self.beyond} of {self.moves}",
            *(f"{count / games:.2f}" for count in (self.illegal, self.retries, self.fallbacks)),
            str(self.faults),
            f"{self.tokens / games:,.0f}",
            f"{self.seconds / games:.1f}",
        ]


def rate(hits: np.ndarray) -> str:
    """A share of games with its 95 % interval (Wilson)."""
    if not len(hits):
        return "none"
    found = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return f"{int(hits.sum())} of {len(hits)}, {hits.mean():.1%} ({found.low:.1%} to {found.high:.1%})"


def pooled(gain: np.ndarray, width: np.ndarray) -> str:
    """The share of the surplus of all games together, with its 95 % interval (percentile bootstrap over games).

    A mean of the games' own shares would be that of the few whose surplus is a few cents.
    """
    if not len(gain):
        return "none"
    rows = np.random.default_rng(0).integers(len(gain), size=(10_000, len(gain)))
    low, high = np.quantile(gain[rows].sum(axis=1) / width[rows].sum(axis=1), [0.025, 0.975])
    return f"{gain.sum() / width.sum():.3f} ({low:.3f} to {high:.3f})"


def play_cell(run: Run, products: int, folder: Path, concurrency: int, title: str) -> Cell:
    """Play one pair on all products, or read what was played before."""
    cell, clock, start = Cell(), folder.with_suffix(".seconds"), time.perf_counter()
    before = float(clock.read_text()) if clock.exists() else 0.0
    with Progress(transient=True) as progress:
        task = progress.add_task(title, total=products)

        def observe(games: Episodes) -> None:
            for game in (played_game(games, index) for index in range(len(games))):
                if game.number < products:
                    cell.add(game)
                    progress.advance(task)

        try:
            play_into(folder, run, products, workers=concurrency, observe=observe)
        finally:
            cell.seconds = before + time.perf_counter() - start
            clock.write_text(f"{cell.seconds:.1f}\n")
    return cell


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "|".join("---" for _ in COLUMNS) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def main() -> None:
    """Play every pair and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("catalogue", type=Path, help="CSV file with the products")
    parser.add_argument("--products", type=int, default=100, help="how many of them (default 100)")
    parser.add_argument("--model", default="smollm2", help="the language model of all agents (default smollm2)")
    parser.add_argument("--max_turns", type=int, default=8, help="the deadline, in single turns (default 8)")
    parser.add_argument("--concurrency", type=int, default=4, help="games at once (default 4)")
    parser.add_argument("--output_dir", type=Path, default=Path("datasets/local/og_narrator"), help="kept games")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    options = parser.parse_args()
    rows = []
    for seller, seller_spec in SELLERS.items():
        for buyer, buyer_spec in BUYERS.items():
            players = {"buyer_0": buyer_spec, "seller_0": seller_spec}
            run = make_run(
                "price",
                {agent: spec.format(model=options.model) for agent, spec in players.items()},
                seed=0,
                scenario="catalogue",
                catalogue=str(options.catalogue),
                max_turns=options.max_turns,
                chat=True,
            )
            title = f"{buyer} against {seller}"
            folder = options.output_dir / title.replace(", ", "_").replace(" ", "_")
            cell = play_cell(run, options.products, folder, options.concurrency, title)
            rows.append(cell.cells(buyer, seller))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    text = "\n\n".join([about(options), table(rows)])
    print(text)
    if options.write:
        write_section("Buyers of real products", text)


def about(options: argparse.Namespace) -> str:
    """What was played, and what the columns mean."""
    return (
        f"{measured_with('python benchmarks/og_narrator.py')} Model **{options.model}** in every language-model seat, "
        f"{options.products} products of the AmazonHistoryPrice catalogue, {options.max_turns} turns, "
        f"{options.concurrency} games at once.\n\n"
        "The wrapped buyer plays `boulware_firm` in the model's words; the free buyers are `basic`, which names its "
        "own price. A deal is possible where the budget covers the cost, and sound if it lies inside both limits. "
        "A seller that names its own price may sell below its cost: then there are deals that are not sound, also "
        "where none is possible, within the buyer's budget. The share is what the buyer gained in all games with a "
        "surplus, 0 without a deal, over all that surplus: above 1 or below 0 limits were crossed. Illegal replies, "
        "retries, fallbacks and tokens are the buyer's, a game; seconds are wall time a game, on a machine that had "
        "other work as well. Intervals are 95 % (Wilson for rates, bootstrap over games for the share)."
    )


if __name__ == "__main__":
    main()
