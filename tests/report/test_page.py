"""The file of a report: what it holds, that nothing in it runs or asks for more, and what is refused."""

import json
import re
import shutil

import numpy as np
import pytest
from scipy.stats import sem
from scipy.stats import t as student

from negotiation_env import rollout
from negotiation_env.records.errors import RecordError
from negotiation_env.report import write_report
from negotiation_env.report.games import viewer_games
from negotiation_env.report.page import MINUS, NOTHING, interval, json_in_html, number, plotly_script
from negotiation_env.tournament import play_tournament

pytest.importorskip("jinja2")
pytest.importorskip("plotly")
pytest.importorskip("polars")


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "a & b", "\u2028\u2029", "\ud800", "'\"\\"])
def test_json_in_html_ends_no_script_and_stays_what_it_was(text):
    made = json_in_html({"text": text})
    assert not set("<>&\u2028\u2029") & set(made)
    made.encode("utf-8")
    if text != "\ud800":  # which no file can hold
        assert json.loads(made) == {"text": text}


def test_numbers_are_written_for_reading():
    assert number(None) == NOTHING
    assert number(-1234.567) == f"{MINUS}1,234.57"
    assert number(-0.001) == "0.00"
    assert interval((0.5, 0.4, 0.6), "rate") == "50.0 % (40 to 60)"
    assert interval((12.34, None, None)) == "12.3"
    assert interval((None, None, None)) == NOTHING


def test_the_page_is_one_file_that_asks_for_nothing(price_page, split_page):
    for path in (price_page, split_page):
        page = path.read_text(encoding="utf-8")
        assert path.name == "report.html"
        assert path.stat().st_size < 15e6
        without_plotly = page.replace(plotly_script(), "")
        assert not re.search(r"<(link|script|img|iframe)[^>]+(src|href)=[\"']?(?!data:)\w+:", without_plotly)
        assert "default-src 'none'" in page
        nonce = re.search(r"script-src 'nonce-(\w+)'", page)[1]
        assert page.count("<script") - plotly_script().count("<script") == page.count(f'<script nonce="{nonce}"')


def test_who_wins_most_stands_beside_who_has_the_largest_share(tmp_path):
    pytest.importorskip("nashpy")
    found = play_tournament("boulware_firm,linear,tit_for_tat", tmp_path, 40)
    page = write_report(found.folder).read_text(encoding="utf-8")
    tiles = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>([^<]+)</dd>", page))
    assert tiles["Most wins"] == found.ranking.policies["policy"][0] == "tit_for_tat"
    assert tiles["Largest share"] == "boulware_firm"


def test_what_a_model_says_is_text(price_page, read_data):
    page = price_page.read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "<script>window" not in page
    assert "talker<b>" not in page
    assert "talker&lt;b&gt;&amp;" in page
    data = read_data(price_page)
    said = [move[3] for game in data["games"] for move in game["moves"] if move[3]]
    assert any("</script><script>window.attacked" in text for text in said)
    notes = [move[4] for game in data["games"] for move in game["moves"] if move[4]]
    assert [name for name, _ in notes[0]] == ["model", "reply 1", "retries"]


def test_equal_results_give_equal_bytes(price_results, rho_folder, price_page, tmp_path):
    again = write_report(price_results.folder, tmp_path / "new" / "again.html", rho_folder, best_responses=4)
    assert again.read_bytes() == price_page.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == ["again.html"]


def test_sections_are_those_that_the_results_have(price_page, split_page):
    def sections(path):
        return re.findall(r'<section id="([\w-]+)"', path.read_text(encoding="utf-8"))

    shared = ["ranking", "match-ups", "deals", "games", "exploitability"]
    assert sections(price_page) == [*shared, "replies", "theory", "calibration"]
    assert sections(split_page) == ["ranking", "match-ups", "deals", "outcomes", "games", "exploitability", "missing"]
    missing = split_page.read_text(encoding="utf-8").split('<section id="missing"')[1]
    assert "negotiate evaluate-rho" in missing
    assert "--scenario private" in missing


def test_every_figure_has_a_name_and_a_table_beside_it(price_page, split_page):
    for path in (price_page, split_page):
        page = path.read_text(encoding="utf-8")
        for part in re.findall(r"<section.*?</section>", page, re.DOTALL):
            for label in re.findall(r'role="img" aria-labelledby="([\w-]+)"', part):
                assert f'id="{label}"' in part
            assert "<figure" not in part or "<table" in part or 'id="map-table"' in part or 'id="moves"' in part


