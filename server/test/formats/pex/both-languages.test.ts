import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ARTIFACT_ID_DIGITS } from '../../../src/formats/pex/artifact-id.js';
import { FLUSH, MARK, NOTES, PEX_REQUESTS, REFUSED, SYNCED } from '../../../src/formats/pex/header.js';
import { CONTAINER_ROOT, LAYOUT } from '../../../src/formats/node-start.js';
import { LAYOUT_NAME } from '../../../src/content/segments/plan/segment-key.js';
import { COMMENT_PREFIX } from '../../../src/formats/pex/tail.js';
import { POINTER_NAME } from '../../../src/contract/pointer-name.js';
import { codePointerFile } from '../../../src/content/code/pointer-file.js';
import { BOOTSTRAP_FILES } from '../../../src/content/segments/names.js';

const RUNTIME = fileURLToPath(new URL('../../../../jupyterlab_ship_env/runtime', import.meta.url));

/** What a python expression over the node's modules gives. */
function inPython(expression: string): unknown {
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
import ship_env_code
from ship_env_node import artifact, boot, identity, marks, places, start
print(json.dumps(${expression}))`;
  return JSON.parse(execFileSync('python3', ['-c', program, RUNTIME], { encoding: 'utf8' }));
}

test('the header and the bootstrap have the same names for what they share', () => {
  const python = inPython(`{
    "layout": places.LAYOUT,
    "mark": marks.MARK,
    "notes": {
      "witness": marks.WITNESS,
      "boot": marks.BOOT,
      "used": marks.USED,
      "python": marks.PYTHON,
      "distributions": marks.DISTRIBUTIONS,
    },
    "started": [start.MARK, start.USED],
    "synced": marks.SYNCED,
    "containerRoot": boot.CONTAINER_ROOT,
    "refused": boot.REFUSED,
    "flush": boot.FLUSH,
    "requests": boot.PEX_REQUESTS,
    "bootstrapFiles": artifact.BOOTSTRAP_FILES,
    "comment": artifact.COMMENT.decode(),
    "layoutFile": identity.LAYOUT_FILE,
    "digits": identity.ID_DIGITS,
  }`);
  expect(python).toEqual({
    layout: LAYOUT,
    mark: MARK,
    notes: NOTES,
    started: [MARK, NOTES.used],
    synced: SYNCED,
    containerRoot: CONTAINER_ROOT,
    refused: REFUSED,
    flush: FLUSH,
    requests: PEX_REQUESTS,
    bootstrapFiles: BOOTSTRAP_FILES,
    comment: COMMENT_PREFIX,
    layoutFile: LAYOUT_NAME,
    digits: ARTIFACT_ID_DIGITS
  });
});

test('a node takes for an artifact the names that a target gives', () => {
  expect(inPython('identity.FILE_NAME.pattern')).toBe(String.raw`env-[0-9a-f]{${ARTIFACT_ID_DIGITS}}\.pex`);
});

test('a worker takes for a pointer file exactly what a ship writes', () => {
  expect(inPython('ship_env_code.POINTER.pattern')).toBe(POINTER_NAME);
  const { name } = codePointerFile([]);
  expect(name).toMatch(new RegExp(`^${POINTER_NAME}$`, 'u'));
  const others = [name.replace('.json', '0.json'), name.replace(/.\.json/u, '.json'), name.replace('-0', '-00')];
  expect(inPython(`[bool(ship_env_code.POINTER.fullmatch(name)) for name in ${JSON.stringify(others)}]`)).toEqual([
    false,
    false,
    false
  ]);
});
