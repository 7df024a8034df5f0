#!/bin/bash
# Inside the booted root, once a boot: what the package, the units and cron do there. The
# lines go to /checks/result.
set -uo pipefail
exec >>/checks/result 2>>/checks/stderr
stage=$(cat /checks/stage 2>/dev/null || echo 1)
# shellcheck source=tests/systemd/lib.sh
source /checks/lib.sh
# shellcheck source=tests/systemd/more.sh
source /checks/more.sh

pass_of_serve() { pgrep -P "$(property coldpress-serve@bob.service MainPID)"; }

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

  user alice /home/alice/.codex '[metrics]
textfile = "/var/lib/metrics"'
  install -d -o alice /var/lib/metrics
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
  check "the sandbox of the timer's service is no wider" exposed 0.7 systemd-analyze security coldpress@alice.service
  check "its drop-in names where the metrics go" \
    grep -q /var/lib/metrics /etc/systemd/system/coldpress@alice.service.d/50-coldpress-schedule.conf
  systemctl start coldpress@alice.service
  check "a run under the sandbox succeeds" is coldpress@alice.service Result success
  check "it compresses" compressed /home/alice/.codex 01
  check "the journal has one line of it" journal_has '1 compressed' -u coldpress@alice
  check "its metrics are written" test -n "$(ls /var/lib/metrics)"
  check "schedule status says yes" grep -q '^looked after  yes' <<<"$(coldpress schedule status --system alice)"
  sed -i 's|/var/lib/metrics|/var/lib/elsewhere|' /home/alice/.config/coldpress/config.toml
  check "doctor finds metrics that the unit may not write" \
    grep -q 'may not write /var/lib' <<<"$(as alice coldpress doctor)"
  sed -i 's|/var/lib/elsewhere|/var/lib/metrics|' /home/alice/.config/coldpress/config.toml
  systemctl set-property --runtime coldpress@alice.service MemoryMax=200M
  check "schedule status tells of a limit of memory" \
    grep -q 'may use 200.0 MiB of memory' <<<"$(coldpress schedule status --system alice)"
  systemctl set-property --runtime coldpress@alice.service MemoryMax=infinity
  check "schedule status --system lists all" grep -q 'for alice' <<<"$(coldpress schedule status --system)"
  rollout /home/alice/.codex archived_sessions 02 10
  chmod 000 /home/alice/.codex/archived_sessions/*02.jsonl
  chown -R alice: /home/alice/.codex
  systemctl start coldpress@alice.service
  check "a rollout that may not be read is exit 3" is coldpress@alice.service ExecMainStatus 3
  rm -f /home/alice/.codex/archived_sessions/*02.jsonl
  systemctl reset-failed

  # --- stopped in the middle
  slow alice
  rollout /home/alice/.codex archived_sessions 03 60000
  chown -R alice: /home/alice/.codex
  systemctl start --no-block coldpress@alice.service
  until_true 20 processes >/dev/null
  sleep 2
  check "a pass is running" is coldpress@alice.service ActiveState activating
  check "its process is called coldpress" test "$(cat "/proc/$(property coldpress@alice.service MainPID)/comm")" = coldpress
  local before=$SECONDS
  systemctl stop coldpress@alice.service
  note "stop in the middle of a pass: $((SECONDS - before)) s"
  check "a pass that was stopped is no failure" not systemctl -q is-failed coldpress@alice.service
  check "and its rollout is as it was" not compressed /home/alice/.codex 03
  fast alice

  # --- serve, with a store elsewhere
  coldpress schedule install --system bob --enable "$feature" >>/checks/install 2>&1
  systemctl disable --now -q coldpress@bob.timer
  systemctl enable --now -q coldpress-serve@bob.service
  check "serve writes a store that is not in the home" until_true 60 compressed /srv/bob 01
  check "serve is active" is coldpress-serve@bob.service ActiveState active
  check "the sandbox of serve is no wider" exposed 0.7 systemd-analyze security coldpress-serve@bob.service
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

  # --- a pass that is killed
  slow bob
  systemctl reload coldpress-serve@bob.service
  rollout /srv/bob archived_sessions 07 60000
  chown -R bob: /srv/bob
  local pass
  runuser -u bob -- coldpress control run-now >/dev/null 2>&1
  if until_true 40 pass_of_serve >/dev/null; then
    pass=$(pass_of_serve)
    check "the process of a pass is called coldpress" test "$(cat "/proc/$pass/comm")" = coldpress
    kill -KILL "$pass"
    check "a killed pass is told as such, as an error" \
      until_true 20 journal_has 'exit 137' -u coldpress-serve@bob -p err
    check "the status tells of it" grep -q killed <<<"$(property coldpress-serve@bob.service StatusText)"
    note "after a killed pass: $(runuser -u bob -- coldpress control status 2>&1 | grep -i next)"
    check "serve stays" is coldpress-serve@bob.service ActiveState active
  else
    printf 'FAILED  no pass to kill began\n'
  fi
  fast bob

  # --- a second serve of the same store
  systemd-run --quiet --unit=second --uid=bob -p Type=notify /usr/bin/coldpress serve
  check "a second serve waits, and says so" grep -q '^waiting' <<<"$(property second.service StatusText)"
  systemctl stop second.service
  check "and is stopped without a failure" not systemctl -q is-failed second.service

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

  check "schedule status says yes with cron" grep -q '^looked after  yes' <<<"$(as carol coldpress schedule status --kind cron)"
  systemctl stop cron
  check "and no when cron is stopped" grep -q 'cron does not run' <<<"$(as carol coldpress schedule status --kind cron)"
  systemctl start cron
  rollout /home/carol/.codex archived_sessions 01 100
  printf '[scan]\nsettle = "0s"\n[publish]\nreap_grace = "0s"\n[features]\n%s = true\n' "$feature" \
    >/home/carol/.config/coldpress/config.toml
  chown -R carol: /home/carol
  # The same command, each minute. Within one second cron would not see the change.
  sleep 2
  crontab -u carol -l | sed 's/^[0-9]* [0-9]* \* \* \*/* * * * */' | crontab -u carol -
  check "real cron runs the line" until_true 90 compressed /home/carol/.codex 01

  users_first_boot
  daylight_saving
  memory_of_the_group

  # --- off for three days, then on
  systemctl stop coldpress@alice.timer
  touch -d '3 days ago' /var/lib/systemd/timers/stamp-coldpress@alice.timer
  rollout /home/alice/.codex archived_sessions 05 100
  chown -R alice: /home/alice/.codex
}

