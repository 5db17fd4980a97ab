"""How games of threads end: errors, games that nobody waits for, Ctrl-C; whatever has ended is kept."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from slow_players import Slow, run_of

from negotiation_env import PriceDecision, rollout, seeding
from negotiation_env.run import make_run
from negotiation_env.threads import play_as_ended
from negotiation_env.waiting import cancelled_with_game


class Failing(Slow):
    """Does what is wrong in one game."""

    def __init__(self, game, run_seed, error):
        super().__init__(pause=0.0)
        self.game, self.error = game, error
        run = make_run("price", {"buyer_0": "linear", "seller_0": "linear"}, run_seed)
        games = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, game + 1, run_seed)
        self.limit = games.episodes["buyer_max"][game]
        assert run.seed == run_seed

    def decide(self, view):
        if view.reservation_price[0] == self.limit and view.turn[0] > 2:
            if self.error is not None:
                raise self.error
            return PriceDecision(np.array([0]), np.array([1e9]))
        return super().decide(view)


@pytest.mark.parametrize("error", [None, RuntimeError("no answer"), SystemExit(3), StopIteration("odd")])
def test_an_error_of_one_game_is_raised_in_the_caller(error):
    run = run_of(Failing(5, 3, error))
    with pytest.raises(RuntimeError if isinstance(error, StopIteration) else type(error or ValueError())) as caught:
        list(play_as_ended(run, range(10), 4))
    if not isinstance(error, SystemExit | StopIteration):
        assert any(f"of game {run.run_id}-5." in note for note in caught.value.__notes__)


@pytest.mark.parametrize("engine", ["serial", "thread"])
def test_an_error_names_its_game(engine):
    run = run_of(Failing(0, 3, None))
    with pytest.raises(ValueError, match="must be inside") as caught:
        rollout("price", {"buyer_0": run.players[0][0].policy, "seller_0": "tit_for_tat"}, 1, 3, engine=engine)
    (note,) = caught.value.__notes__
    assert note.startswith("This was on turn ")
    assert note.endswith("-0.")


def test_an_error_in_a_batch_names_the_games_of_its_rows():
    class Refusing(Slow):
        def decide(self, view):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        rollout("price", {"buyer_0": Refusing(), "seller_0": "linear"}, 10, 3, first_mover="buyer")
    assert "-0, " in caught.value.__notes__[0]
    assert "and 7 more, one a row." in caught.value.__notes__[0]


def test_what_goes_wrong_while_watching_is_raised():
    def watch(_):
        raise OSError("the screen is gone")

    with pytest.raises(OSError, match="screen"):
        list(play_as_ended(run_of(), range(3), 2, watch=watch))


@pytest.mark.parametrize("way", ["an error", "closing", "forgetting"])
def test_games_that_nobody_waits_for_end(way):
    class Endless(Slow):
        def decide(self, view):
            if way == "an error" and view.turn[0] > 6:
                raise RuntimeError("no answer")
            walks = way != "an error" and view.game_seed[0] == first
            time.sleep(0.02)
            return PriceDecision(np.array([2 if walks else 0]), np.array([500.0]))

    others = set(threading.enumerate())  # a game of another test may end just now

    def waiting():
        return [
            thread
            for thread in threading.enumerate()
            if thread not in others and thread.name.startswith("negotiation-game")
        ]

    run = make_run("price", {"buyer_0": Endless(), "seller_0": Endless()}, 0, max_turns=1000, first_mover="buyer")
    first = seeding.seat_seeds(seeding.game_keys(run.seed, np.array([0])))[0][0]
    parts = play_as_ended(run, range(4), 4)
    if way == "an error":
        with pytest.raises(RuntimeError, match="no answer"):
            next(parts)
    else:
        next(parts)
        assert len(waiting()) == 4
    if way == "closing":
        parts.close()
    del parts
    gc.collect()
    deadline = time.perf_counter() + 10
    while waiting() and time.perf_counter() < deadline:
        time.sleep(0.01)
    assert not waiting()


class Walking(Slow):
    """Ends its game at once."""

    def decide(self, view):
        return PriceDecision(np.array([2]), np.array([np.nan]))


def number_of(episodes):
    return int(episodes.batch.episodes["episode"][0])


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_games_that_have_ended_are_kept_whatever_happens_elsewhere(error):
    kept = []
    run = make_run("price", {"buyer_0": Walking(), "seller_0": Walking()}, 0)
    parts = play_as_ended(run, range(20), 6, keep=lambda part: kept.append(number_of(part)))
    reported = number_of(next(parts))
    deadline = time.perf_counter() + 10
    while len(kept) < 6 and time.perf_counter() < deadline:
        time.sleep(0.01)
    with pytest.raises(error):
        parts.throw(error)
    assert reported in kept
    assert len(kept) == len(set(kept)) == 6


def test_no_game_is_kept_after_one_that_could_not_be_kept():
    calls = []

    def fail(part):
        calls.append(number_of(part))
        raise OSError("the disk is full")

    run = make_run("price", {"buyer_0": Slow(), "seller_0": Slow()}, 0)
    with pytest.raises(OSError, match="the disk is full"):
        list(play_as_ended(run, range(20), 6, keep=fail))
    time.sleep(0.2)
    assert len(calls) == 1


@pytest.mark.parametrize("way", ["an error", "closing"])
def test_what_players_wait_for_is_cancelled_with_their_games(way):
    waiting, cancelled = [], []

    class Asking(Slow):
        def __deepcopy__(self, memo):
            return self

        def decide(self, view):
            if view.game_seed[0] == first and way == "an error":
                while len(waiting) < 3:
                    time.sleep(0.01)
                raise RuntimeError("no answer")
            if view.game_seed[0] == first:
                return PriceDecision(np.array([2]), np.array([np.nan]))
            answered = threading.Event()
            waiting.append(answered)
            with cancelled_with_game(answered.set):
                cancelled.append(answered.wait(20))
            return PriceDecision(np.array([2]), np.array([np.nan]))

    run = make_run("price", {"buyer_0": Asking(), "seller_0": Asking()}, 0, first_mover="buyer")
    first = seeding.seat_seeds(seeding.game_keys(run.seed, np.array([0])))[0][0]
    parts = play_as_ended(run, range(4), 4)
    if way == "an error":
        with pytest.raises(RuntimeError, match="no answer"):
            next(parts)
    else:
        next(parts)
        parts.close()
    deadline = time.perf_counter() + 10
    while len(cancelled) < len(waiting) and time.perf_counter() < deadline:
        time.sleep(0.01)
    assert cancelled == [True] * len(waiting)


def test_nothing_is_cancelled_where_no_game_is_played():
    with cancelled_with_game(pytest.fail):
        pass


CTRL_C = """
import sys, time
import numpy as np
from negotiation_env import PriceDecision, rollout
class Asleep:
    def reset(self, size, seed=None): pass
    def decide(self, view):
        sys.stdout.write("asleep\\n")
        sys.stdout.flush()
        time.sleep(60)
rollout("price", {"buyer_0": Asleep(), "seller_0": Asleep()}, 3, seed=0, engine="thread", workers=3)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_ends_at_once():
    with subprocess.Popen([sys.executable, "-c", CTRL_C], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(3):
            assert process.stdout.readline() == b"asleep\n"
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert time.perf_counter() - sent < 5.0
    assert b"KeyboardInterrupt" in errors


def test_endless_recursion_of_a_policy_is_an_error():
    class Endless(Slow):
        def __repr__(self):
            return repr([self])

        def decide(self, view):
            return repr(self)

    with pytest.raises(RecursionError):
        list(play_as_ended(make_run("price", {"buyer_0": Endless(), "seller_0": "linear"}, 0), [0], 1))
