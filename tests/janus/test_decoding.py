"""Decoding: only legal answers, the same whether or not games were read before, in any order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from negotiation_janus.decoding import ACCEPTED, Decoder, legal_digits, middle_digits
from tiny import TEXT, new_base, scrambled

from negotiation_env import rollout


@pytest.fixture(scope="module")
def model():
    return scrambled(new_base())


@pytest.fixture(scope="module")
def turns():
    """The buyer's views of its first turns in 12 games, of which half began with the seller."""
    players = {"buyer_0": "linear", "seller_0": "boulware"}
    played = rollout("price", players, 12, seed=1, scenario="varied", max_turns=12, first_mover="random")
    rows = np.flatnonzero(played.decisions["seat"] == 0)
    order = np.zeros(len(rows), dtype=np.int64)
    episode = played.decisions["episode"][rows]
    for game in np.unique(episode):
        order[episode == game] = np.arange((episode == game).sum())
    return [played.views(rows[order == turn]) for turn in range(4)]


@pytest.mark.parametrize(("low", "high"), [(0, 999), (347, 352), (99, 100), (500, 500), (0, 7)])
def test_any_path_of_legal_digits_spells_a_number_in_the_range_and_each_has_one(low, high):
    spelled = [0]
    for left in (3, 2, 1):
        bounds = np.full(len(spelled), low), np.full(len(spelled), high)
        legal = legal_digits(np.array(spelled), left, *bounds)
        spelled = [
            number * 10 + digit for number, row in zip(spelled, legal, strict=True) for digit in np.flatnonzero(row)
        ]
    assert spelled == list(range(low, high + 1))


@pytest.mark.parametrize("legal", [np.arange(10) > -1, np.arange(10) % 3 == 1, np.arange(10) == 7])
def test_digits_in_the_middle_are_legal_and_leave_the_rest_of_the_share(legal):
    """By hand: with even chances, the share lies in the digit of that number, as far in as is left of it."""
    shares = np.array([0.0, 1e-12, 0.31, 0.5, 0.999999, 1.0])
    rows = np.tile(legal, (len(shares), 1))
    digits, rest = middle_digits(np.zeros((len(shares), 10)), rows, shares)
    allowed = np.flatnonzero(legal)
    places = np.minimum((shares * len(allowed) - 1e-9).clip(0).astype(int), len(allowed) - 1)
    assert digits.tolist() == allowed[places].tolist()
    np.testing.assert_allclose(rest, shares * len(allowed) - places, atol=1e-9)


def test_a_digit_whose_chance_is_all_but_nothing_does_no_harm():
    scores = np.full((2, 10), -1e4)
    scores[:, 6] = 1e4
    legal = np.ones((2, 10), dtype=bool)
    digits, rest = middle_digits(scores, legal, np.array([0.5, 0.0]))
    assert digits.tolist() == [6, 0]
    assert rest.tolist() == [0.5, 0.0]


def anything(size):
    """The bounds of offers that may be any, with nothing to accept, at one command."""
    return np.zeros(size, int), np.full(size, 999), np.zeros(size, bool), np.full(size, 0.5)


def one_by_one(model, view, low, high, can_accept, rhos):
    """The same without any cache, by definition: the middle of all numbers, each with the product of its digits."""
    packed = TEXT.pack(view)
    for row in range(len(view)):
        tokens = packed.tokens[row, : packed.lengths[row]].tolist()
        chances = np.ones(1)
        for left in (3, 2, 1):
            prefixes = [
                [*tokens, *TEXT.answers[[int(digit) for digit in f"{number:0{3 - left}d}"]]]
                for number in range(len(chances))
            ]
            prefixes = prefixes if left < 3 else [tokens]
            with torch.no_grad(), model.rho_context(rhos[row]):
                scores = model(input_ids=torch.tensor(np.array(prefixes))).logits[:, -1, torch.as_tensor(TEXT.answers)]
            numbers = np.arange(len(chances))
            bounds = (np.full(len(chances), end[row]) for end in (low, high))
            weights = scores[:, :10].double().softmax(dim=1).numpy() * legal_digits(numbers, left, *bounds)
            if left == 3:
                accepts = can_accept[row] and scores[0, 10] > scores[0, :10][torch.as_tensor(weights[0] > 0)].max()
            whole = weights.sum(axis=1, keepdims=True)
            chances = (
                chances[:, None] * np.divide(weights, whole, where=whole > 0, out=np.zeros_like(weights))
            ).ravel()
        yield ACCEPTED if accepts else int((np.cumsum(chances) < 0.5).sum())


