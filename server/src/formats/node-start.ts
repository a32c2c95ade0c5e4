/** How a node is asked for its folder and its python: text of POSIX sh, for any format and for a probe. */

import type { Interpreter } from '../contract/snapshot.js';

// The bootstrap of an artifact has the same names: ship_env_node/places.py.

/** The version of the folders below the node root. */
export const LAYOUT = 'ship-env-3';

/** The folder below a container's working directory for files that it cannot share with the node. */
export const CONTAINER_ROOT = '.ship-env-pex';

/**
 * Sets `root`: an absolute path without links; empty when no choice is safe. `safe.py` has the same rule in Python.
 *
 * For the folder in the working directory, only the working directory itself must be safe, not the folders above it: in YARN
 * and Kubernetes these belong to the cluster's service account, and a user who can replace the working directory can replace
 * the artifact in it, too.
 */
export const FIND_ROOT = `uid=$(id -u)
newline='
'

# Succeeds when no other user can write to the directory $1 or replace it. $1 is a path without links. $2 says which folders
# above it must be safe too: "all", or only the "next". Further arguments are directories in $1, which must be as safe.
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
  # One line for each folder. C order puts a folder before its content, so the last lines are the folders that must be ours.
  LC_ALL=C ls -ldn -- "$@" 2>/dev/null | {
    left=$#
    while read -r mode _ owner _; do
      # Neither group nor others may write. Above our folders they may, if the sticky bit stops them from renaming ours.
      # With an access list ("+"), the group's bits are the most that the list grants.
      case $mode in d????-??-*) ;; d????????[tT]*) [ "$left" -gt "$ours" ] || exit 1 ;; *) exit 1 ;; esac
      [ "$owner" = "$uid" ] || { [ "$owner" = 0 ] && [ "$left" -gt "$ours" ]; } || exit 1
      left=$((left - 1))
    done
    [ "$left" -eq 0 ]
  }
}

# Sets root to the directory $1 when that is safe. Makes the directory when it is missing.
take() {
  # Begin with "/" or "./", so that no tool takes the name for an option. Remove "/" and "/." at the end, so that a link
  # is recognised as a link.
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
 * Sets `python` to an absolute path, because each container may have another python at the same relative path. It starts no
 * python when `pythonX.Y` is found.
 */
export function findPython(interpreter: Pick<Interpreter, 'implementation' | 'minor' | 'abiTag'>): string {
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

/** The name of this interpreter's executable: `python3.11`, `python3.13t` (free-threaded), `pypy3.10`. */
export function pythonName({
  implementation,
  minor,
  abiTag
}: Pick<Interpreter, 'implementation' | 'minor' | 'abiTag'>): string {
  if (implementation === 'pypy') return `pypy${minor}`;
  return `python${minor}${/^cp\d+t$/.test(abiTag) ? 't' : ''}`;
}

/** `3.11` as the beginning of `sys.version_info`: `3, 11`. */
function versionTuple(minor: string): string {
  return minor.split('.').join(', ');
}
