"""Files from elsewhere name no file, key or pickle outside of where they lie, and no link is written through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from negotiation_env import rollout
from negotiation_env.checkpoints import FACTS, WEIGHTS, write_checkpoint
from negotiation_env.foreign import check_inside, check_spec
from negotiation_env.records.errors import RecordError
from negotiation_env.records.files import created, locked
from negotiation_env.records.generate import generate
from negotiation_env.records.journal import play_into
from negotiation_env.records.recipes import load_recipe
from negotiation_env.run import make_run

RECIPE = 'name = "mine"\ndescription = "x"\nnum_episodes = 1\nseed = 0\n'
PRODUCTS = (
    "category,title,list_price,current_price,average_price,lowest_price,highest_price\nA,Lamp,900,600,600,300,900\n"
)


def linear_run():
    return make_run("price", {"buyer_0": "linear", "seller_0": "linear"}, 0)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The working folder, with a file beside it that nothing may reach and links that lead there."""
    folder = tmp_path / "home"
    folder.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text(PRODUCTS)
    (folder / "link.csv").symlink_to(outside / "secret.csv")
    (folder / "linked").symlink_to(outside)
    monkeypatch.chdir(folder)
    return folder


OUTSIDE = [
    "../outside/secret.csv",
    "linked/secret.csv",
    "link.csv",
    "{}/outside/secret.csv",
    "a/../../outside/secret.csv",
]


@pytest.mark.parametrize("place", OUTSIDE)
def test_a_recipe_names_no_file_elsewhere(home, place):
    place = place.format(home.parent)
    settings = f'policies = ["linear"]\n[settings]\nscenario = "catalogue"\ncatalogue = "{place}"\n'
    Path("mine.toml").write_text(RECIPE + settings)
    with pytest.raises(RecordError, match=r"line 6: catalogue is .* leads out of"):
        load_recipe("mine.toml")
    for name in ("path", "checkpoint", "prompt", "base"):
        policies = f'policies = ["basic:{name}={place}"]\n'
        Path("mine.toml").write_text(RECIPE + policies)
        with pytest.raises(RecordError, match=rf"line 5: {name} is .* leads out of"):
            load_recipe("mine.toml")


def test_a_recipe_names_files_beside_it_and_in_the_working_folder(home, tmp_path):
    (home / "products.csv").write_text(PRODUCTS)
    for folder in (home, tmp_path / "outside"):
        place = folder / ("products.csv" if folder == home else "secret.csv")
        settings = f'policies = ["linear"]\n[settings]\nscenario = "catalogue"\ncatalogue = "{place}"\n'
        (folder / "mine.toml").write_text(RECIPE + settings)
        assert load_recipe(folder / "mine.toml").run().config.catalogue == str(place)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("sb3:path=model.zip,trust_pickle=true,algorithm=PPO", "trust_pickle .* would run code"),
        ("sb3:path=model.zip,trust-pickle=true", "trust_pickle"),
        ("basic:model=openai/x,base_url=https://elsewhere.example/v1", "base_url .* key"),
        ('price_strategy:strategy="sb3:path=model.zip,trust_pickle=true",model=smollm2', "trust_pickle"),
        (r'price_strategy:strategy="sb3:path=m.zip,\u0074rust_pickle=true",model=smollm2', "trust_pickle"),
        ('outer:inner=["sb3:path=m.zip,trust_pickle=true"]', "trust_pickle"),
        ('outer:inner={"base_url": "http://elsewhere.example"}', "base_url"),
        ("basic:model=local//etc/passwd", "model is"),
        ("basic:model=transformers/../../models", "model is"),
        ("mlp:path=~/network", "path is"),
    ],
)
def test_a_file_asks_for_no_pickle_and_no_address(home, spec, words):
    with pytest.raises(ValueError, match=words):
        check_spec(spec, (home,))
    Path("mine.toml").write_text(f"{RECIPE}policies = {json.dumps([spec])}\n")
    with pytest.raises(RecordError, match=f"line 5: {words}"):
        load_recipe("mine.toml")


