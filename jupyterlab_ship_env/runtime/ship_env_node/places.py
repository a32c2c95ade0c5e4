"""The folders on a node, and their owners.

Below the node root, which ``safe.py`` has checked::

    ship-env-3/dist/<key>/          one distribution, unpacked
    ship-env-3/env/<id>.<python>/   one environment of links to distributions, for one python of the node
    ship-env-3/pex/<id>/            what an artifact unpacks as an ordinary PEX; then <id>.1, ... see ``ordinary.py``
    ship-env-3/lock/<name>          held by a process that makes or removes the folder of that name
    ship-env-3/tmp/<name>.<random>  not complete yet, or to be removed

``marks.py`` describes the folder ``.ship-env`` in the first three.
"""

from __future__ import annotations

import contextlib
import os
import stat

from ship_env_node.marks import Mark, has_witness, is_believed
from ship_env_node.safe import UnusableError, physical, refuse_foreign, refuse_unsafe

# The number changes when an older bootstrap would misread the files of a newer one, since they share a node root.
LAYOUT = "ship-env-3"


class NodeRoot:
    """The folders of one node root.

    :param is_in_container: as for ``safe.refuse_unsafe``
    """

    def __init__(self, path: str, *, is_in_container: bool = False) -> None:
        self.path = physical(path)
        self._is_in_container = is_in_container
        self.base = os.path.join(self.path, LAYOUT)
        self.distributions = os.path.join(self.base, "dist")
        self.environments = os.path.join(self.base, "env")
        self.ordinary = os.path.join(self.base, "pex")
        self.locks = os.path.join(self.base, "lock")
        self.temporary = os.path.join(self.base, "tmp")

    def check(self) -> None:
        """Raise UnusableError when another user could decide what runs from here. The folder need not exist."""
        refuse_unsafe(self.path, is_in_container=self._is_in_container)

    def prepare(self) -> None:
        """Make the missing folders.

        Raises UnusableError when one is not safe or nothing can run from here, OSError when one cannot be made.
        """
        self.check()
        ours = (self.distributions, self.environments, self.ordinary, self.locks, self.temporary)
        for folder in (self.path, self.base, *ours):
            # An executor that starts at the same moment may be faster.
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700)
            refuse_foreign(folder)
        # Compiled modules cannot be loaded from such a folder.
        if os.statvfs(self.base).f_flag & getattr(os, "ST_NOEXEC", 0):
            raise UnusableError(f"{self.path} is mounted noexec")

    def distribution(self, key: str) -> str:
        """Return the folder of a distribution."""
        return os.path.join(self.distributions, key)

    def environment(self, name: str) -> str:
        """Return the folder of an environment."""
        return os.path.join(self.environments, name)

    def pex_root(self, artifact_id: str) -> str:
        """Return the PEX_ROOT for an artifact that boots as an ordinary PEX."""
        return os.path.join(self.ordinary, artifact_id)

    def lock(self, name: str) -> str:
        """Return the lock file of a distribution, an environment or an ordinary PEX."""
        return os.path.join(self.locks, name)

    def fresh(self, name: str) -> str:
        """Return a new path that nobody else uses, and that shows later that a killed process left it."""
        return os.path.join(self.temporary, f"{name}.{os.urandom(8).hex()}")

    def is_whole(self, key: str) -> bool:
        """Return whether a distribution is complete: no cleaner and no loss of power has damaged it."""
        folder = self.distribution(key)
        return is_folder(folder) and has_witness(folder) and is_believed(Mark.read(folder))


def is_folder(path: str) -> bool:
    """Return whether this is a real directory, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
