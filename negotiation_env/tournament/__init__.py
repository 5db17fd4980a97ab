"""Tournaments: every ordered pair of policies, both roles, both first movers, on the same games.

`play_tournament` plays one into a folder, `load_results` reads the folder back as typed tables. A **cell** is an
ordered pair: one policy in seat 0 (the buyer, or agent_0), one in seat 1 (the seller, or agent_1); a policy also meets
itself. A cell plays ``num_episodes`` games, an even number: half as many **draws** of the private facts, each played
twice, once with each side moving first. Draw ``d`` is the same in every cell (same limits or values, same seeds of the
seats), so differences between cells, policies, roles and first movers are paired, and intervals resample draws.

The result folder
-----------------

Equal settings give equal bytes for any engine, number of workers and interruption, but for ``timings.parquet``.
``_0`` and ``_1`` name the seats, which `settings.json` calls by their ``sides``.

``settings.json``: what determines the results. ``version``, ``domain``, ``sides`` (the names of both seats), ``game``
(the domain's settings), ``seed``, ``num_episodes`` (games a cell), ``keep_episodes`` (games a cell that are kept move
by move), ``policies`` (in order: ``policy``, the unique name used in all tables; ``strategy``; ``params``).

``outcomes.parquet``: one row a game, cells in order. ``policy_0``, ``policy_1`` (Enum), ``first_mover`` (Enum of the
sides), ``draw`` (Int32),
Bool: ``possible`` (a deal in both limits was), ``deal``, ``fault`` (a player failed; every measure is null then),
``violation_0``, ``violation_1`` (a deal past the own limit). Float64: ``share_0``, ``share_1`` (of the surplus, 0
without a deal, null where there is none to share; multi_item: gain over the own worth of the pool), ``payoff_0``,
``payoff_1`` (currency units or utility), price: ``rho`` (of deals inside both limits, else null), ``surplus`` (the
buyer's limit less the seller's). Int32: ``turns``, ``illegal_0``, ``illegal_1`` (unusable replies). multi_item adds
Float64 ``welfare``, ``efficiency``, ``nash_distance``, ``kalai_smorodinsky_distance``, ``egalitarian_distance`` and
Bool ``pareto_optimal``, ``envy_free``.

``cells.parquet``: three rows an ordered pair, ``first_mover`` = ``both`` and each side. ``policy_0``, ``policy_1``,
``first_mover``, ``run_id`` (null for ``both``), ``failed`` (Bool; every measure is null then), ``num_episodes``
(without faults), ``faults``, and each measure M as ``M``, ``M_low``, ``M_high`` (Float64, 95 %): ``deal_rate``,
``deal_rate_possible`` (of the games where a deal was possible), ``deal_rate_impossible``, ``share_0``, ``share_1``,
``payoff_0``, ``payoff_1``, ``rho`` (price), ``turns``, ``violation_rate_0``, ``violation_rate_1``,
``illegal_replies_0``, ``illegal_replies_1`` (a game), multi_item also ``welfare``, ``efficiency``, ``pareto_rate``,
``nash_distance``, ``kalai_smorodinsky_distance``, ``egalitarian_distance``, ``envy_free_rate``. Null: nothing to
average.

``policies.parquet``: nine rows a policy, ``role`` (``both`` and each side) by ``moves`` (``both``, ``first``,
``second``), over all opponents, itself among them (its games against itself are averaged over both of its seats, and
``num_episodes`` counts them once). ``policy``, ``role``, ``moves``, ``failed_cells``,
``num_episodes``, ``faults``, and the measures of ``cells.parquet`` as seen by the policy: own ones without a suffix
(``share``, ``payoff``, ``violation_rate``, ``illegal_replies``), the other's as ``opponent_share`` and so on.

``comparisons.parquet``: one row for two policies. ``policy``, ``other``, ``difference`` (of mean shares against the
same opponents in the same draws), ``difference_low``, ``difference_high``, ``t`` and ``p_value`` (paired t test over
draws), ``p_holm`` (Holm's correction over all rows), ``cells`` (how many of each are compared), ``draws``.

``ranking.json``: Bradley-Terry. ``policies``: by falling strength, ``rank``, ``policy``, ``strength`` (log odds,
their mean is 0), ``strength_low``, ``strength_high`` (null for a policy without a game against another), ``win_rate``
(a win is the larger share of the surplus, half a win shares within .01, or no deal), ``share`` (mean, for comparison).
``effects``: ``seat_0`` and ``first_mover``, each ``log_odds``, ``low``, ``high``, ``p_value``: what it adds to the log
odds of winning to sit in seat 0, to move first.

``meta_game.json``: choosing a policy as a game; payoffs are mean shares. ``policies`` (those without a failed cell),
``left_out``, ``payoffs`` (n x n: of the row's policy against the column's, over both roles), ``equilibrium`` (a
symmetric Nash equilibrium: ``weights``, ``value``, ``regret``), ``roles`` (seat 0 chooses a row, seat 1 a column:
``payoffs_0``, ``payoffs_1``, n x n; ``equilibrium``: ``weights_0``, ``weights_1``, ``value_0``, ``value_1``,
``regret``), ``exploitability`` (by policy: how much more than it earns against itself the best answer to it earns),
``best_responses`` (by policy), ``replicator`` (``times``, ``weights``: one row a time, from all policies alike).

``games/``: the kept games with moves and messages, as ``episodes.parquet`` and ``decision_steps.parquet`` of
`negotiation_env.records` (see ``negotiation_env.records.reading``); the ``trajectory_id`` is the
``run_id`` of the cell and first mover, ``-`` and the draw.

``failures.json``: a list of the cells that failed: ``policy_0``, ``policy_1``, ``first_mover``, ``type``,
``message``, ``traceback``. Empty if all went well.

``timings.parquet``: measured, so it differs from run to run. ``policy_0``, ``policy_1``, ``seconds`` (the whole
cell), ``decision_seconds_0``, ``decision_seconds_1``, ``decisions_0``, ``decisions_1``.

``cells/``: what has been played so far, until every cell is finished. While it is there, the same command goes on;
cells that failed, or in which a game ended by a fault, are played again.
"""

from __future__ import annotations

from negotiation_env.tournament.play import play_tournament
from negotiation_env.tournament.results import Results, load_results

__all__ = ["Results", "load_results", "play_tournament"]
