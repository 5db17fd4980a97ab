"""Records that say what cannot have been are refused, with the line and the reason."""

import json
import re

import pytest
from played import every_domain, run_of

from negotiation_env.records.errors import RecordError
from negotiation_env.records.generate import generate
from negotiation_env.records.prepare import prepare


def written(tmp_path, domain, **settings):
    path = tmp_path / f"{domain}.jsonl"
    generate(run_of(domain, **settings), 40, path)
    return path, [json.loads(line) for line in path.read_text().splitlines()]


def refused(path, rows, reason, spaced=False):
    """Write the rows, in our own writing or not; they are refused, and the reason is found."""
    separators = None if spaced else (",", ":")
    path.write_text("".join(json.dumps(row, separators=separators) + "\n" for row in rows))
    with pytest.raises(RecordError, match=re.escape(str(path)) + r", line \d+: .*" + reason):
        prepare(path, path.parent / "tables")
    assert not (path.parent / "tables").exists()


def game_of(rows, ending, least=3):
    """The rows of the first game of at least so many turns that ends like this."""
    games = {}
    for row in rows:
        games.setdefault(row["trajectory_id"], []).append(row)
    return next(game for game in games.values() if game[0]["meta"]["episode_outcome"] == ending and len(game) >= least)


@every_domain
@pytest.mark.parametrize("spaced", [False, True])
@pytest.mark.parametrize(
    ("ending", "place", "reward", "reason"),
    [
        ("deal", 0, 0.1, "before the last decision of the"),
        ("deal", -1, 5.0, "the reward of the .* is 5.0; it must be"),
        ("deal", -2, 5.0, "the reward of the .* is 5.0; it must be"),
        ("deal", -1, -5.0, "the reward of the .* is -5.0; it must be"),
        ("deadline", -1, 0.25, "is 0.25; it must be 0.0"),
        ("deadline", -2, -0.25, "is -0.25; it must be 0.0"),
    ],
)
def test_rewards_that_the_outcome_does_not_give(tmp_path, domain, spaced, ending, place, reward, reason):
    path, rows = written(tmp_path, domain)
    game_of(rows, ending)[place]["reward"] = reward
    refused(path, rows, reason, spaced)


@every_domain
def test_a_first_offer_that_is_accepted_is_not_discounted(tmp_path, domain):
    path, rows = written(tmp_path, domain, discount=0.8, max_turns=2)
    game = game_of(rows, "deal", 2)
    paid = next(row for row in game if row["reward"])
    paid["reward"] *= 0.9
    refused(path, rows, "it must be")


def test_the_discount_of_multi_item_records_is_known(tmp_path):
    path, rows = written(tmp_path, "multi_item")
    paid = next(row for row in game_of(rows, "deal", 4) if row["reward"])
    paid["reward"] *= 1.01
    refused(path, rows, "it must be")


@every_domain
def test_the_first_move_accepts_nothing(tmp_path, domain):
    path, rows = written(tmp_path, domain)
    game = game_of(rows, "deal")
    last = game[-1]
    last["turn"], last["state"]["timestep"], last["state"]["offer_history"] = 1, 0, []
    last["state"]["last_offer" + ("_price" if domain == "price" else "")] = None
    last["meta"]["first_mover"] = last["state"]["role"]
    refused(path, [last], "nothing to accept")


@pytest.mark.parametrize("first", ["price", "multi_item"])
@pytest.mark.parametrize("spaced", [False, True])
def test_a_file_holds_games_of_one_domain(tmp_path, first, spaced):
    other = "multi_item" if first == "price" else "price"
    _, rows = written(tmp_path, first)
    path, more = written(tmp_path, other)
    refused(path, rows + more, f"a record of the domain '{other}' in a file of '{first}' games", spaced)


def everywhere(change):
    """Make the same change in every line of the game."""

    def change_all(game):
        for row in game:
            change(row)

    return change_all


def in_meta(name, value):
    return everywhere(lambda row: row["meta"].update({name: value}))


def in_quality(name, value):
    return everywhere(lambda row: row["meta"]["quality"].update({name: value}))


