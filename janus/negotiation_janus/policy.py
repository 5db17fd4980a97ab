"""`janus`: one frozen language model that brings the price to a commanded rho.

PyTorch and its libraries are imported when a network is loaded, so that the policy can be listed without them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from negotiation_env.policy import Float64, Int64, JsonValue
from negotiation_env.price.view import PriceDecision, PriceView
from negotiation_env.wrappers import check_rho
from negotiation_janus.calibration import Calibration, load_calibration
from negotiation_janus.labels import IMPASSE
from negotiation_janus.prompts import TEXT_VERSION, PriceText
from negotiation_janus.rho_mlp.features import frame_of
from negotiation_janus.settling import check_settle, settled, stonewall, warn_of_hidden

if TYPE_CHECKING:
    from negotiation_janus.hyperlora import HyperLoRA

KIND = "janus"
SHIPPED = Path(__file__).parent / "checkpoints" / "janus"


@dataclass(frozen=True)
class Trained:
    """Trained adapters on their base model.

    Attributes:
        model: in evaluation mode.
        text: as in the training.
        hides: whether it was trained with the opponent's limit hidden only.
        digest: of its weights, for records.
        calibration: which rho to tell it for a wanted one; ``None``: that one.
        learned_hidden: whether it has learned from games with a hidden limit.
        k_history: how many of the last own turns its text holds; ``None``: all.
    """

    model: HyperLoRA
    text: PriceText
    hides: bool
    digest: str
    calibration: Calibration | None = None
    learned_hidden: bool = True
    k_history: int | None = None


class Janus:
    """A frozen language model with adapters that a hypernetwork gates by rho.

    It reads the game as `PriceText` writes it, accepts where that is the likeliest answer, and else offers the median
    of the prices that it may write. What is outside the model: at rho = -1 it offers its own extreme and accepts
    nothing; it never accepts or offers past its own limit; each offer is at least one price step better for the other
    side than the one before; and the last one asks for no more than the opponent's offers lead to.

    Args:
        rho: the commanded seller's share of the surplus in [0, 1], or -1 for an intended impasse.
        settle: ``"closest"`` also takes what is left in the end, as the model has learned; ``"strict"`` accepts what
            lies within a hundredth of the surplus of the target, whatever the model says, and nothing else, and asks
            for no less, see `negotiation_janus.settling.settled`.
        checkpoint: a folder of trained adapters; by default those that come with the package.
        calibrated: whether the checkpoint's calibration map is used, if there is one.
        base: the base model; by default the one that the checkpoint names, unless that is a folder elsewhere.

    Raises:
        ValueError: a bad rho, no such checkpoint, or one whose base model lies outside its own and the working folder.
        BackendError: the base model's weights are not on this machine; it names the command that fetches them.
    """

    name = KIND

    def __init__(
        self,
        rho: float = 0.5,
        settle: str = "closest",
        checkpoint: str = "shipped",
        calibrated: bool = True,
        base: str | None = None,
    ) -> None:
        if not isinstance(calibrated, bool):
            raise ValueError(f"calibrated is {calibrated!r}; it must be true or false.")
        self._made: tuple[float, str, str, bool, str | None] | None = (rho, settle, checkpoint, calibrated, base)
        trained = load_janus(SHIPPED if checkpoint == "shipped" else Path(checkpoint), base)
        self._play(trained if calibrated else replace(trained, calibration=None), rho, settle)

    @classmethod
    def of(cls, trained: Trained, rho: float, settle: str = "closest") -> Janus:
        """The policy of adapters that are in memory, such as those of a training that goes on."""
        policy = cls.__new__(cls)
        policy._made = None
        policy._play(trained, rho, settle)
        return policy

    def _play(self, trained: Trained, rho: float, settle: str) -> None:
        from negotiation_janus.decoding import Decoder

        self.rho, self.settle, self._trained = check_rho(rho), check_settle(settle), trained
        self._decoder = Decoder(self._trained.model, self._trained.text)
        self.params: dict[str, JsonValue] = {
            "rho": self.rho,
            "settle": settle,
            "weights": trained.digest,
            "calibrated": trained.calibration is not None,
        }

    def __reduce__(self) -> tuple[type[Janus], tuple[float, str, str, bool, str | None]]:
        """How another process or thread makes the same policy: from its checkpoint."""
        if self._made is None:
            raise TypeError("adapters in memory cannot be sent or copied; save them and play janus:checkpoint=FOLDER.")
        return Janus, self._made

    def reset(self, size: int, seed: int | None = None) -> None:
        """Forget the games that were read."""
        self._decoder.reset()

    def decide(self, view: PriceView) -> PriceDecision:
        """Accept, or offer the price that the model writes."""
        from negotiation_janus.decoding import ACCEPTED

        text, hides = self._trained.text, self._trained.hides
        rho = np.full(len(view), self.rho)
        frame = frame_of(view, rho, hides)
        if self.rho == IMPASSE:
            return stonewall(view, frame)
        warn_of_hidden(self.name, self._trained.learned_hidden, frame)
        low, high = _rational(view, text)
        told = self._told(rho, np.isnan(frame.width))
        packed = text.pack(view, told, hides, self._trained.k_history)
        is_strict = self.settle == "strict"
        answers = self._decoder.answers(packed, low, high, (frame.standing >= 0.0) & (not is_strict), told)
        asked = view.role * (text.price(answers, view) - view.reservation_price) / frame.unit
        asked = possible(asked, frame.width, 1.0 / (text.points - 1))
        return settled(view, frame, asked, (answers == ACCEPTED) | is_strict, self.settle)

    def _told(self, rho: Float64, is_hidden: NDArray[np.bool_]) -> Float64:
        """What the network hears (n,) of commands (n,)."""
        calibration = self._trained.calibration
        return rho if calibration is None else calibration(rho, is_hidden)


def load_janus(folder: Path, base: str | None = None) -> Trained:
    """Trained adapters on their base model; those of one folder are loaded once and shared.

    Args:
        folder: where they are.
        base: the base model; by default the one that the folder names.

    Raises:
        ValueError: a file is missing or not whole, this version writes games with other tokens, or the calibration map
            is of other adapters.
        BackendError: the base model's weights are not on this machine.
    """
    from negotiation_janus.adapters import digest_of, read_facts

    told = read_facts(folder)
    facts = told["facts"]
    if facts.get("text_version") != TEXT_VERSION:
        raise ValueError(
            f"{folder} was trained on text_version {facts.get('text_version')!r}, and this package writes "
            f"{TEXT_VERSION}; train it again with 'negotiate train-janus'."
        )
    digest = digest_of(folder)
    return replace(_loaded(folder.resolve(), digest, base), calibration=load_calibration(folder, digest))


@cache
def _loaded(folder: Path, digest: str, base_name: str | None) -> Trained:
    from negotiation_janus.adapters import load_adapters, read_facts
    from negotiation_janus.base_model import load_base

    told = read_facts(folder)
    facts, shape = told["facts"], told["base_model"]
    base = load_base(
        base_name or str(facts.get("base", shape["name"])),
        num_layers=shape["num_hidden_layers"],
        use_qlora=facts.get("model", {}).get("use_qlora", False),
    )
    if base_name is not None:  # whoever names a place says that the model lies there; its shape is still compared
        base = replace(base, facts={**base.facts, "name": shape["name"]})
    text = PriceText(base.tokenizer, facts["digits"], facts["tells_rho"])
    learned = facts["information"]
    return Trained(
        load_adapters(folder, base).eval(),
        text,
        "known" not in learned,
        digest,
        learned_hidden="private" in learned,
        k_history=facts.get("data", {}).get("k_history"),
    )


def possible(asked: Float64, width: Float64, step: float) -> Float64:
    """Gains (n,) that are asked for, at most the whole surplus where they miss it by less than the text can say.

    The nearest of the prices that the text can write may lie a little past the opponent's known limit, where it is
    surely refused, although the limit itself was meant.

    Args:
        asked: (n,) in units of the public range.
        width: (n,) the surplus, or NaN where it is hidden.
        step: between two neighbouring prices of the text.
    """
    return np.where((asked > width) & (asked <= width + step), width, asked)


def _rational(view: PriceView, text: PriceText) -> tuple[Int64, Int64]:
    """The least and the greatest whole number (n,) whose price is not past the own limit, or the nearest one."""
    exact: Float64 = (view.reservation_price - view.price_low) / (view.price_high - view.price_low) * (text.points - 1)
    sells, end = view.role > 0, text.points - 1
    low = np.where(sells, np.clip(np.ceil(exact - 1e-9), 0, end), 0)
    high = np.where(sells, end, np.clip(np.floor(exact + 1e-9), 0, end))
    return low.astype(np.int64), high.astype(np.int64)
