"""Train Janus, also in several processes of torchrun: `negotiate train-janus`."""

import sys

from negotiation_cli.main import main

if __name__ == "__main__":
    main(["train-janus", *sys.argv[1:]])
