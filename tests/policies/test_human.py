"""A person who bargains over a price: what is shown, what can be typed, and what is asked back."""

import re
from dataclasses import replace

import price_table
import pytest
from negotiation_policies.human.multi_item import SplitPoint
from negotiation_policies.human.plain_text import plain_text
from negotiation_policies.human.price import HumanPrice, PricePoint
from negotiation_policies.human.terminal import LONGEST
from typist import BUYER, Typist, buying, splitting

from negotiation_env.policy import ACCEPT, OFFER, WALK

# Moves of the price domain ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("450", 450.0),
        ("  450.5 ", 450.5),
        ("offer 450", 450.0),
        ("OFFER $700", 700.0),
        ("I offer 450.25", 450.25),
        ("450.250", 450.25),
        ("\x1b[C450\x1b[D", 450.0),
        ("How about 450?", 450.0),
        ("I can offer 450, no more", 450.0),
    ],
)
def test_offers_are_read(typed, price):
    decision, _ = buying(typed)
    assert decision.kind.tolist() == [OFFER]
    assert decision.price.tolist() == [price]
    assert decision.message is None


@pytest.mark.parametrize("typed", ["accept", "a", "A", "deal", "Deal!", "accept it", "I accept your offer."])
def test_acceptances_are_read(typed):
    decision, typist = buying(typed)
    assert decision.kind.tolist() == [ACCEPT]
    assert "You accept 800.00" in typist.screen


@pytest.mark.parametrize("typed", ["walk", "w", "walk away", "quit", "q", "Quit game", "exit", "I'm leaving."])
def test_walking_away_is_read(typed):
    decision, typist = buying(typed)
    assert decision.kind.tolist() == [WALK]
    assert "You walk away" in typist.screen


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("50", "A price must be from 200.00 to 1,500.00."),
        ("1,500.01", "A price must be from 200.00 to 1,500.00."),
        ("9" * 400, "A price must be from 200.00 to 1,500.00."),
        ("450.555", "450.555 is no price of this game. Offer 450.56 instead."),
        ("1.200", "A price must be from"),
        ("450 or 500", "('help' lists what can be typed.)"),
        ("cheaper!", "The reply states no move."),
        ("I can pay 450 if you throw in a bag", "An offer cannot carry a condition."),
        ("", "Type a move, such as '850', or 'help'."),
        ("\x1b[A", "Type a move, such as '850', or 'help'."),
    ],
)
def test_what_cannot_be_played_is_explained_and_asked_again(typed, shown):
    decision, typist = buying(typed, "700")
    assert decision.price.tolist() == [700.0]
    assert shown in typist.screen
    assert len(typist.prompts) == 2


def test_nothing_can_be_accepted_before_there_is_an_offer():
    decision, typist = buying("accept", "450", opponent=(), turn=1)
    assert decision.price.tolist() == [450.0]
    assert "There is nothing to accept yet. Make an offer." in typist.screen
    assert "Nothing is on the table yet." in typist.screen
    assert typist.prompts == ["offer, walk or help > "] * 2


def test_prices_are_those_of_the_game():
    view = replace(price_table.make_view([BUYER]), tick=0.5, price_points=14)  # 200, 300, ..., 1500
    typist = Typist("450", "400")
    assert HumanPrice(typist.open).decide(view).price.tolist() == [400.0]
    assert "450.00 is no price of this game. Offer 400.00 instead." in typist.screen


@pytest.mark.parametrize(
    ("lines", "kind", "price"),
    [
        (("850", "y"), ACCEPT, None),
        (("800", "y"), ACCEPT, None),
        (("850", "n", "y"), OFFER, 850.0),
        (("850", "n", "n", "750"), OFFER, 750.0),
        (("850", "what", "", "YES"), ACCEPT, None),
        (("I can offer 850, no more", "y"), ACCEPT, None),
    ],
)
def test_an_offer_no_better_than_the_one_on_the_table_is_asked_about(lines, kind, price):
    decision, typist = buying(*lines)
    assert decision.kind.tolist() == [kind]
    assert "no better for you than 800.00, which is on the table. Accept that instead? [y/n] " in typist.prompts[1]
    if price is not None:
        assert decision.price.tolist() == [price]


@pytest.mark.parametrize(
    ("lines", "row", "kind"),
    [
        (("accept", "n", "650"), {"limit": 700.0}, OFFER),
        (("accept", "y"), {"limit": 700.0}, ACCEPT),
        (("750", "n", "650"), {"limit": 700.0}, OFFER),
        (("750", "y"), {"limit": 700.0}, OFFER),
        (("350", "y"), {"role": 1, "limit": 400.0, "opponent": (300.0,)}, OFFER),
        (("850", "y", "y"), {"limit": 700.0}, ACCEPT),
        (("700",), {"limit": 700.0}, OFFER),
    ],
)
def test_what_is_beyond_the_own_limit_is_confirmed(lines, row, kind):
    decision, typist = buying(*lines, **row)
    assert decision.kind.tolist() == [kind]
    if len(lines) > 1:
        assert "beyond your limit: the deal would cost you" in " ".join(typist.prompts)
    if lines[-1] == "650":
        assert decision.price.tolist() == [650.0]


# What is shown ------------------------------------------------------------------------------------------------


def test_the_screen_shows_what_a_buyer_must_know():
    row = {"opponent": (820.0, 800.0), "own": (300.0,), "turn": 4}
    _, typist = buying("walk", **row)
    for text in ("turn 4 of 20", "You are the buyer and pay at most 900.00.", "Prices go from 200.00 to 1,500.00."):
        assert text in typist.screen
    assert "On the table: 800.00. Accepting would earn you 100.00." in typist.screen
    moves = [line.split() for line in typist.screen.splitlines() if re.match(r" +\d", line)]
    assert moves == [
        ["1", "seller", "820.00", "80.00"],
        ["2", "you", "300.00", "600.00"],
        ["3", "seller", "800.00", "100.00"],
    ]
    assert typist.prompts == ["offer, accept, walk or help > "]