@pytest.mark.parametrize(
    "spec",
    [
        "linear", "hold_rho:rho=0.3", "janus:rho=0.2,checkpoint=adapters", "rho_mlp:checkpoint=hindsight",
        "basic:model=ollama/hf.co/user/model", "basic:model=transformers/Qwen/Qwen2-7B", "basic:prompt=price_basic",
        "basic:model=openai/o1:high",
    ],
)  # fmt: skip
def test_what_is_harmless_passes(home, spec):
    check_spec(spec, (home,))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "linked/mine", "..", ""])
def test_a_recipe_is_found_by_a_name_and_not_by_a_path(home, name):
    (home.parent / "outside" / "mine.toml").write_text(f'{RECIPE}policies = ["linear"]\n')
    with pytest.raises(ValueError, match="unknown recipe"):
        load_recipe(name)


def test_a_link_counts_as_where_it_leads(home):
    check_inside("x", "deep/../products.csv", (home,))
    with pytest.raises(ValueError, match="leads out of"):
        check_inside("x", "link.csv", (home,))
    check_inside("x", "link.csv", (home, home.parent / "outside"))


@pytest.mark.parametrize("name", ["../x-v0", "/tmp/x-v0", "a/../../x-v0", "a/..-v0", "a//x-v0/..", "\\\\host\\x-v0"])
def test_a_dataset_id_leads_nowhere_else(home, monkeypatch, name):
    pytest.importorskip("minari")
    from negotiation_env.minari_export import export_minari

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(home))
    games = rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 2, seed=0)
    with pytest.raises(ValueError, match="dataset_id"):
        export_minari(games, name, "seller")
    assert sorted(path.name for path in (home.parent / "outside").iterdir()) == ["secret.csv"]


