"""Turn JSONL records into Parquet tables: `negotiate prepare`."""

import sys

from negotiation_cli.main import main

if __name__ == "__main__":  # worker processes import this file
    main(["prepare", *sys.argv[1:]])
