"""`negotiate report`: the file it writes, and one line of advice for what it cannot read."""

import json
import shutil
import sys

import pytest
from negotiation_cli.main import app
from typer.testing import CliRunner

pytest.importorskip("jinja2")
pytest.importorskip("plotly")


def run(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def advice(result):
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    return line


def test_the_file_is_written_once_unless_asked(split_results, tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(split_results.folder, folder)
    (folder / "report.html").unlink(missing_ok=True)
    result = run(folder, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["report"] == str(folder / "report.html")
    assert told["megabytes"] < 15
    assert "--overwrite" in advice(run(folder))
    assert run(folder, "--overwrite").exit_code == 0
    assert run(folder, "--output", tmp_path / "other.html").exit_code == 0


def test_what_holds_no_results_gets_one_line(tmp_path):
    assert "tournament" in advice(run(tmp_path))
    assert "tournament" in advice(run(tmp_path / "nowhere"))
    (tmp_path / "settings.json").write_text('{"version": 99}')
    assert "version" in advice(run(tmp_path))
    (tmp_path / "settings.json").write_text("{")
    assert "settings.json" in advice(run(tmp_path))


def test_a_tournament_that_is_not_finished(split_results, tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(split_results.folder, folder)
    (folder / "ranking.json").unlink()
    assert "not finished" in advice(run(folder, "--overwrite"))


@pytest.mark.parametrize("name", ["r4.txt", "r4", "r4.html.gz"])
def test_a_report_is_named_as_a_page(name, split_results, tmp_path):
    assert "let it end in .html or .htm" in advice(run(split_results.folder, "--output", tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_rho_folder(split_results, tmp_path):
    assert "evaluate-rho" in advice(run(split_results.folder, "--rho", tmp_path, "--output", tmp_path / "r.html"))
    (tmp_path / "rho_table.parquet").write_bytes(b"no table")
    assert "rho_table.parquet" in advice(run(split_results.folder, "--rho", tmp_path, "--output", tmp_path / "r.html"))


@pytest.mark.parametrize("package", ["jinja2", "plotly"])
def test_without_its_extra_it_says_what_to_install(package, split_results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    assert "negotiation-env[report]" in advice(run(split_results.folder, "--output", tmp_path / "r.html"))
