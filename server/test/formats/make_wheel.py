"""Writes a wheel that has one of everything: python make_wheel.py DIRECTORY; writes the wheel's path."""

import base64
import hashlib
import random
import sys
import zipfile
from pathlib import Path

noise = random.Random(7)  # noqa: S311  (the same bytes every time)
FILES = {
    "harbor_kit/__init__.py": (
        b"VERSION = '1.2'\n\n\ndef main():\n    print('console', VERSION)\n\n\n"
        b"class Crane:\n    @staticmethod\n    def lift():\n        print('lifted')\n"
    ),
    "harbor_kit/__main__.py": b"print('as a module')\n",
    "harbor_kit/empty.txt": b"",
    "harbor_kit/tide \xc3\xa9.txt".encode("latin1").decode("utf-8"): b"high\n",
    "harbor_kit/tool.sh": b"#!/bin/sh\necho tool\n",
    "harbor_kit/large.txt": b"the tide comes in\n" * 200_000,
    "harbor_kit/noise.bin": noise.randbytes(2_500_000),
    "harbor_kit/exactly.bin": noise.randbytes(1_048_576),
    "Harbor_Kit-1.2.data/scripts/harbor-plain": b"#!python\nimport harbor_kit\nprint('plain', harbor_kit.VERSION)\n",
    "Harbor_Kit-1.2.data/scripts/harbor-shell": b"#!/bin/sh\necho shell\n",
    "Harbor_Kit-1.2.data/data/share/harbor/map.txt": b"here be dragons\n",
    "Harbor_Kit-1.2.data/headers/harbor.h": b"#define HARBOR 1\n",
    "Harbor_Kit-1.2.dist-info/METADATA": (
        b"Metadata-Version: 2.1\nName: Harbor-Kit\nVersion: 1.2\n"
        b"Requires-Dist: no-such-thing>=2\nRequires-Dist: six>=99\nRequires-Dist: other; python_version<'3'\n"
    ),
    "Harbor_Kit-1.2.dist-info/WHEEL": (
        b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n"
    ),
    "Harbor_Kit-1.2.dist-info/entry_points.txt": (
        b"[console_scripts]\nharbor = harbor_kit:main\nharbor-lift = harbor_kit:Crane.lift [extra]\n"
        b"[gui_scripts]\nharbor-window = harbor_kit:main\n[other]\nx = y\n"
    ),
}
PROGRAMS = {
    "harbor_kit/tool.sh",
    "Harbor_Kit-1.2.data/scripts/harbor-plain",
    "Harbor_Kit-1.2.data/scripts/harbor-shell",
}


def digest(data: bytes) -> str:
    """Hash as RECORD spells it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in FILES.items())
record += "Harbor_Kit-1.2.dist-info/RECORD,,\n"
path = Path(sys.argv[1], "Harbor_Kit-1.2-py2.py3-none-any.whl")
with zipfile.ZipFile(path, "w") as wheel:
    for name, data in {**FILES, "Harbor_Kit-1.2.dist-info/RECORD": record.encode()}.items():
        info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        info.external_attr = (0o100755 if name in PROGRAMS else 0o100644) << 16
        wheel.writestr(info, data)
sys.stdout.write(str(path))
