#!/bin/bash
# Boots a Debian root with the deb in it and runs checks.sh inside, over two reboots.
# usage: boot.sh DEB WORK_DIR
# Exit code 77: this machine cannot boot one.
set -euo pipefail

deb=$1
work=$2
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$work/root

skip() {
  printf 'systemd: skipped: %s\n' "$*" >&2
  exit 77
}

((EUID == 0)) || skip "booting a container needs root"
for tool in debootstrap systemd-nspawn; do
  command -v "$tool" >/dev/null || skip "there is no $tool; install debootstrap and systemd-container"
done
grep -qw cgroup2 /proc/filesystems || skip "the kernel has no cgroup2, which systemd needs"

mkdir -p "$work"
if [[ ! -e $work/base/bin/sh ]]; then
  rm -rf -- "$work/base.new"
  packages=systemd,systemd-sysv,dbus,libpam-systemd,dbus-user-session,cron,procps,zstd
  packages+=,$(dpkg-deb -f "$deb" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/ //g')
  debootstrap --variant=minbase --include="$packages" bookworm "$work/base.new" \
    >"$work/debootstrap.log" 2>&1 || skip "debootstrap failed, see $work/debootstrap.log"
  mv "$work/base.new" "$work/base"
fi
rm -rf -- "$root"
cp -a --reflink=auto "$work/base" "$root"
# A container may not set the audit id of a session: cron would start no command.
sed -i 's/^session.*pam_loginuid/#&/' "$root/etc/pam.d/cron"
mkdir -p "$root/checks"
cp "$deb" "$root/checks/coldpress.deb"
cp "$here"/{checks,lib,more}.sh "$root/checks/"
: >"$root/checks/result"
cat >"$root/etc/systemd/system/checks.service" <<'END'
[Unit]
Description=Checks of the coldpress package
After=multi-user.target cron.service
[Service]
Type=oneshot
TimeoutStartSec=15min
ExecStart=/bin/bash /checks/checks.sh
[Install]
WantedBy=graphical.target
END
mkdir -p "$root/etc/systemd/system/graphical.target.wants"
ln -s ../checks.service "$root/etc/systemd/system/graphical.target.wants/checks.service"

# A machine of its own, which nobody else's manager knows of. Each boot ends by poweroff:
# not every kernel lets nspawn boot the same machine again.
: >"$work/console.log"
for _ in 1 2 3; do
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 900 systemd-nspawn --quiet --register=no \
    --keep-unit --private-network --machine="coldpress-$$" --directory="$root" --boot \
    >>"$work/console.log" 2>&1 </dev/null || true
done
cat "$root/checks/result"
if ! grep -q '^done$' "$root/checks/result"; then
  if [[ ! -s $root/checks/result ]]; then
    skip "the root did not boot, see $work/console.log"
  fi
  printf 'FAILED  the checks did not come to their end, see %s\n' "$work/console.log"
  exit 1
fi
! grep -q '^FAILED' "$root/checks/result"
