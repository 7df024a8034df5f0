#!/bin/bash
# package.sh BUILD_FOLDER: tries the deb and the rpm that ./dev package has made there, in
# scratch roots: lint, install, upgrade, remove, purge, and whether packing again makes
# the same bytes. Needs root, as dpkg does; touches nothing outside its own folder.
set -euo pipefail

build=$(cd -- "$1" && pwd -P)
source=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/coldpress-package-XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
faults=0

check() {
  local what=$1
  shift
  if "$@"; then
    printf 'ok      %s\n' "$what"
  else
    printf 'FAILED  %s\n' "$what"
    faults=$((faults + 1))
  fi
}

# files ROOT: everything below it but the package tools' own books.
files() {
  (cd "$1" && find . \( -path ./var/lib/dpkg -o -path ./var/lib/rpm -o -path ./var/log \) \
    -prune -o -print | sort)
}

deb=$(echo "$build"/coldpress_*.deb)
rpm=$(echo "$build"/coldpress-*.rpm)
library=$(echo "$build"/libcoldpress0_*.deb)
development=$(echo "$build"/libcoldpress-dev_*.deb)

# --- what is in them

dpkg-deb --fsys-tarfile "$deb" | tar -t >"$scratch/in_deb"
rpm -qpl "$rpm" >"$scratch/in_rpm"
in_deb() { grep -qx "./$1" "$scratch/in_deb"; }
in_rpm() { grep -qx "/$1" "$scratch/in_rpm"; }
for file in usr/bin/coldpress usr/share/man/man1/coldpress.1.gz \
  usr/share/man/man5/coldpress.toml.5.gz \
  usr/share/bash-completion/completions/coldpress \
  usr/share/fish/vendor_completions.d/coldpress.fish \
  usr/share/doc/coldpress/examples/coldpress.example.toml; do
  check "deb has $file" in_deb "$file"
  check "rpm has $file" in_rpm "$file"
done
check "deb has its zsh completion" in_deb usr/share/zsh/vendor-completions/_coldpress
check "rpm has its zsh completion" in_rpm usr/share/zsh/site-functions/_coldpress
for file in copyright changelog.gz changelog.Debian.gz; do
  check "deb has $file" in_deb "usr/share/doc/coldpress/$file"
done
units() { grep -c 'lib/systemd/.*[.]\(service\|timer\)$' "$1" || true; }
source_units=$({ find "$source/packaging/systemd" -type f 2>/dev/null || true; } | wc -l)
check "deb has all $source_units units" test "$(units "$scratch/in_deb")" -eq "$source_units"
check "rpm has all $source_units units" test "$(units "$scratch/in_rpm")" -eq "$source_units"
check "deb has no configuration of its own" test -z "$(dpkg-deb -I "$deb" conffiles 2>/dev/null)"
check "dependencies were found" grep -q libzstd1 <<<"$(dpkg-deb -f "$deb" Depends)"

contents() { dpkg-deb --fsys-tarfile "$1" | tar -t | grep -v '/$'; }
check "the program's deb has nothing of the library" \
  bash -c '! grep -q -e libcoldpress -e include/ "$1"' - "$scratch/in_deb"
check "libcoldpress0 has only the library" diff - <(contents "$library" |
  sed -n 's,^[.]/usr/lib/[^/]*/\(.*[a-z]\)[.][0-9.]*$,\1,p' | sort -u) <<<libcoldpress.so
check "libcoldpress-dev has no library of its own" \
  test -z "$(dpkg-deb --fsys-tarfile "$development" | tar -tv | grep '^-.*[.]so' || true)"
check "libcoldpress-dev needs exactly this libcoldpress0" \
  test "$(dpkg-deb -f "$development" Depends)" = \
  "libcoldpress0 (= $(dpkg-deb -f "$library" Version))"
check "the dependencies of libcoldpress0 were found" \
  grep -q libzstd1 <<<"$(dpkg-deb -f "$library" Depends)"

dpkg-deb -x "$deb" "$scratch/unpacked"
program=$scratch/unpacked/usr/bin/coldpress
check "position independent" grep -q 'Type:.*DYN' <<<"$(readelf -h "$program")"
check "read-only relocations, bound at once" grep -q 'BIND_NOW' <<<"$(readelf -d "$program")"
check "stack protector" grep -q '__stack_chk_fail' <<<"$(readelf --dyn-syms -W "$program")"
check "fortified" grep -q '_chk@' <<<"$(readelf --dyn-syms -W "$program")"
check "stripped" bash -c '! readelf -S -W "$1" | grep -q "\.symtab"' - "$program"
check "no path of the machine it was built on" \
  bash -c '! grep -qF "$1" "$2"' - "$source" "$program"

# --- lint

