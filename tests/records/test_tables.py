"""Parquet tables: prepared ones equal generated ones, splits keep episodes whole, bad lines are named."""

import gc
import json
import math
from importlib.metadata import PathDistribution
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from played import every_domain, players_of, run_of

from negotiation_env import rollout
from negotiation_env.domain import find_domain
from negotiation_env.episodes import concatenate
from negotiation_env.metrics import price_summary
from negotiation_env.records import recipes
from negotiation_env.records.errors import RecordError
from negotiation_env.records.generate import generate
from negotiation_env.records.prepare import prepare
from negotiation_env.records.recipes import list_recipes, load_recipe
from negotiation_env.records.splits import Split
from negotiation_env.rollouts import play_parts
from negotiation_env.run import make_run

POOL = ["linear", "boulware_noisy", "tit_for_tat", "micro_fine", "naive_boulware"]
PLAYERS = {"buyer_0": POOL, "seller_0": POOL}


MIXED = {"price": {"scenario": "private"}, "multi_item": {"scenario": "seed", "num_items": 5, "discount": 1.0}}


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "games.jsonl"
    generate(make_run("price", PLAYERS, 3), 120, path)
    generate(make_run("price", PLAYERS, 4, scenario="private"), 80, path, append=True)
    return path


@every_domain
@pytest.mark.parametrize("split", [None, Split(by="pair", fractions=(0.6, 0.2, 0.2))])
def test_prepared_tables_equal_generated_ones(tmp_path, domain, split):
    run = run_of(domain)
    generate(run, 150, tmp_path / "games.jsonl")
    generate(run, 150, tmp_path / "direct", split=split)
    prepare(tmp_path / "games.jsonl", tmp_path / "prepared", split=split)
    for name in ("decision_steps.parquet", "episodes.parquet"):
        assert (tmp_path / "direct" / name).read_bytes() == (tmp_path / "prepared" / name).read_bytes()


def test_decision_rows_hold_what_was_seen_and_done(tmp_path):
    run = make_run("price", PLAYERS, 3)
    generate(run, 60, tmp_path / "tables", k_history=3)
    table = pl.read_parquet(tmp_path / "tables" / "decision_steps.parquet")
    episodes = rollout("price", PLAYERS, 60, 3)
    assert table["turn"].to_list() == episodes.decisions["turn"].tolist()
    np.testing.assert_array_equal(table["action_price"].to_numpy(), episodes.decisions["price"])
    view = episodes.views(np.arange(len(table)))
    np.testing.assert_array_equal(table["last_offer_price"].to_numpy(), view.standing_offer)
    np.testing.assert_array_equal(table["reservation_price"].to_numpy(), view.reservation_price)
    raw, scaled = table["action_price"].to_numpy(), table["action_price_norm"].to_numpy()
    np.testing.assert_allclose(scaled, (raw - 850.0) / 650.0, atol=1e-6)
    assert not any(name.startswith("history_4") for name in table.columns)


@pytest.mark.parametrize("by", ["episode", "pair"])
def test_no_episode_or_pair_straddles_a_split(tmp_path, records, by):
    prepare(records, tmp_path / "tables", split=Split(by=by, fractions=(0.5, 0.25, 0.25)))
    table = pl.read_parquet(tmp_path / "tables" / "decision_steps.parquet")
    assert set(table["split"]) == {"train", "val", "test"}
    assert table.group_by("trajectory_id").agg(pl.col("split").n_unique())["split"].max() == 1
    if by == "pair":
        games = pl.read_parquet(tmp_path / "tables" / "episodes.parquet")
        assert games.group_by("buyer", "seller").agg(pl.col("split").n_unique())["split"].max() == 1


def edited(path, number, change):
    lines = path.read_text().splitlines()
    lines[number - 1] = change(lines[number - 1])
    path.write_text("\n".join(lines) + "\n")


