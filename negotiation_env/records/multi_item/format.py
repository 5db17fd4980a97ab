"""The records of the multi-item domain.

In a line, and in a row of the decision table, splits are told as what *its own agent* would have: ``last_offer`` is
what it gets by accepting, ``offer_history`` what it would have had by each proposal of either side, and ``keep``
what it keeps. ``accepted_keep`` (``keep_0`` in the episode table) is what ``agent_0`` got.
"""

from __future__ import annotations

import numpy as np

from negotiation_env.multi_item.rules import AGENTS, NO_SPLIT
from negotiation_env.records.format import Format
from negotiation_env.records.multi_item.reading import MultiItemReader
from negotiation_env.records.multi_item.tables import MultiItemTables
from negotiation_env.records.multi_item.telling import MultiItemTeller
from negotiation_env.records.multi_item.writing import MultiItemWriter

MULTI_ITEM = Format(
    domain="multi_item",
    sides=AGENTS,
    pools=AGENTS,
    last_offer="last_offer",
    content="keep",
    nothing=NO_SPLIT,
    labels=(),
    seat_facts=(),
    dtypes={"types": np.int64, "quantities": np.int64, "split": np.int64},
    writer=MultiItemWriter(),
    reader=MultiItemReader(),
    tables=MultiItemTables(),
    teller=MultiItemTeller(),
)
