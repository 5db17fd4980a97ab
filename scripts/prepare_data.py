"""Turn JSONL records into Parquet tables: `negotiate prepare`."""

import sys

from negotiation_cli.main import main

main(["prepare", *sys.argv[1:]])