if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
    "$deb" "$library" "$development" >"$scratch/lintian" 2>&1 &&
    clean=0 || clean=$?
  sed 's/^/        /' "$scratch/lintian"
  check "lintian finds no error and no warning" test "$clean" -eq 0
fi
if command -v rpmlint >/dev/null; then
  rpmlint --config "$source/tests/packaging/rpmlint.toml" "$rpm" >"$scratch/rpmlint" 2>&1 && clean=0 || clean=$?
  sed 's/^/        /' "$scratch/rpmlint"
  check "rpmlint finds no error" test "$clean" -eq 0
fi

# --- install, upgrade, remove, purge

root=$scratch/root
mkdir -p "$root"/var/lib/dpkg/{updates,info} "$root"/home/somebody/.codex/archived_sessions
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
: >"$root/var/lib/dpkg/available"
echo kept >"$root/home/somebody/.codex/archived_sessions/rollout.jsonl.zst"
in_root() {
  dpkg --root="$root" --force-script-chrootless --log=/dev/null "$@" >"$scratch/dpkg.log" 2>&1 ||
    { cat "$scratch/dpkg.log"; return 1; }
}
version_in_root() { dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Version}' coldpress; }

files "$root" >"$scratch/before"
check "deb installs" in_root -i "$deb"
check "the installed program runs" "$root/usr/bin/coldpress" version
check "its manual is readable" bash -c 'gzip -dc "$1" | grep -q "^.SH EXIT STATUS"' - \
  "$root/usr/share/man/man1/coldpress.1.gz"

# The library beside it: programs in C, C++ and Python are built from what was installed.
check "libcoldpress0 and libcoldpress-dev install" in_root -i "$library" "$development"
check "programs compile against the installed library, and run" \
  python3 -B "$source/tests/library/installed.py" "$root/usr" \
  "$root/usr/share/doc/libcoldpress-dev" "$root/usr/bin/coldpress" cc c++ \
  "$source/tests/library/session_task.cpp"
check "the library's packages purge" in_root -P libcoldpress-dev libcoldpress0

# A later version of the same, as the next release would come.
mkdir "$scratch/later"
(cd "$build" && cpack -G DEB -D CPACK_PACKAGE_VERSION=999.0.0 -B "$scratch/later") \
  >"$scratch/later.log" 2>&1 || cat "$scratch/later.log"
check "deb upgrades" in_root -i "$scratch"/later/coldpress_999.0.0-1_*.deb
check "the later version is there" test "$(version_in_root)" = 999.0.0-1
check "deb downgrades" in_root --force-downgrade -i "$deb"
check "deb removes" in_root -r coldpress
check "nothing of ours stays" diff <(cat "$scratch/before") <(files "$root")
in_root -i "$deb"
check "deb purges" in_root -P coldpress
check "nothing of ours stays after purge" diff "$scratch/before" <(files "$root")
check "no Codex home was touched" \
  test "$(cat "$root/home/somebody/.codex/archived_sessions/rollout.jsonl.zst")" = kept

other=$scratch/rpm
mkdir -p "$other"
# Without its dependencies, which have other names here, and without its scripts, which
# would need a shell inside.
of_rpm() {
  rpm --root "$other" --dbpath /var/lib/rpm "$@" >"$scratch/rpm.log" 2>&1 ||
    { cat "$scratch/rpm.log"; return 1; }
}
check "rpm can be asked" rpm -qip "$rpm" --quiet
check "rpm installs" of_rpm -i --nodeps --noscripts "$rpm"
check "the program of the rpm runs" "$other/usr/bin/coldpress" version
check "rpm removes" of_rpm -e --noscripts coldpress
check "nothing of the rpm stays" test -z "$(find "$other/usr" -type f -o -type l 2>/dev/null)"
for script in "$source"/packaging/package/{deb/p*,rpm/p*}; do
  check "$(basename "$(dirname "$script")")/$(basename "$script") is a shell script" sh -n "$script"
done

# --- the same bytes again

mkdir "$scratch/again"
(cd "$build" && cpack -B "$scratch/again") >"$scratch/again.log" 2>&1 || cat "$scratch/again.log"
check "packed again, the deb is the same" cmp "$deb" "$scratch/again/$(basename "$deb")"
for library in libcoldpress0 libcoldpress-dev; do
  (cd "$build" && cpack -G DEB -D COLDPRESS_DEB="$library" -B "$scratch/again") \
    >"$scratch/again.log" 2>&1 || cat "$scratch/again.log"
  check "packed again, $library is the same" \
    cmp "$build/$library"_*.deb "$scratch/again/$library"_*.deb
done
check "packed again, the rpm is the same" cmp "$rpm" "$scratch/again/$(basename "$rpm")"

((faults == 0)) || { printf '%d faults\n' "$faults"; exit 1; }
