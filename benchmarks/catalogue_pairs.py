"""Every ordered pair of five strategies on the products of a catalogue, as a Markdown table.

Run: ``python benchmarks/catalogue_pairs.py PATH_TO_CSV``. Every pair plays every product once, with the same seed,
so that all pairs bargain over the same products with the same first movers.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np

from negotiation_env import rollout
from negotiation_env.price.catalogue import read_catalogue

STRATEGIES = ("boulware_firm", "linear", "conceder", "tit_for_tat", "charging_boul")
HEADER = "| buyer | seller | deals | of the possible | buyer's gain | seller's gain | mean rho | surplus lost |"


def row_of(buyer: str, seller: str, path: str, number: int) -> str:
    """One line of the table: a pair on all products."""
    players = {"buyer_0": buyer, "seller_0": seller}
    table = rollout("price", players, number, seed=0, scenario="catalogue", catalogue=path, record=False).episodes
    width = table["buyer_max"] - table["seller_min"]
    possible, deal = width > 0.0, table["deal"]
    gains = [table[f"payoff_{side}"] for side in ("buyer", "seller")]
    lost = 1.0 - (gains[0] + gains[1])[possible].sum() / width[possible].sum()
    rho = table["rho"][deal & possible]
    mean_rho = f"{rho.mean():.3f}" if len(rho) else "none"
    figures = f"{deal.mean():.1%} | {deal[possible].mean():.1%} | {np.mean(gains[0]):.2f} | {np.mean(gains[1]):.2f}"
    return f"| {buyer} | {seller} | {figures} | {mean_rho} | {lost:.1%} |"


def main(path: str) -> None:
    """Play all pairs on the catalogue at ``path`` and print the table."""
    number = len(read_catalogue(path))
    print(HEADER)
    print("|---|---|---|---|---|---|---|---|")
    for buyer, seller in itertools.product(STRATEGIES, STRATEGIES):
        print(row_of(buyer, seller, path, number))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/catalogue_pairs.py PATH_TO_CSV")
    main(sys.argv[1])
