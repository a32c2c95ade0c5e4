"""The server extension: adds the handler, and takes the sidecar down with the Jupyter server."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from .handler import PATH_PATTERN, ShipEnvHandler
from .sidecar_process import SidecarProcess


class ShipEnvExtension(ExtensionApp):
    """One a Jupyter server; an ExtensionApp, since only those are told when the server stops."""

    name = "jupyterlab_ship_env"

    def initialize_handlers(self) -> None:
        """Serve ``<base_url>ship-env/…``. The sidecar itself starts with the first request."""
        self.sidecar = SidecarProcess(self.log)
        # The base URL is put in front by the base class.
        self.handlers.append((PATH_PATTERN, ShipEnvHandler, {"sidecar": self.sidecar}))

    async def stop_extension(self) -> None:
        """Close the sidecar's stdin and wait for its end."""
        await self.sidecar.stop()
