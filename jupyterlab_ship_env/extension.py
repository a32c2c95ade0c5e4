"""The server extension: adds the handler, and stops the sidecar together with the Jupyter server."""

from __future__ import annotations

from jupyter_server.extension.application import ExtensionApp

from .jupyter.handler import PATH_PATTERN, ShipEnvHandler
from .jupyter.sidecar_process import SidecarProcess


class ShipEnvExtension(ExtensionApp):
    """The extension; an ExtensionApp, since only those are told when the server stops."""

    name = "jupyterlab_ship_env"

    def initialize_handlers(self) -> None:
        """Serve ``<base_url>ship-env/…``. The first request starts the sidecar."""
        self.sidecar = SidecarProcess(self.log)
        # The base class prepends the base URL.
        self.handlers.append((PATH_PATTERN, ShipEnvHandler, {"sidecar": self.sidecar}))

    async def stop_extension(self) -> None:
        """Close the sidecar's stdin and wait for its end."""
        await self.sidecar.stop()
