"""Small tournaments and their reports, played once for all tests of the page."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from negotiation_env import PriceDecision

ATTACK = (
    "</script><script>window.attacked = 1</script><img src=x onerror=\"window.attacked = 1\"> \u2028 'quoted' & more"
)


class Talker:
    """Gives in over time, and says and notes what would run if a page did not escape it."""

    name = "talker<b>&"

    def reset(self, size, seed=None): ...

    def decide(self, view):
        share = 0.5 * view.turn / view.max_turns
        aim = view.reservation_price + view.role * (1 - share) * 300.0
        price = np.clip(aim, view.price_low, view.price_high)
        accept = view.role * (view.standing_offer - price) >= 0
        size = len(price)
        note = {"model": "tiny", "replies": [{"text": ATTACK}], "retries": 0}
        return PriceDecision(kind=np.where(accept, 1, 0), price=price, message=[ATTACK] * size, notes=[note] * size)


@pytest.fixture(scope="session")
def price_results(tmp_path_factory):
    pytest.importorskip("nashpy")
    from negotiation_env.tournament.play import play_tournament

    players = ["linear", "conceder", "boulware_firm", Talker()]
    return play_tournament(
        players, tmp_path_factory.mktemp("price"), 12, keep_episodes=2, scenario="private", chat=True
    )


@pytest.fixture(scope="session")
def split_results(tmp_path_factory):
    pytest.importorskip("nashpy")
    from negotiation_env.tournament.play import play_tournament

    names = ["linear", "boulware", "hardliner"]
    folder = tmp_path_factory.mktemp("split")
    return play_tournament(names, folder, 8, domain="multi_item", scenario="bargaining", keep_episodes=2)


@pytest.fixture(scope="session")
def rho_folder(tmp_path_factory):
    """What `negotiate evaluate-rho` writes: two policies, three commands and an intended impasse."""
    pl = pytest.importorskip("polars")
    folder = tmp_path_factory.mktemp("rho")
    rows = [
        {
            "policy": policy, "scenario": "varied", "information": "known", "command": command, "opponent": "linear",
            "role": "buyer", "first_mover": mover, "num_episodes": games, "deal_rate": rate,
            "achieved": None if command < 0 else command + shift, "closest_achievable": None if command < 0 else 0.05,
            "faults": 0.0,
        }
        for policy, shift in (("teacher", 0.0), ("hold_rho", 0.1))
        for command in (-1.0, 0.0, 0.5, 1.0)
        for mover, games, rate in (("buyer", 10, 1.0), ("seller", 30, 0.5))
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "rho_table.parquet")
    measured = {"regret": 0.01, "regret_interval": [0.0, 0.02], "deal_rate": 0.6}
    summary = {"varied": {"known": {"teacher": measured, "hold_rho": {**measured, "regret": None}}}}
    (folder / "rho_summary.json").write_text(json.dumps(summary))
    return folder


def data_of(page):
    """What the scripts of a page read."""
    found = re.search(r'<script nonce="\w+" type="application/json" id="report-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="session")
def price_page(price_results, rho_folder):
    from negotiation_env.report import write_report

    return write_report(price_results.folder, rho=rho_folder, best_responses=4)


@pytest.fixture(scope="session")
def split_page(split_results):
    from negotiation_env.report import write_report

    return write_report(split_results.folder)


@pytest.fixture(scope="session")
def read_data():
    return lambda path: data_of(path.read_text(encoding="utf-8"))


class Failing:
    """Raises whenever it must decide."""

    name = "failing"

    def reset(self, size, seed=None): ...

    def decide(self, view):
        raise RuntimeError("<b>out of order</b>")


@pytest.fixture(scope="session")
def failed_results(tmp_path_factory):
    """A tournament with cells that failed, and no game that was kept."""
    pytest.importorskip("nashpy")
    from negotiation_env.tournament.play import play_tournament

    return play_tournament(["linear", "fair", Failing()], tmp_path_factory.mktemp("failed"), 4, keep_episodes=0)


class Silent:
    """Its server has gone: every game ends by a fault."""

    def __init__(self, name):
        self.name = name

    def reset(self, size, seed=None): ...

    def decide(self, view):
        return PriceDecision(kind=np.full(len(view), 3), price=view.price_low)


@pytest.fixture(scope="session")
def silent_results(tmp_path_factory):
    """A tournament of which no game can be counted."""
    pytest.importorskip("nashpy")
    from negotiation_env.tournament.play import play_tournament

    return play_tournament([Silent("one"), Silent("two")], tmp_path_factory.mktemp("silent"), 4, keep_episodes=2)


HOSTILE = (
    "</script><script>window.attacked = 1</script><img src=x onerror='window.attacked = 1'>"
    "<a href=\"javascript:window.attacked=1\">x</a><a href='https://elsewhere.example'>y</a>"
    "<svg onload=window.attacked=1><style>*{display:none}</style><!-- %{x} {{ 7 * 7 }} ${window.attacked = 1}"
)
"""What would run, link, load, hide or be computed wherever it stands in a page without being escaped."""


class Hostile(Talker):
    """A policy whose name, words, notes and keys of notes are an attack; it fails against itself, with one more."""

    def __init__(self, place=0):
        self.name = f"{HOSTILE} {place}"

    def decide(self, view):
        decided = super().decide(view)
        size = len(view)
        note = {HOSTILE: HOSTILE, "model": HOSTILE, "replies": [{"text": HOSTILE}], "error": {HOSTILE: [HOSTILE]}}
        return replace(decided, message=[HOSTILE] * size, notes=[note] * size)


class HostileFailure(Hostile):
    """Raises whenever it must decide."""

    def decide(self, view):
        raise type(HOSTILE, (RuntimeError,), {})(HOSTILE)


@pytest.fixture(scope="session")
def hostile_page(tmp_path_factory):
    """A report in which every text that can come from elsewhere is an attack."""
    pytest.importorskip("nashpy")
    pl = pytest.importorskip("polars")
    from negotiation_env.report import write_report
    from negotiation_env.tournament.play import play_tournament

    folder = tmp_path_factory.mktemp("hostile") / HOSTILE.replace("/", "|")[:200]
    players = ["linear", Hostile(1), Hostile(2), HostileFailure(3)]
    play_tournament(players, folder, 4, keep_episodes=2, scenario="private", chat=True)
    told = json.loads((folder / "settings.json").read_text())
    told["sides"] = [f"{HOSTILE} {seat}" for seat in (0, 1)]
    (folder / "settings.json").write_text(json.dumps(told))
    sides = dict(zip(("buyer", "seller"), told["sides"], strict=True))
    for path in folder.glob("*.parquet"):
        table = pl.read_parquet(path)
        named = [name for name, kind in table.schema.items() if isinstance(kind, pl.Enum)]
        table.with_columns(pl.col(named).cast(pl.String).replace(sides)).write_parquet(path)
    rho = folder / "rho"
    rho.mkdir()
    row = {
        "policy": HOSTILE, "scenario": HOSTILE, "information": HOSTILE, "opponent": HOSTILE, "role": HOSTILE,
        "first_mover": HOSTILE, "num_episodes": 4, "deal_rate": 1.0, "achieved": 0.5, "closest_achievable": 0.1,
        "faults": 0.0,
    }  # fmt: skip
    pl.DataFrame([{**row, "command": command} for command in (0.0, 1.0)]).write_parquet(rho / "rho_table.parquet")
    return write_report(folder)
