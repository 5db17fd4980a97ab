"""The page in a browser: no error, filters, steps, and reading on a phone, in the dark, by keys."""

import shutil

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("there is no Chromium here (Debian: apt-get install chromium)", allow_module_level=True)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SLOWEST = 120_000
"""Milliseconds: machines that test are busy. Alone, one draws a page in less than two seconds."""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture
def load(browser):
    contexts, faults = [], []

    def opened(path, **settings):
        context = browser.new_context(**{"viewport": DESKTOP, **settings})
        context.set_default_timeout(SLOWEST)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda asked: faults.append(asked.url) if asked.url.startswith("http") else None)
        page.goto(path.as_uri())
        drawn(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def drawn(page):
    page.wait_for_selector("html[data-drawn]", state="attached")


def ticks(page, plot, axis="y"):
    return page.locator(f"#{plot} .{axis}tick text").all_text_contents()


def test_a_price_tournament_filters_steps_and_runs_nothing_that_was_said(load, price_page):
    page = load(price_page)
    assert int(page.get_attribute("html", "data-drawn")) < SLOWEST  # milliseconds until all figures stood
    for plot in ("ranking", "map", "deals", "game", "exploit", "replicator", "replies", "theory", "rho"):
        assert page.locator(f"#plot-{plot} svg.main-svg").count() > 0
    assert "talker<b>&" in ticks(page, "plot-ranking")
    page.fill("#filter", "linear, talker")
    page.wait_for_selector("text=2 of 4 shown")
    assert sorted(ticks(page, "plot-map")) == ["linear", "talker<b>&"]
    assert page.locator("#ranking tbody tr:visible").count() == 2
    page.select_option("#game-0", label="talker<b>&")
    page.locator("#moves details summary").first.click()
    assert "window.attacked" in page.locator("#moves").inner_text()
    assert page.evaluate("window.attacked === undefined")
    page.fill("#filter", "nobody")
    page.wait_for_selector("text=0 of 4 shown")
    assert page.locator("#viewer").is_hidden()


def test_no_text_from_elsewhere_is_more_than_text(load, hostile_page):
    """Names, words, notes, their keys, reasons, folders, sides, scenarios: all an attack, and all shown as they are."""
    page = load(hostile_page)
    assert page.locator("#moves details summary").count() > 0
    for summary in page.locator("summary").all():
        summary.click()
    for select in ("map-measure", "map-mover", "game-0", "game-1", "game-number", "rho-case"):
        for place in range(page.locator(f"#{select} option").count()):
            page.select_option(f"#{select}", index=place)
    page.fill("#filter", "script")
    page.wait_for_selector("text=3 of 4 shown")
    for plot in ("ranking", "map", "deals", "game", "exploit", "replicator", "rho"):
        page.locator(f"#plot-{plot} .main-svg").first.hover(force=True)
    assert page.evaluate("window.attacked === undefined")
    links = "[...document.querySelectorAll('a')].every(node => node.getAttribute('href').startsWith('#'))"
    assert page.evaluate(links)
    assert page.locator("body img, [onerror], [onload], body style, iframe, object").count() == 0
    assert page.locator("script").count() == 3
    for place in ("#moves .who", "#moves .said", "#moves dt", "#moves dd", "#failures", "#calibration", "header"):
        assert "window.attacked = 1" in page.locator(place).first.text_content(), place
    assert "{{ 7 * 7 }}" in page.locator("#moves .said").first.text_content()


def test_games_are_stepped_through_with_buttons_and_keys(load, price_page):
    page = load(price_page)
    total = page.locator("#moves li").count()
    assert total == int(page.get_attribute("#step", "max")) > 2
    page.click("#step-back")
    assert page.locator("#moves li").count() == total - 1
    page.press("#step-back", "Home")
    assert page.locator("#moves li").count() == 0
    assert page.locator("#step-first").is_disabled()
    page.focus("#step")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("#moves li").count() == 2
    assert page.inner_text("#step-text").startswith(f"2 of {total}: ")
    assert page.get_attribute("#step", "aria-valuetext") == page.inner_text("#step-text")
    page.press("#step", "End")
    assert page.locator("#step-on").is_disabled()


def test_measures_change_and_tables_sort(load, price_page):
    page = load(price_page)
    before = page.locator("#plot-map .hm image").get_attribute("href")
    page.select_option("#map-measure", "turns")
    assert page.locator("#plot-map .hm image").get_attribute("href") != before
    page.click("#map-table summary")
    assert page.locator("#map-table caption").inner_text().startswith("Turns")
    assert page.locator("#map-table tbody tr").count() == 4
    header = page.locator("#ranking th", has_text="Rank")
    header.locator("button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert page.locator("#ranking tbody tr td").first.inner_text() == "4"


def test_the_pareto_picture_shows_a_pair(load, split_page):
    page = load(split_page)
    every = page.inner_text("#outcome-count")
    assert every.startswith("72 games")
    page.select_option("#pair-0", label="boulware")
    assert page.inner_text("#outcome-count").startswith("8 games")
    assert "keeps" in page.inner_text("#moves")


def test_what_failed_leaves_gaps_and_no_errors(load, failed_results):
    from negotiation_env.report import write_report

    page = load(write_report(failed_results.folder))
    assert page.locator("#failures tbody tr").count() > 0
    page.fill("#filter", "failing")
    page.wait_for_selector("text=1 of 3 shown")


def test_where_no_game_counts_there_are_gaps_and_no_errors(load, silent_results):
    from negotiation_env.report import write_report

    page = load(write_report(silent_results.folder))
    for name in ("Most wins", "Largest share"):
        assert page.locator(".facts div", has_text=name).locator("dd").inner_text() == "\N{EN DASH}"
    assert page.locator("#plot-map svg.main-svg").count() > 0


def test_a_phone_scrolls_in_one_direction_only(load, price_page, split_page):
    for path in (price_page, split_page):
        page = load(path, viewport=PHONE, is_mobile=True, has_touch=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_dark_is_dark_and_figures_follow(load, price_page):
    page = load(price_page)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.locator("#plot-ranking .ytick text").first.evaluate("node => getComputedStyle(node).fill")
    page.evaluate("delete document.documentElement.dataset.drawn")
    page.emulate_media(color_scheme="dark")
    drawn(page)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert page.locator("#plot-ranking .ytick text").first.evaluate("node => getComputedStyle(node).fill") != ink


def test_everything_that_takes_input_has_a_name_and_can_be_reached(load, price_page):
    page = load(price_page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    nameless = page.evaluate(
        "[...document.querySelectorAll('input, select, button')].filter(node => !node.labels?.length "
        "&& !node.getAttribute('aria-label') && !node.textContent.trim()).map(node => node.id)"
    )
    assert nameless == []
    assert page.evaluate("[...document.querySelectorAll('[tabindex]')].every(node => node.tabIndex <= 0)")
    assert page.evaluate("[...document.querySelectorAll('h1')].length") == 1
    assert page.evaluate("document.documentElement.lang") == "en"
