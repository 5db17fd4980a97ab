"""Random numbers against SplitMix64 in whole numbers of Python, so that a seed means the same games for ever."""

import math

import numpy as np
import pytest
from price_table import make_view

from negotiation_env import seeding

GOLDEN, MASK = 0x9E3779B97F4A7C15, 2**64 - 1
KEYS = np.array([0, 1, 1234567, 2**63, MASK], dtype=np.uint64)
TURNS = np.array([0, 1, 2, 7, 20])


def output(state, number):
    """Output ``number`` (from 0) of the published generator (Vigna's splitmix64.c) started at ``state``."""
    word = (state + (number + 1) * GOLDEN) & MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


def bits(key, stream, turn=0):
    return output(output(int(key), stream), int(turn))


def test_a_key_and_a_counter_give_the_published_sequence():
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [output(1234567, number) for number in range(4)] == expected
    assert seeding.fold(np.array([1234567], dtype=np.uint64), np.arange(4)).tolist() == expected
    assert seeding.fold(KEYS, TURNS).tolist() == [output(int(key), int(n)) for key, n in zip(KEYS, TURNS, strict=True)]


def test_streams_keep_their_numbers():
    names = "SCENARIO FIRST_MOVER SAMPLE_FIRST SAMPLE_SECOND SEAT_FIRST SEAT_SECOND RHO LEADING_SEAT"
    assert [getattr(seeding, name) for name in names.split()] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_keys_of_games_and_of_seats():
    games = np.array([0, 1, 999])
    keys = seeding.game_keys(5, games)
    assert keys.tolist() == [output(output(5, 0), game) for game in (0, 1, 999)]
    assert seeding.game_keys(np.array([5, 6, 5], dtype=np.uint64), games)[::2].tolist() == keys[::2].tolist()
    assert seeding.seat_seeds(keys).tolist() == [[output(int(key), stream) for key in keys] for stream in (5, 6)]


def test_bits_uniform_and_normal_draws():
    expected = [bits(key, 3, turn) for key, turn in zip(KEYS, TURNS, strict=True)]
    assert seeding.bits(KEYS, 3, TURNS).tolist() == expected
    assert seeding.unit(KEYS, 3, TURNS).tolist() == [(word >> 11) / 2**53 for word in expected]
    assert seeding.unit(KEYS, 3).tolist() == seeding.unit(KEYS, 3, 0).tolist()
    assert seeding.bits(KEYS, 3).tolist() == seeding.bits(KEYS, 3, 0).tolist()
    assert seeding.normal(KEYS, 3).tolist() == seeding.normal(KEYS, 3, 0).tolist()
    shares = [((output(word, 0) >> 11) / 2**53, (output(word, 1) >> 11) / 2**53) for word in expected]
    normals = [math.sqrt(-2 * math.log(1 - one)) * math.cos(2 * math.pi * two) for one, two in shares]
    np.testing.assert_allclose(seeding.normal(KEYS, 3, TURNS), normals, rtol=1e-12)


def test_draws_of_a_view_are_keyed_by_its_seed_and_turn():
    view = make_view([{"seed": 11, "turn": 3}, {"seed": 12, "turn": 4}])
    for stream in (0, 6):
        expected = [(bits(11, stream, 3) >> 11) / 2**53, (bits(12, stream, 4) >> 11) / 2**53]
        steady = [(bits(11, stream) >> 11) / 2**53, (bits(12, stream) >> 11) / 2**53]
        assert seeding.uniform(view, stream).tolist() == expected
        assert seeding.steady_uniform(view, stream).tolist() == steady
        assert seeding.gaussian(view, stream).tolist() == seeding.normal(view.game_seed, stream, view.turn).tolist()
    for draw in (seeding.uniform, seeding.steady_uniform, seeding.gaussian):
        assert draw(view).tolist() == draw(view, 0).tolist()


def test_a_permutation_orders_by_the_words_of_its_own_key():
    key = bits(output(output(5, 0), 2), 3)
    expected = sorted(range(10), key=lambda place: output(key, place))
    assert seeding.permutation(5, 2, 10, 3).tolist() == expected


def test_everything_is_dealt_once_before_anything_is_dealt_again():
    games = np.arange(12)
    dealt = seeding.shuffled(5, games, 4)
    assert dealt.dtype == np.int64
    for epoch in range(3):
        expected = seeding.permutation(5, epoch, 4, seeding.SCENARIO)
        assert dealt[4 * epoch : 4 * epoch + 4].tolist() == expected.tolist()
    seeds = np.where(games % 2, 5, 2**64 - 1).astype(np.uint64)
    assert seeding.shuffled(seeds, games, 4)[1::2].tolist() == dealt[1::2].tolist()
    assert seeding.shuffled(5, games[5:9], 4).tolist() == dealt[5:9].tolist()


@pytest.mark.parametrize("seed", [0, 7, 2**64 - 1, np.int64(7), np.uint64(2**64 - 1)])
def test_a_seed_is_a_whole_number_of_64_bits(seed):
    checked = seeding.check_seed(seed)
    assert checked == int(seed)
    assert type(checked) is int


@pytest.mark.parametrize("seed", [-1, 2**64, True, 1.0, "1", np.float64(1)])
def test_any_other_seed_is_refused(seed):
    with pytest.raises(ValueError, match="whole number from 0 to"):
        seeding.check_seed(seed)


def test_without_a_seed_the_system_gives_one():
    drawn = [seeding.check_seed(None) for _ in range(64)]
    assert len(set(drawn)) > 60
    assert 2**31 <= max(drawn) < 2**32
