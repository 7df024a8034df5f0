#!/bin/bash
# Inside the booted root, once a boot: what the package, the units and cron do there. The
# lines go to /checks/result.
set -uo pipefail
exec >>/checks/result 2>/checks/stderr
stage=$(cat /checks/stage 2>/dev/null || echo 1)
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
    yes '{"timestamp":"2026-01-05T09:00:02.000Z","type":"event_msg","payload":{"type":"agent_message","message":"the same words again and again"}}' | head -n "$4"
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

first_boot() {
  dpkg -i /checks/coldpress.deb >/checks/dpkg.log 2>&1
  check "the package installs" test "$(dpkg-query -W -f '${db:Status-Status}' coldpress)" = installed
  check "dpkg --verify finds nothing" test -z "$(dpkg --verify coldpress)"
  check "installing enables nothing" test -z "$(enabled_units)"
  check "installing starts nothing" not processes
  local units=(/usr/lib/systemd/system/coldpress*@*) unit
  for unit in "${units[@]}"; do
    check "systemd-analyze verify ${unit##*/}" \
      test -z "$(systemd-analyze verify --man=no "${unit/@/@alice}" 2>&1 | grep -i coldpress)"
  done
  check "systemd-analyze verify of the user's units" \
    test -z "$(systemd-analyze --user verify --man=no /usr/lib/systemd/user/coldpress* 2>&1 | grep -i coldpress)"

  user alice /home/alice/.codex
  user bob /srv/bob
  user carol /home/carol/.codex
  rm -rf /home/carol/.codex
  rollout /home/alice/.codex archived_sessions 01 2000
  chown -R alice: /home/alice/.codex
  rollout /srv/bob archived_sessions 01 2000
  chown -R bob: /srv/bob

  # --- the timer of the system
  coldpress schedule install --system alice --enable "$feature" >/checks/install 2>&1
  check "install --system succeeds" test $? -eq 0
  check "--enable for one user changes nothing for all" not test -e /etc/coldpress/config.toml
  check "the timer is on" is coldpress@alice.timer ActiveState active
  check "the timer has no random delay" is coldpress@alice.timer RandomizedDelayUSec 0
  note "$(systemctl cat coldpress@alice.timer | grep OnCalendar= | tail -n 1)"
  note "$(systemd-analyze security --no-pager coldpress@alice.service | tail -n 1 | tr -d '\n' | cut -c1-80)"
  systemctl start coldpress@alice.service
  check "a run under the sandbox succeeds" is coldpress@alice.service Result success
  check "it compresses" compressed /home/alice/.codex 01
  check "the journal has one line of it" journal_has '1 compressed' -u coldpress@alice
  rollout /home/alice/.codex archived_sessions 02 10
  chmod 000 /home/alice/.codex/archived_sessions/*02.jsonl
  chown -R alice: /home/alice/.codex
  systemctl start coldpress@alice.service
  check "a rollout that may not be read is exit 3" is coldpress@alice.service ExecMainStatus 3
  rm -f /home/alice/.codex/archived_sessions/*02.jsonl
  systemctl reset-failed

  # --- stopped in the middle
  printf '[limits]\nread_rate = "100KiB"\n' >>/home/alice/.config/coldpress/config.toml
  rollout /home/alice/.codex archived_sessions 03 60000
  chown -R alice: /home/alice/.codex
  systemctl start --no-block coldpress@alice.service
  until_true 20 processes >/dev/null
  sleep 2
  check "a pass is under way" is coldpress@alice.service ActiveState activating
  check "its process is called coldpress" test "$(cat "/proc/$(property coldpress@alice.service MainPID)/comm")" = coldpress
  local before=$SECONDS
  systemctl stop coldpress@alice.service
  note "stop in the middle of a pass: $((SECONDS - before)) s"
  check "a pass that was stopped is no failure" not systemctl -q is-failed coldpress@alice.service
  check "and its rollout is as it was" not compressed /home/alice/.codex 03
  sed -i '/limits/,$d' /home/alice/.config/coldpress/config.toml

  # --- serve, with a store elsewhere
  coldpress schedule install --system bob --enable "$feature" >>/checks/install 2>&1
  systemctl disable --now -q coldpress@bob.timer
  systemctl enable --now -q coldpress-serve@bob.service
  check "serve writes a store that is not in the home" until_true 60 compressed /srv/bob 01
  check "serve is active" is coldpress-serve@bob.service ActiveState active
  note "$(systemd-analyze security --no-pager coldpress-serve@bob.service | tail -n 1 | tr -d '\n' | cut -c1-80)"
  # In both trees: a conflict, which a person has to settle.
  rollout /srv/bob archived_sessions 04 50
  rollout /srv/bob sessions/2026/01/05 04 60
  chown -R bob: /srv/bob
  runuser -u bob -- coldpress control run-now >/dev/null 2>&1
  local pass_ended='journal_has "exit 4" -u coldpress-serve@bob'
  if until_true 40 eval "$pass_ended"; then
    check "serve tells of exit 4 as an error" journal_has 'exit 4' -u coldpress-serve@bob -p err
    check "its status tells of it" grep -q 'exit 4' <<<"$(property coldpress-serve@bob.service StatusText)"
  else
    printf 'FAILED  the conflict was not found\n'
  fi
  cp -p /home/bob/.config/coldpress/config.toml /checks/good.toml
  echo 'nonsense = ' >>/home/bob/.config/coldpress/config.toml
  check "reload with a bad file fails" not systemctl reload coldpress-serve@bob.service
  check "and serve goes on" is coldpress-serve@bob.service ActiveState active
  cp -p /checks/good.toml /home/bob/.config/coldpress/config.toml
  check "reload with a good file succeeds" systemctl reload coldpress-serve@bob.service

  # --- serve for a user without a store
  systemctl start coldpress-serve@carol.service
  check "serve waits for a store that is not there" is coldpress-serve@carol.service ActiveState active
  check "and says so" grep -q '^waiting' <<<"$(property coldpress-serve@carol.service StatusText)"
  sleep 65
  check "without being started again" is coldpress-serve@carol.service NRestarts 0
  systemctl stop coldpress-serve@carol.service

  # --- real cron
  printf '1 1 1 1 * /bin/true\n' | crontab -u carol -
  mkdir -p /home/carol/.codex/archived_sessions
  chown -R carol: /home/carol
  runuser -u carol -- env HOME=/home/carol coldpress schedule install --kind cron --enable "$feature" >>/checks/install 2>&1
  check "cron has the line beside what was there" test "$(crontab -u carol -l | grep -c .)" -eq 2
  check "the line asks whether the program is there" grep -q 'test -x /usr/bin/coldpress &&' <<<"$(crontab -u carol -l)"

  # --- off for three days, then on
  systemctl stop coldpress@alice.timer
  touch -d '3 days ago' /var/lib/systemd/timers/stamp-coldpress@alice.timer
  rollout /home/alice/.codex archived_sessions 05 100
  chown -R alice: /home/alice/.codex
}

second_boot() {
  check "what was missed is made up for within two minutes" until_true 120 compressed /home/alice/.codex 05
  note "made up for $(cut -d. -f1 /proc/uptime) s of the machine's uptime; unit started $(property coldpress@alice.service ExecMainStartTimestamp), boot finished $(property default.target ActiveEnterTimestamp)"
  check "serve is on again after the boot" is coldpress-serve@bob.service ActiveState active
  # An upgrade to the same version, during a pass.
  printf '[limits]\nread_rate = "100KiB"\n' >>/home/alice/.config/coldpress/config.toml
  rollout /home/alice/.codex archived_sessions 06 60000
  chown -R alice: /home/alice/.codex
  systemctl start --no-block coldpress@alice.service
  sleep 2
  dpkg -i /checks/coldpress.deb >>/checks/dpkg.log 2>&1
  check "an upgrade during a pass succeeds" test $? -eq 0
  check "and the pass goes on" is coldpress@alice.service ActiveState activating
  dpkg -r coldpress >>/checks/dpkg.log 2>&1
  check "removal succeeds" test $? -eq 0
  check "removal stops all" not processes
  check "removal leaves no failed unit" test -z "$(systemctl --failed --no-legend | grep coldpress)"
  check "without the program the line of cron is silent" \
    test -z "$(sh -c "$(crontab -u carol -l | grep coldpress | cut -d' ' -f6-)" 2>&1)"
  dpkg -i /checks/coldpress.deb >>/checks/dpkg.log 2>&1
  dpkg -P coldpress >>/checks/dpkg.log 2>&1
  check "purge leaves nothing enabled" test -z "$(enabled_units)"
  check "purge leaves nothing in /etc" test -z "$(find /etc -name '*coldpress*')"
  check "purge touches no store" compressed /home/alice/.codex 01
  dpkg -i /checks/coldpress.deb >>/checks/dpkg.log 2>&1
}

third_boot() {
  check "installed again and booted, nothing runs" not processes
  check "and nothing is enabled" test -z "$(enabled_units)"
  check "and nothing has failed" test -z "$(systemctl --failed --no-legend | grep coldpress)"
}

case $stage in
  1) first_boot ;;
  2) second_boot ;;
  *) third_boot ;;
esac
echo $((stage + 1)) >/checks/stage
if ((stage < 3)); then
  systemctl --no-block reboot
else
  echo done
  systemctl --no-block poweroff
fi
