"""What the opponent's proposals say about its values: a frequency model, as agents of the ANAC competitions use.

After Baarslag, Hendrikx, Hindriks, Jonker (2013), "Predicting the Performance of Opponent Models in Automated
Negotiation", who compare such models: what is asked for often, and what stays the same from one proposal to the next,
is worth much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import Float64
from negotiation_policies.multi_item.utilities import known_columns
from negotiation_policies.parameters import check_number


@dataclass(frozen=True)
class Modelling:
    """The parameters of the frequency model.

    Attributes:
        model_prior: how many proposals that keep everything are added to those seen.
        model_stability: how much more a type is worth that never changes than one that always does.
    """

    model_prior: float = 1.0
    model_stability: float = 1.0

    def check_model(self) -> None:
        """Raise ``ValueError`` for a parameter outside its range."""
        check_number("model_prior", self.model_prior, low=0.0)
        check_number("model_stability", self.model_stability, low=0.0)

    def opponent_weights(self, view: MultiItemView) -> Float64:
        """What an item of each type is worth to the opponent (B, I), as a share of what its whole pool is worth.

        With K proposals, ``f_i`` the mean share of type i that the opponent keeps in them and in ``model_prior`` more
        that keep all, and ``s_i`` the share of the K - 1 changes of proposal that leave type i as it was::

            weight_i = a_i / sum_j quantity_j a_j,  a_i = f_i (1 + model_stability s_i)

        Without proposals all items are alike.
        """
        offers = known_columns(view, view.opponent_offers)
        pool = np.maximum(view.quantities, 1)
        made = offers[:, :, :1] >= 0
        count = made.sum(axis=1)
        kept = np.where(made, 1.0 - offers / pool[:, None], 0.0).sum(axis=1)
        seen = self.model_prior + count
        asked = np.where(seen > 0.0, (self.model_prior + kept) / np.where(seen > 0.0, seen, 1.0), 1.0)
        same = ((offers[:, 1:] == offers[:, :-1]) & made[:, 1:]).sum(axis=1) / np.maximum(count - 1, 1)
        importance = asked * (1.0 + self.model_stability * same)
        total = (view.quantities * importance).sum(axis=1, keepdims=True)
        alike = 1.0 / np.maximum(view.quantities.sum(axis=1, keepdims=True), 1)
        return np.asarray(np.where(total > 0.0, importance / np.where(total > 0.0, total, 1.0), alike))
