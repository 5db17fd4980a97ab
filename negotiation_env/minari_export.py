"""`export_minari`: one seat of recorded games as a Minari dataset.

The dataset has the spaces of `negotiation/Price-v0` or `negotiation/MultiItem-v0`: one step for each own decision
point and none for passes, flat observations, and the reward on the last step. ``recover_environment()`` gives that
environment back, with the same opponents. Where a rho is appended, it commands one drawn from U[0, 1] in each game,
unless ``reset(options={"rho": x})`` says which; the rho of a recorded episode is among its options.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

import negotiation_env
from negotiation_env.domain import find_domain
from negotiation_env.faces.ego import seat_of_role
from negotiation_env.foreign import check_spec
from negotiation_env.minari_episodes import RhoLabel, SeatEpisodes
from negotiation_env.minari_folder import hdf5_explained, publish_dataset, put_back
from negotiation_env.records.errors import explained
from negotiation_env.records.files import locked
from negotiation_env.records.sources import open_source
from negotiation_env.registration import IDS, register_envs
from negotiation_env.registry import find_policy, list_policies
from negotiation_env.run import SCHEMA_VERSION
from negotiation_env.specs import parse_spec

if TYPE_CHECKING:
    from negotiation_env.episodes import Episodes

RHO = (
    "rho is the seller's share of the surplus, (price - seller_min) / (buyer_max - seller_min): 0 is the buyer's best "
    "deal, 1 the seller's. Impasse is no point on that line: the last two entries of an observation are (rho or 0, "
    "1 for impasse). "
)
_MEANING = {
    "outcome": "Here it is the rho that came out, the same on every step of an episode and cut to [0, 1].",
    "commanded": "Here it is the rho that the seat was commanded to reach.",
}


@dataclass(frozen=True)
class MinariExport:
    """What `export_minari` has written.

    Attributes:
        dataset_id: its Minari id.
        path: its folder.
        episodes: how many episodes it holds.
        steps: how many steps.
        without_decision: how many games were left out because the seat never moved in them.
        without_rho: how many were left out because they have no rho to learn from.
    """

    dataset_id: str
    path: Path
    episodes: int
    steps: int
    without_decision: int
    without_rho: int


def export_minari(
    source: Episodes | str | Path,
    dataset_id: str,
    seat: str,
    *,
    action_mode: str = "discrete",
    num_prices: int = 101,
    rho: RhoLabel | None = "outcome",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    **settings: Any,  # noqa: ANN401  # the domain's settings
) -> MinariExport:
    """Write what one seat saw and did in finished games as a Minari dataset (hdf5), in bounded memory.

    Args:
        source: an `Episodes`, a ``.jsonl`` record, or a folder of Parquet tables or of ``negotiate play``.
        dataset_id: a Minari id with a version, such as ``negotiation/price/mixed-seller-v0``.
        seat: whose decisions, an agent's name or side (``"seller"``, ``"agent_0"``).
        action_mode: of prices, ``"discrete"`` or ``"continuous"``.
        num_prices: points of the discrete grid; a price is rounded to one to the mover's own advantage.
        rho: what is appended to observations as in `AppendRho`: the rho that came out, the ``"commanded"`` one, or
            ``None`` for nothing. Splits of items have no rho, and nothing is appended to theirs.
        overwrite: replace the dataset of this id, and nothing else.
        progress: called with the number of games that were written since the last call.
        **settings: what a record does not say of its games, see `negotiation_env.records.sources.open_source`.

    Returns:
        Counts, and where the dataset is; ``minari.load_dataset(dataset_id)`` loads it.

    Raises:
        ValueError: a malformed or taken id, an unknown seat, a bad setting, or nothing to export.
        RecordError: the record cannot be read, or the dataset cannot be written.
        ImportError: minari is missing.
    """
    path = _path(dataset_id)
    games = open_source(source, **settings)
    domain = find_domain(games.domain)
    chosen = {"action_mode": action_mode, "num_prices": num_prices} if games.domain == "price" else {}
    label = _checked_rho(rho) if games.domain == "price" else None
    episodes = SeatEpisodes(games, domain, seat_of_role(domain, seat), domain.encoding(games.config, **chosen), label)
    spec = _env_spec(episodes, chosen)
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    refusal = f"another process is writing {dataset_id}; wait for it, or give another id."
    with locked(path.parent / f".{path.name}.lock", refusal):
        put_back(path)
        if path.exists() and not (path / "data" / "metadata.json").is_file():
            raise ValueError(f"{path} holds other datasets and is none itself; give an id that is not their namespace.")
        if path.exists() and not overwrite:
            raise ValueError(
                f"the dataset {dataset_id!r} exists in {path}; give another version, or overwrite=True (--overwrite)."
            )
        return _write(episodes, spec, dataset_id, path, progress)


def _path(dataset_id: str) -> Path:
    """Where Minari looks for a dataset."""
    try:
        from minari.dataset.minari_dataset import DATASET_ID_RE
        from minari.storage.datasets_root_dir import get_dataset_path
    except ModuleNotFoundError as error:
        raise ImportError('this needs minari; install it with: pip install "negotiation-env[offline]"') from error
    match = DATASET_ID_RE.fullmatch(dataset_id) if isinstance(dataset_id, str) else None
    if match is None or match["version"] is None:
        raise ValueError(
            f"dataset_id is {dataset_id!r}; a Minari id ends with a version and holds letters, digits, '-', '_' and "
            "'/', with at least two characters between slashes, such as 'negotiation/price/mixed-seller-v0'."
        )
    path = Path(get_dataset_path(dataset_id))  # the pattern has no dots between slashes, so it stays below its root
    return path.absolute()  # Minari writes into a relative folder at a wrong place


def _checked_rho(rho: RhoLabel | None) -> RhoLabel | None:
    if rho not in (None, *_MEANING):
        raise ValueError(f"rho is {rho!r}; it must be 'outcome', 'commanded' or None (--rho none).")
    return rho


def _env_spec(episodes: SeatEpisodes, encoding: Mapping[str, Any]) -> EnvSpec:
    """The environment of the seat, but for its opponents, which are known in the end."""
    register_envs()
    spec = deepcopy(gym.spec(IDS[episodes.domain.name]))
    spec.kwargs |= {"role": episodes.domain.sides[episodes.seat], **episodes.source.config.as_json(), **encoding}
    if episodes.rho is not None:
        spec.kwargs["append_rho"] = True
    return spec


def _write(
    episodes: SeatEpisodes, spec: EnvSpec, dataset_id: str, path: Path, progress: Callable[[int], None] | None
) -> MinariExport:
    """Write a dataset beside its place and put it there when it is whole."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        with hdf5_explained(path):
            unfinished.mkdir()
            storage = _filled(episodes, spec, unfinished / "data", progress)
        written, steps = storage.total_episodes, storage.total_steps
        if not written:
            side = episodes.domain.sides[episodes.seat]
            raise ValueError(
                f"there is nothing to export: of {episodes.games:,} games the {side} never moved in "
                f"{episodes.without_decision:,}, and {episodes.without_rho:,} have no rho={episodes.rho!r}; "
                "commanded policies, such as those of recipe price-teacher-known, leave a 'commanded' one."
            )
        with hdf5_explained(path):
            storage.update_metadata(_metadata(episodes, spec, dataset_id))
            publish_dataset(dataset_id, unfinished, path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return MinariExport(dataset_id, path, written, steps, episodes.without_decision, episodes.without_rho)


def _filled(episodes: SeatEpisodes, spec: EnvSpec, folder: Path, progress: Callable[[int], None] | None) -> Any:  # noqa: ANN401
    """A Minari storage with all episodes."""
    from minari.dataset.minari_storage import MinariStorage

    env = gym.make(spec)
    storage = MinariStorage.new(folder, env.observation_space, env.action_space, data_format="hdf5")
    for games, buffers, told in episodes.blocks():
        if buffers:
            first = storage.total_episodes
            storage.update_episodes(buffers)
            storage.update_episode_metadata(told, range(first, first + len(buffers)))
        if progress is not None:
            progress(games)
    return storage


def _metadata(episodes: SeatEpisodes, spec: EnvSpec, dataset_id: str) -> dict[str, Any]:
    """What Minari tells of a dataset, and under ``negotiation`` what made it."""
    import minari

    domain, seat = episodes.domain, episodes.seat
    own, other = (sorted(episodes.players[place]) for place in (seat, 1 - seat))
    spec.kwargs |= _opponents(other, domain.name)
    side, rival = domain.sides[seat], domain.sides[1 - seat]
    meaning = f" {RHO}{_MEANING[episodes.rho]}" if episodes.rho is not None else ""
    return {
        "dataset_id": dataset_id,
        "minari_version": minari.__version__,
        "env_spec": spec.to_json(),
        "algorithm_name": ", ".join(own),
        "requirements": [f"negotiation-env>={negotiation_env.__version__}"],
        "description": (
            f"The {side}'s decisions in {domain.name} negotiations against the {rival}. Observations, actions and "
            f"rewards are those of {spec.id}; the options of an episode deal its game again, and its metadata name "
            f"the policies that played it.{meaning}"
        ),
        "negotiation": {
            "code_version": negotiation_env.__version__,
            "schema_version": SCHEMA_VERSION,
            "domain": domain.name,
            "seat": domain.agents[seat],
            "scenario": episodes.source.config.scenario,
            "policies": own,
            "opponents": other,
            "seeds": list(episodes.seeds),
            "rho": episodes.rho,
            "games_without_decision": episodes.without_decision,
            "games_without_rho": episodes.without_rho,
        },
    }


def _opponents(specs: Sequence[str], domain: str) -> dict[str, Any]:
    """The opponents that an environment can be given by name."""
    lost = [spec for spec in specs if not _can_be_built(spec, domain)]
    if lost:
        names = ", ".join(sorted({parse_spec(spec)[0] for spec in lost}))
        warnings.warn(
            f"{names} cannot be built again from what is recorded, so the recovered environment does not play against "
            "it; register_policy gives a policy a name, and networks and models are to be given to the environment.",
            stacklevel=5,
        )
    known = [spec for spec in specs if spec not in lost]
    return {"opponent": known} if known else {}


def _can_be_built(spec: str, domain: str) -> bool:
    """Whether a policy is registered under its name, and takes the parameters that were recorded and may be."""
    name, params = parse_spec(spec)
    try:
        check_spec(spec, (Path(),))
    except ValueError:
        return False
    return name in list_policies(domain) and set(params) <= set(find_policy(name, domain).parameters)
