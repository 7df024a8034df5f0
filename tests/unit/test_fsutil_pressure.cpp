#include "fsutil/posix_fs.hpp"
#include "fsutil/pressure.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace coldpress;

namespace {

// A machine of made-up files.
struct Machine {
  TempDir dir;
  PosixFs fs;

  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path full = dir.path() + path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  void supply(const std::string& name,
              const std::string& file,
              const std::string& text) const {
    put("/sys/class/power_supply/" + name + "/" + file, text + "\n");
  }
  MachineLoad load() {
    MachineLoad load = read_pressure(fs, dir.path());
    load.on_battery = read_on_battery(fs, dir.path());
    return load;
  }
};

} // namespace

TEST_CASE("pressure is the whole percent of the last ten seconds of the some line") {
  Machine machine;
  machine.put("/proc/pressure/cpu",
              "some avg10=97.73 avg60=97.27 avg300=88.31 total=3563525905\n"
              "full avg10=1.00 avg60=0.00 avg300=0.00 total=0\n");
  machine.put("/proc/pressure/io",
              "some avg10=0.99 avg60=50.00 avg300=0.00 total=1\n"
              "full avg10=80.00 avg60=0.00 avg300=0.00 total=0\n");
  machine.put("/proc/pressure/memory",
              "some avg10=100.00 avg60=50.00 avg300=0.00 total=1\n");
  const MachineLoad load = machine.load();
  CHECK(load.cpu == 97U);
  CHECK(load.io == 0U);
  CHECK(load.memory == 100U);
}

TEST_CASE("a machine that tells nothing, or something else, is not known") {
  Machine machine;
  CHECK_FALSE(machine.load().cpu);
  CHECK_FALSE(machine.load().io);
  CHECK_FALSE(machine.load().memory);
  CHECK_FALSE(machine.load().on_battery);
  machine.put("/proc/pressure/io", "");
  machine.put("/proc/pressure/cpu", "some avg10=many avg60=0.00\n");
  machine.put("/proc/pressure/memory", "full avg10=12.00\n");
  std::filesystem::create_directories(machine.dir.path() + "/sys/class/power_supply");
  CHECK_FALSE(machine.load().cpu);
  CHECK_FALSE(machine.load().io);
  CHECK_FALSE(machine.load().memory);
  CHECK_FALSE(machine.load().on_battery);
}

TEST_CASE("a machine is on battery if one runs down and no line is in") {
  Machine machine;
  machine.supply("AC", "type", "Mains");
  machine.supply("AC", "online", "0");
  machine.supply("BAT0", "status", "Discharging");
  CHECK(machine.load().on_battery == true);
  SUBCASE("the line is in") {
    machine.supply("AC", "online", "1");
    CHECK(machine.load().on_battery == false);
  }
  SUBCASE("it charges") {
    machine.supply("BAT0", "status", "Charging");
    CHECK(machine.load().on_battery == false);
  }
  SUBCASE("it is another battery that runs down") {
    machine.supply("BAT0", "status", "Full");
    machine.supply("BAT1", "status", "Discharging");
    CHECK(machine.load().on_battery == true);
  }
}

TEST_CASE("the battery of a mouse is not the machine's") {
  Machine machine;
  machine.supply("hidpp_battery_0", "status", "Discharging");
  machine.supply("hidpp_battery_0", "scope", "Device");
  CHECK(machine.load().on_battery == false);
}
