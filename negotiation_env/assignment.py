"""What a worker process is sent before it works: the work, and all that is registered in this process."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from negotiation_env.registry import load_target, register_again, registrations
from negotiation_env.scenarios import register_scenario, registered

_calls: dict[tuple[str, tuple[str, ...]], None] = {}
"""What each worker calls first, in order: targets with their arguments."""


def repeat_in_workers(target: str, *arguments: str) -> None:
    """Have worker processes that are sent work from now on call ``"module:function"`` with the arguments first.

    For what is registered outside this package; policies and scenarios are sent along anyway.
    """
    _calls[target, arguments] = None


def packed(work: object, dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """The work, to be sent to other processes.

    Raises:
        TypeError: the work, which holds players, cannot be sent.
    """
    try:
        return pickle.dumps((registered(), registrations(), list(_calls), dumps(work)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(
            f"a player cannot be sent to worker processes ({error}); define its class at the top of a module, "
            "or use engine='serial'."
        ) from error


def unpacked(pickled: bytes) -> Any:  # noqa: ANN401  # the work, whatever it is
    """The work that another process has packed; all that is registered there is registered here.

    Raises:
        TypeError: a player that the work holds cannot be imported here.
    """
    try:
        scenarios, policies, calls, work = pickle.loads(pickled)  # our own parent process made these bytes
        for domain, targets in scenarios.items():
            for name, target in targets.items():
                register_scenario(name, target, domain)
        register_again(policies)
        for function, arguments in calls:
            load_target(function)(*arguments)
        return pickle.loads(work)
    except (AttributeError, ImportError) as error:
        raise TypeError(
            f"a worker process cannot import a player ({error}); define its class at the top of a module that is "
            "installed wherever it plays, or use engine='serial'."
        ) from error
