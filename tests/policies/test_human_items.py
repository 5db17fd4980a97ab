"""A person who splits items: what is shown, what can be typed, and what is asked back."""

import re
from dataclasses import replace

import numpy as np
import pytest
import split_table
from negotiation_policies.human.multi_item import HumanMultiItem
from typist import ITEMS, Typist, splitting

from negotiation_env.policy import ACCEPT, OFFER, WALK

# Splitting items ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "keep"),
    [
        ("2 0 1", [2, 0, 1]),
        ("keep 1 1 1", [1, 1, 1]),
        ("1,1,1", [1, 1, 1]),
        ("[1, 1, 1]", [1, 1, 1]),
        ("I keep everything", [2, 1, 1]),
        ("I keep 1 of item 1, you get the rest", [1, 0, 0]),
    ],
)
def test_proposals_are_read(typed, keep):
    decision, _ = splitting(typed, opponent=((0, 0, 0),))
    assert decision.kind.tolist() == [OFFER]
    assert decision.keep.tolist() == [keep]
    assert decision.message is None


def test_splits_are_accepted_and_walked_away_from():
    decision, typist = splitting("accept")
    assert decision.kind.tolist() == [ACCEPT]
    assert "You accept 0 1 1." in typist.screen
    assert splitting("walk")[0].kind.tolist() == [WALK]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("3 0 0", "You cannot keep 3 of item 1: there are 2."),
        ("2 0 5", "You cannot keep 5 of item 3: there is 1."),
        ("2 1", "Write 3 numbers, one for each item; you wrote 2."),
        ("7", "Write 3 numbers, one for each item; you wrote 1."),
        ("more please", "The reply states no move."),
        ("", "Type a move, such as '2 1 1', or 'help'."),
    ],
)
def test_proposals_that_cannot_be_are_explained(typed, shown):
    decision, typist = splitting(typed, "2 1 1")
    assert decision.keep.tolist() == [[2, 1, 1]]
    assert shown in typist.screen


def test_proposals_no_better_than_the_standing_one_or_disagreement_are_asked_about():
    decision, typist = splitting("2 0 1", "y")  # worth 7; 0 1 1 is worth 8
    assert decision.kind.tolist() == [ACCEPT]
    assert "2 0 1 is no better for you than 0 1 1" in typist.prompts[1]
    decision, typist = splitting("accept", "n", "2 1 1", without=9.0)
    assert decision.keep.tolist() == [[2, 1, 1]]
    assert "0 1 1 is beyond your limit: the deal would cost you 1.00. Accept it all the same?" in typist.prompts[1]


def test_the_screen_shows_items_values_and_the_split_on_the_table():
    _, typist = splitting("walk", without=1.5)
    rows = {line.split("  ")[0].strip(): line.split() for line in typist.screen.splitlines() if line.startswith(" i")}
    assert rows["item 1"] == ["item", "1", "2", "1", "0", "2"]
    assert rows["item 3"] == ["item", "3", "1", "5", "1", "0"]
    assert rows["in all"] == ["in", "all", "4", "10", "worth", "8"]
    assert "You are agent_0. Without a deal you have 1.5." in typist.screen
    assert "On the table: 0 1 1. Accepting would earn you 6.50." in typist.screen
    assert "each to" not in typist.screen
    view = replace(split_table.make_view([ITEMS]), opponent_values=np.array([[4.0, 0.0, 2.0]]))
    known = Typist("walk")
    HumanMultiItem(known.open).decide(view)
    assert "each to agent_1" in known.screen
    assert re.search(r"in all +4 +10 +10 +worth 8 +worth 8", known.screen)


def test_a_split_can_come_with_a_message():
    decision, typist = splitting("2 1 1", "all mine", chat=[(1, "agent_1", "Fair is fair.")])
    assert decision.message == ["all mine"]
    assert "Last message from agent_1: Fair is fair." in typist.screen
    assert typist.prompts[-1] == "message to agent_1 (Enter for none) > "