second_boot() {
  check "what was missed is made up for within two minutes" until_true 120 compressed /home/alice/.codex 05
  local booted started
  booted=$(date -d "$(systemctl show -P UserspaceTimestamp)" +%s)
  started=$(date -d "$(property coldpress@alice.service ExecMainStartTimestamp)" +%s)
  note "what was missed was begun $((started - booted)) s after the boot"
  check "so is that of a user who lingers" until_true 120 compressed /home/dora/.codex 02
  check "serve is on again after the boot" is coldpress-serve@bob.service ActiveState active
  # An upgrade to the same version, during a pass.
  slow alice
  rollout /home/alice/.codex archived_sessions 06 60000
  chown -R alice: /home/alice/.codex
  systemctl start --no-block coldpress@alice.service
  sleep 2
  dpkg -i /checks/coldpress.deb >>/checks/dpkg.log 2>&1
  check "an upgrade during a pass succeeds" test $? -eq 0
  check "and the pass goes on" is coldpress@alice.service ActiveState activating
  as dora systemctl --user start coldpress-serve.service
  check "serve of a user runs" test "$(as dora systemctl --user is-active coldpress-serve.service)" = active
  dpkg -r coldpress >>/checks/dpkg.log 2>&1
  check "removal succeeds" test $? -eq 0
  check "removal stops all" not processes
  check "a user's timer without the program does nothing" \
    as dora systemctl --user start coldpress.service
  check "and fails nowhere" test -z "$(as dora systemctl --user --failed --no-legend | grep coldpress)"
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
((stage < 3)) || echo "done"
systemctl --no-block poweroff
