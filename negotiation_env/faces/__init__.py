"""The faces of a game: PettingZoo parallel and turn-based, Gymnasium single and vector; the same for every domain."""
