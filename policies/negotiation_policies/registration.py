"""The names under which the strategies can be built; presets are a class and the parameters they fix."""

from __future__ import annotations

from negotiation_env.policy import JsonValue
from negotiation_env.registry import register_policy

_TIME = "negotiation_policies.time_based:TimeDependent"
_EXPONENTIAL: dict[str, JsonValue] = {"curve": "exponential", "initial_concession": 0.05}
_CHARGING = "negotiation_policies.charging:ChargingBoul"
_MICRO = "negotiation_policies.micro:Micro"
_FAIR = "negotiation_policies.fair:Fair"
_FIXED = "negotiation_policies.fixed:FixedAspiration"

_SPLIT = "negotiation_policies.multi_item"
_SPLIT_TIME = f"{_SPLIT}.aspiring:TimeDependent"
_ORIGINAL: dict[str, JsonValue] = {"start": 0.85, "end": 0.5, "exponent": 3.0}
"""The original experiments' aspiration, ``.5 + .35 (1 - t^3)``."""


def register() -> None:
    """Register every strategy; called through the package's entry point."""
    _register_price()
    _register_multi_item()
    _register_language_agents()
    _register_learned()


def _register_price() -> None:
    register_policy("time_dependent", _TIME)
    register_policy("boulware_very_conceding", _TIME, defaults={"exponent": 0.2})
    register_policy("boulware_conceding", _TIME, defaults={"exponent": 0.5})
    register_policy("boulware_linear", _TIME, defaults={"exponent": 1.0})
    register_policy("linear", _TIME, defaults={"exponent": 1.0})
    register_policy("linear_standard", _TIME, defaults={"exponent": 1.0})
    register_policy("boulware_firm", _TIME, defaults={"exponent": 2.0})
    register_policy("boulware_hard", _TIME, defaults={"exponent": 4.0})
    register_policy("boulware", _TIME, defaults={"exponent": 5.0})
    register_policy("conceder", _TIME, defaults={"exponent": 0.25})
    register_policy("boulware_noisy", _TIME, defaults={"exponent": 5.0, "noise": 0.05})
    register_policy("linear_noisy", _TIME, defaults={"exponent": 1.0, "noise": 0.05})
    register_policy("conceder_noisy", _TIME, defaults={"exponent": 0.25, "noise": 0.05})
    register_policy("exponential", _TIME, defaults={"exponent": 1.0, **_EXPONENTIAL})
    register_policy("exponential_boulware", _TIME, defaults={"exponent": 4.0, **_EXPONENTIAL})
    register_policy("exponential_conceder", _TIME, defaults={"exponent": 0.25, **_EXPONENTIAL})

    register_policy("hardliner", "negotiation_policies.fixed:Hardliner")
    register_policy("price_fixed_strict", _FIXED, defaults={"share": 0.75})
    register_policy("price_fixed_loose", _FIXED, defaults={"share": 0.25})
    register_policy("fair", _FAIR, defaults={"early_bonus": 0.1})
    register_policy("fair_fast", _FAIR, defaults={"early_bonus": 0.0})
    register_policy("fair_slow", _FAIR, defaults={"early_bonus": 0.3})
    register_policy("naive_concession", "negotiation_policies.naive:NaiveConcession")
    register_policy("naive_boulware", "negotiation_policies.naive:NaiveBoulware")
    register_policy("random", "negotiation_policies.chance:RandomOffer")
    register_policy("random_curve", "negotiation_policies.generic:RandomCurve")
    register_policy("random_path", "negotiation_policies.generic:RandomPath")
    register_policy("random_power", "negotiation_policies.generic:RandomPower")
    register_policy("random_reaction", "negotiation_policies.generic:RandomReaction")
    register_policy("random_zopa", "negotiation_policies.chance:RandomZopa")

    register_policy("tit_for_tat", "negotiation_policies.behaviour_based:TitForTat")
    register_policy("relative_tit_for_tat", "negotiation_policies.behaviour_based:RelativeTitForTat")
    register_policy("random_absolute_tit_for_tat", "negotiation_policies.behaviour_based:RandomAbsoluteTitForTat")
    register_policy("averaged_tit_for_tat", "negotiation_policies.behaviour_based:AveragedTitForTat")
    register_policy("split_difference", "negotiation_policies.behaviour_based:SplitDifference")
    register_policy("micro_fine", _MICRO, defaults={"step": 12.5})
    register_policy("micro_moderate", _MICRO, defaults={"step": 25.0})
    register_policy("micro_coarse", _MICRO, defaults={"step": 50.0})
    register_policy("charging_boul", _CHARGING)
    register_policy("charging_boul_long", _CHARGING, defaults={"boulware_index": 5, "hardliner_index": 2})
    register_policy("charging_boul_soft", _CHARGING, defaults={"exponent": 5.0, "floor": 0.3, "conceder_floor": 0.3})
    register_policy("charging_boul_noisy", _CHARGING, defaults={"band": 0.01})

    register_policy("chatterjee_samuelson", "negotiation_policies.sealed_bids:DoubleAuction", defaults={"k": 0.5})
    register_policy("take_it_or_leave_it", "negotiation_policies.sealed_bids:TakeItOrLeaveIt")
    register_policy("posted_price", "negotiation_policies.sealed_bids:PostedPrice")

    register_policy("hold_rho", "negotiation_policies.rho_control:HoldRho")
    register_policy("concede_to_rho", "negotiation_policies.rho_control:ConcedeToRho")
    register_policy("teacher", "negotiation_policies.teacher:Teacher")
    register_policy("human", "negotiation_policies.human.price:at_terminal", kind="human")


