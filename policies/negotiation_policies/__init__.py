"""Everything that can play: deterministic strategies, and later language models and people."""
