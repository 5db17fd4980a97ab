"""Pages of the repository that stand in the site as well, and the links between both.

Every page is written for the repository: links are relative to the file and work there. In the site a link goes to the
page of the file that it names; where that file has no page, its text is left.
"""

from __future__ import annotations

import os.path
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "benchmarks/README.md": "benchmarks.md",
    "benchmarks/RESULTS.md": "results.md",
    "examples/README.md": "examples.md",
    "janus/README.md": "model_card.md",
    "policies": "policies/index.md",
    "policies/README.md": "policies/strategies.md",
    "policies/LANGUAGE_MODELS.md": "policies/language_models.md",
    "datasets/cards/README.md": "datasets/fields.md",
    "negotiation_env/price_v0.py": "environments/price_v0.md",
    "negotiation_env/multi_item_v0.py": "environments/multi_item_v0.md",
}
"""Files of the repository that have a page of another name."""
_OWN_PAGES = ("README.md",)
"""Those whose page is another text."""
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_ROWS = re.compile(r"^<!-- rows of `(\w+)`: (.+?) \((.+)\) -->$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


def included() -> dict[str, str]:
    """The repository's Markdown files that become pages, each with the page."""
    cards = {f"datasets/cards/{path.name}": f"datasets/{path.name}" for path in _cards()}
    files = {file: page for file, page in PAGES.items() if file.endswith(".md") and file not in _OWN_PAGES}
    return {**cards, **files}


def adapted(text: str) -> str:
    """The text of a repository page as Python-Markdown reads it: one title, and Markdown inside of HTML."""
    parts = _FENCE.split(text)
    for place in range(0, len(parts), 2):
        parts[place] = parts[place].replace("<details>", '<details markdown="1">')
    titles = sum(len(re.findall(r"^# ", part, re.MULTILINE)) for part in parts[::2])
    if titles != 1:
        parts[::2] = [re.sub(r"^(#+) ", r"#\1 ", part, flags=re.MULTILINE) for part in parts[::2]]
        parts[0] = f"# Results\n\n{parts[0]}"
    return "".join(parts)


def with_results(text: str) -> str:
    """The text with the results that its comments ask for, ``<!-- rows of `GAMES`: SECTION (COLUMN, ...) -->``."""
    return _ROWS.sub(lambda found: _rows(found[1], found[2], found[3].split(", ")), text)


def _rows(games: str, title: str, columns: list[str]) -> str:
    """Some columns of the table in a section of the results, of some games."""
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    section = re.search(rf"^# {re.escape(title)}\n(.*?)(?=^# |\Z)", results, re.MULTILINE | re.DOTALL)
    lines = [] if section is None else [line for line in section[1].splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows = [row for row in cells[2:] if row[0].startswith(f"{games},")]
    if not rows or not {*columns} <= {*cells[0]}:
        raise ValueError(f"benchmarks/RESULTS.md has no {columns} of {games!r} in a section {title!r}; mend the page.")
    places = [cells[0].index(column) for column in columns]
    shown = [columns, ["---"] * len(columns), *([row[place] for place in places] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in shown)


def linked(text: str, page: str, pages: set[str]) -> str:
    """The text of a page with links to repository files as links to their pages.

    Args:
        text: Markdown.
        page: where it stands in the site.
        pages: all files of the site.
    """
    source = PurePosixPath(_file_of(page)).parent
    site = PurePosixPath(page).parent

    def link(found: re.Match[str]) -> str:
        mark, label, target = found.groups()
        path, _, anchor = target.partition("#")
        if mark or not path or ":" in path:
            return found[0]
        place = os.path.normpath(source / path)
        goal = _page_of(place, pages)
        if goal is None:
            if not (ROOT / place).exists():
                return found[0]  # the build says that it is broken
            return label
        return f"[{label}]({os.path.relpath(goal, site)}{'#' if anchor else ''}{anchor})"

    parts = _FENCE.split(text)
    parts[::2] = [_LINK.sub(link, part) for part in parts[::2]]
    return "".join(parts)


def _file_of(page: str) -> str:
    """The repository file of a page."""
    return next((file for file, known in included().items() if known == page), f"docs/{page}")


def _page_of(place: str, pages: set[str]) -> str | None:
    """The page of a repository file, ``None`` if it has none."""
    known = {**PAGES, **included()}
    if place in known:
        return known[place]
    if place.startswith("docs/") and place.removeprefix("docs/") in pages:
        return place.removeprefix("docs/")
    readme = f"{place}/README.md"
    if readme in known:
        return known[readme]
    module = place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = re.sub(r"^(policies|janus|scripts)\.(?=negotiation_)", "", module)
    return f"reference/{module}.md" if f"reference/{module}.md" in pages else None


def _cards() -> list[Path]:
    return sorted(path for path in (ROOT / "datasets" / "cards").glob("*.md") if path.name != "README.md")