def _register_multi_item() -> None:
    for name, target, defaults in (
        ("time_dependent", _SPLIT_TIME, None),
        ("boulware", _SPLIT_TIME, _ORIGINAL),
        ("linear", _SPLIT_TIME, {"exponent": 1.0}),
        ("conceder", _SPLIT_TIME, {"exponent": 0.25}),
        ("fixed_price", f"{_SPLIT}.aspiring:FixedAspiration", None),
        ("hardliner", f"{_SPLIT}.aspiring:Hardliner", None),
        ("tit_for_tat", f"{_SPLIT}.answering:TitForTat", None),
        ("micro", f"{_SPLIT}.answering:Micro", None),
        ("trade_off", f"{_SPLIT}.trade_off:TradeOff", None),
        ("random", f"{_SPLIT}.plain:RandomSplit", None),
        ("greedy_concession", f"{_SPLIT}.plain:GreedyConcession", None),
    ):
        register_policy(name, target, domain="multi_item", defaults=defaults)
    register_policy("human", "negotiation_policies.human.multi_item:at_terminal", domain="multi_item", kind="human")


def _register_language_agents() -> None:
    price, items = "negotiation_policies.llm.price", "negotiation_policies.llm.multi_item.agents"
    register_policy("basic", f"{price}.basic:BasicAgent", kind="llm")
    register_policy("price_strategy", f"{price}.strategy:PriceStrategy", kind="llm")
    register_policy("multi_item_strategy", f"{items}:ItemsStrategy", domain="multi_item", kind="llm")
    for name, manner in (("default", "plain"), ("charming", "charming"), ("rude", "rude")):
        register_policy(name, f"{items}:ItemsAgent", domain="multi_item", defaults={"manner": manner}, kind="llm")


def _register_learned() -> None:
    learned = "negotiation_policies.learned"
    for domain in ("price", "multi_item"):
        for name, target in (("d3rlpy", "d3rlpy_policy:D3rlpy"), ("sb3", "sb3:SB3"), ("mlp", "mlp:MLP")):
            whose: dict[str, JsonValue] = {"domain": domain}
            register_policy(name, f"{learned}.{target}", domain=domain, defaults=whose, kind="learned")
