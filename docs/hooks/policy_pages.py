"""A page for each registered policy: what it does, by which formula, with which parameters, and a picture."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from docstrings import meanings_of, text_of

from negotiation_env.registry import DOMAINS, KINDS, Registration, find_policy, list_policies, load_target
from negotiation_env.specs import format_spec

TITLES = {"price": "One price", "multi_item": "Splitting items"}
NEED_KNOWN = ("random_zopa", "hold_rho", "concede_to_rho", "teacher")
"""Policies that by default play only where both limits are known."""
AGENTS = {"price": ("buyer_0", "seller_0"), "multi_item": ("agent_0", "agent_1")}
_POLICIES, _JANUS = "negotiation_policies", "negotiation_janus"
_TOLD = "Told a share, rho"
_GROUPS = {
    "Time-dependent": ("time_based",),
    "Behaviour-dependent": ("behaviour_based", "micro", "charging"),
    "Fixed, fair, naive, random": ("fixed", "fair", "naive", "chance", "generic"),
    "Equilibria of sealed mechanisms": ("sealed_bids",),
    _TOLD: ("rho_control", "teacher"),
    "Scripted": ("multi_item",),
}
_KIND_GROUPS = {"llm": "Language models", "human": "A person", "learned": "Networks of your own"}
_OTHERS = "Others"
_ORDER = (*_GROUPS, _OTHERS, *_KIND_GROUPS.values())
_SHARED = ("Strategy", "OpeningStrategy", "Accepting", "Modelling", "ABC", "Generic", "Protocol")
"""Bases whose text says nothing of a formula."""
_GAINS = (
    " Formulas are in gains above the own limit, `role * (price - limit)`, so that one serves both seats; `opening` is "
    "the gain asked for at first, `min(opening_margin * width of the public range / margin_range, distance from the "
    "limit to the own end of the range)`; `t` is the turn over the deadline. "
    "[All conventions](../strategies.md#conventions)."
)
_PRICE_NOTE = (
    "Limits 400 and 900, 20 turns, and the policy moves first. Line: the median offer of 100 games, which differ only "
    "where there is chance; band: 10th to 90th percentile; star: the deal.\n\n"
)
_ANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class PolicyPage:
    """The page of one policy in one domain."""

    found: Registration

    @property
    def name(self) -> str:
        """The name that it is registered under."""
        return self.found.name

    @property
    def path(self) -> str:
        """Where the page stands."""
        return f"policies/{self.found.domain}/{self.name}.md"

    @property
    def group(self) -> str:
        """The section of the navigation."""
        module = self.found.target.partition(":")[0]
        if module.startswith(f"{_JANUS}."):
            return _TOLD
        if self.found.kind != "scripted":
            return _KIND_GROUPS[self.found.kind]
        part = module.removeprefix(f"{_POLICIES}.").partition(".")[0]
        return next((title for title, parts in _GROUPS.items() if part in parts), _OTHERS)

    @property
    def summary(self) -> str:
        """The first sentence of its docstring."""
        return text_of(self._target).partition("\n\n")[0].replace("\n", " ")

    @property
    def call(self) -> str:
        """How it is made in Python."""
        others = {} if self.found.domain == "price" else {"domain": self.found.domain}
        extra = "".join(f', {name}="{value}"' for name, value in {**others, **self._needed}.items())
        return f'make_policy("{self.name}"{extra})'

    @property
    def spec(self) -> str:
        """A spec string that makes it."""
        return format_spec(self.name, self._needed)

    @property
    def _needed(self) -> dict[str, str]:
        given = self.found.parameters.items()
        return {name: "FOLDER" for name, one in given if one.default is one.empty and one.kind not in _ANY}

    @property
    def _target(self) -> Any:  # noqa: ANN401  # a class or a function
        return load_target(self.found.target)

    def markdown(self, pictures: list[tuple[str, str]]) -> str:
        """The page, with pictures given as (file beside the page, what it shows)."""
        parts = [
            f"# {self.name}",
            self._facts(),
            "## What it does\n",
            self._formula(),
            self._shown(pictures),
            "## Parameters\n",
            self._parameters(),
            "## Use\n",
            self._use(),
            "## Source\n",
            self._source(),
        ]
        return "\n\n".join(part for part in parts if part)

    @property
    def entry(self) -> str:
        """Its name in the overview, and what that fixes."""
        return f"[{self.name}]({self.path.removeprefix('policies/')}) {self._fixed}".strip()

    @property
    def _fixed(self) -> str:
        given = self.found.defaults.items()
        return ", ".join(f"`{name}={_told(value)}`" for name, value in given if name != "domain")

    def _facts(self) -> str:
        kind = f"{self.found.kind}: {KINDS[self.found.kind]}"
        domain = "one price" if self.found.domain == "price" else "a split of items"
        fixes = f" The name fixes {self._fixed}; a parameter that is given overrules it." if self._fixed else ""
        orientation = _GAINS if "opening_margin" in self.found.parameters else ""
        return f"A policy for **{domain}** ({kind}).{fixes}{orientation}"

    def _formula(self) -> str:
        """The docstring, those of the bases that say more, and of the parts that they name."""
        target = self._target
        texts = [text_of(target)]
        if inspect.isclass(target):
            texts += [
                f"As every `{base.__name__}`: {text_of(base)}"
                for base in target.__mro__[1:-1]
                if base.__name__ not in _SHARED and text_of(base)
            ]
            curve = vars(import_module(target.__module__)).get("ConcessionCurve")
            if curve is not None and any("ConcessionCurve" in text for text in texts):
                texts.append(f"`conceded(t)`: {text_of(curve)}")
        return "\n\n".join(texts)

    def _shown(self, pictures: list[tuple[str, str]]) -> str:
        if not pictures:
            return f"There is no picture of it: it {KINDS[self.found.kind]}."
        drawn = "\n".join(
            f'<figure markdown="span">\n![{what}]({file}){{ .plot }}\n<figcaption>{what}</figcaption>\n</figure>\n'
            for file, what in pictures
        )
        note = _PRICE_NOTE if self.found.domain == "price" else ""
        return f'## How it plays\n\n{note}<div class="plots" markdown>\n\n{drawn}\n</div>'

    def _parameters(self) -> str:
        meanings = meanings_of(self._target)
        rows = [
            f"| `{name}` | {self._default(name, one)} | {meanings[name]} |"
            for name, one in self.found.parameters.items()
            if one.kind not in _ANY
        ]
        if not rows:
            return "None."
        return "\n".join(["| parameter | default | meaning |", "|---|---|---|", *rows])

    def _default(self, name: str, one: inspect.Parameter) -> str:
        if name in self.found.defaults:
            return f"**`{_told(self.found.defaults[name])}`**"
        return "needed" if one.default is one.empty else f"`{_told(one.default)}`"

    def _use(self) -> str:
        domain, (one, two) = self.found.domain, AGENTS[self.found.domain]
        known = {"information": "known"} if self.found.name in NEED_KNOWN else {}
        settings = "".join(f", {name}={value!r}" for name, value in known.items()).replace("'", '"')
        options = "".join(f" --{name} {value}" for name, value in known.items())
        return (
            f"```python\n{self.call}\n"
            f'rollout("{domain}", {{"{one}": "{self.spec}", "{two}": "linear"}}, 1000{settings})\n```\n\n'
            f"```bash\nnegotiate play --domain {domain} --agent1 {self.spec} --agent2 linear{options}\n```"
        )

    def _source(self) -> str:
        module = self._target.__module__
        about = (import_module(module).__doc__ or "").strip()
        return f"{about}\n\nCode: `{module}.{self._target.__qualname__}`. {_more(self)}"


def policy_pages() -> list[PolicyPage]:
    """The pages of all registered policies."""
    return [PolicyPage(find_policy(name, domain)) for domain in DOMAINS for name in list_policies(domain)]


def policy_nav() -> list[dict[str, list[dict[str, list[dict[str, str]]]]]]:
    """The navigation: by domain, then by group."""
    found = policy_pages()
    return [
        {TITLES[domain]: [{group: pages} for group in _ORDER if (pages := _of(found, domain, group))]}
        for domain in DOMAINS
    ]


def overview() -> str:
    """The page that lists all policies."""
    found = policy_pages()
    parts = [
        "# Policies",
        "Everything that can take a seat, by name. A name with parameters is a spec string, such as "
        "`linear:acceptance=combi`, and stands wherever a policy is named: in Python, in recipes and in commands. "
        "[Strategies](strategies.md) gives all formulas on one page, with the conventions that they share.",
    ]
    for domain in DOMAINS:
        parts.append(f"## {TITLES[domain]}")
        for group in _ORDER:
            rows = _rows([page for page in found if page.found.domain == domain and page.group == group])
            if rows:
                parts.append(
                    "\n".join([f"### {group}\n", "| what it does | names, and what each fixes |", "|---|---|", *rows])
                )
    return "\n\n".join(parts)


def _rows(found: list[PolicyPage]) -> list[str]:
    """A row for each class, with all names that it has."""
    names: dict[str, list[PolicyPage]] = {}
    for page in sorted(found, key=lambda page: len(page.found.defaults)):
        names.setdefault(page.found.target, []).append(page)
    return [f"| {pages[0].summary} | {'<br>'.join(page.entry for page in pages)} |" for pages in names.values()]


def _of(found: list[PolicyPage], domain: str, group: str) -> list[dict[str, str]]:
    return [{page.name: page.path} for page in found if page.found.domain == domain and page.group == group]


def _told(value: object) -> str:
    return json.dumps(value) if not isinstance(value, str) else value or '""'


def _more(page: PolicyPage) -> str:
    if page.found.kind == "llm":
        return "All about such agents: [Language models](../language_models.md)."
    if page.found.target.startswith(f"{_JANUS}."):
        return "What it reaches: [model card](../../model_card.md)."
    return "Conventions, and all formulas on one page: [Strategies](../strategies.md)."
