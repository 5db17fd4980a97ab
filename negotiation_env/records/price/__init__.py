"""Records of price games."""
