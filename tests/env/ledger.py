"""An account of one game by the rules in words, kept apart from the package, to hold an environment against."""

from dataclasses import dataclass, field

OFFER, ACCEPT, WALK, PASS = "offer", "accept", "walk", "pass"
PAYOFF_NOISE = 1e-9


@dataclass
class Ledger:
    """Alternating offers until a deal, a walk-away or the deadline.

    Attributes:
        agents: both names, seat 0 first.
        first: the seat that moves first.
        max_turns: the deadline.
        moves: (turn, agent, kind, what was offered or None, message), as an environment tells them.
        offer: (turn, seat, what was offered) of the offer on the table; ``None`` if there is none.
    """

    agents: tuple[str, str]
    first: int
    max_turns: int
    turn: int = 1
    ended_by: str = ""
    offer: tuple | None = None
    moves: list = field(default_factory=list)
    illegal: list = field(default_factory=lambda: [0, 0])

    @property
    def mover(self):
        return (self.first + self.turn + 1) % 2

    def allows(self, kind):
        """Whether the mover may make a move of this kind."""
        return kind in (OFFER, WALK) or (kind == ACCEPT and self.offer is not None and self.offer[1] != self.mover)

    def note(self, kind, offered=None, message=None):
        """Note what the mover does; what it may not do only costs its turn."""
        if not self.allows(kind):
            self.illegal[self.mover] += 1
        else:
            told = offered if kind == OFFER else None
            self.moves.append((self.turn, self.agents[self.mover], kind, told, message))
            if kind == OFFER:
                self.offer = (self.turn, self.mover, offered)
            self.ended_by = {ACCEPT: "deal", WALK: "walk"}.get(kind, "")
        if not self.ended_by and self.turn == self.max_turns:
            self.ended_by = "deadline"
        self.turn += 1


def check_price_outcome(ledger, outcome, rewards, facts):
    """What a price game pays: both gains together are the surplus, each share is discounted, and none is above 1."""
    buyer_max, seller_min, low, high, discounts = facts
    if ledger.ended_by != "deal":
        assert outcome["price"] is None
        assert outcome["rho"] == -1.0
        assert tuple(rewards) == (0.0, 0.0)
        return
    turn, _, price = ledger.offer
    assert outcome["price"] == price
    assert low <= price <= high
    gains = (buyer_max - price, price - seller_min)
    paid = tuple(outcome["payoffs"].values())
    assert abs(sum(paid) - (buyer_max - seller_min)) < 1e-6
    for seat in (0, 1):
        assert abs(paid[seat] - gains[seat]) < 1e-6
        expected = gains[seat] / (high - low) * discounts[seat] ** (turn - 1)
        assert abs(rewards[seat] - expected) < PAYOFF_NOISE
        assert -1.0 <= rewards[seat] <= 1.0


def check_split_outcome(ledger, outcome, rewards, facts):
    """What a split pays: every item goes to one of both, and nobody gets more than its pool is worth."""
    quantities, values, disagreement, discounts = facts
    keep, paid = list(outcome["keep"].values()), list(outcome["payoffs"].values())
    if ledger.ended_by != "deal":
        assert keep == [[-1] * len(quantities)] * 2
        assert paid == list(disagreement)
        assert tuple(rewards) == (0.0, 0.0)
        return
    turn, proposer, kept = ledger.offer
    assert keep[proposer] == kept
    assert [one + two for one, two in zip(*keep, strict=True)] == list(quantities)
    assert min(keep[0] + keep[1]) >= 0
    for seat in (0, 1):
        pool = sum(value * there for value, there in zip(values[seat], quantities, strict=True))
        utility = sum(value * count for value, count in zip(values[seat], keep[seat], strict=True))
        assert abs(paid[seat] - utility) < PAYOFF_NOISE * max(1.0, pool)
        expected = (utility - disagreement[seat]) / pool * discounts[seat] ** (turn - 1)
        assert abs(rewards[seat] - expected) < PAYOFF_NOISE * max(1.0, abs(expected))
        least, most = -disagreement[seat] / pool, (pool - disagreement[seat]) / pool
        assert min(least, 0.0) - PAYOFF_NOISE <= rewards[seat] <= max(most, 0.0) + PAYOFF_NOISE
