// SPDX-License-Identifier: Apache-2.0
// What every part of the lowering shares: the builder, where we are (table, chain, rule), and what is known about the
// sets.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/diagnostic.hpp"
#include "dialects/nftables/lower_names.hpp"
#include "dialects/nftables/lower_replay.hpp"
#include "families/netfilter.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::nftables {

/// How long an unknown predicate keeps its truth, and so who shares it.
enum class Sharing : std::uint8_t {
    packet,      ///< a property nothing on the way changes: shared by its text
    chain,       ///< reads fields that translations and marks change: shared inside one chain
    occurrence,  ///< state that moves on with each packet: never shared
};

/// Fields that translations rewrite.
inline constexpr model::FieldMask rewritten_fields =
    model::field_bit(model::Field::src) | model::field_bit(model::Field::dst) | model::field_bit(model::Field::sport) |
    model::field_bit(model::Field::dport);

/// With what the truth may change between two places of one chain's predicate; see model::Predicate.
struct Shared {
    Sharing how = Sharing::packet;
    model::FieldMask reads = rewritten_fields;  ///< only with Sharing::chain
    bool moves = false;                         ///< only with Sharing::chain: hangs on the way out as well
    Shared(Sharing sharing) : how(sharing) {}   // NOLINT(google-explicit-constructor): any field unless said otherwise
    Shared(Sharing sharing, model::FieldMask fields, bool on_the_way)
        : how(sharing), reads(fields), moves(on_the_way) {}
};

/// A named set or map as the rules see it.
struct NamedSet {
    const SetState* state = nullptr;
    model::ObjectId object;
    bool listed_are_permanent = true;  ///< no timeouts, and no rule deletes elements
    bool contents_change = false;      ///< more elements may be there than the file lists
    bool updated_by_rules = false;
    bool stateful = false;  ///< elements carry limit, quota or ct count: a hit may still not match
    /// What has been made of it, by data type (single keys) or by columns (concatenations).
    std::map<std::string, model::SetId> literals;
    std::map<std::string, model::ExprId> relations;
};

class Context {
public:
    Context(model::Builder& builder, families::netfilter::Netfilter& family, const base::Sources& texts,
            base::Diagnostics& out)
        : b(builder), netfilter(family), sources(texts), diagnostics(out) {}

    model::Builder& b;
    families::netfilter::Netfilter& netfilter;
    const base::Sources& sources;
    base::Diagnostics& diagnostics;

    // -- where we are
    const TableState* table = nullptr;
    model::ChainId chain;
    std::string chain_title;  ///< "inet fw forward"
    /// Hooks of nat type that reach the chain.
    bool translates_source = false, translates_destination = false;
    model::OriginId origin;
    base::Span rule_span;
    bool ports_certain = false;  ///< what the rule has asked so far leaves only protocols that have ports
    unsigned occurrences = 0;    ///< unshared predicates of this rule so far
    std::vector<model::ObjectId> uses;

    /// ip: 4, ip6: 6, inet: 0.
    [[nodiscard]] std::uint8_t table_family() const {
        return table->family == "ip" ? 4 : table->family == "ip6" ? 6 : 0;
    }
    [[nodiscard]] model::ExprId unknown(std::string text, model::PredicateKind kind, model::Field beside,
                                        Shared sharing, std::uint16_t value = 1, std::uint16_t choices = 2);
    [[nodiscard]] model::PredicateId predicate(std::string text, model::PredicateKind kind, model::Field beside,
                                               Shared sharing, std::uint16_t choices = 2);
    /// nullptr when the table has no such set; says so once.
    [[nodiscard]] NamedSet* named_set(const std::string& name);
    [[nodiscard]] model::ExprId family_guard(std::uint8_t family);
    void not_understood(base::Span span, std::string message, model::PredicateId predicate, base::Influence influence);
    void incomplete(base::Span span, std::string message, model::PredicateId predicate, base::Influence influence);
    [[nodiscard]] base::Influence influence_here() const;

    std::unordered_map<const SetState*, NamedSet> sets;
    std::unordered_set<std::string> said;     ///< messages that need saying once
    std::unordered_set<std::string> mangled;  ///< what else some rule writes: "ip dscp", "meta priority", "ct label"
    /// Chains that stand for "the mark becomes something unknown", filled once all comparisons are known.
    struct UnknownMark {
        model::ChainId chain;
        model::RegisterId reg;
        std::string text;
        model::OriginId origin;
    };
    std::vector<UnknownMark> unknown_marks;
    std::unordered_map<std::string, model::ChainId> chains;  ///< by table title and chain name
    model::RegisterId rest;                                  ///< 1 while a rule that was split goes on
};

}  // namespace egresslint::dialects::nftables
