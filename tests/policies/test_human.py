"""A person at the terminal: what is shown, what can be typed, and what is asked back."""

import copy
import io
import os
import pickle
import re
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import price_table
import pytest
import split_table
from negotiation_policies.human.multi_item import HumanMultiItem, SplitPoint
from negotiation_policies.human.plain_text import plain_text
from negotiation_policies.human.price import HumanPrice, PricePoint
from negotiation_policies.human.terminal import LONGEST, Terminal, this_terminal
from rich.console import Console

from negotiation_env import list_policies, make_policy, play, rollout
from negotiation_env.policy import ACCEPT, OFFER, WALK
from negotiation_env.registry import make_player, policy_params

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


# Moves of the price domain ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("450", 450.0),
        ("  450.5 ", 450.5),
        ("offer 450", 450.0),
        ("OFFER $700", 700.0),
        ("I offer 450.25", 450.25),
        ("450.250", 450.25),
        ("\x1b[C450\x1b[D", 450.0),
        ("How about 450?", 450.0),
        ("I can offer 450, no more", 450.0),
    ],
)
def test_offers_are_read(typed, price):
    decision, _ = buying(typed)
    assert decision.kind.tolist() == [OFFER]
    assert decision.price.tolist() == [price]
    assert decision.message is None


@pytest.mark.parametrize("typed", ["accept", "a", "A", "deal", "Deal!", "accept it", "I accept your offer."])
def test_acceptances_are_read(typed):
    decision, typist = buying(typed)
    assert decision.kind.tolist() == [ACCEPT]
    assert "You accept 800.00" in typist.screen


@pytest.mark.parametrize("typed", ["walk", "w", "walk away", "quit", "q", "Quit game", "exit", "I'm leaving."])
def test_walking_away_is_read(typed):
    decision, typist = buying(typed)
    assert decision.kind.tolist() == [WALK]
    assert "You walk away" in typist.screen


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("50", "A price must be from 200.00 to 1,500.00."),
        ("1,500.01", "A price must be from 200.00 to 1,500.00."),
        ("9" * 400, "A price must be from 200.00 to 1,500.00."),
        ("450.555", "450.555 is no price of this game. Offer 450.56 instead."),
        ("1.200", "A price must be from"),
        ("450 or 500", "('help' lists what can be typed.)"),
        ("cheaper!", "The reply states no move."),
        ("I can pay 450 if you throw in a bag", "An offer cannot carry a condition."),
        ("", "Type a move, such as '850', or 'help'."),
        ("\x1b[A", "Type a move, such as '850', or 'help'."),
    ],
)
def test_what_cannot_be_played_is_explained_and_asked_again(typed, shown):
    decision, typist = buying(typed, "700")
    assert decision.price.tolist() == [700.0]
    assert shown in typist.screen
    assert len(typist.prompts) == 2


def test_nothing_can_be_accepted_before_there_is_an_offer():
    decision, typist = buying("accept", "450", opponent=(), turn=1)
    assert decision.price.tolist() == [450.0]
    assert "There is nothing to accept yet. Make an offer." in typist.screen
    assert "Nothing is on the table yet." in typist.screen
    assert typist.prompts == ["offer, walk or help > "] * 2


def test_prices_are_those_of_the_game():
    view = replace(price_table.make_view([BUYER]), tick=0.5, price_points=14)  # 200, 300, ..., 1500
    typist = Typist("450", "400")
    assert HumanPrice(typist.open).decide(view).price.tolist() == [400.0]
    assert "450.00 is no price of this game. Offer 400.00 instead." in typist.screen


@pytest.mark.parametrize(
    ("lines", "kind", "price"),
    [
        (("850", "y"), ACCEPT, None),
        (("800", "y"), ACCEPT, None),
        (("850", "n", "y"), OFFER, 850.0),
        (("850", "n", "n", "750"), OFFER, 750.0),
        (("850", "what", "", "YES"), ACCEPT, None),
        (("I can offer 850, no more", "y"), ACCEPT, None),
    ],
)
def test_an_offer_no_better_than_the_one_on_the_table_is_asked_about(lines, kind, price):
    decision, typist = buying(*lines)
    assert decision.kind.tolist() == [kind]
    assert "no better for you than 800.00, which is on the table. Accept that instead? [y/n] " in typist.prompts[1]
    if price is not None:
        assert decision.price.tolist() == [price]


