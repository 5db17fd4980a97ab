"""Games that come back from the two Parquet tables as they were written."""

import numpy as np
import polars as pl
import pytest

from negotiation_env import rollout
from negotiation_env.records.errors import RecordError
from negotiation_env.records.finished import finished_games
from negotiation_env.records.games import joined
from negotiation_env.records.parquet import DECISIONS, EPISODES, ParquetPair
from negotiation_env.records.parquet_games import read_parquet_games
from negotiation_env.records.splits import Split

PRICE = {"buyer_0": ["hold_rho:rho=0.3,assumed_width=500", "linear"], "seller_0": ["tit_for_tat", "random"]}
ITEMS = {"agent_0": ["boulware", "random"], "agent_1": "conceder"}
RUNS = {
    "price": ("price", PRICE, {"scenario": "private", "max_turns": 7}),
    "bargaining": ("multi_item", ITEMS, {"scenario": "bargaining", "disagreement": (1.0, 2.0), "discount": 0.9}),
    "one turn": ("multi_item", ITEMS, {"num_items": 2, "max_turns": 1}),
}


def written(folder, domain, players, settings, games=150):
    known = finished_games(rollout(domain, players, games, seed=1, **settings))
    pair = ParquetPair(folder, "", Split(), 3)
    pair.write(known)
    pair.close()
    return known


@pytest.mark.parametrize("size", [40, 1000])
@pytest.mark.parametrize("run", RUNS)
def test_games_come_back_as_they_were(tmp_path, run, size):
    known = written(tmp_path, *RUNS[run])
    parts = list(read_parquet_games(tmp_path, size))
    assert max(map(len, parts)) <= size
    found = joined(parts)
    assert (found.domain, found.ids) == (known.domain, known.ids)
    assert set(found.facts) == set(known.facts)
    for name, column in known.facts.items():
        np.testing.assert_array_equal(found.facts[name], column, err_msg=name)
    assert {name: column.tolist() for name, column in found.labels.items()} == {
        name: column.tolist() for name, column in known.labels.items()
    }
    np.testing.assert_array_equal(found.kind, known.kind)
    np.testing.assert_array_equal(found.offer, known.offer)


def test_tables_of_two_datasets_do_not_belong_together(tmp_path):
    written(tmp_path, *RUNS["price"])
    episodes = (tmp_path / EPISODES).read_bytes()
    written(tmp_path, *RUNS["price"], games=151)
    (tmp_path / EPISODES).write_bytes(episodes)
    with pytest.raises(RecordError, match="goes on after the last episode"):
        list(read_parquet_games(tmp_path, 1000))
    written(tmp_path, *RUNS["price"][:2], {"max_turns": 5})
    (tmp_path / EPISODES).write_bytes(episodes)
    with pytest.raises(RecordError, match="are not those of the episodes"):
        list(read_parquet_games(tmp_path, 1000))


def test_what_is_no_table_of_ours_is_refused(tmp_path):
    with pytest.raises(RecordError, match="cannot be read as a Parquet table"):
        list(read_parquet_games(tmp_path, 10))
    written(tmp_path, *RUNS["price"])
    pl.read_parquet(tmp_path / DECISIONS).write_parquet(tmp_path / DECISIONS)
    with pytest.raises(RecordError, match="schema version none, and 1 is read here"):
        list(read_parquet_games(tmp_path, 10))


@pytest.mark.parametrize("column", ["action_price", "action_type", "trajectory_id"])
def test_a_table_without_a_column_is_refused(tmp_path, column):
    import pyarrow.parquet as pq

    written(tmp_path, *RUNS["price"])
    table = pq.ParquetFile(tmp_path / DECISIONS).read()
    version = {"schema_version": "1"}
    with pq.ParquetWriter(tmp_path / DECISIONS, table.drop_columns([column]).schema) as file:
        file.write_table(table.drop_columns([column]))
        file.add_key_value_metadata(version)
    with pytest.raises(RecordError, match=f"{column}.*make them anew"):
        list(read_parquet_games(tmp_path, 100))
