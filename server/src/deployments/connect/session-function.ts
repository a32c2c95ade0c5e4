import { codePointerContent } from '../../content/code/pointer-file.js';
import { POINTER_SEQUENCE_DIGITS } from '../../contract/pointer-name.js';
import type { Access } from '../../targets/target.js';
import type { Shipped } from '../deployment.js';
import { requireListable } from '../spark/config.js';
import { pythonLiteral } from '../spark/python-text.js';

/** The one name that the function has in a kernel. */
export const FUNCTION = 'ship_env';

/** Property of a Connect session: the python of its executors. */
export const PYTHON_KEY = 'spark.sql.execution.pyspark.python';

/** Properties that we keep in the session. The URIs of its files, separated by commas; its code as `<sequence>-<hash>`. */
export const FILES_KEY = 'spark.shipEnv.files';
const CODE_KEY = 'spark.shipEnv.code';

/** Modules that the function needs. */
export const IMPORTS = ['import os', 'import tempfile', 'import time'];

/** What a session of Spark Connect gets. */
export interface SessionPlan {
  readonly shipped: Shipped;
  readonly access: Pick<Access, 'uri'>;
  /** Properties of the session, the python of the executors among them. */
  readonly conf: readonly (readonly [key: string, value: string])[];
  /** The executors have the artifact at a path: Spark need not get it. */
  readonly isShared: boolean;
}

/**
 * Source of a Python function that gives a session what it lacks, and returns whether it lacked anything. The session
 * itself keeps what it has: so nothing is sent twice, whoever calls the function, and a session that ended is forgotten.
 *
 * Files of a directory are sent by the kernel, which sees the directory. Files of a store are fetched by the server and
 * by the executors: their bytes do not pass the kernel.
 *
 * The pointer file gets its number here: the pointer file on the target always has the number 0, and two of them in
 * one session would tie.
 *
 * @throws ShipEnvError TARGET_URL_INVALID
 */
export function sessionFunction(plan: SessionPlan): string {
  const { hash, content } = codePointerContent(plan.shipped.code);
  const { archives, files } = urisOf(plan);
  const hasCode = plan.shipped.code.length > 0;
  return [
    `def ${FUNCTION}(spark):`,
    '    """Give a session what it lacks; return whether it lacked anything."""',
    `    before = [spark.conf.get(key, "") for key in (${[FILES_KEY, CODE_KEY, ...plan.conf.map(([key]) => key)].map(pythonLiteral).join(', ')})]`,
    '    files = [uri for uri in before[0].split(",") if uri]',
    ...(archives.length === 0 ? [] : added(archives, 'archive')),
    ...(files.length === 0 ? [] : added(files, 'file')),
    '    code = before[1]',
    `    if ${hasCode ? '' : 'code and '}not code.endswith(${pythonLiteral(`-${hash}`)}):`,
    '        # The pointer file with the highest number wins.',
    `        number = max(time.time_ns(), int(code[:${POINTER_SEQUENCE_DIGITS}] or 0) + 1)`,
    `        code = f"{number:0${POINTER_SEQUENCE_DIGITS}}-${hash}"`,
    '        with tempfile.TemporaryDirectory() as folder:',
    '            pointer = os.path.join(folder, f"ship-env-code-{code}.json")',
    '            with open(pointer, "w", encoding="utf-8", newline="") as file:',
    `                file.write(${pythonLiteral(content)})`,
    '            spark.addArtifacts(pointer, file=True)',
    `    after = [",".join(files), code, ${plan.conf.map(([, value]) => pythonLiteral(value)).join(', ')}]`,
    `    spark.conf.set(${pythonLiteral(FILES_KEY)}, after[0])`,
    `    spark.conf.set(${pythonLiteral(CODE_KEY)}, after[1])`,
    ...plan.conf.map(([key, value]) => `    spark.conf.set(${pythonLiteral(key)}, ${pythonLiteral(value)})`),
    '    return before != after'
  ].join('\n');
}

function urisOf({ shipped, access, isShared }: SessionPlan): { archives: string[]; files: string[] } {
  const { manifest, runs, code } = shipped;
  const uriOf = (name: string): string => requireListable(access.uri(name));
  const isArchive = runs.kind === 'archive';
  const own = isShared ? [] : shipped.files.map(({ name }) => name);
  return {
    archives: isArchive ? [`${uriOf(manifest.artifact.name)}#${runs.alias}`] : [],
    files: [
      ...own.filter(name => !isArchive || name !== manifest.artifact.name),
      ...code.map(({ fileName }) => fileName).sort()
    ].map(uriOf)
  };
}

/** Lines that add these files to the session, unless it has them. */
function added(uris: readonly string[], kind: 'file' | 'archive'): string[] {
  const isLocal = uris.every(uri => uri.startsWith('file:'));
  return [
    '    new = [uri for uri in (',
    ...uris.map(uri => `        ${pythonLiteral(uri)},`),
    '    ) if uri not in files]',
    '    if new:',
    isLocal
      ? `        spark.addArtifacts(*new, ${kind}=True)`
      : `        spark.sql("ADD ${kind.toUpperCase()} " + " ".join(f'"{uri}"' for uri in new)).collect()`,
    '        files += new'
  ];
}
