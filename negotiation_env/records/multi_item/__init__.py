"""Records of multi-item games."""
