"""Reading JSONL records back into `Games`, with every line checked.

A line that goes on as the lines before it say is recognised by comparing text: everything but its move is
known. Any other line (the first of a game, or one that another program has written) is parsed as JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np

from negotiation_env.policy import ACCEPT, OFFER
from negotiation_env.records.errors import RecordError
from negotiation_env.records.games import Games, commanded_rho, label
from negotiation_env.records.jsonl import ACTIONS, GameText, game_text, zopa_width
from negotiation_env.records.lines import OUTCOMES, GameFacts, Line, parse_line

_MOVE = re.compile(
    r'(OFFER|ACCEPT|WALK)","price":(null|\d+\.\d+)\},"reward":(-?\d+\.\d+(?:e-?\d+)?),"is_terminal":(true|false)'
)
_SAME = 1e-9
"""Shares of the surplus this close are the same."""


class _Game:
    """A game whose lines are being read."""

    def __init__(self, facts: GameFacts) -> None:
        self.facts = facts
        self.turn, self.seat = 1, facts.first
        self.kinds: list[int] = []
        self.offers: list[float] = []
        self.ends: list[bool] = []
        self.rewards = [0.0, 0.0]
        self.commanded = [commanded_rho(json.loads(params)) for params in facts.params]
        self.last, self.shown = "null", ""
        self.text = _text(facts, self.commanded)
