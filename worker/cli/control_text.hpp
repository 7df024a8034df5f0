#pragma once

#include "worker/run/control_protocol.hpp"

#include <string>

namespace coldpress {

// What a daemon knows, for a person.
std::string service_text(const ServiceStatus& status);

} // namespace coldpress
