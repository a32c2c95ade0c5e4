import type { Content } from '../../content/content.js';
import { basePythonOf } from '../../content/interpreter/base-python.js';
import { planInterpreter } from '../../content/interpreter/plan.js';
import { ROOT_MODULES, loadModules } from '../../content/runtime-modules.js';
import type { Manifest } from '../../contract/manifest.js';
import type { Finding, Interpreter } from '../../contract/snapshot.js';
import { differencesInContent } from '../content-difference.js';
import { difference, firstDifference, type Difference } from '../difference.js';
import type { ArtifactPlan, FormatOptions } from '../format.js';
import { pythonOf } from '../python-facts.js';
import { archiveId } from './artifact-id.js';
import { buildArchive } from './build.js';
import { headOf, type Head } from './head.js';

/** Everything that decides about the bytes of an archive. */
export interface ArchivePlan {
  readonly id: string;
  /** File name: `<id>.tar.gz`. */
  readonly name: string;
  readonly content: Content;
  readonly head: Head;
  readonly hasInterpreter: boolean;
}

/** Plans an archive. @throws ShipEnvError PYTHON_NOT_RELOCATABLE when the interpreter cannot go into it */
export async function planArchive(
  packages: Content,
  { cache, signal, includeInterpreter, onProgress }: FormatOptions
): Promise<ArtifactPlan> {
  const { interpreter } = packages;
  const basePython = await basePythonOf(interpreter);
  if (includeInterpreter) {
    const done = packages.segments.length;
    onProgress?.({ done, total: done + 1, detail: 'the interpreter' });
  }
  const inside = includeInterpreter ? [await planInterpreter(interpreter, basePython, { cache, signal })] : [];
  const content: Content = {
    ...packages,
    segments: [...inside, ...packages.segments],
    findings: [...packages.findings, ...(includeInterpreter ? [] : [nodePython(interpreter, basePython)])]
  };
  const modules = await loadModules(ROOT_MODULES);
  const head = headOf({ interpreter, basePython, isInside: includeInterpreter, modules });
  const id = archiveId({ python: pythonOf(interpreter), head: head.sha256, segments: content.segments });
  const plan: ArchivePlan = { id, name: archiveName(id), content, head, hasInterpreter: includeInterpreter };
  return {
    id,
    format: 'archive',
    name: plan.name,
    content,
    findings: content.findings,
    differenceFrom: manifest => differenceFrom(plan, manifest),
    build: options => buildArchive(plan, options)
  };
}

/** File name of an archive. */
export function archiveName(id: string): string {
  return `${id}.tar.gz`;
}

function nodePython({ minor }: Interpreter, basePython: string): Finding {
  return {
    kind: 'node-python',
    subject: basePython,
    message: `Each node needs Python ${minor} at ${basePython}: the archive has a link to it, not the interpreter.`
  };
}

function differenceFrom(plan: ArchivePlan, manifest: Manifest): Difference | undefined {
  if (manifest.format !== 'archive') return difference('the format', 'archive', manifest.format);
  const { bytes, sha256 } = plan.head;
  return firstDifference([
    ...differencesInContent(plan.content, { length: bytes.length, sha256 }, manifest),
    difference('whether the interpreter is inside', String(plan.hasInterpreter), String(manifest.hasInterpreter))
  ]);
}
