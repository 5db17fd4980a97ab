"""The `negotiate` command."""
