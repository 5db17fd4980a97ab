"""The MkDocs hook: pages that are made of the code, the navigation, and links between repository and site."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pictures import front_pictures, policy_pictures
from policy_pages import overview, policy_nav, policy_pages
from reference_pages import (
    ENVIRONMENTS,
    MODULES,
    environment_page,
    page_of,
    public_names,
    reference_nav,
    reference_page,
)
from repository import ROOT, adapted, included, linked, with_results

_LISTS: Mapping[str, Callable[[], list[Any]]] = {"policies/*": policy_nav, "reference/*": reference_nav}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill in the parts of the navigation that follow from the code."""
    config.nav = _filled(config.nav or [])
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is not written by hand: pages of the code, pages of the repository, figures."""
    texts = dict(made_pages())
    figures = dict(front_pictures())
    for page in policy_pages():
        drawn = policy_pictures(page.found)
        folder = page.path.rpartition("/")[0]
        figures |= {f"{folder}/{file}": figure for file, (_, figure) in drawn.items()}
        texts[page.path] = page.markdown([(file, what) for file, (what, _) in drawn.items()])
    made: dict[str, str | bytes] = {**texts, **figures}
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to files of the repository as links to their pages."""
    return linked(with_results(markdown), page.file.src_uri, set(files.src_uris))


def made_pages() -> Iterator[tuple[str, str]]:
    """All pages that are not written by hand, but for those of policies: path and Markdown."""
    yield "policies/index.md", overview()
    yield "reference/index.md", public_names()
    for name in ENVIRONMENTS:
        yield f"environments/{name}.md", environment_page(name)
    for names in MODULES.values():
        for module in names:
            yield page_of(module), reference_page(module)
    for file, path in included().items():
        yield path, adapted((ROOT / file).read_text(encoding="utf-8"))


def _filled(nav: list[Any]) -> list[Any]:
    """The navigation with its lists filled in."""
    found: list[Any] = []
    for entry in nav:
        if isinstance(entry, dict):
            title, inside = next(iter(entry.items()))
            found.append({title: _filled(inside) if isinstance(inside, list) else inside})
        elif entry in _LISTS:
            found += _LISTS[entry]()
        else:
            found.append(entry)
    return found
