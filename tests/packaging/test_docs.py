"""The documentation: what it shows runs, its navigation is complete, and its generated pages say all they must.

The commands of two tutorials are run; the others, which need a server, a cluster, weights or an hour, are parsed
against the options of the command line. `make docs` builds the site, and so does the slow test of the built pages.
"""

from __future__ import annotations

import copy
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pages as site
import pytest
import typer
from policy_pages import PolicyPage, policy_pages
from reference_pages import MODULES
from repository import included, linked, with_results
from snippets import ROOT, Block, blocks_of, check_command, commands_of, examples_of, links_of, parse, run_example

import negotiation_env
from negotiation_env import list_policies, make_policy, registry

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
RUN = ("docs/tutorials/cloning.md", "docs/tutorials/tournament.md")
TRAINING = ("train-bc", "train-janus", "train-rho-mlp")
POLICIES = [pytest.param(page, id=f"{page.found.domain}, {page.name}") for page in policy_pages()]
SLOWEST = 120_000
"""Milliseconds: machines that test are busy."""
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.mark.parametrize(("block", "printed"), examples_of(PAGES))
def test_example_runs_and_prints_what_is_written_below_it(
    block: Block,
    printed: str | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    list_policies()  # all are registered, so that the copy has them and what the example registers ends with it
    monkeypatch.setattr(registry, "_registry", copy.deepcopy(registry._registry))
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run_example(block, printed, capsys)


@pytest.mark.parametrize("command", commands_of(PAGES))
def test_every_command_names_what_exists(command: str) -> None:
    check_command(command)


@pytest.mark.parametrize(
    "wrong", ["negotiate generate --episodes 3", "negotiate clone", "python scripts/no.py", "rm x"]
)
def test_a_command_that_does_not_exist_is_found(wrong: str) -> None:
    usage_error = typer.BadParameter.__mro__[1]  # its module has moved between releases of Typer
    with pytest.raises((usage_error, AssertionError)):
        check_command(wrong)


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_tutorial_run_one_after_the_other(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from negotiation_cli.main import main

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    monkeypatch.chdir(tmp_path)
    commands = [shlex.split(param.values[0]) for param in commands_of([page])]
    run = [arguments for program, *arguments in commands if program == "negotiate" and arguments[0] not in TRAINING]
    assert len(run) >= 2
    for arguments in run:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0, arguments


@pytest.mark.parametrize("page", PAGES)
def test_links_point_to_files_that_exist(page: str) -> None:
    home = (ROOT / page).parent
    assert [link for link in links_of(page) if not (home / link).exists()] == []


def test_every_page_is_in_the_navigation_once() -> None:
    from mkdocs.config import load_config

    nav = site.on_config(load_config(str(ROOT / "mkdocs.yml"))).nav
    listed = list(_paths(nav))
    written = [page.removeprefix("docs/") for page in PAGES]
    made = [path for path, _ in site.made_pages()] + [page.path for page in policy_pages()]
    assert sorted(listed) == sorted({*written, *made})


def _paths(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for inside in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _paths(inside)


def test_every_policy_has_a_page_and_every_public_name_a_description() -> None:
    known = {(page.found.domain, page.name) for page in policy_pages()}
    assert known == {(domain, name) for domain in ("price", "multi_item") for name in list_policies(domain)}
    index = dict(site.made_pages())["reference/index.md"]
    modules = {module for names in MODULES.values() for module in names}
    for name in negotiation_env.__all__:
        (row,) = re.findall(rf"^\| `{name}` \| \[([\w.]+)\]\(.+\) \| (.+) \|$", index, re.MULTILINE)
        assert row[0] in modules
        assert len(row[1]) > 10


@pytest.mark.parametrize("page", POLICIES)
def test_the_page_of_a_policy_says_what_it_must(page: PolicyPage) -> None:
    text = page.markdown([("x.svg", "a figure")])  # a parameter that no docstring explains raises KeyError
    does = text.split("## What it does\n")[1].split("## How it plays")[0].strip()
    assert len(does) > 40
    for name, value in page.found.defaults.items():
        assert name == "domain" or f"`{name}={site_value(value)}`" in text
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", text.split("## Parameters")[1], re.MULTILINE)
    assert {name for name, _ in rows} == set(page.found.parameters)
    (command,) = re.findall(r"^negotiate (.+)$", text, re.MULTILINE)
    parse(shlex.split(command))
    if page.found.kind == "scripted":
        assert type(make_policy(page.name, page.found.domain)).__name__ in text.split("## Source")[1]


def site_value(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


@pytest.mark.parametrize("name", ["boulware_firm", "micro"])
def test_figures_of_policies_are_drawn_by_the_plots(name: str) -> None:
    from pictures import policy_pictures

    (found,) = (page.found for page in policy_pages() if page.name == name)
    figures = policy_pictures(found)
    assert len(figures) == (4 if found.domain == "price" else 1)
    for what, svg in figures.values():
        assert "linear" in what or "hardliner" in what
        assert name.encode() in svg
        assert svg.count(b"<path") > 10


def test_links_to_repository_files_become_links_to_pages() -> None:
    pages = {"guides/rho.md", "results.md", "reference/negotiation_env.theory.md", "index.md", "model_card.md"}
    text = "[a](../../benchmarks/RESULTS.md#x) [b](../../negotiation_env/theory) [c](../../Makefile) [d](no.md)"
    assert linked(text, "guides/rho.md", pages) == (
        "[a](../results.md#x) [b](../reference/negotiation_env.theory.md) c [d](no.md)"
    )
    assert linked("[card](README.md)", "model_card.md", pages) == "[card](model_card.md)"
    assert "```\n[a](Makefile)\n```" in linked("\n```\n[a](Makefile)\n```\n", "index.md", pages)


def test_results_stand_in_the_guide_as_they_were_measured() -> None:
    page = with_results((ROOT / "docs" / "guides" / "rho.md").read_text(encoding="utf-8"))
    (row,) = re.findall(r"^\| varied, known \| `janus` \| (.+) \|$", page, re.MULTILINE)
    assert row.split(" | ")[0] in (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="has no"):
        with_results("<!-- rows of `varied`: Nothing (regret) -->")


def test_pages_of_the_repository_exist_and_have_one_title() -> None:
    made = dict(site.made_pages())
    for file, path in included().items():
        assert (ROOT / file).is_file()
        prose = re.sub(r"^```.*?^```$", "", made[path], flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"^# ", prose, re.MULTILINE)) == 1


@pytest.mark.slow
def test_the_built_site_reads_offline_on_a_desktop_and_on_a_phone(tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium)")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert len(built) > 100
    faults: list[str] = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
            page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
            page.set_default_timeout(SLOWEST)
            _note_faults(page, faults)
            for path in built:
                page.goto(path.as_uri())
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults.append(f"{path.name} is wider than {size['width']} pixels")
                broken = page.evaluate(
                    "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
                )
                faults += broken
        page.goto((tmp_path / "site" / "index.html").as_uri())
        page.locator("label[for=__search]").first.click()
        for word, found in (("hypernetwork", "hyperlora"), ("make_vec", "tutorials/environment")):
            page.get_by_placeholder("Search").fill("")
            page.get_by_placeholder("Search").press_sequentially(word)
            page.wait_for_selector(f".md-search-result__link[href*='{found}']")
        browser.close()
    assert faults == []


def _note_faults(page: Page, faults: list[str]) -> None:
    """Keep what a page reports as wrong, and what it asks of other places."""
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: faults.append(asked.url) if asked.url.startswith("http") else None)


def test_the_front_page_plays_the_negotiation_that_its_figure_shows() -> None:
    from pictures import front_pictures

    (first,) = (block for block in blocks_of("docs/index.md") if block.language == "text")
    price = first.text.split()[0]
    figure = front_pictures()["assets/first_negotiation.svg"].decode()
    assert f"deal {float(price):.2f}" in figure
