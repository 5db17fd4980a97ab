"""Decoding: only legal answers, the same whether or not games were read before, in any order."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from negotiation_janus.decoding import ACCEPTED, Decoder, legal_digits
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


def anything(size):
    """The bounds of offers that may be any, with nothing to accept, at one command."""
    return np.zeros(size, int), np.full(size, 999), np.zeros(size, bool), np.full(size, 0.5)


def one_by_one(model, view, low, high, can_accept, rhos):
    """The same without any cache: the whole text is read again for each token."""
    packed = TEXT.pack(view)
    for row in range(len(view)):
        tokens, number = packed.tokens[row, : packed.lengths[row]].tolist(), 0
        for left in (3, 2, 1):
            with torch.no_grad(), model.rho_context(rhos[row]):
                scores = model(input_ids=torch.tensor([tokens])).logits[0, -1, torch.as_tensor(TEXT.answers)].numpy()
            legal = legal_digits(np.array([number]), left, low[row : row + 1], high[row : row + 1])[0]
            allowed = np.append(legal, can_accept[row] and left == 3)
            chosen = int(np.where(allowed, scores, -np.inf).argmax())
            if chosen == 10:
                number = ACCEPTED
                break
            number = number * 10 + chosen
            tokens.append(int(TEXT.answers[chosen]))
        yield number


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