def without(key):
    def change(line):
        record = json.loads(line)
        del record[key]
        return json.dumps(record)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda line: line[: len(line) // 2], "not JSON"),
        (lambda line: "[1, 2]", "JSON object"),
        (without("action"), "'action' is missing"),
        (lambda line: line.replace('"schema_version":1', '"schema_version":9'), "schema_version is 9"),
        (lambda line: line.replace('"price":', '"price":NaN,"old":', 1), "NaN is not JSON"),
        (lambda line: line.replace('"turn":', '"turn":"x","old":', 1), "turn is 'x'"),
    ],
)
def test_a_malformed_line_is_named_and_nothing_is_written(tmp_path, records, change, reason):
    edited(records, 57, change)
    with pytest.raises(RecordError, match=reason) as error:
        prepare(records, tmp_path / "tables")
    assert "games.jsonl" in str(error.value)
    assert "57" in str(error.value)
    assert not (tmp_path / "tables").exists()


def test_a_torn_last_line_is_named(tmp_path, records):
    text = records.read_text()
    records.write_text(text[:-30])
    with pytest.raises(RecordError, match=str(len(text.splitlines()))):
        prepare(records, tmp_path / "tables")


@every_domain
def test_records_written_by_other_tools_can_be_prepared(tmp_path, domain):
    records = tmp_path / "games.jsonl"
    generate(run_of(domain), 60, records)
    generate(run_of(domain, **MIXED[domain]), 40, records, append=True)
    lines = [json.loads(line) for line in records.read_text().splitlines()]
    other = tmp_path / "spaced.jsonl"
    other.write_text("".join(json.dumps(dict(reversed(line.items()))) + "\n" for line in lines))
    prepare(records, tmp_path / "one")
    prepare(other, tmp_path / "two")
    for name in ("decision_steps", "episodes"):
        one, two = (pl.read_parquet(tmp_path / folder / f"{name}.parquet") for folder in ("one", "two"))
        assert one.equals(two)
        assert one["trajectory_id"].n_unique() == 100


def test_existing_tables_are_refused(tmp_path, records):
    prepare(records, tmp_path / "tables")
    with pytest.raises(RecordError, match="--overwrite"):
        prepare(records, tmp_path / "tables")
    prepare(records, tmp_path / "tables", overwrite=True)


@pytest.mark.parametrize("name", ["episodes.parquet", "decision_steps.parquet"])
def test_tables_of_two_runs_never_stand_side_by_side(tmp_path, monkeypatch, records, name):
    other, folder, real = tmp_path / "other.jsonl", tmp_path / "tables", Path.replace
    generate(make_run("price", PLAYERS, 9), 50, other)
    prepare(other, folder)

    def replace(self, target):
        if Path(target).name == name:
            raise SystemExit
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(SystemExit):
            prepare(records, folder, overwrite=True)
    assert [item.name for item in folder.iterdir()] == ["episodes.parquet"]
    prepare(records, folder, overwrite=True)
    assert len(pl.read_parquet(folder / "episodes.parquet")) == 200


def test_two_do_not_prepare_one_folder_at_once(tmp_path, records):
    folder, refused = tmp_path / "tables", []

    def again(_):
        with pytest.raises(RecordError, match="another process is preparing") as error:
            prepare(records, folder)
        refused.append(error)

    prepare(records, folder, progress=again)
    assert refused
    assert {item.name for item in folder.iterdir()} == {"episodes.parquet", "decision_steps.parquet"}


def test_prepare_says_how_far_it_is(tmp_path, records, monkeypatch):
    monkeypatch.setattr("negotiation_env.records.prepare.GROUP_GAMES", 90)
    counts = []
    prepare(records, tmp_path / "tables", progress=counts.append)
    assert counts == [90, 90, 20]


