#include "tests/integration/codex_home.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

using namespace coldpress;

namespace {

constexpr const char* k_enable = "local_thread_store_compression";

// systemctl as far as coldpress asks it: it remembers what is enabled.
constexpr const char* k_systemctl = R"(#!/bin/sh
echo "systemctl $*" >> "$HOME/calls"
case "$*" in
  *show*coldpress.timer)
    if [ -e "$HOME/enabled" ]; then echo UnitFileState=enabled; echo ActiveState=active; fi
    echo "FragmentPath=$HOME/.config/systemd/user/coldpress.timer"
    echo "NextElapseUSecRealtime=Thu 2026-11-26 03:12:05 UTC" ;;
  *show*coldpress.service) cat "$HOME/service" 2>/dev/null; exit 0 ;;
  *show*) ;;
  *enable*) touch "$HOME/enabled" ;;
  *disable*) rm -f "$HOME/enabled" ;;
esac
case "$*" in *disable*) rm -f "$HOME/enabled" ;; esac
)";

constexpr const char* k_loginctl = R"(#!/bin/sh
echo Linger=no
)";

constexpr const char* k_crontab = R"(#!/bin/sh
echo "crontab $*" >> "$HOME/calls"
case "$1" in
  -l) [ -e "$HOME/crontab" ] || { echo "no crontab for alice" >&2; exit 1; }
      cat "$HOME/crontab" ;;
  -r) rm "$HOME/crontab" ;;
  -) cat > "$HOME/crontab" ;;
esac
)";

struct Machine {
  TempDir dir;
  std::string home = dir / "home";
  std::string units = home + "/.config/systemd/user/";
  std::string config = home + "/.config/coldpress/config.toml";
  std::map<std::string, std::string> environment;

  Machine() {
    make_dirs(home + "/.codex/archived_sessions");
    make_dirs(dir / "bin");
    make_dirs(dir / "run/systemd");
    put_program("systemctl", k_systemctl);
    put_program("loginctl", k_loginctl);
    put_program("crontab", k_crontab);
    environment = {{"HOME", home},
                   {"USER", "alice"},
                   {"XDG_RUNTIME_DIR", dir / "run"},
                   {"PATH", dir / "bin" + ":" + std::getenv("PATH")}};
  }

  void put_program(const std::string& name, const char* script) const {
    const std::string path = dir / "bin/" + name;
    write_file(path, script);
    ::chmod(path.c_str(), 0755);
  }

  ProgramEnd schedule(std::vector<std::string> words) const {
    words.insert(words.begin(), {COLDPRESS_PROGRAM, "schedule"});
    return run_program({std::move(words), environment});
  }

  void enable() const {
    make_dirs(home + "/.config/coldpress");
    write_file(config, "[features]\nlocal_thread_store_compression = true\n");
  }

  std::string calls() const {
    return exists(home + "/calls") ? read_file(home + "/calls") : "";
  }
};

} // namespace

