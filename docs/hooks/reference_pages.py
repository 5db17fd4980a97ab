"""The pages of the Python API, one a module, and those of the environments."""

from __future__ import annotations

import inspect
from importlib import import_module

from docstrings import with_doctests

from negotiation_env.domain import find_domain

MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "Environments": {
        "negotiation_env.price_v0": (),
        "negotiation_env.multi_item_v0": (),
        "negotiation_env.faces.ego": ("SeatEnv",),
        "negotiation_env.faces.vector": ("SeatVectorEnv",),
        "negotiation_env.wrappers": ("AppendRho",),
        "negotiation_env.binding": ("bind", "BoundPolicy"),
        "negotiation_env.scenarios": ("register_scenario", "list_scenarios"),
    },
    "Policies": {
        "negotiation_env.registry": ("make_policy", "list_policies", "register_policy"),
        "negotiation_env.policy": ("Policy", "View"),
        "negotiation_env.price.view": ("PriceView", "PriceDecision"),
        "negotiation_env.multi_item.view": ("MultiItemView", "MultiItemDecision"),
        "negotiation_env.seeding": ("uniform", "gaussian", "steady_uniform"),
        "negotiation_env.testing": ("check_policy",),
        "negotiation_policies.acceptance": (),
        "negotiation_policies.llm.parsing": (),
        "negotiation_policies.llm.backends.protocol": (),
        "negotiation_policies.learned.sb3": ("save_sb3", "SB3"),
        "negotiation_policies.learned.mlp": ("save_mlp", "MLP"),
        "negotiation_policies.learned.d3rlpy_training": ("train",),
    },
    "Playing and recording": {
        "negotiation_env.rollouts": ("rollout", "play"),
        "negotiation_env.episodes": ("Episodes",),
        "negotiation_env.engines": ("started", "share_out"),
        "negotiation_env.records.generate": ("generate", "GenerateResult"),
        "negotiation_env.records.prepare": ("prepare", "PrepareResult"),
        "negotiation_env.records.journal": ("play_into", "PlayedInto"),
        "negotiation_env.minari_export": ("export_minari", "MinariExport"),
        "negotiation_env.offline": (),
    },
    "Measuring": {
        "negotiation_env.metrics": (),
        "negotiation_env.solutions": (),
        "negotiation_env.theory": (),
        "negotiation_env.best_response": (),
        "negotiation_env.tournament": (),
        "negotiation_env.tournament.play": ("play_tournament",),
        "negotiation_env.report": (),
    },
    "Told a rho": {
        "negotiation_janus.evaluation": ("evaluate_rho", "evaluate_policies", "RhoEvaluation"),
        "negotiation_janus.hyperlora": ("HyperLoRA", "LoraSettings"),
        "negotiation_janus.adapters": ("save_adapters", "load_adapters", "freeze_at"),
        "negotiation_janus.base_model": ("load_base", "BaseModel"),
        "negotiation_janus.policy": ("Janus",),
        "negotiation_janus.rho_mlp.policy": ("RhoMlp",),
    },
}
"""The public modules by the section of the navigation, each with what is shown of it; nothing: all."""
ENVIRONMENTS = {
    "price_v0": ("price", "negotiation/Price-v0"),
    "multi_item_v0": ("multi_item", "negotiation/MultiItem-v0"),
}
"""The environments, each with its domain and its Gymnasium id."""


def page_of(module: str) -> str:
    """Where the page of a module stands."""
    return f"reference/{module}.md"


def reference_page(module: str) -> str:
    """The page of a module: its docstring and its public members."""
    members = next(known[module] for known in MODULES.values() if module in known)
    chosen = "".join(f"\n        - {name}" for name in members)
    options = f"    options:\n      members:{chosen}\n" if members else ""
    return f"# {module}\n\n::: {module}\n{options}"


def public_names() -> str:
    """The page that lists what `negotiation_env` offers by name, and all modules that are public."""
    import negotiation_env

    names = [(name, getattr(negotiation_env, name)) for name in negotiation_env.__all__]
    rows = [f"| `{name}` | {_link(_module_of(found))} | {_summary(found)} |" for name, found in names]
    modules = [f"| {title} | {', '.join(map(_link, known))} |" for title, known in MODULES.items()]
    return "\n".join(
        (
            "# Python API",
            "\n`from negotiation_env import ...`\n",
            "| name | described in | what it is |\n|---|---|---|",
            *rows,
            "\n## Public modules\n",
            "| about | modules |\n|---|---|",
            *modules,
        )
    )


def _short(module: str) -> str:
    return module.partition(".")[2]


def _module_of(found: object) -> str:
    return str(found.__name__ if inspect.ismodule(found) else found.__module__)


def _link(module: str) -> str:
    return f"[{module}]({module}.md)"


def _summary(found: object) -> str:
    return (found.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")


def reference_nav() -> list[dict[str, list[dict[str, str]]]]:
    """The navigation of all of them."""
    return [{title: [{_short(name): page_of(name)} for name in names]} for title, names in MODULES.items()]


def environment_page(name: str) -> str:
    """The page of an environment: the docstring of its module, the table of its observation, its scenarios."""
    domain, gym_id = ENVIRONMENTS[name]
    rules = find_domain(domain)
    package = f"negotiation_env.{domain}"
    parts = (
        f"# {name}",
        _doc(f"negotiation_env.{name}"),
        f"## Entries of the observation\n\n{_doc(f'{package}.observation')}",
        f"## Scenarios\n\n{_doc(f'{package}.scenarios')}",
        "## Faces\n",
        "| face | what makes it |\n|---|---|\n"
        f"| PettingZoo, parallel | `{name}.parallel_env(...)` |\n"
        f"| PettingZoo, turn-based (AEC) | `{name}.env(...)`, `{name}.raw_env(...)` |\n"
        f'| Gymnasium, one seat | `gymnasium.make("{gym_id}", role=..., opponent=...)` |\n'
        f'| Gymnasium `VectorEnv` | `gymnasium.make_vec("{gym_id}", num_envs=..., role=..., opponent=...)` |\n',
        "All take the arguments above and play the same games for the same seed. "
        f"The two of Gymnasium play `{rules.default_role}` against `{rules.default_opponent}` by default; they are "
        "described under [ego](../reference/negotiation_env.faces.ego.md) and "
        "[vector](../reference/negotiation_env.faces.vector.md).\n",
    )
    return "\n\n".join(parts)


def _doc(module: str) -> str:
    return with_doctests(import_module(module).__doc__ or "").strip()
