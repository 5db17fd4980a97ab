"""A person who plays at the terminal, in both domains."""
