"""Uploads with cluster-pack: what a person's own script would do, with a list of distributions to leave out.

Arguments: URL of the archive, site-packages of the environment that is measured, folder with wheels that no index has,
and names of distributions to leave out. cluster-pack packs the environment that it is installed in. Its own
requirements are left out, so that all contenders ship the same distributions.
"""

from __future__ import annotations

import sys
from importlib.metadata import distributions

import cluster_pack

url, measured, wheels, *excluded = sys.argv[1:]
wanted = {distribution.name for distribution in distributions(path=[measured])}
present = {distribution.name for distribution in distributions()}
ignored = sorted((present - wanted) | set(excluded))
cluster_pack.upload_env(url, ignored_packages=ignored, additional_indexes=[wheels])
