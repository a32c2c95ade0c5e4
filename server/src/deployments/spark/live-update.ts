import type { CodeArchive, Manifest } from '../../contract/manifest.js';
import type { LiveUpdate } from '../../contract/ship.js';
import type { Target } from '../../targets/target.js';
import { codePointerContent } from './code-pointer.js';
import { DAEMON_MODULE } from './config.js';
import { LIVE_UPDATE_PROGRAM } from './live-update-program.js';
import { pythonLiteral } from './python-text.js';

/** The one name that the update leaves in the kernel. */
const OUTCOME = '_ship_env_outcome';

/**
 * How a session that the cell of this artifact built takes over the code: Python source for the kernel, which adds the
 * code archives that the session lacks and then a pointer file that beats all earlier ones.
 */
export function liveUpdate(of: {
  manifest: Manifest;
  code: readonly CodeArchive[];
  target: Pick<Target, 'uri'>;
}): LiveUpdate {
  const want = {
    artifact: of.manifest.artifact.name,
    daemon: DAEMON_MODULE,
    archives: of.code.map(({ fileName }) => ({ file: fileName, uri: of.target.uri(fileName) })),
    pointer: codePointerContent(of.code)
  };
  return {
    artifactId: of.manifest.id,
    source: [
      LIVE_UPDATE_PROGRAM,
      `${OUTCOME} = _ship_env_update(${pythonLiteral(JSON.stringify(want))})`,
      'del _ship_env_update',
      ''
    ].join('\n'),
    expression: OUTCOME
  };
}
