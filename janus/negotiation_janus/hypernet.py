"""The hypernetwork: from one number rho to the gates of every LoRA layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

IMPASSE = -1.0


@dataclass(frozen=True)
class HypernetSettings:
    """The size of a hypernetwork.

    Attributes:
        hidden: units of each of the two layers of the trunk.
        bumps: how many radial bumps over [0, 1] describe a rho.
        head_scale: the standard deviation of the head's first weights. It is not zero: a head of zeros would give the
            trunk no gradient.
    """

    hidden: int = 64
    bumps: int = 9
    head_scale: float = 0.02

    def __post_init__(self) -> None:
        if self.hidden < 1 or self.bumps < 2 or not self.head_scale > 0.0:
            raise ValueError(f"{self} is out of range: hidden from 1, bumps from 2, and head_scale above 0.")


class Hypernet(nn.Module):
    """``g_l(rho) = 1 + Head_l(MLP(phi(rho)))``: one trunk for all layers, and gates that no bound keeps positive.

    ``phi(rho)`` is rho (0 for an impasse), 1 for an impasse, and Gaussian bumps over [0, 1] (none for an impasse): -1
    is a mode of its own, not a point on the line.

    Args:
        layers: the names of the layers that are gated, in the order of the gates.
        rank: of each of them.
        settings: the size.
    """

    def __init__(self, layers: Sequence[str], rank: int, settings: HypernetSettings | None = None) -> None:
        super().__init__()
        self.layers, self.rank, self.settings = tuple(layers), rank, settings or HypernetSettings()
        hidden, bumps = self.settings.hidden, self.settings.bumps
        self.trunk = nn.Sequential(nn.Linear(2 + bumps, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU())
        self.head = nn.Linear(hidden, len(self.layers) * rank)
        nn.init.normal_(self.head.weight, std=self.settings.head_scale)
        nn.init.zeros_(self.head.bias)

    def forward(self, rho: torch.Tensor) -> torch.Tensor:
        """The gates (layers, n, rank) of rhos (n,), in float32."""
        with torch.autocast(rho.device.type, enabled=False):
            gates: torch.Tensor = 1.0 + self.head(self.trunk(self.features(rho)))
        return gates.view(len(rho), len(self.layers), self.rank).transpose(0, 1)

    def hold_at_one(self) -> None:
        """Make every gate 1 at every rho and keep it there: what it gates is plain LoRA, which knows no rho."""
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.requires_grad_(False)

    def features(self, rho: torch.Tensor) -> torch.Tensor:
        """``phi`` (n, 2 + bumps) of rhos (n,)."""
        is_impasse = (rho == IMPASSE).float()
        within = torch.where(rho == IMPASSE, 0.0, rho)
        centres = torch.linspace(0.0, 1.0, self.settings.bumps, device=rho.device)
        bumps = torch.exp(-0.5 * ((within[:, None] - centres) * (self.settings.bumps - 1)) ** 2)
        return torch.cat([within[:, None], is_impasse[:, None], bumps * (1.0 - is_impasse[:, None])], dim=1)


def checked_rhos(rho: float | Sequence[float] | torch.Tensor) -> torch.Tensor:
    """Commanded rhos as a tensor of float32, () or (n,).

    Raises:
        ValueError: a rho is neither in [0, 1] nor -1.
    """
    rhos = torch.as_tensor(rho, dtype=torch.float32)
    if rhos.ndim > 1 or rhos.numel() == 0:
        raise ValueError(f"rho has the shape {tuple(rhos.shape)}; give one number, or one for each row of a batch.")
    wrong = rhos[~((rhos == IMPASSE) | ((rhos >= 0.0) & (rhos <= 1.0)))]
    if wrong.numel():
        raise ValueError(f"rho is {wrong.flatten()[0].item()!r}; it must be in [0, 1], or -1 to want no deal.")
    return rhos