def test_heat_maps_hold_the_cells_by_rank(price_results, price_page, read_data):
    data = read_data(price_page)
    names = data["policies"]
    assert names == price_results.ranking.policies["policy"].to_list()
    for row in price_results.cells.iter_rows(named=True):
        places = names.index(row["policy_0"]), names.index(row["policy_1"])
        mean, low, high = data["maps"]["cells"][row["first_mover"]]["share_0"]
        for matrix, key in ((mean, "share_0"), (low, "share_0_low"), (high, "share_0_high")):
            assert matrix[places[0]][places[1]] == pytest.approx(row[key], rel=1e-3)
        assert data["maps"]["games"][row["first_mover"]][places[0]][places[1]] == row["num_episodes"]


def test_the_viewer_has_the_kept_games(price_results, price_page, read_data):
    from negotiation_env.records.parquet_games import read_parquet_games
    from negotiation_env.records.recorded import recorded_games

    games = [game for block in read_parquet_games(price_results.games, 50) for game in recorded_games(block)]
    shown = read_data(price_page)["games"]
    assert len(shown) == len(games) == 4 * 4 * 2
    for told, game in zip(shown, games, strict=True):
        assert told["limits"] == [game.episode.buyer_max, game.episode.seller_min]
        assert [move[2] for move in told["moves"]] == [move[3] for move in game.episode.moves]


