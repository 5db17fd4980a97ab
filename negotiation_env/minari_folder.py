"""The folder of a Minari dataset: put in its place when it is whole, and what HDF5 says when it cannot be written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from negotiation_env.records.errors import explained
from negotiation_env.records.files import flush_names

_ERRNO = re.compile(r"errno = (\d+)")


@contextmanager
def hdf5_explained(path: Path) -> Iterator[None]:
    """Turn what cannot be written in the block into a `RecordError`.

    HDF5 buries the operating system's error in the text of an ``OSError`` or, on closing a file, a ``RuntimeError``.
    """
    with explained(path):
        try:
            yield
        except (OSError, RuntimeError) as error:
            found = _ERRNO.search(str(error))
            if found is None:
                raise
            raise OSError(int(found[1]), os.strerror(int(found[1]))) from error


def publish_dataset(dataset_id: str, unfinished: Path, path: Path) -> None:
    """Put a finished dataset in its place."""
    from minari.dataset.minari_dataset import parse_dataset_id
    from minari.namespace import create_namespace, list_local_namespaces

    namespace = parse_dataset_id(dataset_id)[0]
    if namespace is not None and namespace not in list_local_namespaces():
        create_namespace(namespace)
    replaced = _replaced(path)
    shutil.rmtree(replaced, ignore_errors=True)
    try:
        if path.exists():
            path.rename(replaced)
        unfinished.rename(path)
    finally:
        put_back(path)
    flush_names(path.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def _replaced(path: Path) -> Path:
    """Where a dataset stands aside while another one takes its place."""
    return path.with_name(f".{path.name}.replaced")


def put_back(path: Path) -> None:
    """Give a dataset its place back if what was to replace it never came."""
    if _replaced(path).exists() and not path.exists():
        _replaced(path).rename(path)
