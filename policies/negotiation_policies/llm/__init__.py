"""Agents that speak: language models behind one protocol, their prompts, and the reading of their replies."""
