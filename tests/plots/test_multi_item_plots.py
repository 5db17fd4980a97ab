"""Pictures of utility space show the data: every split, frontier, solutions, proposals; odd games too."""

from itertools import pairwise

import numpy as np
import pytest

from negotiation_env import multi_item_v0, play, rollout
from negotiation_env.chart import figure_pixels, save_figure
from negotiation_env.multi_item.paths import AGENT_COLOURS, proposal_path, turn_labels
from negotiation_env.multi_item.plots import (
    draw_game,
    finish_panels,
    headline,
    outcome_figure,
    panel_figure,
    utility_figure,
)
from negotiation_env.multi_item.space import SOLUTIONS, among
from negotiation_env.solutions import solve, split_utilities

pytest.importorskip("matplotlib")
from split_games import Always, Conceder, drawn, games, points_of

POOL, VALUES = [2, 1, 2], [[3.0, 4.0, 0.0], [3.0, 2.0, 1.0]]


MOVES = [
    (1, "agent_0", "offer", [2, 1, 0], None),
    (2, "agent_1", "offer", [2, 1, 2], None),
    (3, "agent_0", "offer", [2, 1, 0], None),
    (4, "agent_1", "offer", [1, 1, 2], None),
    (5, "agent_0", "offer", [1, 1, 0], None),
    (6, "agent_1", "accept", None, None),
]


DEAL = {"deal": True, "payoffs": {"agent_0": 7.0, "agent_1": 5.0}, "turns": 6, "ended_by": "deal"}


NO_DEAL = {"deal": False, "payoffs": {"agent_0": 0.0, "agent_1": 0.0}, "turns": 6, "ended_by": "deadline"}


def game(first=None, second=None, seed=0, **settings):
    players = {"agent_0": first or Conceder(), "agent_1": second or Conceder()}
    return play("multi_item", players, seed, **settings)


def panel(pool=POOL, values=VALUES, moves=MOVES, disagreement=(0.0, 0.0), outcome=DEAL, **more):
    figure = panel_figure(1, 1)
    draw_game(figure.axes[0], pool, values, moves, disagreement, outcome, **more)
    finish_panels(figure, 1)
    figure_pixels(figure)
    return figure.axes[0]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_every_split_is_a_dot_as_large_as_it_is_frequent():
    axes = panel()
    (dots,) = drawn(axes, "splits")
    utilities = split_utilities(POOL, VALUES)
    assert {tuple(point) for point in dots.get_offsets().tolist()} == {tuple(point) for point in utilities.tolist()}
    counts = [(utilities == point).all(axis=1).sum() for point in np.asarray(dots.get_offsets())]
    np.testing.assert_allclose(dots.get_sizes() / dots.get_sizes().min(), counts)


def test_a_worthless_item_makes_dots_twice_as_large():
    axes = panel([1, 1], [[1.0, 0.0], [2.0, 0.0]], [], outcome=None)
    (dots,) = drawn(axes, "splits")
    assert len(dots.get_offsets()) == 2
    assert dots.get_sizes().tolist() == pytest.approx([10.0, 10.0])


def test_the_frontier_is_a_staircase_through_its_points():
    (line,) = drawn(panel(), "frontier")
    assert line.get_drawstyle() == "steps-pre"
    assert line.get_xydata()[::-1].tolist() == solve(POOL, VALUES).pareto.tolist()
    assert (np.diff(line.get_xdata()) > 0).all()


@pytest.mark.parametrize("disagreement", [(0.0, 0.0), (2.0, 1.0), (50.0, 50.0), (-3.0, 4.0)])
@pytest.mark.parametrize("name", SOLUTIONS)
def test_solution_points_stand_where_they_are_solved(name, disagreement):
    axes = panel(disagreement=disagreement)
    solved = getattr(solve(POOL, VALUES, disagreement), name)
    assert points_of(axes, f"solution-{name}") == sorted(map(tuple, solved.tolist()))
    assert points_of(axes, "disagreement") == [disagreement]
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    assert (low < disagreement).all()
    assert (high > disagreement).all()


def test_solutions_that_coincide_have_marks_of_their_own_side_by_side():
    axes = panel([1, 1], [[3.0, 1.0], [1.0, 3.0]], [], outcome=None)
    marks = [artist for name in SOLUTIONS for artist in drawn(axes, f"solution-{name}")]
    assert [mark.get_xydata().tolist() for mark in marks] == [[[3, 3]]] * 4
    places = np.array([mark.get_transform().transform((3, 3)) for mark in marks])
    size = axes.get_figure().dpi / 72 * 3.5
    assert (np.diff(places, axis=0) > size).all()
    assert (places - axes.transData.transform((3, 3)) > size).all()
    assert len({(mark.get_marker(), mark.get_color()) for mark in marks}) == 4