TEST_CASE("schedule goes from nothing to a timer and back to nothing") {
  const Machine machine;
  ProgramEnd end = machine.schedule({"status"});
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.out, "no timer is installed; to install it: coldpress schedule install");

  end = machine.schedule({"install", "--enable", k_enable, "--every", "12h"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "wrote " + machine.config);
  CHECK_HAS(end.out, "wrote " + machine.units + "coldpress.timer");
  CHECK_HAS(end.out, "ran systemctl --user enable --now coldpress.timer");
  CHECK_HAS(end.out, "next run: 2026-11-26T03:12:05Z");
  CHECK_HAS(end.err, "sudo loginctl enable-linger alice");
  CHECK_HAS(read_file(machine.units + "coldpress.service"),
            "ExecStart=" + std::string(COLDPRESS_PROGRAM) +
                " run --quiet --retry-busy\n");
  CHECK_HAS(read_file(machine.units + "coldpress.timer"), "\nOnCalendar=*-*-* ");

  end = machine.schedule({"install", "--every", "12h"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "nothing to do");
  end = machine.schedule({"status"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "installed, on");
  CHECK_HAS(end.out, "none yet");

  end = machine.schedule({"remove"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "ran systemctl --user disable --now coldpress.timer");
  CHECK_HAS(end.out, "removed " + machine.units + "coldpress.service");
  CHECK_FALSE(exists(machine.units + "coldpress.timer"));
  CHECK_HAS(machine.schedule({"remove"}).out, "nothing to do");
}

TEST_CASE("schedule status says whether the store will be looked after, and why not") {
  const Machine machine;
  REQUIRE_EQ(machine.schedule({"install", "--enable", k_enable}).code, 0);
  ProgramEnd end = machine.schedule({"status"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "looked after  yes");
  CHECK_HAS(end.out, "only while alice is logged in");

  write_file(machine.config, "[features]\nlocal_thread_store_compression = false\n");
  end = machine.schedule({"status"});
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.out, "looked after  no");
  CHECK_HAS(end.out, "the feature is off");
  CHECK_HAS(machine.schedule({"status", "--json"}).out, "\"looked_after\":\"no\"");

  write_file(machine.config, "nonsense\n");
  end = machine.schedule({"status"});
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.out, "looked after  unknown");
}

TEST_CASE("schedule status reads the ledger of the store that its timer looks after") {
  const Machine machine;
  const std::string elsewhere = machine.dir / "data/codex";
  make_dirs(elsewhere + "/archived_sessions");
  machine.enable();
  REQUIRE_EQ(machine.schedule({"install", "--store", elsewhere}).code, 0);
  const ProgramEnd run = run_program(
      {{COLDPRESS_PROGRAM, "run", "--store", elsewhere}, machine.environment});
  REQUIRE_EQ(run.code, 0);
  write_file(machine.home + "/service",
             "ExecStart={ path=/c ; argv[]=/c run --quiet --store " + elsewhere +
                 " ; ignore_errors=no }\n");
  CHECK_HAS(machine.schedule({"status"}).out, "exit 0: done");
  write_file(machine.home + "/service", "");
  CHECK_HAS(machine.schedule({"status"}).out, "none yet");
}

TEST_CASE("a dry run of schedule shows files and commands and makes nothing") {
  const Machine machine;
  const ProgramEnd end = machine.schedule({"install", "--dry-run", "--enable", k_enable});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "would write " + machine.config);
  CHECK_HAS(end.out, "    OnCalendar=*-*-* 0");
  CHECK_HAS(end.out, "would run systemctl --user daemon-reload");
  CHECK_FALSE(exists(machine.home + "/.config"));
  CHECK_EQ(machine.calls().find("enable"), std::string::npos);
}

TEST_CASE("schedule refuses while the feature is off, and says how to turn it on") {
  const Machine machine;
  const ProgramEnd end = machine.schedule({"install"});
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.err, "the feature is off");
  CHECK_HAS(end.err, machine.config);
  CHECK_HAS(end.err, "schedule install --enable local_thread_store_compression");
  CHECK_FALSE(exists(machine.home + "/.config"));
}

TEST_CASE("--enable keeps a configuration as it was written") {
  const Machine machine;
  make_dirs(machine.home + "/.config/coldpress");
  write_file(machine.config, "# mine\n[limits]\njobs = 1 # few\n");
  ::chmod(machine.config.c_str(), 0640);
  CHECK_EQ(machine.schedule({"install", "--enable", k_enable}).code, 0);
  CHECK_EQ(read_file(machine.config),
           "# mine\n[limits]\njobs = 1 # few\n\n[features]\n"
           "local_thread_store_compression = true\n");
  struct stat stat {};
  REQUIRE_EQ(::stat(machine.config.c_str(), &stat), 0);
  CHECK_EQ(stat.st_mode & 07777U, 0640U);
}

TEST_CASE("a configuration that --enable makes is the user's alone") {
  const Machine machine;
  CHECK_EQ(machine.schedule({"install", "--enable", k_enable}).code, 0);
  struct stat stat {};
  REQUIRE_EQ(::stat(machine.config.c_str(), &stat), 0);
  CHECK_EQ(stat.st_mode & 07777U, 0600U);
}

