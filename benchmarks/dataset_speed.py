"""CPU-seconds and peak memory of `negotiate generate` and `negotiate prepare`, as commands from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from measure import REPEATS, Figure, best

# Run by a small process of its own: a child's peak memory starts from that of the process that started it.
_MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
_KILOBYTES = 1024 if sys.platform != "darwin" else 1


@dataclass(frozen=True)
class Usage:
    """What a command used: CPU-seconds of all its processes, and the largest one's peak in megabytes."""

    seconds: float
    megabytes: float


def dataset_figures(full: bool) -> list[Figure]:
    """10,000 episodes to JSONL, the same to Parquet, and with ``full`` a million episodes to Parquet."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return _ten_thousand(folder) + (_million(folder) if full else [])


def _ten_thousand(folder: Path) -> list[Figure]:
    start = least(sys.executable, "-c", "pass")
    lines = folder / "price_domain.jsonl"
    generate = least(*negotiate("generate", 10_000, lines))
    prepare = least(
        *negotiate("prepare"), "--jsonl_path", str(lines), "--output_dir", str(folder / "prepared"), "--overwrite"
    )
    what = f"10,000 episodes, {lines.stat().st_size / 1e6:.0f} MB of JSONL"
    beyond = f"interpreter start, {start.seconds:.2f} CPU-s, is taken off"
    return [
        Figure(f"generate: {what}", generate.seconds - start.seconds, "CPU-s", 1.5, True, beyond),
        beside("generate", generate.seconds - start.seconds, *bare_lines(lines)),
        Figure("prepare on it", prepare.seconds - start.seconds, "CPU-s", 1.0, True, beyond),
        Figure("prepare on it, peak memory", prepare.megabytes, "MB", 400.0, True),
    ]


def _million(folder: Path) -> list[Figure]:
    used = used_by(*negotiate("generate", 1_000_000, folder / "million"))
    tables = sorted((folder / "million").rglob("*.parquet"))
    written = sum(path.stat().st_size for path in tables)
    return [
        Figure(f"generate: 1,000,000 episodes, {written / 1e6:.0f} MB of Parquet", used.seconds, "CPU-s", 60.0, True),
        beside("generate: 1,000,000 episodes", used.seconds, *bare_tables(tables, folder / "again.parquet")),
        Figure("generate: 1,000,000 episodes, peak memory", used.megabytes / 1000, "GB", 1.0, True),
    ]


def bare_lines(lines: Path) -> tuple[float, str]:
    """CPU-seconds of putting the same bytes into a file, and of Polars writing the same rows as JSON."""
    content, again = lines.read_bytes(), lines.with_name("again.jsonl")
    copied, _ = best(lambda: again.write_bytes(content))
    rows = pl.read_ndjson(lines)
    encoded, _ = best(lambda: rows.write_ndjson(again))
    return (
        encoded,
        f"Polars, the same rows from memory to JSON: {encoded:.2f} CPU-s; the bytes alone {copied:.2f} CPU-s",
    )


def bare_tables(tables: list[Path], again: Path) -> tuple[float, str]:
    """CPU-seconds of Arrow writing the same Parquet tables from memory."""
    seconds = 0.0
    for path in tables:
        write = partial(pq.write_table, pq.read_table(path), again, compression="zstd", compression_level=1)
        seconds += best(write, 1)[0]
    return seconds, f"Arrow, the same tables from memory: {seconds:.1f} CPU-s"


def beside(what: str, seconds: float, bare: float, said: str) -> Figure:
    """The time of a command over that of writing what it wrote, and nothing else."""
    return Figure(f"{what}, time over that of writing the same rows", seconds / bare, "x", reference=said)


def negotiate(command: str, episodes: int | None = None, out: Path | None = None) -> list[str]:
    """The words of a `negotiate` command."""
    words = [str(Path(sys.executable).with_name("negotiate")), command]
    if episodes is not None:
        words += ["--num_episodes", str(episodes), "--dataset_out", str(out), "--seed", "0", "--overwrite"]
    return words


def least(*command: str) -> Usage:
    """The best of three runs."""
    runs = [used_by(*command) for _ in range(REPEATS)]
    return Usage(min(run.seconds for run in runs), min(run.megabytes for run in runs))


def used_by(*command: str) -> Usage:
    """Run a command and return what it used; a failure raises ``RuntimeError`` with what it printed."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True, check=True)
    status, seconds, peak = json.loads(done.stdout)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return Usage(seconds, peak * _KILOBYTES / 1e6)
