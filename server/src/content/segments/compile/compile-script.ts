/**
 * The fixed script with which the kernel python compiles modules; it runs none of them. Each line of standard input is JSON:
 * `output` (a path), `sources` (rows of name in the distribution, path, sha256). The script answers with a line of JSON:
 * `tag` (that of files in `__pycache__`) and `files` (rows of name and size), or `changed`: a path, or `error`: the name of
 * an errno and a text. The script ends when its input ends.
 *
 * `output` gets the compiled modules, back to back, in the form of PEP 3147 and PEP 552. A source that does not compile is
 * not in `files`: it is for another Python, or a template.
 *
 * The script reads nothing of `__pycache__`. The header of a file there names the source's time and size, or the source's
 * hash, but does not prove that the code behind the header comes from the source.
 *
 * The result must depend only on the sources and the version of Python. So PYTHONHASHSEED is set, because hashes decide the
 * order of constant sets; names are relative; and marshal writes a version of its format without references, because a
 * reference depends on how often an object is referred to. From 3.14 on, a constant slice needs the newest version; there
 * names are immortal, so references are always the same.
 *
 * "Unchecked": the node does not compare source and compiled module, because both arrive together and never change.
 */
export const COMPILE_SCRIPT = `
import sys
# Do not import from the working directory, which -c puts first.
sys.path[:] = [entry for entry in sys.path if entry]
import _frozen_importlib_external, _imp, errno, hashlib, json, marshal, os, stat
MAGIC = _frozen_importlib_external.MAGIC_NUMBER
UNCHECKED = (1).to_bytes(4, "little")
version = marshal.version if sys.version_info >= (3, 14) else 2
def compiled(name, source):
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
        body = marshal.dumps(code, version)
    except (SyntaxError, ValueError, RecursionError, OverflowError):
        return None
    except MemoryError as error:
        # With a reason, the source is too complex for the parser on any machine. Without a reason, memory ran out.
        if not error.args:
            raise
        return None
    return MAGIC + UNCHECKED + _imp.source_hash(int.from_bytes(MAGIC, "little"), source) + body
def main(ask):
    files, bodies = [], []
    for name, path, expected in ask["sources"]:
        try:
            # A FIFO that replaced the file would block for ever.
            with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return {"changed": path}
                source = file.read()
        except FileNotFoundError:
            return {"changed": path}
        if hashlib.sha256(source).hexdigest() != expected:
            return {"changed": path}
        body = compiled(name, source)
        if body is not None:
            files.append([name, len(body)])
            bodies.append(body)
    with open(ask["output"], "xb") as file:
        file.writelines(bodies)
    return {"tag": sys.implementation.cache_tag, "files": files}
for line in sys.stdin.buffer:
    try:
        answer = main(json.loads(line))
    except OSError as error:
        answer = {"error": [errno.errorcode.get(error.errno, "EIO"), str(error)]}
    print(json.dumps(answer), flush=True)
`;
