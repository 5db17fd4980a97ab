"""Players and work for the workers of Ray; these import them."""

import os
import signal
import threading
import time
from pathlib import Path

from negotiation_env import make_policy


class Mortal:
    """A strategy whose process is killed in the middle of a game, ``deaths`` times."""

    def __init__(self, folder, deaths=1, **more):
        self.inner, self.folder, self.deaths = make_policy("boulware_firm"), Path(folder), deaths
        self.params = {}
        self.__dict__.update(more)

    def reset(self, size, seed=None):
        self.inner.reset(size, seed)

    def decide(self, view):
        if view.turn[0] > 4 and len(died := list(self.folder.iterdir())) < self.deaths:
            (self.folder / str(len(died))).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.inner.decide(view)


class Locked(Mortal):
    """A player that cannot be pickled."""

    def __init__(self):
        super().__init__(".", 0)
        self.lock = threading.Lock()


class Broken(Mortal):
    """A player with a defect."""

    def __init__(self):
        super().__init__(".", 0)

    def decide(self, view):
        return int("a defect")


class Served:
    """A player that waits, and notes in which process and beside how many others."""

    lock, playing = threading.Lock(), 0

    def __init__(self, folder, games_at_once=2):
        self.inner, self.folder, self.games_at_once = make_policy("boulware_firm"), Path(folder), games_at_once
        self.params, self.served_by = {}, "the server"

    def reset(self, size, seed=None):
        self.inner.reset(size, seed)

    def decide(self, view):
        with Served.lock:
            Served.playing += 1
            (self.folder / f"{os.getpid()}-{Served.playing}").touch()
        time.sleep(0.003)
        made = self.inner.decide(view)
        with Served.lock:
            Served.playing -= 1
        return made


def slowest_first(folder, item):
    """Some work whose results are ready in another order than they were asked for."""
    time.sleep(0.05 * (item % 3 == 0))
    (Path(folder) / str(item)).touch()
    return item * item
