"""One seat of many games at once, as a NumPy `gymnasium.vector.VectorEnv`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from negotiation_env import seeding, turns
from negotiation_env.decisions import refuse_fault
from negotiation_env.domain import Domain, Moves, Rows
from negotiation_env.faces.core import Core, check_options
from negotiation_env.faces.dealer import Dealer
from negotiation_env.faces.discrete import ANSWER, OPEN, WAIT
from negotiation_env.faces.ego import seat_of_role
from negotiation_env.faces.layout import ELAPSED, MOVER, NONE
from negotiation_env.policy import Int64
from negotiation_env.registry import Player, unknown_name
from negotiation_env.run import Seat, is_one_a_game, make_players
from negotiation_env.state import GameState

MAX_ENVS = 65_536
_ALL = slice(None)
_MODES = {mode.value: mode for mode in AutoresetMode} | {mode.name.lower(): mode for mode in AutoresetMode}
_KINDS = 5
_LEGAL = np.array([[True, False, True, False, False], [True, True, True, False, False], [True] * _KINDS])
"""Whether a kind of move is legal, by status; what is chosen where nobody moves is ignored."""
_PLAYED = np.where(_LEGAL & (np.arange(3)[:, None] != WAIT), np.arange(_KINDS), turns.PASS).reshape(-1)
_ILLEGAL = ~_LEGAL.reshape(-1)
Bools = NDArray[np.bool_]


class SeatVectorEnv(VectorEnv[Any, Any, Any]):
    """Bargain in one seat of ``num_envs`` games against policies, all games in one NumPy batch.

    Arguments, spaces and rewards are those of `negotiation_env.faces.ego.SeatEnv`, batched. Slot i is game i of
    the seed and of the opponents' batch; when its game ends, the slot goes on with game i + num_envs, a new seed
    and a newly sampled opponent. ``autoreset_mode`` is ``"next_step"`` (default), ``"same_step"`` (then ``infos``
    hold ``final_obs`` and ``final_info``) or ``"disabled"`` (then ``reset(options={"reset_mask": mask})``).
    Infos of finished games: ``outcome``, a dict of arrays (num_envs,) with deal, what was agreed (NaN or -1 without
    a deal), the payoffs, turns and ended_by, valid where ``_outcome`` is true. Where the opponent ends a game in its
    opening, the mask is all zero and the next step ends the episode, whatever the action.
    """

    def __init__(
        self,
        core: Core,
        num_envs: int = 1,
        role: str | None = None,
        opponent: Seat | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
    ) -> None:
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or not 1 <= num_envs <= MAX_ENVS:
            raise ValueError(f"num_envs is {num_envs!r}; it must be a whole number from 1 to {MAX_ENVS:,}.")
        mode = autoreset_mode if isinstance(autoreset_mode, AutoresetMode) else _MODES.get(autoreset_mode)
        if mode is None:
            raise ValueError(unknown_name("autoreset_mode", autoreset_mode, [m.name.lower() for m in AutoresetMode]))
        self.num_envs: int = num_envs
        self.render_mode: str | None = None
        self.autoreset_mode: AutoresetMode = mode
        self.metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": mode}
        self.core: Core = core
        self.domain: Domain = core.domain
        self.seat: int = seat_of_role(core.domain, role)
        self.opponents: tuple[Player, ...] = make_players(
            core.domain.default_opponent if opponent is None else opponent, core.domain.name
        )
        self.single_observation_space: spaces.Space[Any] = core.observation_space()
        self.single_action_space: spaces.Space[Any] = core.action_space
        self.observation_space: spaces.Space[Any] = batch_space(self.single_observation_space, num_envs)
        self.action_space: spaces.Space[Any] = batch_space(self.single_action_space, num_envs)
        self.games: GameState = core.domain.new_state(core.config, num_envs)
        self._dealer: Dealer | None = None
        self._opponent = np.zeros(num_envs, dtype=np.int64)
        self._observations = np.full((num_envs, core.layout.size), NONE, dtype=np.float32)
        self._status = np.full(num_envs, WAIT)
        self._over = np.zeros(num_envs, dtype=np.bool_)
        self._stillborn = np.empty(0, dtype=np.int64)
        self._unfinished = False
        """Whether an opponent has failed in the midst of a step or reset."""

    # Resetting --------------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Deal new games in all slots, or in those of ``options["reset_mask"]`` (bool (num_envs,)).

        With ``seed`` slot i plays game i of that seed (or game 0 of its own, given a list); without one each
        slot goes on with its next game. Further options fix limits and first mover, as in the other faces, for
        all slots or as arrays with one value a slot.
        """
        chosen = dict(check_options(options))
        rows = self._reset_rows(chosen.pop("reset_mask", None))
        wrong = [name for name in chosen if name not in self.domain.option_ranks]
        if wrong:
            raise ValueError(unknown_name("option", wrong[0], (*self.domain.option_ranks, "reset_mask")))
        if seed is not None and len(rows) < self.num_envs:
            raise ValueError("a seed starts all games anew; leave out reset_mask, or the seed to go on with the next.")
        anew = seed is not None or self._dealer is None
        if len(rows) < self.num_envs and (anew or self._unfinished):
            raise ResetNeeded("not all games have been dealt, or an opponent has failed to move; reset all of them.")
        chosen = {name: self._of_rows(name, value, rows) for name, value in chosen.items()}
        dealer = self._new_dealer(seed) if anew else self._dealt()
        self._opponent[rows] = dealer.deal(self.games, rows, chosen)  # what it refuses leaves all as it was
        self._dealer, self._unfinished = dealer, True
        if anew:
            for player in self.opponents:
                player.policy.reset(self.num_envs, int(dealer.seeds[0]))
        self._over[rows] = False
        self._open(rows)
        self._unfinished = False
        return self._observe(), {}

    def _of_rows(self, name: str, value: Any, rows: Int64) -> Any:  # noqa: ANN401  # a scalar, or one value a slot
        if not is_one_a_game(value, self.domain.option_ranks[name]):
            return value
        if len(value) != self.num_envs:
            raise ValueError(f"option {name} has {len(value)} values; give one, or {self.num_envs} (one a slot).")
        return np.asarray(value)[rows]

    def _reset_rows(self, mask: object) -> Int64:
        if mask is None:
            return np.arange(self.num_envs)
        flags = np.asarray(mask)
        if flags.dtype != np.bool_ or flags.shape != (self.num_envs,) or not flags.any():
            raise ValueError(
                f"reset_mask must be a boolean array ({self.num_envs},) with at least one True; "
                f"got {flags.dtype} {flags.shape}."
            )
        return np.flatnonzero(flags)

    def _new_dealer(self, seed: int | Sequence[int] | None) -> Dealer:
        if isinstance(seed, Sequence | np.ndarray):
            if len(seed) != self.num_envs:
                raise ValueError(f"{len(seed)} seeds for {self.num_envs} slots; give one number, or one a slot.")
            checked: int | list[int] = [seeding.check_seed(item) for item in seed]
        else:
            checked = seeding.check_seed(seed)
        stream = seeding.SAMPLE_FIRST + 1 - self.seat
        return Dealer(self.domain, self.core.config, checked, self.num_envs, stream, len(self.opponents))

    def _dealt(self) -> Dealer:
        if self._dealer is None:
            raise ResetNeeded("call reset() before anything else.")
        return self._dealer

    def _open(self, rows: Int64) -> None:
        """Play the opponents' openings in the given slots, whose games have just been dealt."""
        self._observations[rows] = self.core.layout.encode_opening(self.games, rows, self.seat)
        self._answer(rows[self.games.first[rows] != self.seat])
        self._stillborn = np.flatnonzero((self.games.ended != turns.RUNNING) & ~self._over)

    # Stepping ---------------------------------------------------------------------------------------------

    def step(self, actions: Any) -> tuple[Any, NDArray[np.float64], Bools, Bools, dict[str, Any]]:  # noqa: ANN401
        """Play one move of the seat in every game, and the opponents' answers."""
        dealt, games = self._dealt(), self.games
        if self.autoreset_mode == AutoresetMode.DISABLED and self._over.any():
            slots = np.flatnonzero(self._over)[:5].tolist()
            raise ResetNeeded(f"the games of slots {slots} are over; reset(options={{'reset_mask': mask}}) them.")
        if self._unfinished:
            raise ResetNeeded("an opponent has failed to move; call reset() to start new games.")
        was_over, stillborn = self._over, self._stillborn
        infos: dict[str, Any] = {}
        moves = self._decode(actions, infos)
        self._unfinished = True
        endings, turn = games.ended[stillborn], games.turn[stillborn]
        self._play(_ALL, moves, self.seat)
        games.ended[stillborn], games.turn[stillborn] = endings, turn
        fresh = np.flatnonzero(was_over)
        if len(fresh):
            self._opponent[fresh] = dealt.deal(games, fresh)
            self._observations[fresh] = self.core.layout.encode_opening(games, fresh, self.seat)
        turn_of = turns.mover(games.first, games.turn) != self.seat
        self._answer(np.flatnonzero(turn_of & (games.ended == turns.RUNNING)))
        self._stillborn = fresh[games.ended[fresh] != turns.RUNNING]
        over = (games.ended != turns.RUNNING) & ~was_over
        rewards = self._finish(over, infos)
        self._over = over
        if self.autoreset_mode == AutoresetMode.SAME_STEP and over.any():
            self._reset_at_once(over, infos)
        self._unfinished = False
        return self._observe(), rewards, over.copy(), np.zeros(self.num_envs, dtype=np.bool_), infos

    def _decode(self, actions: object, infos: dict[str, Any]) -> Moves:
        """The seat's legal moves in all games; an illegal one becomes a lost turn (or raises)."""
        kind, offer = self.core.encoding.decode(actions, self.games, self.seat)
        case = self._status * _KINDS + kind
        illegal = _ILLEGAL.take(case)
        if illegal.any():
            if self.core.on_illegal == "raise":
                slots = np.flatnonzero(illegal)[:5].tolist()
                raise ValueError(f"illegal moves in slots {slots}; action_masks() says which are legal.")
            infos["illegal_move"] = illegal
        return _PLAYED.take(case), offer

    def _play(self, rows: Rows, moves: Moves, by: int) -> None:
        """Play the legal moves of a seat in the given games, and write its offers into the observations."""
        self.games.advance(rows, by, *moves)
        self.core.layout.write_offers(self._observations, self.games, rows, moves, by, self.seat)

    def _answer(self, rows: Int64) -> None:
        """Play the opponents' moves in the given games."""
        if len(self.opponents) == 1:
            groups = [(self.opponents[0], rows)]
        else:
            playing = self._opponent[rows]
            groups = [(player, rows[playing == index]) for index, player in enumerate(self.opponents)]
        other = 1 - self.seat
        for player, mine in groups:
            if len(mine):
                every: Rows = _ALL if len(mine) == self.num_envs else mine
                view = self.games.view(every, other)
                decision = player.policy.decide(view)
                moves = self.domain.resolve(self.core.config, view, decision, player.name)
                refuse_fault(moves[0], decision, player.name)
                self._play(every, moves, other)

    def _finish(self, over: Bools, infos: dict[str, Any]) -> NDArray[np.float64]:
        """The rewards of all slots, and the outcomes of the games that are over now."""
        games = self.games
        deal = over & (games.ended == turns.DEAL)
        if over.any():
            infos["outcome"] = {
                "deal": deal,
                **games.settlement(deal),
                "turns": games.turn - 1,
                "ended_by": turns.ENDED_BY_WORDS.take(games.ended),
            }
            infos["_outcome"] = over.copy()
        gain = np.where(deal, games.gain(self.seat), 0.0)
        discount = self.core.config.discounts[self.seat]
        return np.asarray(turns.reward(gain, games.scale(self.seat), discount, np.maximum(games.standing_turn, 1)))

    def _reset_at_once(self, over: Bools, infos: dict[str, Any]) -> None:
        """Same-step autoreset: keep the last observations and infos, and deal the next games."""
        rows, last = np.flatnonzero(over), self._observe()
        final = np.full(self.num_envs, None, dtype=object)
        for row in rows.tolist():
            final[row] = {name: part[row] for name, part in last.items()} if isinstance(last, dict) else last[row]
        outcome = {name: infos.pop(name) for name in ("outcome", "_outcome")}
        infos.update({"final_obs": final, "_final_obs": over, "final_info": outcome, "_final_info": over})
        self._over = np.zeros(self.num_envs, dtype=np.bool_)
        self._opponent[rows] = self._dealt().deal(self.games, rows)
        self._open(rows)

    # Observing --------------------------------------------------------------------------------------------

    def _observe(self) -> Any:  # noqa: ANN401  # float32 (num_envs, size), or a dict with the mask
        games, observations = self.games, self._observations
        running = games.ended == turns.RUNNING
        observations[:, ELAPSED] = (games.turn - 1) / self.core.config.max_turns
        observations[:, MOVER] = running
        self.core.layout.write_standing(observations, games, self.seat)
        self._status = np.where(running, np.where(games.standing_seat == 1 - self.seat, ANSWER, OPEN), WAIT)
        if self.core.obs_mode == "flat":
            return observations.copy()
        return {"observation": observations.copy(), "action_mask": self.action_masks()}

    def action_masks(self) -> NDArray[np.int8]:
        """Which discrete actions are legal in each slot: int8 (num_envs, n)."""
        masks = self.core.encoding.masks(self.games, self._status)
        if masks is None:
            raise ValueError("action_masks() needs action_mode='discrete'.")
        return masks

    def seat_seeds(self, seat: int) -> NDArray[np.uint64]:
        """A seat's own seed in each slot's game, uint64 (num_envs,)."""
        return np.array(self.games.seat_seeds[seat])

    def game_numbers(self) -> Int64:
        """The number of each slot's game within its seed, int64 (num_envs,)."""
        return self._dealt().current.copy()

    def slot_seeds(self) -> NDArray[np.uint64]:
        """The seed that each slot's games are numbered in, uint64 (num_envs,)."""
        return self._dealt().seeds

    def messages(self) -> None:
        """Numeric observations carry no messages."""
        return