def test_both_axes_are_treated_alike_and_have_a_tick_at_the_worth_of_the_pool():
    axes = panel()
    worth = np.array(VALUES) @ POOL
    for low_high, ticks, whole in zip(
        (axes.get_xlim(), axes.get_ylim()), (axes.get_xticks(), axes.get_yticks()), worth, strict=True
    ):
        assert ticks[-1] == whole
        assert ticks[0] == 0
        np.testing.assert_allclose(np.array(low_high) / whole, np.array(axes.get_xlim()) / worth[0])
    width, height = axes.get_window_extent().size
    assert width == pytest.approx(height)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Utility of agent_0", "Utility of agent_1")


def test_paths_hold_the_proposals_in_order_and_grow_darker():
    axes = panel()
    (first,), (second,) = drawn(axes, "path-agent_0"), drawn(axes, "path-agent_1")
    assert first.get_xydata().tolist() == [[10, 2], [10, 2], [7, 5]]
    assert second.get_xydata().tolist() == [[0, 10], [3, 7]]
    (dots,) = drawn(axes, "proposals-agent_0")
    assert (np.diff(dots.get_facecolors()[:, :3].sum(axis=1)) < 0).all()
    for agent in ("agent_0", "agent_1"):
        _, path = proposal_path(POOL, VALUES, MOVES, agent)
        assert drawn(axes, f"path-{agent}")[0].get_xydata().tolist() == path.tolist()


def test_proposals_carry_their_turns():
    axes = panel()
    written = {(text.xy, text.get_text()) for text in drawn(axes, "turns-agent_0")}
    assert written == {((10.0, 2.0), "1–3"), ((7.0, 5.0), "5")}  # noqa: RUF001  # a range
    assert {text.get_color() for text in drawn(axes, "turns-agent_0")} == {AGENT_COLOURS["agent_0"]}
    assert turn_labels([1, 3, 7], np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]])) == [
        ((1.0, 2.0), "1, 7"),
        ((3.0, 4.0), "3"),
    ]
    many = np.stack([np.arange(9.0), np.arange(9.0)], axis=1)
    assert turn_labels(range(1, 19, 2), many) == [((0.0, 0.0), "1"), ((8.0, 8.0), "17")]


def test_turn_labels_cover_neither_marks_nor_each_other():
    figure = utility_figure([game(seed=seed) for seed in range(3)])
    figure_pixels(figure)
    for axes in figure.axes:
        boxes = [t.get_window_extent() for agent in AGENT_COLOURS for t in drawn(axes, f"turns-{agent}")]
        corners = np.array([[box.x0, box.y0, box.x1, box.y1] for box in boxes])
        assert (corners[:, 0] > axes.get_window_extent().x0).all()
        marks = [m.get_transform().transform(m.get_xydata()) for n in SOLUTIONS for m in drawn(axes, f"solution-{n}")]
        for x, y in np.concatenate(marks):
            inside = (corners[:, :2] < (x, y)).all(axis=1) & (corners[:, 2:] > (x, y)).all(axis=1)
            assert not inside.any()
        assert not any(one.shrunk(0.7, 0.7).overlaps(two) for one in boxes for two in boxes if one is not two)


def test_the_agreement_is_a_star_at_the_payoffs():
    axes = panel(names={"agent_0": "linear", "agent_1": "micro"}, max_turns=20)
    assert points_of(axes, "agreement") == [(7, 5)]
    assert axes.get_title(loc="left") == "Deal on turn 6 of 20"
    assert legend(axes) == ["agent_0: linear (opens)", "agent_1: micro", "deal: 7 and 5, Pareto-optimal"]


def test_without_a_deal_there_is_no_star():
    axes = panel(moves=MOVES[:5], outcome=NO_DEAL)
    assert not drawn(axes, "agreement")
    assert legend(axes) == ["agent_0 (opens)", "agent_1", "no deal: 0 and 0"]


def test_a_dominated_deal_is_not_called_optimal():
    axes = panel(outcome={**DEAL, "payoffs": {"agent_0": 3.0, "agent_1": 2.0}})
    assert legend(axes)[-1] == "deal: 3 and 2"


