"""Which opponents a rho-conditioned policy may learn from, is chosen on, and is reported against: one split, here.

Families are whole: no strategy of one of them stands in another part. Generic random opponents complete the first part
where training data is made.
"""

from __future__ import annotations

TRAINING = (
    "boulware_very_conceding", "boulware_conceding", "linear", "boulware_firm", "boulware_hard", "boulware", "conceder",
    "linear_noisy", "exponential", "exponential_boulware", "hardliner", "price_fixed_strict", "price_fixed_loose",
    "naive_concession", "naive_boulware", "random",
)  # fmt: skip
"""Time-dependent, fixed, naive and random ones."""
VALIDATION = ("charging_boul", "charging_boul_long", "charging_boul_soft", "fair", "fair_fast", "fair_slow")
"""To choose and tune on."""
TEST = (
    "tit_for_tat", "relative_tit_for_tat", "averaged_tit_for_tat", "random_absolute_tit_for_tat", "split_difference",
    "micro_fine", "micro_moderate", "micro_coarse",
)  # fmt: skip
"""Looked at for reported figures only."""
PARTS = {"train": TRAINING, "val": VALIDATION, "test": TEST}
"""The parts by name."""
