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

``settings.json``: what determines the results.

| key | meaning |
|---|---|
| ``version`` | of this format |
| ``domain`` | price or multi_item |
| ``sides`` | the names of both seats |
| ``game`` | the domain's settings |
| ``seed`` | of all draws |
| ``num_episodes`` | games a cell |
| ``keep_episodes`` | games a cell that are kept move by move |
| ``policies`` | in order: ``policy``, the unique name used in all tables; ``strategy``; ``params`` |

``outcomes.parquet``: one row a game, cells in order. Where a player failed, every measure is null.

| column | type | meaning |
|---|---|---|
| ``policy_0``, ``policy_1`` | Enum | who played |
| ``first_mover`` | Enum | of the sides |
| ``draw`` | Int32 | of the private facts |
| ``possible`` | Bool | a deal in both limits was possible |
| ``deal`` | Bool | they agreed |
| ``fault`` | Bool | a player failed |
| ``violation_0``, ``violation_1`` | Bool | a deal past the own limit |
| ``share_0``, ``share_1`` | Float64 | see below |
| ``payoff_0``, ``payoff_1`` | Float64 | currency units or utility |
| ``rho`` | Float64 | price; of deals inside both limits, else null |
| ``surplus`` | Float64 | price; the buyer's limit less the seller's |
| ``turns`` | Int32 | played |
| ``illegal_0``, ``illegal_1`` | Int32 | unusable replies |
| ``welfare``, ``efficiency`` | Float64 | multi_item |
| ``nash_distance``, ``kalai_smorodinsky_distance``, ``egalitarian_distance`` | Float64 | multi_item |
| ``pareto_optimal``, ``envy_free`` | Bool | multi_item |

A share is of the surplus (null where there is none to share), in multi_item the gain over the own worth of the pool,
and 0 without a deal.

``cells.parquet``: three rows an ordered pair, ``first_mover`` = ``both`` and each side. Each measure M has the columns
``M``, ``M_low``, ``M_high`` (Float64, 95 %); null: nothing to average.

| column | meaning |
|---|---|
| ``policy_0``, ``policy_1``, ``first_mover`` | whose games |
| ``run_id`` | of the kept games; null for ``both`` |
| ``failed`` | Bool; every measure is null then |
| ``num_episodes`` | games without a fault |
| ``faults`` | games with one |
| ``deal_rate`` | measure |
| ``deal_rate_possible``, ``deal_rate_impossible`` | measures, of the games where a deal was possible, and was not |
| ``share_0``, ``share_1``, ``payoff_0``, ``payoff_1``, ``turns`` | measures, means |
| ``rho`` | measure, price |
| ``violation_rate_0``, ``violation_rate_1`` | measures |
| ``illegal_replies_0``, ``illegal_replies_1`` | measures, a game |
| ``welfare``, ``efficiency``, ``pareto_rate``, ``envy_free_rate`` | measures, multi_item |
| ``nash_distance``, ``kalai_smorodinsky_distance``, ``egalitarian_distance`` | measures, multi_item |

``policies.parquet``: nine rows a policy, over all opponents, itself among them (its games against itself are averaged
over both of its seats, and ``num_episodes`` counts them once).

| column | meaning |
|---|---|
| ``policy`` | whose row |
| ``role`` | ``both`` and each side |
| ``moves`` | ``both``, ``first``, ``second`` |
| ``failed_cells``, ``num_episodes``, ``faults`` | counts |
| measures of ``cells.parquet`` | own ones without a suffix: ``share``, ``payoff``, ... |
| ``opponent_share`` and so on | those of the other |

``comparisons.parquet``: one row for two policies.

| column | meaning |
|---|---|
| ``policy``, ``other`` | who is compared |
| ``difference``, ``difference_low``, ``difference_high`` | of mean shares, same opponents and draws |
| ``t``, ``p_value`` | paired t test over draws |
| ``p_holm`` | Holm's correction over all rows |
| ``cells`` | how many of each are compared |
| ``draws`` | how many |

``ranking.json``: Bradley-Terry. A win is the larger share of the surplus; shares within .01, or no deal, are half a win
to both, so a policy that blocks deals can rank high and earn little.

| key | meaning |
|---|---|
| ``policies`` | by falling strength: a list of objects with the keys from ``rank`` to ``share`` |
| ``rank``, ``policy`` | place and name |
| ``strength`` | log odds, their mean is 0 |
| ``strength_low``, ``strength_high`` | its interval; null for a policy without a game against another |
| ``win_rate`` | wins a game |
| ``share`` | mean, for comparison |
| ``effects`` | ``seat_0`` and ``first_mover``: what seat 0 and the first move add to the log odds of winning |
| ``log_odds``, ``low``, ``high``, ``p_value`` | of each of the two effects |

``meta_game.json``: choosing a policy as a game; payoffs are mean shares.

| key | meaning |
|---|---|
| ``policies`` | those without a failed cell |
| ``left_out`` | the others |
| ``payoffs`` | n x n: of the row's policy against the column's, over both roles |
| ``equilibrium`` | a symmetric Nash equilibrium: ``weights``, ``value``, ``regret`` |
| ``roles`` | seat 0 chooses a row, seat 1 a column: ``payoffs_0``, ``payoffs_1``, n x n, and ``equilibrium`` |
| ``equilibrium`` of ``roles`` | ``weights_0``, ``weights_1``, ``value_0``, ``value_1``, ``regret`` |
| ``exploitability`` | by policy: how much more than it earns against itself the best answer to it earns |
| ``best_responses`` | by policy |
| ``replicator`` | ``times``, ``weights``: one row a time, from all policies alike |

``games/``: the kept games with moves and messages, as ``episodes.parquet`` and ``decision_steps.parquet`` of
`negotiation_env.records` (see ``negotiation_env.records.reading``); the ``trajectory_id`` is the
``run_id`` of the cell and first mover, ``-`` and the draw.

``failures.json``: a list of the cells that failed: ``policy_0``, ``policy_1``, ``first_mover``, ``type``,
``message``, ``traceback``. Empty if all went well.

``timings.parquet``: measured, so it differs from run to run.

| column | meaning |
|---|---|
| ``policy_0``, ``policy_1`` | the cell |
| ``seconds`` | the whole cell |
| ``decision_seconds_0``, ``decision_seconds_1`` | deciding |
| ``decisions_0``, ``decisions_1`` | how many |

``cells/``: what has been played so far, until every cell is finished. While it is there, the same command goes on;
cells that failed, or in which a game ended by a fault, are played again.
"""

from __future__ import annotations

from negotiation_env.tournament.play import play_tournament
from negotiation_env.tournament.results import Results, load_results

__all__ = ["Results", "load_results", "play_tournament"]
