"""What is done to commands, as data."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from disks import disk
from fault_server import FaultServer
from faulted_commands import OUT, contents
from forked import Ended, Harm
from stage import ADVICE, REFUSED, Stage

_LIES = ("broken json", "page", "null", "deep", "empty choices", "cut body", "429 after 300", "string", "401", "500")


Tries = Iterator[str]
"""Does one try after the other, and says after each what was tried."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        name: what the table calls it.
        tries: does it, several times.
        needs_model: whether it is the model server that goes wrong.
    """

    name: str
    tries: Callable[[Stage, int], Tries]
    needs_model: bool = False


def spread(low: int, high: int, number: int) -> list[int]:
    """At most so many whole numbers from ``low`` to ``high``, evenly."""
    if high - low + 1 <= number:
        return list(range(low, high + 1))
    return sorted({round(low + (high - low) * (place + 0.5) / number) for place in range(number)})


def killed(stage: Stage, number: int) -> Tries:
    """SIGKILL before file operations and at moments, over nothing and over older results."""
    assert stage.clean is not None
    for place, operation in enumerate(spread(1, stage.clean.operations, number - number // 3)):
        yield from _killed(stage, f"before file operation {operation}", place % 2 == 1, Harm(kill_at=operation), None)
    for place in range(number // 3):
        seconds = stage.clean.seconds * (place + 0.5) / (number // 3)
        yield from _killed(stage, f"after {seconds:.2f} s", place % 2 == 1, Harm(), seconds)


def _killed(stage: Stage, when: str, over_older: bool, harm: Harm, seconds: float | None) -> Tries:
    folder, more = stage.folder(f"killed {when}"), ("--overwrite",) if over_older else ()
    if over_older:
        stage.put_older(folder)
    running = stage.start(folder, *more, harm=harm)
    if seconds is not None:
        running.kill(seconds)
    ended = running.ended()
    if ended.code == 0:
        stage.check(contents(stage.command, folder) == stage.expected, "what was reported done is lost")
    stage.check_whole(folder)
    stage.check_goes_on(folder, *more)
    yield when + " over older results" * over_older


def full(stage: Stage, number: int) -> Tries:
    """A disk with too little room, more from try to try, and room in the end."""
    needed = _size(stage.place / "expected")
    for room in spread(0, needed, number):
        with disk(stage.place / f"room {room}") as small:
            harm = None if small.is_own else Harm(largest_file=max(room, 1))
            if small.is_own:
                small.shrink(room)
            ended = stage.run(small.folder, harm=harm)
            stage.check_told(ended, (0, REFUSED), "the call")
            reason = re.search("disk is full|File too large|No space left", ended.err)
            stage.check(ended.code == 0 or reason is not None, f"it does not say that the disk is full: {ended.err}")
            stage.check_whole(small.folder)
            if small.is_own:
                small.grow()
            stage.check_goes_on(small.folder)
        yield f"room for {room:,} of {needed:,} bytes"


def _size(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))


def read_only(stage: Stage, number: int) -> Tries:
    """Nothing can be written: where nothing is yet, and where older results are."""
    for over_older in (False, True)[: max(number, 1)]:
        with disk(stage.place / f"read-only {over_older}") as still:
            more = ("--overwrite",) if over_older else ()
            if over_older:
                stage.put_older(still.folder)
            still.forbid()
            ended = stage.run(still.folder, *more)
            stage.check_told(ended, (REFUSED,), "the call")
            stage.check(f"{OUT}" in ended.err, f"it does not say where nothing can be written: {ended.err}")
            stage.check(
                contents(stage.command, still.folder) == (stage.older if over_older else {}), "what was there is lost"
            )
            still.allow()
            stage.check_goes_on(still.folder, *more)
        yield "over older results" if over_older else "over nothing"


def both(stage: Stage, number: int) -> Tries:
    """Two processes write one output, the second later from try to try; the same results, or each its own."""
    assert stage.clean is not None
    for place in range(number):
        seconds, differs = stage.clean.seconds * 1.1 * place / number, place % 2 == 1
        folder = stage.folder(f"both after {seconds:.2f} s")
        more = ("--overwrite",) if differs else ()
        one = stage.start(folder, *more, logs="logs/one")
        time.sleep(seconds)
        two = stage.start(folder, *more, *(stage.command.other if differs else ()), logs="logs/two")
        first, second = one.ended(), two.ended()
        for name, ended in (("the first", first), ("the second", second)):
            stage.check_told(ended, (0, REFUSED), name)
            refusal = "another process" in ended.err or any(option in ended.err for option in ADVICE)
            stage.check(ended.code == 0 or refusal, f"{name} does not say why it stops: {ended.err}")
        stage.check(0 in (first.code, second.code), "neither has come to an end")
        _check_one_of_both(stage, folder, first, second, differs)
        yield f"the second after {seconds:.2f} s, {'each its own' if differs else 'the same results'}"


def _check_one_of_both(stage: Stage, folder: Path, first: Ended, second: Ended, differs: bool) -> None:
    found = contents(stage.command, folder)
    possible = [stage.expected] * (first.code == 0) + [stage.older if differs else stage.expected] * (second.code == 0)
    stage.check(found in possible, "the files are of neither process")
    stage.check(not list(folder.rglob("*.tmp")) and not list(folder.rglob("*.unfinished")), "something is left over")


def clock(stage: Stage, number: int) -> Tries:
    """The time of day jumps by days; between a kill and the next call the times of all files do as well."""
    assert stage.clean is not None
    for operation in [0, *spread(1, stage.clean.operations, number - 1)] if number > 1 else [0]:
        folder, harm = stage.folder(f"clock {operation}"), Harm(kill_at=operation, clock_jumps=True)
        ended = stage.run(folder, harm=harm)
        stage.check(ended.code in (0, -9), f"it ended with {ended.code}: {ended.said[-600:]}")
        _shift(folder, 10 * 365 * 86_400.0 * (-1) ** operation)
        if ended.code:
            stage.check_whole(folder)
            stage.check_goes_on(folder, harm=Harm(clock_jumps=True))
        else:
            stage.check(contents(stage.command, folder) == stage.expected, "it comes to other results")
        yield f"killed before file operation {operation}" if operation else "not killed"


def _shift(folder: Path, seconds: float) -> None:
    """Make all files older, or younger than now."""
    for path in folder.rglob("*"):
        status = path.stat()
        os.utime(path, (status.st_atime + seconds, status.st_mtime + seconds))


def dying(stage: Stage, number: int) -> Tries:
    """The server is gone after so many requests, and another one is there for the next call."""
    yield from _served_badly(stage, number, lambda server, _: _stop_later(server))


def hanging(stage: Stage, number: int) -> Tries:
    """The server answers no more after so many requests."""
    yield from _served_badly(stage, number, lambda server, _: server.always("no answer"))


def lying(stage: Stage, number: int) -> Tries:
    """The server answers what is no answer, another thing from try to try."""
    yield from _served_badly(stage, number, lambda server, place: server.always(_LIES[place % len(_LIES)]))


def _stop_later(server: FaultServer) -> None:
    threading.Thread(target=server.stop).start()  # it is the server itself that calls


def _served_badly(stage: Stage, number: int, go_wrong: Callable[[FaultServer, int], None]) -> Tries:
    good = stage.server
    for place in range(number):
        folder, after = stage.folder(f"served {place}"), stage.asked * place // number
        with bad_server(after, lambda server, place=place: go_wrong(server, place)) as bad:
            stage.server = bad
            try:
                ended = stage.run(folder)
            finally:
                stage.server = good
        stage.check_told(ended, (0, 1, REFUSED), "the call")
        stage.check_goes_on(folder)
        yield f"after {after} of {stage.asked} requests"


@contextmanager
def bad_server(after: int, go_wrong: Callable[[FaultServer], None]) -> Iterator[FaultServer]:
    """A server that goes wrong with the request that comes after so many."""

    def answer(body: dict[str, object]) -> str:
        if len(made.requests) == after + 1:
            go_wrong(made)
        return offering(body)

    with FaultServer(answer, models=["llama3"]) as made:
        yield made


def offering(body: dict[str, object]) -> str:
    """An offer as JSON: the buyer far down, the seller far up."""
    price = "410" if "You are the buyer" in str(body["messages"]) else "1290"
    return f'{{"message": "Let us see.", "action": "offer", "price": "{price}"}}'


FAULTS = (
    Fault("kill -9", killed),
    Fault("full disk", full),
    Fault("read-only folder", read_only),
    Fault("two processes", both),
    Fault("clock that jumps", clock),
    Fault("model server dies", dying, needs_model=True),
    Fault("model server hangs", hanging, needs_model=True),
    Fault("model server lies", lying, needs_model=True),
)


def tried(stage: Stage, fault: Fault, number: int) -> Iterator[tuple[str, list[str]]]:
    """Do tries of a fault; yields what was tried, and what did not hold."""
    stage.problems.clear()
    for what in fault.tries(stage, number):
        yield what, list(stage.problems)
        stage.problems.clear()
        for folder in stage.place.iterdir():
            if folder.name not in ("older", "expected", "logs"):
                shutil.rmtree(folder)
