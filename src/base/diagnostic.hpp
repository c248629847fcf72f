// SPDX-License-Identifier: Apache-2.0
// What a reader has to say about its input. Readers never throw and never print: they append here and go on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.hpp"

namespace egresslint::base {

enum class Severity : std::uint8_t { note, warning, error };

/// What an unread or approximated construct could influence; bits.
enum class Influence : std::uint8_t {
    nothing = 0,      ///< read and known to decide no packet (logging, statistics, comments)
    filter = 1,       ///< who may pass
    destination = 2,  ///< destination translation
    source = 4,       ///< source translation
    routing = 8,      ///< marks, policy routing, interfaces
    everything = 15,
};
[[nodiscard]] constexpr Influence operator|(Influence a, Influence b) {
    return static_cast<Influence>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

struct Note {
    Span span;
    std::string text;
};

struct Diagnostic {
    enum class Kind : std::uint8_t {
        not_understood,  ///< EL901: a construct that is over-approximated or opaque
        incomplete,      ///< EL903: something the file refers to is absent (include, set, route dump)
        fatal,           ///< nothing usable could be read; exit status 2
        lint,            ///< a hygiene fact the reader knows (duplicate name, undefined object); `code` says which
    };
    Kind kind = Kind::not_understood;
    std::string code;  ///< "EL901", "EL903", or "" for fatal
    Span span;
    std::string message;  ///< one sentence the operator can act on
    std::vector<Note> notes;
    Influence influence = Influence::everything;
    /// Index of the model predicate that stands for the construct, in the device it belongs to; -1: none. With a
    /// predicate, lint can tell whether a verdict really depends on the construct.
    std::int64_t predicate = -1;
    std::int64_t device = -1;  ///< index among the devices that this reader returned; -1: all
};
using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_fatal(const Diagnostics& diagnostics);

}  // namespace egresslint::base
