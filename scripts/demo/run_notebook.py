"""Runs a notebook in a kernel, and prints JSON lines to stdout when a cell begins and ends.

Usage: run_notebook.py NOTEBOOK OUTPUT KERNEL FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main(notebook: Path, output: Path, kernel: str, folder: Path) -> int:
    """Run the notebook; return 0 when every cell ran, 1 when one raised."""
    content = nbformat.read(notebook, as_version=4)
    started: dict[int, float] = {}

    def begin(cell: Any, cell_index: int) -> None:
        started[cell_index] = time.monotonic()
        tell({"state": "started", "title": title_of(cell)})

    def end(cell: Any, cell_index: int, execute_reply: Any) -> None:
        ms = (time.monotonic() - started[cell_index]) * 1000
        ok = execute_reply["content"]["status"] == "ok"
        tell({"state": "done" if ok else "failed", "title": title_of(cell), "ms": ms})

    client = NotebookClient(
        content,
        kernel_name=kernel,
        timeout=None,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=lambda cell, cell_index: begin(cell, cell_index) if cell.cell_type == "code" else None,
        on_cell_executed=end,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        nbformat.write(content, output)
    return 0


def title_of(cell: Any) -> str:
    """Return the title that the notebook gives the cell, else its first line."""
    title: str = cell.metadata.get("ship_env_demo") or cell.source.partition("\n")[0]
    return title


def tell(event: dict[str, object]) -> None:
    """Print one event."""
    sys.stdout.write(f"{json.dumps(event)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])))
