"""Distributions with files of the same name: every node uses the file that is on the kernel's disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from node_artifacts import Node, install

# Scripts of pip and uv for an entry point.
PIP = """#!{python}
# -*- coding: utf-8 -*-
import re
import sys
from {module} import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""
UV = """#!{python}
# -*- coding: utf-8 -*-
import sys
from {module} import main
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit(main())
"""
PLAIN = "#!/bin/sh\necho a plain script\n"


def install_berth(node: Node, name: str, script: str | None, padding: str = "") -> None:
    """Install a distribution with an entry point ``berth``, like others; with None it lists no script."""
    files = {
        f"{name}.py": f"def main(): print({name!r})\n{padding}",
        f"{name}-1.0.dist-info/entry_points.txt": f"[console_scripts]\nberth = {name}:main\n",
        "shared/__init__.py": f"FROM = {name!r}\n",
        "../../../share/berth/owner.txt": name,
    }
    if script is not None:
        files["../../../bin/berth"] = script.format(python=node.venv / "bin" / "python", module=name)
    install(node.site, name, files)


def run_all(node: Node, pex: Path) -> list[str]:
    """Return the script, the module and the data file of an environment on the node."""
    code = "import sys, shared; print(shared.FROM, open(sys.prefix + '/share/berth/owner.txt').read(), sys.prefix)"
    run = node.run(pex, "-c", code)
    assert run.stderr == ""
    module, data, prefix = run.stdout.rstrip("\n").split(" ", 2)
    return [node.run(f"{prefix}/bin/berth").stdout.rstrip("\n"), module, data]


# Large distributions come first in an artifact: one without a script on disk must not win for that reason.
@pytest.mark.parametrize("padding", ["", "#" * 100_000])
@pytest.mark.parametrize(("first", "second"), [("alpha", "beta"), ("beta", "alpha")])
@pytest.mark.parametrize("script", [PIP, UV])
def test_of_two_scripts_of_one_name_the_one_on_disk_runs(
    tmp_path: Path, first: str, second: str, script: str, padding: str
) -> None:
    node = Node(tmp_path)
    install_berth(node, first, script, padding)
    install_berth(node, second, script)
    assert run_all(node, node.build()) == [second, second, second]


def test_a_script_that_is_only_declared_gives_way_to_one_on_disk(tmp_path: Path) -> None:
    node = Node(tmp_path)
    install_berth(node, "alpha", None, "#" * 100_000)
    install_berth(node, "beta", PIP)
    install_berth(node, "gamma", None)
    assert run_all(node, node.build())[0] == "beta"


def test_a_plain_script_on_disk_wins_over_an_entry_point(tmp_path: Path) -> None:
    node = Node(tmp_path)
    install_berth(node, "alpha", PIP)
    install(node.site, "beta", {"../../../bin/berth": PLAIN, "../../../bin/inner/deep": PLAIN})
    (node.venv / "bin" / "inner" / "deep").chmod(0o755)
    pex = node.build()
    assert run_all(node, pex)[0] == "a plain script"
    (environment,) = node.environments()
    assert node.run(environment / "bin" / "inner" / "deep").stdout == "a plain script\n"


def test_the_same_artifact_boots_as_an_ordinary_pex_and_makes_a_venv(tmp_path: Path) -> None:
    node = Node(tmp_path)
    install_berth(node, "alpha", PIP)
    install_berth(node, "beta", UV)
    pex = node.build()
    ordinary = {"PEX_EXTRA_SYS_PATH": "/nowhere"}
    run = node.run(pex, "-c", "import alpha, beta, shared; print(shared.FROM)", variables=ordinary)
    assert (run.stdout, run.stderr) == ("beta\n", "")
    # The tool compares entry_points.txt, so it only warns.
    as_venv = node.run(
        sys.executable, pex, "-c", "import alpha, shared; print(shared.FROM)", variables={"PEX_VENV": "1"}
    )
    assert as_venv.stdout == "beta\n"
    venv = tmp_path / "made by pex"
    made = node.run(pex, "venv", "--collisions-ok", venv, variables={"PEX_TOOLS": "1"})
    assert made.returncode == 0, made.stderr
    assert node.run(venv / "bin" / "python", "-c", "import shared; print(shared.FROM)").stdout == "beta\n"


def test_of_two_layers_the_environment_wins_over_the_base(tmp_path: Path) -> None:
    base = Node(tmp_path)
    # A folder that a .pth file adds is a separate site directory, searched after the environment's.
    second = tmp_path / "second"
    second.mkdir()
    install(second, "alpha", {"shared/__init__.py": "FROM = 'second'\n", "alpha.py": "#" * 100_000})
    install(base.site, "beta", {"shared/__init__.py": "FROM = 'environment'\n"})
    (base.site / "second.pth").write_text(f"{second}\n")
    code = "import alpha, shared; print(shared.FROM)"
    kernel = subprocess.run(
        [base.venv / "bin" / "python", "-c", code], check=True, capture_output=True, text=True
    ).stdout
    assert kernel == "environment\n"
    pex = base.build()
    assert base.run(pex, "-c", code).stdout == kernel
    assert base.run(pex, "-c", code, variables={"PEX_EXTRA_SYS_PATH": "/nowhere"}).stdout == kernel


