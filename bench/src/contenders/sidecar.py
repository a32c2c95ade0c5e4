"""Starts the sidecar as the Jupyter server's handler does, prints its address, and ends it on SIGTERM."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys

try:
    from jupyterlab_ship_env.jupyter.sidecar_process import SidecarProcess
except ImportError:
    # An earlier wheel, which a comparison of before and after runs.
    from jupyterlab_ship_env.sidecar_process import SidecarProcess


async def main() -> None:
    """Keep the sidecar running until the signal."""
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    sidecar = SidecarProcess(logging.getLogger("bench"))
    try:
        endpoint = await sidecar.endpoint()
        sys.stdout.write(json.dumps(endpoint._asdict()) + "\n")
        sys.stdout.flush()
        await end.wait()
    finally:
        await sidecar.stop()


asyncio.run(main())
