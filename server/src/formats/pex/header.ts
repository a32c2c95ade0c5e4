import type { Interpreter } from '../../contract/snapshot.js';
import { BOOTSTRAP_FILES } from '../../content/segments/names.js';
import { FIND_ROOT, LAYOUT, findPython } from '../node-start.js';
import { ARTIFACT_ID_DIGITS, ARTIFACT_ID_LENGTH } from './artifact-id.js';

// The bootstrap has the same names: ship_env_node/places.py, marks.py, link.py, boot.py.

/** Folder of our notes in an environment and in a distribution, and the names of the notes that the header reads. */
export const MARK = '.ship-env';
export const NOTES = { witness: 'whole', boot: 'boot', used: 'used', python: 'python', distributions: 'dist' } as const;

/** The text of the note `boot` when all content is on the disk. */
export const SYNCED = 'synced';

/** Exit code when the content is not what the name says: the code of a shell for a program that it cannot run. */
export const REFUSED = 126;

/** When one of these variables is set, the person wants something that only the PEX's own boot code does. */
export const PEX_REQUESTS = [
  'PEX_EXTRA_SYS_PATH',
  'PEX_MODULE',
  'PEX_PATH',
  'PEX_PYTHON',
  'PEX_PYTHON_PATH',
  'PEX_SCRIPT',
  'PEX_TOOLS'
];

/** When this variable is set, nothing is run; files that no process uses are removed from the node. */
export const FLUSH = 'SHIP_ENV_FLUSH';

/**
 * The `sh` header of an artifact, which runs first for `./env.pex`. Zip tools and `python env.pex` skip it. It uses only POSIX sh
 * (dash, busybox).
 *
 * When the node has the environment already, the header executes the environment's python; it reads nothing of the zip except
 * the id at its end. Otherwise the node's python runs the bootstrap behind the header (jupyterlab_ship_env/runtime/
 * ship_env_node). The bootstrap makes the environment, or boots an ordinary PEX when it cannot.
 *
 * The node root is a directory that all executors of this user on this node share: PEX_ROOT, else SHIP_ENV_NODE_ROOT, else a
 * directory in /tmp. A user who can write to it can choose the code that we run, so it must be safe from other users. When it is
 * not safe, each container unpacks for itself.
 *
 * @param interpreter - the nodes must have its implementation and minor version
 */
export function shHeader(interpreter: Interpreter): Buffer {
  return Buffer.from(
    `${[
      '#!/bin/sh\n# A PEX of ship-env: python runs it, pex-tools and unzip read it.\nset -u',
      // PYTHONHOME is for another python. With it, our python would not find its modules.
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
 * Sets `id` to the id at the end of the file, and refuses to start when the file's name contains another id. On a target an
 * artifact is named by its id; a copy with any other name is allowed.
 */
const CHECK_NAME = `is_id() {
  case $1 in env-${'?'.repeat(ARTIFACT_ID_DIGITS)}) ;; *) return 1 ;; esac
  case \${1#env-} in *[!0123456789abcdef]*) return 1 ;; esac
}

id=$(tail -c ${ARTIFACT_ID_LENGTH} "$0")
name=\${0##*/}
if [ "$name" = "\${name%.pex}.pex" ] && is_id "\${name%.pex}" && [ "$name" != "$id.pex" ]; then
  is_id "$id" || id="not an artifact"
  echo "$0 should contain the artifact that its name says; the id at its end is: $id. It was not started." \\
    "Copy it from the target again; if that does not help, remove it there and ship again." >&2
  exit ${REFUSED}
fi`;

/** Executes the environment's python when the environment is there. */
const RUN_WHAT_IS_THERE = `# Succeeds when the environment in $1 is whole, made for this python, and on the disk. link.py checks the same.
is_whole() {
  [ ! -h "$1" ] && [ -x "$1/bin/python" ] || return 1
  { IFS= read -r made_for && [ "$made_for" = "$python" ]; } 2>/dev/null <"$1/${MARK}/${NOTES.python}" || return 1
  { IFS= read -r written; } 2>/dev/null <"$1/${MARK}/${NOTES.boot}" || return 1
  boot=
  [ ! -r /proc/sys/kernel/random/boot_id ] || IFS= read -r boot </proc/sys/kernel/random/boot_id
  [ "$written" = ${SYNCED} ] || [ "$written" = "$boot" ] || return 1
  # A cleaner of /tmp removes old files one by one, and these are the oldest.
  for folder in "$1" "$1"/${MARK}/${NOTES.distributions}/*; do
    [ -e "$folder/${MARK}/${NOTES.witness}" ] || [ "$folder" = "$1/${MARK}/${NOTES.distributions}/*" ] || return 1
  done
}

if [ -n "$root" ] && [ -z "${[...PEX_REQUESTS, FLUSH].map(variable => `\${${variable}:-}`).join('')}" ]; then
  base=$root/${LAYOUT}
  for env in "$base/env/$id".*; do
    is_whole "$env" || continue
    # The environment that was used last is removed last.
    { echo >"$env/${MARK}/${NOTES.used}"; } 2>/dev/null
    exec "$env/bin/python" "$@"
  done
fi`;

/**
 * Runs the bootstrap's modules. They are the first entries of the zip, uncompressed, each after the modules that it needs. The
 * text goes into `python -c '…'` in sh, so it must contain no single quote, and not the first bytes of a zip entry.
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
    if not path.startswith("${BOOTSTRAP_FILES}"):
        break
    name = path[${BOOTSTRAP_FILES.length} : -3].replace("/", ".").replace(".__init__", "")
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