# pygments is a package that only kernels need: it does not ship compiled.
@pytest.mark.parametrize("winner", ["pygments", "beta"])
@pytest.mark.parametrize("module", ["shared/__init__.py", "shared.py", "outer/inner/shared.py"])
def test_no_module_runs_in_the_compiled_form_of_another_distributions(tmp_path: Path, winner: str, module: str) -> None:
    node = Node(tmp_path)
    second = tmp_path / "second"
    second.mkdir()
    install(second, "alpha", {module: "FROM = 'second'\n", "alpha.py": "#" * 100_000})
    install(node.site, winner, {module: "FROM = 'environment'\n"})
    (node.site / "second.pth").write_text(f"{second}\n")
    name = module.replace("/__init__", "").removesuffix(".py").replace("/", ".")
    code = f"import alpha, importlib; m = importlib.import_module({name!r}); print(m.FROM, open(m.__file__).read())"
    run = node.run(node.build(), "-c", code)
    assert (run.stdout, run.stderr) == ("environment FROM = 'environment'\n\n", "")


def test_names_that_look_like_ours_are_files_like_any_other(tmp_path: Path) -> None:
    node = Node(tmp_path)
    names = [
        "kit/.ship-env",
        "kit/.layout.json",
        "kit/.prefix/bin/tool",
        "kit/ship_env_runtime.py",
        "kit/pyvenv.cfg",
        "__main__.py",
        "PEX-INFO",
        "__pex__/__init__.py",
        ".bootstrap/pex/__init__.py",
        ".deps/kit/a.txt",
        ".ship-env-pex/a.txt",
        "../../../share/pyvenv.cfg",
        "../../../lib/kit/.ship-env",
    ]
    install(node.site, "kit", {"kit/__init__.py": "", **{name: name for name in names}})
    pex = node.build()
    code = (
        "import os, sys, kit; top = os.path.dirname(os.path.dirname(kit.__file__));"
        f"print([name for name in {names!r} if open(os.path.join(top, name)).read() != name])"
    )
    run = node.run(pex, "-c", code)
    assert (run.stdout, run.stderr) == ("[]\n", "")
    own = [name for name in names if not name.startswith("..")]
    ordinary = node.run(pex, "-c", code.replace(repr(names), repr(own)), variables={"PEX_EXTRA_SYS_PATH": "/nowhere"})
    assert (ordinary.stdout, ordinary.stderr) == ("[]\n", "")


# Of headers, the environment makes one folder; a file of another distribution may lie above it, or in it as data.
@pytest.mark.parametrize("place", ["", f"site/python3.{sys.version_info[1]}/"])
def test_headers_of_one_distribution_are_not_written_into_another(tmp_path: Path, place: str) -> None:
    node = Node(tmp_path)
    install(node.site, "alpha", {"alpha.py": "", f"../../../include/{place}alpha.h": "data"})
    headers = f"../../../include/site/python3.{sys.version_info[1]}"
    install(node.site, "beta", {"beta.py": "", f"{headers}/beta/beta.h": "header"})
    run = node.run(node.build(), "-c", "import sys; print(sys.prefix)")
    include = run.stdout.rstrip("\n") + "/include"
    found = [name for _, _, names in os.walk(include, followlinks=True) for name in names]
    assert sorted(found) == ["alpha.h", "beta.h"]
    for distribution in node.distributions():
        assert [path for path in distribution.rglob("*") if path.is_symlink()] == []


# Site directories can have a file and a folder of one name. The first distribution decides, as in an archive.
@pytest.mark.parametrize(
    ("berths", "found"),
    [
        (["berth", "berth/one.txt", "berth/two.txt"], "a file"),
        (["berth/one.txt", "berth", "berth/two.txt"], "['one.txt', 'two.txt']"),
        (["berth/one.txt", "berth"], "['one.txt']"),
    ],
)
def test_a_file_and_folders_of_one_name_are_what_the_first_distribution_has(
    tmp_path: Path, berths: list[str], found: str
) -> None:
    node = Node(tmp_path)
    further = [tmp_path / f"site{number}" for number in range(1, len(berths))]
    for number, (site, berth) in enumerate(zip([node.site, *further], berths, strict=True)):
        site.mkdir(exist_ok=True)
        install(site, f"berth{number}", {berth: "a file"})
    (node.site / "further.pth").write_text("".join(f"{site}\n" for site in further))
    code = (
        "import os, sysconfig; berth = sysconfig.get_path('purelib') + '/berth';"
        "print(sorted(os.listdir(berth)) if os.path.isdir(berth) else open(berth).read())"
    )
    run = node.run(node.build(), "-c", code)
    assert run.stdout.rstrip("\n") == found, run.stderr