@pytest.mark.filterwarnings("error")
def test_a_malformed_line_is_all_that_is_said(tmp_path, records, monkeypatch):
    edited(records, len(records.read_text().splitlines()), lambda line: line[:-9])
    for module in ("prepare", "parquet"):
        monkeypatch.setattr(f"negotiation_env.records.{module}.GROUP_GAMES", 50)
    with pytest.raises(RecordError, match="not JSON"):
        prepare(records, tmp_path / "tables")
    gc.collect()  # what complains then has not been closed


@pytest.mark.parametrize("fractions", [(math.nan, 0.5, 0.5), (0.5, math.nan, 0.5), (math.inf, 0, 0), (1.5, -0.5, 0)])
def test_split_fractions_are_shares(fractions):
    with pytest.raises(ValueError, match="sum to 1"):
        Split(fractions=fractions)


@every_domain
def test_frames_need_no_files(domain):
    episodes = rollout(domain, players_of(domain), 30, 3)
    games, moves = episodes.to_polars()
    assert len(games) == 30
    assert len(moves) == len(episodes.decisions["kind"])


@pytest.mark.parametrize("name", list_recipes())
def test_recipes_play(name):
    recipe = load_recipe(name)
    episodes = rollout(recipe.domain, recipe.players, 200, recipe.seed, **recipe.settings)
    assert set(episodes.episodes["first_mover"]) == set(find_domain(recipe.domain).sides)
    assert recipe.run().run_id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ]\n", "line 1"),
        ('nme = "x"\n', "name"),
        ('name = "x"\ndescription = "y"\nnum_episodes = "many"\nseed = 0\npolicies = ["linear"]\n', "num_episodes"),
        ('name = "x"\ndescription = "y"\nnum_episodes = 5\nseed = 0\n', "policies"),
        (
            'name = "x"\ndomain = "prise"\ndescription = "y"\nnum_episodes = 5\nseed = 0\npolicies = ["linear"]\n',
            "line 2: unknown domain 'prise'",
        ),
        ('name = "x"\ndomain = 3\n', "line 2: domain is 3"),
        (
            'name = "x"\ndomain = "multi_item"\ndescription = "y"\nnum_episodes = 5\nseed = 0\nbuyers = ["linear"]\n',
            "line 6: unknown key 'buyers'.*agent_0, agent_1",
        ),
        (
            'name = "x"\ndomain = "multi_item"\ndescription = "y"\nnum_episodes = 5\nseed = 0\nagent_0 = ["linear"]\n',
            "nobody plays; give policies for both seats, or agent_0 and agent_1",
        ),
        (
            'name = "x"\ndescription = "y"\nnum_episodes = 5\nseed = 0\nopponents = ["linear"]\n',
            "line 5: opponents are given without policies",
        ),
        (
            'name = "x"\ndescription = "y"\nnum_episodes = 5\nseed = 0\npolicies = ["fair"]\nopponents = []\n',
            "line 6: opponents is",
        ),
        (
            'name = "x"\ndescription = "y"\nnum_episodes = 5\nseed = 0\npolicies = ["fair"]\n'
            'opponents = ["linear"]\nbuyers = ["fair"]\n',
            "give policies for both seats, or buyers and sellers, not both",
        ),
    ],
)
def test_a_malformed_recipe_names_the_file_and_the_reason(tmp_path, text, message):
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(RecordError, match=message) as error:
        load_recipe(str(path))
    assert "x.toml" in str(error.value)


def test_a_recipe_names_the_seats_as_its_domain_does(tmp_path):
    path = tmp_path / "x.toml"
    head = 'name = "x"\ndescription = "y"\nnum_episodes = 5\nseed = 0\n'
    path.write_text(f'{head}domain = "multi_item"\nagent_0 = ["linear"]\nagent_1 = ["micro", "random"]\n')
    run = load_recipe(path).run()
    assert [[player.name for player in seat] for seat in run.players] == [["linear"], ["micro", "random"]]


