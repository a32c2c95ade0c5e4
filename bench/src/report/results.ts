/** The results of a benchmark as plain data: docs/benchmarks/results.json has this shape. */
import { median, minimum } from '../measuring/figures.js';
import { describeMachine } from './machine.js';

/** Beginning of the name of each case that compares two wheels of ours. */
export const BEFORE_AFTER = 'before and after, ';

/** Several runs of one case. */
export interface Row {
  /** What was done, such as `cold, medium`. */
  readonly part: string;
  /** The contender and its mode. */
  readonly what: string;
  readonly unit: 'ms' | 'bytes' | 'segments' | 'bytes/s';
  readonly minimum: number;
  readonly median: number;
  readonly runs: number;
}

/** A target and whether it is met. */
export interface Verdict {
  /** Its number in docs/benchmarks.md. */
  readonly target: number;
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** One generated environment. Times are medians, except for the cold ship, which runs once. */
export interface GrowthPoint {
  /** The axis that varies along its curve. */
  readonly axis: 'distributions' | 'files' | 'bytes';
  readonly distributions: number;
  readonly files: number;
  readonly bytes: number;
  readonly unchangedMs: number;
  readonly editedMs: number;
  readonly coldMs: number;
  /** Peak memory of the sidecar. */
  readonly peakBytes: number;
}

/** One way to upload. */
export interface UploadPoint {
  readonly who: string;
  readonly partsInFlight: number;
  /** Latency that the proxy added. */
  readonly roundTripMs: number;
  readonly bytesPerSecond: number;
}

/** Minimum and median of some runs; the field that holds it names the unit. */
export interface Summary {
  readonly minimum: number;
  readonly median: number;
}

/** The first tasks of one deployment and one layout, on nodes in one state. */
export interface FirstTaskRow {
  readonly deployment: string;
  readonly layout: string;
  /** See `layoutsOf` in first-task/layouts.ts. */
  readonly state: 'cold' | 'warm' | 'delta';
  /** Until the session and all of its executors are ready. */
  readonly sessionSeconds: Summary;
  /** From the ready session to the end of the first task. */
  readonly firstTaskSeconds: Summary;
  /** The imports in the first task. */
  readonly importSeconds: Summary;
  /** Ratio of firstTaskSeconds to that of a virtual environment on the node. */
  readonly ratio: Summary;
}

/** What travelled in one session with fresh, or with known, nodes. */
export interface ScaleRow {
  /** See `WAYS` in scale/model.ts. */
  readonly way: string;
  readonly session: 'first' | 'next' | 'one package more';
  readonly executors: number;
  readonly artifactBytes: number;
  /** Bytes from the driver to the executors, and from the store to the driver and the executors. */
  readonly driverBytes: number;
  readonly storeBytes: number;
}

/** The results of one or several parts. */
export interface Findings {
  rows: Row[];
  verdicts: Verdict[];
  growth: GrowthPoint[];
  /** How much small ships grow along each axis, in words. */
  slopes: Partial<Record<GrowthPoint['axis'], string[]>>;
  upload: UploadPoint[];
  firstTask: FirstTaskRow[];
  scale: ScaleRow[];
  /** Cases that were not measured, and why. */
  leftOut: string[];
}

/** The results of one part, with the day and the command of its measurement: each part can be measured separately. */
export type PartFindings = Findings & { readonly date: string; readonly command: string };

/** The content of the results file. */
export interface ResultsFile {
  readonly machine: Readonly<Record<string, string>>;
  /** By the name of the part. */
  readonly parts: Record<string, PartFindings>;
}

/** A target with a bound. */
export interface Bound {
  readonly target: number;
  readonly what: string;
  readonly found: number;
  readonly bound: number;
  readonly sense?: 'at most' | 'at least';
  /** Formats the found value and the bound. */
  readonly show: (value: number) => string;
}

function nothing(): Findings {
  return { rows: [], verdicts: [], growth: [], slopes: {}, upload: [], firstTask: [], scale: [], leftOut: [] };
}

/** Collects the results of the parts of a benchmark. */
export class Results {
  readonly file: ResultsFile;
  /** Results of the part that is being measured. */
  found: Findings = nothing();
  readonly #command: string;

  /**
   * @param command - the command line as a person types it
   * @param python - version of Python
   */
  constructor(command: string, python: string) {
    this.#command = command;
    this.file = { machine: { ...describeMachine(), python }, parts: {} };
  }

  /** Begins a part. @param name - name of the part */
  begin(name: string): void {
    this.found = nothing();
    const date = new Date().toISOString().slice(0, 10);
    this.file.parts[name] = Object.assign(this.found, { date, command: this.#command });
  }

  /** Adds the runs of one case. */
  row(part: string, what: string, unit: Row['unit'], samples: readonly number[]): void {
    this.found.rows.push({
      part,
      what,
      unit,
      minimum: minimum(samples),
      median: median(samples),
      runs: samples.length
    });
  }

  /** Judges a target. */
  judge({ target, what, found, bound, show, sense = 'at most' }: Bound): void {
    const isMet = sense === 'at most' ? found <= bound : found >= bound;
    this.found.verdicts.push({ target, what, wanted: `${sense} ${show(bound)}`, found: show(found), isMet });
  }
}

/**
 * @returns the new results and, when the earlier file comes from the same machine and programs, its other parts
 */
export function merged(earlier: ResultsFile, now: ResultsFile): ResultsFile {
  const isSame = Object.entries(now.machine).every(([key, value]) => earlier.machine[key] === value);
  return { machine: now.machine, parts: { ...(isSame ? earlier.parts : {}), ...now.parts } };
}

/** @returns the findings of all parts, the verdicts ordered by target */
export function findingsIn({ parts }: ResultsFile): Findings {
  const all = Object.values(parts);
  return {
    rows: all.flatMap(({ rows }) => rows),
    verdicts: all.flatMap(({ verdicts }) => verdicts).sort((a, b) => a.target - b.target),
    growth: all.flatMap(({ growth }) => growth),
    slopes: Object.assign({}, ...all.map(({ slopes }) => slopes)) as Findings['slopes'],
    upload: all.flatMap(({ upload }) => upload),
    firstTask: all.flatMap(({ firstTask }) => firstTask),
    // Results of an earlier release lack them.
    scale: all.flatMap(({ scale = [] }) => scale),
    leftOut: all.flatMap(({ leftOut }) => leftOut)
  };
}
