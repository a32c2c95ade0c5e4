"""An artifact that starts itself: what its python sees, and that it behaves like the PEX."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_artifacts import BASE_PYTHON, Node, install, pythons

SHOW = "import json, sys; print(json.dumps({'path': sys.path, 'argv': sys.argv, 'python': sys.executable}))"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node, and an environment with one file of each kind."""
    one = Node(tmp_path_factory.mktemp("a node"))
    install(
        one.site,
        "harbor",
        {
            "harbor/__init__.py": "import sys\nVERSION = 1\ndef main(): print('console', sys.executable)\n",
            "harbor/tests/test_it.py": "raise SystemExit\n",
            "harbor/python2.py": "print 'no'\n",
            "space/one/__init__.py": "",
            "space/only/a.txt": "a",
            "harbor-1.0.dist-info/entry_points.txt": "[console_scripts]\nharbor = harbor:main\n",
            "../../../bin/harbor-shell": "#!/bin/sh\necho shell\n",
            "../../../share/harbor/map.txt": "here be dragons",
        },
    )
    install(one.site, "quay", {"space/two.py": "", "quay.pth": "import os; os.environ['QUAY'] = 'seen'\n"})
    install(one.site, "data", {"data/table.csv": "1\n", "../../../share/harbor/data.txt": "more"})
    yield one
    subprocess.run(["rm", "-rf", one.root], check=True)


@pytest.fixture(scope="module")
def pex(node: Node) -> Path:
    return node.build()


def test_runs_an_environment_of_the_node_root_the_second_time_as_the_first(node: Node, pex: Path) -> None:
    runs = [node.run(pex, "-c", SHOW, "two words", "*", "") for _ in range(2)]
    assert [run.stderr for run in runs] == ["", ""]
    assert runs[0].stdout == runs[1].stdout
    shown = json.loads(runs[0].stdout)
    assert shown["argv"] == ["-c", "two words", "*", ""]
    (environment,) = node.environments()
    assert shown["python"] == str(environment / "bin" / "python")


def test_status_and_standard_input_are_those_of_the_program(node: Node, pex: Path) -> None:
    assert node.run(pex, "-c", "raise SystemExit(42)").returncode == 42
    assert (
        node.run(pex, "-", "a", input="import sys, harbor; print(harbor.VERSION, sys.argv)").stdout == "1 ['-', 'a']\n"
    )


def test_scripts_modules_and_isolated_mode(node: Node, pex: Path) -> None:
    script = node.folder / "a script.py"
    script.write_text("import harbor, sys; print(harbor.VERSION, sys.path[0], sys.flags.isolated)")
    assert node.run(pex, script).stdout == f"1 {script.parent} 0\n"
    assert node.run(pex, "-I", script).stdout.split()[0] == "1"
    (node.container / "mine.py").write_text("import harbor; print(harbor.VERSION, __name__)")
    assert node.run(pex, "-m", "mine").stdout == "1 __main__\n"
    # Without the pipes of a Spark worker it ends; the test only checks that python finds it with -m.
    assert "No module named ship_env_runtime" not in node.run(pex, "-m", "ship_env_runtime").stderr


def test_the_path_is_that_of_a_pex_with_what_is_inherited_last(node: Node, pex: Path, tmp_path: Path) -> None:
    # Modules of the cluster: one that the artifact also has, one of the standard library, and another one.
    for name in ("harbor", "colorsys", "cluster_only"):
        (tmp_path / f"{name}.py").write_text("VERSION = 'of the cluster'\n")
    code = "import harbor, colorsys, cluster_only as o; print(harbor.VERSION, hasattr(colorsys, 'VERSION'), o.VERSION)"
    variables = {"PYTHONPATH": str(tmp_path)}
    own = node.run(pex, "-c", code, variables=variables)
    assert own.stdout == "1 False of the cluster\n"
    ordinary = node.run(pex, "-c", code, variables={**variables, "PEX_EXTRA_SYS_PATH": "/nowhere"})
    assert ordinary.stdout == own.stdout
    path = json.loads(node.run(pex, "-c", SHOW, variables=variables).stdout)["path"]
    library = str(Path(os.__file__).parent)
    inherited = path.index(str(tmp_path))
    assert path.index(library) < inherited < len(path) - 1, "before what the node's python has installed"
    assert all(str(node.root) in entry for entry in path[1 : path.index(library) - 1])


