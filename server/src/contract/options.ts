import * as z from 'zod';
import { COMMANDS, type CommandName, type Decision } from './declaration.js';
import { TARGET_URLS, targetSettings } from './target-settings.js';

/** Where the driver of a Spark job runs: on the machine that submits the job, or on a node of the cluster. */
export const DEPLOY_MODES = ['client', 'cluster'] as const;
export type DeployMode = (typeof DEPLOY_MODES)[number];

const FLAG = z.boolean().default(false);

/** @param title - of one text, in the settings panel */
function texts(title: string): z.ZodDefault<z.ZodArray<z.ZodString>> {
  return z.array(z.string().meta({ title, default: '' })).default([]);
}

const EVERYWHERE = Object.keys(COMMANDS) as CommandName[];
/** The commands with options that choose the content of an artifact and its code. */
const CONTENT = ['build', 'ship', 'config', 'run', 'submit'] as const;
/** The same, and the command that judges what they choose. */
const JUDGED = [...CONTENT, 'probe'] as const;
/** The options about an environment of this machine. */
const OF_ENVIRONMENT = [
  'python',
  'format',
  'exclude',
  'includeSpark',
  'includeInterpreter',
  'allowSecret',
  'allowLink'
] as const;

/** Where the cell goes when the notebook has no cell of ours yet. */
const INSERT_POSITIONS = {
  'before-session': 'Before the first cell that builds a SparkSession, else on top',
  top: 'On top'
} as const;

/**
 * Everything that a person can decide, declared once. From this table come the settings schema, the options of the
 * command line and of the magic, the request of a ship, and the tables of the documentation (`npm run generate`).
 *
 * An option that is a list adds to the setting of the same name. Any other option replaces the setting.
 */
