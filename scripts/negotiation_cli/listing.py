"""`negotiate list`: what can be named on the command line."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import typer

from negotiation_cli import options

if TYPE_CHECKING:
    from rich.table import Table

EPILOG = """
Examples:

  negotiate list

  negotiate list policies --json
"""
KINDS = ("policies", "scenarios", "recipes")
Kind = Annotated[str | None, typer.Argument(metavar="[policies|scenarios|recipes]", help="What to list.")]
Entry = dict[str, object]


def list_names(kind: Kind = None, domain: options.Domain = "price", as_json: options.AsJson = False) -> None:
    """List the policies with their parameters, the scenarios and the recipes."""
    from negotiation_cli.output import screen, write_json
    from negotiation_env.domain import find_domain
    from negotiation_env.registry import unknown_name

    if kind is not None and kind not in KINDS:
        raise ValueError(unknown_name("kind", kind, KINDS))
    find_domain(domain)
    makers = {"policies": policies, "scenarios": scenarios, "recipes": recipes}
    found = {name: makers[name](domain) for name in KINDS if kind in (None, name)}
    if as_json:
        write_json({"domain": domain, **found})
        return
    terminal = screen()
    for name, entries in found.items():
        terminal.print(_table(f"{name} of domain {domain}", entries))


def policies(domain: str) -> list[Entry]:
    """Every registered policy: its kind, and its parameters as its name gives them (those it fixes first)."""
    from negotiation_env.registry import find_policy, list_policies, load_target

    entries: list[Entry] = []
    for name in list_policies(domain):
        registration = find_policy(name, domain)
        factory = load_target(registration.target)
        defaults = {
            item.name: None if item.default is item.empty else item.default
            for item in inspect.signature(factory).parameters.values()
        }
        fixed = dict(registration.defaults)
        params = {**fixed, **{key: value for key, value in defaults.items() if key not in fixed}}
        does = _first_line(factory)
        entries.append({"name": name, "kind": registration.kind, "does": does, "fixed": [*fixed], "params": params})
    return entries


def scenarios(domain: str) -> list[Entry]:
    """Every registered scenario and where its limits come from."""
    from negotiation_env.scenarios import find_scenario, list_scenarios

    return [{"name": name, "does": _first_line(find_scenario(name, domain))} for name in list_scenarios(domain)]


def recipes(domain: str) -> list[Entry]:
    """Every recipe of a dataset for the domain."""
    from negotiation_env.records.recipes import list_recipes, load_recipe

    loaded = [load_recipe(name) for name in list_recipes()]
    return [{"name": recipe.name, "does": recipe.description} for recipe in loaded if recipe.domain == domain]


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def _table(title: str, entries: list[Entry]) -> Table:
    from rich.text import Text

    from negotiation_cli.output import table
    from negotiation_env.specs import format_spec

    kinds = any("kind" in entry for entry in entries)
    made = table("name", *(["kind"] if kinds else []), "what it does")
    made.title, made.title_justify = title, "left"
    for entry in entries:
        said, params, fixed = Text(str(entry["does"])), entry.get("params"), entry.get("fixed")
        if isinstance(params, dict) and isinstance(fixed, list):
            for place, (key, value) in enumerate(params.items()):
                said.append(", " if place else "\n")
                said.append(format_spec("", {key: value})[1:], style="" if key in fixed else "dim")
        made.add_row(str(entry["name"]), *([str(entry["kind"])] if kinds else []), said)
    return made
