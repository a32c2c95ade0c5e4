import { execa } from 'execa';

/**
 * Entries of a zip without the boot code of the tool and ours: name → sha256 and mode. Lines of RECORD are sorted,
 * since their order has no meaning. direct_url.json is left out: the tool ships it, with the path of the wheel on this
 * machine.
 */
export async function entries(path: string): Promise<Record<string, string>> {
  const code = `
import hashlib, json, sys, zipfile
found = {}
with zipfile.ZipFile(sys.argv[1]) as archive:
    for info in archive.infolist():
        if info.is_dir() or info.filename.startswith((".bootstrap/", ".deps/.ship-env/")) or info.filename.endswith("/direct_url.json"):
            continue
        data = archive.read(info)
        if info.filename.endswith("/RECORD"):
            data = b"\\n".join(sorted(line for line in data.splitlines() if b"direct_url.json" not in line))
        found[info.filename] = hashlib.sha256(data).hexdigest() + " " + oct(info.external_attr >> 16)
print(json.dumps(found))
`;
  const found: unknown = JSON.parse((await execa('python', ['-c', code, path])).stdout);
  return found as Record<string, string>;
}