@pytest.mark.parametrize("domain", ["price", "multi_item"])
def test_policies_meet_opponents_in_either_seat_and_not_each_other(tmp_path, domain):
    head = 'name = "x"\ndescription = "y"\nnum_episodes = 5\nseed = 0\n'
    path = tmp_path / "x.toml"
    path.write_text(f'{head}domain = "{domain}"\npolicies = ["linear", "conceder"]\nopponents = ["tit_for_tat"]\n')
    run = load_recipe(path).run()
    files = [tmp_path / f"{engine}.jsonl" for engine in ("serial", "process")]
    for file in files:
        generate(run, 600, file, engine=file.stem, workers=2, shard_size=150)
    assert files[0].read_bytes() == files[1].read_bytes()
    games = concatenate(list(play_parts(run, 0, 600, None, None, False, 64)))
    players = [
        np.array([player.name for player in seat])[games.batch.episodes[f"player_{number}"]]
        for number, seat in enumerate(run.players)
    ]
    is_opponent = np.stack(players) == "tit_for_tat"
    assert (is_opponent.sum(axis=0) == 1).all()
    assert 0.4 < is_opponent[0].mean() < 0.6
    assert set(np.stack(players).ravel()) == {"linear", "conceder", "tit_for_tat"}
    path.write_text(f'{head}domain = "{domain}"\npolicies = ["linear", "conceder", "tit_for_tat"]\n')
    assert load_recipe(path).run().run_id != run.run_id


RECIPE = 'name = "mine"\ndescription = "y"\nnum_episodes = 7\nseed = 0\npolicies = ["linear"]\n'


@pytest.mark.parametrize("layout", ["target", "user"])
def test_recipes_are_found_wherever_the_package_is_installed(tmp_path, monkeypatch, layout):
    packages = tmp_path / "packages" if layout == "target" else tmp_path / "lib" / "python3" / "packages"
    shared = (packages if layout == "target" else tmp_path) / "share" / "negotiation-env" / "recipes"
    shared.mkdir(parents=True)
    (shared / "mine.toml").write_text(RECIPE)
    record = packages / "negotiation_env.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("../../../share/negotiation-env/recipes/mine.toml,,\n")
    found = PathDistribution(record.parent).files
    monkeypatch.setattr(recipes, "files", {"negotiation-env": found}.get)
    monkeypatch.setattr(recipes, "__file__", str(packages / "negotiation_env" / "records" / "recipes.py"))
    monkeypatch.chdir(packages)
    assert recipes.list_recipes() == ["mine"]
    assert load_recipe("mine").num_episodes == 7


def test_summary_never_averages_impasses_and_counts_violations():
    episodes = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 400, 0, scenario="private")
    summary, games = price_summary(episodes).overall, episodes.episodes
    assert summary.deal_rate == pytest.approx(games["deal"].mean())
    assert summary.sound_deal_rate <= summary.deal_rate
    rho = games["rho"][games["deal"]]
    assert summary.mean_rho == pytest.approx(rho.mean())
    assert summary.rho_interval[0] < summary.mean_rho < summary.rho_interval[1]
    assert summary.mean_payoff_buyer == pytest.approx(games["payoff_buyer"].mean())


def test_the_committed_sample_is_what_its_card_says(tmp_path):
    sample = Path(__file__).resolve().parents[2] / "datasets" / "sample" / "price-seed"
    generate(load_recipe("price-seed").run(), 250, tmp_path / "again")
    for name in ("decision_steps", "episodes"):
        committed, made = (folder / f"{name}.parquet" for folder in (sample, tmp_path / "again"))
        assert pl.read_parquet(committed).equals(pl.read_parquet(made))
        told = [
            {key: text for key, text in pl.read_parquet_metadata(file).items() if key != "ARROW:schema"}
            for file in (committed, made)
        ]
        assert told[0] == told[1]
    assert sum(item.stat().st_size for item in sample.iterdir()) < 300_000
