"""What players say and what policies note survives the record, whatever characters are in it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from played import every_domain, players_of, run_of
from talkers import ERROR, NOTE, Talker, talking_run

from negotiation_env import Episodes, rollout
from negotiation_env.engine import play_batch, replay_batch
from negotiation_env.records.errors import RecordError
from negotiation_env.records.faults import error_text, fault_line, read_faults
from negotiation_env.records.finished import finished_games
from negotiation_env.records.generate import generate
from negotiation_env.records.prepare import prepare
from negotiation_env.records.reading import read_games
from negotiation_env.records.recorded import number_of, played_game, recorded_games
from negotiation_env.records.replay import played_back
from negotiation_env.records.text import plain_text, well_formed
from negotiation_env.records.usage import Usage, used

ODD = {
    "separators": "one\u2028two\u2029three\x85four",
    "emoji": "\U0001f91d \U0001f468\u200d\U0001f469\u200d\U0001f467 \u00e9\u0301",
    "controls": "".join(map(chr, range(32))) + "\x7f\x9b31m",
    "surrogates": "\ud800 alone, \udc00\ud83d turned round",
    "long": "I offer 500. " * 8000,
    "quotes": '"\\"} , \\u0041 \n {"schema_version":1,"trajectory_id":"x"',
    "our own marks": '"last_offer_price":null,"offer_history":[]\n"last_offer":null,"offer_history":[]',
}
every_text = pytest.mark.parametrize("text", list(ODD.values()), ids=list(ODD))


@every_text
@every_domain
def test_a_message_survives_the_record(tmp_path, domain, text):
    run = talking_run(domain, message=text)
    path = tmp_path / "games.jsonl"
    generate(run, 3, path)
    played = Episodes(run, play_batch(run, np.arange(3)))
    (read,) = read_games(path, 10)
    assert dict(read.messages) == dict(played.batch.messages)
    assert set(read.messages.values()) == {text}
    assert {row: json.loads(note) for row, note in read.notes.items()} == played.batch.notes
    assert [game.episode for game in recorded_games(read)] == list(played)
    again = played_back(run, read)
    assert again.batch.messages == played.batch.messages
    assert again.batch.notes == played.batch.notes


@every_text
@every_domain
def test_tables_hold_the_message_as_far_as_they_can(tmp_path, domain, text):
    pl = pytest.importorskip("polars")
    run = talking_run(domain, message=text)
    generate(run, 4, tmp_path / "games.jsonl")
    generate(run, 4, tmp_path / "direct")
    prepare(tmp_path / "games.jsonl", tmp_path / "prepared")
    for name in ("decision_steps.parquet", "episodes.parquet"):
        assert (tmp_path / "direct" / name).read_bytes() == (tmp_path / "prepared" / name).read_bytes()
    table = pl.read_parquet(tmp_path / "prepared" / "decision_steps.parquet")
    assert set(table["message"]) == {well_formed(text)}
    assert json.loads(table["notes"][0]) == NOTE
    frame = Episodes(run, play_batch(run, np.arange(4))).to_polars()[1]
    assert set(frame["message"]) == {well_formed(text)}


@every_domain
def test_notes_that_look_like_our_lines_are_notes(tmp_path, domain):
    marks = {"last_offer_price": None, "last_offer": None, "offer_history": [], "is_terminal": True, "reward": 1.0}

    class Noting(Talker):
        def decide(self, view):
            return replace(super().decide(view), notes=[marks] * len(view))

    run = talking_run(domain)
    run = replace(
        run, players=tuple((replace(seat[0], policy=Noting(domain, seat[0].name[8:])),) for seat in run.players)
    )
    generate(run, 5, tmp_path / "games.jsonl")
    notes = [json.loads(note) for games in read_games(tmp_path / "games.jsonl", 2) for note in games.notes.values()]
    assert notes
    assert all(note == marks for note in notes)


def test_half_a_file_can_be_read(tmp_path):
    generate(talking_run(message="\U0001f91d"), 6, tmp_path / "games.jsonl")
    text = (tmp_path / "games.jsonl").read_bytes()
    whole = list(read_games(tmp_path / "games.jsonl", 1))
    end = text.find(f'"trajectory_id":"{whole[4].ids[0]}"'.encode()) - len('{"schema_version":1,')
    (tmp_path / "games.jsonl").write_bytes(text + b"torn")
    assert [games.ids for games in read_games(tmp_path / "games.jsonl", 1, end)] == [games.ids for games in whole[:4]]


@every_domain
def test_recorded_games_are_what_play_returns(domain):
    many = rollout(domain, players_of(domain), 200, seed=4)
    for index, game in enumerate(recorded_games(finished_games(many))):
        assert game.episode == many[index]
        assert game.notes == (None,) * game.episode.turns
        assert game.number == index
        payoffs = list(game.episode.payoffs.values())
        assert game.is_sound == (game.episode.deal and min(payoffs) >= 0.0)


@every_domain
def test_games_are_played_back_in_any_order(domain):
    run = run_of(domain)
    numbers = np.array([17, 3, 250, 4])
    batch = play_batch(run, numbers)
    content = run.domain.content
    again = replay_batch(run, numbers, batch.episodes["turns"], (batch.decisions["kind"], batch.decisions[content]))
    for table, other in ((batch.episodes, again.episodes), (batch.decisions, again.decisions)):
        assert set(table) == set(other)
        for name, values in table.items():
            assert values.tobytes() == other[name].tobytes(), name


@pytest.mark.parametrize("shift", [-1, 1])
def test_moves_that_do_not_end_a_game_are_refused(shift):
    run = run_of()
    batch = play_batch(run, np.arange(3))
    turns = batch.episodes["turns"] + np.array([shift, -shift, 0])
    with pytest.raises(ValueError, match="ends with its last move"):
        replay_batch(run, np.arange(3), turns, (batch.decisions["kind"], batch.decisions["price"]))


@every_domain
def test_faults_are_told_with_their_reason(tmp_path, domain):
    run = talking_run(domain, fails=1, message=ODD["surrogates"])
    played = Episodes(run, play_batch(run, np.arange(6)))
    games = [played_game(played, index) for index in range(6)]
    assert {game.episode.ended_by for game in games} == {"fault"}
    path = tmp_path / "faults.jsonl"
    path.write_text("".join(map(fault_line, games)))
    read = list(read_faults(path))
    for one, two in zip(games, read, strict=True):
        assert repr(two.episode.payoffs) == repr(one.episode.payoffs)
        assert two.episode.moves == one.episode.moves
        assert two.error == ERROR
        assert two.usage == one.usage
        assert fault_line(two) == fault_line(one)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "must be a JSON object"),
        ("{", "not JSON"),
        ('{"schema_version":2}', "schema_version is 2"),
        ('{"schema_version":1,"trajectory_id":"a-1"}', "'game' is missing"),
        ('{"schema_version":1,"trajectory_id":"a-1","game":{"uid":"a-2"}}', "trajectory_id"),
        ('{"schema_version":1,"trajectory_id":"a-1","game":{"uid":"a-1"},"domain":"chess"}', "chess"),
        ('{"schema_version":1,"trajectory_id":"a-1","game":{"uid":"a-1"},"domain":"price","notes":[]}', "moves"),
        (
            '{"schema_version":1,"trajectory_id":"a-1","game":{"uid":"a-1","moves":[]},"domain":"price","notes":[1]}',
            "0 moves with 1 notes",
        ),
        (
            '{"schema_version":1,"trajectory_id":"a-1","game":{"uid":"a-1","moves":[]},"domain":"price","notes":[]}',
            "argument",
        ),
    ],
)
def test_a_wrong_fault_is_refused_with_its_line(tmp_path, line, message):
    path = tmp_path / "faults.jsonl"
    path.write_text(f"{line}\n")
    with pytest.raises(RecordError, match=rf"faults\.jsonl, line 1: .*{message}"):
        list(read_faults(path))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ERROR, "timeout: no answer in 60 s"),
        ({"message": "gone"}, "gone"),
        ("gone", "gone"),
        (None, "no reason was given"),
        ({}, "no reason was given"),
        ({"code": 3}, '{"code":3}'),
    ],
)
def test_errors_in_words(error, text):
    assert error_text(error) == text


@pytest.mark.parametrize(
    ("notes", "usage"),
    [
        ([], Usage()),
        ([None, NOTE, NOTE], Usage(4, 0, 2, 50, 10, 26)),
        ([{**NOTE, "fallback": "repeat"}], Usage(2, 1, 1, 25, 5, 13)),
        ([{"retries": True, "illegal": "many", "replies": "none", "fallback": 3}], Usage()),
        ([{"replies": [None, 3, {"prompt_tokens": 4, "completion_tokens": None}]}], Usage(prompt_tokens=4)),
        ([{"reason": "a note of another kind"}], Usage()),
    ],
)
def test_usage_sums_what_notes_say(notes, usage):
    assert used(notes) == usage
    assert usage.tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain \u00e9 \U0001f600", "plain \u00e9 \U0001f600"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;Zm9v\x9cclipboard", "clipboard"),
        ("\x1bPq#0\x1b\\image", "image"),
        ("\x1b]0;never ended, 500", "0;never ended, 500"),
        ("\x1b\x1b[31m[31m", "[31m"),
        ("\x1b(0x\x1bcy", "xy"),
        ("a\r\nb\rc\u2028d\x0be\tf", "a\nb\nc\nd\ne f"),
        ("\x00\x07\x08\x7f\x80x", "x"),
        ("\u202e005\u202c", "005"),
        ("\ud800x\udc00", "\ufffdx\ufffd"),
        ("[bold]not markup[/bold]", "[bold]not markup[/bold]"),
    ],
)
def test_plain_text_holds_no_commands(text, plain):
    assert plain_text(text) == plain


@pytest.mark.parametrize("piece", ["\x1b]", "\x9d", "\x1b[", "\x1b]a", "\x1b[0", "\x1bP\x1b", "\x1b"])
def test_plain_text_of_hostile_text_is_fast(piece):
    assert "\x1b" not in plain_text(piece * (100_000 // len(piece)))


@pytest.mark.parametrize(
    ("uid", "number"), [("abc-17", 17), ("abc", -1), ("abc-", -1), ("abc-x", -1), ("a-\u0663", -1)]
)
def test_the_number_of_a_game(uid, number):
    assert number_of(uid) == number
