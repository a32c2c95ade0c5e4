"""The console script ``ship-env``: becomes the Node bundle, which gets all signals and gives the exit code."""

from __future__ import annotations

import os
import sys

from .errors import ShipEnvError
from .node import bundle_environment, find_bundle, find_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns only when the bundle cannot be started (or on Windows).

    With ``--json``, a failure to start is one error object on stdout, like every other failure.

    :returns: exit code
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        command = [find_node().path, find_bundle(), *arguments]
    except ShipEnvError as error:
        if "--json" in arguments:
            import json

            print(json.dumps(error.to_object()))
        else:
            print("\n".join(error.lines()), file=sys.stderr)
        return 1
    if os.name != "nt":
        # The program that "run" or "submit" starts gets the environment variables unchanged.
        environ = os.environ if arguments[:1] in (["run"], ["submit"]) else bundle_environment(os.environ)
        os.execve(command[0], command, environ)  # noqa: S606 - no shell is wanted
    # Windows has no exec.
    import subprocess

    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
