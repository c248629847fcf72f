// SPDX-License-Identifier: Apache-2.0
// The command line into Options. Every mistake is a usage failure with the nearest right word.
#pragma once

#include <string>

#include "cli/command.hpp"
#include "cli/options.hpp"

namespace egresslint::cli {

struct Parsed {
    Options options;
    const Command* command = nullptr;  ///< nullptr: help or version was asked for, `text` is what to print
    std::string text;
    std::string problem;  ///< a usage error; "" if none. `options` holds what was read until then
};
[[nodiscard]] Parsed parse_arguments(int argc, const char* const* argv);

}  // namespace egresslint::cli
