"""Figures that compare players over many games: how their payoffs are spread, and how often they come off better."""

from __future__ import annotations

from negotiation_env.comparisons.bars import record_figure
from negotiation_env.comparisons.payoffs import SeatPayoffs, seat_payoffs
from negotiation_env.comparisons.violins import payoff_figure

__all__ = ["SeatPayoffs", "payoff_figure", "record_figure", "seat_payoffs"]
