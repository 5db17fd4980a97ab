"""Files of records and recipes, mutated: bits, bytes, lines, and values of JSON."""

import json
import random

HUGE, DEEP = 10**400, "[" * 3000 + "]" * 3000
NUMBERS = [0, 1, -1, 2, 0.5, -0.5, 1e300, 1e-300, 2**31, 2**63, 2**64, HUGE, -HUGE]
WRONG = [
    *NUMBERS,
    None,
    True,
    False,
    "",
    "x",
    "\ud800",
    "OFFER",
    "WALK",
    "deal",
    [],
    [0],
    [1, 2],
    [[1]],
    [None],
    {},
    {"a": 1},
]
"""What any value may become."""
RAW = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0",
    "01",
    "1.",
    "nul",
    "'x'",
    '"\\u00zz"',
    '"\\ud800"',
    "9" * 5000,
    DEEP,
    "{" * 3000,
]
"""Text that stands where a value was; not all of it is JSON."""


def byte_mutant(content, draw):
    """A few bytes or bits of the content are others, more, or fewer."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        place = draw.randrange(len(changed) + 1)
        length = draw.choice((1, 1, 2, 9, 100, 5000))
        change = draw.randrange(6)
        if change == 0 and place < len(changed):
            changed[place] ^= 1 << draw.randrange(8)
        elif change == 1:
            del changed[place:]
        elif change == 2:
            del changed[place : place + length]
        elif change == 3:
            changed[place:place] = changed[place : place + length]
        elif change == 4:
            changed[place:place] = draw.randbytes(draw.choice((1, 2, 8)))
        else:
            changed[place : place + 1] = draw.choice(
                (b"\xff", b"\0", b"\n", b"\r", b'"', b",", b"{", b"]", b"\xed\xa0\x80")
            )
    return bytes(changed)


def line_mutant(content, draw):
    """Lines are swapped, deleted, doubled, joined, or moved."""
    lines = content.split(b"\n")
    for _ in range(draw.choice((1, 1, 2))):
        one, two = draw.randrange(len(lines)), draw.randrange(len(lines))
        change = draw.randrange(5)
        if change == 0:
            lines[one], lines[two] = lines[two], lines[one]
        elif change == 1 and len(lines) > 1:
            del lines[one]
        elif change == 2:
            lines.insert(two, lines[one])
        elif change == 3:
            lines[one : one + 2] = [b"".join(lines[one : one + 2])]
        else:
            lines.insert(two, draw.choice((b"", b" ", b"null", b"[]", b"{}", b"3", b"x = 1", b"[settings]")))
    return b"\n".join(lines)


def value_mutant(content, draw):
    """One value of a line, or the same one in all lines of its game, is another; the file stays compact JSON."""
    records = [json.loads(line) for line in content.decode().splitlines()]
    chosen = draw.choice(records)
    game = [record for record in records if record["trajectory_id"] == chosen["trajectory_id"]]
    path = draw.choice(list(_paths(chosen)))
    value = draw.choice([*WRONG, _neighbour(_at(chosen, path), draw), _neighbour(_at(chosen, path), draw)])
    raw = draw.choice(RAW) if draw.random() < 0.3 else None
    change = draw.choice(("set", "set", "set", "delete", "rename"))
    everywhere = draw.random() < 0.5
    for record in game if everywhere else [chosen]:
        _change(record, path, "\x7fraw\x7f" if raw else value, change)
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    return text.replace(json.dumps("\x7fraw\x7f"), raw or "").encode()


def _neighbour(value, draw):
    """A value that is almost the same."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value + draw.choice((1, -1, 0.01, -0.01, 1e-7, 0.0, 1e6))
    if isinstance(value, list):
        return draw.choice((value[:-1], value[::-1], [*value, *value[-1:]], [_neighbour(item, draw) for item in value]))
    return value + "x" if isinstance(value, str) else {**value, "more": 1}


def _paths(value, path=()):
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


def _at(record, path):
    for key in path:
        record = record[key]
    return record


def _change(record, path, value, change):
    try:
        holder = _at(record, path[:-1])
        if change == "set" or isinstance(holder, list):
            holder[path[-1]] = value
        elif change == "delete":
            del holder[path[-1]]
        else:
            holder[path[-1] + "x"] = holder.pop(path[-1])
    except (KeyError, IndexError, TypeError, AttributeError):  # another line of the game is not that long
        return


def mutants(content, count, seed, kinds):
    """So many mutants of a content, the same for the same number."""
    draw = random.Random(seed)
    for _ in range(count):
        yield draw.choice(kinds)(content, draw)
