"""Does the price settle where it is commanded to: `negotiate evaluate-rho`."""

import sys

from negotiation_cli.main import main

if __name__ == "__main__":  # worker processes import this file
    main(["evaluate-rho", *sys.argv[1:]])
