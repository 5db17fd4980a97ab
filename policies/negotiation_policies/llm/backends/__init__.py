"""Where a language model runs: one small protocol, and the servers and libraries that fulfil it."""