def test_with_little_room_some_games_are_shown(price_results):
    every, kept = viewer_games(price_results)
    some, total = viewer_games(price_results, budget=len(json.dumps(every)) // 3)
    assert total == kept == len(every)
    assert 0 < len(some) <= kept // 3 + 1
    assert some == every[:: len(every) // len(some)][: len(some)]


def test_splits_come_with_their_frontier(split_page, read_data):
    from negotiation_env import solutions

    game = read_data(split_page)["games"][0]
    found = solutions.solve(game["quantities"], game["values"])
    np.testing.assert_allclose(game["solutions"]["pareto"], found.pareto)
    seat, _, offer, *_ = next(move for move in game["moves"] if move[1] == "offer")
    keep, worth = offer
    assert worth[seat] == pytest.approx(float(np.dot(game["values"][seat], keep)))
    rest = np.array(game["quantities"]) - keep
    assert worth[1 - seat] == pytest.approx(float(np.dot(game["values"][1 - seat], rest)))


def test_outcomes_count_every_game(split_results, split_page, read_data):
    outcomes = read_data(split_page)["outcomes"]
    assert sum(place[2] for place in outcomes["all pairs"]) == len(split_results.outcomes)
    assert sum(place[3] for place in outcomes["all pairs"]) == split_results.outcomes["pareto_optimal"].sum()
    assert sum(place[2] for place in outcomes["0|1"]) == 8


def test_calibration_weighs_rows_by_their_deals(price_page, read_data):
    (case,) = read_data(price_page)["calibration"]
    teacher, held = case["policies"]
    assert [point[:3] for point in teacher["points"]] == [[0.0, 0.0, 0.05], [0.5, 0.5, 0.05], [1.0, 1.0, 0.05]]
    assert held["points"][0][3] == pytest.approx((10 * 1.0 + 30 * 0.5) / 40)
    assert teacher["summary"]["regret"] == [0.01, 0.0, 0.02]
    assert held["summary"]["regret"][0] is None


def test_theory_names_the_second_best_where_limits_are_private(price_results, price_page, read_data):
    theory = read_data(price_page)["theory"]
    labels = [label for label, _ in theory["references"]]
    assert labels[0] == "all possible gains"
    assert any("second best" in label for label in labels)
    limits = rollout("price", dict.fromkeys(("buyer_0", "seller_0"), "fair"), 6, seed=0, scenario="private").episodes
    width = np.maximum(limits["buyer_max"] - limits["seller_min"], 0.0)
    outcomes = price_results.outcomes
    draw, gained = outcomes["draw"].to_numpy(), (outcomes["payoff_0"] + outcomes["payoff_1"]).to_numpy()
    assert theory["all"][0] == pytest.approx(gained.sum() / width[draw].sum(), rel=1e-3)


def test_theory_intervals_take_the_games_of_a_draw_as_one(price_results, price_page, read_data):
    """All pairs play the same draws; as if they were independent, intervals would be far too narrow."""
    outcomes = price_results.outcomes
    realised, possible = np.zeros(6), np.zeros(6)
    draw = outcomes["draw"].to_numpy()
    np.add.at(realised, draw, (outcomes["payoff_0"] + outcomes["payoff_1"]).to_numpy())
    np.add.at(possible, draw, np.maximum(outcomes["surplus"].to_numpy(), 0.0))
    share = realised.sum() / possible.sum()
    reach = student.ppf(0.975, 5) * sem(realised - share * possible) / possible.mean()
    assert read_data(price_page)["theory"]["all"][1:] == pytest.approx([share - reach, share + reach], rel=1e-3)


def test_best_replies_are_to_the_scripted_policies(price_results, price_page, read_data):
    from negotiation_env.best_response import exploitability

    rows = {row["policy"]: row for row in read_data(price_page)["replies"]}
    assert set(rows) == {"linear", "conceder", "boulware_firm"}
    (found,) = exploitability(["linear"], "private", num_games=4, seed=price_results.settings.seed)
    assert rows["linear"]["reply"][0] == pytest.approx(found.best_reply_share, rel=1e-3)
    assert rows["linear"]["kept"] == pytest.approx(found.kept_share, rel=1e-3)


def test_cells_that_failed_are_told_and_left_blank(failed_results, read_data):
    path = write_report(failed_results.folder)
    page, data = path.read_text(encoding="utf-8"), read_data(path)
    assert '<section id="failures"' in page
    assert "&lt;b&gt;out of order&lt;/b&gt;" in page
    assert "negotiate tournament --keep_episodes" in page
    failing = data["policies"].index("failing")
    mean, low, high = data["maps"]["cells"]["both"]["share_0"]
    assert mean[failing][0] is low[failing][0] is high[failing][0] is None
    assert "failing" not in data["meta"]["policies"]
    assert "games" not in data


def test_an_evaluation_in_the_folder_is_found(split_results, rho_folder, tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(split_results.folder, folder)
    shutil.copytree(rho_folder, folder / "evaluation")
    assert "calibration" in write_report(folder).read_text(encoding="utf-8").split("</main>")[0]


def test_folders_without_results_are_refused(price_results, tmp_path):
    with pytest.raises(RecordError, match="negotiate tournament"):
        write_report(tmp_path)
    folder = tmp_path / "results"
    shutil.copytree(price_results.folder, folder)
    with pytest.raises(RecordError, match="evaluate-rho"):
        write_report(folder, rho=tmp_path)
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps({**settings, "version": 99}))
    with pytest.raises(RecordError, match="version"):
        write_report(folder)


CATALOGUE = "category,title,list_price,current_price,average_price,lowest_price,highest_price\n"


def test_theory_scales_of_a_catalogue_come_without_its_file(tmp_path, read_data):
    pytest.importorskip("nashpy")
    products = tmp_path / "products.csv"
    products.write_text(CATALOGUE + "".join(f"tool,drill {n},{100 + n},80,80,{50 + n},90\n" for n in range(9)))
    found = play_tournament(
        "linear,conceder", tmp_path / "out", 8, scenario="catalogue", catalogue=str(products), keep_episodes=0
    )
    products.unlink()
    theory = read_data(write_report(found.folder))["theory"]
    assert theory["references"] == [["all possible gains", 1.0]]
    assert 0.0 < theory["all"][0] <= 1.0
    with pytest.raises(ValueError, match="the limits of scenario catalogue are in its file"):
        write_report(found.folder, best_responses=2)


def test_what_best_replies_cannot_be_had_is_said(split_results, failed_results, tmp_path, read_data):
    with pytest.raises(ValueError, match="only price games have them"):
        write_report(split_results.folder, tmp_path / "split.html", best_responses=2)
    page = write_report(split_results.folder, tmp_path / "split.html").read_text(encoding="utf-8")
    assert "--best_responses" not in page.split('<section id="missing"')[1].split("</section>")[0]
    found = play_tournament("linear,hold_rho", tmp_path / "out", 4, keep_episodes=0)  # which must know the surplus
    data = read_data(write_report(found.folder, best_responses=2))
    assert [row["policy"] for row in data["replies"]] == ["linear"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("settings.json", '{"version": 2}'), ("settings.json", '{"version": 2, "policies": 3}'),
        ("cells.parquet", "no table"), ("ranking.json", "{}"), ("meta_game.json", "[]"), ("failures.json", "3"),
    ],
)  # fmt: skip
def test_damaged_files_are_named(split_results, tmp_path, name, content):
    folder = tmp_path / "results"
    shutil.copytree(split_results.folder, folder)
    (folder / name).write_text(content)
    with pytest.raises(RecordError, match="damaged"):
        write_report(folder)
