"""What travels through Ray: results, what went wrong, and where modules are."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any


def as_bytes(result: object) -> bytes:
    """A result as bytes.

    Arrays that Ray hands out itself cannot be written, and lie in memory that ends with Ray.
    """
    from ray import cloudpickle

    pickled: bytes = cloudpickle.dumps(result)
    return pickled


def from_bytes(pickled: bytes) -> Any:  # noqa: ANN401  # whatever was made to bytes
    """What `as_bytes` was given."""
    return pickle.loads(pickled)  # our own processes made these bytes


def result_of(ray: ModuleType, reference: Any) -> Any:  # noqa: ANN401  # whatever the work is for
    """Wait for a result; raises what was raised where it was made.

    Raises:
        RuntimeError: its worker has died, and so have those that tried again.
    """
    try:
        return from_bytes(ray.get(reference))
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.RayError as error:
        raise RuntimeError(
            f"a Ray worker died, and so did those that tried again ({_first_line(error)}); most often that is for want "
            "of memory: use fewer workers or a smaller batch, or engine='serial' to see what happens."
        ) from error


def extend_path(folders: Iterable[str]) -> None:
    """In a worker: look for modules where the process does that it works for."""
    sys.path.extend(folder for folder in folders if folder not in sys.path)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
