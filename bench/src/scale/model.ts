/** What travels when a session starts, as formulas: docs/scale.md shows them, and a test compares. */

/** Sizes of one environment. */
export interface Sizes {
  /** The artifact. */
  readonly artifactBytes: number;
}

/** A cluster. */
export interface ClusterSize {
  readonly executors: number;
  readonly executorsOfANode: number;
}

/** Bytes that leave the driver and the store, and bytes that each node receives. */
export interface Travel {
  readonly driverBytes: number;
  readonly storeBytes: number;
  readonly nodeBytes: number;
}

/** The three sessions that are compared. */
export const SESSIONS = ['first', 'next', 'one package more'] as const;
export type Session = (typeof SESSIONS)[number];

/** A way to bring the artifact to the nodes. */
export interface Way {
  /** Copies of the artifact that leave the driver. @param size - of the cluster */
  readonly fromDriver: (size: ClusterSize, session: Session) => number;
  /** Copies of the artifact that leave the store. */
  readonly fromStore: (size: ClusterSize, session: Session) => number;
  /** The formulas, for the page. */
  readonly text: { readonly driver: string; readonly store: string; readonly node: string };
}

const none = (): number => 0;
const ofFirst = (copies: (size: ClusterSize) => number) => (size: ClusterSize, session: Session) =>
  session === 'next' ? 0 : copies(size);
const nodesOf = ({ executors, executorsOfANode }: ClusterSize): number => Math.ceil(executors / executorsOfANode);

/** All ways. A is the artifact, E the number of executors, N of nodes. */
export const WAYS = {
  'standalone, from the driver': {
    fromDriver: ({ executors }) => executors,
    fromStore: none,
    text: { driver: 'E × A, each session', store: '0', node: '(E ÷ N) × A, each session' }
  },
  'standalone, from S3': {
    fromDriver: none,
    fromStore: ({ executors }) => executors + 1,
    text: { driver: '0', store: '(E + 1) × A, each session', node: '(E ÷ N) × A, each session' }
  },
  'standalone, --shared': {
    fromDriver: none,
    fromStore: ofFirst(nodesOf),
    text: { driver: '0', store: 'N × A once, then about 0', node: 'A once, then about 0' }
  },
  'local-cluster': {
    fromDriver: none,
    fromStore: none,
    text: { driver: '0', store: '0', node: '0: the disk is read in place' }
  },
  'YARN, uploaded by the client': {
    fromDriver: () => 1,
    fromStore: nodesOf,
    text: { driver: 'A to HDFS, each session', store: 'N × A, each session', node: 'A, each session' }
  },
  'YARN, public cache': {
    fromDriver: none,
    fromStore: ofFirst(nodesOf),
    text: { driver: '0', store: 'N × A once', node: 'A once' }
  },
  'Kubernetes, from the driver': {
    fromDriver: ({ executors }) => executors,
    fromStore: none,
    text: { driver: 'E × A, each session', store: '0', node: '(E ÷ N) × A, each session' }
  },
  'Kubernetes, from S3': {
    fromDriver: none,
    fromStore: ({ executors }) => executors + 1,
    text: { driver: '0', store: '(E + 1) × A, each session', node: '(E ÷ N) × A, each session' }
  }
} as const satisfies Readonly<Record<string, Way>>;
export type WayName = keyof typeof WAYS;

/** What travels in one session. */
export function travelOf(name: WayName, session: Session, cluster: ClusterSize, { artifactBytes }: Sizes): Travel {
  const way: Way = WAYS[name];
  const [driver, store] = [way.fromDriver(cluster, session), way.fromStore(cluster, session)];
  // On YARN the driver sends its copy to HDFS, and on S3 the driver takes one copy itself.
  const toNodes = name.startsWith('YARN') ? store : driver + (name.endsWith('from S3') ? store - 1 : store);
  return {
    driverBytes: driver * artifactBytes,
    storeBytes: store * artifactBytes,
    nodeBytes: (toNodes * artifactBytes) / nodesOf(cluster)
  };
}

/**
 * The least time in which the bytes can travel, in seconds: each machine has one link of the rate. A store that is a
 * service has a link for each node.
 *
 * @param gigabits - of each link, per second
 */
export function secondsOf(travel: Travel, gigabits: number): number {
  const rate = (gigabits * 1e9) / 8;
  return Math.max(travel.driverBytes, travel.nodeBytes) / rate;
}
