import * as z from 'zod';

/** The settings of one kind of target: those that every target has, and its own. */
function settingsOf<Kind extends string, Own extends z.ZodRawShape>(kind: Kind, own: Own) {
  return z.object({ kind: z.literal(kind), name: z.string(), url: z.string(), ...own });
}

/**
 * The kinds of target. A new kind is an entry here, and one in server/src/targets/index.ts.
 *
 * The settings form shows the title and the description of each field.
 */
export const TARGET_KINDS = {
  s3: {
    /** The schemes of its URLs. */
    schemes: ['s3', 's3a'],
    example: 's3://bucket/prefix',
    /** Begins the description of its fields where those of all kinds stand together. */
    only: 'S3 only',
    settings: settingsOf('s3', {
      endpoint: z.string().default('').meta({
        title: 'Endpoint',
        description:
          'URL of the store, such as https://minio.example.com:9000. Empty: AWS, or what your AWS configuration says.'
      }),
      region: z.string().default('').meta({
        title: 'Region',
        description: 'Such as eu-west-1. Empty: what your AWS configuration says.'
      }),
      pathStyle: z.boolean().default(false).meta({
        title: 'Bucket in the path',
        description:
          'Address the bucket as https://store/bucket instead of https://bucket.store. Most stores other than AWS need it.'
      }),
      profile: z.string().default('').meta({
        title: 'AWS profile',
        description:
          'Name of a profile in your AWS configuration, which holds the credentials. Never put a key here: settings are plain text. Empty: the default profile or the environment.'
      })
    })
  },
  directory: {
    schemes: ['file'],
    example: 'file:///directory',
    only: 'Directories only',
    settings: settingsOf('directory', {
      shared: z.boolean().default(false).meta({
        title: 'Shared with the nodes',
        description:
          'Every node of the cluster sees this directory under the same path. Executors then run the artifact where it lies, and Spark copies it to none of them.'
      })
    })
  },
  hadoop: {
    /** HDFS, and the file systems whose jars a Spark has on a cloud; S3 has a kind of its own. */
    schemes: ['hdfs', 'viewfs', 'webhdfs', 'swebhdfs', 'abfs', 'abfss', 'gs', 'o3fs', 'ofs'],
    example: 'hdfs://cluster/folder',
    only: 'Hadoop file systems only',
    settings: settingsOf('hadoop', {})
  }
} as const;

export type TargetKind = keyof typeof TARGET_KINDS;
/** The settings of a target of that kind. Never a secret: a profile's name at most. */
export type SettingsOf<Kind extends TargetKind> = z.output<(typeof TARGET_KINDS)[Kind]['settings']>;

/** How the URLs of targets look: `s3://bucket/prefix, file:///directory or hdfs://cluster/folder`. */
export const TARGET_URLS = Object.values(TARGET_KINDS)
  .map(({ example }) => example)
  .join(', ')
  .replace(/, (?=[^,]*$)/u, ' or ');

/**
 * What is written for a target and makes none: its URL is of no kind, or it has a field of another kind. It is kept as it
 * is written, so that the other targets of the settings work; whoever uses it is told what is wrong.
 */
const unusable = z.looseObject({ kind: z.literal('unusable'), name: z.string(), url: z.string() });
export type UnusableTarget = z.output<typeof unusable>;

/** A target as settings files and requests spell it: flat, and without a kind, which follows from the URL. */
const written = z.looseObject({
  /** What the person calls it; a URL that is given on the command line has an empty name. */
  name: z.string(),
  url: z.string()
});

/** A target of one kind. What has a default may be absent where it is written. */
export const targetSettings = written
  .transform((target): unknown => ({ ...target, kind: usableKindOf(target) ?? 'unusable' }))
  .pipe(z.discriminatedUnion('kind', [unusable, ...Object.values(TARGET_KINDS).map(({ settings }) => settings)]));
export type TargetSettings = z.output<typeof targetSettings>;

/** The kind of the targets with such a URL. */
export function kindOf(url: string): TargetKind | undefined {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):\/\//iu.exec(url)?.[1]?.toLowerCase();
  return kinds().find(kind => TARGET_KINDS[kind].schemes.some(known => known === scheme));
}

function usableKindOf(target: z.output<typeof written>): TargetKind | undefined {
  return misplacedFields(target).length === 0 ? kindOf(target.url) : undefined;
}

/** The fields that only targets of that kind have. */
export function fieldsOf(kind: TargetKind): Readonly<Record<string, z.ZodType>> {
  const { kind: _, name: __, url: ___, ...own } = TARGET_KINDS[kind].settings.shape;
  return own;
}

/** Names of the fields of a target that belong to other kinds than its own, and are not at their defaults. */
export function misplacedFields(target: z.input<typeof written>): string[] {
  const kind = kindOf(target.url);
  if (kind === undefined) return [];
  const own = fieldsOf(kind);
  return kinds()
    .flatMap(other => Object.entries(fieldsOf(other)))
    .filter(([name, type]) => !(name in own) && isSet(target[name], type))
    .map(([name]) => name);
}

/** What the person calls a field. */
export function titleOf(field: string): string {
  const types = kinds().map(kind => fieldsOf(kind)[field]);
  return types.find(type => type !== undefined)?.meta()?.title ?? field;
}

function isSet(value: unknown, type: z.ZodType): boolean {
  return value !== undefined && value !== type.parse(undefined);
}

function kinds(): TargetKind[] {
  return Object.keys(TARGET_KINDS) as TargetKind[];
}
