import type { LiveUpdate } from '../../contract/ship.js';
import { codePointerContent } from '../../content/code/pointer-file.js';
import type { Access } from '../../targets/target.js';
import type { Shipped } from '../deployment.js';
import { DAEMON_MODULE } from './config.js';
import { LIVE_UPDATE_PROGRAM } from './live-update-program.js';
import { pythonLiteral } from './python-text.js';

/** The one name that the update leaves in the kernel. */
const OUTCOME = '_ship_env_outcome';

/**
 * Python source for the kernel that gives new code to a running session that the cell of this artifact built. It adds
 * the code archives that the session lacks, and then a pointer file that is newer than all earlier ones. Pure.
 */
export function liveUpdate(
  { manifest, code }: Pick<Shipped, 'manifest' | 'code'>,
  access: Pick<Access, 'uri'>
): LiveUpdate {
  const want = {
    artifact: manifest.artifact.name,
    daemon: DAEMON_MODULE,
    archives: code.map(({ fileName }) => ({ file: fileName, uri: access.uri(fileName) })),
    pointer: codePointerContent(code)
  };
  return {
    artifactId: manifest.id,
    source: [
      LIVE_UPDATE_PROGRAM,
      `${OUTCOME} = _ship_env_update(${pythonLiteral(JSON.stringify(want))})`,
      'del _ship_env_update',
      ''
    ].join('\n'),
    expression: OUTCOME
  };
}
