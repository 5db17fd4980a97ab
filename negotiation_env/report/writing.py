"""`write_report`: the sections of a report put together and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negotiation_env.records.files import created, flush, publish
from negotiation_env.report.analyses import (
    exploit_section,
    game_section,
    outcome_section,
    rho_section,
    theory_section,
)  # fmt: skip
from negotiation_env.report.measures import names_by_rank
from negotiation_env.report.page import NOTHING, render
from negotiation_env.report.replies import no_replies, reply_section
from negotiation_env.report.rho import find_rho
from negotiation_env.report.sections import (
    Section,
    deals_section,
    failure_section,
    map_section,
    ranking_section,
    seat_names,
)

if TYPE_CHECKING:
    from negotiation_env.tournament.results import Results

REPORT = "report.html"
_SUFFIXES = (".html", ".htm")
_COMMANDS = {
    "calibration": ("Calibration of a commanded rho", "negotiate evaluate-rho --output_dir {folder}/rho"),
    "replies": ("Best replies to scripted policies of price games", "negotiate report {folder} --best_responses 50"),
    "theory": ("Theory scales", "negotiate tournament --domain price --scenario private"),
    "games": ("Single games", "negotiate tournament --keep_episodes 4"),
}
"""What may be missing, and which command adds it."""


def write_report(
    results: str | Path, output: str | Path | None = None, rho: str | Path | None = None, best_responses: int = 0
) -> Path:
    """Write the report of a tournament.

    Args:
        results: the folder of a tournament.
        output: the file; ``report.html`` in the folder by default.
        rho: a folder of `negotiate evaluate-rho`; one that lies in ``results`` by default.
        best_responses: in how many games of each seat the best replies to the scripted policies of a price tournament
            are worked out, a second or so each; none by default.

    Returns:
        The file, which is there in full or not at all.

    Raises:
        negotiation_env.records.errors.RecordError: the folder holds no results, or those of another version.
        ValueError: ``output`` is no name of an HTML file, or best replies are asked for that these games have none of.
        ImportError: Polars, Jinja2 or Plotly is missing.
    """
    from negotiation_env.tournament.results import load_results

    if output is not None and Path(output).suffix.lower() not in _SUFFIXES:
        raise ValueError(f"the report is one HTML file, and {output} is no name of one; let it end in .html or .htm.")
    found = load_results(results)
    if best_responses and (hindrance := no_replies(found)):
        raise ValueError(f"best replies cannot be worked out for {found.folder}: {hindrance}; leave them out.")
    path = Path(output) if output is not None else found.folder / REPORT
    text = report_text(found, find_rho(found.folder, None if rho is None else Path(rho)), best_responses)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with created(temporary) as file:
            file.write(text.encode())
            flush(file)
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def report_text(results: Results, rho: Path | None, best_responses: int = 0) -> str:
    """The page of a tournament."""
    from negotiation_env import __version__

    sections = _sections(results, rho, best_responses)
    settings, names = results.settings, names_by_rank(results)
    parts: dict[str, Any] = {
        "title": f"Tournament of {len(settings.names)} policies",
        "lead": _lead(results),
        "facts": _facts(results),
        "sections": sections,
        "policies": names,
        "sides": settings.sides,
        "seats": seat_names(results),
        "version": __version__,
    }
    data: dict[str, Any] = {"policies": names, "sides": list(settings.sides)}
    for section in sections:
        parts.update(section.parts)
        data.update(section.data)
    return render(parts, data)


def _sections(results: Results, rho: Path | None, best_responses: int) -> list[Section]:
    possible = {
        "ranking": ranking_section(results),
        "match-ups": map_section(results),
        "deals": deals_section(results),
        "outcomes": outcome_section(results),
        "games": game_section(results),
        "exploitability": exploit_section(results),
        "replies": reply_section(results, best_responses),
        "theory": theory_section(results),
        "calibration": None if rho is None else rho_section(rho),
        "failures": failure_section(results),
    }
    made = [section for section in possible.values() if section is not None]
    missing = _missing(possible, results)
    return [*made, missing] if missing is not None else made


def _missing(possible: Mapping[str, Section | None], results: Results) -> Section | None:
    """What the results do not hold, with the commands that add it."""
    lacking: Sequence[tuple[str, str]] = [
        (what, command.format(folder=results.folder.name))
        for name, (what, command) in _COMMANDS.items()
        if possible[name] is None and not (name == "replies" and no_replies(results))
    ]
    if not lacking:
        return None
    text = "These need other results; the command adds them, and negotiate report writes the page anew."
    return Section("missing", "Not here", "Not in this report", text, {"missing": lacking})


def _lead(results: Results) -> str:
    game, domain = results.settings.game, results.settings.domain
    what = "bargain over one price" if domain == "price" else "split a pool of items"
    who = f"A {results.settings.sides[0]} and a {results.settings.sides[1]}" if domain == "price" else "Two agents"
    private = "limit" if domain == "price" else "values"
    told = (
        f"each is told the other's {private}"
        if game["information"] == "known"
        else f"each knows only its own {private}"
    )
    return f"{who} {what}; {told}. Every policy meets every policy, itself too, in both seats."


def _facts(results: Results) -> list[tuple[str, str]]:
    """The figures at the top of the page."""
    game, outcomes = results.settings.game, results.outcomes
    faults, ended = int(outcomes["fault"].sum()), outcomes.filter(~outcomes["fault"])
    ranked = results.ranking.policies
    winners = ranked.drop_nulls("strength")["policy"]
    earners = ranked.drop_nulls("share").sort("share", descending=True, maintain_order=True)["policy"]
    facts = [
        ("Most wins", str(winners[0]) if len(winners) else NOTHING),
        ("Largest share", str(earners[0]) if len(earners) else NOTHING),
        ("Games", f"{len(outcomes):,}"),
        ("Games a pair", f"{results.settings.num_episodes:,}"),
        ("Deals", f"{100 * int(ended['deal'].sum()) / max(len(ended), 1):.1f} %"),
        ("Scenario", str(game["scenario"])),
        ("Deadline", f"{game['max_turns']} turns"),
        ("Seed", str(results.settings.seed)),
    ]
    if faults:
        facts.append(("Games with a fault", f"{faults:,}"))
    return facts
