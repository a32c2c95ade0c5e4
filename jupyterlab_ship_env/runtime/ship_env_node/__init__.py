"""Start an artifact on a node: unpack each distribution once, link an environment, run its python.

These modules travel at the head of every artifact, as they are. Its ``sh`` header runs the environment's python at once
when there is one; else it has the node's python run these, one after the other, by their place in the file
(``formats/pex/header.ts``). Whatever they cannot do, the artifact is still a PEX, and boots as one.

Plain CPython 3.9 to 3.14, the standard library only, nothing on stdout, where Spark reads the daemon's port.
"""
