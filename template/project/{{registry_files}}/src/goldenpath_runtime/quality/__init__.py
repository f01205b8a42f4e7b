"""What is looked at beyond the main figures: the rows, how sure the figures are, plots.

Owned by the template: do not edit.
"""

EXTRAS = {
    "checks of the rows": "checks:check_data",
    "analysis of the figures": "analysis",
    "plots": "plots:plot",
    "rows that were seen": "seen:examine",
}