@pytest.mark.parametrize("rhos", [[0.2], [1.0], [0.0, 0.3, 0.8, 1.0]])
def test_answers_are_those_of_reading_everything_again(model, turns, rhos):
    decoder = Decoder(model, TEXT)
    generator = np.random.default_rng(0)
    seen = set()
    for view in turns:
        rows = generator.permutation(len(view))[: max(len(view) - 1, 1)]
        part = view.take(rows)
        low, high = generator.integers(0, 500, len(rows)), generator.integers(500, 1000, len(rows))
        can_accept = ~np.isnan(part.standing_offer)
        rho = np.array(rhos)[part.game % len(rhos)]
        expected = list(one_by_one(model, part, low, high, can_accept, rho))
        found = decoder.answers(TEXT.pack(part), low, high, can_accept, rho)
        assert found.tolist() == expected
        seen.update(expected)
    assert len(seen) > 3


def test_games_that_differ_in_their_command_alone_are_not_taken_for_each_other(model, turns):
    """Each game stands there twice, with two commands that change places from one turn to the next."""
    decoder, rows = Decoder(model, TEXT), np.repeat(np.arange(4), 2)
    low, high, never, _ = anything(8)
    rho = np.tile([0.0, 1.0], 4)
    decoder.answers(TEXT.pack(turns[0].take(rows)), low, high, never, rho)
    view = turns[1].take(rows)
    found = decoder.answers(TEXT.pack(view), low, high, never, rho[::-1].copy())
    assert found.tolist() == list(one_by_one(model, view, low, high, never, rho[::-1]))
    assert (found[::2] != found[1::2]).any()


def test_games_whose_turns_alternate_are_not_read_again(model, turns, monkeypatch):
    """Half of the games moves in every other call, as where some of them were opened by the other side."""
    decoder, lengths = Decoder(model, TEXT), []
    step = decoder._step
    monkeypatch.setattr(decoder, "_step", lambda tokens, cache: lengths.append(tokens.shape[1]) or step(tokens, cache))
    for view in turns[:3]:
        for half in (0, 1):
            part = view.take(np.flatnonzero(view.game % 2 == half))
            rho = np.linspace(0.0, 1.0, 12)[part.game]
            low, high, never, _ = anything(len(part))
            lengths.clear()
            found = decoder.answers(TEXT.pack(part), low, high, never, rho)
            assert found.tolist() == list(one_by_one(model, part, low, high, never, rho))
        assert view is turns[0] or max(lengths) <= 7
    for _ in range(3):
        decoder.answers(TEXT.pack(turns[0].take(np.arange(1))), *anything(1))
    assert sum(len(read.tokens) for read in decoder._known) <= 2, "games that do not come again are dropped"


def test_only_what_is_new_is_read(model, turns, monkeypatch):
    decoder, lengths = Decoder(model, TEXT), []
    step = decoder._step
    monkeypatch.setattr(decoder, "_step", lambda tokens, cache: lengths.append(tokens.shape[1]) or step(tokens, cache))
    for view in turns[:3]:
        decoder.answers(TEXT.pack(view), *anything(len(view)))
    assert max(lengths[-3:]) <= 7
    decoder.reset()
    lengths.clear()
    view = turns[2]
    decoder.answers(TEXT.pack(view), *anything(len(view)))
    assert max(lengths) > 15
