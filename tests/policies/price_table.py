"""Views made by hand, and the smallest alternating-offers loop, for tests of strategies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from negotiation_env.policy import ACCEPT
from negotiation_env.price.view import PriceDecision, PriceView

NAN = float("nan")
SELLER, BUYER = 1, -1


def history(offers: Sequence[Sequence[float]], width: int) -> np.ndarray:
    """Offers (B, width) in Fortran order, NaN after the last, read-only."""
    table = np.full((len(offers), width), NAN, order="F")
    for row, made in enumerate(offers):
        table[row, : len(made)] = made
    table.setflags(write=False)
    return table


def make_view(rows: Sequence[dict[str, object]], columns: int | None = None) -> PriceView:
    """A view from one dict a row; what a row leaves out has the defaults below."""
    defaults = {
        "role": SELLER,
        "limit": 400.0,
        "low": 200.0,
        "high": 1500.0,
        "turn": 1,
        "max_turns": 20,
        "own": (),
        "opponent": (),
        "opponent_limit": NAN,
        "seed": 7,
    }
    full = [{**defaults, **row} for row in rows]
    for row in full:
        row.setdefault("standing", row["opponent"][-1] if row["opponent"] else NAN)
    width = columns or max((int(row["max_turns"]) for row in full), default=1)

    def column(name: str, dtype: type = np.float64) -> np.ndarray:
        values = np.array([row[name] for row in full], dtype=dtype)
        values.setflags(write=False)
        return values

    return PriceView(
        role=column("role", np.int64),
        turn=column("turn", np.int64),
        max_turns=column("max_turns", np.int64),
        game=np.arange(len(full)),
        game_seed=column("seed", np.uint64),
        reservation_price=column("limit"),
        price_low=column("low"),
        price_high=column("high"),
        standing_offer=column("standing"),
        own_offers=history([row["own"] for row in full], width),
        opponent_offers=history([row["opponent"] for row in full], width),
        opponent_reservation_price=column("opponent_limit"),
    )


def decide_one(policy: object, **row: object) -> tuple[str, float | None]:
    """("accept", None) or ("offer", price) of a policy at one decision point."""
    decision = policy.decide(make_view([row]))
    if decision.kind[0] == ACCEPT:
        return ("accept", None)
    assert decision.kind[0] == 0
    return ("offer", float(decision.price[0]))


def to_cent(price: float, role: int) -> float:
    """The nearest cent of the exact value, as the original strategies round."""
    return round(price, 2)


@dataclass
class Game:
    """One alternating-offers game between a buyer's and a seller's policy."""

    buyer: object
    seller: object
    buyer_max: float
    seller_min: float
    first: str = "buyer"
    max_turns: int = 20
    low: float = 200.0
    high: float = 1500.0
    known: bool = False
    seed: int = 7
    rounded: Callable[[float, int], float] = to_cent
    moves: list[tuple[int, str, str, float | None]] = field(default_factory=list)

    def play(self) -> Game:
        """Play to the end; ``moves`` are (turn, side, kind, price)."""
        offers: dict[str, list[float]] = {"buyer": [], "seller": []}
        order = ("buyer", "seller") if self.first == "buyer" else ("seller", "buyer")
        for turn in range(1, self.max_turns + 1):
            side, other = order[(turn - 1) % 2], order[turn % 2]
            role = BUYER if side == "buyer" else SELLER
            limits = (self.buyer_max, self.seller_min) if role == BUYER else (self.seller_min, self.buyer_max)
            kind, price = decide_one(
                self.buyer if side == "buyer" else self.seller,
                role=role,
                limit=limits[0],
                opponent_limit=limits[1] if self.known else NAN,
                low=self.low,
                high=self.high,
                turn=turn,
                max_turns=self.max_turns,
                own=tuple(offers[side]),
                opponent=tuple(offers[other]),
                seed=self.seed + (role > 0),
            )
            if price is not None:
                price = self.rounded(price, role)
                offers[side].append(price)
            self.moves.append((turn, side, kind, price))
            if kind == "accept":
                break
        return self

    @property
    def price(self) -> float | None:
        """The accepted price, or ``None``."""
        return self.moves[-2][3] if self.moves and self.moves[-1][2] == "accept" else None

    def prices(self, side: str) -> list[float]:
        """The offers of one side."""
        return [price for _, who, kind, price in self.moves if who == side and kind == "offer"]


class Refusing:
    """A partner that repeats its own extreme and accepts nothing."""

    def reset(self, size: int, seed: int | None = None) -> None:
        """Nothing to prepare."""

    def decide(self, view: PriceView) -> PriceDecision:
        """Offer the best end of the public range."""
        price = np.where(view.role > 0, view.price_high, view.price_low)
        return PriceDecision(kind=np.zeros(len(view), dtype=np.int8), price=price)
