"""Language models in the multi-item domain: bargaining freely, and wording the proposals of a strategy."""
