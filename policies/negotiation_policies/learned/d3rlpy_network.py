"""d3rlpy's algorithms: made from their settings, written as arrays and JSON, and read back without a pickle.

Together with `negotiation_env.offline` this is where d3rlpy is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from negotiation_env.registry import unknown_name

ALGOS = ("bc", "discrete_bc", "iql", "cql", "dt")
CONTINUOUS_ONLY, DISCRETE_ONLY = {"bc": "discrete_bc", "iql": "cql"}, {"discrete_bc": "bc"}
"""Algorithms that know one kind of actions only, and which to take for the other."""
LEARNING_RATE = {"bc": 1e-3, "discrete_bc": 1e-3, "iql": 3e-4, "cql": 3e-4, "dt": 3e-4}
_CONTEXT = 20
"""The most own decisions that a decision transformer looks back on."""
_OPTIMIZER = "optimizer/"
Tensors = dict[str, NDArray[Any]]


def check_algo(algo: str, is_discrete: bool) -> None:
    """Raise ``ValueError`` if there is no such algorithm, or it does not know these actions."""
    if algo not in ALGOS:
        raise ValueError(unknown_name("algo", algo, ALGOS))
    other = (CONTINUOUS_ONLY if is_discrete else DISCRETE_ONLY).get(algo)
    if other is not None:
        found, mode = ("discrete", "continuous") if is_discrete else ("continuous", "discrete")
        raise ValueError(
            f"{algo} needs {mode} actions, and the dataset's are {found}: use {other}, or export with "
            f"action_mode={mode!r}."
        )


def new_algorithm(
    algo: str, is_discrete: bool, sizes: tuple[int, int], turns: int, batch_size: int, learning_rate: float
) -> Any:  # noqa: ANN401  # a d3rlpy LearnableBase
    """A fresh algorithm with a network; its first weights are drawn from torch's global generator.

    Args:
        algo: one of `ALGOS`.
        is_discrete: whether an action is one whole number.
        sizes: the length of an observation, and the number of actions or the length of one.
        turns: the most own decisions of a game.
        batch_size: decisions (of ``dt``: stretches of a game) a step.
        learning_rate: of all its optimizers but that of CQL's weight.
    """
    algos = imported().algos
    rates = {"actor_learning_rate": learning_rate, "critic_learning_rate": learning_rate}
    kinds: dict[tuple[str, bool], tuple[Any, dict[str, Any]]] = {
        ("bc", False): (algos.BCConfig, {"learning_rate": learning_rate}),
        ("discrete_bc", True): (algos.DiscreteBCConfig, {"learning_rate": learning_rate, "beta": 0.0}),
        ("iql", False): (algos.IQLConfig, {**rates, "gamma": 1.0}),
        ("cql", True): (algos.DiscreteCQLConfig, {"learning_rate": learning_rate, "gamma": 1.0}),
        ("cql", False): (algos.CQLConfig, {**rates, "gamma": 1.0}),
        ("dt", True): (algos.DiscreteDecisionTransformerConfig, {"num_layers": 3}),
        ("dt", False): (algos.DecisionTransformerConfig, {}),
    }
    config, given = kinds[algo, is_discrete]
    if algo == "dt":
        given |= {"learning_rate": learning_rate, "context_size": min(turns, _CONTEXT), "max_timestep": turns + 1}
    made = config(batch_size=batch_size, **given).create(device="cpu")
    made.create_impl((sizes[0],), sizes[1])
    return made


def imported() -> Any:  # noqa: ANN401  # a module
    """d3rlpy; raises ``ImportError`` with what to install."""
    try:
        import d3rlpy
    except ModuleNotFoundError as error:
        raise ImportError('this needs d3rlpy; install it with: pip install "negotiation-env[offline]"') from error
    return d3rlpy


def network_facts(algorithm: Any) -> dict[str, Any]:  # noqa: ANN401
    """What `read_algorithm` rebuilds a network from, JSON-able."""
    implementation = algorithm.impl
    return {
        "config": {"type": algorithm.config.get_type(), "params": json.loads(algorithm.config.serialize())},
        "observation_size": int(implementation.observation_shape[0]),
        "action_size": int(implementation.action_size),
    }


def read_algorithm(facts: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Any:  # noqa: ANN401
    """An algorithm with the weights of `weights_of`, in float32.

    Raises:
        ValueError: the weights are not those of the network that the facts describe.
    """
    import torch

    imported()
    from d3rlpy.base import LearnableConfigWithShape

    shape = {"observation_shape": [facts["observation_size"]], "action_size": facts["action_size"]}
    described = LearnableConfigWithShape.deserialize(json.dumps({**shape, "config": facts["config"]}))
    with torch.random.fork_rng():
        algorithm = described.create(device="cpu")
    write_weights(algorithm, tensors)
    return algorithm


def weights_of(algorithm: Any) -> Tensors:  # noqa: ANN401
    """Copies of all weights, by network and name."""
    return {
        f"{network}/{name}": value.detach().numpy().copy()
        for network, module in algorithm.impl.modules.get_torch_modules().items()
        for name, value in module.state_dict().items()
    }


def write_weights(algorithm: Any, tensors: Mapping[str, NDArray[Any]]) -> None:  # noqa: ANN401
    """Give an algorithm the weights of `weights_of`; raises ``ValueError`` if they are not all there, in shape."""
    import torch

    own = weights_of(algorithm)
    given = {name: value for name, value in tensors.items() if not name.startswith(_OPTIMIZER)}
    wrong = sorted(own.keys() ^ given.keys()) or [name for name in own if own[name].shape != given[name].shape]
    if wrong:
        raise ValueError(f"its weights are not those of the network it describes ({wrong[0]}); train it again.")
    for network, module in algorithm.impl.modules.get_torch_modules().items():
        module.load_state_dict(
            {name: torch.from_numpy(given[f"{network}/{name}"].copy()) for name in module.state_dict()}
        )


def optimizers_of(algorithm: Any) -> tuple[Tensors, dict[str, Any]]:  # noqa: ANN401
    """The states of the optimizers: arrays by name, and what is JSON."""
    tensors: Tensors = {}
    groups: dict[str, Any] = {}
    for name, optimizer in _optimizers(algorithm).items():
        state = optimizer.state_dict()
        groups[name] = state["param_groups"]
        for index, known in state["state"].items():
            tensors |= {f"{_OPTIMIZER}{name}/{index}/{key}": value.numpy().copy() for key, value in known.items()}
    return tensors, {"groups": groups, "tokens": getattr(algorithm.impl, "_tokens", 0)}


def write_optimizers(algorithm: Any, tensors: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Put optimizers back into the states of `optimizers_of`."""
    import torch

    for name, optimizer in _optimizers(algorithm).items():
        start = f"{_OPTIMIZER}{name}/"
        state: dict[int, dict[str, Any]] = {}
        for place in (place for place in tensors if place.startswith(start)):
            index, key = place.removeprefix(start).split("/")
            value = torch.from_numpy(tensors[place].copy())
            state.setdefault(int(index), {})[key] = value.reshape(()) if key == "step" else value
        optimizer.load_state_dict({"state": state, "param_groups": facts["groups"][name]})
    if hasattr(algorithm.impl, "_tokens"):  # of the learning rate's schedule; d3rlpy keeps it nowhere else
        algorithm.impl._tokens = facts["tokens"]


def _optimizers(algorithm: Any) -> dict[str, Any]:  # noqa: ANN401
    return {name: held.optim for name, held in vars(algorithm.impl.modules).items() if hasattr(held, "optim")}
