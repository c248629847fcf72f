// SPDX-License-Identifier: Apache-2.0
// The text of a running configuration as statements: a line is words, and what is indented below a line is its block.
//
//   object network MAIL            statement "object network MAIL" with the block
//    host 10.0.0.25                  "host 10.0.0.25"
//    nat (inside,outside) static …   "nat (inside,outside) static …"
//
// Comments (! and :), prompts, pagers and banners are no statements. Secrets are blotted out before anything is read.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::dialects::asa {

struct Statement {
    base::Span span;                      ///< the line, without blanks at either end
    std::vector<std::string_view> words;  ///< never empty
    std::vector<Statement> block;         ///< in order, deeper blocks flattened
    unsigned indent = 0;

    /// "" where there is no such word.
    [[nodiscard]] std::string_view word(std::size_t i) const {
        return i < words.size() ? words[i] : std::string_view();
    }
    [[nodiscard]] bool begins(std::initializer_list<std::string_view> with) const;
    [[nodiscard]] std::string text() const;
    /// From this word to the end of the line.
    [[nodiscard]] std::string text_from(std::size_t word) const;
};

/// One configuration: a file can hold several, one behind the other (contexts, a support bundle).
struct Part {
    std::vector<Statement> statements;
};

/// Blots out passwords, keys, hashes, communities and certificates.
void hide_secrets(base::Sources& sources, base::FileId file);
/// Splits where another version header begins. Never fails.
[[nodiscard]] std::vector<Part> read_text(const base::Sources& sources, base::FileId file);

}  // namespace egresslint::dialects::asa
