"""The engine ``thread``: the same games, players of its own for each thread, side by side."""

import threading
import time
from collections import Counter

import numpy as np
import pytest
from slow_players import Slow, run_of
from talkers import Talker, talking_run
from test_engine import assert_same

from negotiation_env import PriceDecision, rollout
from negotiation_env.domain import find_domain
from negotiation_env.records.generate import generate
from negotiation_env.run import make_run
from negotiation_env.threads import play_as_ended

PLAYERS = {
    "price": {"buyer_0": ["linear", "boulware_noisy", "tit_for_tat"], "seller_0": ["random", "micro_fine"]},
    "multi_item": {"agent_0": ["boulware", "random"], "agent_1": ["trade_off", "micro"]},
}


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("domain", sorted(PLAYERS))
def test_threads_give_the_same_bytes(domain, batch_size):
    alone = rollout(domain, PLAYERS[domain], 40, seed=3)
    seen = []
    threads = rollout(
        domain, PLAYERS[domain], 40, seed=3, engine="thread", workers=5, batch_size=batch_size, progress=seen.append
    )
    assert_same(alone, threads)
    assert sum(seen) == 40


def test_what_slow_players_say_is_the_same_too():
    settings = {"num_episodes": 12, "seed": 3, "chat": True}
    players = {"buyer_0": Slow(pause=0.001), "seller_0": Slow("tit_for_tat", 0.001)}
    alone = rollout("price", players, **settings)
    assert alone.decisions["message"][0]
    for workers in (3, 12):
        assert_same(alone, rollout("price", players, engine="thread", workers=workers, **settings))


def test_games_wait_side_by_side():
    class Waiting(Slow):
        def decide(self, view):
            time.sleep(0.3)
            return PriceDecision(np.array([2]), np.array([np.nan]))

    begun = time.perf_counter()
    rollout("price", {"buyer_0": Waiting(), "seller_0": Waiting()}, 20, seed=0, engine="thread", workers=20)
    assert time.perf_counter() - begun < 0.3 * 20 / 2


@pytest.mark.parametrize("workers", [1, 3, 40])
def test_bytes_on_disk_do_not_depend_on_threads(tmp_path, workers):
    generate(run_of(Slow(pause=0.001)), 12, tmp_path / "serial.jsonl", shard_size=1)
    generate(run_of(Slow(pause=0.001)), 12, tmp_path / "thread.jsonl", engine="thread", workers=workers)
    assert (tmp_path / "serial.jsonl").read_bytes() == (tmp_path / "thread.jsonl").read_bytes()


def test_a_recording_keeps_each_game_of_threads(tmp_path):
    path, kept = tmp_path / "games.jsonl", []

    def stop(count):
        kept.append(count)
        if len(kept) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"\d+ of 20 episodes are kept") as caught:
        generate(run_of(), 20, path, engine="thread", workers=4, progress=stop)
    assert kept == [1] * 5
    count = int(str(caught.value).split()[1])
    assert 5 <= count == generate(run_of(), 20, path, engine="thread", workers=4).resumed
    generate(run_of(), 20, tmp_path / "expected.jsonl")
    assert path.read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


class Stuck(Slow):
    """Waits in the first game of a run until it is told to stop or to go on."""

    def __init__(self, first, way=None):
        super().__init__(pause=0.0)
        self.first, self.way = first, way

    def __deepcopy__(self, memo):
        return self

    def decide(self, view):
        if self.way is not None and view.reservation_price[0] == self.first:
            self.way()
        return super().decide(view)


def test_a_recording_keeps_games_that_wait_for_an_earlier_one(tmp_path):
    path = tmp_path / "games.jsonl"
    first = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 1, 3).episodes["buyer_max"][0]

    def fail():
        deadline = time.perf_counter() + 10
        while len(list(tmp_path.glob("*.shards/games-*.npz"))) < 7 and time.perf_counter() < deadline:
            time.sleep(0.01)
        raise ConnectionError("the model is gone")

    with pytest.raises(ConnectionError, match="the model is gone"):
        generate(run_of(Stuck(first, fail)), 8, path, engine="thread", workers=4)
    assert generate(run_of(Stuck(first)), 8, path, engine="thread", workers=4).resumed == 7
    generate(run_of(Stuck(first)), 8, tmp_path / "expected.jsonl")
    assert path.read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_a_recording_plays_its_faults_again_in_threads(tmp_path, monkeypatch):
    path, names, decide = tmp_path / "games.jsonl", set(), Talker.decide

    def stop(_):
        raise KeyboardInterrupt

    def watched(self, view):
        names.add(threading.current_thread().name)
        return decide(self, view)

    with pytest.raises(KeyboardInterrupt, match=r"\d+ of 8 episodes are kept"):
        generate(talking_run(fails=1, patience=1), 8, path, engine="thread", workers=4, progress=stop)
    monkeypatch.setattr(Talker, "decide", watched)
    result = generate(talking_run(), 8, path, engine="thread", workers=4)
    assert (result.resumed, result.counts.episodes, result.counts.faults) == (0, 8, 0)
    assert names
    assert all(name.startswith("negotiation-game") for name in names)


