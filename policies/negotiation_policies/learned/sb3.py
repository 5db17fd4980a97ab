"""Agents of Stable-Baselines3 and sb3-contrib as policies: saved without a pickle, and played without a trainer.

A checkpoint is a folder: ``model.safetensors`` holds the weights of the policy network and ``policy.json`` what
rebuilds it. The network then computes in float64 and takes the best legal action.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from negotiation_env.checkpoints import digest, read_checkpoint, write_checkpoint
from negotiation_env.domain import Array, Float32
from negotiation_env.faces.core import OBS_MODES
from negotiation_env.policy import JsonValue, View
from negotiation_env.registry import unknown_name
from negotiation_policies.learned.coding import Coding, coding_of
from negotiation_policies.learned.policy import LearnedPolicy, best_legal

KIND = "sb3"
_CONTRIB = ("MaskablePPO", "QRDQN", "TQC", "TRPO")
ALGORITHMS = {
    name: "sb3_contrib" if name in _CONTRIB else "stable_baselines3"
    for name in ("A2C", "DDPG", "DQN", "PPO", "SAC", "TD3", *_CONTRIB)
}
"""The algorithms whose networks can be saved, and the package of each."""
_PACKAGES = ("stable_baselines3", "sb3_contrib", "torch")
_FACTS = ("algorithm", "policy", "policy_kwargs", "obs_mode")
_FOR_TRAINING = ("optimizer_class", "optimizer_kwargs")


def save_sb3(model: Any, env: Any, folder: str | Path, overwrite: bool = False) -> Path:  # noqa: ANN401
    """Write a trained model so that ``make_policy("sb3", path=folder)`` plays it.

    Args:
        model: a model of one of `ALGORITHMS`, with a policy of SB3's own (``"MlpPolicy"``, ``"MultiInputPolicy"``).
        env: the environment that it was trained on, or one made with the same arguments.
        folder: where; it is made if it is not there.
        overwrite: replace a checkpoint that is there.

    Returns:
        The folder.

    Raises:
        TypeError: ``env`` is no environment of this package.
        ValueError: the network cannot be rebuilt or has not learned on such an environment, or the folder is taken.
    """
    coding = Coding.of_env(env)
    obs_mode = "masked" if isinstance(model.observation_space, spaces.Dict) else "flat"
    _check_spaces(model, coding, obs_mode)
    normaliser = model.get_vec_normalize_env()
    if normaliser is not None and normaliser.norm_obs:
        raise ValueError(
            "the model was trained on observations that VecNormalize scales, and these scales are no part of a "
            "checkpoint; train with norm_obs=False (observations are in [-1, 1] already)."
        )
    facts: dict[str, JsonValue] = {
        "algorithm": _algorithm_of(model),
        "policy": _alias(model),
        "policy_kwargs": _kwargs_as_json(model),
        "obs_mode": obs_mode,
        "coding": coding.as_json(),
        "versions": {name: version(name) for name in _PACKAGES if name != "sb3_contrib" or _is_contrib(model)},
    }
    weights = {name: tensor.detach().cpu().numpy() for name, tensor in model.policy.state_dict().items()}
    return write_checkpoint(folder, KIND, weights, facts, overwrite)


def _algorithm_of(model: Any) -> str:  # noqa: ANN401
    name = type(model).__name__
    if name not in ALGORITHMS:
        raise ValueError(unknown_name("algorithm", name, ALGORITHMS))
    return name


def _is_contrib(model: Any) -> bool:  # noqa: ANN401
    return type(model).__name__ in _CONTRIB


def _alias(model: Any) -> str:  # noqa: ANN401
    """SB3's name of the policy's class."""
    aliases: Mapping[str, type] = type(model).policy_aliases
    found = [name for name, kind in aliases.items() if kind is type(model.policy)]
    if not found:
        raise ValueError(
            f"the model's policy is a {type(model.policy).__name__}, which a checkpoint cannot rebuild; "
            f"train one of {', '.join(sorted(aliases))}."
        )
    return found[0]


def _kwargs_as_json(model: Any) -> dict[str, JsonValue]:  # noqa: ANN401
    """The arguments of the policy, with the activation by its name in `torch.nn`."""
    from torch import nn

    given: dict[str, Any] = {name: value for name, value in model.policy_kwargs.items() if name not in _FOR_TRAINING}
    if getattr(model, "use_sde", False):
        given["use_sde"] = True
    if "activation_fn" in given:
        name = given["activation_fn"].__name__
        if getattr(nn, name, None) is not given["activation_fn"]:
            raise ValueError(f"activation_fn is {given['activation_fn']!r}; a checkpoint keeps those of torch.nn only.")
        given["activation_fn"] = name
    for name, value in given.items():
        if not _is_json(value):
            raise ValueError(
                f"policy_kwargs[{name!r}] is {value!r}, which a checkpoint cannot keep; "
                "use numbers, strings, and lists or dicts of them."
            )
    return given


def _is_json(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_json(item) for name, item in value.items())
    return value is None or isinstance(value, bool | int | float | str)


def _spaces_of(coding: Coding, obs_mode: str) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
    """The observation and the action space of a coding."""
    flat = spaces.Box(-1.0, 1.0, (coding.observation_size,), np.float32)
    actions: spaces.Space[Any] = coding.encoder.space
    if obs_mode == "flat":
        return flat, actions
    mask = spaces.Box(0, 1, (int(coding.encoder.space.n),), np.int8)
    return spaces.Dict({"observation": flat, "action_mask": mask}), actions


def _check_spaces(model: Any, coding: Coding, obs_mode: str) -> None:  # noqa: ANN401
    """Raise ``ValueError`` if a model has not learned in the spaces of a coding."""
    wanted = _spaces_of(coding, obs_mode)
    for what, learned, given in zip(
        ("observations", "actions"), (model.observation_space, model.action_space), wanted, strict=True
    ):
        if learned != given:
            raise ValueError(
                f"the model has learned {what} in {learned}, and the games have {given}; give the environment "
                "that it was trained on, without wrappers that change these."
            )


class SB3(LearnedPolicy):
    """Plays what a model of Stable-Baselines3 has learned: the best legal action, or the mean of a Box."""

    def __init__(
        self,
        path: str,
        rho: float | None = None,
        domain: str = "price",
        trust_pickle: bool = False,
        algorithm: str | None = None,
        settings: Mapping[str, JsonValue] | None = None,
        role: str | None = None,
    ) -> None:
        """Load a network.

        Args:
            path: a folder that `save_sb3` wrote; or a ``.zip`` of SB3's own, with ``trust_pickle`` and what follows it.
            rho: the command, where the environment had ``append_rho=True``.
            domain: what is to be played.
            trust_pickle: unpickle a ``.zip``, which can run any code that its author put there.
            algorithm: the algorithm of a ``.zip``, one of `ALGORITHMS`.
            settings: the arguments of the environment that a ``.zip`` was trained on, such as ``max_turns``.
            role: the seat that a ``.zip`` has learned (``"seller"``); ``None`` for both.

        Raises:
            ImportError: Stable-Baselines3 is not installed.
            ValueError: there is no such network, it cannot be read, or it does not play this domain.
        """
        place = Path(path)
        if not place.exists():
            raise ValueError(f"there is no {place}; give a folder that save_sb3 wrote.")
        only_zip = {"trust_pickle": trust_pickle, "algorithm": algorithm, "settings": settings, "role": role}
        if place.is_dir():
            given = [name for name, value in only_zip.items() if value]
            if given:
                raise ValueError(f"{place} is a checkpoint, which says all this itself; leave out {', '.join(given)}.")
            network, coding, obs_mode, chosen = _from_folder(place, domain)
        else:
            if not trust_pickle:
                raise ValueError(
                    f"{place} is a file of Stable-Baselines3's own, with pickled objects, which can run any code when "
                    "they are read. Write the model with save_sb3 instead; or, if you trust its author, give "
                    "trust_pickle=true, and algorithm=, settings= and role=, which such a file does not tell."
                )
            coding = Coding.of_kwargs(domain, {**(settings or {}), "role": role})
            network, obs_mode, chosen = _from_zip(place, algorithm, coding)
        weights = {name: tensor.numpy() for name, tensor in network.cpu().state_dict().items()}
        super().__init__(coding, KIND, rho, {"algorithm": chosen, "weights": digest(weights)})
        self.network, self.obs_mode = _to_play(network), obs_mode

    def act(self, observations: Float32, legal: NDArray[np.bool_] | None, view: View) -> Array:
        """The best legal actions (n,), or the means (n, 2) of a Box."""
        import torch

        shown: Any = torch.from_numpy(observations)
        if self.obs_mode == "masked" and legal is not None:
            shown = {"observation": shown, "action_mask": torch.from_numpy(legal.astype(np.int8))}
        with torch.no_grad():
            if legal is not None:
                return best_legal(_scores(self.network, shown).numpy(), legal)
            return np.asarray(np.clip(self.network._predict(shown, deterministic=True).numpy(), -1.0, 1.0))


def _scores(network: Any, shown: Any) -> Any:  # noqa: ANN401
    """What the network thinks of each action (n, A): values, or logits."""
    if hasattr(network, "q_net"):
        return network.q_net(shown)
    if hasattr(network, "quantile_net"):
        return network.quantile_net(shown).mean(dim=1)
    return network.get_distribution(shown).distribution.logits


def _from_folder(place: Path, domain: str) -> tuple[Any, Coding, str, str]:
    """The network, the coding, the mode of observations and the algorithm of a checkpoint."""
    weights, facts = read_checkpoint(place, KIND)
    coding = coding_of(place, facts, _FACTS, domain)
    if facts["obs_mode"] not in OBS_MODES:
        raise ValueError(f"{place}: {unknown_name('obs_mode', facts['obs_mode'], OBS_MODES)}")
    network = _rebuild(place, facts, coding)
    _fill(place, network, weights)
    return network, coding, facts["obs_mode"], facts["algorithm"]


def _rebuild(place: Path, facts: Mapping[str, Any], coding: Coding) -> Any:  # noqa: ANN401
    """A network as it was before training."""
    from torch import nn

    kind = _trainer(facts["algorithm"]).policy_aliases.get(facts["policy"])
    kwargs = dict(facts["policy_kwargs"])
    if "activation_fn" in kwargs:
        kwargs["activation_fn"] = getattr(nn, str(kwargs["activation_fn"]), None)
    if kind is None or kwargs.get("activation_fn", nn.Tanh) is None:
        raise ValueError(f"{place} names a policy or an activation that this version lacks; train it again.")
    return kind(*_spaces_of(coding, facts["obs_mode"]), _no_rate, **kwargs)


def _fill(place: Path, network: Any, weights: Mapping[str, NDArray[Any]]) -> None:  # noqa: ANN401
    """Put the trained weights in."""
    import torch

    try:
        network.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    except RuntimeError as error:
        raise ValueError(f"{place}: the weights do not fit its policy.json ({error}); train it again.") from None


def _from_zip(place: Path, algorithm: str | None, coding: Coding) -> tuple[Any, str, str]:
    """The network, the mode of observations and the algorithm of a file of SB3's own."""
    if algorithm is None:
        raise ValueError(f"{place} does not tell its algorithm; give algorithm=, one of {', '.join(ALGORITHMS)}.")
    trainer = _trainer(algorithm)
    if not zipfile.is_zipfile(place):
        raise ValueError(f"{place} is no file of Stable-Baselines3; give one that model.save() wrote.")
    model = trainer.load(place, device="cpu")
    obs_mode = "masked" if isinstance(model.observation_space, spaces.Dict) else "flat"
    _check_spaces(model, coding, obs_mode)
    return model.policy, obs_mode, algorithm


def _trainer(algorithm: str) -> Any:  # noqa: ANN401  # a class of SB3
    if algorithm not in ALGORITHMS:
        raise ValueError(unknown_name("algorithm", algorithm, ALGORITHMS))
    package = ALGORITHMS[algorithm]
    try:
        return getattr(import_module(package), algorithm)
    except ModuleNotFoundError as error:
        raise ImportError(f'{algorithm} needs {package}; install it with: pip install "negotiation-env[rl]"') from error


def _to_play(network: Any) -> Any:  # noqa: ANN401
    """The network in float64, on the CPU, without dropout."""
    from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

    network = network.to("cpu").double()
    network.set_training_mode(False)
    for module in network.modules():
        if isinstance(module, BaseFeaturesExtractor):
            module.register_forward_pre_hook(_in_double)
    return network


def _in_double(_module: object, inputs: tuple[Any]) -> tuple[Any]:
    """SB3 turns observations, which are float32, into float32 just before the network."""
    (shown,) = inputs
    if isinstance(shown, dict):
        return ({name: part.double() for name, part in shown.items()},)
    return (shown.double(),)


def _no_rate(_remaining: float) -> float:
    """The learning rate of a network that learns no more."""
    return 0.0
