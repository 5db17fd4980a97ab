"""Policies whose games can be worked out by hand, and some that go wrong; and what tests ask of result folders."""

import numpy as np

from negotiation_env import PriceDecision

THREE = "boulware_firm,linear,tit_for_tat"


class Claims:
    """Knows the surplus, asks for a share of it and takes whatever gives it no less."""

    def __init__(self, share):
        self.share, self.name, self.params = share, f"claims_{share}", {"share": share}

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        surplus = view.role * (view.opponent_reservation_price - view.reservation_price)
        price = view.reservation_price + view.role * self.share * surplus
        accept = view.role * (view.standing_offer - price) >= -0.02
        return PriceDecision(np.where(accept, 1, 0), price)


class Crashes:
    """Plays for two turns and then raises, until it is mended."""

    name, params, is_mended = "crashes", {}, False

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        if view.turn[0] > 2 and not Crashes.is_mended:
            raise ZeroDivisionError("the network has exploded")
        return PriceDecision(np.zeros(len(view), dtype=int), np.where(view.role > 0, view.price_high, view.price_low))


class Faulty:
    """Its server fails in every game in which it moves on turn 3, until it is mended."""

    name, params, is_mended = "faulty", {}, False

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        kind = np.where((view.turn == 3) & ~np.full(len(view), Faulty.is_mended), 3, 0)
        return PriceDecision(kind, np.where(view.role > 0, view.price_high, view.price_low))


class Sloppy:
    """Holds out, and notes two unusable replies on each of its moves."""

    name, params = "sloppy", {}

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        price = np.where(view.role > 0, view.price_high, view.price_low)
        return PriceDecision(np.zeros(len(view), dtype=int), price, None, [{"illegal": 2}] * len(view))


class Talks:
    """Waits for a server, as language models do, says its price and takes what is on the table on turn 3 or 4."""

    name, params, games_at_once = "talks", {}, 2

    def reset(self, size, seed=None):
        pass

    def decide(self, view):
        price = (view.price_low + view.price_high) / 2
        return PriceDecision(np.where(view.turn > 2, 1, 0), price, [f"{value:.0f}, please" for value in price])


def results_of(folder):
    """The bytes of every file that must not depend on the run."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "timings.parquet"
    }
