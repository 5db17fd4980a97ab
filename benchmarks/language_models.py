"""What the loop around language models costs: many games at once, our own share of a turn, memory.

python benchmarks/language_models.py              # a server with a fixed delay, and the local smollm2
python benchmarks/language_models.py --write      # also write the section of benchmarks/RESULTS.md
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from measure import Figure, options_of, report
from negotiation_policies.llm.backends import opening
from negotiation_policies.llm.backends.protocol import ChatMessage, Completion, Request

from negotiation_env import make_policy, rollout

sys.path.append(str(Path(__file__).parents[1] / "tests" / "policies" / "llm"))  # the server of the tests
from fault_server import FaultServer

DELAY, GAMES, TURNS = 0.2, 32, 6
LOCAL_GAMES, LOCAL_TURNS, REPEATS = 4, 6, 3
REPLIES, REPLY_TOKENS = 4, 64
MANY = 2000
TITLE = "Language models: speed and memory"
NOTES = [
    f"Server with a fixed delay: it answers every request after {DELAY} s with an offer as JSON; `basic` sits in both "
    f'seats of {TURNS} turns, through the official `openai` client. At once: `engine="thread"`, one game a thread.',
    "Own share of a turn: CPU-seconds of our process a turn, the `openai` client's included, the server's not.",
    "Local model: `smollm2` (SmolLM2-135M-Instruct, Q4_1) under llama.cpp with four slots, one thread for one reply "
    "and two for several, `price_strategy` in both seats, greedy, the same games in both ways, each time with a new "
    "server that has played four others.",
    f"Chats: four of them, {REPLIES} replies of {REPLY_TOKENS} tokens each, straight to the same server, each reply "
    "asked for after the one before. The wrapper reads long prompts and writes short replies, and reading prompts side "
    "by side gains nothing on two cores; a chat writes as much as it reads.",
    "Memory: what Python holds after so many games with a backend that answers at once, each dropped when it ends.",
]


class Instant:
    """A backend that answers at once."""

    name, has_schema = "instant", True

    async def complete(self, request: Request) -> Completion:
        """An offer."""
        return Completion(offer("You are the buyer" in request.messages[0]["content"]), "stop", 100, 20)

    async def models(self) -> list[str]:
        """Itself."""
        return [self.name]

    async def close(self) -> None:
        """Holds nothing."""


def offer(as_buyer: bool) -> str:
    """A reply that goes on with the game: the buyer far down, the seller far up."""
    return json.dumps({"message": "Let us go on.", "action": "offer", "price": "400" if as_buyer else "1300"})


def seconds(action: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of an action."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - cpu


def play(name: str, games: int, turns: int, workers: int, seed: int = 0, **params: object) -> None:
    """Play games of an agent against itself that go on to the deadline."""
    agents = {agent: make_policy(name, temperature=0.0, **params) for agent in ("buyer_0", "seller_0")}  # type: ignore[arg-type]
    settings = {"chat": True, "max_turns": turns, "options": {"buyer_max": 500.0, "seller_min": 1200.0}}
    found = rollout("price", agents, games, seed=seed, engine="thread", workers=workers, **settings)  # type: ignore[arg-type]
    if (found.episodes["turns"] != turns).any():
        raise RuntimeError("a game ended before its deadline")
    faults = (found.episodes["ended_by"] == "fault").sum()
    if faults:
        raise RuntimeError(f"{faults} of {games} games ended by a fault: {found.decisions['notes'][-1]}")


def delayed_figures() -> list[Figure]:
    """Games against a server with a fixed delay, at once and in sequence."""
    os.environ["OPENAI_API_KEY"] = "none"
    with FaultServer(lambda body: offer("You are the buyer" in str(body)), delay=DELAY, models=["m"]) as server:
        params = {"model": "openai/m", "base_url": server.base_url, "concurrency": GAMES, "reasks": 0}
        play("basic", 2, 2, 2, **params)  # warm up
        together, cpu = seconds(lambda: play("basic", GAMES, TURNS, GAMES, **params))
        apart, _ = seconds(lambda: play("basic", GAMES // 4, TURNS, 1, **params))
    apart *= 4
    return [
        Figure(
            f"{GAMES} games at once, share of the time of {GAMES} in sequence",
            100 * together / apart,
            "%",
            8.0,
            at_most=True,
            reference=f"{together:.1f} s against {apart:.1f} s (four times {GAMES // 4} games)",
        ),
        Figure("own share of a turn, with the server's thread", 1e3 * cpu / (GAMES * TURNS), "CPU-ms"),
    ]


def own_figures() -> list[Figure]:
    """Our own share of a turn without a network, and memory over many games."""
    _, cpu = seconds(lambda: play_instant(200))
    tracemalloc.start()
    play_instant(MANY // 2)
    before = tracemalloc.get_traced_memory()[0]
    play_instant(MANY)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return [
        Figure("own share of a turn, without a network", 1e3 * cpu / (200 * TURNS), "CPU-ms", 5.0, at_most=True),
        Figure(f"more memory after {MANY:,} further games", (after - before) / 1e6, "MB", 1.0, at_most=True),
    ]


def play_instant(games: int) -> None:
    """Play games with `Instant`, four at once, and drop each when it ends."""
    from negotiation_env.run import make_run
    from negotiation_env.threads import play_as_ended

    agents = {
        agent: make_policy("basic", model=Instant(), reasks=0, fallback="repeat")  # type: ignore[arg-type]
        for agent in ("buyer_0", "seller_0")
    }
    run = make_run("price", agents, 0, chat=True, max_turns=TURNS, scenario="seed")
    for _ in play_as_ended(run, range(games), workers=4):
        pass


def local_figures() -> list[Figure]:
    """The local model, four at once and in sequence, each time with a new server."""
    return [
        compared(f"local smollm2, {LOCAL_GAMES} games at once, share of the time in sequence", local_seconds),
        compared(f"local smollm2, {LOCAL_GAMES} chats at once, share of the time a token in sequence", chat_seconds),
    ]


def compared(name: str, taken: Callable[[int], float]) -> Figure:
    """What an action takes with four at once against one at a time, in turn."""
    together = apart = 0.0
    for _ in range(REPEATS):
        apart += taken(1) / REPEATS
        together += taken(LOCAL_GAMES) / REPEATS
    told = f"{together:.3g} s against {apart:.3g} s, means of {REPEATS} runs in turn"
    return Figure(name, 100 * together / apart, "%", 80.0, at_most=True, reference=told)


def chat_seconds(at_once: int) -> float:
    """Wall seconds a generated token of chats with the model, some at once."""
    from negotiation_policies.llm.backends.event_loop import run

    backend, tokens, limit = opening.open_model("smollm2").backend, 0, asyncio.Semaphore(at_once)

    async def chat(number: int) -> None:
        nonlocal tokens
        messages: tuple[ChatMessage, ...] = (
            {"role": "system", "content": f"You tell stories. You are number {number}."},
        )
        async with limit:
            for _ in range(REPLIES):
                messages = (*messages, {"role": "user", "content": "Tell me a long story about a market."})
                reply = await backend.complete(Request(messages, max_tokens=REPLY_TOKENS, temperature=0.0))
                messages, tokens = (
                    (*messages, {"role": "assistant", "content": reply.text}),
                    tokens + reply.completion_tokens,
                )

    async def chats() -> None:
        await asyncio.gather(*(chat(number) for number in range(LOCAL_GAMES)))

    run(backend.models())  # it is loaded
    taken, _ = seconds(lambda: run(chats()))
    opening.close_all()
    return taken / tokens


def local_seconds(workers: int) -> float:
    """Wall seconds of the games, with a new server whose slots have all played other games."""
    params = {"model": "smollm2", "strategy": "boulware_firm", "deadline": 600.0}
    play("price_strategy", LOCAL_GAMES, 2, LOCAL_GAMES, seed=1, **params)
    taken, _ = seconds(lambda: play("price_strategy", LOCAL_GAMES, LOCAL_TURNS, workers, **params))
    opening.close_all()
    return taken


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = options_of(__doc__)
    parser.add_argument("--no-local", action="store_true", help="leave the local model out")
    options = parser.parse_args()
    figures = [*delayed_figures(), *own_figures(), *([] if options.no_local else local_figures())]
    report(TITLE, figures, NOTES, "python benchmarks/language_models.py", options.write)


if __name__ == "__main__":
    main()
