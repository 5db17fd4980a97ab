"""The calibration map: what is told so that the wanted rho comes out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from negotiation_janus.calibration import Calibration, fit_calibration, load_calibration, save_calibration

from negotiation_env import make_policy

SHOWN = np.zeros(4, dtype=bool)
MAP = Calibration({"known": [0.0, 0.5, 1.0]}, {"known": [0.1, 0.3, 0.9]})


def test_the_map_runs_backwards_and_leaves_an_impasse_and_other_games_alone():
    wanted = np.array([-1.0, 0.1, 0.2, 0.95])
    assert MAP(wanted, SHOWN) == pytest.approx([-1.0, 0.0, 0.25, 1.0])
    assert MAP(wanted, ~SHOWN).tolist() == wanted.tolist()


def test_a_policy_that_aims_at_another_rho_is_set_right():
    """It aims at the square of what it is told, so it must be told the root."""
    found = fit_calibration(
        lambda rho: make_policy("teacher", rho=rho**2, settle="strict"),
        information=["known"],
        opponents=["linear", "conceder"],
        num_episodes=10,
        scenario="varied",
    )
    assert found(np.array([0.25, 0.49, 0.81]), np.zeros(3, dtype=bool)) == pytest.approx([0.5, 0.7, 0.9], abs=0.02)


def test_an_opponent_that_never_gives_in_has_no_say():
    with pytest.raises(ValueError, match="achievable"):
        fit_calibration(
            lambda rho: make_policy("hold_rho", rho=rho), information=["known"], opponents=["hardliner"],
            num_episodes=4, scenario="varied",
        )  # fmt: skip


def test_a_map_is_of_the_weights_that_it_was_fitted_for(tmp_path):
    assert load_calibration(tmp_path, "abc") is None
    path = save_calibration(MAP, tmp_path, "abc")
    assert load_calibration(tmp_path, "abc") == MAP
    with pytest.raises(ValueError, match="other adapters"):
        load_calibration(tmp_path, "abd")
    path.write_text(json.dumps({"told": {}}), encoding="utf-8")
    with pytest.raises(ValueError, match="no calibration map"):
        load_calibration(tmp_path, "abc")
