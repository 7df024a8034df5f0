#pragma once

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace coldpress {

// How --help looks: one column for the flags, one for what they do, wrapped to 80
// columns.
std::shared_ptr<CLI::FormatterBase> help_formatter();

} // namespace coldpress
