"""Draws the results of a benchmark: ``plot.py findings.json folder`` writes two SVG files for each figure there.

Their names are `<name>-light.svg` and `<name>-dark.svg`.

Each figure is drawn twice, since GitHub shows pages in two themes and a picture does not know which one. A figure
without measurements is not drawn, and its file from an earlier benchmark is removed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Results = dict[str, Any]

#: Text and lines, grid, ours, theirs: readable on GitHub's backgrounds, and apart for the colour-blind.
THEMES = {
    "light": {"ink": "#1f2328", "grid": "#d1d9e0", "ours": "#0969da", "theirs": "#bc4c00"},
    "dark": {"ink": "#f0f6fc", "grid": "#3d444d", "ours": "#4493f8", "theirs": "#f0883e"},
}
MEMORY_LIMIT_MB = 250
MS_PER_SECOND = 1000


def main() -> None:
    """Draw every figure that has measurements, in both themes."""
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for theme, colours in THEMES.items():
        with mpl.rc_context(_style(colours)):
            for name, draw in FIGURES.items():
                figure = draw(results, colours)
                if figure is not None:
                    # Without a date, and with the same names for the same shapes, the same results give the same file.
                    figure.savefig(folder / f"{name}-{theme}.svg", transparent=True, metadata={"Date": None})
                    plt.close(figure)


def _style(colours: dict[str, str]) -> dict[str, Any]:
    ink = colours["ink"]
    return {
        "svg.hashsalt": "ship-env",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": colours["grid"],
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
        **dict.fromkeys(["text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"], ink),
    }


def draw_contenders(results: Results, colours: dict[str, str]) -> Figure | None:
    """Bars: the time of each contender for each case, on a logarithmic scale."""
    parts: dict[str, list[tuple[str, float]]] = {}
    for row in results["rows"]:
        if row["unit"] == "ms" and row["part"].startswith(("cold", "nothing changed", "tiny package")):
            parts.setdefault(row["part"], []).append((row["what"], row["median"] / MS_PER_SECOND))
    compared = {part: bars for part, bars in parts.items() if len(bars) > 1}
    if not compared:
        return None
    heights = [len(bars) for bars in compared.values()]
    figure, grid = plt.subplots(
        len(compared), 1, figsize=(9, 0.3 * sum(heights) + 0.62 * len(compared)), sharex=True, height_ratios=heights
    )
    axes = [grid] if isinstance(grid, Axes) else list(grid)
    for axis, (part, bars) in zip(axes, compared.items()):
        bars.sort(key=lambda bar: bar[1], reverse=True)
        who = [name for name, _ in bars]
        drawn = axis.barh(who, [value for _, value in bars], color=_shades(who, colours), height=0.7)
        axis.bar_label(drawn, labels=[_seconds(value) for _, value in bars], padding=4)
        axis.set_title(part, loc="left", fontweight="bold")
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")
        axis.grid(visible=False, axis="y")
        axis.margins(x=0.12)
    axes[-1].set_xlabel("seconds, logarithmic; the shorter the better")
    return figure


def draw_growth(results: Results, colours: dict[str, str]) -> Figure | None:
    """Lines: time of a small change, by size of the environment along three axes."""
    points = results["growth"]
    if not points:
        return None
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True)
    labels = {"files": "files (thousands)", "bytes": "size (GB)", "distributions": "distributions"}
    units = {"files": 1e3, "bytes": 1e9, "distributions": 1}
    for axis, (name, label) in zip(axes, labels.items()):
        curve = sorted((point for point in points if point["axis"] == name), key=lambda point: point[name])
        sizes = [point[name] / units[name] for point in curve]
        for key, colour, marker in (("editedMs", "theirs", "s"), ("unchangedMs", "ours", "o")):
            text = "one line edited" if key == "editedMs" else "nothing changed"
            axis.plot(sizes, [point[key] for point in curve], color=colours[colour], marker=marker, label=text)
        axis.set_title("\n".join(results["slopes"].get(name, [])), loc="left", fontsize=9)
        axis.set_xlabel(label)
        axis.set_xlim(left=0)
    # Set once for all three axes, which share it; otherwise each would cut off the others.
    axes[0].set_ylim(0, 1.1 * max(max(point["editedMs"], point["unchangedMs"]) for point in points))
    axes[0].set_ylabel("ms, through the sidecar")
    axes[0].legend(loc="lower right")
    return figure


def draw_memory(results: Results, colours: dict[str, str]) -> Figure | None:
    """Dots: peak memory of the sidecar during a cold ship and ten more ships, by size of the environment."""
    points = sorted(results["growth"], key=lambda point: point["bytes"])
    if not points:
        return None
    figure, axis = plt.subplots(figsize=(7, 3))
    sizes = [point["bytes"] / 1e9 for point in points]
    axis.scatter(sizes, [point["peakBytes"] / 1e6 for point in points], color=colours["ours"], zorder=3)
    axis.axhline(MEMORY_LIMIT_MB, color=colours["theirs"], linestyle="--")
    axis.annotate(
        f"wanted: at most {MEMORY_LIMIT_MB} MB", (max(sizes), MEMORY_LIMIT_MB), ha="right", va="bottom", fontsize=9
    )
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set_ylim(bottom=0)
    axis.set_xlabel("size of the environment (GB, logarithmic)")
    axis.set_ylabel("sidecar, peak MB")
    return figure


def draw_upload(results: Results, colours: dict[str, str]) -> Figure | None:
    """Lines: upload rate by parts in flight, one panel for each round trip."""
    points = results["upload"]
    trips = sorted({point["roundTripMs"] for point in points})
    if not trips:
        return None
    figure, grid = plt.subplots(1, len(trips), figsize=(3.4 * len(trips) + 1, 3.2), sharey=True)
    axes = [grid] if isinstance(grid, Axes) else list(grid)
    for axis, trip in zip(axes, trips):
        for who, colour, marker in (("ship-env", "ours", "o"), ("lib-storage", "theirs", "s")):
            curve = [point for point in points if point["who"] == who and point["roundTripMs"] == trip]
            flights = [str(point["partsInFlight"]) for point in curve]
            rates = [point["bytesPerSecond"] / 1e6 for point in curve]
            axis.plot(flights, rates, color=colours[colour], marker=marker, label=who)
        axis.set_title("no latency added" if trip == 0 else f"{trip} ms round trip added", loc="left", fontsize=10)
        axis.set_xlabel("parts in flight")
    axes[0].set_ylim(0, 1.1 * max(point["bytesPerSecond"] for point in points) / 1e6)
    axes[0].set_ylabel("MB a second")
    axes[0].legend()
    return figure


def draw_first_task(results: Results, colours: dict[str, str]) -> Figure | None:
    """Bars: first task after the session, by way and state, as ratio to a venv that is on the node."""
    rows = results["firstTask"]
    deployments = list(dict.fromkeys(row["deployment"] for row in rows))
    if not deployments:
        return None
    figure, grid = plt.subplots(1, len(deployments), figsize=(5.4 * len(deployments), 0.3 * len(rows) + 1.2))
    axes = [grid] if isinstance(grid, Axes) else list(grid)
    for axis, deployment in zip(axes, deployments):
        own = [row for row in rows if row["deployment"] == deployment][::-1]
        names = [f"{row['layout']}, {row['state']}" for row in own]
        drawn = axis.barh(names, [row["ratio"]["median"] for row in own], color=_shades(names, colours), height=0.7)
        axis.bar_label(drawn, fmt="%.2f ×", padding=4)
        axis.set_title(deployment, loc="left", fontweight="bold")
        axis.set_xlabel("ratio to a venv on the node")
        axis.grid(visible=False, axis="y")
        axis.margins(x=0.2)
    return figure


def _shades(names: list[str], colours: dict[str, str]) -> list[str]:
    return [colours["ours" if name.startswith("ship-env") else "theirs"] for name in names]


def _seconds(value: float) -> str:
    return f"{value * MS_PER_SECOND:.0f} ms" if value < 1 else f"{value:.1f} s"


FIGURES: dict[str, Callable[[Results, dict[str, str]], Figure | None]] = {
    "contenders": draw_contenders,
    "growth": draw_growth,
    "memory": draw_memory,
    "upload": draw_upload,
    "first-task": draw_first_task,
}

main()
