"""Single environments in the vector environments of Gymnasium itself, which stack infos and so need them alike."""

import gymnasium
import numpy as np
import pytest
from domains import DOMAINS, IDS
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

SLOTS = 3


def endings(envs, steps):
    """The outcomes of the games that end in some random steps: dicts of what stands in one slot."""

    def of_slot(value, slot):
        if not isinstance(value, dict):
            return value[slot]
        return {name: of_slot(part, slot) for name, part in value.items() if name[0] != "_" and value[f"_{name}"][slot]}

    for _ in range(steps):
        *_, infos = envs.step(envs.action_space.sample())
        told = infos.get("final_info", infos)
        for slot in np.flatnonzero(told.get("_outcome", np.zeros(SLOTS))):
            yield of_slot(told["outcome"], slot)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("vector", [SyncVectorEnv, AsyncVectorEnv])
@pytest.mark.parametrize("domain", DOMAINS)
def test_outcomes_with_and_without_a_deal_are_stacked(domain, vector, mode):
    def make():
        return gymnasium.make(f"negotiation_env:{IDS[domain]}", opponent="linear", max_turns=4)  # workers may be new

    envs = vector([make] * SLOTS, autoreset_mode=mode)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    seen = list(endings(envs, 300))
    envs.close()
    assert {bool(outcome["deal"]) for outcome in seen} == {False, True}
    assert len({tuple(outcome) for outcome in seen}) == 1
    for outcome in seen:
        assert all(np.isfinite(payoff) for payoff in outcome["payoffs"].values())
        if domain == "multi_item":
            assert len({len(kept) for kept in outcome["keep"].values()}) == 1
            assert all((min(kept) >= 0) == outcome["deal"] for kept in outcome["keep"].values())
