"""Play a negotiation, or, with --dataset_mode, generate a dataset: `negotiate play` and `negotiate generate`."""

import sys

from negotiation_cli.main import main
from negotiation_cli.root import spelling

arguments = [argument for argument in sys.argv[1:] if spelling(argument) != "__dataset_mode"]
main(["play" if len(arguments) == len(sys.argv) - 1 else "generate", *arguments])