def test_the_other_limit_is_shown_only_where_it_is_known():
    assert "takes at least" not in buying("walk")[1].screen
    assert "The seller takes at least 512.34." in buying("walk", opponent_limit=512.34)[1].screen
    seller = buying("walk", role=1, limit=400.0, opponent_limit=1000.0)[1].screen
    assert "You are the seller and take at least 400.00. The buyer pays at most 1,000.00." in seller


def test_a_loss_and_the_deadline_are_pointed_out():
    _, typist = buying("walk", limit=700.0, turn=20)
    assert "Accepting would cost you 100.00 (beyond your limit)." in typist.screen
    assert "an offer can no longer be answered" in typist.screen
    assert "this is your last offer" in buying("walk", turn=19)[1].screen
    assert "deadline" not in buying("walk", turn=18)[1].screen


@pytest.mark.parametrize("typed", ["help", "?", "H"])
def test_help_is_shown_and_true(typed):
    _, typist = buying(typed, "walk")
    assert "walk away: the game ends without a deal" in typist.screen


@pytest.mark.parametrize(
    ("decide", "text", "row"),
    [(buying, PricePoint.help, {}), (splitting, SplitPoint.help, {"pool": (1, 1, 2), "opponent": ((0, 0, 0),)})],
)
def test_what_the_help_says_can_be_typed(decide, text, row):
    for line in text.splitlines():
        commands, what = re.split(r"  +", line, maxsplit=1)
        for example in [what.partition("such as: ")[2]] if "such as: " in what else commands.split(", "):
            if example not in ("Ctrl-C", "help", "?"):
                decision, typist = decide(example, **row)
                assert decision.kind[0] in (OFFER, ACCEPT, WALK)
                assert len(typist.prompts) == 1


def test_words_of_the_other_side_cannot_act_on_the_terminal():
    colours, title = "\x1b[31mHi\x1b[0m [bold]there[/bold] :smile:", "\x1b]0;owned\x07"
    hostile = f"{colours}{title} \u202ereversed\r\nline\ttwo \x9b2J\x1b(0\x00\ud800"
    decision, typist = buying("750", "thanks", chat=[(1, "seller_0", hostile)])
    assert "Last message from the seller: Hi [bold]there[/bold] :smile: reversed line two\n" in typist.screen
    assert not set(typist.screen) & set("\x1b\x9b\x07\x00\r\u202e\ud800")
    assert decision.message == ["thanks"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("\x1bPq#0;2\x1b\\sixel", "sixel"),
        ("never \x1b]0;ended", "never ]0;ended"),
        ("\x1b\x1b[31mx", "x"),
        ("\x9d0;title\x9cx\x90y\x07z", "xz"),
        ("caf\u00e9 \u4f60\u597d \u20ac5", "caf\u00e9 \u4f60\u597d \u20ac5"),
        ("zero\u200bwidth \u2066iso\u2069", "zerowidth iso"),
        ("", ""),
    ],
)
def test_plain_text(text, words):
    assert plain_text(text) == words


def test_plain_text_is_quick_on_anything():
    for piece in ("\x1b]", "\x1b[", "\x9d;", "\x1b[0;", "\x1bP\x1b"):
        assert len(plain_text(piece * 50_000)) < 150_001


def test_long_messages_are_cut_and_folded():
    long = "word " * 5000
    _, typist = buying("walk", "", chat=[(1, "seller_0", long)])
    assert typist.screen.count("word") < LONGEST / 4
    assert "(...)" in typist.screen
    assert max(map(len, typist.screen.splitlines())) <= 100


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_is_served(encoding):
    typist = Typist("walk", "", encoding=encoding)
    buying(typist=typist, chat=[(1, "seller_0", "\u4f60\u597d, 5 \u20ac")])
    assert "Last message from the seller: ??, 5 ?" in typist.screen


# Chat -----------------------------------------------------------------------------------------------------------


def test_a_bare_command_is_followed_by_an_optional_message():
    for said, message in (("hello\x1b[1m there", "hello there"), ("", None), ("  ", None)):
        decision, typist = buying("700", said, chat=[])
        assert decision.message == [message]
        assert typist.prompts[-1] == "message to the seller (Enter for none) > "
    assert buying("accept", "Thank you", chat=[])[0].message == ["Thank you"]


def test_a_sentence_is_its_own_message():
    decision, typist = buying("I can offer 450, no more", chat=[])
    assert decision.message == ["I can offer 450, no more"]
    assert len(typist.prompts) == 1


def test_words_are_not_kept_where_they_do_not_belong():
    decision, typist = buying("I can offer 450, no more")
    assert decision.message is None
    assert "You offer 450.00; there is no chat in this game, so your words are not sent." in typist.screen
    decision, _ = buying("I can offer 850, no more", "y", "", chat=[])
    assert decision.kind.tolist() == [ACCEPT]
    assert decision.message == [None]


def test_the_moves_show_what_was_said():
    chat = [(1, "seller_0", "Fine bike."), (2, "buyer_0", "Too much."), (3, "seller_0", "Never!")]
    _, typist = buying("walk", "", chat=chat, opponent=(820.0, 800.0), own=(300.0,), turn=4)
    assert re.search(r"2 +you +300.00 +600.00 +Too much\.", typist.screen)
    assert "Last message from the seller: Never!" in typist.screen
