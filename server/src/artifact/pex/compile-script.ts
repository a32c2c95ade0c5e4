/**
 * The fixed script by which the kernel python compiles the modules of distributions, none of which it runs. Each line of
 * standard input is JSON, for one distribution: `output` (a path), `sources` (rows of name in the distribution, path,
 * sha256). It answers with a line of JSON: `bytes` and `sha256` of what was written to `output`, or `changed`: a path, or
 * `error`: the name of an errno and a text. It ends with its input.
 *
 * What it writes: the length of a list in four bytes, little-endian, the list as JSON, and the content of its files, as
 * PEP 3147 and PEP 552 have them; ship_env_node/unpack.py reads it. A source that does not compile is not in the list: it
 * is for another Python, or a template.
 *
 * The result must depend on the sources and the version of Python alone, not on what was compiled before. So the seed of
 * hashes, which orders constant sets, is fixed from outside, names are relative, and marshal writes a version of its
 * format that has no references: whether it writes one depends on who else holds an object. From 3.14 on a constant slice
 * needs the newest version; there names live for ever, so that references do not depend on it any more.
 *
 * Most modules are compiled already: pip does so when it installs, and Python when it imports. What Python itself would
 * take for a source is taken (PEP 552: its time and size, or its hash, lie before it), with the names made relative: a
 * tenth of the work, for the same bytes. Not before 3.11, where the order of a constant set is that of the process that
 * compiled it, and not from 3.14 on, where references may be others.
 *
 * "Unchecked": the node does not compare source and compiled module, which come together and never change.
 */
export const COMPILE_SCRIPT = `
import sys
# Not from the working directory, which -c puts first.
sys.path[:] = [entry for entry in sys.path if entry]
import _frozen_importlib_external, _imp, errno, hashlib, json, marshal, os
MAGIC = _frozen_importlib_external.MAGIC_NUMBER
TIMED, UNCHECKED = (0).to_bytes(4, "little"), (1).to_bytes(4, "little")
Code = type(compile("", "", "exec"))
version = marshal.version if sys.version_info >= (3, 14) else 2
gives_same_bytes = (3, 11) <= sys.version_info < (3, 14)
def compiled(name, path, source, status):
    digest = _imp.source_hash(int.from_bytes(MAGIC, "little"), source)
    try:
        code = cached(name, path, status, digest) if gives_same_bytes else None
        body = marshal.dumps(code or compile(source, name, "exec", dont_inherit=True, optimize=0), version)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return MAGIC + UNCHECKED + digest + body
def cached(name, path, status, digest):
    try:
        with open(_frozen_importlib_external.cache_from_source(path), "rb") as file:
            pyc = file.read()
        if pyc[:4] == MAGIC and pyc[8:16] == (stamp(status) if pyc[4:8] == TIMED else digest):
            return renamed(marshal.loads(pyc[16:]), name)
    # There is none, or it is damaged in one of many ways: the source is there.
    except Exception:
        return None
def stamp(status):
    seen = [int(value) & 0xFFFFFFFF for value in (status.st_mtime, status.st_size)]
    return b"".join(value.to_bytes(4, "little") for value in seen)
def renamed(code, name):
    consts = tuple([renamed(value, name) if type(value) is Code else value for value in code.co_consts])
    return code.replace(co_filename=name, co_consts=consts)
def main(ask):
    files, bodies = [], []
    for name, path, expected in ask["sources"]:
        try:
            with open(path, "rb") as file:
                status, source = os.fstat(file.fileno()), file.read()
        except FileNotFoundError:
            return {"changed": path}
        if hashlib.sha256(source).hexdigest() != expected:
            return {"changed": path}
        body = compiled(name, path, source, status)
        if body is not None:
            files.append([name, len(body)])
            bodies.append(body)
    listed = json.dumps({"tag": sys.implementation.cache_tag, "files": files}, separators=(",", ":")).encode()
    whole, size = hashlib.sha256(), 0
    with open(ask["output"], "xb") as file:
        for part in [len(listed).to_bytes(4, "little"), listed, *bodies]:
            whole.update(part)
            size += file.write(part)
    return {"bytes": size, "sha256": whole.hexdigest()}
for line in sys.stdin.buffer:
    try:
        answer = main(json.loads(line))
    except OSError as error:
        answer = {"error": [errno.errorcode.get(error.errno, "EIO"), str(error)]}
    print(json.dumps(answer), flush=True)
`;
