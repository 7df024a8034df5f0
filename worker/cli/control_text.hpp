#pragma once

#include "worker/control/control_protocol.hpp"

#include <string>

namespace coldpress {

// What a daemon knows, for a person.
std::string service_text(const ServiceStatus& status);

} // namespace coldpress
