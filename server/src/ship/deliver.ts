import prettyBytes from 'pretty-bytes';
import type { Manifest } from '../contract/manifest.js';
import type { Finding } from '../contract/snapshot.js';
import type { ArtifactBuild, BuiltArtifact } from '../formats/format.js';
import type { Payload } from '../payloads/payload.js';
import type { Target } from '../targets/target.js';
import { count } from '../text/count.js';
import type { Journal } from './undo/journal.js';
import type { Report, StepOutcome, StepRunner } from './steps.js';
import { totalBytes, type Upload, type Wanted } from './upload.js';

/**
 * The environment of a ship: published on the target, or being built. In the second case the target may hold some of
 * its files.
 */
export type Environment =
  { readonly published: Manifest } | { readonly build: ArtifactBuild; readonly hasTrace: boolean };

/** How the environment came to be on the target. */
export interface Delivered {
  readonly manifest: Manifest;
  /** The environment was published on the target before this ship. */
  readonly reused: boolean;
  /** Bytes sent and copied; for a dry run, the bytes that a ship would send and copy. */
  readonly uploadedBytes: number;
  readonly copiedBytes: number;
  readonly findings: readonly Finding[];
  /** Names of the objects that this ship created. */
  readonly created: readonly string[];
}

/** Everything that the target shall hold, and the payloads of it that had to be sent. */
interface Sent {
  readonly wanted: Wanted;
  readonly manifest: Manifest;
  readonly payloads: readonly Payload[];
}

/**
 * Brings code and environment to the target, verifies them there and publishes the manifest: the steps `upload`, `verify`
 * and `publish`.
 *
 * @param files - the code archives and the pointer to them
 */
export async function deliver(
  upload: Upload,
  files: readonly Payload[],
  environment: Environment,
  { steps, target, journal }: { steps: StepRunner; target: Target; journal: Journal }
): Promise<Delivered> {
  const { wanted, manifest, payloads } = await steps.run('upload', async (report): Promise<StepOutcome<Sent>> => {
    const value = await send(upload, files, environment, report);
    return { value, detail: value.payloads.length === 0 ? 'nothing to send' : sentText(upload) };
  });
  await steps.run('verify', async report => {
    await upload.verify(payloads, report);
    const detail = payloads.length === 0 ? 'nothing new' : `${count(payloads.length, 'file')} as sent`;
    return { value: undefined, detail };
  });
  await steps.run(
    'publish',
    async report => {
      const before = upload.sentBytes;
      await upload.publish(wanted, report);
      const bytes = upload.sentBytes - before;
      return { value: undefined, detail: bytes === 0 ? 'nothing new' : `manifest written, ${prettyBytes(bytes)}` };
    },
    () => journal.isPublished
  );
  return {
    manifest,
    reused: 'published' in environment,
    uploadedBytes: upload.sentBytes,
    copiedBytes: upload.copiedBytes,
    findings: [
      ...(upload.fullUpload === undefined ? [] : [fullUploadOf(target.url, upload.fullUpload)]),
      ...(upload.sentBytes === 0 ? [] : remarksOf(target))
    ],
    created: journal.createdNames
  };
}

/** What {@link deliver} would send. Only reads the target. */
export async function estimate(
  upload: Upload,
  files: readonly Payload[],
  environment: Environment
): Promise<Delivered> {
  if ('published' in environment) {
    const uploadedBytes = totalBytes(await upload.missing({ code: files }));
    return { manifest: environment.published, reused: true, uploadedBytes, copiedBytes: 0, findings: [], created: [] };
  }
  const built = await environment.build.complete();
  const missing = await upload.missing(wantedOf(files, built));
  const others = missing.filter(payload => payload !== built.payload);
  const { sentBytes, copiedBytes } =
    others.length === missing.length ? { sentBytes: 0, copiedBytes: 0 } : await upload.estimate(built.payload);
  return {
    manifest: built.manifest,
    reused: false,
    uploadedBytes: totalBytes(others) + sentBytes,
    copiedBytes,
    findings: [],
    created: []
  };
}

async function send(
  upload: Upload,
  files: readonly Payload[],
  environment: Environment,
  report: Report
): Promise<Sent> {
  if ('published' in environment) {
    const payloads = await upload.missing({ code: files });
    await upload.send(payloads, report);
    return { wanted: { code: files }, manifest: environment.published, payloads };
  }
  const { build, hasTrace } = environment;
  if (hasTrace) return sendBuilt(upload, files, await build.complete(), report);
  return sendWhileBuilding(upload, files, build, report);
}

/** Compares the objects that the target already holds, before it sends the others. */
async function sendBuilt(
  upload: Upload,
  files: readonly Payload[],
  built: BuiltArtifact,
  report: Report
): Promise<Sent> {
  const wanted = wantedOf(files, built);
  // The manifest is written last.
  const payloads = (await upload.missing(wanted)).filter(payload => payload !== built.manifestPayload);
  await upload.send(payloads, report);
  return { wanted, manifest: built.manifest, payloads };
}

async function sendWhileBuilding(
  upload: Upload,
  files: readonly Payload[],
  build: ArtifactBuild,
  report: Report
): Promise<Sent> {
  const missing = await upload.missing({ code: files });
  await upload.send(missing, report);
  const arrival = await upload.sendArtifact(build, done => {
    report({ done, total: build.knownBytes && Math.max(done, build.knownBytes), detail: build.name });
  });
  const built = await build.complete(arrival);
  const wanted = wantedOf(files, built);
  if (arrival === undefined) await upload.missing(wanted);
  return { wanted, manifest: built.manifest, payloads: [...missing, built.payload] };
}

function wantedOf(code: readonly Payload[], { payload, manifestPayload }: BuiltArtifact): Wanted {
  return { code, environment: { artifact: payload, manifest: manifestPayload } };
}

function sentText({ sentBytes, copiedBytes }: Upload): string {
  const sent = `${prettyBytes(sentBytes)} sent`;
  return copiedBytes === 0 ? sent : `${sent}, ${prettyBytes(copiedBytes)} reused on the target`;
}

/** The features that a store lacks, as findings. They matter only when something was sent to it. */
function remarksOf(target: Target): Finding[] {
  return target.remarks().map(message => ({ kind: 'read-back', subject: target.url, message }));
}

function fullUploadOf(subject: string, reason: string): Finding {
  return { kind: 'full-upload', subject, message: `The whole environment was sent, since ${reason}.` };
}
