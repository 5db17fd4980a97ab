"""Draw how strategies concede: `negotiate plot concessions`."""

import sys

from negotiation_cli.main import main

main(["plot", "concessions", *sys.argv[1:]])
