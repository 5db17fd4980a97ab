"""Recipes of datasets: TOML files that say who plays whom, in which games and how often."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from negotiation_env.documents import parse_toml, read_text
from negotiation_env.domain import find_domain
from negotiation_env.foreign import check_inside, check_spec
from negotiation_env.records.errors import RecordError
from negotiation_env.records.format import find_format
from negotiation_env.registry import unknown_name
from negotiation_env.run import Run, make_run

_KEYS: dict[str, type] = {
    "name": str,
    "description": str,
    "domain": str,
    "num_episodes": int,
    "seed": int,
    "policies": list,
    "opponents": list,
    "settings": dict,
}
_FILES = ("catalogue", "instances")
"""Settings of games that are files."""
_NEEDED = ("name", "description", "num_episodes", "seed")


@dataclass(frozen=True)
class Recipe:
    """What a recipe says.

    Attributes:
        name: the recipe's name, that of its file.
        description: one sentence.
        domain: ``"price"`` or ``"multi_item"``.
        num_episodes: how many games.
        seed: the run's seed.
        players: for each agent the spec strings that are sampled for each game.
        leading: how many of them only meet those after them, in either seat; 0 if anyone meets anyone.
        settings: the settings of the games, see the config of the domain.
        path: the file.
    """

    name: str
    description: str
    domain: str
    num_episodes: int
    seed: int
    players: Mapping[str, Sequence[str]]
    leading: int
    settings: Mapping[str, object]
    path: Path

    def run(self, seed: int | None = None, **settings: object) -> Run:
        """The run that the recipe describes, perhaps with another seed or further settings.

        Raises:
            RecordError: the recipe names a policy, a parameter or a setting that there is not; with the file.
        """
        try:
            chosen = self.seed if seed is None else seed
            run = make_run(self.domain, self.players, chosen, None, None, **{**self.settings, **settings})
            return replace(run, leading=self.leading)
        except (TypeError, ValueError) as error:
            raise RecordError(f"{self.path}: {error}") from error


def recipe_folders() -> list[Path]:
    """Where recipes are looked for by name: the working folder, the source tree, the installation.

    An installation keeps them where its record says, which depends on how it was installed; ``pip install --target``
    moves them into the folder of the packages and leaves the record as it was.
    """
    home, shared = Path("datasets", "recipes"), Path("share", "negotiation-env", "recipes")
    packages = Path(__file__).resolve().parents[2]
    return [home, packages / home, *_installed_folders(), packages / shared]


def _installed_folders() -> list[Path]:
    """The folders of the recipes in the record of the installation, if there is one."""
    try:
        recorded = files("negotiation-env") or []
    except PackageNotFoundError:
        return []
    return sorted({Path(str(file.locate())).resolve().parent for file in recorded if file.match("recipes/*.toml")})


def list_recipes() -> list[str]:
    """The sorted names of the recipes that can be found."""
    return sorted({path.stem for folder in recipe_folders() for path in folder.glob("*.toml")})


def load_recipe(path_or_name: str | Path) -> Recipe:
    """Read and check a recipe, by name or by the path of a ``.toml`` file.

    Raises:
        ValueError: no recipe has that name.
        RecordError: with file, line and reason, for a file that is no recipe, or asks for what only a command may:
            a file outside its own and the working folder, an address of a model, a pickle.
    """
    path = _find(str(path_or_name))
    try:
        text = read_text(path)
        content = parse_toml(text)
    except ValueError as error:
        raise RecordError(f"{path}: not TOML: {str(error).removesuffix('.')}.") from error
    except OSError as error:
        raise RecordError(f"cannot read the recipe {path}: {error.strerror}.") from error
    return _Checker(path, text, content).recipe()


def _find(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    if Path(name).name != name:  # a path is no name, and may lead out of the folders
        raise ValueError(f"{unknown_name('recipe', name, list_recipes())} A recipe of your own is given as FILE.toml.")
    for folder in recipe_folders():
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    raise ValueError(unknown_name("recipe", name, list_recipes()))


class _Checker:
    """Checks the content of a recipe file."""

    def __init__(self, path: Path, text: str, content: Mapping[str, Any]) -> None:
        self.path = path
        self.text = text
        self.content = content
        self.pools: tuple[str, str] = ("", "")

    def recipe(self) -> Recipe:
        domain = self.content.get("domain", "price")
        agents = self._agents(domain)
        self.pools = find_format(domain).pools
        for key, value in self.content.items():
            self._check(key, value)
            self._check_foreign(key, value)
        for key in _NEEDED:
            if key not in self.content:
                raise RecordError(f"{self.path}: the key {key!r} is missing.")
        return Recipe(
            name=self.content["name"],
            description=self.content["description"],
            domain=domain,
            num_episodes=self.content["num_episodes"],
            seed=self.content["seed"],
            players=self._players(agents),
            leading=len(self.content["policies"]) if "opponents" in self.content else 0,
            settings={key: _plain(value) for key, value in self.content.get("settings", {}).items()},
            path=self.path,
        )

    def _check(self, key: str, value: object) -> None:
        kinds = {**_KEYS, **dict.fromkeys(self.pools, list)}
        if key not in kinds:
            near = difflib.get_close_matches(key, kinds, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise self._error(key, f"unknown key {key!r}.{hint} Known: {', '.join(kinds)}")
        kind = kinds[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._error(key, f"{key} is {value!r}; it must be {_NAMES[kind]}")
        if isinstance(value, list) and (not value or not all(isinstance(item, str) for item in value)):
            raise self._error(key, f"{key} is {value!r}; it must be a list of spec strings such as 'linear'")
        if key == "num_episodes" and isinstance(value, int) and value < 1:
            raise self._error(key, f"num_episodes is {value}; it must be at least 1")
        if key == "name" and value != self.path.stem:
            raise self._error(key, f"name is {value!r}; it must be that of the file, {self.path.stem!r}")

    def _check_foreign(self, key: str, value: object) -> None:
        """Raise `RecordError` if a recipe asks for what only a command may."""
        homes = (Path(), self.path.parent)
        try:
            for spec in value if isinstance(value, list) else ():
                check_spec(spec, homes)
            for name, file in value.items() if isinstance(value, dict) else ():
                if name in _FILES and isinstance(file, str):
                    check_inside(name, file, homes)
        except ValueError as error:
            raise self._error(key, str(error).removesuffix(".")) from None

    def _agents(self, domain: object) -> tuple[str, str]:
        if not isinstance(domain, str):
            raise self._error("domain", f"domain is {domain!r}; it must be {_NAMES[str]}")
        try:
            return find_domain(domain).agents
        except ValueError as error:
            raise self._error("domain", str(error).removesuffix(".")) from error

    def _players(self, agents: tuple[str, str]) -> dict[str, Sequence[str]]:
        """``policies`` for both seats, or the pool of each, ``buyers`` and ``sellers`` of prices.

        With ``opponents`` the policies meet these, in either seat, and not each other.
        """
        both, opponents = self.content.get("policies"), self.content.get("opponents", [])
        if opponents and both is None:
            raise self._error("opponents", "opponents are given without policies; name those that meet them")
        both = None if both is None else [*both, *opponents]
        seats = [self.content.get(key, both) for key in self.pools]
        advice = f"give policies for both seats, or {' and '.join(self.pools)}"
        if both is not None and seats != [both, both]:
            raise self._error("policies", f"{advice}, not both")
        if None in seats:
            raise RecordError(f"{self.path}: nobody plays; {advice}.")
        return dict(zip(agents, seats, strict=True))

    def _error(self, key: str, reason: str) -> RecordError:
        found = re.search(rf"^\s*\[?\s*[\"']?{re.escape(key)}\b", self.text, re.MULTILINE)
        line = f", line {self.text.count(chr(10), 0, found.end()) + 1}" if found else ""
        return RecordError(f"{self.path}{line}: {reason}.")


_NAMES = {str: "a string", int: "a whole number", list: "a list of spec strings", dict: "a table"}


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
