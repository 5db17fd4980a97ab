"""The price domain: one item, one price."""
