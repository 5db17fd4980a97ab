"""Games of splits to be drawn, and what stands in a drawing."""

import numpy as np
import pytest

from negotiation_env import rollout
from negotiation_env.multi_item.view import MultiItemDecision
from negotiation_env.splits import all_splits

pytest.importorskip("matplotlib")


class Conceder:
    """Proposes the worst split that is worth its aspiration, which falls over time; accepts what is worth as much."""

    def __init__(self, end=0.3, name="conceder"):
        self.end, self.name = end, name

    def reset(self, size, seed):
        pass

    def decide(self, view):
        kinds, keeps = [], []
        for row, pool in enumerate(view.quantities):
            splits = all_splits(pool)
            worth = splits @ view.values[row]
            level = (1 - (1 - self.end) * (view.turn[row] - 1) / max(view.max_turns[row] - 1, 1)) * worth.max() - 1e-9
            standing = view.standing_offer[row]
            kinds.append(int(standing[0] >= 0 and standing @ view.values[row] >= level))
            keeps.append(splits[np.where(worth >= level, worth, np.inf).argmin()])
        return MultiItemDecision(np.array(kinds), np.array(keeps))


class Always:
    """Makes moves of one kind: walks away (2), or fails (3)."""

    def __init__(self, kind):
        self.kind, self.name = kind, f"always_{kind}"

    def reset(self, size, seed):
        pass

    def decide(self, view):
        return MultiItemDecision(np.full(len(view), self.kind), np.zeros_like(view.quantities))


def games(count, first=None, second=None, **settings):
    players = {"agent_0": first or Conceder(), "agent_1": second or Conceder()}
    return rollout("multi_item", players, count, 0, **settings)


def drawn(axes, gid):
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def points_of(axes, gid):
    """All data points of the artists with this name, sorted."""
    found = [a.get_offsets() if hasattr(a, "get_offsets") else a.get_xydata() for a in drawn(axes, gid)]
    return sorted(map(tuple, np.concatenate(found).tolist())) if found else []
