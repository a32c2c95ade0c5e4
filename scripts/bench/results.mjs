/** What a benchmark found, as plain data: docs/benchmarks/results.json has this shape. */
import { cpus, release, totalmem, type } from 'node:os';
import { readFileSync } from 'node:fs';
import { median, minimum } from './measure.mjs';

/**
 * @typedef {object} Row several runs of one case
 * @property {string} part what was done, such as `cold build and ship, medium`
 * @property {string} what who did it, and how
 * @property {'ms' | 'bytes' | 'segments' | 'bytes/s'} unit
 * @property {number} minimum
 * @property {number} median
 * @property {number} runs
 *
 * @typedef {object} Verdict a target and what became of it
 * @property {number} target its number in docs/benchmarks.md
 * @property {string} what
 * @property {string} wanted
 * @property {string} found
 * @property {boolean} isMet
 *
 * @typedef {object} GrowthPoint one generated environment
 * @property {'distributions' | 'files' | 'bytes'} axis what varies along its curve
 * @property {number} distributions
 * @property {number} files
 * @property {number} bytes
 * @property {number} unchangedMs median
 * @property {number} editedMs median
 * @property {number} coldMs
 * @property {number} peakBytes of the sidecar
 *
 * @typedef {object} UploadPoint
 * @property {string} who
 * @property {number} partsInFlight
 * @property {number} roundTripMs added
 * @property {number} bytesPerSecond
 *
 * @typedef {import('./first-task/index.mjs').Row} FirstTaskRow
 *
 * @typedef {object} Findings
 * @property {Row[]} rows
 * @property {Verdict[]} verdicts
 * @property {GrowthPoint[]} growth
 * @property {Partial<Record<GrowthPoint['axis'], string[]>>} slopes how much small ships grow along each axis
 * @property {UploadPoint[]} upload
 * @property {FirstTaskRow[]} firstTask
 * @property {string[]} leftOut what was not measured, and why
 *
 * @typedef {Findings & {date: string, command: string}} PartFindings
 *
 * @typedef {object} ResultsFile each part with the day and the command that measured it, since one can be measured anew
 * @property {Record<string, string>} machine
 * @property {Record<string, PartFindings>} parts
 */

/** @returns {Findings} */
function nothing() {
  return { rows: [], verdicts: [], growth: [], slopes: {}, upload: [], firstTask: [], leftOut: [] };
}

/** Collects what the parts of one benchmark find. */
export class Results {
  /** @type {ResultsFile} */
  file;
  /** Of the part that is measured now. */
  found = nothing();
  #command;

  /**
   * @param {string} command as a person types it
   * @param {string} python version
   */
  constructor(command, python) {
    this.#command = command;
    this.file = { machine: { ...describeMachine(), python }, parts: {} };
  }

  /** @param {string} name of the part that is measured from now on */
  begin(name) {
    this.found = nothing();
    this.file.parts[name] = Object.assign(this.found, {
      date: new Date().toISOString().slice(0, 10),
      command: this.#command
    });
  }

  /**
   * @param {string} part
   * @param {string} what
   * @param {Row['unit']} unit
   * @param {readonly number[]} samples
   */
  row(part, what, unit, samples) {
    this.found.rows.push({
      part,
      what,
      unit,
      minimum: minimum(samples),
      median: median(samples),
      runs: samples.length
    });
  }

  /**
   * Judges a target that is a bound.
   *
   * @param {number} target
   * @param {string} what
   * @param {number} found
   * @param {number} bound
   * @param {(value: number) => string} show
   * @param {'at most' | 'at least'} [sense]
   */
  judge(target, what, found, bound, show, sense = 'at most') {
    const isMet = sense === 'at most' ? found <= bound : found >= bound;
    this.found.verdicts.push({ target, what, wanted: `${sense} ${show(bound)}`, found: show(found), isMet });
  }
}

/**
 * @param {ResultsFile} earlier
 * @param {ResultsFile} now
 * @returns {ResultsFile} what was measured now, and of the earlier file what was not, if it is of the same machine with the
 *   same programs
 */
export function merged(earlier, now) {
  const isSame = Object.entries(now.machine).every(([key, value]) => earlier.machine[key] === value);
  return { machine: now.machine, parts: { ...(isSame ? earlier.parts : {}), ...now.parts } };
}

/**
 * @param {ResultsFile} file
 * @returns {Findings} of all parts, the verdicts by target
 */
export function findingsIn({ parts }) {
  const all = Object.values(parts);
  return {
    rows: all.flatMap(({ rows }) => rows),
    verdicts: all.flatMap(({ verdicts }) => verdicts).sort((a, b) => a.target - b.target),
    growth: all.flatMap(({ growth }) => growth),
    slopes: Object.assign({}, ...all.map(({ slopes }) => slopes)),
    upload: all.flatMap(({ upload }) => upload),
    firstTask: all.flatMap(({ firstTask }) => firstTask),
    leftOut: all.flatMap(({ leftOut }) => leftOut)
  };
}

/** @returns {Record<string, string>} no host name and no path: this is published */
function describeMachine() {
  const processors = cpus();
  const os = /^PRETTY_NAME="(.+)"$/mu.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type();
  return {
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: String(processors.length),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    os: `${os}, ${type()} ${release().split('-')[0]}`,
    node: process.versions.node
  };
}

/** @param {number} value */
export const asMs = value => (value < 10_000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`);
/** @param {number} value */
export const asRatio = value => `${value < 0.1 ? value.toFixed(4) : value.toFixed(2)} ×`;
