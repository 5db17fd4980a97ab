"""What a worker process is sent before it works: the work, and the names that are registered in this process."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from negotiation_env.registry import register_again, registrations
from negotiation_env.scenarios import register_scenario, registered


def packed(work: object, dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """The work, to be sent to other processes.

    Raises:
        TypeError: the work, which holds players, cannot be sent.
    """
    try:
        return pickle.dumps((registered(), registrations(), dumps(work)))
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
        scenarios, policies, work = pickle.loads(pickled)  # our own parent process made these bytes
        for domain, targets in scenarios.items():
            for name, target in targets.items():
                register_scenario(name, target, domain)
        register_again(policies)
        return pickle.loads(work)
    except (AttributeError, ImportError) as error:
        raise TypeError(
            f"a worker process cannot import a player ({error}); define its class at the top of a module that is "
            "installed wherever it plays, or use engine='serial'."
        ) from error
