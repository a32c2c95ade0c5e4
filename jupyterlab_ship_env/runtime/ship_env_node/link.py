"""Link an environment: a venv (PEP 405) for one python of the node, made of links to unpacked distributions."""

from __future__ import annotations

import hashlib
import os
import site
import sys
from typing import TYPE_CHECKING

from ship_env_node import start
from ship_env_node.locks import Lock, held
from ship_env_node.marks import (
    BOOT,
    DISTRIBUTIONS,
    MARK,
    PYTHON,
    USED,
    Mark,
    begin,
    boot_of_machine,
    has_witness,
    is_believed,
    note,
)
from ship_env_node.places import is_folder
from ship_env_node.unpack import PATIENCE, discard, remove

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ship_env_node.artifact import Artifact, Segment
    from ship_env_node.places import NodeRoot

# What the pex tool stores in a distribution's folder besides its modules.
PREFIX = ".prefix"
LAYOUT_FILE = ".layout.json"
# The folder of compiled modules beside their sources (PEP 3147).
COMPILED = "__pycache__"
# Longest first line of a script that every kernel accepts, without its line end (Linux before 5.1: BINPRM_BUF_SIZE).
SHEBANG_BYTES = 127
PYTHON_SHEBANG = b"#!python\n"


def environment_name(artifact_id: str, python: str) -> str:
    """Name the environment of an artifact for one python of the node; each path of a python has its own environment."""
    return f"{artifact_id}.{hashlib.sha256(os.fsencode(python)).hexdigest()[:12]}"


def is_whole(root: NodeRoot, name: str, python: str) -> bool:
    """Return whether an environment exists with all its distributions; the header checks the same."""
    folder = root.environment(name)
    linked = note(folder, DISTRIBUTIONS)
    try:
        with open(note(folder, PYTHON), encoding="utf-8", errors="surrogateescape") as file:
            if file.read() != f"{python}\n":
                return False
        with open(note(folder, BOOT), encoding="ascii") as file:
            is_sound = is_believed(Mark(file.read().rstrip("\n"), 0))
        folders = [folder, *(os.path.join(linked, wheel) for wheel in os.listdir(linked))]
    except OSError:
        return False
    has_all = all(has_witness(each) for each in folders)
    return is_sound and has_all and is_folder(folder) and os.access(executable(root, name), os.X_OK)


def executable(root: NodeRoot, name: str) -> str:
    """Return the python of an environment."""
    return os.path.join(root.environment(name), "bin", "python")


def link_environment(root: NodeRoot, artifact: Artifact, name: str, python: str) -> None:
    """Make the environment of an artifact whose distributions are all unpacked.

    Raises OSError.
    """
    lock = Lock(root.lock(name))
    lock.acquire(PATIENCE)
    with held(lock):
        if is_whole(root, name, python):
            return
        work = root.fresh(name)
        try:
            _link(root, artifact, work, root.environment(name), python)
            remove(root.environment(name), root, name)
            os.rename(work, root.environment(name))
        except BaseException as error:
            discard(work)
            # Another process was first: we had stopped waiting for its lock.
            if not isinstance(error, OSError) or not is_whole(root, name, python):
                raise


def _link(root: NodeRoot, artifact: Artifact, work: str, final: str, python: str) -> None:
    """Make the environment in a folder that will be called ``final``."""
    begin(work)
    linked = note(work, DISTRIBUTIONS)
    scripts = os.path.join(work, "bin")
    modules = os.path.join(work, "lib", _library_name(), "site-packages")
    headers = os.path.join(work, "include")
    # These are real folders: with a link to a distribution's folder, later merges would write into the distribution.
    for folder in (scripts, modules, headers, linked):
        os.makedirs(folder)
    # In the order of sys.path. The sort is stable, so the order is the same on every machine.
    segments = sorted(artifact.segments, key=lambda segment: segment.rank)
    folders = [root.distribution(segment.key) for segment in segments]
    for segment, folder in zip(segments, folders):
        os.symlink(folder, os.path.join(linked, segment.wheel))
    _merge(folders, modules, leave={PREFIX, LAYOUT_FILE, MARK})
    # A distribution has C headers at two places. Each folder of the environment is made by one merge: a second merge
    # could write through a link into the folder of a distribution.
    _merge([os.path.join(folder, PREFIX, "data") for folder in folders], work, leave={"include"})
    includes = (("data", "include"), ("include",))
    _merge([os.path.join(folder, PREFIX, *place) for folder in folders for place in includes], headers)
    _scripts(root, segments, scripts, os.path.join(final, "bin", "python"))
    _python(work, scripts)
    _own_modules(artifact, modules)
    _write(os.path.join(modules, "ship_env_start.py"), vars(start)["__source__"])
    # The last file by name: it puts in order what the other path files add.
    _write(os.path.join(modules, "zz_ship_env.pth"), _start_lines().encode())
    _take_over_use(note(final, USED), note(work, USED))
    _write(note(work, BOOT), f"{boot_of_machine()}\n".encode())
    _write(note(work, PYTHON), f"{python}\n".encode(errors="surrogateescape"))