@pytest.mark.parametrize(
    ("lines", "row", "kind"),
    [
        (("accept", "n", "650"), {"limit": 700.0}, OFFER),
        (("accept", "y"), {"limit": 700.0}, ACCEPT),
        (("750", "n", "650"), {"limit": 700.0}, OFFER),
        (("750", "y"), {"limit": 700.0}, OFFER),
        (("350", "y"), {"role": 1, "limit": 400.0, "opponent": (300.0,)}, OFFER),
        (("850", "y", "y"), {"limit": 700.0}, ACCEPT),
        (("700",), {"limit": 700.0}, OFFER),
    ],
)
def test_what_is_beyond_the_own_limit_is_confirmed(lines, row, kind):
    decision, typist = buying(*lines, **row)
    assert decision.kind.tolist() == [kind]
    if len(lines) > 1:
        assert "beyond your limit: the deal would cost you" in " ".join(typist.prompts)
    if lines[-1] == "650":
        assert decision.price.tolist() == [650.0]


# What is shown ------------------------------------------------------------------------------------------------


def test_the_screen_shows_what_a_buyer_must_know():
    row = {"opponent": (820.0, 800.0), "own": (300.0,), "turn": 4}
    _, typist = buying("walk", **row)
    for text in ("turn 4 of 20", "You are the buyer and pay at most 900.00.", "Prices go from 200.00 to 1,500.00."):
        assert text in typist.screen
    assert "On the table: 800.00. Accepting would earn you 100.00." in typist.screen
    moves = [line.split() for line in typist.screen.splitlines() if re.match(r" +\d", line)]
    assert moves == [
        ["1", "seller", "820.00", "80.00"],
        ["2", "you", "300.00", "600.00"],
        ["3", "seller", "800.00", "100.00"],
    ]
    assert typist.prompts == ["offer, accept, walk or help > "]


def test_the_other_limit_is_shown_only_where_it_is_known():
    assert "takes at least" not in buying("walk")[1].screen
    assert "The seller takes at least 512.34." in buying("walk", opponent_limit=512.34)[1].screen
    seller = buying("walk", role=1, limit=400.0, opponent_limit=1000.0)[1].screen
    assert "You are the seller and take at least 400.00. The buyer pays at most 1,000.00." in seller


def test_a_loss_and_the_deadline_are_pointed_out():
    _, typist = buying("walk", limit=700.0, turn=20)
    assert "Accepting would cost you 100.00 (beyond your limit)." in typist.screen
    assert "an offer can no longer be answered" in typist.screen
    assert "this is your last offer" in buying("walk", turn=19)[1].screen
    assert "deadline" not in buying("walk", turn=18)[1].screen


@pytest.mark.parametrize("typed", ["help", "?", "H"])
def test_help_is_shown_and_true(typed):
    _, typist = buying(typed, "walk")
    assert "walk away: the game ends without a deal" in typist.screen


@pytest.mark.parametrize(
    ("decide", "text", "row"),
    [(buying, PricePoint.help, {}), (splitting, SplitPoint.help, {"pool": (1, 1, 2), "opponent": ((0, 0, 0),)})],
)
def test_what_the_help_says_can_be_typed(decide, text, row):
    for line in text.splitlines():
        commands, what = re.split(r"  +", line, maxsplit=1)
        for example in [what.partition("such as: ")[2]] if "such as: " in what else commands.split(", "):
            if example not in ("Ctrl-C", "help", "?"):
                decision, typist = decide(example, **row)
                assert decision.kind[0] in (OFFER, ACCEPT, WALK)
                assert len(typist.prompts) == 1