TEST_CASE("a configuration that no program should change is left, and nothing is made") {
  const Machine machine;
  make_dirs(machine.home + "/.config/coldpress");
  write_file(machine.config, "features = { local_thread_store_compression = false }\n");
  const ProgramEnd end = machine.schedule({"install", "--enable", k_enable});
  CHECK_EQ(end.code, 2);
  CHECK_HAS(end.err, "cannot change it safely");
  CHECK_FALSE(exists(machine.units));
}

TEST_CASE("schedule never overwrites what a person edited") {
  const Machine machine;
  machine.enable();
  REQUIRE_EQ(machine.schedule({"install"}).code, 0);
  const std::string path = machine.units + "coldpress.timer";
  const std::string edited = read_file(path) + "# mine\n";
  write_file(path, edited);
  const ProgramEnd end = machine.schedule({"install", "--every", "6h"});
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.err, path);
  CHECK_HAS(end.err, "this file was edited by hand");
  CHECK_HAS(machine.schedule({"status"}).out, path + " (edited)");
  CHECK_HAS(machine.schedule({"remove"}).out, "left " + path);
  CHECK_EQ(read_file(path), edited);
}

TEST_CASE("a timer starts the program by the name that it was called by") {
  const Machine machine;
  machine.enable();
  const std::string link = machine.dir / "bin/coldpress";
  std::filesystem::create_symlink(COLDPRESS_PROGRAM, link);
  std::vector<std::string> command;
  SUBCASE("a path that is a link") {
    command = {link, "schedule", "install"};
  }
  SUBCASE("a word found by the shell") {
    command = {"sh", "-c", "coldpress schedule install"};
  }
  SUBCASE("a path from here") {
    command = {
        "sh", "-c", "cd " + machine.dir / "bin" + " && ./coldpress schedule install"};
  }
  REQUIRE_EQ(run_program({command, machine.environment}).code, 0);
  CHECK_HAS(read_file(machine.units + "coldpress.service"), "ExecStart=" + link + " run");
}

TEST_CASE("what a timer would not see goes into its command, or is refused") {
  Machine machine;
  machine.enable();
  const std::string service = machine.units + "coldpress.service";
  SUBCASE("the store by a variable") {
    machine.environment["CODEX_HOME"] = machine.home + "/.codex";
    CHECK_EQ(machine.schedule({"install"}).code, 0);
    CHECK_HAS(read_file(service),
              " run --quiet --retry-busy --store " + machine.home + "/.codex\n");
  }
  SUBCASE("the store by a flag, with a blank in it") {
    make_dirs(machine.home + "/my store");
    CHECK_EQ(machine.schedule({"install", "--store", machine.home + "/my store"}).code,
             0);
    CHECK_HAS(read_file(service), " --store \"" + machine.home + "/my store\"\n");
  }
  SUBCASE("another configuration") {
    const std::string other = machine.home + "/other.toml";
    write_file(other, "[features]\nlocal_thread_store_compression = true\n");
    CHECK_EQ(machine.schedule({"install", "--config", other}).code, 0);
    CHECK_HAS(read_file(service), " run --quiet --retry-busy --config " + other + "\n");
  }
  SUBCASE("several stores, of which a run takes one") {
    make_dirs(machine.home + "/a");
    write_file(machine.config,
               fmt::format("stores = [\"{0}/.codex\", \"{0}/a\"]\n[features]\n"
                           "local_thread_store_compression = true\n",
                           machine.home));
    const ProgramEnd end = machine.schedule({"install"});
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "2 stores are configured, and a timer handles one");
    CHECK_FALSE(exists(machine.units));
    CHECK_EQ(machine.schedule({"install", "--store", machine.home + "/a"}).code, 0);
    CHECK_HAS(read_file(service), " --store " + machine.home + "/a\n");
  }
  SUBCASE("a setting by a variable") {
    machine.environment["COLDPRESS_LIMITS_JOBS"] = "1";
    const ProgramEnd end = machine.schedule({"install"});
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "limits.jobs is set by $COLDPRESS_LIMITS_JOBS");
    CHECK_FALSE(exists(machine.units));
  }
  SUBCASE("a setting by a flag") {
    const ProgramEnd end = machine.schedule({"install", "--cold-after", "3d"});
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, "--cold-after is a setting");
  }
}

