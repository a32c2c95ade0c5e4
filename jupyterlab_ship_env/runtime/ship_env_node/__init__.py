"""Start an artifact on a node: unpack each distribution once, link an environment, run its python.

These modules are at the head of every artifact, uncompressed. Its ``sh`` header runs the environment's python at once
when the environment exists. Otherwise the node's python runs these modules, one after the other, by their place in the
file (``formats/pex/header.ts``). When they fail, the artifact is still a PEX, and boots as one.

They need only CPython 3.9 to 3.14 with its standard library. They print nothing to stdout, where Spark reads the
daemon's port.
"""
