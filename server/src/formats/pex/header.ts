import type { Interpreter } from '../../contract/snapshot.js';
import { OURS } from '../../content/segments/names.js';
import { ARTIFACT_ID_DIGITS, ARTIFACT_ID_LENGTH } from './artifact-id.js';

// The bootstrap has the same names: ship_env_node/places.py, marks.py, link.py, boot.py.

/** Of the folders below the node root. */
export const LAYOUT = 'ship-env-3';

/** Folder of our notes in an environment and in a distribution, and the notes that the header asks for. */
export const MARK = '.ship-env';
export const NOTES = { witness: 'whole', boot: 'boot', used: 'used', python: 'python', distributions: 'dist' } as const;

/** What the note about the boot says of content that has reached the disk. */
export const SYNCED = 'synced';

/** Where a container keeps what it cannot share with the node, below its working directory. */
export const CONTAINER_ROOT = '.ship-env-pex';

/** Exit code for what is not what its name says: what a shell says of a program that it cannot run. */
export const REFUSED = 126;

/** With one of these set, someone wants what only the PEX's own boot code does. */
export const PEX_REQUESTS = [
  'PEX_EXTRA_SYS_PATH',
  'PEX_MODULE',
  'PEX_PATH',
  'PEX_PYTHON',
  'PEX_PYTHON_PATH',
  'PEX_SCRIPT',
  'PEX_TOOLS'
];

/** With this set, nothing is run: what no process uses is removed from the node. */
export const FLUSH = 'SHIP_ENV_FLUSH';

/**
 * The `sh` header of an artifact: what runs for `./env.pex`, before any Python. Zip tools skip it, `python env.pex`
 * never sees it. POSIX sh only (dash, busybox).
 *
 * When the node has the environment already, it becomes the environment's python, and nothing of the zip is read but
 * the id at its end. Else the node's python runs the bootstrap behind the header (jupyterlab_ship_env/runtime/
 * ship_env_node), which makes the environment, or boots an ordinary PEX where that cannot be done.
 *
 * The node root is a directory that all executors of this user on this node share: PEX_ROOT, else SHIP_ENV_NODE_ROOT, else
 * one in /tmp. Whoever can write to it chooses what code we run, so it must be safe from other users. When it is not, each
 * container unpacks for itself.
 *
 * @param interpreter - what the nodes must have: its implementation and minor version
 */
export function shHeader(interpreter: Interpreter): Buffer {
  return Buffer.from(
    `${[
      '#!/bin/sh\n# A PEX of ship-env: python runs it, pex-tools and unzip read it.\nset -u',
      // Of another python: with it, ours would find neither its modules nor itself.
      'unset PYTHONHOME',
      FIND_ROOT,
      findPython(interpreter),
      CHECK_NAME,
      RUN_WHAT_IS_THERE,
      `exec "$python" -I -c '${loader(interpreter)}' "$0" "$root" "$python" "$@"\nexit 126`
    ].join('\n\n')}\n`
  );
}

/**
 * Sets `root`: absolute, without links; empty when no choice is safe. `safe.py` has the same rule for what Python chooses.
 *
 * For the folder in the working directory, the working directory itself is the only one above it that counts: in YARN and
 * Kubernetes the others belong to the cluster's service account, and whoever can replace the working directory can replace
 * the artifact in it.
 */
const FIND_ROOT = `uid=$(id -u)
newline='
'

# Can no other user write to the directory $1 or replace it? $1 is a path without links, $2 how many of the folders above
# it count: "all", or "next". Further arguments are directories in it, which must be as safe.
is_safe() {
  path=$1 above=$2
  case $path in *"$newline"*) return 1 ;; esac
  shift 2
  set -- "$path" "$@"
  ours=$#
  while
    path=\${path%/*}
    set -- "\${path:-/}" "$@"
    [ -n "$path" ] && [ "$above" = all ]
  do :; done
  # One line a folder; C order puts a folder before what is in it, so the last lines are of those that must be ours.
  LC_ALL=C ls -ldn -- "$@" 2>/dev/null | {
    left=$#
    while read -r mode _ owner _; do
      # Neither group nor others may write; above ours they may where the sticky bit keeps them from renaming what is ours.
      # Where there is an access list ("+"), the group's bits are the most that it grants.
      case $mode in d????-??-*) ;; d????????[tT]*) [ "$left" -gt "$ours" ] || exit 1 ;; *) exit 1 ;; esac
      [ "$owner" = "$uid" ] || { [ "$owner" = 0 ] && [ "$left" -gt "$ours" ]; } || exit 1
      left=$((left - 1))
    done
    [ "$left" -eq 0 ]
  }
}

# Takes the directory $1 for root when it is safe; makes it when it is missing.
take() {
  # Not a name that a tool would take for something else. A link is a link, also with a slash or "/." behind it.
  case $1 in /*) folder=$1 ;; *) folder=./$1 ;; esac
  while case $folder in ?*/ | ?*/.) ;; *) false ;; esac; do folder=\${folder%/*}; done
  while case $folder in //*) ;; *) false ;; esac; do folder=\${folder#/}; done
  [ -d "$folder" ] || mkdir -m 700 -- "$folder" 2>/dev/null
  if [ -d "$folder" ] && [ ! -h "$folder" ] && [ -w "$folder" ] && [ -x "$folder" ]; then
    folder=$(CDPATH= cd -P -- "$folder" && pwd -P) && [ "$folder" != / ] || folder=
    base=$folder/${LAYOUT} choice=$1 above=$2
    set --
    for each in "$base" "$base/dist" "$base/env"; do
      if [ -d "$each" ] || [ -h "$each" ]; then set -- "$@" "$each"; fi
    done
    [ -z "$folder" ] || ! is_safe "$folder" "$above" "$@" || { root=$folder && return; }
    set -- "$choice"
  fi
  echo "$0: does not run from $1: it and our folders in it must be directories of user $uid that no other user can write to or replace" >&2
  return 1
}

root=
{ [ -n "\${PEX_ROOT:-}" ] && take "$PEX_ROOT" all; } ||
  take "\${SHIP_ENV_NODE_ROOT:-/tmp/ship-env-$uid}" all ||
  take ./${CONTAINER_ROOT} next || :`;

