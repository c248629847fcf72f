// SPDX-License-Identifier: Apache-2.0
// Tables of texts -> base chains and rules of the model.
#pragma once

#include "dialects/iptables/extensions.hpp"

namespace egresslint::dialects::iptables {

/// Lowers every table and registers its base chains; false: the jumps form a cycle or nest too deeply, which is
/// reported as fatal and leaves nothing that could be analysed.
[[nodiscard]] bool lower_tables(const Texts& texts, const ipset::Sets& sets, model::Builder& builder,
                                families::netfilter::Netfilter& netfilter, base::Diagnostics& diagnostics);

/// What one rule says, taken apart but for the options of its target.
struct ParsedRule {
    std::vector<model::ExprId> parts;  ///< of -s -d -p -i -o -f
    std::vector<Instance> matches;
    Instance target;
    std::string_view jump;  ///< "" = no target
    base::Span jump_span;
    bool is_goto = false;
    bool other_family = false;  ///< -4 in ip6tables or -6 in iptables: the rule is not loaded
    std::string malformed;      ///< why the words make no rule; "" = they do
    base::Span malformed_at;
    const ChainText* chain = nullptr;  ///< the chain of the table that `jump` names
    std::vector<std::uint32_t> known;  ///< of `matches`: the last one of each extension, in order
};
/// Reads the words of a rule into `rule`, whose memory it uses again. Fills in what targets want to know of the base
/// options (Context::protocol …).
void parse_rule(Context& c, const Extensions& extensions, const TableText& table, const std::vector<Word>& words,
                ParsedRule& rule);

}  // namespace egresslint::dialects::iptables
