/**
 * Who may import what in server/src: a room may import the rooms that are listed for it, itself and `errors.ts`, and
 * nothing else. docs/architecture.md shows the same picture (scripts/test/rooms.test.mjs keeps the two equal).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '../lib/paths.mjs';

const SOURCES = join(paths.root, 'server', 'src');

/**
 * Each room with the rooms that it may import.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const ROOMS = {
  contract: [],
  text: ['contract'],
  system: ['contract', 'text'],
  payloads: ['system'],
  memo: ['system', 'text'],
  python: ['contract', 'memo', 'system', 'text'],
  environment: ['contract', 'memo', 'python', 'system', 'text'],
  content: ['contract', 'environment', 'memo', 'payloads', 'python', 'system', 'text'],
  formats: ['content', 'contract', 'payloads', 'system', 'text'],
  spark: ['contract', 'system', 'text'],
  targets: ['contract', 'payloads', 'spark', 'system', 'text'],
  deployments: ['content', 'contract', 'formats', 'payloads', 'spark', 'system', 'targets', 'text'],
  settings: ['contract', 'system', 'targets'],
  trust: ['content', 'contract', 'formats', 'payloads', 'system', 'targets', 'text'],
  records: ['contract', 'formats', 'payloads', 'system', 'targets', 'text', 'trust'],
  inventory: ['contract', 'deployments', 'formats', 'payloads', 'records', 'system', 'targets', 'text', 'trust'],
  ship: [
    ...['content', 'contract', 'deployments', 'environment', 'formats', 'payloads', 'records', 'settings', 'spark'],
    'system',
    ...['targets', 'text', 'trust']
  ],
  probe: ['content', 'contract', 'environment', 'formats', 'payloads', 'spark', 'system', 'targets', 'text'],
  submit: ['content', 'contract', 'deployments', 'spark', 'system', 'text'],
  sidecar: ['contract', 'environment', 'inventory', 'payloads', 'ship', 'system', 'text'],
  cli: [
    ...['content', 'contract', 'deployments', 'environment', 'formats', 'inventory', 'probe', 'settings', 'ship'],
    ...['sidecar', 'spark', 'submit', 'system', 'targets', 'text']
  ]
};

/** Rooms with several kinds: each folder in them is one kind, and no kind may import another. */
export const EQUALS = ['formats', 'targets', 'deployments'];

/** Folders that kinds of deployments share. */
const SHARED_FOLDERS = ['spark'];

/** A file outside of all rooms, which all may import. */
const EVERYWHERE = 'errors.ts';

/**
 * ESLint's configuration of the rules.
 *
 * @returns {import('eslint').Linter.Config[]}
 */
export function roomRules() {
  return [
    ...Object.entries(ROOMS).map(([room, below]) => restricted(`server/src/${room}/**/*.ts`, forbidden(room, below))),
    ...EQUALS.flatMap(kindRules)
  ];
}

/**
 * @param {string} room
 * @param {readonly string[]} below
 */
function forbidden(room, below) {
  return Object.keys(ROOMS)
    .filter(other => other !== room && !below.includes(other))
    .map(other => ({
      regex: `^(\\.\\./)+${other}/`,
      message: `${room}/ may not import ${other}/ (docs/architecture.md, "The rooms"; ${EVERYWHERE} is for all).`
    }));
}

/**
 * A configuration replaces the one before it for the same rule, so the rules of a kind repeat those of its room.
 *
 * @param {string} room
 * @returns {import('eslint').Linter.Config[]}
 */
function kindRules(room) {
  const kinds = readdirSync(join(SOURCES, room), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !SHARED_FOLDERS.includes(entry.name))
    .map(entry => entry.name);
  return kinds.map(kind =>
    restricted(`server/src/${room}/${kind}/**/*.ts`, [
      ...forbidden(room, ROOMS[room] ?? []),
      ...kinds
        .filter(other => other !== kind)
        .map(other => ({
          regex: `^(\\.\\./)+${other}/`,
          message: `${room}/${kind}/ may not import ${room}/${other}/: code for both belongs in ${room}/.`
        }))
    ])
  );
}

/**
 * @param {string} files
 * @param {{ regex: string, message: string }[]} patterns
 * @returns {import('eslint').Linter.Config}
 */
function restricted(files, patterns) {
  return { files: [files], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}
