"""What a game looks like to Janus, token by token."""

from __future__ import annotations

import numpy as np
import pytest
from negotiation_janus.prompts import PriceText
from tiny import TEXT, Letters

from negotiation_env import rollout

OPTIONS = {"buyer_max": 850.0, "seller_min": 330.0}


class Pairs(Letters):
    def __call__(self, text, add_special_tokens=True):
        return {"input_ids": [0, *(ord(letter) for letter in text)]}


def games(first_mover="buyer", information="known", num_episodes=1, **settings):
    players = {"buyer_0": "linear", "seller_0": "boulware"}
    return rollout(
        "price", players, num_episodes, seed=0, first_mover=first_mover, information=information,
        max_turns=8, price_range=(200.0, 1199.0), **settings,
    )  # fmt: skip


def views(played, seat):
    """The decision points of a seat, in order."""
    rows = np.flatnonzero(played.decisions["seat"] == seat)
    return played.views(rows), played.decisions["price"][rows], played.decisions["kind"][rows]


def read(packed):
    """Rows of tokens as text, ``^`` for the start."""
    return [
        "".join("^" if token == 1 else chr(token) for token in row[:length])
        for row, length in zip(packed.tokens, packed.lengths, strict=True)
    ]


@pytest.mark.parametrize("first_mover", ["buyer", "seller"])
@pytest.mark.parametrize("seat", [0, 1])
def test_a_transcript_reads_as_the_game_went(first_mover, seat):
    played = games(first_mover, options=OPTIONS)
    view, _, _ = views(played, seat)
    found = read(TEXT.pack(view))
    offers = played.decisions["price"]
    expected, left = "^" + "BS"[seat] + "130650", 3
    own = iter(found)
    for price, kind, mover in zip(offers, played.decisions["kind"], played.decisions["seat"], strict=True):
        if mover == seat:
            expected += "abcd"[left]
            assert next(own) == expected
            left -= 1
        if kind == 0:
            expected += f"{round(price - 200):03d}"
    assert next(own, None) is None


def test_decisions_point_at_the_letters_before_them():
    view, price, _ = views(games(options=OPTIONS), 1)
    packed = TEXT.pack(view)
    last = len(view) - 1
    letters = packed.tokens[last, packed.decisions[last][packed.decisions[last] >= 0]]
    assert "".join(map(chr, letters)) == "dcba"[: len(view)]
    made = TEXT.grid(price[:last], view.take(np.arange(last)))
    for place, spelled in zip(packed.decisions[last], TEXT.spelled(made), strict=False):
        assert packed.tokens[last, place + 1 : place + 4].tolist() == spelled.tolist()


@pytest.mark.parametrize("first_mover", ["buyer", "seller", "random"])
def test_what_was_decided_later_leaves_what_was_read_before(first_mover):
    played = games(first_mover, num_episodes=40, scenario="varied")
    for seat in (0, 1):
        rows = np.flatnonzero(played.decisions["seat"] == seat)
        found = read(TEXT.pack(played.views(rows)))
        episode = played.decisions["episode"][rows]
        for before, after, is_same in zip(found, found[1:], episode[1:] == episode[:-1], strict=False):
            assert after.startswith(before) == is_same


def test_a_hidden_limit_is_question_marks():
    view, _, _ = views(games(options=OPTIONS), 0)
    hidden, _, _ = views(games(options=OPTIONS, information="private"), 0)
    assert read(TEXT.pack(view, hide=True)) == read(TEXT.pack(hidden))
    assert read(TEXT.pack(hidden))[0] == "^B???650d"


def test_rho_is_in_the_text_only_if_asked():
    told = PriceText(Letters(), tells_rho=True)
    view, _, _ = views(games(options=OPTIONS), 0)
    rho = np.resize([0.0, 0.5, 1.0, -1.0], len(view))
    heads = [line[8:11] for line in read(told.pack(view, rho))]
    assert heads == np.resize(["000", "500", "999", "???"], len(view)).tolist()
    with pytest.raises(ValueError, match="rho"):
        told.pack(view)


@pytest.mark.parametrize("k_history", [1, 2])
def test_history_is_cut_at_whole_segments(k_history):
    view, _, _ = views(games("seller", options=OPTIONS), 0)
    whole, cut = read(TEXT.pack(view)), read(TEXT.pack(view, k_history=k_history))
    for row, (long, short) in enumerate(zip(whole, cut, strict=True)):
        segments = min(k_history, row + 1)
        assert short == long[:8] + long[8:][-(segments * 7 - 3) :]


def test_prices_survive_the_grid_to_half_a_step():
    view, price, kind = views(games(num_episodes=30, scenario="varied"), 1)
    view, price = view.take(np.flatnonzero(kind == 0)), price[kind == 0]
    assert np.abs(TEXT.price(TEXT.grid(price, view), view) - price).max() <= 0.5 + 1e-9
    assert TEXT.grid(np.full(len(view), np.nan), view).tolist() == [-1] * len(view)


def test_four_digits_are_a_finer_grid():
    view, _, _ = views(games(options=OPTIONS), 0)
    assert read(PriceText(Letters(), digits=4).pack(view))[0] == "^B13016506d"


def test_a_tokenizer_without_single_digits_is_refused():
    with pytest.raises(ValueError, match="writes '0' with 2 tokens"):
        PriceText(Pairs())