@pytest.mark.parametrize("spaced", [False, True])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda game: game[0]["action"].update(keep=[9, 9, 9]), r"\[9,9,9\] is no split of"),
        (lambda game: game[0]["action"].update(keep=[0, 0]), r"\[0,0\] is no split of"),
        (lambda game: game[0]["action"].update(keep=[0.0, 0, 0]), r"is no split of"),
        (lambda game: game[0]["action"].update(keep=None), "keep is None"),
        (lambda game: game[0]["action"].update(keep=1), "it must be a list of whole numbers"),
        (lambda game: game[-1]["action"].update(keep=[0, 0, 0]), "keep is .*it must be null"),
        (lambda game: game[1]["state"].update(last_offer=[0, 9, 0]), "state.last_offer is"),
        (lambda game: game[2]["state"]["offer_history"].reverse(), "the rest of the line says|lines before it say"),
        (lambda game: game[1]["state"].update(role="agent_7"), "role is 'agent_7'"),
        (lambda game: game[1]["state"].update(own_values=[1.0, 1.0, 99.0]), "state.own_values is"),
        (lambda game: game[1]["meta"].update(payoffs={"agent_0": 0.0, "agent_1": 1.0}), "payoff is not what"),
        (lambda game: game[1].update(turn=3), "timestep|turn 3"),
        (everywhere(lambda row: row["state"].update(quantities=[1, 1])), "it must be a list of 2 numbers"),
        (everywhere(lambda row: row["state"].update(quantities=[99, 99, 99])), "at most 4,096 are enumerated"),
        (everywhere(lambda row: row["state"].update(quantities=[0, 0, 0])), "nothing to split"),
        (everywhere(lambda row: row["state"].update(quantities=[1.5, 1, 1])), "whole numbers"),
        (in_meta("values", {"agent_0": [-1.0, 1.0, 1.0], "agent_1": [1.0, 1.0, 1.0]}), "at least 0"),
        (in_meta("values", {"agent_0": [0.0, 0.0, 0.0], "agent_1": [1.0, 1.0, 1.0]}), "worth something"),
        (in_meta("payoffs", {"agent_0": 0.5, "agent_1": 0.5}), "the payoff of agent_0 .* is 0.5"),
        (in_meta("accepted_keep", [0, 0, 0]), "leave agent_0 with"),
        (in_meta("accepted_keep", None), "leave agent_0 with"),
        (in_meta("discount", {"agent_0": 0.0, "agent_1": 1.0}), "discount is 0.0"),
        (in_meta("discount", {"agent_0": 1.0}), "'agent_1' is missing"),
        (in_quality("welfare", 99.0), "the welfare .* is 99.0"),
        (in_quality("efficiency", 0.001), "the efficiency .* is 0.001"),
        (in_quality("nash_optimality", 1.5), "nash_optimality .* is 1.5"),
        (in_quality("pareto_optimal", 1), "pareto_optimal is 1; it must be bool"),
    ],
)
def test_what_multi_item_lines_cannot_say(tmp_path, change, reason, spaced):
    path, rows = written(tmp_path, "multi_item")
    change(game_of(rows, "deal", 4))
    refused(path, rows, reason, spaced)


@every_domain
def test_a_game_does_not_go_on_after_its_end(tmp_path, domain):
    path, rows = written(tmp_path, domain)
    game = game_of(rows, "deal")
    earlier, content = game[-2]["action"], "price" if domain == "price" else "keep"
    earlier["type"], earlier[content] = "WALK", None
    last = game[-1]["state"]
    last["offer_history"].pop()
    last["last_offer" + ("_price" if domain == "price" else "")] = (last["offer_history"] or [None])[-1]
    refused(path, rows, "goes on after its end")


@every_domain
def test_our_own_writing_is_recognised_without_parsing_each_line(tmp_path, domain, monkeypatch):
    path, rows = written(tmp_path, domain)
    monkeypatch.setattr("negotiation_env.records.reading.parse_line", None)
    assert prepare(path, tmp_path / "tables").decisions == len(rows)
