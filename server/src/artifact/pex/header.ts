import type { Interpreter } from '../../contract/snapshot.js';

/** Bytes from a zip64 locator to the file's end: itself (20), the end record (22), and `ship-env:<id>` as its comment. */
const LOCATOR_FROM_END = 20 + 22 + 'ship-env:env-'.length + 20;

/**
 * The `sh` header of an artifact: what runs for `./env.pex`, before any Python. Zip tools skip it, `python env.pex`
 * never sees it. POSIX sh only (dash, busybox); no Python is started to look around when `pythonX.Y` is there.
 *
 * PEX_ROOT, when unset: a directory that all executors of this user on this node share. It must be a real directory of
 * ours that nobody else can enter: /tmp is open to all, and whoever owns PEX_ROOT chooses what code we run. When it is
 * not, each container unpacks for itself.
 *
 * Whether the archive is one that Python's own zipimport cannot read (before 3.13 it knows no zip64) shows in its last
 * bytes; then the boot code is unpacked with zipfile first.
 *
 * @param interpreter - what the nodes must have: its implementation and minor version
 */
export function shHeader(interpreter: Interpreter): Buffer {
  const { minor } = interpreter;
  const name = pythonName(interpreter);
  const version = minor.split('.').join(', ');
  return Buffer.from(`#!/bin/sh
# A PEX of ship-env: python runs it, pex-tools and unzip read it.
set -u

# Is $1 a real directory, ours, and closed to everyone else? uid is set.
is_private() {
  [ -d "$1" ] && [ -w "$1" ] && [ -x "$1" ] || return 1
  # -d: a symbolic link shows as itself, with an "l". A "+" after the mode would be an access list.
  set -- $(LC_ALL=C ls -ldn "$1" 2>/dev/null)
  case \${1:-} in drwx------ | drwx------.) ;; *) return 1 ;; esac
  [ "\${3:-}" = "$uid" ]
}

if [ -z "\${PEX_ROOT:-}" ]; then
  uid=$(id -u)
  PEX_ROOT=\${SHIP_ENV_NODE_ROOT:-/tmp/ship-env-$uid}
  mkdir -m 700 "$PEX_ROOT" 2>/dev/null
  is_private "$PEX_ROOT" || PEX_ROOT=./.ship-env-pex
  case $PEX_ROOT in /*) ;; *) PEX_ROOT=$(pwd)/\${PEX_ROOT#./} ;; esac
fi
export PEX_ROOT

python=\${SHIP_ENV_PYTHON:-}
if [ -z "$python" ]; then
  python=$(command -v ${name}) || for name in python3 python; do
    found=$(command -v "$name") || continue
    "$found" -c 'import sys; sys.exit(sys.version_info[:2] != (${version}))' </dev/null >/dev/null 2>&1 || continue
    python=$found
    break
  done
fi
if [ -z "$python" ] || ! command -v "$python" >/dev/null; then
  echo "$0 needs Python ${minor}, and this node has none: looked for \\$SHIP_ENV_PYTHON (\${SHIP_ENV_PYTHON:-not set})," \\
    "then for ${name}, python3 and python of version ${minor} on PATH ($PATH)." \\
    "Install Python ${minor} on the node, or set SHIP_ENV_PYTHON to where it is." >&2
  exit 127
fi

# Before the end record and its comment stands the locator of a zip64 archive, if it is one.
zip64=$(printf 'PK\\006\\007')
{ locator=$(tail -c ${LOCATOR_FROM_END} "$0" | dd bs=4 count=1); } 2>/dev/null
if [ "$locator" = "$zip64" ]; then
  exec "$python" -c '${ZIP64_BOOT}' "$0" "$@"
fi
exec "$python" "$0" "$@"
exit 126
`);
}

/** What an installation of this interpreter is called: `python3.11`, `python3.13t` (free-threaded), `pypy3.10`. */
function pythonName({ implementation, minor, abiTag }: Interpreter): string {
  if (implementation === 'pypy') return `pypy${minor}`;
  return `python${minor}${/^cp\d+t$/.test(abiTag) ? 't' : ''}`;
}

/**
 * What `python env.pex` does on its first run, by the pex tool's own code, but with the archive opened by zipfile.
 * For `python -c '…'` in sh: no single quote inside. The working directory leaves sys.path before anything is imported.
 */
const ZIP64_BOOT = `import sys
if sys.path[:1] == [""]: del sys.path[0]
import json, os, tempfile, zipfile
pex = os.path.abspath(sys.argv[1])
with tempfile.TemporaryDirectory() as work:
    with zipfile.ZipFile(pex) as archive:
        archive.extractall(work, [name for name in archive.namelist() if name.startswith(".bootstrap/")])
        pex_hash = json.loads(archive.read("PEX-INFO"))["pex_hash"]
    sys.path.insert(0, os.path.join(work, ".bootstrap"))
    from pex.layout import ensure_installed
    home = ensure_installed(pex=pex, pex_root=os.environ["PEX_ROOT"], pex_hash=pex_hash)
os.environ["__PEX_EXE__"] = pex
os.execv(sys.executable, [sys.executable, home] + sys.argv[2:])`;