/**
 * Sets `python`, an absolute path: each container may have a python of its own by the same relative one. Starts none when
 * `pythonX.Y` is there.
 */
function findPython(interpreter: Interpreter): string {
  const { minor } = interpreter;
  const name = pythonName(interpreter);
  return `python=\${SHIP_ENV_PYTHON:-}
if [ -z "$python" ]; then
  python=$(command -v ${name}) || for name in python3 python; do
    found=$(command -v "$name") || continue
    "$found" -c 'import sys; sys.exit(sys.version_info[:2] != (${versionTuple(minor)}))' </dev/null >/dev/null 2>&1 || continue
    python=$found
    break
  done
fi
if [ -z "$python" ] || ! python=$(command -v "$python"); then
  echo "$0 needs Python ${minor}, and this node has none: looked for \\$SHIP_ENV_PYTHON (\${SHIP_ENV_PYTHON:-not set})," \\
    "then for ${name}, python3 and python of version ${minor} on PATH ($PATH)." \\
    "Install Python ${minor} on the node, or set SHIP_ENV_PYTHON to where it is." >&2
  exit 127
fi
case $python in /*) ;; *) python=$PWD/$python ;; esac`;
}

/**
 * Sets `id`, what the file says that it is; ends when the file's name says another. A target calls an artifact by its id;
 * a copy under any other name is fine.
 */
const CHECK_NAME = `is_id() {
  case $1 in env-${'?'.repeat(ARTIFACT_ID_DIGITS)}) ;; *) return 1 ;; esac
  case \${1#env-} in *[!0123456789abcdef]*) return 1 ;; esac
}

id=$(tail -c ${ARTIFACT_ID_LENGTH} "$0")
name=\${0##*/}
if [ "$name" = "\${name%.pex}.pex" ] && is_id "\${name%.pex}" && [ "$name" != "$id.pex" ]; then
  is_id "$id" || id="no artifact at all"
  echo "$0 was to hold the artifact that its name says; it ends as $id. It was not started." \\
    "Copy it from the target again; if that does not help, remove it there and ship again." >&2
  exit ${REFUSED}
fi`;

/** Becomes the environment's python when there is one. */
const RUN_WHAT_IS_THERE = `# Is the environment in $1 whole, made for this python, and on the disk? link.py asks the same.
is_whole() {
  [ ! -h "$1" ] && [ -x "$1/bin/python" ] || return 1
  { IFS= read -r made_for && [ "$made_for" = "$python" ]; } 2>/dev/null <"$1/${MARK}/${NOTES.python}" || return 1
  { IFS= read -r written; } 2>/dev/null <"$1/${MARK}/${NOTES.boot}" || return 1
  boot=
  [ ! -r /proc/sys/kernel/random/boot_id ] || IFS= read -r boot </proc/sys/kernel/random/boot_id
  [ "$written" = ${SYNCED} ] || [ "$written" = "$boot" ] || return 1
  # What cleans /tmp takes old files one by one, and these first.
  for folder in "$1" "$1"/${MARK}/${NOTES.distributions}/*; do
    [ -e "$folder/${MARK}/${NOTES.witness}" ] || [ "$folder" = "$1/${MARK}/${NOTES.distributions}/*" ] || return 1
  done
}

if [ -n "$root" ] && [ -z "${[...PEX_REQUESTS, FLUSH].map(variable => `\${${variable}:-}`).join('')}" ]; then
  base=$root/${LAYOUT}
  for env in "$base/env/$id".*; do
    is_whole "$env" || continue
    # What was used last is removed last.
    { echo >"$env/${MARK}/${NOTES.used}"; } 2>/dev/null
    exec "$env/bin/python" "$@"
  done
fi`;

/** What an installation of this interpreter is called: `python3.11`, `python3.13t` (free-threaded), `pypy3.10`. */
function pythonName({ implementation, minor, abiTag }: Interpreter): string {
  if (implementation === 'pypy') return `pypy${minor}`;
  return `python${minor}${/^cp\d+t$/.test(abiTag) ? 't' : ''}`;
}

/**
 * Runs the bootstrap's modules, which are the first entries of the zip, stored, in the order in which they need each
 * other. For `python -c '…'` in sh: no single quote inside, and nowhere the bytes that a zip entry begins with.
 */
function loader({ minor }: Interpreter): string {
  return `import struct, sys, types
pex, root, python = sys.argv[1:4]
if sys.version_info < (3, 9):
    sys.exit("ship_env: " + pex + " needs Python ${minor}; " + python + " is older than 3.9")
with open(pex, "rb") as file:
    head = file.read(1 << 18)
at = head.index(b"PK\\3\\4")
while True:
    size, length = struct.unpack_from("<IH", head, at + 22)
    start = at + 30 + length
    path = head[at + 30 : start].decode()
    if not path.startswith("${OURS}"):
        break
    name = path[${OURS.length} : -3].replace("/", ".").replace(".__init__", "")
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    module.__source__ = head[start : start + size]
    exec(compile(module.__source__, pex + "/" + path, "exec"), vars(module))
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
    at = start + size
module.main(pex, root, python, sys.argv[4:])`;
}

/** `3.11` as sys.version_info begins. */
function versionTuple(minor: string): string {
  return minor.split('.').join(', ');
}
