#include "worker/cli/fleet/options.hpp"

#include <CLI/CLI.hpp>

namespace coldpress {

namespace {

constexpr const char* k_several = "Several stores (see coldpress-fleet(1))";

} // namespace

void add_fleet(CLI::App& app, Options& options) {
  FleetOptions& fleet = options.fleet;
  auto* from = app.add_option("--stores-from",
                              fleet.stores_from,
                              "work on each store of a list, or each that matches a "
                              "pattern; - is stdin")
                   ->type_name("FILE|GLOB|-")
                   ->group(k_several)
                   ->excludes("--store");
  auto* shard = app.add_option("--shard",
                               fleet.shard,
                               "only part I of N of the list, I from 0; default: from "
                               "Slurm or Kubernetes")
                    ->type_name("I/N")
                    ->group(k_several)
                    ->needs(from);
  app.add_option("--shard-count",
                 fleet.shard_count,
                 "number of parts; I is the array task or job completion index")
      ->type_name("N")
      ->check(whole_number)
      ->group(k_several)
      ->needs(from)
      ->excludes(shard);
}

void add_fleet_report(CLI::App& app, Options& options) {
  add_fleet(app, options);
  app.add_flag("--list-sizes",
               options.fleet.list_sizes,
               "print the list of stores with their sizes, for --stores-from")
      ->group(k_several)
      ->needs("--stores-from")
      ->excludes("--json")
      ->excludes("--html");
  app.add_option("--merge",
                 options.fleet.merge,
                 "merge the --json output of several shards into one report")
      ->type_name("FILE...")
      ->group(k_several)
      ->excludes("--store")
      ->excludes("--list-sizes");
}

} // namespace coldpress
