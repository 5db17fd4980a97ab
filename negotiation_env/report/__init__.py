"""The report of a tournament: one HTML file that needs nothing else, to be read, filtered and stepped through.

`write_report` makes it of a result folder (`negotiation_env.tournament`). The file holds plotly.js, its data as JSON
and all tables as text; it asks for nothing over a network, and a policy of content security forbids it to.
"""

from __future__ import annotations

from negotiation_env.report.writing import REPORT, write_report

__all__ = ["REPORT", "write_report"]
