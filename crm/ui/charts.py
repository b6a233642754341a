"""One specification of a chart, drawn as SVG for page and PDF and told as a table (DESIGN §11).

x is in percent and y in pixels, so text never scales and no script is needed. WeasyPrint does not apply page CSS
inside inline SVG, so a chart for a PDF carries its own <style>. The same specification always gives the same bytes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from crm.ui import formats

FILLS = ("f1", "f2", "f3", "f4", "f5", "f6")
PRINT_STYLE = (
    "<style>text{fill:#6a665f;font:8.5px 'Noto Sans SC','Noto Sans CJK SC',sans-serif}.val{fill:#1d1c1a}"
    ".axis{stroke:#eceae5}.base{stroke:#d9d6ce}.target{stroke:#6a665f;stroke-width:1.2;stroke-dasharray:3 2}"
    ".ln{stroke:#2c49b8;stroke-width:1.6}"
    ".dot{fill:#fff;stroke:#2c49b8;stroke-width:1.6}.f1{fill:#3a56cf}.f2{fill:#c3cdf5}.f3{fill:#1b8a8b}.f4{fill:#b8750f}"
    ".f5{fill:#8460cf}.f6{fill:#d9d6ce}.l3{stroke:#1b8a8b}.l4{stroke:#b8750f}.l5{stroke:#8460cf}.track{fill:#eceae5}</style>"
)
LEFT, TOP_SPACE, FOOT_SPACE, GRID_STEPS = 7.0, 20.0, 24.0, 4
LABEL_WIDTH, VALUE_WIDTH, BAR_ROW = 26.0, 12.0, 28.0


@dataclass(frozen=True)
class Series:
    """One row of numbers with a name; there are as many values as the chart has categories."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """What a chart says: kind is columns (stacked), line or hbar; target is one number per category, drawn dashed.

    `finding` is the one sentence a reader should take away; it is the name of the picture for screen readers.
    """

    kind: str
    title: str
    unit: str
    categories: Sequence[str]
    series: Sequence[Series]
    target: Sequence[float | None] | None = None
    target_label: str = ""
    finding: str = ""
    height: int = field(default=220)

    def __post_init__(self) -> None:
        if self.kind not in DRAWERS:
            raise ValueError(f"A chart is one of {', '.join(DRAWERS)}, not {self.kind!r}.")
        rows = [one.values for one in self.series] + ([self.target] if self.target is not None else [])
        if any(len(row) != len(self.categories) for row in rows):
            raise ValueError("Every series and the target have one value per category.")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.categories or not any(value for one in self.series for value in one.values)

    def as_svg(self, pdf: bool = False) -> SafeString:
        """The picture; pdf=True makes it independent of the style sheets of the page."""
        body = DRAWERS[self.kind](self)
        height = self.height if self.kind != "hbar" else max(int(BAR_ROW * len(self.categories)), 28)
        name = escape(self.finding or f"{self.title} {self.unit}".strip())
        return mark_safe(  # noqa: S308 - every text below passes through escape()
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="100%" height="{height}" role="img" '
            f'aria-label="{name}">{PRINT_STYLE if pdf else ""}{body}</svg>'
        )

    def as_table(self) -> list[list[str]]:
        """The same numbers as rows of text, the head first."""
        head = ["", *(one.label for one in self.series)]
        columns = [one.values for one in self.series]
        if self.target is not None:
            head.append(self.target_label)
            columns.append(self.target)
        body = [[name, *(number(column[at]) for column in columns)] for at, name in enumerate(self.categories)]
        return [head, *body]

    def legend(self) -> list[tuple[str, str]]:
        """(fill class, label) of each series; empty where one series needs no legend."""
        return [(FILLS[at % 6], one.label) for at, one in enumerate(self.series)] if len(self.series) > 1 else []


def number(value: float | None) -> str:
    """A value as labels and tables show it: at most two decimals (below one three digits), no trailing zeros."""
    if value is None:
        return "—"
    text = f"{float(value):.3g}" if abs(value) < 1 else f"{float(value):,.2f}".rstrip("0").rstrip(".")
    return text.replace("-", "−", 1)


def axis_number(value: float) -> str:
    """A value on an axis, short whatever its size: 20, 1.5 万, 3 亿 or 15 K, 300 M."""
    if abs(value) < 10_000:
        return number(value)
    figure, unit = formats.scaled(value, 1)
    return f"{figure.rstrip('0').rstrip('.') if '.' in figure else figure} {unit}"


def nice_step(top: float, steps: int = GRID_STEPS, *, is_whole: bool = False) -> float:
    """A round distance between grid lines so that `steps` of them reach `top`; whole for what is counted."""
    if top <= 0 or not math.isfinite(top):
        return 1.0
    raw = top / steps
    magnitude = 10.0 ** max(math.floor(math.log10(raw)), 0 if is_whole else -300)
    sizes = (m * magnitude for m in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10))
    return next(size for size in sizes if size >= raw * (1 - 1e-9) and (size.is_integer() or not is_whole))


def _is_counted(chart: Chart) -> bool:
    values = [value for one in chart.series for value in one.values] + list(chart.target or ())
    return all(value is None or value == int(value) for value in values)


@dataclass(frozen=True)
class _Scale:
    height: float
    step: float

    def y(self, value: float) -> float:
        base = self.height - FOOT_SPACE
        return base - (base - TOP_SPACE) * max(value, 0.0) / (self.step * GRID_STEPS)

    def grid(self) -> str:
        lines = []
        for k in range(GRID_STEPS + 1):
            value = self.step * k
            y = self.y(value)
            css = "axis" if k else "base"
            lines.append(
                f'<line class="{css}" x1="{LEFT:g}%" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{LEFT - 1:g}%" y="{y + 4:.1f}" text-anchor="end">{axis_number(value)}</text>'
            )
        return "".join(lines)


def _amount(value: Decimal | float | None) -> float:
    return float(value) if value is not None and math.isfinite(float(value)) else 0.0


def _label_every(count: int, room: int = 14) -> int:
    return max(1, math.ceil(count / room))


def _foot_label(chart: Chart, x: float, name: str) -> str:
    return f'<text x="{x:.2f}%" y="{chart.height - 6}" text-anchor="middle">{escape(name)}</text>'


def _columns(chart: Chart) -> str:
    sums = [sum(max(_amount(one.values[at]), 0) for one in chart.series) for at in range(len(chart.categories))]
    goals = [_amount(value) for value in chart.target or ()]
    scale = _Scale(chart.height, nice_step(max([*sums, *goals, 0]), is_whole=_is_counted(chart)))
    slot = (100 - LEFT) / max(len(chart.categories), 1)
    width = min(slot * 0.5, 8)
    every = _label_every(len(chart.categories))
    out = [scale.grid()]
    for at, name in enumerate(chart.categories):
        centre, reached = LEFT + slot * (at + 0.5), 0.0
        for order, one in enumerate(chart.series):
            value = max(_amount(one.values[at]), 0)
            if not value:
                continue
            y, foot = scale.y(reached + value), scale.y(reached)
            told = escape(f"{name} {one.label} {number(value)} {chart.unit}".strip())
            out.append(
                f'<rect class="{FILLS[order % 6]}" x="{centre - width / 2:.2f}%" width="{width:.2f}%" y="{y:.1f}" '
                f'height="{max(foot - y - (1 if reached else 0), 1):.1f}" rx="2"><title>{told}</title></rect>'
            )
            reached += value
        label_y = scale.y(reached) - 6
        if goals:
            y = scale.y(goals[at])
            told = escape(f"{name} {chart.target_label} {number(goals[at])} {chart.unit}".strip())
            out.append(
                f'<line class="target" x1="{centre - width * 0.85:.2f}%" x2="{centre + width * 0.85:.2f}%" '
                f'y1="{y:.1f}" y2="{y:.1f}"><title>{told}</title></line>'
            )
            if label_y - 13 < y < label_y + 5:
                label_y = y - 6
        if at % every == 0:
            if reached:
                out.append(
                    f'<text class="val" x="{centre:.2f}%" y="{label_y:.1f}" text-anchor="middle">'
                    f"{axis_number(reached)}</text>"
                )
            out.append(_foot_label(chart, centre, name))
    return "".join(out)


def _line(chart: Chart) -> str:
    goals = [_amount(value) for value in chart.target or ()]
    top = max([_amount(v) for one in chart.series for v in one.values] + goals + [0])
    scale = _Scale(chart.height, nice_step(top, is_whole=_is_counted(chart)))
    count = len(chart.categories)
    step = (97 - LEFT) / max(count - 1, 1)
    out = [scale.grid()]

    def x(at: int) -> float:
        return LEFT + 1 + step * at if count > 1 else (100 + LEFT) / 2

    def path(values: Sequence[float | None], css: str) -> str:
        return "".join(
            f'<line class="{css}" x1="{x(at):.2f}%" y1="{scale.y(_amount(a)):.1f}" '
            f'x2="{x(at + 1):.2f}%" y2="{scale.y(_amount(b)):.1f}"/>'
            for at, (a, b) in enumerate(zip(values, values[1:], strict=False))
            if a is not None and b is not None
        )

    if chart.target is not None:
        out.append(path(chart.target, "target"))
    for order, one in enumerate(chart.series):
        out.append(path(one.values, f"ln l{order % 6 + 1}"))
        for at, value in enumerate(one.values):
            if value is None:
                continue
            told = escape(f"{chart.categories[at]} {one.label} {number(value)} {chart.unit}".strip())
            radius = 4 if at == count - 1 else 2.5
            y = scale.y(_amount(value))
            out.append(
                f'<circle class="dot" cx="{x(at):.2f}%" cy="{y:.1f}" r="{radius}"><title>{told}</title></circle>'
            )
    every = _label_every(count)
    out += [_foot_label(chart, x(at), name) for at, name in enumerate(chart.categories) if at % every == 0]
    return "".join(out)


def _bars(chart: Chart) -> str:
    sums = [sum(max(_amount(one.values[at]), 0) for one in chart.series) for at in range(len(chart.categories))]
    room = 100 - LABEL_WIDTH - VALUE_WIDTH
    top = max([*sums, *(_amount(value) for value in chart.target or ()), 0]) or 1
    out = []
    for at, name in enumerate(chart.categories):
        y = BAR_ROW * at + 6
        shown = name if len(name) <= 14 else f"{name[:13]}…"
        out.append(
            f'<text x="{LABEL_WIDTH - 1.5:g}%" y="{y + 12:.0f}" text-anchor="end">{escape(shown)}'
            f"<title>{escape(name)}</title></text>"
            f'<rect class="track" x="{LABEL_WIDTH:g}%" y="{y:.0f}" width="{room:g}%" height="16" rx="3"/>'
        )
        left = LABEL_WIDTH
        for order, one in enumerate(chart.series):
            value = max(_amount(one.values[at]), 0)
            if not value:
                continue
            width = value / top * room
            told = escape(f"{name} {one.label} {number(value)} {chart.unit}".strip())
            out.append(
                f'<rect class="{FILLS[order % 6]}" x="{left:.2f}%" y="{y:.0f}" width="{max(width, 0.3):.2f}%" '
                f'height="16" rx="3"><title>{told}</title></rect>'
            )
            left += width
        if chart.target is not None:
            mark = LABEL_WIDTH + _amount(chart.target[at]) / top * room
            out.append(f'<line class="target" x1="{mark:.2f}%" x2="{mark:.2f}%" y1="{y - 2:.0f}" y2="{y + 18:.0f}"/>')
        out.append(f'<text class="val" x="100%" y="{y + 12:.0f}" text-anchor="end">{axis_number(sums[at])}</text>')
    return "".join(out)


DRAWERS = {"columns": _columns, "line": _line, "hbar": _bars}


# ── small bars inside text and cards ──


def stacked_bar(parts: Sequence[tuple[Decimal | float, str]], label: str, height: int = 10) -> SafeString:
    """One bar of (value, fill class) segments that together are the whole."""
    total = sum(_amount(value) for value, _css in parts) or 1
    left, out = 0.0, []
    for value, css in parts:
        width = _amount(value) / total * 100
        if width:
            out.append(
                f'<rect class="{escape(css)}" x="{left:.2f}%" y="0" width="{max(width - 0.5, 0.3):.2f}%" '
                f'height="{height}" rx="2.5"/>'
            )
        left += width
    return mark_safe(  # noqa: S308 - escaped
        f'<svg class="chart" width="100%" height="{height}" role="img" aria-label="{escape(label)}">'
        f"{''.join(out)}</svg>"
    )


def filled_bar(share: float, css: str = "f1", height: int = 8) -> SafeString:
    """A bar filled to `share` percent; decoration beside the number it shows."""
    width = min(max(_amount(share), 0), 100)
    return mark_safe(  # noqa: S308 - escaped
        f'<svg aria-hidden="true" width="100%" height="{height}"><rect class="track" width="100%" height="{height}" '
        f'rx="{height / 2:g}"/><rect class="{escape(css)}" width="{width:.2f}%" height="{height}" '
        f'rx="{height / 2:g}"/></svg>'
    )


def spark_line(values: Sequence[float], height: int = 26) -> SafeString:
    """A line without axes beside a figure; decoration, so the figure must stand there in words."""
    points = [_amount(value) for value in values]
    low, span = min(points, default=0), (max(points, default=0) - min(points, default=0)) or 1
    last = max(len(points) - 1, 1)

    def y(value: float) -> float:
        return height - 3 - (height - 6) * (value - low) / span

    lines = "".join(
        f'<line class="ln" x1="{at / last * 98 + 1:.1f}%" y1="{y(a):.1f}" '
        f'x2="{(at + 1) / last * 98 + 1:.1f}%" y2="{y(b):.1f}"/>'
        for at, (a, b) in enumerate(zip(points, points[1:], strict=False))
    )
    return mark_safe(f'<svg class="chart" width="100%" height="{height}" aria-hidden="true">{lines}</svg>')  # noqa: S308
