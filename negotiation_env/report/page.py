"""The page: the parts of a report put into the templates, as one file that needs nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

NOTHING, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
"""What stands for no number, and before negative ones."""
_EXTRA = 'pip install "negotiation-env[report]"'
_SCRIPTS = ("page.js", "figures.js", "replies.js", "outcomes.js", "viewer.js")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render(parts: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The page.

    Args:
        parts: what the template writes as text and tables; all of it is escaped.
        data: what the figures and the viewer read, JSON-able.

    Raises:
        ImportError: Jinja2 or Plotly is missing.
    """
    environment = _environment()
    inline = {name: _asset(name) for name in ("page.css", *_SCRIPTS)}
    embedded = json_in_html(data)
    return environment.get_template("report.html.j2").render(
        **parts,
        nonce=hashlib.sha256(embedded.encode()).hexdigest()[:32],
        data=environment.filters["safe"](embedded),
        style=environment.filters["safe"](inline["page.css"]),
        scripts=environment.filters["safe"]("\n".join(inline[name] for name in _SCRIPTS)),
        plotly=environment.filters["safe"](plotly_script()),
    )


def json_in_html(value: object) -> str:
    """JSON that can stand in a script element: no text in it ends the element, or begins another one."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text.encode("utf-8", "backslashreplace").decode()  # half a pair of surrogates has no UTF-8


def plotly_script() -> str:
    """The source of plotly.js."""
    try:
        source = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError as error:
        raise ImportError(f"a report needs Plotly; install it with: {_EXTRA}") from error
    return source.replace("</script", "<\\/script")


def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise ImportError(f"a report needs Jinja2; install it with: {_EXTRA}") from error
    made = Environment(
        loader=PackageLoader("negotiation_env.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["number"] = number
    made.filters["interval"] = interval
    return made


def _asset(name: str) -> str:
    return (files("negotiation_env.report") / "templates" / name).read_text(encoding="utf-8")


def number(value: float | None, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    if value is None:
        return NOTHING
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", MINUS)  # no number is -0


def interval(estimate: tuple[float | None, float | None, float | None], scale: str = "number") -> str:
    """A mean and its interval: rates in per cent, shares and other numbers as they are."""
    mean, low, high = estimate
    if mean is None:
        return NOTHING
    if scale == "rate":
        ends = "" if low is None or high is None else f" ({100 * low:.0f} to {100 * high:.0f})"
        return f"{100 * mean:.1f} %{ends}"
    digits = 1 if abs(mean) >= 10 else 2
    ends = "" if low is None or high is None else f" ({number(low, digits)} to {number(high, digits)})"
    return f"{number(mean, digits)}{ends}"