def _own_modules(artifact: Artifact, target: str) -> None:
    for name, source in artifact.root_modules():
        if name.endswith("/__init__.py"):
            # Fails when a distribution has a package of this name: its folder is a link into the distribution.
            os.mkdir(os.path.join(target, os.path.dirname(name)))
        _write(os.path.join(target, name), source)


def _take_over_use(old: str, new: str) -> None:
    """Note that the environment is used now. A process that runs the replaced environment keeps its lock."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        _write(new, b"")
    os.utime(new)


def _python(work: str, scripts: str) -> None:
    """Make the folder a virtual environment, as the venv module does."""
    # When the python belongs to a virtual environment, its base python is used: they do not nest. The path is that of
    # the file itself, not of a link that may lead to another version tomorrow. Python also finds its modules beside the
    # file.
    base = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    for alias in ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}"):
        os.symlink(base, os.path.join(scripts, alias))
    config = {
        "home": os.path.dirname(base),
        # Our PEX files inherit the path of the node's python as a fallback.
        "include-system-site-packages": "true",
        "version": ".".join(map(str, sys.version_info[:3])),
    }
    text = "".join(f"{key} = {value}\n" for key, value in config.items())
    _write(os.path.join(work, "pyvenv.cfg"), text.encode(errors="surrogateescape"))


def _start_lines() -> str:
    """Return the lines of a path file (see ``site``) that run at each start of the environment's python."""
    node = site.getsitepackages() if sys.prefix != sys.base_prefix else []
    return "".join(f"{line}\n" for line in [*node, "import ship_env_start; ship_env_start.main()"])


def _library_name() -> str:
    """Return the folder name that ``site`` uses for this python: ``python3.11``, ``python3.13t``."""
    free_threaded = "t" if "t" in getattr(sys, "abiflags", "") else ""
    return f"python{sys.version_info[0]}.{sys.version_info[1]}{free_threaded}"


def _merge(sources: Iterable[str], target: str, leave: Iterable[str] = ()) -> None:
    """Link the content of the source folders into an existing or new target folder, in the order of the sources.

    An entry of one source becomes one link. A folder that several sources have, such as a namespace package, or that
    exists already, becomes a real folder, whose content is merged in the same way. When several sources have a file,
    the first wins, with its compiled module. When some have a file and others a folder, the first decides which it is.
    """
    found: dict[str, list[str]] = {}
    merged = [source for source in sources if os.path.isdir(source)]
    for source in merged:
        for name in os.listdir(source):
            if name not in leave:
                found.setdefault(name, []).append(os.path.join(source, name))
    if found:
        os.makedirs(target, exist_ok=True)
    compiled = found.pop(COMPILED, []) if len(merged) > 1 else []
    for name, paths in found.items():
        place = os.path.join(target, name)
        folders = [path for path in paths if os.path.isdir(path)] if os.path.isdir(paths[0]) else []
        if len(folders) > 1 or (folders and os.path.isdir(place)):
            _merge(folders, place)
        elif not os.path.lexists(place):
            os.symlink(paths[0], place)
    for folder in compiled:
        _link_compiled(folder, target)


def _link_compiled(source: str, target: str) -> None:
    """Link the compiled modules of a source folder whose sources are linked in the target folder.

    Python on a node does not compare a compiled module with its source. So a source must not get the compiled module
    of another distribution.
    """
    place = os.path.join(target, COMPILED)
    os.makedirs(place, exist_ok=True)
    for name in os.listdir(source):
        module = f"{name.rsplit('.', 2)[0]}.py"
        if os.path.realpath(os.path.join(target, module)) == os.path.realpath(os.path.join(source, os.pardir, module)):
            os.symlink(os.path.join(source, name), os.path.join(place, name))


def _scripts(root: NodeRoot, segments: Iterable[Segment], target: str, python: str) -> None:
    """Write the console scripts; Python scripts get the environment's python in their first line.

    When several have one name, a script on the kernel's disk wins over one that is only declared, then the first wins.
    """
    listed: dict[str, str] = {}
    declared: dict[str, str] = {}
    for segment in segments:
        source = os.path.join(root.distribution(segment.key), PREFIX, "bin")
        for folder, _, names in os.walk(source):
            for path in (os.path.join(folder, name) for name in names):
                name = os.path.relpath(path, source)
                found = declared if name in segment.unlisted else listed
                found.setdefault(name, path)
    for name, path in {**declared, **listed}.items():
        place = os.path.join(target, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        _script(path, place, python)


def _script(path: str, place: str, python: str) -> None:
    with open(path, "rb") as file:
        if file.readline(len(PYTHON_SHEBANG)) == PYTHON_SHEBANG:
            _write(place, _shebang(os.fsencode(python)) + file.read(), mode=0o755)
        else:
            os.symlink(path, place)


def _shebang(python: bytes) -> bytes:
    """Return the first lines of a Python script, as distlib does: a path may be too long or hold spaces."""
    if len(python) + 2 <= SHEBANG_BYTES and b" " not in python:
        return b"#!" + python + b"\n"
    return b"".join([b"#!/bin/sh\n'''exec' \"", python, b'" "$0" "$@"\n', b"' '''\n"])


def _write(path: str, content: bytes, mode: int = 0o644) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
