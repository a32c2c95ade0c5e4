"""The Python API. The package ``jupyterlab_ship_env`` has its names, and loads each module when a name is used.

``environment``, ``builder``, ``command`` and ``current`` also travel in each artifact, under the same names, so that a
job can start a session with the environment that it runs (server/src/content/runtime-modules.ts). They import nothing
of the package that stays home.
"""
