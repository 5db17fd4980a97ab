"""`make_policy("d3rlpy", path=...)`: what `d3rlpy_training.train` has learned, or another training of d3rlpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation_env.checkpoints import digest, read_checkpoint
from negotiation_env.domain import Array, Float32
from negotiation_env.multi_item.view import MultiItemView
from negotiation_env.policy import OFFER, Int64, JsonValue, View
from negotiation_env.splits import index_of
from negotiation_policies.learned import d3rlpy_network as networks
from negotiation_policies.learned.coding import Coding, coding_of
from negotiation_policies.learned.d3rlpy_dataset import action_size
from negotiation_policies.learned.d3rlpy_training import KIND
from negotiation_policies.learned.policy import LearnedPolicy, best_legal


class D3rlpy(LearnedPolicy):
    """A network that d3rlpy has trained."""

    def __init__(
        self,
        path: str | Path,
        rho: float | None = None,
        target_return: float | None = None,
        domain: str = "price",
        role: str | None = None,
        settings: Mapping[str, Any] | None = None,
        trust_pickle: bool = False,
    ) -> None:
        """Load a network.

        Args:
            path: the folder of a training, or a ``.d3`` file of d3rlpy's own.
            rho: the command, if the training's observations had one appended.
            target_return: of a decision transformer: the reward to aim at; that of the best game of its data if it is
                not given.
            domain: the domain of the games.
            role: of a ``.d3`` file: the side it has learned.
            settings: of a ``.d3`` file: the keyword arguments of the environment it has learned in, such as
                ``{"max_turns": 20, "num_prices": 101}``.
            trust_pickle: load a ``.d3`` file, which can run any code.

        Raises:
            ValueError: there is no network, it is not whole, or it is of another domain or encoding or of another
                version of the observations; a parameter is missing or of no use.
        """
        place = Path(path)
        if place.suffix == ".d3":
            coding, algorithm, facts = _from_d3(place, domain, role, settings, trust_pickle)
        else:
            if trust_pickle or role is not None or settings is not None:
                raise ValueError("role, settings and trust_pickle are for a .d3 file; leave them out for a folder.")
            coding, algorithm, facts = _from_folder(place, domain)
        self._is_transformer = hasattr(algorithm.config, "context_size")
        if self._is_transformer:
            target_return = facts.get("target_return") if target_return is None else target_return
            if target_return is None:
                raise ValueError(f"{place} is a decision transformer; give target_return=, the reward to aim at.")
        elif target_return is not None:
            raise ValueError(f"{place} is no decision transformer; leave target_return out.")
        told: dict[str, JsonValue] = {
            "algo": algorithm.config.get_type(),
            "weights": digest(networks.weights_of(algorithm)),
            **{name: facts[name] for name in ("dataset", "steps") if name in facts},
            **({} if target_return is None else {"target_return": float(target_return)}),
        }
        super().__init__(coding, KIND, rho, told)
        self.target_return = target_return
        for module in algorithm.impl.modules.get_torch_modules().values():
            module.double().eval()
        self._algorithm = algorithm

    def act(self, observations: Float32, legal: NDArray[np.bool_] | None, view: View) -> Array:
        """The network's actions: those of a Box as it gives them, else the best of the legal ones."""
        import torch

        with torch.no_grad():
            if self._is_transformer:
                found = self._attend(observations, view)
            else:
                found = self._answer(torch.from_numpy(observations.astype(np.float64)))
        output: Array = found.numpy()
        if legal is None:
            return np.clip(output, -1.0, 1.0).astype(np.float32)
        return best_legal(output, legal)

    def _answer(self, seen: Any) -> Any:  # noqa: ANN401  # torch tensors
        """The scores (n, A) of discrete actions, or the actions (n, k) of a Box."""
        modules = self._algorithm.impl.modules
        if hasattr(modules, "imitator"):
            told = modules.imitator(seen)
            return told.logits if self.coding.is_discrete else told.squashed_mu
        if hasattr(modules, "policy"):
            return modules.policy(seen).squashed_mu
        return self._algorithm.impl._q_func_forwarder.compute_expected_q(seen)

    def _attend(self, observations: Float32, view: View) -> Any:  # noqa: ANN401
        """What a decision transformer answers on the own decisions of the game so far."""
        import torch

        assert self.target_return is not None
        size, length = len(observations), self._algorithm.config.context_size
        width = 1 if self.coding.is_discrete else action_size(self.coding)
        seen = np.zeros((size, length, observations.shape[1]))
        acted, known = np.zeros((size, length, width)), np.zeros((size, length))
        times = np.zeros((size, length), dtype=np.int64)
        seen[:, -1], known[:, -1], times[:, -1] = observations, 1.0, (view.turn - 1) // 2 + 1
        for back in range(1, length):
            rows = np.flatnonzero((view.turn - 1) // 2 >= back)
            if not len(rows):
                break
            past, offer = earlier(view.take(rows), back)
            actions = self.coding.encoder.encode(np.full(len(rows), OFFER), offer, past)
            seen[rows, -1 - back] = self.coding.observe(past, self.rho)
            acted[rows, -1 - back] = actions.reshape(len(rows), width)
            known[rows, -1 - back], times[rows, -1 - back] = 1.0, times[rows, -1] - back
        goal = known[:, :, None] * self.target_return
        given = map(torch.from_numpy, (seen, acted, goal, times, 1.0 - known))
        told = self._algorithm.impl.modules.transformer(*given)
        return (told[1] if self.coding.is_discrete else told)[:, -1]


def earlier(view: Any, back: int) -> tuple[Any, Array]:  # noqa: ANN401  # the domain's view
    """What was known ``back`` own decisions ago, and what was then offered (n, as the encoding writes it).

    Every own move before was an offer, as it is in games of policies. In an environment that lets an illegal move pass,
    a pass is left out, and the offers move up to its place.
    """
    turn = view.turn - 2 * back
    nothing = -1 if isinstance(view, MultiItemView) else np.nan
    counts = (turn - 1) // 2, turn // 2
    own, other = (
        np.where(_before(count, offers), offers, nothing).astype(offers.dtype)
        for count, offers in zip(counts, (view.own_offers, view.opponent_offers), strict=True)
    )
    rows = np.arange(len(view))
    last = view.opponent_offers[rows, np.maximum(counts[1] - 1, 0)]
    heard = (counts[1] > 0).reshape(-1, *[1] * (last.ndim - 1))
    standing = np.where(heard, last, nothing).astype(last.dtype)
    past = replace(view, turn=turn, own_offers=own, opponent_offers=other, standing_offer=standing)
    made = view.own_offers[rows, counts[0]]
    return past, index_of(made, view.quantities) if isinstance(view, MultiItemView) else made


def _before(count: Int64, offers: Array) -> NDArray[np.bool_]:
    earlier_ones: NDArray[np.bool_] = np.arange(offers.shape[1]) < count[:, None]
    return earlier_ones.reshape(*earlier_ones.shape, *[1] * (offers.ndim - 2))


def _from_folder(place: Path, domain: str) -> tuple[Coding, Any, Mapping[str, Any]]:
    tensors, facts = read_checkpoint(place, KIND)
    coding = coding_of(place, facts, ("network",), domain)
    try:
        return coding, networks.read_algorithm(facts["network"], tensors), facts
    except ValueError as error:
        raise ValueError(f"{place} cannot be played: {error}") from None


def _from_d3(
    place: Path, domain: str, role: str | None, settings: Mapping[str, Any] | None, trust_pickle: bool
) -> tuple[Coding, Any, Mapping[str, Any]]:
    if not trust_pickle:
        raise ValueError(
            f"{place} is a pickle, and loading a pickle runs whatever code is in it; give trust_pickle=true if you "
            "know where it comes from."
        )
    if not place.is_file():
        raise ValueError(f"there is no file {place}; give the path of one that d3rlpy has saved.")
    if settings is None or role is None:
        raise ValueError(
            f"{place} does not say what it has learned; give role= and settings=, such as role='seller' and "
            'settings={"max_turns": 20, "num_prices": 101}.'
        )
    coding = Coding.of_kwargs(domain, {"role": role, **settings})
    algorithm = networks.imported().load_learnable(str(place), device="cpu")
    found = int(algorithm.impl.observation_shape[0]), int(algorithm.impl.action_size)
    is_discrete = algorithm.get_action_type() is networks.imported().ActionSpace.DISCRETE
    if found != (coding.observation_size, action_size(coding)) or is_discrete != coding.is_discrete:
        raise ValueError(
            f"{place} reads {found[0]} features and knows {found[1]} actions, and games with these settings show "
            f"{coding.observation_size} and know {action_size(coding)}; give the settings of its training."
        )
    config = algorithm.config
    if any((config.observation_scaler, config.action_scaler)):
        raise ValueError(f"{place} scales its observations or actions, which is not supported; train it without.")
    return coding, algorithm, {}
