"""`rho_mlp`: a small network on numbers, conditioned on rho; the yardstick of every other policy with a rho."""
