/**
 * The fixed script that an interpreter runs once. It is started with `-I -S`: no environment variable, no working
 * directory and no site processing, so no `.pth` file, sitecustomize or package of the environment runs. `import site`
 * under `-S` only defines functions.
 *
 * argv[1] is JSON: `venv` (prefix or null), `systemSite` (whether the environment can import the packages of its base),
 * `extended` (prefix of an environment that this one extends, or null), `userSite` (whether it can import the user's packages).
 *
 * Under `-S`, `sys.prefix` is that of the base before Python 3.14, and that of the environment from then on. So the script sets
 * it as `site.venv` would; Debian's `getsitepackages` reads it too. Directories are in the order of `sys.path`: those of the
 * environment, of the user, of the base. Old pythons must be able to run the script until it reports their version.
 */
export const PROBE_SCRIPT = `
import json, os, platform, site, sys, sysconfig
ask = json.loads(sys.argv[1])
bases = [sys.base_prefix, sys.base_exec_prefix]
venv = ask["venv"]
soabi = sysconfig.get_config_var("SOABI") or ""
platform_tag = sysconfig.get_platform()
sys.prefix = sys.exec_prefix = venv or bases[0]
directories = []
def add(prefixes, layer):
    for prefix in prefixes:
        for path in site.getsitepackages([prefix]):
            directories.append({"path": path, "prefix": prefix, "layer": layer})
def add_user(layer):
    same = os.getuid() == os.geteuid() and os.getgid() == os.getegid()
    if ask["userSite"] and same:
        directories.append({"path": site.getusersitepackages(), "prefix": site.getuserbase(), "layer": layer})
if venv:
    add([venv], "environment")
    if ask["extended"]:
        add([ask["extended"]], "environment")
    if ask["systemSite"]:
        add_user("base")
        add(bases, "base")
else:
    add_user("environment")
    add(bases, "environment")
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": platform.python_version(),
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "soabi": soabi,
    "platform": platform_tag,
    "prefix": sys.prefix,
    "basePrefix": bases[0],
    "siteDirectories": directories,
}))
`;
