"""Agents that speak: language models, freely or in the words of a strategy, and the strict reading of their replies."""