class Counting(Slow):
    """Counts the batches it is told of; an object of its own in each thread would always be at its own count."""

    batches = 0

    def reset(self, size, seed=None):
        super().reset(size, seed)
        self.batches += 1

    def decide(self, view):
        time.sleep(0.005)  # else one thread may play all games
        return PriceDecision(np.array([0]), np.array([500.0 + self.batches]))


def test_each_thread_has_its_own_players():
    player = Counting()
    games = rollout("price", {"buyer_0": player, "seller_0": player}, 8, seed=0, engine="thread", workers=8)
    assert player.batches == 0
    seats = games.decisions["seat"]
    both = [set(games.decisions["price"][seats == seat].tolist()) for seat in (0, 1)]
    assert both[0] == both[1]  # within a thread both seats are one object still
    assert len(both[0]) < 8


def test_a_policy_can_share_what_it_holds():
    class Sharing(Slow):
        def __init__(self):
            super().__init__()
            self.lock, self.calls = threading.Lock(), Counter()

        def __deepcopy__(self, memo):
            return self

        def decide(self, view):
            with self.lock:
                self.calls[id(self)] += 1
            return PriceDecision(np.array([2]), np.array([np.nan]))

    shared = Sharing()
    rollout("price", {"buyer_0": shared, "seller_0": shared}, 9, seed=0, engine="thread", workers=3)
    assert shared.calls == {id(shared): 9}


def test_a_policy_that_cannot_be_copied_is_named():
    player = Slow()
    player.lock = threading.Lock()
    with pytest.raises(TypeError, match=r"'boulware_firm' cannot be copied .*__deepcopy__"):
        rollout("price", {"buyer_0": player, "seller_0": "linear"}, 3, seed=0, engine="thread")


def test_games_come_as_they_end():
    pauses = {5: 0.5, 2: 0.05, 9: 0.25, 7: 0.0}
    run = run_of()

    class Timed(Slow):
        def decide(self, view):
            time.sleep(pauses[places[float(view.reservation_price[0])]])
            return PriceDecision(np.array([2]), np.array([np.nan]))

    setups = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 10, run.seed).episodes["buyer_max"]
    places = {float(limit): place for place, limit in enumerate(setups)}
    timed = make_run("price", {"buyer_0": Timed(), "seller_0": "linear"}, run.seed, first_mover="buyer")
    ended = [int(part.episodes["episode"][0]) for part in play_as_ended(timed, [5, 2, 9, 7], 4)]
    assert ended == sorted(pauses, key=pauses.get)


def test_few_games_are_in_memory():
    class Reckoned(Slow):
        begun = 0

        def __deepcopy__(self, memo):
            return self

        def reset(self, size, seed=None):
            type(self).begun += 1

        def decide(self, view):
            return PriceDecision(np.array([2]), np.array([np.nan]))

    run, read = make_run("price", {"buyer_0": Reckoned(), "seller_0": "linear"}, 0), 0
    for read, _ in enumerate(play_as_ended(run, range(60), 4), 1):
        time.sleep(0.003)
        assert Reckoned.begun <= read + 4
    assert read == 60


def test_each_move_can_be_watched():
    seen = {}

    def watch(episodes):
        (game,) = episodes
        assert threading.current_thread() is not threading.main_thread()
        seen.setdefault(game.uid, []).append(game)

    run = run_of(Slow(pause=0.001), Slow("tit_for_tat", 0.001))
    played = {part[0].uid: part[0] for part in play_as_ended(run, range(6), 6, watch=watch)}
    for uid, game in played.items():
        assert [len(stage.moves) for stage in seen[uid]] == list(range(1, game.turns + 1))
        assert [stage.ended_by for stage in seen[uid][:-1]] == [""] * (game.turns - 1)
        assert seen[uid][-1] == game
        assert all(stage.moves == game.moves[: stage.turns] for stage in seen[uid])


@pytest.mark.parametrize(
    ("games", "workers", "watch", "message"),
    [
        ([0], 0, None, "workers is 0"),
        ([0], True, None, "workers is True"),
        ([0, -1], 1, None, "game is -1"),
        ([0.5], 1, None, r"game is 0\.5"),
    ],
)
def test_wrong_numbers_are_refused_at_once(games, workers, watch, message):
    with pytest.raises(ValueError, match=message):
        play_as_ended(run_of(), games, workers, watch=watch)


def test_no_games_are_no_work():
    assert list(play_as_ended(run_of(), [], 4)) == []


def test_watching_needs_a_record():
    with pytest.raises(ValueError, match="record=True"):
        play_as_ended(run_of(), [0], 1, record=False, watch=print)


@pytest.mark.parametrize("domain", ["price", "multi_item"])
def test_people_do_not_play_in_worker_processes(domain):
    agents = find_domain(domain).agents
    with pytest.raises(ValueError, match=r"player 'human' waits .* use the engine 'thread'"):
        rollout(domain, {agents[0]: "human", agents[1]: "tit_for_tat"}, 1, engine="process")
