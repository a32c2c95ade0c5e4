import type { Finding } from '../contract/snapshot.js';
import { type NamedDistribution, problemOfDistribution, problemOfImportName } from '../system/files/path-names.js';
import type { Candidate } from './distributions/candidate.js';
import {
  type FoundEditable,
  editableFromCandidate,
  editableFromEggLink,
  editablesFromPth,
  unownedPthFiles
} from './editables/editables.js';
import type { SiteContents } from './site-contents.js';
import { compareText } from '../text/compare.js';

/** Which distribution or editable counts for each name. */
export interface Resolution {
  readonly distributions: Candidate[];
  readonly editables: FoundEditable[];
  readonly findings: Finding[];
}

/** The distribution or editable that has a name: its layer, and its description in a finding. */
interface Holder {
  readonly layer: 'environment' | 'base';
  readonly description: string;
}

/**
 * Decides which distribution or editable counts for each name. The first one in the order of `sys.path` wins. It hides one of
 * the base layer silently, and one of its own layer with a finding. Distributions win over `.pth` files and egg-links, because
 * these are appended to the path.
 */
export async function resolveNames(sites: readonly SiteContents[]): Promise<Resolution> {
  const holders = new Map<string, Holder>();
  const resolution: Resolution = {
    distributions: [],
    editables: [],
    findings: sites.flatMap(({ findings }) => findings)
  };
  const claim = (normalizedName: string, holder: Holder): boolean => {
    const other = holders.get(normalizedName);
    if (other === undefined) holders.set(normalizedName, holder);
    else if (other.layer === holder.layer) resolution.findings.push(duplicate(normalizedName, other, holder));
    return other === undefined;
  };
  for (const layer of ['environment', 'base'] as const) {
    const contents = sites.filter(each => each.site.layer === layer);
    for (const each of contents) await takeCandidates(each, resolution, claim);
    for (const each of contents) await takeEggLinks(each, resolution, claim);
    const taken = importDirectories(sites, resolution.editables);
    for (const each of contents) await takePthFiles(each, taken, resolution, holders);
  }
  resolution.distributions.sort((left, right) => compareText(left.normalizedName, right.normalizedName));
  resolution.editables.sort((left, right) => compareText(left.editable.normalizedName, right.editable.normalizedName));
  return resolution;
}

type Claim = (normalizedName: string, holder: Holder) => boolean;

async function takeCandidates(contents: SiteContents, resolution: Resolution, claim: Claim): Promise<void> {
  for (const candidate of contents.candidates) {
    const path = `${candidate.site.path}/${candidate.metadataName}`;
    if (isRefused({ ...candidate, tags: candidate.wheel?.tags ?? [] }, path, resolution)) continue;
    const description = `${candidate.version} (${candidate.site.path}/${candidate.metadataName})`;
    if (!claim(candidate.normalizedName, { layer: candidate.site.layer, description })) continue;
    const editable = await editableFromCandidate(candidate, contents.pthFiles);
    if (editable === undefined) resolution.distributions.push(candidate);
    else resolution.editables.push(withUsableRoots(editable, resolution));
  }
}

async function takeEggLinks(contents: SiteContents, resolution: Resolution, claim: Claim): Promise<void> {
  for (const link of contents.eggLinks) {
    const found = await editableFromEggLink(link);
    if (isRefused(found.editable, `${link.site.path}/${link.name}.egg-link`, resolution)) continue;
    const description = `the editable in ${link.projectDirectory}`;
    if (claim(found.editable.normalizedName, { layer: found.layer, description })) {
      resolution.editables.push(withUsableRoots(found, resolution));
    }
  }
}

async function takePthFiles(
  contents: SiteContents,
  taken: ReadonlySet<string>,
  resolution: Resolution,
  holders: Map<string, Holder>
): Promise<void> {
  for (const file of unownedPthFiles(contents)) {
    for (const found of await editablesFromPth(file, taken)) {
      const { editable, layer } = withUsableRoots(found, resolution);
      if (isRefused(editable, `${file.site.path}/${file.fileName}`, resolution)) continue;
      // The name of the file says nothing about the folder, so it must neither hide a package nor be hidden by one.
      const isFree = !holders.has(editable.normalizedName);
      const name = isFree ? editable.name : `${editable.name}-pth`;
      const normalizedName = isFree ? editable.normalizedName : `${editable.normalizedName}-pth`;
      if (holders.has(normalizedName)) continue;
      holders.set(normalizedName, { layer, description: `the folder ${editable.projectDirectory}` });
      resolution.editables.push({ ...found, editable: { ...editable, name, normalizedName } });
    }
  }
}

/** Whether its name or version cannot be part of a path. Then it does not ship, and a finding is added. */
function isRefused(named: NamedDistribution, path: string, { findings }: Resolution): boolean {
  const problem = problemOfDistribution(named);
  if (problem === undefined) return false;
  const message = `${shortened(path)} does not ship: ${problem}. Install it under another name, or remove it.`;
  findings.push({ kind: 'refused-distribution', subject: shortened(named.name), message });
  return true;
}

/** Removes roots whose import name cannot be a path in a code archive, and adds a finding for each. */
function withUsableRoots(found: FoundEditable, { findings }: Resolution): FoundEditable {
  const { name, roots } = found.editable;
  const usable = roots.filter(({ path, importName }) => {
    const problem = problemOfImportName(importName);
    if (problem === undefined) return true;
    const message = `${path} of the editable ${name} does not ship: its import name ${shortened(importName)} ${problem}.`;
    findings.push({ kind: 'refused-import-name', subject: name, message });
    return false;
  });
  return usable.length === roots.length ? found : { ...found, editable: { ...found.editable, roots: usable } };
}

/** Characters of a name that a finding shows. */
const SHOWN = 200;

/** Cuts a name for a finding, because a name may have 64 KB. */
function shortened(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** Folders of `sys.path` that are known already: site directories, and the folders of editables. */
function importDirectories(sites: readonly SiteContents[], editables: readonly FoundEditable[]): ReadonlySet<string> {
  const roots = editables.flatMap(({ editable }) => editable.roots.filter(root => root.importName === ''));
  return new Set([...sites.map(({ site }) => site.path), ...roots.map(root => root.path)]);
}

function duplicate(normalizedName: string, kept: Holder, left: Holder): Finding {
  return {
    kind: 'duplicate-distribution',
    subject: normalizedName,
    message: `${normalizedName} is installed more than once: ${kept.description} ships, ${left.description} does not.`
  };
}
