/** `bin/activate` for bash and zsh: it finds the environment by its own path, wherever that is. */
export const ACTIVATE = `# Run it with "source bin/activate" from bash or zsh.
deactivate () {
    if [ -n "\${_SHIP_ENV_OLD_PATH+set}" ]; then
        PATH="$_SHIP_ENV_OLD_PATH"
        export PATH
        unset _SHIP_ENV_OLD_PATH
    fi
    unset VIRTUAL_ENV
    hash -r 2> /dev/null
    [ "$1" = nondestructive ] || unset -f deactivate
}
deactivate nondestructive
_SHIP_ENV_OLD_PATH="$PATH"
VIRTUAL_ENV="$(cd "$(dirname -- "\${BASH_SOURCE:-$0}")/.." > /dev/null && pwd)"
PATH="$VIRTUAL_ENV/bin:$PATH"
export VIRTUAL_ENV PATH
unset PYTHONHOME
hash -r 2> /dev/null
`;
