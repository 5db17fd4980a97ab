"""Mutated Parquet tables: a clear error with the file, or the games that were written; never others, never half."""

import random
import re
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mutants import byte_mutant
from played import every_domain, players_of
from said import names

from negotiation_env import rollout
from negotiation_env.records.errors import RecordError
from negotiation_env.records.finished import finished_games
from negotiation_env.records.jsonl import lines
from negotiation_env.records.parquet import DECISIONS, EPISODES, ParquetPair
from negotiation_env.records.parquet_games import read_parquet_games
from negotiation_env.records.splits import Split

NAMES = (DECISIONS, EPISODES)


@cache
def played(domain):
    return finished_games(rollout(domain, players_of(domain), 20, seed=1))


def written(folder, domain):
    """Write both tables; returns what they say, as lines."""
    pair = ParquetPair(folder, "", Split(), 3)
    pair.write(played(domain))
    pair.close()
    return "".join(lines(played(domain)))


def flipped(content, draw):
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


@every_domain
@pytest.mark.parametrize(("count", "seed"), [pytest.param(60, 1), pytest.param(20_000, 2, marks=pytest.mark.slow)])
def test_a_damaged_table_is_refused_or_whole(tmp_path, domain, count, seed):
    told, draw, refused = written(tmp_path, domain), random.Random(seed), 0
    good = {name: (tmp_path / name).read_bytes() for name in NAMES}
    for _ in range(count):
        name = draw.choice(NAMES)
        (tmp_path / name).write_bytes(draw.choice((flipped, byte_mutant))(good[name], draw))
        try:
            assert "".join(text for games in read_parquet_games(tmp_path, 7) for text in lines(games)) == told
        except RecordError as error:
            refused += 1
            names(tmp_path, error)
        (tmp_path / name).write_bytes(good[name])
    assert refused > count // 2


def changed(folder, name, change):
    """Write a table with another column, by another program as it were: all checksums are right."""
    table = pq.ParquetFile(folder / name).read()
    with pq.ParquetWriter(folder / name, (other := change(table)).schema) as file:
        file.write_table(other)
        file.add_key_value_metadata({"schema_version": "1"})


def column(name, make):
    """A change of a column: ``make`` gets its values as a list."""
    return lambda table: table.set_column(
        table.column_names.index(name), name, pa.array(make(table[name].to_pylist()), from_pandas=True)
    )


def at(place, value):
    return lambda values: [*values[:place], value, *values[place + 1 :]]


WRONG = [
    (DECISIONS, column("turn", at(0, 2)), "turns are not counted"),
    (DECISIONS, column("turn", at(0, None)), "turns are not counted"),
    (DECISIONS, column("turn", lambda values: [str(value) for value in values]), "hold what no game can|not counted"),
    (DECISIONS, column("action_type", at(0, "WALK")), "ends otherwise"),
    (DECISIONS, column("action_type", at(0, "SHRUG")), "SHRUG|not in"),
    (DECISIONS, column("action_type", at(0, None)), "hold what no game can"),
    (DECISIONS, lambda table: table.slice(1), "not those of the episodes"),
    (DECISIONS, lambda table: table.take(np.arange(len(table))[::-1].copy()), "not those of the episodes"),
    (EPISODES, column("turns", at(0, 10**6)), "not those of the episodes"),
    (EPISODES, column("turns", at(0, 0)), "not those of the episodes"),
    (EPISODES, column("turns", at(0, -1)), "hold what no game can|not those of the episodes"),
    (EPISODES, column("turns", at(0, None)), "turns is missing"),
    (EPISODES, column("max_turns", lambda values: [1] * len(values)), "past its deadline"),
    (EPISODES, column("max_turns", lambda values: [2**40] * len(values)), "hold what no game can"),
    (EPISODES, column("episode_outcome", lambda values: ["deal"] * len(values)), "ends otherwise"),
    (EPISODES, column("first_mover", at(0, "nobody")), "hold what no game can"),
    (
        EPISODES,
        column("scenario", lambda values: [text.encode() for text in values]),
        "scenario holds binary, not text",
    ),
    (EPISODES, column("trajectory_id", at(0, None)), "trajectory_id is missing"),
    (EPISODES, column("trajectory_id", lambda values: [text.encode() for text in values]), "holds binary, not text"),
    (EPISODES, column("seed", at(0, -5)), "hold what no game can"),
    (EPISODES, column("seed", lambda values: ["x"] * len(values)), "hold what no game can"),
    (EPISODES, lambda table: table.slice(1), "not those of the episodes"),
    (EPISODES, lambda table: pa.concat_tables([table.slice(0, 1), table]), "not those of the episodes|twice"),
]
PRICE = [
    (DECISIONS, column("action_price", at(0, None)), "an offer is missing"),
    (DECISIONS, column("action_price", at(0, 1e9)), "outside the public range"),
    (DECISIONS, column("action_price", at(0, float("inf"))), "outside the public range"),
    (EPISODES, column("accepted_price", lambda values: [500.125] * len(values)), "not the one that was offered last"),
    (EPISODES, column("price_low", lambda values: [None] * len(values)), "outside the public range"),
]
ITEMS = [
    (DECISIONS, column("action_keep", at(0, None)), "an offer is missing"),
    (DECISIONS, column("action_keep", at(0, [9, 9, 9, 9])), "is no split of its pool"),
    (DECISIONS, column("action_keep", at(0, [-2, 0, 0, 0])), "an offer is missing|no split"),
    (DECISIONS, column("action_keep", at(0, [1, -2, 0, 0])), "no split"),
    (DECISIONS, column("action_keep", at(0, [1, 1, 1, 1, 1])), "hold what no game can"),
    (EPISODES, column("quantities", at(0, [1, None, 1, 1])), "hold what no game can"),
    (EPISODES, column("keep_0", lambda values: [[1, 1, 1, 1]] * len(values)), "not the one that was proposed last"),
]
CASES = [(domain, *case) for domain, own in (("price", PRICE), ("multi_item", ITEMS)) for case in (*WRONG, *own)]


@pytest.mark.parametrize(("domain", "name", "change", "reason"), CASES, ids=[str(place) for place in range(len(CASES))])
def test_what_no_game_can_have_written_is_refused(tmp_path, domain, name, change, reason):
    written(tmp_path, domain)
    changed(tmp_path, name, change)
    with pytest.raises(RecordError, match=f"^{re.escape(str(tmp_path))}.*({reason})"):
        list(read_parquet_games(tmp_path, 1000))
