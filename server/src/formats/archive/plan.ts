import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Content } from '../../content/content.js';
import { ROOT_MODULES, loadModules } from '../../content/runtime-modules.js';
import type { Manifest } from '../../contract/manifest.js';
import type { Finding, Interpreter } from '../../contract/snapshot.js';
import { orNothing } from '../../system/files/nothing.js';
import { isWithin } from '../../system/files/within.js';
import { differencesInContent } from '../content-difference.js';
import { difference, firstDifference, type Difference } from '../difference.js';
import type { ArtifactPlan, FormatOptions } from '../format.js';
import { pythonOf } from '../python-facts.js';
import { archiveId } from './artifact-id.js';
import { buildArchive } from './build.js';
import { headOf, type Head } from './head.js';

/** All that the bytes of an archive depend on. */
export interface ArchivePlan {
  readonly id: string;
  /** File name: `<id>.tar.gz`. */
  readonly name: string;
  readonly content: Content;
  readonly head: Head;
  readonly hasInterpreter: boolean;
}

/** Plans an archive. */
export async function planArchive(content: Content, _options: FormatOptions): Promise<ArtifactPlan> {
  const { interpreter, segments } = content;
  const basePython = await basePythonOf(interpreter);
  const head = headOf({ interpreter, basePython, modules: await loadModules(ROOT_MODULES) });
  const id = archiveId({ python: pythonOf(interpreter), head: head.sha256, segments });
  const plan: ArchivePlan = { id, name: archiveName(id), content, head, hasInterpreter: false };
  return {
    id,
    format: 'archive',
    name: plan.name,
    content,
    findings: [...content.findings, nodePython(interpreter, basePython)],
    differenceFrom: manifest => differenceFrom(plan, manifest),
    build: options => buildArchive(plan, options)
  };
}

/** File name of an archive. */
export function archiveName(id: string): string {
  return `${id}.tar.gz`;
}

/**
 * The python that the environment stands on. The file itself, not a link that may lead to another version tomorrow; in an
 * environment with a copy of the python, the one in the installation.
 */
async function basePythonOf({ executable, prefix, basePrefix, minor }: Interpreter): Promise<string> {
  const real = await realpath(executable);
  const isCopy = prefix !== basePrefix && isWithin(real, (await orNothing(realpath(prefix))) ?? prefix);
  return isCopy ? realpath(join(basePrefix, 'bin', `python${minor}`)) : real;
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
