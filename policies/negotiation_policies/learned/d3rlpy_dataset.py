"""Exported datasets as d3rlpy's trainings take them: loaded, checked, and how their games were observed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from negotiation_env.offline import Transitions
from negotiation_env.run import SCHEMA_VERSION
from negotiation_policies.learned.coding import Coding

if TYPE_CHECKING:
    from minari import MinariDataset

_DOMAINS = {"negotiation/Price-v0": "price", "negotiation/MultiItem-v0": "multi_item"}


def load_dataset(dataset: MinariDataset | str) -> MinariDataset:
    """A dataset that `export_minari` has written, by its id or loaded already.

    Raises:
        ValueError: there is none of that id (it names those that there are), or it was written by something else or by
            another version.
    """
    if not isinstance(dataset, str):
        return _checked(dataset)
    try:
        import minari
    except ModuleNotFoundError as error:
        raise ImportError('this needs minari; install it with: pip install "negotiation-env[offline]"') from error
    known = list(minari.list_local_datasets())
    if dataset not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise ValueError(f"there is no dataset {dataset!r} here; there are: {listed}. Write one with export-minari.")
    return _checked(minari.load_dataset(dataset))


def _checked(dataset: MinariDataset) -> MinariDataset:
    """The same, if its metadata are of an export of this version."""
    told = dataset.storage.metadata.get("negotiation")
    found = told.get("schema_version") if isinstance(told, Mapping) else None
    if found != SCHEMA_VERSION:
        raise ValueError(
            f"the dataset {dataset.id!r} has schema version {found}, and this package reads {SCHEMA_VERSION}; export "
            "the record again with 'negotiate export-minari'."
        )
    return dataset


def check_steps(steps: Transitions, coding: Coding, name: str) -> None:
    """Raise ``ValueError`` if observations or actions are not of the spaces of the environment."""
    width, space = steps.observations.shape[1:], coding.encoder.space
    if width != (coding.observation_size,):
        raise ValueError(
            f"the dataset {name!r} has observations of {width[0] if width else 1} numbers, and those of its "
            f"environment have {coding.observation_size}; export the record again with 'negotiate export-minari'."
        )
    if coding.is_discrete:
        outside = (steps.actions < 0) | (steps.actions >= int(space.n))
    else:
        rows = steps.actions.reshape(len(steps), -1)
        outside = ~((rows >= space.low.ravel()) & (rows <= space.high.ravel())).all(axis=1)
    if outside.any():
        raise ValueError(
            f"the dataset {name!r} has {int(outside.sum())} actions that are not in {space}, the first in step "
            f"{int(np.argmax(outside))}; export the record again with 'negotiate export-minari'."
        )


def warn_of_hindsight(dataset: MinariDataset, algo: str) -> None:
    """A value function that sees how the game will end learns nothing about what ends it well."""
    if dataset.storage.metadata["negotiation"].get("rho") == "outcome":
        warnings.warn(
            f"the observations of {dataset.id!r} hold the rho that came out, which tells {algo} each game's end from "
            "its start; export the record again with rho=None (--rho none).",
            stacklevel=3,
        )


def coding_of(dataset: MinariDataset) -> Coding:
    """How the games of a dataset were observed; raises ``ValueError`` if it is of other environments."""
    spec = dataset.spec.env_spec
    if spec is None or spec.id not in _DOMAINS:
        raise ValueError(
            f"the dataset {dataset.id!r} is of {'no environment' if spec is None else spec.id}; give one that "
            "'negotiate export-minari' has written."
        )
    return Coding.of_kwargs(_DOMAINS[spec.id], spec.kwargs)


def action_size(coding: Coding) -> int:
    """The number of actions of a `Discrete` space, the length of one of a Box."""
    space = coding.encoder.space
    return int(space.n) if coding.is_discrete else int(np.prod(space.shape))
