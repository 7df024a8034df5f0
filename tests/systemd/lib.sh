# shellcheck shell=bash disable=SC2034
# What the checks have in common; sourced.
feature=local_thread_store_compression

check() {
  local what=$1
  shift
  if "$@"; then
    printf 'ok      %s\n' "$what"
  else
    printf 'FAILED  %s\n' "$what"
  fi
}
skipped() { printf 'skipped %s\n' "$*"; }
note() { printf 'figure  %s\n' "$*"; }
not() { ! "$@"; }
# until_true SECONDS COMMAND...
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.5
  done
}
property() { systemctl show -P "$2" "$1"; }
is() { [[ $(property "$1" "$2") == "$3" ]]; }
journal_has() { journalctl -b -q -o cat "${@:2}" | grep -q -- "$1"; }
enabled_units() { find /etc/systemd -path '*.wants/coldpress*'; }
processes() { pgrep -x coldpress; }

# rollout STORE TREE NUMBER LINES: cold, and of that user
rollout() {
  local id=0199aaaa-bbbb-7ccc-8ddd-0000000000$3
  local file=$1/$2/rollout-2026-01-05T09-00-01-$id.jsonl
  mkdir -p "$1/$2"
  {
    printf '{"timestamp":"2026-01-05T09:00:01.000Z","type":"session_meta","payload":{"id":"%s","timestamp":"2026-01-05T09:00:01.000Z","cwd":"/","originator":"codex","cli_version":"0.169.0"}}\n' "$id"
    yes '{"timestamp":"2026-01-05T09:00:02.000Z","type":"event_msg","payload":{"type":"agent_message","message":"the same words again and again"}}' 2>/dev/null | head -n "$4"
  } >"$file"
  touch -d '30 days ago' "$file"
}
# user NAME STORE [CONFIG]: a home, a configuration without waits
user() {
  useradd -m -s /bin/bash "$1"
  mkdir -p "/home/$1/.config/coldpress" "$2/archived_sessions" "$2/sessions"
  printf 'store = "%s"\n[scan]\nsettle = "0s"\n[publish]\nreap_grace = "0s"\n%s\n' "$2" "${3:-}" \
    >"/home/$1/.config/coldpress/config.toml"
  chown -R "$1:" "/home/$1" "$2"
}
compressed() { [[ -e $1/archived_sessions/rollout-2026-01-05T09-00-01-0199aaaa-bbbb-7ccc-8ddd-0000000000$2.jsonl.zst ]]; }
# as USER COMMAND...: as a login of that user, with the user's manager
as() {
  local name=$1
  shift
  runuser -u "$name" -- env -i PATH="$PATH" HOME="/home/$name" USER="$name" \
    XDG_RUNTIME_DIR="/run/user/$(id -u "$name")" "$@"
}
# exposed MOST COMMAND...: by that systemd-analyze security
exposed() {
  local most=$1 figure
  shift
  figure=$("$@" --no-pager | grep -o 'exposure level[^:]*: [0-9.]*' | grep -o '[0-9.]*$')
  note "exposure of ${*: -1}: $figure"
  awk -v figure="$figure" -v most="$most" 'BEGIN { exit !(figure != "" && figure <= most) }'
}
slow() { printf '[limits]\nread_rate = "100KiB"\n' >>"/home/$1/.config/coldpress/config.toml"; }
fast() { sed -i '/^.limits.$/,$d' "/home/$1/.config/coldpress/config.toml"; }
