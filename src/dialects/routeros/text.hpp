// SPDX-License-Identifier: Apache-2.0
// A RouterOS export as it is written: menu paths, commands, `key=value` arguments. Nothing here knows what they mean.
// Lexical rules: MikroTik, "Scripting" (Line Structure, Command line, Strings and escape sequences) and
// "Configuration Management" (/export), help.mikrotik.com.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::routeros {

using base::Span;

struct Argument {
    std::string key;    ///< "" for a word without `=`
    std::string value;  ///< unquoted, escapes resolved; a leading '!' is taken off into `negated`
    bool negated = false;
    bool bare = false;  ///< `!keepalive`: the property is unset
    Span span, value_span;
    mutable bool read = false;
};

/// One command: `/ip firewall nat add chain=srcnat …`.
struct Statement {
    std::string path;     ///< "ip firewall nat"
    std::string command;  ///< "add", "set", "remove", …
    std::vector<Argument> arguments;
    std::string find;  ///< the text inside `[ find … ]`; "" if there is none
    bool has_find = false;
    Span span;
    Span menu;  ///< where its path is written
    mutable bool read = false;

    [[nodiscard]] const Argument* get(std::string_view key) const;
    /// The value, or what is the default.
    [[nodiscard]] std::string value(std::string_view key, std::string_view otherwise = "") const;
    [[nodiscard]] bool yes(std::string_view key) const { return value(key) == "yes" || value(key) == "true"; }
    [[nodiscard]] bool disabled() const { return yes("disabled"); }
    [[nodiscard]] Span span_of(std::string_view key) const;
};

struct Script {
    std::vector<Statement> statements;
    bool header = false;  ///< "# … by RouterOS 7.18"
    int version = 0;      ///< 6, 7; 0: not stated
};

/// Everything of the text, secrets hidden in `sources` first. False after a fatal diagnostic: the text ends inside a
/// string or a bracket, as one that was cut does.
[[nodiscard]] bool read_script(base::Sources& sources, base::FileId file, Script& out, base::Diagnostics& diagnostics);

/// What begins a path or command of RouterOS, for detection.
struct Signs {
    bool header = false;
    int paths = 0, firewall = 0, commands = 0;
};
[[nodiscard]] Signs signs_of(std::string_view text);

void not_understood(base::Diagnostics& diagnostics, Span where, std::string message,
                    base::Influence influence = base::Influence::everything);

}  // namespace egresslint::dialects::routeros
