// SPDX-License-Identifier: Apache-2.0
// pf.conf as words: strings, macros put in, line ends. Source: pf.conf(5) of OpenBSD and of FreeBSD 14, GRAMMAR and
// "macros": they are not expanded inside quotes; a backslash continues a line; braces go on over line ends.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::pf {

using base::Span;

struct Token {
    std::string text;
    Span span;            ///< where the word, or the macro that it comes from, is used
    bool string = false;  ///< it was quoted
    bool table = false;   ///< <name>; `text` has the name
    bool end = false;     ///< of a statement
};

/// Every word of the file with macros expanded; each statement ends with an `end`. Macro definitions are not among
/// them. False after a fatal diagnostic: an open string or brace, as a text that was cut has.
[[nodiscard]] bool tokenize(const base::Sources& sources, base::FileId file, std::vector<Token>& out,
                            base::Diagnostics& diagnostics);

void not_understood(base::Diagnostics& diagnostics, Span where, std::string message,
                    base::Influence influence = base::Influence::everything);

}  // namespace egresslint::dialects::pf
