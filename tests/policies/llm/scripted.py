"""A backend that answers with a function of the request, for tests of the agents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from negotiation_policies.llm.backends.protocol import BackendError, Completion, Request

from negotiation_env import PriceDecision, PriceView

Answer = Callable[[Request], str | Completion | BackendError]


@dataclass(eq=False)
class ScriptedBackend:
    answer: Answer
    has_schema: bool = False
    name: str = "scripted"
    requests: list[Request] = field(default_factory=list)

    async def complete(self, request: Request) -> Completion:
        self.requests.append(request)
        said = self.answer(request)
        if isinstance(said, BackendError):
            raise said
        return said if isinstance(said, Completion) else Completion(said, "stop", 10, 5, 3)

    async def models(self) -> list[str]:
        return ["scripted"]

    async def close(self) -> None: ...


def in_turn(*answers: str | Completion | BackendError) -> Answer:
    """Each answer once, in this order; the last one for ever."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


class Wall:
    """Offers its own end of the range and accepts nothing; says ``words`` with each offer."""

    def __init__(self, words: str | None = None) -> None:
        self.words = words

    def reset(self, size: int, seed: int | None = None) -> None: ...

    def decide(self, view: PriceView) -> PriceDecision:
        end = np.where(view.role > 0, view.price_high, view.price_low)
        return PriceDecision(np.zeros(len(view), dtype=int), end, message=[self.words] * len(view))