def test_words_of_the_other_side_cannot_act_on_the_terminal():
    colours, title = "\x1b[31mHi\x1b[0m [bold]there[/bold] :smile:", "\x1b]0;owned\x07"
    hostile = f"{colours}{title} \u202ereversed\r\nline\ttwo \x9b2J\x1b(0\x00\ud800"
    decision, typist = buying("750", "thanks", chat=[(1, "seller_0", hostile)])
    assert "Last message from the seller: Hi [bold]there[/bold] :smile: reversed line two\n" in typist.screen
    assert not set(typist.screen) & set("\x1b\x9b\x07\x00\r\u202e\ud800")
    assert decision.message == ["thanks"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("never \x1b]0;ended", "never ]0;ended"),
        ("\x1b\x1b[31mx", "x"),
        ("\x9d0;title\x9cx\x90y\x07z", "xz"),
        ("caf\u00e9 \u4f60\u597d \u20ac5", "caf\u00e9 \u4f60\u597d \u20ac5"),
        ("zero\u200bwidth \u2066iso\u2069", "zerowidth iso"),
        ("", ""),
    ],
)
def test_plain_text(text, words):
    assert plain_text(text) == words


def test_plain_text_is_quick_on_anything():
    for piece in ("\x1b]", "\x1b[", "\x9d;", "\x1b[0;", "\x1bP\x1b"):
        assert len(plain_text(piece * 50_000)) < 150_001


def test_long_messages_are_cut_and_folded():
    long = "word " * 5000
    _, typist = buying("walk", "", chat=[(1, "seller_0", long)])
    assert typist.screen.count("word") < LONGEST / 4
    assert "(...)" in typist.screen
    assert max(map(len, typist.screen.splitlines())) <= 100


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_is_served(encoding):
    typist = Typist("walk", "", encoding=encoding)
    buying(typist=typist, chat=[(1, "seller_0", "\u4f60\u597d, 5 \u20ac")])
    assert "Last message from the seller: ??, 5 ?" in typist.screen


# Chat -----------------------------------------------------------------------------------------------------------


def test_a_bare_command_is_followed_by_an_optional_message():
    for said, message in (("hello\x1b[1m there", "hello there"), ("", None), ("  ", None)):
        decision, typist = buying("700", said, chat=[])
        assert decision.message == [message]
        assert typist.prompts[-1] == "message to the seller (Enter for none) > "
    assert buying("accept", "Thank you", chat=[])[0].message == ["Thank you"]


def test_a_sentence_is_its_own_message():
    decision, typist = buying("I can offer 450, no more", chat=[])
    assert decision.message == ["I can offer 450, no more"]
    assert len(typist.prompts) == 1


def test_words_are_not_kept_where_they_do_not_belong():
    decision, typist = buying("I can offer 450, no more")
    assert decision.message is None
    assert "You offer 450.00; there is no chat in this game, so your words are not sent." in typist.screen
    decision, _ = buying("I can offer 850, no more", "y", "", chat=[])
    assert decision.kind.tolist() == [ACCEPT]
    assert decision.message == [None]


def test_the_moves_show_what_was_said():
    chat = [(1, "seller_0", "Fine bike."), (2, "buyer_0", "Too much."), (3, "seller_0", "Never!")]
    _, typist = buying("walk", "", chat=chat, opponent=(820.0, 800.0), own=(300.0,), turn=4)
    assert re.search(r"2 +you +300.00 +600.00 +Too much\.", typist.screen)
    assert "Last message from the seller: Never!" in typist.screen


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


# As a policy ----------------------------------------------------------------------------------------------------


def test_the_end_of_the_input_is_an_error_and_no_move():
    for lines in ((), ("help",), ("850",), ("700",)):
        with pytest.raises(RuntimeError, match="policy 'human' needs a person at a terminal"):
            buying(*lines, chat=[])
    with pytest.raises(RuntimeError, match="needs a person at a terminal"):
        play("price", {"buyer_0": HumanPrice(Typist("300").open), "seller_0": "hardliner"}, seed=0)
    with pytest.raises(RuntimeError, match="needs a person at a terminal"):
        buying(OSError(5, "Input/output error"))


def test_an_interrupt_passes_through_and_the_next_one_can_be_asked():
    with pytest.raises(KeyboardInterrupt):
        buying(KeyboardInterrupt())
    assert buying("walk")[0].kind.tolist() == [WALK]


def test_bytes_that_are_no_text_are_asked_again():
    decision, typist = buying(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "700")
    assert decision.price.tolist() == [700.0]
    assert "no text in UTF-8" in typist.screen


