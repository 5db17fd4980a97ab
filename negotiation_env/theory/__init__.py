"""What theory says a negotiation should come to: exact figures to hold measured ones against.

- Alternating offers over a known surplus: `rubinstein_share`, `rubinstein_path`, `last_proposer`.
- One price and two private limits, uniform on the same range: `linear_bid`, `double_auction_share`,
  `double_auction_trade_rate`, `second_best_share`, `take_it_or_leave_it_share`, `posted_price_share`, `mean_gains`.
- `scales` puts a match-up's measured share of the possible gains beside the latter.

Shares are of the surplus or of the possible gains, from 0 to 1. Formulas take numbers or arrays that broadcast.
"""

from negotiation_env.theory.alternating_offers import (
    last_answerable_turn,
    last_proposer,
    rubinstein_path,
    rubinstein_share,
)
from negotiation_env.theory.bilateral_trade import (
    double_auction_share,
    double_auction_trade_rate,
    linear_bid,
    mean_gains,
    posted_price_share,
    second_best_share,
    take_it_or_leave_it_share,
)
from negotiation_env.theory.scales import scales

__all__ = [
    "double_auction_share",
    "double_auction_trade_rate",
    "last_answerable_turn",
    "last_proposer",
    "linear_bid",
    "mean_gains",
    "posted_price_share",
    "rubinstein_path",
    "rubinstein_share",
    "scales",
    "second_best_share",
    "take_it_or_leave_it_share",
]
