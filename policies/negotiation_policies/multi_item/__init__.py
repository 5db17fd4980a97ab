"""Strategies that split a pool of items."""
