"""The best response to a policy in price games, and how much policies can be exploited.

    from negotiation_env.best_response import best_response, exploitability

`best_response` works out what a seat can earn at most against an opponent, exactly where the opponent's state is small
and by search with bounds otherwise, and gives the policy that earns it; its ``gap`` is what another policy leaves on
the table. `exploitability` is a table of strategies: what a best response earns against each, and what is left to it.
"""

from negotiation_env.best_response.exploiting import Exploitability, exploitability
from negotiation_env.best_response.responder import Responder
from negotiation_env.best_response.result import BestResponse, Gap
from negotiation_env.best_response.solving import best_response

__all__ = ["BestResponse", "Exploitability", "Gap", "Responder", "best_response", "exploitability"]
