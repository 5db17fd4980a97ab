"""Whether what was read from a JSONL record is what its lines say."""

import json
import math

from negotiation_env.records.jsonl import lines

OPTIONAL = {"message", "notes", "product"}


def names(path, error):
    """An error says which file or folder it is about."""
    assert str(path) in str(error), error


def records_of(content):
    """The lines of a file as Python's own reader of JSON has them; blank ones are left out."""
    return [json.loads(line) for line in content.decode().split("\n") if line and not line.isspace()]


def check_read(content, blocks):
    """Every line was read, and all that is kept of it is what stands there."""
    written = [json.loads(line) for games in blocks for text in lines(games) for line in text.splitlines()]
    told = records_of(content)
    assert len(told) == len(written)
    for one, two in zip(told, written, strict=True):
        agrees(one, two)


def agrees(told, kept, path=""):
    """Raise ``AssertionError`` unless all that is ``kept`` is ``told``; numbers may be rounded."""
    if isinstance(kept, dict):
        assert isinstance(told, dict), path
        for key, value in kept.items():
            if key not in told:
                assert key in OPTIONAL, f"{path}.{key} was made up"
            else:
                agrees(told[key], value, f"{path}.{key}")
        if "params" in path or path.endswith("notes"):
            assert set(told) == set(kept), path
    elif isinstance(kept, list):
        assert isinstance(told, list), path
        assert len(told) == len(kept), path
        for place, value in enumerate(kept):
            agrees(told[place], value, f"{path}[{place}]")
    elif isinstance(kept, float) and isinstance(told, int | float) and not isinstance(told, bool):
        assert abs(told - kept) <= 1e-6 * max(1.0, abs(kept)), f"{path}: {told} became {kept}"
    elif kept is None and isinstance(told, float) and not math.isfinite(told):
        assert "params" in path or "notes" in path, path
    else:
        assert told == kept, f"{path}: {told!r} became {kept!r}"
