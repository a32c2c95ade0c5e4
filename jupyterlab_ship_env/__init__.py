"""Ship env to cluster: the Python glue of the JupyterLab extension.

This package lives in three places: beside JupyterLab, where it serves the extension and its sidecar; in the kernel's
environment, where it is the cell magic and the Python API (``import jupyterlab_ship_env as ship_env``); and a part of
it in each artifact, where a job starts another session (``ship_env.current()``). Importing it is cheap: it loads only
the standard library, and IPython or jupyter_server when one of them calls us.
"""

from __future__ import annotations

# Type checkers know this name; importing it from `typing` would take longer than all other imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from .api.current import current
    from .api.environment import Environment, Update
    from .api.ship import config, ship
    from .errors import ShipEnvError
    from .events import Step
    from .progress import print_step

try:
    from ._version import __version__
except ImportError:
    # A checkout that was not built or installed has no generated version.
    __version__ = "0+unknown"

#: The Python API, and the module of each name, which is loaded when the name is used.
_API = {
    "Environment": ".api.environment",
    "ShipEnvError": ".errors",
    "Step": ".events",
    "Update": ".api.environment",
    "config": ".api.ship",
    "current": ".api.current",
    "print_step": ".progress",
    "ship": ".api.ship",
}

__all__ = [
    "Environment",
    "ShipEnvError",
    "Step",
    "Update",
    "__version__",
    "config",
    "current",
    "load_ipython_extension",
    "print_step",
    "ship",
]


def __getattr__(name: str) -> Any:
    """Load a name of the Python API (PEP 562)."""
    if name not in _API:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        value = getattr(import_module(_API[name], __name__), name)
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}{_API[name]}":
            raise
        raise AttributeError(
            f"{__name__}.{name} is not part of a shipped environment, which has current() and Environment only. "
            "Install jupyterlab-ship-env to use it"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the names, those that are not loaded yet included."""
    return sorted({*globals(), *_API})


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
