# shellcheck shell=bash disable=SC2154
# Checks of the first boot that have a subject of their own; sourced.

# A user's own timer, with the user's manager.
users_first_boot() {
  user dora /home/dora/.codex
  rollout /home/dora/.codex archived_sessions 01 100
  chown -R dora: /home/dora
  # From a shell without the manager of the user: a line of cron.
  runuser -u dora -- env -i PATH="$PATH" HOME=/home/dora USER=dora XDG_RUNTIME_DIR=/nowhere \
    coldpress schedule install --enable "$feature" >>/checks/install 2>&1
  check "without a manager cron gets a line" grep -q coldpress <<<"$(crontab -u dora -l)"
  loginctl enable-linger dora
  until_true 30 test -S "/run/user/$(id -u dora)/systemd/private"
  as dora coldpress schedule install >>/checks/install 2>&1
  check "a later install with the manager makes a timer" \
    test "$(as dora systemctl --user is-active coldpress.timer)" = active
  check "and takes the line of cron away" not grep -q coldpress <<<"$(crontab -u dora -l 2>&1)"
  check "schedule status says yes" grep -q '^looked after  yes' <<<"$(as dora coldpress schedule status)"
  as dora systemctl --user start coldpress.service
  check "a run by the user's manager compresses" compressed /home/dora/.codex 01
  check "the sandbox of a user's service is no wider" \
    exposed 6.3 as dora systemd-analyze --user security coldpress.service
  # Off for three days, then on.
  as dora systemctl --user stop coldpress.timer
  touch -d '3 days ago' /home/dora/.local/share/systemd/timers/stamp-coldpress.timer
  rollout /home/dora/.codex archived_sessions 02 100
  chown -R dora: /home/dora
}

# How often the timer comes on the days when the clocks change.
daylight_saving() {
  local zone day calendar times
  calendar=$(systemctl cat coldpress@alice.timer | grep '^OnCalendar=.' | tail -n 1 | cut -d= -f2)
  for zone in Europe/Berlin:2026-03-28 Europe/Berlin:2026-10-24 America/New_York:2026-03-07 \
    America/New_York:2026-10-31; do
    day=${zone#*:}
    times=$(TZ=${zone%:*} systemd-analyze calendar --iterations=3 --base-time="$day 12:00" "$calendar" |
      grep -cE "(Next elapse|Iteration|Iter\.).* $(date -d "$day + 1 day" +%F) ")
    check "once on the day after $day in ${zone%:*}" test "$times" -eq 1
  done
}

# A rollout whose usual window does not fit into MemoryMax.
memory_of_the_group() {
  if ! grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
    skipped "MemoryMax: this kernel's memory controller is not in cgroup2 here"
    return
  fi
  head -c 200000000 /dev/urandom | base64 -w 1000 |
    sed 's/.*/{"timestamp":"2026-01-05T09:00:02.000Z","type":"event_msg","payload":{"type":"agent_message","message":"&"}}/' >/tmp/lines
  rollout /home/alice/.codex archived_sessions 08 1
  cat /tmp/lines >>/home/alice/.codex/archived_sessions/*08.jsonl
  rm /tmp/lines
  touch -d '30 days ago' /home/alice/.codex/archived_sessions/*08.jsonl
  chown -R alice: /home/alice/.codex
  systemctl set-property --runtime coldpress@alice.service MemoryMax=200M MemorySwapMax=0
  systemctl start coldpress@alice.service
  check "a run keeps to MemoryMax=200M" is coldpress@alice.service Result success
  check "and compresses a rollout of 270 MB" compressed /home/alice/.codex 08
  systemctl revert coldpress@alice.service 2>/dev/null
  rm -f /home/alice/.codex/archived_sessions/*08.jsonl*
}
