"""Two optional terms of the training loss that look at the gates alone, along a fixed row of rhos."""

from __future__ import annotations

import torch

from negotiation_janus.hypernet import IMPASSE, Hypernet

_POINTS = 21


def smoothness(hypernet: Hypernet) -> torch.Tensor:
    """How bent the gates are along [0, 1]: the mean square of their second differences between 21 even rhos."""
    gates = hypernet(torch.linspace(0.0, 1.0, _POINTS, device=hypernet.head.weight.device))
    bends = gates[:, 2:] - 2.0 * gates[:, 1:-1] + gates[:, :-2]
    mean: torch.Tensor = bends.square().mean()
    return mean


def closeness(hypernet: Hypernet) -> torch.Tensor:
    """How alike the gates of different commands are: 1 if all are equal, towards 0 as they part.

    The mean of ``exp(-|g(a) - g(b)|^2 / n)`` over the pairs of the commands -1, 0, .25, .5, .75 and 1, with n gates.
    """
    rhos = torch.tensor([IMPASSE, 0.0, 0.25, 0.5, 0.75, 1.0], device=hypernet.head.weight.device)
    gates = hypernet(rhos).transpose(0, 1).flatten(start_dim=1)
    apart = (gates[:, None] - gates[None]).square().mean(dim=2)
    first, second = torch.triu_indices(len(rhos), len(rhos), offset=1)
    return torch.exp(-apart[first, second]).mean()
