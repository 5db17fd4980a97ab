"""What all flat observations share: their first entries, and what stands for "none"."""

from __future__ import annotations

ROLE, ELAPSED, MOVER = range(3)
"""Own role (-1 or +1), turns played / max_turns, and who moves (1 oneself, -1 the opponent, 0 nobody any more)."""
NONE = -1.0
