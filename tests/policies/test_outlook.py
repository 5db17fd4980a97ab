"""What an opponent's offers promise, worked out by hand, in one batch: each row by its own offers alone."""

import numpy as np
from negotiation_policies.outlook import Outlook, waits
from price_table import BUYER, make_view

NONE = -np.inf
# offers; gains of the last, of the best and of the next one; whether it never moved
ROWS = [
    ({"opponent": (410.0, 430.0, 440.0)}, (40.0, 40.0, 45.0), False),  # the last step was half the one before
    ({"opponent": (800.0, 790.0, 780.0), "role": BUYER, "limit": 900.0}, (120.0, 120.0, 130.0), False),
    ({"opponent": ()}, (NONE, NONE, NONE), True),
    ({"opponent": (500.0,)}, (100.0, 100.0, 100.0), True),
    ({"opponent": (450.0, 440.0)}, (40.0, 50.0, 40.0), False),  # it takes something back
    ({"opponent": (450.0, 450.0)}, (50.0, 50.0, 50.0), True),
    ({"opponent": (450.0, 450.0, 470.0)}, (70.0, 70.0, 90.0), False),
    ({"opponent": (300.0, 310.0)}, (-90.0, -90.0, -80.0), False),
]


def test_the_outlook_is_the_last_step_times_its_growth():
    view = make_view([{"turn": 8, **row} for row, *_ in ROWS])
    found = Outlook.of(view)
    np.testing.assert_allclose(np.stack([found.last, found.best, found.next], axis=1), [row[1] for row in ROWS])
    assert found.never_moved.tolist() == [row[2] for row in ROWS]


def test_waiting_ends_once_the_first_offers_stood_still_or_came_back():
    view = make_view([{"turn": 8, **row} for row, *_ in ROWS])
    assert waits(view, 0).tolist() == [False] * 8
    assert waits(view, 2).tolist() == [False, False, False, False, True, True, True, False]
    assert waits(view, 3).tolist() == [False] * 8  # the seventh has moved by its third offer
    edge = make_view([{"turn": 8, "opponent": (450.0, 450.65)}, {"turn": 8, "opponent": (450.0, 450.66)}])
    assert waits(edge, 2).tolist() == [True, False]  # a 2,000th of the range is 0.65
    assert waits(make_view([{"turn": 8, "opponent": (450.0, 450.0)}], columns=20), 21).tolist() == [False]
