import type { Misfit } from '../contract/probe.js';
import type { WheelFacts } from './environment-facts.js';
import {
  compareVersions,
  parsePlatform,
  platformTag,
  platformText,
  type Libc,
  type Platform,
  type PythonVersion
} from './platform.js';
import { fittingTag, judgeTags, type TagAnswer } from './tags.js';

/**
 * The distributions that do not run with a python on a platform. Pure.
 *
 * The tags say for which Python a wheel is, and for which machine its publisher made it. What the loader asks for is in
 * the compiled files, and that decides about the machine: a wheel that pip built from source has a tag without a C
 * library, and a wheel may need less than its tag says. The tag also stands for the C++ library, whose version the files do
 * not tie to a version of glibc.
 */
export function misfitsOf(wheels: readonly WheelFacts[], python: PythonVersion, platform: Platform): Misfit[] {
  return wheels.flatMap(wheel => {
    const reason = whyNot(wheel, python, platform);
    if (reason === undefined) return [];
    const { name, version, tags } = wheel;
    const fits = `${fittingTag(python, platformTag(platform))}, or one without compiled code (py3-none-any)`;
    return [{ name, version, tags: [...tags], reason, fits }];
  });
}

function whyNot(wheel: WheelFacts, python: PythonVersion, platform: Platform): string | undefined {
  const answer = judgeTags(wheel.tags, python, platform);
  if (answer === 'python') return `is not for Python ${python.minor}${python.isFreeThreaded ? 't' : ''}`;
  const { needs } = wheel;
  return needs === undefined ? byTag(wheel, answer, platform) : byFiles({ ...wheel, needs }, answer, platform);
}

/** Without a compiled file that could be read, the tag decides. */
function byTag({ tags }: WheelFacts, answer: TagAnswer, platform: Platform): string | undefined {
  if (answer === 'architecture') return `is not for ${platform.architecture}`;
  return answer === 'libc' ? `is for ${madeFor(tags)}, not for ${platformText(platform)}` : undefined;
}

function byFiles(
  { tags, needs }: WheelFacts & { readonly needs: NonNullable<WheelFacts['needs']> },
  answer: TagAnswer,
  platform: Platform
): string | undefined {
  const { architecture, glibc, usesCpp } = needs;
  if (architecture !== platform.architecture)
    return `has libraries for ${architecture}, not for ${platform.architecture}`;
  const { libc } = platform;
  if (libc === undefined) return undefined;
  if (libc.family === 'musl') return muslReason(tags, glibc?.file, libc);
  if (glibc === undefined) {
    return tags.some(tag => tag.includes('musllinux')) ? `is for musl, not for ${platformText(platform)}` : undefined;
  }
  if (compareVersions(glibc.version, libc.version) <= 0) {
    return usesCpp && answer === 'libc' ? `is for ${madeFor(tags)}, not for ${platformText(platform)}` : undefined;
  }
  return `needs glibc ${glibc.version.join('.')} (${glibc.file}), not ${libc.version.join('.')}`;
}

/** musl has no versions of symbols, so only the tag says which musl a wheel needs. */
function muslReason(tags: readonly string[], glibcFile: string | undefined, { version }: Libc): string | undefined {
  if (glibcFile !== undefined) return `needs glibc (${glibcFile}), not musl`;
  const wanted = platformsOf(tags).flatMap(({ libc }) => (libc?.family === 'musl' ? [libc.version] : []));
  const isTooNew = wanted.length > 0 && wanted.every(each => compareVersions(each, version) > 0);
  return isTooNew ? `is for ${madeFor(tags)}, not for musl ${version.join('.')}` : undefined;
}

function madeFor(tags: readonly string[]): string {
  return [...new Set(platformsOf(tags).map(platformText))].join(' or ') || 'another system';
}

function platformsOf(tags: readonly string[]): Platform[] {
  return tags
    .flatMap(tag => (tag.split('-')[2] ?? '').split('.'))
    .flatMap(text => {
      const platform = parsePlatform(text);
      return platform === undefined ? [] : [platform];
    });
}
