#include "tests/support/fake_clock.hpp"
#include "tests/support/mem_fs.hpp"
#include "worker/serve/managed_store.hpp"

#include <doctest/doctest.h>

using namespace coldpress;
using namespace std::chrono_literals;

namespace {

const std::string k_home = "/home/codex";
const std::string k_name =
    "rollout-2026-01-05T09-00-01-0199aaaa-bbbb-7ccc-8ddd-000000000001.jsonl";

struct Rig {
  FakeClock clock;
  MemFs fs{clock};
  Settings settings;

  Rig() {
    REQUIRE(make_dirs(fs, k_home + "/archived_sessions", 0700).has_value());
    settings.store = k_home;
    settings.compression_enabled = true;
    settings.serve.jitter = 0ms;
  }

  ManagedStore open() {
    auto opened = ManagedStore::open(fs, clock, settings, 1000);
    REQUIRE(opened.has_value());
    return std::move(*opened);
  }

  // One that has had its first pass.
  ManagedStore rested() {
    ManagedStore store = open();
    store.pass_began();
    store.pass_ended(0);
    return store;
  }

  void add(const std::string& name, std::chrono::nanoseconds age) {
    const auto file = fs.create_new(k_home + "/archived_sessions/" + name, 0600);
    REQUIRE(file.has_value());
    REQUIRE(fs.set_mtime(*file, clock.wall() - age).has_value());
    fs.close(*file);
  }

  PassCause cause(const ManagedStore& store) const {
    REQUIRE(store.schedule().due().has_value());
    return store.schedule().due()->cause;
  }
};

} // namespace

TEST_CASE("what is archived hurries a pass only if it is a rollout and cold already") {
  Rig rig;
  rig.clock.advance(100h * 24);
  ManagedStore store = rig.rested();
  rig.add(k_name, 6h * 24);
  store.look_at_arrival(k_name);
  rig.add(k_name + ".zst", 30h * 24);
  store.look_at_arrival(k_name + ".zst");
  rig.add("notes.txt", 30h * 24);
  store.look_at_arrival("notes.txt");
  store.look_at_arrival("rollout-2026-01-05T09-00-02-"
                        "0199aaaa-bbbb-7ccc-8ddd-000000000002.jsonl");
  CHECK(rig.cause(store) == PassCause::schedule);
  const std::string cold =
      "rollout-2026-01-05T09-00-03-0199aaaa-bbbb-7ccc-8ddd-000000000003.jsonl";
  rig.add(cold, 8h * 24);
  store.look_at_arrival(cold);
  CHECK(rig.cause(store) == PassCause::archived);
}

TEST_CASE("short of space, a pass takes what is cold by the shorter time, and says so") {
  Rig rig;
  rig.settings.pressure.min_free_bytes = 1U << 30U;
  rig.fs.set_capacity(std::uint64_t{4} << 30U);
  ManagedStore store = rig.rested();
  CHECK(store.look_at_space().empty());
  CHECK(store.pass_settings().scan.cold_after == 7h * 24);
  rig.fs.set_capacity(1U << 20U);
  CHECK(store.look_at_space().find("less than pressure.min_free") != std::string::npos);
  CHECK(store.look_at_space().empty()); // once
  CHECK(store.pass_settings().scan.cold_after == 24h);
  CHECK(store.state().pressure.on);
  CHECK(rig.cause(store) == PassCause::pressure);
  rig.fs.set_capacity(std::uint64_t{4} << 30U);
  CHECK(store.look_at_space().find("free again") != std::string::npos);
  CHECK(store.pass_settings().scan.cold_after == 7h * 24);
}

TEST_CASE("a shorter scan.cold_after is not made longer by little space") {
  Rig rig;
  rig.settings.scan.cold_after = 1h;
  rig.settings.pressure.min_free_bytes = 1U << 30U;
  rig.fs.set_capacity(1U << 20U);
  ManagedStore store = rig.rested();
  (void)store.look_at_space();
  CHECK(store.pass_settings().scan.cold_after == 1h);
}

TEST_CASE("a pause file is seen at the next look, and ends at its time") {
  Rig rig;
  ManagedStore store = rig.rested();
  REQUIRE(write_pause(rig.fs, store.store().own_dir, rig.clock.wall() + 1h).has_value());
  CHECK(store.schedule().due().has_value());
  store.look_at_pause();
  CHECK_FALSE(store.schedule().due().has_value());
  CHECK(store.state().state == ServiceState::paused);
  CHECK(store.next_text().starts_with("paused until "));
  rig.clock.advance(1h);
  store.look_at_pause();
  CHECK(store.schedule().due().has_value());
}

TEST_CASE("the state has what the last pass did") {
  Rig rig;
  ManagedStore store = rig.open();
  store.pass_began();
  CHECK(store.state().state == ServiceState::running);
  (void)store.take_line(
      R"({"message_type":"summary","counts":{"compressed":2,"reaped":2},)"
      R"("bytes_before":2048,"bytes_after":1024,"seconds":1})");
  store.pass_ended(0);
  REQUIRE(store.state().last_run.has_value());
  CHECK(store.state().last_run->compressed == 2);
  CHECK(store.result_text(0) ==
        "pass of 1s, exit 0: 2 compressed, 2.0 KiB -> 1.0 KiB, 2 plain files freed");
}

TEST_CASE("a pass that died without a word is not one that had nothing to do") {
  Rig rig;
  ManagedStore store = rig.open();
  store.pass_began();
  store.pass_ended(137);
  CHECK(store.result_text(137) ==
        "pass, exit 137: killed, by another process or because memory was short");
  CHECK(store.result_text(139) == "pass, exit 139: killed by signal 11");
  CHECK(store.result_text(143) == "pass, exit 143: interrupted");
  CHECK(store.result_text(1) == "pass, exit 1: failed; its messages are above");
  CHECK(store.result_text(0) == "pass, exit 0: nothing to do");
}

TEST_CASE("what a pass left for somebody is told as loudly as a timer's would be") {
  Rig rig;
  ManagedStore store = rig.open();
  for (const auto& row : {std::pair{0, Severity::info},
                          std::pair{75, Severity::info},
                          std::pair{143, Severity::info},
                          std::pair{3, Severity::warning},
                          std::pair{4, Severity::error},
                          std::pair{1, Severity::error},
                          std::pair{137, Severity::error}}) {
    const int code = row.first;
    const Severity severity = row.second;
    CAPTURE(code);
    store.pass_began();
    store.pass_ended(code);
    CHECK(ManagedStore::severity_of(code) == severity);
    CHECK_EQ(store.trouble_text().empty(), severity == Severity::info);
  }
  CHECK(store.trouble_text().find("exit 137, killed") != std::string::npos);
}

TEST_CASE("several stores each get settings of their own, and a ledger at home") {
  Settings settings;
  settings.stores = {"/a", "/b"};
  const auto each = split_stores(settings);
  REQUIRE(each.size() == 2);
  CHECK(each[1].store == "/b");
  CHECK(each[1].state_dir == "/b/coldpress");
  CHECK(each[1].stores.empty());
  settings.stores.clear();
  settings.store = "/c";
  CHECK(split_stores(settings).front().store == "/c");
}

TEST_CASE("a pass inherits no setting and no service manager of ours") {
  CHECK(pass_environment({{"COLDPRESS_STORE", "/x"},
                          {"HOME", "/home/ada"},
                          {"NOTIFY_SOCKET", "/n"},
                          {"WATCHDOG_USEC", "1"}}) ==
        std::vector<std::string>{"HOME=/home/ada"});
}