def test_children_run_the_same_environment(node: Node, pex: Path) -> None:
    script = node.folder / "children.py"
    script.write_text(
        "import multiprocessing, subprocess, sys\n"
        "def work(_): import harbor; return harbor.__file__\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool: print(pool.map(work, [0])[0])\n"
        "    sys.stdout.flush()\n"
        "    subprocess.run([sys.executable, '-c', 'import harbor; print(harbor.__file__)'], check=True)\n"
    )
    spawned, started = node.run(pex, script).stdout.splitlines()
    assert spawned == started
    assert spawned.startswith(str(node.root))


def test_namespace_packages_path_files_data_and_scripts(node: Node, pex: Path) -> None:
    code = "import os, sys, space.one, space.two; print(os.environ['QUAY'], sys.prefix)"
    quay, prefix = node.run(pex, "-c", code).stdout.rstrip("\n").split(" ", 1)
    assert quay == "seen"
    share = Path(prefix) / "share" / "harbor"
    assert {path.name: path.read_text() for path in share.iterdir()} == {
        "map.txt": "here be dragons",
        "data.txt": "more",
    }
    # The path has a space, which is not possible in the first line of a script.
    assert node.run(f"{prefix}/bin/harbor").stdout == f"console {prefix}/bin/python\n"
    assert node.run(f"{prefix}/bin/harbor-shell").stdout == "shell\n"


def test_modules_come_compiled_but_tests_and_what_does_not_compile(node: Node, pex: Path) -> None:
    node.run(pex, "-c", "")
    found = {path.name for folder in node.distributions() for path in folder.rglob("*.pyc")}
    tag = sys.implementation.cache_tag
    assert {f"__init__.{tag}.pyc", f"two.{tag}.pyc"} <= found
    assert not {f"test_it.{tag}.pyc", f"python2.{tag}.pyc"} & found
    code = "import harbor; print(harbor.__cached__, harbor.main.__code__.co_filename, harbor.__file__, sep='\\n')"
    # Nothing can be written, so existing files are used.
    run = node.run(pex, "-v", "-c", code, variables={"PYTHONDONTWRITEBYTECODE": "1"})
    cached, filename, file = run.stdout.splitlines()
    assert filename == file
    assert f"matches {file}" in run.stderr
    assert cached in run.stderr


def test_another_python_of_the_same_version_gets_an_environment_of_its_own(
    node: Node, pex: Path, tmp_path: Path
) -> None:
    subprocess.run(["uv", "--quiet", "venv", "--python", sys.executable, tmp_path / "node"], check=True)
    before = node.distributions()
    other = tmp_path / "node" / "bin" / "python"
    (tmp_path / "node").joinpath(*node.site.relative_to(node.venv).parts, "only_there.py").write_text("")
    code = f"{SHOW}; import harbor, only_there"
    shown = [json.loads(node.run(pex, "-c", code, variables={"SHIP_ENV_PYTHON": str(other)}).stdout) for _ in range(2)]
    assert shown[0] == shown[1]
    ours = json.loads(node.run(pex, "-c", SHOW).stdout)
    assert shown[0]["python"] != ours["python"]
    assert node.distributions() == before, "the distributions are shared"


def test_each_container_runs_its_own_python_by_the_same_relative_path(node: Node, pex: Path, tmp_path: Path) -> None:
    containers = [tmp_path / "first", tmp_path / "second"]
    for container in containers:
        container.mkdir()
        subprocess.run(["uv", "--quiet", "venv", "--python", sys.executable, container / "python"], check=True)
        site = (container / "python").joinpath(*node.site.relative_to(node.venv).parts)
        (site / "whose.py").write_text(f"CONTAINER = {container.name!r}")
    code = "import harbor, whose; print(whose.CONTAINER)"
    there = ["sh", "-c", 'cd "$0" && exec "$@"']
    variables = {"SHIP_ENV_PYTHON": "./python/bin/python"}
    runs = [node.run(*there, container, pex, "-c", code, variables=variables) for container in containers * 2]
    assert [run.stdout for run in runs] == ["first\n", "second\n"] * 2, runs[1].stderr


