"""`generate`: play a run into a file, shard by shard, so that it can be interrupted at any moment."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from negotiation_env.engines import (
    check_engine,
    check_players,
    check_workers,
    default_workers,
    is_side_by_side,
    play_ranges,
)
from negotiation_env.episodes import FAULTED, Episodes
from negotiation_env.records.errors import Interrupted, RecordError, explained
from negotiation_env.records.faults import FaultFile, fault_lines
from negotiation_env.records.files import publish, publish_together
from negotiation_env.records.finished import finished_games
from negotiation_env.records.games import Games
from negotiation_env.records.outputs import TEMPORARY, Output, Writer, find_output
from negotiation_env.records.replay import played_again
from negotiation_env.records.shards import ShardFolder
from negotiation_env.records.splits import Split
from negotiation_env.rollouts import best_batch_size, best_engine
from negotiation_env.run import Run

_LARGEST_SHARD = 32_768


@dataclass(frozen=True)
class Counts:
    """What stands in an output: finished episodes, their decisions, and how many episodes ended by a fault."""

    episodes: int = 0
    decisions: int = 0
    faults: int = 0

    def plus(self, games: Games, played: int) -> Counts:
        """The counts after ``played`` more episodes, of which ``games`` came to an end."""
        faults = self.faults + played - len(games)
        return Counts(self.episodes + len(games), self.decisions + len(games.kind), faults)


@dataclass(frozen=True)
class GenerateResult:
    """What `generate` has written.

    Attributes:
        files: the finished files; the last one tells the faults if there are any.
        run_id: the first part of every trajectory id.
        counts: how much this run has written; what was there before is not counted.
        resumed: how many episodes had been played before this call.
    """

    files: tuple[Path, ...]
    run_id: str
    counts: Counts
    resumed: int


def generate(
    run: Run,
    num_episodes: int,
    path: str | Path,
    *,
    engine: str | None = None,
    workers: int | None = None,
    shard_size: int | None = None,
    overwrite: bool = False,
    append: bool = False,
    split: Split | None = None,
    k_history: int = 5,
    progress: Callable[[int], None] | None = None,
    observe: Callable[[Episodes], None] | None = None,
) -> GenerateResult:
    """Play games 0 to ``num_episodes`` of a run and write them to a file.

    The same run gives the same bytes for any engine, number of workers and shard size. If this is stopped at
    any moment, the same call goes on from the last whole shard, with threads from all that have ended, and the
    result is the same. Games that end by a fault are told in a file beside the output (``games.faults.jsonl``, or
    ``faults.jsonl`` in the folder) and written nowhere else; those of an interrupted recording are played again.

    Args:
        run: what to play, see `negotiation_env.run.make_run`.
        num_episodes: how many games.
        path: ``*.jsonl`` for JSONL; no suffix, or a ``/`` at the end, for a folder with two Parquet files.
        engine: ``"serial"``, ``"process"``, ``"thread"`` or ``"ray"``, see `negotiation_env.rollouts.rollout`.
        workers: how many worker processes or threads, see there as well.
        shard_size: how many games are played at once and kept together; by default as many as the engine plays fast,
            with threads one. A recording goes on with the shard size it was begun with.
        overwrite: replace an existing output, or discard the unfinished recording of another run.
        append: add this run to the runs that the JSONL file holds.
        split: how the Parquet tables are split; by episode, .8/.1/.1, if not given.
        k_history: how many earlier offers each row of the Parquet decision table repeats.
        progress: called with the number of games finished since the last call.
        observe: called with all games in order, some at a time, also those played before an interruption; not
            called if a finished output only had to be given its name.

    Raises:
        RecordError: the output exists, belongs to another run, or cannot be written.
        Interrupted: Ctrl-C; what has been played is kept.
        ValueError: a bad argument, or an illegal decision of a policy.
    """
    if append and overwrite:
        raise RecordError("--append keeps what is there and --overwrite replaces it; give one of them.")
    engine = best_engine(run) if engine is None else engine
    shard_size = min(best_batch_size(run, engine), _LARGEST_SHARD) if shard_size is None else shard_size
    workers = default_workers(run, engine) if workers is None else workers
    for name, value in (("num_episodes", num_episodes), ("shard_size", shard_size)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is {value!r}; it must be a whole number, at least 1.")
    check_workers(workers)
    check_engine(engine)
    check_players(run, engine)
    output = find_output(path, append, split or Split(), k_history)
    folder = ShardFolder(output.path, run, {"num_episodes": num_episodes, "shard_size": shard_size, **output.settings})
    with folder.opened(overwrite):
        known = folder.assembled()
        if known is not None and not _changed(folder, output, known.before):
            counts = Counts(**known.counts)
            return GenerateResult(_publish(folder, output, counts), run.run_id, counts, num_episodes)
        output.check(run, overwrite)
        recording = _Recording(run, folder, num_episodes, shard_size, progress, observe)
        counts = _record(recording, output, engine, workers)
        return GenerateResult(_publish(folder, output, counts), run.run_id, counts, recording.resumed)


def _record(recording: _Recording, output: Output, engine: str, workers: int | None) -> Counts:
    """Write the whole output under its temporary name, and note that it is whole."""
    folder = recording.folder
    before = {path.name: _state(path) for path in output.files}
    counts = recording.write_to(output, engine, workers)
    with explained(folder.path):
        folder.mark_assembled(asdict(counts), before)
    for path in _changed(folder, output, before):
        raise RecordError(f"{path} was changed meanwhile and is left as it is; give the same command again.")
    return counts


def _state(path: Path) -> list[int] | None:
    """Size and time of change of a file, if there is one."""
    if not path.exists():
        return None
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _unpublished(folder: ShardFolder, output: Output) -> list[tuple[Path, Path]]:
    """The finished files that still need their names: temporary path and path."""
    files = [(folder.path / f"{path.name}{TEMPORARY}", path) for path in output.files]
    return [(temporary, path) for temporary, path in files if temporary.exists()]


def _changed(folder: ShardFolder, output: Output, before: Mapping[str, list[int] | None]) -> list[Path]:
    """The files that are not yet replaced, and not any more what the new ones were made to take the place of."""
    return [path for _, path in _unpublished(folder, output) if _state(path) != before[path.name]]


def _publish(folder: ShardFolder, output: Output, counts: Counts) -> tuple[Path, ...]:
    """Give the finished files their names, as far as that is still to be done, remove the shards, and say the files."""
    for path in output.files:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
    faults = _unpublished_faults(folder, output)
    with explained(output.faults):
        if faults.exists():
            publish(faults, output.faults)
        elif not counts.faults and not output.append:
            output.faults.unlink(missing_ok=True)  # of what is replaced
    publish_together(_unpublished(folder, output))
    folder.remove()
    return (*output.files, output.faults) if counts.faults else output.files


def _unpublished_faults(folder: ShardFolder, output: Output) -> Path:
    return folder.path / f"{output.faults.name}{TEMPORARY}"


class _Recording:
    """Games on their way from the engine, or from shards, to a writer."""

    def __init__(
        self,
        run: Run,
        folder: ShardFolder,
        num_episodes: int,
        shard_size: int,
        progress: Callable[[int], None] | None,
        observe: Callable[[Episodes], None] | None,
    ) -> None:
        self.run = run
        self.folder = folder
        self.num_episodes = num_episodes
        self.shard_size = shard_size
        self.progress = progress
        self.observe = observe
        self.resumed = 0
        self.played = 0

    def write_to(self, output: Output, engine: str, workers: int | None) -> Counts:
        """Write everything under a temporary name; if that fails, what has been played stays."""
        with explained(self.folder.path):
            writer = output.start(self.folder.path)
            behind = output.faults if output.append else None
            faults = FaultFile(_unpublished_faults(self.folder, output), self.run.run_id, behind)
        try:
            return self._write(writer, faults, engine, workers)
        except BaseException as error:
            writer.abort()
            faults.abort()
            if not isinstance(error, KeyboardInterrupt):
                raise
            kept = f"{self.played:,} of {self.num_episodes:,} episodes are kept in {self.folder.path}"
            said = f"{kept}; the same command goes on from there" if self.played else "nothing is kept"
            raise Interrupted(f"interrupted: {said}.") from error

    def _write(self, writer: Writer, faults: FaultFile, engine: str, workers: int | None) -> Counts:
        counts = Counts()
        with closing(self._episodes(engine, workers)) as parts:
            for episodes in parts:
                games = finished_games(episodes)
                with self._explained():
                    writer.write(games)
                    faults.write(fault_lines(episodes))
                counts = counts.plus(games, len(episodes))
                if self.observe is not None:
                    self.observe(episodes)
                if self.progress is not None:
                    self.progress(len(episodes))
        with self._explained():
            writer.close()
        return counts

    def _episodes(self, engine: str, workers: int | None) -> Generator[Episodes, None, None]:
        """All games in order, shard by shard: those that were kept first, then those still to be played."""
        shards = list(pairwise([*range(0, self.num_episodes, self.shard_size), self.num_episodes]))
        if is_side_by_side(self.run, engine):
            yield from self._side_by_side(shards, engine, workers)
            return
        while shards and (kept := self.folder.load(*shards[0])) is not None:
            mended = played_again(kept)
            if mended is not kept:
                self._save(mended)
            self.played = self.resumed = shards.pop(0)[1]
            yield mended
        yield from play_ranges(engine, self.run, shards, workers, True, self._keep)

    def _side_by_side(self, shards: Sequence[tuple[int, int]], engine: str, workers: int | None) -> Iterator[Episodes]:
        """All games in order; each shard is kept when it ends, and those that end early wait for those before them."""
        there = {shard for shard in shards if _is_whole(self.folder.load(*shard))}
        self.played = self.resumed = sum(high - low for low, high in there)
        todo = [shard for shard in shards if shard not in there]
        with closing(play_ranges(engine, self.run, todo, workers, True, self._keep)) as playing:
            for shard in shards:
                episodes = self.folder.load(*shard) if shard in there else next(playing)
                if episodes is None:
                    raise RecordError(
                        f"{self.folder.path} was deleted or changed meanwhile; give the same command again."
                    )
                yield episodes

    def _keep(self, episodes: Episodes) -> None:
        self._save(episodes)
        self.played += len(episodes)

    def _save(self, episodes: Episodes) -> None:
        low = int(episodes.batch.episodes["episode"][0])
        with self._explained():
            self.folder.save(low, low + len(episodes), episodes)

    def _explained(self) -> AbstractContextManager[None]:
        kept = f"{self.played:,} of {self.num_episodes:,} episodes are kept" if self.played else "Nothing was kept"
        return explained(self.folder.path, f"{kept}; once that is mended, give the same command again.")


def _is_whole(episodes: Episodes | None) -> bool:
    """Whether games were kept, and none of them ended by a fault."""
    return episodes is not None and not (episodes.batch.episodes["ended"] == FAULTED).any()
