/** The machine of a measurement. */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** Describes the machine without its host name or any path, since the description is published. */
export function describeMachine(): Record<string, string> {
  const processors = cpus();
  const os = /^PRETTY_NAME="(.+)"$/mu.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type();
  return {
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: String(processors.length),
    memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
    os: `${os}, ${type()} ${release().split('-')[0] ?? ''}`,
    node: process.versions.node
  };
}
