"""The multi-item game: two agents split a pool of item types that each values differently."""
