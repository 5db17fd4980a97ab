"""Which opponents a rho-conditioned policy may learn from, is chosen on, and is reported against: one split, here.

Families are whole: no strategy of one of them stands in another part. Each part holds strategies that follow the clock
and strategies that answer the other side.
"""

from __future__ import annotations

TRAINING = (
    "boulware", "boulware_conceding", "boulware_firm", "boulware_hard", "boulware_very_conceding", "conceder", "linear",
    "linear_noisy", "hardliner", "price_fixed_loose", "price_fixed_strict", "random", "averaged_tit_for_tat",
    "random_absolute_tit_for_tat", "relative_tit_for_tat", "tit_for_tat",
)  # fmt: skip
"""Polynomial curves over time, fixed and random offers, tit-for-tat."""
GENERIC = ("random_curve", "random_path", "random_power", "random_reaction")
"""Opponents that draw themselves anew for each game; they complete the first part where training data is made."""
VALIDATION = ("naive_boulware", "naive_concession", "fair", "fair_fast", "fair_slow", "split_difference")
"""To choose and tune on: naive and fair concession, and splitting the difference."""
TEST = (
    "exponential", "exponential_boulware", "exponential_conceder", "charging_boul", "charging_boul_long",
    "charging_boul_soft", "micro_coarse", "micro_fine", "micro_moderate",
)  # fmt: skip
"""Looked at for reported figures only: exponential curves over time, ChargingBoul, MiCRO."""
PARTS = {"train": TRAINING, "val": VALIDATION, "test": TEST}
"""The parts by name."""
OTHER = "other"
"""What is of no part."""


def part_of(name: str) -> str:
    """The part that a policy's name is of: whatever training data is made with is of the first."""
    parts = {**PARTS, "train": TRAINING + GENERIC}
    return next((part for part, names in parts.items() if name in names), OTHER)
