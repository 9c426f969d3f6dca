#!/bin/sh
# Installs the Debian packages named as arguments, as root, without starting or enabling any service:
# the local stack runs its own RabbitMQ node and PostgreSQL cluster.
set -eu
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/kruzhok.conf
mark='# placed by kruzhok while it installs packages'
services='rabbitmq-server postgresql epmd'

tidy() {
    rm -f "$cluster"
    if [ -e "$policy" ] && grep -qF "$mark" "$policy"; then rm -f "$policy"; fi
}
trap tidy EXIT
trap 'exit 130' INT TERM

enabled_before=''
if command -v systemctl >/dev/null; then
    for service in $services; do
        if systemctl is-enabled --quiet "$service" 2>/dev/null; then enabled_before="$enabled_before $service "; fi
    done
fi

[ -e "$policy" ] || { printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy" && chmod 755 "$policy"; }
mkdir -p "${cluster%/*}"
echo 'create_main_cluster = false' >"$cluster"

dpkg --configure -a
apt-get update -q
apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"

if command -v systemctl >/dev/null; then
    for service in $services; do
        case "$enabled_before" in
            *" $service "*) ;;
            *) systemctl disable --quiet "$service" 2>/dev/null || true ;;
        esac
    done
fi
