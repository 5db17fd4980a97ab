"""No sequence of calls corrupts the games of one seat: a vector environment against single ones, in both domains."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from any_game import (
    EXAMPLES,
    JUNK,
    REFUSED_SEEDS,
    SIDES,
    encoded,
    frozen,
    kinds,
    options_of,
    refused_options,
    settings_of,
)
from domains import DOMAINS, IDS
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
from single_minded import Leaving

SLOTS = 3
OPPONENTS = {
    "price": ["linear", "random", ["boulware_firm", "random", "hardliner"], Leaving("price")],
    "multi_item": ["boulware", "random", ["tit_for_tat", "random"], Leaving("multi_item")],
}
SEEDS = st.lists(st.integers(0, 2**64 - 1), min_size=SLOTS, max_size=SLOTS)
COPIES = [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))]
masks = st.lists(st.booleans(), min_size=SLOTS, max_size=SLOTS).filter(any).map(np.array)


class Slots(RuleBasedStateMachine):
    """Slot i of a vector environment plays the games of the i-th single environment, whatever is asked of both."""

    domain = mode = ""

    @initialize(data=st.data(), seeds=SEEDS)
    def make(self, data, seeds):
        drawn = data.draw(settings_of(self.domain))
        self.settings = drawn | {"opponent": data.draw(st.sampled_from(OPPONENTS[self.domain]))}
        self.settings["role"] = data.draw(st.sampled_from(SIDES[self.domain]))
        self.vectors = [gymnasium.make_vec(IDS[self.domain], SLOTS, autoreset_mode=self.mode, **self.settings)]
        self.singles = [gymnasium.make(IDS[self.domain], **self.settings).unwrapped for _ in range(SLOTS)]
        self.over = np.zeros(SLOTS, bool)
        for wrong in (lambda env: env.step(np.zeros(SLOTS, int)), lambda env: env.unwrapped.game_numbers()):
            with pytest.raises(ResetNeeded):
                wrong(self.vectors[0])
        self.deal(data, seeds)

    def each(self, call):
        answers = [call(env) for env in self.vectors]
        assert all(frozen(answer) == frozen(answers[0]) for answer in answers)
        return answers[0]

    def state(self, env):
        """All that the next answers depend on."""
        inner = env.unwrapped
        hidden = {name: value for name, value in vars(inner).items() if isinstance(value, np.ndarray | bool)}
        games = {name: value for name, value in vars(inner.games).items() if isinstance(value, np.ndarray)}
        return [hidden, games, inner.games.chat, inner.game_numbers(), inner.slot_seeds()]

    def refused(self, errors, call):
        for env in self.vectors:
            before = frozen(self.state(env))
            with pytest.raises(errors):
                call(env)
            assert frozen(self.state(env)) == before

    # Dealing ----------------------------------------------------------------------------------------------

    @rule(data=st.data(), seeds=SEEDS)
    def deal(self, data, seeds):
        options = data.draw(options_of(self.domain, self.settings))
        observations, _ = self.each(lambda env: env.reset(seed=seeds, options=options))
        found = [single.reset(seed=seed, options=options)[0] for single, seed in zip(self.singles, seeds, strict=True)]
        self.over[:] = False
        self.same(observations, found)

    @rule(data=st.data(), mask=masks)
    def deal_some(self, data, mask):
        options = data.draw(options_of(self.domain, self.settings))
        observations, _ = self.each(lambda env: env.reset(options={"reset_mask": mask, **options}))
        for slot in np.flatnonzero(mask):
            self.singles[slot].reset(options=options)
        self.over[mask] = False
        self.same(observations, [single.core.observe(single.seat) for single in self.singles])

    @rule(data=st.data(), mask=masks, seeds=st.none() | SEEDS)
    def refused_deal(self, data, mask, seeds):
        wrong = data.draw(st.sampled_from(refused_options(self.domain)))
        masked = wrong | ({"reset_mask": mask} if seeds is None else {})
        self.refused(ValueError, lambda env: env.reset(seed=seeds, options=masked))
        self.refused(ValueError, lambda env: env.reset(seed=seeds, options={"colour": 1}))
        self.refused(ValueError, lambda env: env.reset(options={"reset_mask": mask[:2]}))
        self.refused(ValueError, lambda env: env.reset(options={"reset_mask": ~mask & mask}))
        self.refused(TypeError, lambda env: env.reset(seed=seeds, options=[1]))

    @rule(seed=st.sampled_from(REFUSED_SEEDS))
    def refused_seed(self, seed):
        self.refused(ValueError, lambda env: env.reset(seed=seed))
        self.refused(ValueError, lambda env: env.reset(seed=[0, seed, 1]))
        self.refused(ValueError, lambda env: env.reset(seed=[0, 1]))

    # Playing ----------------------------------------------------------------------------------------------

    @precondition(lambda self: not (self.mode == "disabled" and self.over.any()))
    @rule(moves=st.lists(st.tuples(kinds, st.floats(0, 1)), min_size=SLOTS, max_size=SLOTS))
    def move(self, moves):
        actions = np.array([encoded(self.singles[0].core, kind, share) for kind, share in moves])
        if self.settings["on_illegal"] == "raise" and any(map(self.is_illegal, range(SLOTS), actions)):
            self.refused(ValueError, lambda env: env.step(actions))
            return
        answer = self.each(lambda env: env.step(actions))
        found = [self.single_step(slot, action) for slot, action in enumerate(actions)]
        self.compare(*answer, found)

    def is_illegal(self, slot, action):
        single, core = self.singles[slot], self.singles[slot].core
        if self.over[slot] or core.game.ended:
            return False
        kind, offer = core.encoding.decode_one(action, core.game)
        return single.core.game.illegal_reason(kind, offer) is not None

    def single_step(self, slot, action):
        """The same step of one slot: (last observation, reward, over, info, observation)."""
        single = self.singles[slot]
        if self.mode == "next_step" and self.over[slot]:
            observation, _ = single.reset()
            return None, 0.0, False, {}, observation
        last, reward, over, _, info = single.step(action)
        return last, reward, over, info, single.reset()[0] if over and self.mode == "same_step" else last

    def compare(self, observations, rewards, over, cut, infos, found):
        lasts, expected, ended, told, shown = (list(column) for column in zip(*found, strict=True))
        assert not cut.any()
        assert over.tolist() == ended
        np.testing.assert_allclose(rewards, expected, rtol=0, atol=1e-12)
        illegal = infos.get("illegal_move", np.zeros(SLOTS, bool))
        assert illegal.tolist() == [info.get("illegal_move", False) for info in told]
        outcomes = infos.get("final_info", infos).get("outcome")
        for slot in np.flatnonzero(over):
            outcome = told[slot]["outcome"]
            for name in ("deal", "turns", "ended_by"):
                assert outcomes[name][slot] == outcome[name]
            if self.mode == "same_step":
                self.same_one(infos["final_obs"][slot], lasts[slot])
        self.over = over if self.mode != "same_step" else np.zeros(SLOTS, bool)
        self.same(observations, shown)

    def same(self, observations, singles):
        for slot, single in enumerate(singles):
            row = {name: part[slot] for name, part in observations.items()} if isinstance(single, dict) else None
            self.same_one(row or observations[slot], single)

    def same_one(self, row, single):
        for one, two in zip(*((v.values() if isinstance(v, dict) else [v]) for v in (row, single)), strict=True):
            np.testing.assert_array_equal(one, two)

    @precondition(lambda self: self.mode == "disabled" and self.over.any())
    @rule(kind=kinds)
    def step_past_the_end(self, kind):
        actions = np.array([encoded(self.singles[0].core, kind, 0.5)] * SLOTS)
        self.refused(ResetNeeded, lambda env: env.step(actions))
        for slot in np.flatnonzero(self.over):
            before = frozen(self.singles[slot].get_state())
            if not self.singles[slot]._ended_in_opening():
                with pytest.raises(ResetNeeded):
                    self.singles[slot].step(actions[0])
            assert frozen(self.singles[slot].get_state()) == before

    @precondition(lambda self: not (self.mode == "disabled" and self.over.any()))
    @rule(junk=st.sampled_from(JUNK), slot=st.integers(0, SLOTS - 1))
    def outside(self, junk, slot):
        sound = encoded(self.singles[0].core, "walk", 0.0)
        self.refused(ValueError, lambda env: env.step(junk))
        self.refused(ValueError, lambda env: env.step([junk if place == slot else sound for place in range(SLOTS)]))
        single = self.singles[slot]
        if not single.core.game.ended:
            before = frozen(single.get_state())
            with pytest.raises(ValueError, match="action"):
                single.step(junk)
            assert frozen(single.get_state()) == before

    @rule(copied=st.sampled_from(COPIES), slot=st.integers(0, SLOTS - 1))
    def copy(self, copied, slot):
        self.vectors[1:] = [copied(self.vectors[0])]
        self.singles[slot] = copied(self.singles[slot])

    @rule(slot=st.integers(0, SLOTS - 1))
    def restore(self, slot):
        other = gymnasium.make(IDS[self.domain], **self.settings).unwrapped
        other.reset(seed=7)
        other.set_state(self.singles[slot].get_state())
        self.singles[slot] = other

    @invariant()
    def observes_inside_the_space(self):
        for env in self.vectors:
            inner = env.unwrapped
            assert inner.observation_space.contains(inner._observe())
            assert inner.game_numbers().tolist() == [single.core.game_number for single in self.singles]


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
@pytest.mark.parametrize("domain", DOMAINS)
def test_slots_and_single_environments_agree_whatever_is_asked(domain, mode, examples):
    machine = type("Machine", (Slots,), {"domain": domain, "mode": mode})
    effort = settings(max_examples=examples, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(machine, settings=effort)
