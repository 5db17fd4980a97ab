"""Language models in the price domain: bargaining freely, and wording the moves of a strategy."""
