"""Draw games move by move: `negotiate plot interactions`."""

import sys

from negotiation_cli.main import main

main(["plot", "interactions", *sys.argv[1:]])
