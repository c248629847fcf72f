// SPDX-License-Identifier: Apache-2.0
// Finds the elements of the arrays that `ip -j` prints, with their places in the text, which the JSON library does not
// keep. Several arrays after each other (IPv4 and IPv6 dumps joined) are one list.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::iproute {

struct Element {
    base::Span span;
    std::size_t array = 0;  ///< which of several arrays it stands in
};

/// Every object of every top-level array. On text that is not such a list: nothing, and one fatal diagnostic that says
/// what `what` ("ip -j addr") should look like.
[[nodiscard]] std::vector<Element> find_elements(const base::Sources& sources, base::FileId file, const char* what,
                                                 base::Diagnostics& diagnostics);

/// The one fatal diagnostic of a file.
void add_fatal(base::Diagnostics& diagnostics, base::Span span, std::string message);

}  // namespace egresslint::dialects::iproute
