"""Recorded games as the token sequences that Janus learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from negotiation_janus.sampling import Sampler, rho_weights
from negotiation_janus.transcripts import read_transcripts, split, spooled
from tiny import TEXT

from negotiation_env.records.generate import generate
from negotiation_env.records.recipes import load_recipe
from negotiation_env.records.sources import open_source
from negotiation_env.trajectories import decision_points


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    path = tmp_path_factory.mktemp("transcripts") / "games.jsonl"
    generate(load_recipe("price-teacher-known").run(), 200, path)
    return path


def lines(found):
    """The sequences as text, with the answers that are learned in brackets."""
    for start, length in zip(found.starts, found.lengths, strict=True):
        tokens, targets = found.tokens[start : start + length], found.targets[start : start + length]
        learned = np.append(False, targets[:-1] >= 0)
        yield "".join(
            f"[{chr(token)}]" if is_learned else "^" if token == 1 else chr(token)
            for token, is_learned in zip(tokens, learned, strict=True)
        ).replace("][", "")


def test_a_game_is_written_with_all_answers_of_the_commanded_agent(record):
    found = read_transcripts(record, TEXT)
    games = next(open_source(record).blocks())
    assert len(found) == len(games) == 200
    starts = np.cumsum(games.facts["turns"]) - games.facts["turns"]
    for game, rho, line in zip(found.game, found.rho, lines(found), strict=True):
        seat = 0 if np.isnan(games.facts["rho_commanded_1"][game]) else 1
        assert rho == np.float32(games.facts[f"rho_commanded_{seat}"][game])
        turns = np.arange(int(games.facts["turns"][game]))
        own = turns[(turns + games.facts["first"][game]) % 2 == seat] + int(starts[game])
        low, high = games.facts["price_low"][game], games.facts["price_high"][game]
        made = [
            "!" if games.kind[row] == 1 else f"{round((games.offer[row] - low) / (high - low) * 999):03d}"
            for row in own
        ]
        assert [part.split("]")[0] for part in line.split("[")[1:]] == made


def test_targets_are_the_tokens_that_follow(record):
    found = read_transcripts(record, TEXT)
    learned = np.flatnonzero(found.targets >= 0)
    assert (TEXT.answers[found.targets[learned]] == found.tokens[learned + 1]).all()
    ends = np.cumsum(found.lengths) - 1
    assert (found.targets[ends] == -1).all()


def test_single_decisions_are_the_prefixes_of_the_whole_game(record):
    whole = dict(zip((found := read_transcripts(record, TEXT)).game.tolist(), lines(found), strict=True))
    single = read_transcripts(record, TEXT, k_history=100)
    assert (single.targets >= 0).sum() == (found.targets >= 0).sum()
    plain = {game: line.replace("[", "").replace("]", "") for game, line in whole.items()}
    for game, line in zip(single.game.tolist(), lines(single), strict=True):
        assert line.count("[") == 1
        assert plain[game].startswith(line.replace("[", "").replace("]", ""))


def test_a_short_history_keeps_the_head_and_the_last_turn(record):
    for line in lines(read_transcripts(record, TEXT, k_history=1)):
        assert len(line.split("[")[0]) in (9, 12)


def test_intended_impasses_can_be_left_out(record):
    with_them, without = read_transcripts(record, TEXT), read_transcripts(record, TEXT, include_failures=False)
    assert (with_them.rho == -1.0).any()
    assert without.rho.tolist() == with_them.rho[with_them.rho >= 0.0].tolist()


def test_hindsight_labels_both_seats_with_what_came_out(record):
    found = read_transcripts(record, TEXT, label="outcome")
    games = next(open_source(record).blocks())
    expected = games.facts["rho"][found.game]
    assert np.allclose(found.rho, np.where(expected == -1.0, -1.0, np.clip(expected, 0.0, 1.0)))
    assert np.bincount(found.game).max() == 2


def test_long_sequences_can_be_left_out(record):
    found = read_transcripts(record, TEXT, max_length=60)
    assert 0 < len(found) < 200
    assert found.lengths.max() <= 60
    with pytest.raises(ValueError, match="max_length"):
        read_transcripts(record, TEXT, max_length=5)


def test_a_label_that_nobody_has_is_refused(record):
    with pytest.raises(ValueError, match="'commanded' or 'outcome'"):
        read_transcripts(record, TEXT, label="wished")


def test_blocks_of_a_record_keep_their_numbers_and_records_do_not(record):
    found = read_transcripts(record, TEXT)
    again = spooled([[found.take(np.arange(100)), found.take(np.arange(100, 200))]])
    assert list(lines(again)) == list(lines(found))
    assert (again.game == found.game).all()
    two = spooled([[found], [found]])
    assert len(np.unique(two.game)) == 400
    assert len(np.unique(two.pair)) == 2 * len(np.unique(found.pair))


def test_tokens_stay_on_the_disk_until_they_are_wanted(record):
    found = read_transcripts(record, TEXT)
    assert isinstance(found.tokens, np.memmap)
    some = found.take(np.array([7, 3, 7]))
    assert np.shares_memory(some.tokens, found.tokens)
    every = list(lines(found))
    assert list(lines(some.dense())) == [every[7], every[3], every[7]]
    tokens, targets = found.padded(np.array([7, 3]))
    assert tokens[1, : found.lengths[3]].tolist() == some.dense().take(np.array([1])).dense().tokens.tolist()
    assert (targets[:, -1] == -1).all()


def test_a_mirror_image_is_the_game_with_the_roles_changed_over(record):
    """It is what is written of a game in which all prices have been reflected at the middle of the range."""
    source = open_source(record)
    games = next(source.blocks())
    for point in decision_points(games, source.config):
        view = point.view
        middle = view.price_low + view.price_high
        reflected = replace(
            view,
            role=-view.role,
            reservation_price=middle - view.reservation_price,
            opponent_reservation_price=middle - view.opponent_reservation_price,
            own_offers=middle[:, None] - view.own_offers,
            opponent_offers=middle[:, None] - view.opponent_offers,
        )
        plain, expected = TEXT.pack(view), TEXT.pack(reflected)
        there = np.arange(plain.tokens.shape[1]) < plain.lengths[:, None]
        starts = plain.lengths.cumsum() - plain.lengths
        found = TEXT.mirror(plain.tokens[there], starts)
        assert (found == expected.tokens[there]).mean() > 0.999  # a place half-way between two is rounded up twice


def test_mirror_images_have_the_other_rho_and_mirrored_answers(record):
    plain = read_transcripts(record, TEXT)
    image = plain.mirrored(TEXT)
    both = read_transcripts(record, TEXT, mirror=True)
    assert sorted(lines(both)) == sorted([*lines(plain), *lines(image)])
    impasse = plain.rho == -1.0
    assert impasse.any()
    assert (image.rho[impasse] == -1.0).all()
    assert image.rho[~impasse] == pytest.approx(1.0 - plain.rho[~impasse], abs=1e-6)
    assert (image.game == plain.game).all()
    learned = np.flatnonzero(image.targets >= 0)
    assert (TEXT.answers[image.targets[learned]] == image.tokens[learned + 1]).all()
    assert list(lines(image.mirrored(TEXT))) == list(lines(plain))


@pytest.mark.parametrize("by", ["episode", "pair"])
def test_a_split_shares_no_game_and_no_pair(record, by):
    found = read_transcripts(record, TEXT, label="outcome")
    train, held_out = split(found, 0.2, seed=0, by=by)
    assert len(train) + len(held_out) == len(found)
    assert not set(train.game) & set(held_out.game)
    if by == "pair":
        assert not set(train.pair) & set(held_out.pair)


def test_rare_rhos_weigh_more():
    rho = np.array([0.5] * 90 + [-1.0] * 10, dtype=np.float32)
    weights = rho_weights(rho)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[-1] / weights[0] == pytest.approx(4.0 / (100 / 180))


def test_each_sequence_comes_once_an_epoch_and_lengths_come_together():
    lengths = np.random.default_rng(0).integers(20, 100, 1000)
    sampler = Sampler(lengths, 10, seed=3)
    rows = np.stack([sampler(step) for step in range(100)])
    assert sorted(rows.ravel()) == list(range(1000))
    assert np.ptp(lengths[rows], axis=1).mean() < 10
    assert (Sampler(lengths, 10, seed=3)(170) == sampler(170)).all()
    assert not (sampler(170) == rows[70]).all()
    with pytest.raises(ValueError, match="batch_size"):
        Sampler(lengths[:5], 10, seed=0)
