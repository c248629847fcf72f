// SPDX-License-Identifier: Apache-2.0
// nftables text to tree.hpp: what people write for `nft -f` and what `nft list ruleset` prints, see nft(8). The parser
// expands variables and includes and keeps the order of commands; it decides nothing about meaning.
//
// What cannot be parsed never disappears: inside a rule it becomes one UnknownStatement that holds the rest of the
// rule, elsewhere one Tree::unparsed entry. Where the block structure itself is lost (unbalanced braces, a text cut in
// the middle, an unterminated string) there is one fatal diagnostic, and the tree holds nothing of that file.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "base/files.hpp"
#include "base/source.hpp"
#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables {

struct IncludeOptions {
    std::string path;            ///< of the main file; its directory is the include jail. "": includes are refused
    bool allow_outside = false;  ///< includes may leave that directory
    const base::Files* files = nullptr;  ///< where includes are; nullptr: the disk
    bool fold = false;                   ///< rules may be folded, see RuleNode; `sources` must outlive the tree
};

/// Parses `file` and what it includes (added to `sources`). Linear in the size of the text; nesting, includes and the
/// expansion of variables are bounded. Never throws.
[[nodiscard]] Tree parse(base::Sources& sources, base::FileId file, const IncludeOptions& options,
                         base::Diagnostics& diagnostics);

/// One rule as in a chain block, `tcp dport 25 accept comment "mail"`; spans refer to `file`, which holds exactly this
/// text. Variables and includes are unknown here.
[[nodiscard]] RuleNode parse_rule(const base::Sources& sources, base::FileId file);

/// One expression as on the left of a match or as a value, `ip saddr . tcp dport`, `{ 1, 2-5 }`, for readers that meet
/// expressions as text; an UnknownExpression when it is none.
[[nodiscard]] ExpressionPtr parse_expression(const base::Sources& sources, base::FileId file);

}  // namespace egresslint::dialects::nftables
