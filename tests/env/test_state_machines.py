"""No sequence of legal and illegal calls corrupts a game: both PettingZoo faces of both domains against a ledger."""

import copy
import pickle

import numpy as np
import pytest
from any_game import (
    EXAMPLES,
    JUNK,
    REFUSED_SEEDS,
    encoded,
    frozen,
    kinds,
    offered_price,
    offered_split,
    options_of,
    refused_options,
    settings_of,
)
from domains import DOMAINS, agents, environments
from gymnasium.error import ResetNeeded
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from ledger import OFFER, Ledger, check_price_outcome, check_split_outcome

COPIES = [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))]


class TwoSeats(RuleBasedStateMachine):
    """Both agents of one environment, what a ledger says of it, and copies that must go on alike."""

    domain = face = ""

    @initialize(data=st.data())
    def make(self, data):
        self.settings = data.draw(settings_of(self.domain))
        self.seats = agents(self.domain)
        self.envs = [self.made()]
        self.deal(data, seed=data.draw(st.integers(0, 2**64 - 1)))

    def made(self):
        return getattr(environments(self.domain), self.face)(**self.settings)

    def each(self, call):
        """What a call comes to, the same for the environment and its copies."""
        answers = [call(env) for env in self.envs]
        assert all(frozen(answer) == frozen(answers[0]) for answer in answers)
        return answers[0]

    def state(self, env):
        inner = env.unwrapped
        return [inner.get_state(), inner.state(), inner.agents, inner.messages(), inner.game_numbers()]

    def refused(self, errors, call):
        """A call that raises, and changes nothing that can be seen."""
        for env in self.envs:
            before = frozen(self.state(env))
            with pytest.raises(errors):
                call(env)
            assert frozen(self.state(env)) == before

    @property
    def core(self):
        return self.envs[0].unwrapped.core

    # Dealing ----------------------------------------------------------------------------------------------

    @rule(data=st.data(), seed=st.none() | st.integers(0, 5))
    def deal(self, data, seed):
        options = data.draw(st.none() | options_of(self.domain, self.settings))
        number = self.core.game_number
        self.each(lambda env: env.reset(seed=seed, options=options))
        assert self.core.game_number == (0 if seed is not None else number + 1)
        self.check_options(options or {})
        self.ledger = Ledger(self.seats, self.core.game.first, self.settings["max_turns"])
        self.pending, self.rewards = {}, None

    def check_options(self, options):
        game, names = self.core.game, self.core.domain.sides
        assert options.get("first_mover", names[game.first]) == names[game.first]
        for name in ("buyer_max", "seller_min"):
            if name in options:
                assert abs(getattr(game, name) - options[name]) <= self.core.config.tick * 0.5 + 1e-6
        if "quantities" in options:
            assert list(game.quantities) == options["quantities"]
            assert [list(values) for values in game.values] == options["values"]

    @rule(data=st.data(), seed=st.none() | st.integers(0, 5))
    def refused_deal(self, data, seed):
        wrong = data.draw(st.sampled_from(refused_options(self.domain)))
        self.refused(ValueError, lambda env: env.reset(seed=seed, options=wrong))
        self.refused(TypeError, lambda env: env.reset(seed=seed, options=[1]))

    @rule(seed=st.sampled_from(REFUSED_SEEDS))
    def refused_seed(self, seed):
        self.refused(ValueError, lambda env: env.reset(seed=seed))

    # Playing ----------------------------------------------------------------------------------------------

    def act(self, env, action, waiting=None):
        """Submit an action of the mover; returns its info's flag and both rewards."""
        if self.face == "parallel_env":
            mover, other = (self.seats[seat] for seat in (self.ledger.mover, 1 - self.ledger.mover))
            _, rewards, over, cut, infos = env.step({mover: action, other: waiting})
        else:
            assert env.agent_selection == self.seats[self.ledger.mover]
            env.step(action)
            inner = env.unwrapped
            rewards, over, cut, infos = inner.rewards, inner.terminations, inner.truncations, inner.infos
        assert not any(cut.values())
        assert set(over.values()) == {infos[self.seats[0]].get("outcome") is not None}
        return [infos[agent].get("illegal_move", False) for agent in self.seats], list(rewards.values())

    @precondition(lambda self: not self.ledger.ended_by)
    @rule(kind=kinds, share=st.floats(0, 1), waiting=st.sampled_from(JUNK))
    def move(self, kind, share, waiting):
        action, ledger = encoded(self.core, kind, share), self.ledger
        offered = self.offered(action) if kind == OFFER else None
        is_legal = ledger.allows(kind) and not (kind == OFFER and offered is None)
        mover = ledger.mover
        if not is_legal and self.settings["on_illegal"] == "raise":
            self.refused(ValueError, lambda env: self.act(env, action))
            return
        flags, rewards = self.each(lambda env: self.act(env, action, waiting))
        assert flags == [seat == mover and not is_legal for seat in (0, 1)]
        told = self.told(offered) if is_legal and kind == OFFER else None
        ledger.note(kind if is_legal else "pass", told, self.pending.pop(self.seats[mover], None))
        if ledger.ended_by:
            self.rewards = rewards
        else:
            assert rewards == [0.0, 0.0]

    def offered(self, action):
        game = self.core.game
        if self.domain == "price":
            return offered_price(self.core, action, game.low, game.high)
        return offered_split(action, game.quantities)

    def told(self, offered):
        """The offer as the environment tells it, which must be what the action says."""
        told = self.envs[0].unwrapped.moves[-1][3]
        if self.domain == "price":
            exact, slack = offered
            assert abs(told - exact) <= slack
            assert self.core.game.low <= told <= self.core.game.high
        else:
            assert told == offered
        return told

    @precondition(lambda self: not self.ledger.ended_by)
    @rule(action=st.sampled_from(JUNK))
    def outside(self, action):
        self.refused(ValueError, lambda env: self.act(env, action))

    @precondition(lambda self: self.ledger.ended_by)
    @rule(kind=kinds)
    def after_the_end(self, kind):
        if self.face == "parallel_env":
            self.refused(ResetNeeded, lambda env: env.step(dict.fromkeys(self.seats, encoded(self.core, kind, 0.5))))
        elif self.envs[0].unwrapped.agents:
            self.refused(ValueError, lambda env: env.step(encoded(self.core, kind, 0.5)))
            self.each(lambda env: env.step(None))

    @rule(seat=st.sampled_from([0, 1]), text=st.text(max_size=5))
    def say(self, seat, text):
        agent = self.seats[seat]
        if not self.settings["chat"]:
            self.refused(ValueError, lambda env: env.unwrapped.say(agent, text))
            return
        self.each(lambda env: env.unwrapped.say(agent, text))
        self.pending[agent] = text
        self.refused(ValueError, lambda env: env.unwrapped.say("nobody", text))

    # Copying ----------------------------------------------------------------------------------------------

    @rule(copied=st.sampled_from(COPIES))
    def copy(self, copied):
        self.envs[1:] = [copied(self.envs[0])]

    @rule()
    def restore(self):
        other = self.made()
        other.reset(seed=99)
        other.unwrapped.set_state(self.envs[0].unwrapped.get_state())
        self.envs[1:] = [other]

    # What always holds ------------------------------------------------------------------------------------

    @invariant()
    def tells_what_was_played(self):
        for env in self.envs:
            inner, ledger = env.unwrapped, self.ledger
            game = inner.core.game
            assert inner.moves == ledger.moves
            assert (game.turn, game.illegal_moves) == (ledger.turn, ledger.illegal)
            said = [(turn, agent, text) for turn, agent, _, _, text in ledger.moves if text]
            assert inner.messages() == (said if self.settings["chat"] else None)
            for seat, agent in enumerate(self.seats):
                self.check_seat(inner, seat, agent)

    def check_seat(self, inner, seat, agent):
        core, ledger = inner.core, self.ledger
        assert inner.observation_space(agent).contains(core.observe(seat))
        info = core.info(seat)
        assert info["active_agent"] == (None if ledger.ended_by else self.seats[ledger.mover])
        if core.has_masks:
            moves = seat == ledger.mover and not ledger.ended_by
            accept, walk, wait = info["action_mask"][-3:].tolist()
            assert (accept, walk, wait) == ((ledger.allows("accept"), 1, 0) if moves else (0, 0, 1))
            assert info["action_mask"][:-3].sum() == (self.offers_there_are() if moves else 0)
        assert ("outcome" in info) == bool(ledger.ended_by)

    def offers_there_are(self):
        if self.domain == "price":
            return self.settings["num_prices"]
        return int(np.prod([there + 1 for there in self.core.game.quantities]))

    @invariant()
    def pays_what_was_agreed(self):
        if self.rewards is None:
            return
        game, config = self.core.game, self.core.config
        outcome = self.core.info(0)["outcome"]
        assert outcome["deal"] == (self.ledger.ended_by == "deal")
        assert (outcome["ended_by"], outcome["turns"]) == (self.ledger.ended_by, self.ledger.turn - 1)
        assert list(outcome["illegal_moves"].values()) == self.ledger.illegal
        discount = self.settings["discount"]
        discounts = discount if isinstance(discount, tuple) else (discount, discount)
        if self.domain == "price":
            facts = game.buyer_max, game.seller_min, game.low, game.high, discounts
            check_price_outcome(self.ledger, outcome, self.rewards, facts)
        else:
            facts = game.quantities, game.values, config.disagreement, discounts
            check_split_outcome(self.ledger, outcome, self.rewards, facts)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("face", ["parallel_env", "raw_env", "env"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_no_sequence_of_calls_corrupts_a_game(domain, face, examples):
    machine = type("Machine", (TwoSeats,), {"domain": domain, "face": face})
    effort = settings(max_examples=examples, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(machine, settings=effort)