def test_a_link_that_leads_to_another_python_later_changes_no_environment(
    node: Node, pex: Path, tmp_path: Path
) -> None:
    link = tmp_path / "python3"
    shown = []
    for target in [BASE_PYTHON, shutil.which("false")]:
        link.unlink(missing_ok=True)
        link.symlink_to(str(target))
        shown.append(node.run(pex, "-c", SHOW, variables={"SHIP_ENV_PYTHON": str(link)}))
    assert shown[0].stdout, shown[0].stderr
    assert shown[1].stdout == shown[0].stdout


def test_the_home_of_another_python_does_not_count(node: Node, pex: Path) -> None:
    for _ in range(2):
        run = node.run(pex, "-c", "import harbor; print(harbor.VERSION)", variables={"PYTHONHOME": "/nowhere"})
        assert (run.stdout, run.stderr) == ("1\n", "")


def test_an_artifact_that_may_only_be_read_in_a_folder_with_spaces(node: Node, pex: Path, tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s a "folder" with $signs'
    folder.mkdir()
    copy = folder / "env ä.pex"
    shutil.copy(pex, copy)
    copy.chmod(0o555)
    folder.chmod(0o555)
    shutil.rmtree(node.root)
    for _ in range(2):
        run = node.run(copy, "-c", "import harbor; print(harbor.VERSION)")
        assert (run.stdout, run.stderr) == ("1\n", "")
    folder.chmod(0o755)


def test_no_python_says_what_was_looked_for(node: Node, pex: Path, tmp_path: Path) -> None:
    tools = ["id", "ls", "mkdir", "sh", "tail"]
    for tool in tools:
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    run = node.run(pex, variables={"PATH": str(tmp_path)})
    assert run.returncode == 127
    assert f"python3.{sys.version_info[1]}, python3 and python of version" in run.stderr
    assert str(tmp_path) in run.stderr


def test_a_node_without_a_safe_folder_is_said(node: Node, pex: Path, tmp_path: Path) -> None:
    lines = """
import ship_env_node.safe
def nowhere():
    raise ship_env_node.safe.UnusableError("no directory of this node is safe")
ship_env_node.safe._safe_temporary = nowhere
"""
    # Others can write to the working directory and to the node root.
    tmp_path.chmod(0o777)
    command = node.boot(pex, lines, "-c", "")
    command[4] = str(tmp_path)
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (126, "")
    assert run.stderr.endswith(f"ship_env: {pex} was not started: no directory of this node is safe\n")
    assert "Traceback" not in run.stderr


def test_python_runs_it_as_the_pex_that_it_is(node: Node, pex: Path) -> None:
    code = "import harbor, sys; print(harbor.VERSION, harbor.__file__)"
    run = node.run(sys.executable, pex, "-c", code, variables={"PEX_ROOT": str(node.folder / "pex root")})
    assert run.stdout.startswith(f"1 {node.folder / 'pex root'}")


PYTHONS = pythons()


@pytest.mark.parametrize("minor", sorted(PYTHONS))
def test_on_each_python_of_this_machine(tmp_path: Path, minor: int) -> None:
    node = Node(tmp_path, PYTHONS[minor])
    source = "VALUES = {'one', 'two'} - frozenset({3, 4.5, 'x', None})\ndef part(text): return text[1:3]\n"
    install(node.site, "one", {"one.py": source, "deep/er/__init__.py": "", "deep/er/data.bin": b"\0" * 3_000_000})
    pex = node.build()
    code = "import one, deep.er, sys; print(sys.version_info[1], one.part('abcd'), sys.prefix)"
    shown = [node.run(pex, "-v", "-c", code) for _ in range(2)]
    (environment,) = node.environments()
    assert [run.stdout for run in shown] == [f"{minor} bc {environment}\n"] * 2
    assert "code object from" not in "".join(line for line in shown[1].stderr.splitlines() if "one.py" in line)
    wrong = next((path for other, path in PYTHONS.items() if other != minor), None)
    if wrong is not None:
        # An artifact without compiled libraries runs on any python, like every PEX.
        run = node.run(pex, "-c", code, variables={"SHIP_ENV_PYTHON": wrong})
        assert run.stdout.split()[1] == "bc"
        assert str(environment) not in run.stdout
