"""The script of a Spark job that runs a module of the shipped environment, or a function of the module.

``ship-env submit`` gives it to spark-submit, since spark-submit takes a script only. The first argument is
``package.module``, which runs as ``python -m`` runs it, or ``package.module:function``, which runs as a console script
does. Python 3.9 to 3.14, stdlib only.
"""

from __future__ import annotations

import importlib
import runpy
import sys


def main() -> int | str | None:
    """Run what the first argument names; returns the exit code of a console script."""
    what = sys.argv.pop(1)
    # The folder of this script: nothing is to be imported from there.
    del sys.path[0]
    module, _, function = what.partition(":")
    if function:
        sys.argv[0] = function
        result: int | str | None = getattr(importlib.import_module(module), function)()
        return result
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
