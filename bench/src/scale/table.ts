/** The table of docs/scale.md: the formulas, worked out. */
import { SESSIONS, WAYS, secondsOf, travelOf, type WayName } from './model.js';

/** The environment of docs/executors.md. */
const ARTIFACT_BYTES = 183e6;
const EXECUTORS = [10, 100, 1000];
const EXECUTORS_OF_A_NODE = 4;
const GIGABITS = [1, 25];

/** @returns the lines of the table of formulas, in Markdown */
export function formulaLines(): string[] {
  return [
    '| way | leaves the driver | leaves the store | to each node |',
    '| --- | --- | --- | --- |',
    ...Object.entries(WAYS).map(([name, { text }]) => `| ${name} | ${text.driver} | ${text.store} | ${text.node} |`)
  ];
}

/** @returns the lines of the table of bytes and times, in Markdown */
export function workedLines(): string[] {
  const sizes = EXECUTORS.map(executors => ({ executors, executorsOfANode: EXECUTORS_OF_A_NODE }));
  const heads = EXECUTORS.map(executors => `${executors} executors`);
  return [
    `| way | session | ${heads.join(' | ')} |`,
    `| --- | --- | ${heads.map(() => '---').join(' | ')} |`,
    ...(Object.keys(WAYS) as WayName[]).flatMap(name =>
      SESSIONS.filter(session => session !== 'one package more').map(session => {
        const cells = sizes.map(size => {
          const travel = travelOf(name, session, size, { artifactBytes: ARTIFACT_BYTES });
          const [slow = 0, fast = 0] = GIGABITS.map(gigabits => secondsOf(travel, gigabits));
          return `${bytesText(travel.driverBytes)}, ${bytesText(travel.storeBytes)}; ${timeText(slow)}, ${timeText(fast)}`;
        });
        return `| ${name} | ${session} | ${cells.join(' | ')} |`;
      })
    )
  ];
}

function bytesText(bytes: number): string {
  return bytes === 0 ? '0' : bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function timeText(seconds: number): string {
  if (seconds === 0) {
    return '0 s';
  }
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}