TEST_CASE("a timer can be removed whatever the settings are") {
  Machine machine;
  machine.enable();
  REQUIRE_EQ(machine.schedule({"install"}).code, 0);
  write_file(machine.config, "[limits\n");
  machine.environment["COLDPRESS_LIMITS_JOBS"] = "none";
  CHECK_EQ(machine.schedule({"install"}).code, 2);
  CHECK_EQ(machine.schedule({"remove"}).code, 0);
  CHECK_FALSE(exists(machine.units + "coldpress.timer"));
}

TEST_CASE("schedule refuses what it does not understand, in one line") {
  const Machine machine;
  machine.enable();
  for (const auto& [words, said] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"install", "--every", "2d"}, "the nearest interval is 1d"},
           {{"install", "--every", "often"}, "often"},
           {{"install", "--kind", "at"}, "--kind is systemd, launchd or cron"},
           {{"install", "bob"}, "--system only"},
           {{"install", "--system"}, "needs the users"},
           {{"install", "--system", "--kind", "cron", "bob"}, "--system is for systemd"},
           {{"install", "--system", "--dry-run", "no-such-user-1"}, "there is no user"},
           {{"install", "--system", "--dry-run", "a b"}, "is not a user name"},
           {{"begin"}, "ACTION"}}) {
    const ProgramEnd end = machine.schedule(words);
    CHECK_EQ(end.code, 2);
    CHECK_HAS(end.err, said);
    CHECK_FALSE(exists(machine.units));
  }
}

TEST_CASE("without a systemd of the user there is cron, or advice") {
  Machine machine;
  machine.enable();
  machine.environment["XDG_RUNTIME_DIR"] = machine.dir / "nothing";
  write_file(machine.home + "/crontab", "# mine\n");
  CHECK_EQ(machine.schedule({"status"}).code, 1);
  ProgramEnd end = machine.schedule({"install", "--every", "1w"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "wrote crontab");
  CHECK_HAS(read_file(machine.home + "/crontab"), "# mine\n");
  CHECK_HAS(read_file(machine.home + "/crontab"), " * * 1 ");
  CHECK_HAS(machine.schedule({"status"}).out, "cron, for alice");
  CHECK_EQ(machine.schedule({"remove"}).code, 0);
  CHECK_EQ(read_file(machine.home + "/crontab"), "# mine\n");

  machine.environment["PATH"] = machine.dir / "nowhere";
  end = machine.schedule({"install"});
  CHECK_EQ(end.code, 1);
  CHECK_HAS(end.err, "neither systemd for this user nor cron");
}

TEST_CASE("the status tells of a last start that failed") {
  const Machine machine;
  machine.enable();
  REQUIRE_EQ(machine.schedule({"install"}).code, 0);
  write_file(machine.home + "/service",
             "ExecMainExitTimestamp=Wed 2026-11-25 03:12:05 UTC\nExecMainStatus=2\n");
  const ProgramEnd end = machine.schedule({"status"});
  CHECK_EQ(end.code, 4);
  CHECK_HAS(end.out, "2026-11-25T03:12:05Z, exit 2: invalid settings");
  CHECK_HAS(end.out, "journalctl --user -u coldpress");
}

TEST_CASE("the status knows the last run of the ledger") {
  Machine machine;
  machine.enable();
  REQUIRE_EQ(machine.schedule({"install"}).code, 0);
  const RolloutFile rollout;
  const std::string path =
      machine.home + "/.codex/archived_sessions/" + file_name(rollout.number);
  write_file(path, rollout_content(rollout));
  set_age(path, 30);
  REQUIRE_EQ(run_program({{COLDPRESS_PROGRAM, "run", "--settle", "0s", "--quiet"},
                          machine.environment})
                 .code,
             0);
  ProgramEnd end = machine.schedule({"status"});
  CHECK_EQ(end.code, 0);
  CHECK_HAS(end.out, "exit 0: done; 1 compressed");
  end = machine.schedule({"status", "--json"});
  CHECK_HAS(end.out, R"({"message_type":"schedule","kind":"systemd","user":"alice")");
  CHECK_HAS(end.out, R"("enabled":true)");
  CHECK_HAS(end.out, R"("command":"run")");
  CHECK_HAS(end.out, R"("next":"2026-11-26T03:12:05Z")");
}
