"""Mutated files: a clear error with the file and the line, or what the file says; nothing half, and no traceback."""

import re

import pytest
from mutants import byte_mutant, line_mutant, mutants, value_mutant
from negotiation_cli.main import app
from played import every_domain, run_of
from said import check_read, names
from typer.testing import CliRunner

from negotiation_env.domain import find_domain
from negotiation_env.records.errors import RecordError
from negotiation_env.records.generate import generate
from negotiation_env.records.prepare import prepare
from negotiation_env.records.reading import read_games
from negotiation_env.records.recipes import load_recipe, recipe_folders

MANY = [pytest.param(100, 1, id="few"), pytest.param(20_000, 2, id="many", marks=pytest.mark.slow)]
ALL = (byte_mutant, line_mutant, value_mutant, value_mutant, value_mutant)


def written(tmp_path, domain):
    path = tmp_path / f"{domain}.jsonl"
    generate(run_of(domain, chat=True), 6, path)
    return path, path.read_bytes()


def refusal(path, error):
    """An error that names the file, and the line where there is one."""
    text = str(error)
    assert text.startswith(str(path)), text
    assert re.search(r", line \d+: |: no records", text), text
    assert "Traceback" not in text
    return True


@every_domain
@pytest.mark.parametrize(("count", "seed"), MANY)
def test_a_mutated_record_is_refused_or_read_as_it_stands(tmp_path, domain, count, seed):
    path, content = written(tmp_path, domain)
    refused = 0
    for mutant in mutants(content, count, seed, ALL):
        path.write_bytes(mutant)
        try:
            blocks = list(read_games(path, 4))
        except RecordError as error:
            refused += refusal(path, error)
        else:
            check_read(mutant, blocks)
    assert 0 < refused < count


@every_domain
def test_a_mutated_record_becomes_tables_or_nothing(tmp_path, domain):
    path, content = written(tmp_path, domain)
    folder = tmp_path / "tables"
    for mutant in mutants(content, 12, 3, ALL):
        path.write_bytes(mutant)
        try:
            made = prepare(path, folder, overwrite=True)
        except RecordError as error:
            refusal(path, error)
            assert not folder.exists()
        else:
            assert all(file.exists() for file in made.files)
            for file in made.files:
                file.unlink()
            folder.rmdir()


@every_domain
def test_the_command_line_tells_in_one_line_what_is_wrong(tmp_path, domain):
    path, content = written(tmp_path, domain)
    wrong = 0
    for mutant in mutants(content, 12, 4, ALL):
        path.write_bytes(mutant)
        for command in (
            ["show", str(path), "--json"],
            ["prepare", "--jsonl_path", str(path), "--output_dir", str(tmp_path / "t")],
        ):
            done = CliRunner().invoke(app, [*command, *(["--overwrite"] if command[0] == "prepare" else [])])
            assert done.exit_code in (0, 2), done.exception
            wrong += done.exit_code == 2
            if done.exit_code == 2:
                assert re.fullmatch(r"(.* which is left out\.\n)?error: [^\n]+\n", done.stderr), done.stderr
    assert wrong


RECIPES = sorted(path for path in recipe_folders()[1].glob("*.toml"))
TOML_VALUES = [
    "1",
    "-1",
    "0",
    "true",
    '"x"',
    "[]",
    "{}",
    "[1]",
    "nan",
    "inf",
    "1e400",
    "9" * 5000,
    "2026-01-01",
    '"\\ud800"',
    "[" * 3000,
]


def toml_mutant(content, draw):
    """The value of one line is another, or a text in it is."""
    lines = content.split(b"\n")
    place = draw.choice([number for number, line in enumerate(lines) if b"=" in line])
    head, _, _ = lines[place].partition(b"=")
    lines[place] = head + b"= " + draw.choice(TOML_VALUES).encode()
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("count", "seed"), [pytest.param(40, 1, id="few"), pytest.param(4_000, 2, id="many", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_mutated_recipe_is_refused_or_makes_a_run(tmp_path, recipe, count, seed):
    path, content = tmp_path / recipe.name, recipe.read_bytes()
    refused = 0
    for mutant in mutants(content, count, seed, (byte_mutant, line_mutant, toml_mutant)):
        path.write_bytes(mutant)
        try:
            found = load_recipe(path)
            run = found.run()
        except RecordError as error:
            refused += 1
            names(path, error)
        else:
            assert found.num_episodes >= 1
            assert run.domain is find_domain(found.domain)
    assert 0 < refused < count


def test_the_command_line_says_what_is_wrong_with_a_recipe(tmp_path):
    recipe = RECIPES[0]
    path, content = tmp_path / recipe.name, recipe.read_bytes()
    wrong = 0
    for mutant in mutants(content, 15, 5, (byte_mutant, line_mutant, toml_mutant)):
        path.write_bytes(mutant)
        done = CliRunner().invoke(
            app,
            [
                "generate",
                "--recipe",
                str(path),
                "--num_episodes",
                "2",
                "--dataset_out",
                str(tmp_path / "g.jsonl"),
                "--overwrite",
            ],
        )
        assert done.exit_code in (0, 2), done.exception
        wrong += done.exit_code == 2
        if done.exit_code == 2:
            assert re.fullmatch(r"error: [^\n]+\n", done.stderr.splitlines(keepends=True)[-1]), done.stderr
            assert str(path) in done.stderr
    assert wrong
