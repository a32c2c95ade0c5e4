import type { Interpreter } from '../contract/snapshot.js';
import { FIND_ROOT, findPython, pythonName } from '../formats/node-start.js';

/** The first word of each line that a node prints, before a tab. */
export const LINES = {
  begin: 'begin',
  host: 'host',
  now: 'now',
  architecture: 'architecture',
  libc: 'libc',
  spark: 'spark',
  work: 'work',
  root: 'root',
  refusal: 'refusal',
  python: 'python',
  found: 'found',
  object: 'object',
  seen: 'seen',
  end: 'end'
} as const;

/** Prints version and implementation. Old pythons run it too. */
const ASK_PYTHON =
  'import sys; print("%d.%d.%d %s%s" % (sys.version_info[0], sys.version_info[1], sys.version_info[2], ' +
  'getattr(getattr(sys, "implementation", None), "name", "cpython"), "t" if "t" in getattr(sys, "abiflags", "") else ""))';

/** Reads the input and the arguments, and defines functions. */
const FUNCTIONS = `set -u
# Spark writes to this program, and a task fails when nobody reads.
cat >/dev/null
now=$(date +%s.%N)
name=$1 text=$2 path=$3

# Prints a line: the kind $1, and the other arguments, without tabs and line breaks.
say() {
  kind=$1
  shift
  printf %s "$kind"
  for each; do printf '\\t%s' "$(printf %s "$each" | tr '\\n\\t' '  ')"; done
  echo
}

# Prints the free KiB of the folder $1.
free() {
  df -Pk -- "$1" 2>/dev/null | {
    read -r _
    read -r _ _ _ kib _ && echo "$kib"
  }
}

# Prints "yes" when a program in the folder $1 can be started.
runs() {
  trial=$1/.ship-env-probe-$$-$now
  if (umask 077 && printf '#!/bin/sh\\nexit 0\\n' >"$trial" && chmod 700 "$trial") 2>/dev/null && "$trial" 2>/dev/null; then
    echo yes
  else
    echo no
  fi
  rm -f -- "$trial"
}

describe() {
  told=$("$2" -I -c '${ASK_PYTHON}' 2>/dev/null) || told=$("$2" -c '${ASK_PYTHON}' 2>/dev/null) || return 0
  say "$1" "$2" "$told"
}`;

/** Tells about the machine and its folders. */
const ABOUT_NODE = `say ${LINES.begin}
say ${LINES.host} "$(uname -n)"
say ${LINES.now} "$now"
say ${LINES.architecture} "$(uname -m)"
say ${LINES.libc} "$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | sed -n 's/^musl libc.*/musl /p;s/^Version //p' | tr -d '\\n')"
# The parent is the executor. It has its jars open.
say ${LINES.spark} "$(ls -l "/proc/$PPID/fd" 2>/dev/null | sed -n 's|.*/spark-core_[0-9.]*-\\([^/]*\\)\\.jar$|\\1|p' | head -n 1)"
say ${LINES.work} "$PWD" "$(free .)" "$(runs .)"

chosen=$({
${FIND_ROOT}
printf 'root\\t%s\\n' "$root"
} 2>&1)
root=\${chosen##*root	}
printf '%s\\n' "$chosen" | while IFS= read -r line; do
  case $line in "root	"*) ;; *) say ${LINES.refusal} "$line" ;; esac
done
[ -z "$root" ] || say ${LINES.root} "$root" "$(free "$root")" "$(runs "$root")"`;

/**
 * The script that a task runs with `sh`, as a child of the executor's JVM (Spark: `RDD.pipe`). No python of Spark takes
 * part, because Spark's worker refuses another minor version than the driver's before it runs anything.
 *
 * The choice of the python and of the node root is the text of the artifact's header itself, so the answers are the same. Like
 * the header, it makes the node root when it is missing; it writes nothing else that stays.
 *
 * Arguments: name and text of the probe object, and its path for nodes that see the target's directory; each may be empty.
 *
 * @param interpreter - the python of the environment
 */
export function nodeScript(interpreter: Pick<Interpreter, 'implementation' | 'minor' | 'abiTag'>): string {
  return `${FUNCTIONS}

${ABOUT_NODE}

for each in "\${SHIP_ENV_PYTHON:-}" ${pythonName(interpreter)} python3 python; do
  [ -n "$each" ] && found=$(command -v "$each") && describe ${LINES.found} "$found"
done
python=$({
${findPython(interpreter)}
} 2>/dev/null && printf %s "$python") && describe ${LINES.python} "$python"

if [ -n "$name" ]; then
  found=
  { IFS= read -r found; } 2>/dev/null <"./$name"
  [ "$found" = "$text" ] && say ${LINES.object} yes || say ${LINES.object} no
fi
if [ -n "$path" ]; then
  found=
  { IFS= read -r found; } 2>/dev/null <"$path"
  [ "$found" = "$text" ] && say ${LINES.seen} yes || say ${LINES.seen} no
fi
say ${LINES.end}
exit 0`;
}
