"""Coverage-guided fuzzing of all that reads what others wrote: replies, recipes, JSONL and Parquet records.

    python tests/fuzz/fuzz.py price --seconds 300

runs one target (price, items, recipe, jsonl, parquet) from a corpus that the project itself writes, and ends with
exit code 0, or with the input that breaks a property as ``crash-*`` in the folder ``--keep``, where the corpus grows
from run to run. ``make fuzz`` installs Atheris and runs all of them.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("policies/llm", "records")]

with atheris.instrument_imports(include=["negotiation_policies.llm", "negotiation_env.records"]):
    from negotiation_policies.llm.parsing import parse_multi_item_reply, parse_price_reply

    from negotiation_env.records.errors import RecordError
    from negotiation_env.records.jsonl import lines
    from negotiation_env.records.parquet_games import read_parquet_games
    from negotiation_env.records.reading import read_games
    from negotiation_env.records.recipes import load_recipe, recipe_folders

from mutated_replies import LONGEST, PRICES  # noqa: E402  # found by the path above
from played import players_of, run_of  # noqa: E402
from said import check_read, names  # noqa: E402
from stated import check_price, check_split  # noqa: E402
from test_multi_item_replies import CORPUS, NAMES, POOL  # noqa: E402

from negotiation_env import rollout  # noqa: E402
from negotiation_env.records.finished import finished_games  # noqa: E402
from negotiation_env.records.generate import generate  # noqa: E402
from negotiation_env.records.parquet import DECISIONS, EPISODES, ParquetPair  # noqa: E402
from negotiation_env.records.splits import Split  # noqa: E402

LOW, HIGH = 200.0, 1500.0


class Price:
    """The first byte says whether 450 stands; the rest is the reply."""

    def __init__(self, folder):
        self.seeds = [bytes([place & 1]) + text[:LONGEST].encode(errors="replace") for place, text in enumerate(PRICES)]

    def check(self, data):
        text, standing = data[1:].decode(errors="replace"), (None, 450.0)[data[0] & 1]
        check_price(text, standing, parse_price_reply(text, standing, LOW, HIGH), LOW, HIGH)


class Items:
    """The same for the split of a pool."""

    def __init__(self, folder):
        self.seeds = [
            bytes([place & 1]) + text[:LONGEST].encode(errors="replace") for place, (text, _) in enumerate(CORPUS)
        ]

    def check(self, data):
        text, standing = data[1:].decode(errors="replace"), (None, (1, 1, 0))[data[0] & 1]
        check_split(text, standing, parse_multi_item_reply(text, standing, POOL, NAMES), POOL, NAMES)


class Recipe:
    """A recipe file is refused with its path, or makes a run."""

    def __init__(self, folder):
        self.path = folder / "price-mixed.toml"
        self.seeds = [path.read_bytes() for home in recipe_folders()[1:2] for path in sorted(home.glob("*.toml"))]

    def check(self, data):
        self.path.write_bytes(data)
        try:
            load_recipe(self.path).run()
        except RecordError as error:
            names(self.path, error)


class Jsonl:
    """A record is refused with its path, or read as it stands."""

    def __init__(self, folder):
        self.path, self.seeds = folder / "games.jsonl", []
        for domain in ("price", "multi_item"):
            generate(run_of(domain, max_turns=3), 3, folder / f"{domain}.jsonl")
            self.seeds.append((folder / f"{domain}.jsonl").read_bytes())

    def check(self, data):
        self.path.write_bytes(data)
        try:
            blocks = list(read_games(self.path, 2))
        except RecordError as error:
            names(self.path, error)
        else:
            check_read(data, blocks)


class Parquet:
    """The first byte says which of both tables the rest is; it is refused, or it is the one that was written."""

    def __init__(self, folder):
        self.folder = folder
        known = finished_games(rollout("price", players_of("price"), 5, seed=1, max_turns=4))
        pair = ParquetPair(folder, "", Split(), 2)
        pair.write(known)
        pair.close()
        self.tables = [(folder / name, (folder / name).read_bytes()) for name in (DECISIONS, EPISODES)]
        self.seeds = [bytes([place]) + content for place, (_, content) in enumerate(self.tables)]
        self.written = "".join(lines(known))

    def check(self, data):
        path, content = self.tables[data[0] & 1]
        path.write_bytes(data[1:])
        try:
            found = "".join(text for games in read_parquet_games(self.folder, 3) for text in lines(games))
        except RecordError as error:
            names(self.folder, error)
        else:
            assert found == self.written
        finally:
            path.write_bytes(content)


TARGETS = {"price": Price, "items": Items, "recipe": Recipe, "jsonl": Jsonl, "parquet": Parquet}


def main():
    """Write the corpus, and let Atheris run until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--keep", type=Path, default=Path(".fuzz"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = TARGETS[asked.target](Path(folder))
        corpus = asked.keep / asked.target
        corpus.mkdir(parents=True, exist_ok=True)
        for place, seed in enumerate(target.seeds):
            (corpus / f"seed-{place:03}").write_bytes(seed)

        def check(data):
            if data:
                target.check(data)

        longest = 2 * max(map(len, target.seeds))
        limits = [f"-max_total_time={asked.seconds}", f"-max_len={longest}", "-timeout=20", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={asked.keep}/", str(corpus)], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
