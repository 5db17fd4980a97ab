"""Batches of games as bytes, for what is kept while games are played."""

from __future__ import annotations

import io
import json

import numpy as np

from negotiation_env.domain import Array
from negotiation_env.engine import Batch


def pack(batch: Batch) -> bytes:
    """A batch as the bytes of an ``npz`` file without pickles; equal batches give equal bytes."""
    arrays: dict[str, Array] = {}
    texts: dict[str, object] = {
        "messages": [list(batch.messages), list(batch.messages.values())],
        "notes": [list(batch.notes), [dict(note) for note in batch.notes.values()]],
    }
    for table, columns in (("episodes", batch.episodes), ("decisions", batch.decisions)):
        for name, values in columns.items():
            if values.dtype == object:
                texts[f"{table}/{name}"] = values.tolist()
            else:
                arrays[f"{table}/{name}"] = values
    arrays["texts"] = np.frombuffer(json.dumps(texts, default=str).encode(), dtype=np.uint8)
    content = io.BytesIO()
    np.savez(content, **arrays)  # type: ignore[arg-type]  # allow_pickle is not among the names
    return content.getvalue()


def unpack(content: bytes) -> Batch:
    """The batch of what `pack` made.

    Raises:
        ValueError, KeyError, EOFError, zipfile.BadZipFile: the bytes are damaged.
    """
    tables: dict[str, dict[str, Array]] = {"episodes": {}, "decisions": {}}
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        texts = json.loads(stored["texts"].tobytes())
        columns = {name: stored[name] for name in stored.files if name != "texts"}
    (message_rows, messages), (note_rows, notes) = texts.pop("messages"), texts.pop("notes")
    columns |= {name: np.array(values, dtype=object) for name, values in texts.items()}
    for name, values in columns.items():
        table, _, column = name.partition("/")
        tables[table][column] = values
    batch = Batch(tables["episodes"], tables["decisions"])
    batch.messages.update(zip(message_rows, messages, strict=True))
    batch.notes.update(zip(note_rows, notes, strict=True))
    return batch
