"""Janus: one frozen language model steered by the scalar rho. The code arrives with its own change."""