@pytest.mark.parametrize(
    ("moves", "outcome", "title"),
    [
        (MOVES[:2], None, "Turn 2 of 20"),
        ([], None, "Turn 0 of 20"),
        (MOVES[:5], {**NO_DEAL, "turns": 20}, "No deal by the deadline, turn 20"),
        (
            [(1, "agent_1", "walk", None, "no")],
            {**NO_DEAL, "ended_by": "walk", "turns": 1},
            "No deal: agent_1 walked away on turn 1 of 20",
        ),
        (
            [(1, "agent_0", "fault", None, None)],
            {**NO_DEAL, "ended_by": "fault", "turns": 1, "payoffs": dict.fromkeys(("agent_0", "agent_1"), np.nan)},
            "No deal: agent_0 failed on turn 1 of 20",
        ),
    ],
)
def test_the_title_says_how_the_game_stands(moves, outcome, title):
    assert headline(moves, outcome, 20) == title
    axes = panel(moves=moves, outcome=outcome, max_turns=20)
    assert axes.get_title(loc="left").replace("\n", " ") == title


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "settings",
    [
        {"num_items": 1},
        {"num_items": 10, "scenario": "opposed", "opposition": 0.6},
        {"num_items": 10, "scenario": "opposed", "opposition": 1.0},
        {"scenario": "opposed", "opposition": 0.0},
        {"scenario": "bargaining", "max_turns": 1},
        {"first": Always(2)},
        {"first": Conceder(1.0), "second": Conceder(1.0), "max_turns": 300},
        {"disagreement": (30.0, 30.0)},
        {"disagreement": (-1.0, 0.5)},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_odd_games_keep_their_panels(settings):
    played = game(**settings)
    disagreement = settings.get("disagreement", (0.0, 0.0))
    long = {"agent_0": "x" * 70, "agent_1": "time_dependent:exponent=2.5,concession_cap=0.9,clock=(step+1)/(n+1)"}
    figure = utility_figure([played, played], [long, played.players], disagreement)
    figure_pixels(figure)
    values = list(played.values.values())
    for axes in figure.axes:
        box = axes.get_window_extent()
        assert box.width == pytest.approx(box.height)
        assert box.width > 100
        titles = axes.title.get_window_extent(), axes.get_legend().get_window_extent()
        assert all(0 < extent.y1 <= figure.bbox.height and extent.y0 >= box.y1 - 1 for extent in titles)
        shown = np.array(points_of(axes, "splits"))
        assert among(split_utilities(played.quantities, values), shown).all()
        assert bool(drawn(axes, "agreement")) == played.deal


def test_the_key_explains_all_marks_and_covers_no_panel():
    for count in (1, 2, 5):
        figure = utility_figure([game(seed=seed) for seed in range(count)])
        figure_pixels(figure)
        (key,) = figure.legends
        captions = {text.get_text() for text in key.get_texts()}
        assert {"Pareto frontier", "no deal", "deal"} | {caption for caption, *_ in SOLUTIONS.values()} < captions
        extent = key.get_window_extent()
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.width
        assert len(figure.axes) == count
        bottom = min(axes.xaxis.get_tightbbox().y0 for axes in figure.axes)
        assert 0 <= extent.y0 < extent.y1 <= bottom


def test_a_figure_shows_the_games_that_were_played(tmp_path):
    played = game(Conceder(0.2, "soft"), Conceder(0.4, "hard"), scenario="bargaining")
    figure = utility_figure(played)
    (axes,) = figure.axes
    assert played.deal
    assert points_of(axes, "agreement") == [tuple(played.payoffs.values())]
    assert [text.split(" (")[0] for text in legend(axes)[:2]] == ["agent_0: soft", "agent_1: hard"]
    for ending in ("png", "pdf", "svg"):
        one, two = (save_figure(utility_figure(played), tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
        assert one == two
    assert len(list(tmp_path.iterdir())) == 6


def test_episodes_of_a_rollout_know_their_disagreement_point():
    figure = utility_figure(games(2, disagreement=(0.2, 0.1)))
    assert [points_of(axes, "disagreement") for axes in figure.axes] == [[(0.2, 0.1)]] * 2


def test_no_game_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        utility_figure([])
    with pytest.raises(ValueError, match="at least one"):
        outcome_figure(games(3, Always(3)))
    with pytest.raises(ValueError, match="'price'"):
        outcome_figure(rollout("price", {"buyer_0": "linear", "seller_0": "linear"}, 1, 0))


def test_renders_of_a_game_are_of_one_size():
    env = multi_item_v0.parallel_env(render_mode="rgb_array", first_mover="agent_0")
    env.reset(seed=0)
    pictures = [env.render()]
    for action in (5, 16):
        env.step(dict.fromkeys(env.agents, action))
        pictures.append(env.render())
    assert not env.agents
    assert {picture.shape for picture in pictures} == {pictures[0].shape}
    assert all(not np.array_equal(one, two) for one, two in pairwise(pictures))
