#pragma once

#include "worker/control/control_server.hpp"
#include "worker/serve/service.hpp"

namespace coldpress {

// For the files of service.hpp.
struct Service::Served {
  Served(Service& service, ManagedStore store)
      : managed(std::move(store)),
        watch(service.loop_, managed.tree(), [this, &service](const std::string& name) {
          service.on_arrival(*this, name);
        }) {}

  // Errc::busy: another daemon serves the store. Where there can be no socket, a warning.
  Result<void> listen(Service& service);

  ManagedStore managed;
  std::optional<ControlServer> control;
  TreeWatch watch;
  std::string watch_trouble; // the last that was told of
  bool leaving = false;      // no longer in the settings; its pass still runs
};

} // namespace coldpress
