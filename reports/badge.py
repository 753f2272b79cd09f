"""The level as an SVG badge for a README: five fields, as many filled as steps are reached."""

from __future__ import annotations

from assessor.model import Assessment

LABEL, CELL, GAP, HEIGHT = 62, 9, 3, 20


def render(assessment: Assessment, *, baseline: Assessment | None = None) -> str:
    """Return one SVG image; a baseline does not change it."""
    whole = assessment.organization
    value = "not assessed" if whole.score is None else f"level {whole.level} of 5"
    text_width = round(len(value) * 5.6) + 14
    fields = 0 if whole.score is None else 5 * (CELL + GAP) + 8
    width = LABEL + fields + text_width
    cells = "".join(_cell(step, step <= whole.level) for step in range(1, 6)) if fields else ""
    middle = LABEL + fields + text_width / 2 - (4 if fields else 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" role="img" aria-label="GitOps: {value}">'
        f"<title>GitOps: {value}</title>"
        f'<rect width="{width}" height="{HEIGHT}" rx="3" fill="#0b5568"/>'
        f'<path d="M3 0h{LABEL - 3}v{HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#2b3440"/>{cells}'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{LABEL / 2:g}" y="14">GitOps</text>'
        f'<text x="{middle:g}" y="14" textLength="{text_width - 12}">{value}</text></g></svg>\n'
    )


def _cell(step: int, reached: bool) -> str:
    x = LABEL + 8 + (step - 1) * (CELL + GAP)
    fill = 'fill="#fff"' if reached else 'fill="none"'
    return f'<rect x="{x}.5" y="5.5" width="{CELL}" height="{CELL}" rx="1" {fill} stroke="#fff"/>'
