"""Ship env to cluster: the Python glue of the JupyterLab extension.

This package lives in two places: beside JupyterLab, where it serves the extension and its sidecar, and in the kernel's
environment, where it is the cell magic. Importing it is cheap: it loads only the standard library, and IPython or
jupyter_server when one of them calls us.
"""

from __future__ import annotations

# Type checkers know this name; importing it from `typing` would take longer than all other imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

try:
    from ._version import __version__
except ImportError:
    # A checkout that was not built or installed has no generated version.
    __version__ = "0+unknown"

__all__ = ["__version__", "load_ipython_extension"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Return the folder of the built front end, for ``jupyter-builder develop``."""
    return [{"src": "labextension", "dest": "jupyterlab-ship-env"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Return the server extension for a Jupyter server."""
    from .extension import ShipEnvExtension

    return [{"module": "jupyterlab_ship_env.extension", "app": ShipEnvExtension}]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Run by ``%load_ext jupyterlab_ship_env``: adds ``%ship_env`` and ``%%ship_env``."""
    from .magic import register

    register(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Run by ``%unload_ext jupyterlab_ship_env``: removes the magics."""
    from .magic import unregister

    unregister(shell)
