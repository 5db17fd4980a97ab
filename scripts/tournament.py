"""Every policy against every other, on the same games: `negotiate tournament`."""

import sys

from negotiation_cli.main import main

if __name__ == "__main__":  # worker processes import this file
    main(["tournament", *sys.argv[1:]])