export const OPTIONS = {
  python: {
    option: {
      flags: '--python <python>',
      help: "the kernel's python, or the folder of its environment (default: the active one)",
      commands: ['snapshot', ...JUDGED, 'doctor'],
      value: 'name'
    }
  },
  defaultTarget: {
    setting: {
      type: z.string().default('local'),
      title: 'Default target',
      description: 'Name of the target that the button ships to.'
    }
  },
  targets: {
    setting: {
      type: z.array(targetSettings).prefault([{ name: 'local', url: 'file://~/.local/share/ship-env/target' }]),
      title: 'Targets',
      description: 'Where artifacts go.'
    }
  },
  target: {
    option: {
      flags: '-t, --target <target>',
      help: `a target of the settings, or a URL: ${TARGET_URLS} (default: the settings decide)`,
      commands: [
        'ship',
        'config',
        'run',
        'submit',
        'probe',
        'release',
        'list',
        'log',
        'remove',
        'prune',
        'check',
        'doctor'
      ],
      magic: true,
      value: 'name'
    }
  },
  shared: {
    option: {
      flags: '--shared',
      help: 'every node of the cluster sees the directory of the target under the same path: Spark need not copy the artifact',
      commands: ['ship', 'config', 'submit', 'probe'],
      magic: true
    }
  },
  master: {
    request: z.string().default(''),
    setting: {
      type: z.string().default('auto'),
      title: 'Spark master',
      description:
        'What the cell connects to: local-cluster[2,1,1024] (two executors on this machine), spark://host:7077, yarn, k8s://https://host:6443 or sc://host:15002. auto: what this machine is configured for, else two executors on this machine. Empty: the cell leaves it out.'
    },
    option: {
      flags: '-m, --master <master>',
      help: "Spark master: 'local-cluster[2,1,1024]', spark://host:7077, yarn, k8s://https://host:6443, sc://host:15002, or auto: what this machine is configured for (default: the settings decide)",
      commands: ['ship', 'config', 'submit', 'probe'],
      magic: true
    }
  },
  nodeCache: {
    request: z.string().default(''),
    setting: {
      type: z.string().default(''),
      title: 'Node cache on Kubernetes',
      description:
        'The path of a folder that every node has: executors unpack there, and later sessions find what is unpacked. Empty: each executor unpacks in its own container.'
    },
    option: {
      flags: '--node-cache <folder>',
      help: 'Kubernetes: the path of a folder of the nodes in which executors unpack (default: the settings decide)',
      commands: ['ship', 'config', 'submit'],
      magic: true
    }
  },
  deployMode: {
    request: z.enum(DEPLOY_MODES).default('client'),
    option: {
      flags: '--deploy-mode <mode>',
      help: 'where the driver of Spark runs, on this machine (the default) or on a node, in the shipped environment',
      commands: ['ship', 'config', 'submit'],
      choices: DEPLOY_MODES
    }
  },
  platform: {
    option: {
      flags: '--platform <platform>',
      help: "judge for this platform without a cluster: manylinux_2_28_x86_64, linux_aarch64, … (default: the environment's)",
      commands: ['probe'],
      value: 'name',
      conflicts: ['master']
    }
  },
  pythonVersion: {
    option: {
      flags: '--python-version <version>',
      help: "judge for nodes with this Python, 3.11, without a cluster (default: the environment's)",
      commands: ['probe'],
      value: 'name',
      conflicts: ['master']
    }
  },
  fresh: {
    option: {
      flags: '--fresh',
      help: 'ask the cluster also when an answer of the last hour is known',
      commands: ['probe']
    }
  },
  format: {
    request: z.string().default('pex'),
    option: {
      flags: '-f, --format <format>',
      help: 'artifact format: pex (default), one file that runs itself; archive, a .tar.gz that Spark unpacks',
      commands: JUDGED,
      magic: true
    }
  },
  excludes: {
    request: texts('Distribution'),
    setting: {
      type: texts('Distribution'),
      title: 'Distributions that stay home',
      description:
        'Names of installed packages that are not shipped. pyspark and py4j stay home anyway: the cluster has its own.'
    },
    option: {
      flags: '--exclude <names...>',
      help: 'distributions that stay home, besides pyspark and py4j',
      commands: JUDGED,
      magic: true
    }
  },
  includeSpark: {
    request: FLAG,
    option: { flags: '--include-spark', help: 'ship pyspark and py4j too', commands: JUDGED, magic: true }
  },
  includeInterpreter: {
    request: FLAG,
    option: {
      flags: '--include-interpreter',
      help: 'put the interpreter itself into the artifact, for nodes that have none; with --format archive',
      commands: JUDGED,
      magic: true
    }
  },
  allowSecrets: {
    request: texts('File'),
    setting: {
      type: texts('File'),
      title: 'Secret-looking files that may ship',
      description:
        'Paths or file names. A file that looks like a secret (.env, a private key) stops the ship unless it is named here.'
    },
    option: {
      flags: '--allow-secret <files...>',
      help: 'files that look like secrets but may ship',
      commands: CONTENT,
      magic: true
    }
  },
  allowLinks: {
    request: texts('Path'),
    setting: {
      type: texts('Path'),
      title: 'Where links may lead',
      description:
        'Paths of files or folders outside of the environment. A link of an installed package that leads elsewhere stops the ship, unless it leads to what a package manager installed.'
    },
    option: {
      flags: '--allow-link <paths...>',
      help: 'where links out of the environment may lead: files, or folders with everything below',
      commands: CONTENT,
      magic: true
    }
  },
  dryRun: {
    request: FLAG,
    option: {
      flags: '--dry-run',
      help: 'only say what would be sent or removed, or print the command that would run',
      commands: ['ship', 'submit', 'remove', 'prune'],
      magic: true
    }
  },
  output: { option: { flags: '--output <file>', help: 'the file to write', commands: ['build'], isRequired: true } },
  as: {
    option: {
      flags: '--as <style>',
      help: 'the form of the output',
      commands: ['config'],
      choices: ['builder', 'submit', 'json', 'command'],
      default: 'builder'
    }
  },
  artifact: {
    option: {
      flags: '--artifact <id>',
      help: 'the id of a shipped artifact, instead of an environment of this machine',
      commands: ['config', 'run', 'submit', 'release'],
      value: 'name',
      conflicts: OF_ENVIRONMENT
    }
  },
  code: {
    option: {
      flags: '--code <pointer>',
      help: 'the pointer file on the target that names the code archives; only with --artifact',
      commands: ['config', 'run', 'submit', 'release'],
      value: 'name',
      conflicts: OF_ENVIRONMENT
    }
  },
  release: {
    request: z.string().default(''),
    option: {
      flags: '--release <name>',
      help: 'a name on the target for what ships; config, run and submit use what was shipped under this name',
      commands: ['ship', 'config', 'run', 'submit'],
      value: 'name'
    }
  },
  removeRelease: {
    option: {
      flags: '--remove',
      help: 'remove the release; its environment and code stay until prune removes them',
      commands: ['release'],
      conflicts: ['artifact', 'code']
    }
  },
  olderThan: {
    option: {
      flags: '--older-than <age>',
      help: 'what is younger than this age stays: 30d, 12h, 90m, 2w',
      commands: ['prune'],
      value: 'age',
      default: '30d'
    }
  },
  keep: {
    option: {
      flags: '--keep <count>',
      help: 'this many of the newest environments stay, however old they are',
      commands: ['prune'],
      value: 'count',
      default: '5'
    }
  },
  limit: {
    option: {
      flags: '-n, --limit <count>',
      help: 'how many ships to show, newest first',
      commands: ['log'],
      value: 'count',
      default: '20'
    }
  },
  force: {
    option: { flags: '--force', help: 'also what others may use', commands: ['remove'] }
  },
  ephemeral: {
    option: {
      flags: '--ephemeral',
      help: 'ship first, and remove what that ship created when the program or job ends',
      commands: ['run', 'submit'],
      conflicts: ['artifact', 'code', 'release']
    }
  },
  json: { option: { flags: '--json', help: 'print JSON lines and nothing else', commands: EVERYWHERE } },
  cacheLimit: {
    setting: {
      type: z.number().min(0).default(20),
      title: 'Size of the local cache (GB)',
      description: 'What was not used for longest goes first. SHIP_ENV_CACHE_LIMIT overrides this where it is set.'
    }
  },
  insertPosition: {
    setting: {
      type: z.enum(['before-session', 'top']).default('before-session'),
      title: 'Place of the cell',
      description:
        'Where the cell with the Spark configuration goes when the notebook has none yet. Later ships update it where it is.',
      choices: INSERT_POSITIONS
    }
  }
} as const satisfies Readonly<Record<string, Decision>>;
