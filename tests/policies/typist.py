"""Somebody who types: what a person does at the terminal, line by line."""

import io
from dataclasses import replace

import price_table
import split_table
from negotiation_policies.human.multi_item import HumanMultiItem
from negotiation_policies.human.price import HumanPrice
from negotiation_policies.human.terminal import Terminal
from rich.console import Console

BUYER = {"role": -1, "limit": 900.0, "opponent": (800.0,), "turn": 2}


ITEMS = {"turn": 2, "opponent": ((0, 1, 1),)}
"""The pool (2, 1, 1) worth 1, 3 and 5 each; 0 1 1, worth 8, is on the table."""


class Typist:
    """Types the given lines, remembers the prompts and the screen."""

    def __init__(self, *lines, width=100, encoding="utf-8"):
        self.lines = list(lines)
        self.prompts = []
        self.file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
        self.console = Console(file=self.file, width=width)

    def read(self, prompt):
        self.prompts.append(prompt)
        if not self.lines:
            raise EOFError
        line = self.lines.pop(0)
        if isinstance(line, BaseException):
            raise line
        return line

    def open(self):
        return Terminal(self.console, self.read)

    @property
    def screen(self):
        return self.file.buffer.getvalue().decode(self.file.encoding)


def buying(*lines, chat=None, typist=None, **row):
    """What a buyer decides that types the lines, and what it saw."""
    typist = typist or Typist(*lines)
    view = price_table.make_view([{**BUYER, **row}])
    if chat is not None:
        view = replace(view, messages=[chat])
    decision = HumanPrice(typist.open).decide(view)
    assert not typist.lines, "not every line was asked for"
    return decision, typist


def splitting(*lines, chat=None, **row):
    typist = Typist(*lines)
    view = split_table.make_view([{**ITEMS, **row}])
    if chat is not None:
        view = replace(view, messages=[chat])
    decision = HumanMultiItem(typist.open).decide(view)
    assert not typist.lines, "not every line was asked for"
    return decision, typist
