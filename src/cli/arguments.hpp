// SPDX-License-Identifier: Apache-2.0
// The command line into Options. Every mistake is a usage failure with the nearest right word.
#pragma once

#include <string>
#include <vector>

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

/// The command line as `--help` shows it, for what is made from it: completions, the manual page.
struct OptionPage {
    std::vector<std::string> names;  ///< "-q", "--quiet"; of a positional argument its one name, "PATH"
    std::string value;               ///< "NAME", "CODE,..."; "" for a flag
    std::string describes;
    std::vector<std::string> values;  ///< the words it takes, where those are few
    bool positional = false;
    [[nodiscard]] bool takes_files() const { return value == "FILE" || value == "PATH" || value == "FORMAT=PATH"; }
    [[nodiscard]] bool takes_list() const { return value.ends_with(",..."); }
};
struct CommandPage {
    std::string name, summary;
    std::vector<OptionPage> options;
};
struct ProgramPage {
    std::string summary, exit_status;
    std::vector<OptionPage> options;  ///< without a command
    std::vector<CommandPage> commands;
};
[[nodiscard]] ProgramPage describe_program();

}  // namespace egresslint::cli
