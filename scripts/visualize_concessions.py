"""Draw how strategies concede: `negotiate plot concessions`."""

import sys

from negotiation_cli.main import main

if __name__ == "__main__":  # worker processes import this file
    main(["plot", "concessions", *sys.argv[1:]])
