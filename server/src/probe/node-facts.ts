import type { NodeFacts } from '../contract/probe.js';
import { LINES } from './node-script.js';

/** The answers of the tasks of one round, with the driver's clock around them, in seconds since 1970. */
export interface Round {
  readonly started: number;
  readonly ended: number;
  /** What node-script.ts printed in each task. */
  readonly text: string;
}

/** What a task told: its lines by kind, each without its kind. */
export type TaskAnswer = ReadonlyMap<string, readonly (readonly string[])[]>;

/** More is not for a person, and a node is not trusted. */
const MOST_CHARACTERS = 1000;
const MOST_LINES = 20;

/** The tasks of a round that told everything. */
export function tasksOf({ text }: Pick<Round, 'text'>): TaskAnswer[] {
  return text
    .split(`${LINES.begin}\n`)
    .slice(1)
    .flatMap(lines => {
      const rows = lines.split('\n').map(line => line.split('\t').map(word => word.slice(0, MOST_CHARACTERS)));
      const end = rows.findIndex(([kind]) => kind === LINES.end);
      if (end < 0) return [];
      const answer = new Map<string, string[][]>();
      for (const [kind = '', ...words] of rows.slice(0, end)) {
        const known = answer.get(kind) ?? [];
        if (known.length < MOST_LINES) answer.set(kind, [...known, words]);
      }
      return [answer];
    });
}

/**
 * What the nodes told in some rounds: one entry for each executor, sorted by host. Pure.
 *
 * The clock of a node is known as well as the shortest round of its tasks tells: the task ran at some moment of the round.
 */
export function nodesOf(rounds: readonly Round[]): NodeFacts[] {
  const nodes = new Map<string, NodeFacts>();
  for (const round of rounds) {
    for (const answer of tasksOf(round)) {
      const facts = factsOf(answer, round);
      const name = `${facts.host}\0${facts.work.path}`;
      const known = nodes.get(name);
      nodes.set(name, known === undefined ? facts : { ...facts, clock: narrowed(known.clock, facts.clock) });
    }
  }
  return [...nodes.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, facts]) => facts);
}

/** The hosts whose tasks said no to a question of {@link LINES}, sorted. */
export function hostsThatDeny(kind: 'object' | 'seen', round: Round): string[] {
  const hosts = tasksOf(round).flatMap(answer => (word(answer, kind) === 'yes' ? [] : [word(answer, LINES.host)]));
  return [...new Set(hosts)].sort();
}

function factsOf(answer: TaskAnswer, { started, ended }: Round): NodeFacts {
  const now = Number.parseFloat(word(answer, LINES.now));
  // A `date` without fractions of a second writes whole seconds.
  const isWhole = !/^\d+\.\d+$/.test(word(answer, LINES.now));
  const python = pythonsOf(answer, LINES.python)[0];
  const root = answer.get(LINES.root)?.[0];
  return {
    host: word(answer, LINES.host) || 'a node without a name',
    architecture: word(answer, LINES.architecture),
    libc: word(answer, LINES.libc),
    ...(python === undefined ? {} : { python }),
    pythons: unique(pythonsOf(answer, LINES.found)),
    spark: word(answer, LINES.spark),
    work: folderOf(answer.get(LINES.work)?.[0] ?? []),
    ...(root === undefined ? {} : { root: folderOf(root) }),
    refusals: (answer.get(LINES.refusal) ?? []).flatMap(([text = '']) => (text === '' ? [] : [text])),
    clock: Number.isFinite(now)
      ? { least: now - ended, most: now - started + (isWhole ? 1 : 0) }
      : { least: 0, most: 0 }
  };
}

function word(answer: TaskAnswer, kind: string): string {
  return answer.get(kind)?.[0]?.[0]?.trim() ?? '';
}

function folderOf([path = '', kib = '', runs = '']: readonly string[]): NodeFacts['work'] {
  return { path, freeBytes: /^\d{1,15}$/.test(kib) ? Number(kib) * 1024 : 0, runs: runs === 'yes' };
}

function pythonsOf(answer: TaskAnswer, kind: string): NodeFacts['pythons'] {
  return (answer.get(kind) ?? []).flatMap(([path = '', told = '']) => {
    const [, version, implementation] = /^(\d{1,4}\.\d{1,4}\.\d{1,4}) (\w+)$/.exec(told) ?? [];
    return version === undefined || implementation === undefined ? [] : [{ path, version, implementation }];
  });
}

function unique(pythons: NodeFacts['pythons']): NodeFacts['pythons'] {
  return [...new Map(pythons.map(python => [python.path, python])).values()];
}

function narrowed(a: NodeFacts['clock'], b: NodeFacts['clock']): NodeFacts['clock'] {
  return { least: Math.max(a.least, b.least), most: Math.min(a.most, b.most) };
}
