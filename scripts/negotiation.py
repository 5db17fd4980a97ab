"""Play a negotiation, or generate a dataset of negotiations.

`negotiation.py ...` is `negotiate play ...`, and `negotiation.py --dataset_mode ...` is `negotiate generate ...`.
"""

import sys

import typer
from negotiation_cli.main import main
from negotiation_cli.root import spelling

if __name__ == "__main__":  # worker processes import this file
    arguments = [argument for argument in sys.argv[1:] if spelling(argument) != spelling("--dataset_mode")]
    if "--help" in arguments:
        typer.echo(__doc__)
    main(["play" if len(arguments) == len(sys.argv) - 1 else "generate", *arguments])
