"""The terminal of a person: ends of input, interrupts, several games, threads, and a real one."""

import copy
import io
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import price_table
import pytest
import split_table
from negotiation_policies.human.multi_item import HumanMultiItem
from negotiation_policies.human.price import HumanPrice
from negotiation_policies.human.terminal import Terminal, this_terminal
from rich.console import Console
from typist import BUYER, ITEMS, Typist, buying

from negotiation_env import list_policies, make_policy, play, rollout
from negotiation_env.policy import ACCEPT, OFFER, WALK
from negotiation_env.registry import make_player, policy_params

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
