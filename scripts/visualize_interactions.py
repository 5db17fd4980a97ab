"""Draw games move by move: `negotiate plot interactions`."""

import sys

from negotiation_cli.main import main

if __name__ == "__main__":  # worker processes import this file
    main(["plot", "interactions", *sys.argv[1:]])