def test_rows_are_asked_one_after_the_other_under_their_number():
    typist = Typist("700", "walk", "1 1 1")
    policy = HumanPrice(typist.open)
    policy.reset(3, seed=0)
    view = price_table.make_view([BUYER, BUYER, BUYER]).take(np.array([0, 2]))
    decision = policy.decide(view)
    assert decision.kind.tolist() == [OFFER, WALK]
    assert decision.price[0] == 700.0
    assert [line.strip("\u2500 ") for line in typist.screen.splitlines() if "Game" in line] == [
        "Game 1 of 3, turn 2 of 20",
        "Game 3 of 3, turn 2 of 20",
    ]
    assert policy.decide(view.take(np.array([], dtype=np.int64))).price.shape == (0,)
    view = split_table.make_view([ITEMS, ITEMS])
    decision = HumanMultiItem(Typist("2 1 1", "a").open).decide(view)
    assert decision.kind.tolist() == [OFFER, ACCEPT]
    assert decision.keep[0].tolist() == [2, 1, 1]


def test_threads_do_not_ask_at_once():
    asking, most = [], []

    def read(prompt):
        asking.append(prompt)
        most.append(len(asking))
        threading.Event().wait(0.02)
        asking.pop()
        return "450"

    policy = HumanPrice(lambda: Terminal(Console(file=io.StringIO()), read))
    view = price_table.make_view([BUYER, BUYER])
    threads = [threading.Thread(target=policy.decide, args=(view,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def test_whole_games_are_played_and_recorded():
    typist = Typist("300", "hello", "I can offer 400, no more", "accept", "y", "bye")
    games = rollout(
        "price", {"buyer_0": HumanPrice(typist.open), "seller_0": "hardliner"}, 1, seed=0, chat=True,
        first_mover="buyer", options={"buyer_max": 600.0, "seller_min": 400.0},
    )  # fmt: skip
    assert games[0].deal
    mine = [move for move in games[0].moves if move[1] == "buyer_0"]
    assert mine == [
        (1, "buyer_0", "offer", 300.0, "hello"),
        (3, "buyer_0", "offer", 400.0, "I can offer 400, no more"),
        (5, "buyer_0", "accept", None, "bye"),
    ]
    assert games.run.identity["players"][0] == [{"strategy": "human", "params": {}}]
    typist = Typist("1 1 1 1", "accept")
    players = {"agent_0": HumanMultiItem(typist.open), "agent_1": "conceder"}
    assert play("multi_item", players, seed=0, first_mover="agent_0", num_items=4).deal


@pytest.mark.parametrize("domain", ["price", "multi_item"])
def test_human_is_registered_as_a_person_without_parameters(domain):
    assert "human" in list_policies(domain)
    assert "human" in list_policies(domain, kind="human")
    assert "human" not in list_policies(domain, kind="scripted")
    policy = make_policy("human", domain=domain)
    assert policy_params(policy) == {}
    assert make_player(policy, domain).name == "human"
    with pytest.raises(TypeError, match="has no parameter 'console'"):
        make_policy("human:console=x", domain=domain)
    for copied in (copy.deepcopy(policy), pickle.loads(pickle.dumps(policy))):
        assert copied.open_terminal is this_terminal


@pytest.mark.parametrize(("terminal", "shown_on"), [(True, "out"), (False, "err")])
def test_results_are_left_alone_on_a_redirected_standard_output(terminal, shown_on, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: print(prompt, end="") or "walk")
    assert make_policy("human").decide(price_table.make_view([BUYER])).kind.tolist() == [WALK]
    captured = capsys.readouterr()
    other = {"out": captured.err, "err": captured.out}[shown_on]
    assert "Prices go from" in getattr(captured, shown_on)
    assert "offer, accept, walk or help > " in getattr(captured, shown_on)
    assert other == ""


def test_without_any_standard_input_the_error_is_the_same(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(RuntimeError, match="needs a person at a terminal"):
        make_policy("human").decide(price_table.make_view([BUYER]))


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals")
def test_a_game_at_a_real_terminal():
    ours, theirs = os.openpty()
    code = (
        "from negotiation_env import play; "
        "print(play('price', {'buyer_0': 'human', 'seller_0': 'boulware_firm'}, seed=3, first_mover='buyer').ended_by)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs) as game:
        os.close(theirs)
        os.write(ours, b"300\nwalk\n")
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(ours)
    assert game.returncode == 0
    assert b"offer, accept, walk or help > " in shown
    assert b"You walk away." in shown
    assert shown.split()[-1] == b"walk"
