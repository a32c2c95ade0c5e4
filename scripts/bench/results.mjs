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
 * @typedef {object} ResultsFile
 * @property {string} date
 * @property {string} command
 * @property {Record<string, string>} machine
 * @property {Row[]} rows
 * @property {Verdict[]} verdicts
 * @property {GrowthPoint[]} growth
 * @property {Record<string, string>} slopes how much an unchanged ship grows along each axis
 * @property {UploadPoint[]} upload
 * @property {FirstTaskRow[]} firstTask
 * @property {string[]} leftOut what was not measured, and why
 */

export class Results {
  /** @type {ResultsFile} */
  data;

  /** @param {string} command as a person types it */
  constructor(command) {
    this.data = {
      date: new Date().toISOString().slice(0, 10),
      command,
      machine: describeMachine(),
      rows: [],
      verdicts: [],
      growth: [],
      slopes: {},
      upload: [],
      firstTask: [],
      leftOut: []
    };
  }

  /**
   * @param {string} part
   * @param {string} what
   * @param {Row['unit']} unit
   * @param {readonly number[]} samples
   */
  row(part, what, unit, samples) {
    this.data.rows.push({
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
    this.data.verdicts.push({ target, what, wanted: `${sense} ${show(bound)}`, found: show(found), isMet });
  }
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