def test_a_dataset_does_not_bring_an_opponent_that_is_not_for_files(home, monkeypatch):
    """A record may say that a pickle has played; the environment that its dataset recovers is not given it."""
    pytest.importorskip("minari")
    import minari

    from negotiation_env.minari_export import export_minari

    monkeypatch.setenv("MINARI_DATASETS_PATH", str(home / "minari"))
    generate(linear_run(), 2, "games.jsonl")
    told = '{"path": "evil.zip", "trust_pickle": true, "algorithm": "PPO"}'
    text = Path("games.jsonl").read_text()
    lines = []
    for line in map(json.loads, text.splitlines()):
        side = line["agent"] if line["state"]["role"] == "buyer" else line["meta"]
        names = ("strategy", "params") if side is line["agent"] else ("opponent", "opponent_params")
        side |= dict(zip(names, ("sb3", json.loads(told)), strict=True))
        lines.append(json.dumps(line, separators=(",", ":")))
    Path("games.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.warns(UserWarning, match="sb3 cannot be built again"):
        export_minari("games.jsonl", "own/games-v0", "seller", rho=None)
    dataset = minari.load_dataset("own/games-v0")
    assert "opponent" not in dataset.spec.env_spec.kwargs
    from negotiation_cli.train_bc import _rivals

    with pytest.raises(ValueError, match=r"trust_pickle.*--opponents"):
        _rivals(dataset.id, dataset.storage.metadata["negotiation"]["opponents"])


VICTIM = "what the link leads to"


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_text(VICTIM)
    yield path
    assert path.read_text() == VICTIM
    assert not path.is_symlink()


def test_a_new_file_takes_the_place_of_a_link(tmp_path, victim):
    (tmp_path / "new").symlink_to(victim)
    with created(tmp_path / "new") as file:
        file.write(b"mine")
    assert (tmp_path / "new").read_text() == "mine"


def test_a_lock_is_no_link(tmp_path, victim):
    (tmp_path / "lock").symlink_to(victim)
    with pytest.raises(RecordError), locked(tmp_path / "lock", "taken"):
        pass


def test_generating_writes_through_no_link(tmp_path, victim):
    folder = tmp_path / "games.jsonl.shards"
    folder.mkdir()
    (folder / "games.jsonl.tmp").symlink_to(victim)
    with pytest.raises(RecordError, match="is a link"):
        generate(linear_run(), 2, tmp_path / "games.jsonl")
    (tmp_path / "new.jsonl").symlink_to(victim)
    generate(linear_run(), 2, tmp_path / "new.jsonl", overwrite=True)
    assert not (tmp_path / "new.jsonl").is_symlink()


@pytest.mark.parametrize("name", ["games.jsonl", "faults.jsonl", "games.csv", "run.json"])
def test_playing_writes_through_no_link(tmp_path, victim, name):
    folder = tmp_path / "played"
    folder.mkdir()
    (folder / name).symlink_to(victim)
    with pytest.raises(RecordError, match="is a link"):
        play_into(folder, linear_run(), 1)


@pytest.mark.parametrize("name", [FACTS, WEIGHTS, f".{FACTS}.unfinished", f".{WEIGHTS}.unfinished"])
def test_a_checkpoint_is_written_through_no_link(tmp_path, victim, name):
    np = pytest.importorskip("numpy")
    pytest.importorskip("safetensors")
    folder = tmp_path / "network"
    folder.mkdir()
    (folder / name).symlink_to(victim)
    write_checkpoint(folder, "mlp", {"w": np.zeros(2)}, {}, overwrite=True)
    assert (folder / FACTS).is_file()
    assert not (folder / FACTS).is_symlink()


@pytest.mark.parametrize("name", ["settings.json", "games", "cells", "cells.parquet", "failures.json", "lock"])
def test_a_tournament_is_played_through_no_link(tmp_path, victim, name):
    pytest.importorskip("nashpy")
    from negotiation_env.tournament.play import play_tournament

    folder = tmp_path / "tournament"
    folder.mkdir()
    (folder / name).symlink_to(victim)
    with pytest.raises(RecordError):
        play_tournament(["linear", "boulware"], folder, 2)


@pytest.mark.parametrize("name", ["settings.json", "cells.parquet", "ranking.json", "games", "games/episodes.parquet"])
def test_results_are_read_through_no_link(tmp_path, victim, name):
    pytest.importorskip("nashpy")
    from negotiation_env.report import write_report
    from negotiation_env.tournament.play import play_tournament

    folder = tmp_path / "tournament"
    play_tournament(["linear", "boulware"], folder, 2, keep_episodes=2)
    moved = tmp_path / "moved"
    (folder / name).rename(moved)
    (folder / name).symlink_to(moved)
    with pytest.raises(RecordError, match="is a link"):
        write_report(folder)
    (folder / name).unlink()
    moved.rename(folder / name)
    (folder / "report.html.tmp").symlink_to(victim)
    (folder / "report.html").symlink_to(victim)
    assert "<html" in write_report(folder).read_text(encoding="utf-8")[:100]


def test_nothing_in_a_record_becomes_a_path(home):
    """Ids, names and texts of a record are data: written down, shown, and nothing else."""
    generate(linear_run(), 2, "games.jsonl")
    run_id = json.loads(Path("games.jsonl").read_text().splitlines()[0])["trajectory_id"].rpartition("-")[0]
    text = Path("games.jsonl").read_text().replace(run_id, "../../outside/x").replace("linear", "/etc/../linear")
    Path("games.jsonl").write_text(text)
    pytest.importorskip("pyarrow")
    from negotiation_env.records.prepare import prepare

    before = sorted(home.parent.rglob("*"))
    prepare("games.jsonl", "prepared")
    after = {path.relative_to(home).as_posix() for path in set(home.parent.rglob("*")) - set(before)}
    assert after == {"prepared", "prepared/decision_steps.parquet", "prepared/episodes.parquet"}
