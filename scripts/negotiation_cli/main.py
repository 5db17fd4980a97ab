"""The `negotiate` command and its subcommands."""

from __future__ import annotations

import typer

from negotiation_cli import (
    calibrate_janus,
    evaluate_rho,
    export_minari,
    fetch_model,
    generate,
    listing,
    play,
    plot,
    prepare,
    report,
    show,
    tournament,
    train_bc,
    train_janus,
    train_rho_mlp,
)
from negotiation_cli.root import Root, spelling

app = typer.Typer(
    name="negotiate",
    cls=Root,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"token_normalize_func": spelling, "help_option_names": ["--help", "-h"]},
)
app.command("play", epilog=play.EPILOG)(play.play)
app.command("show", epilog=show.EPILOG)(show.show)
app.command("generate", epilog=generate.EPILOG)(generate.generate)
app.command("prepare", epilog=prepare.EPILOG)(prepare.prepare)
app.command("export-minari", epilog=export_minari.EPILOG)(export_minari.export_minari)
app.command("evaluate-rho", epilog=evaluate_rho.EPILOG)(evaluate_rho.evaluate_rho)
app.command("tournament", epilog=tournament.EPILOG)(tournament.tournament)
app.command("train-rho-mlp", epilog=train_rho_mlp.EPILOG)(train_rho_mlp.train_rho_mlp)
app.command("train-janus", epilog=train_janus.EPILOG)(train_janus.train_janus)
app.command("calibrate-janus", epilog=calibrate_janus.EPILOG)(calibrate_janus.calibrate_janus)
app.command("train-bc", epilog=train_bc.EPILOG)(train_bc.train_bc)
app.add_typer(plot.app, name="plot")
app.command("report", epilog=report.EPILOG)(report.report)
app.command("fetch-model", epilog=fetch_model.EPILOG)(fetch_model.fetch_model)
app.command("list", epilog=listing.EPILOG)(listing.list_names)


@app.callback(invoke_without_command=True)
def negotiate(context: typer.Context) -> None:
    """Bargain: play strategies, make datasets of negotiations, and plot them.

    The exit code is 0 if all went well, 2 with one line of advice for a wrong call, 130 after Ctrl-C.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(args: list[str] | None = None) -> None:
    """Run the command line; the arguments of the process by default."""
    app(args)


if __name__ == "__main__":
    main()
