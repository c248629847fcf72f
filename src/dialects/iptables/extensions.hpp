// SPDX-License-Identifier: Apache-2.0
// The matches and targets of iptables(8) and iptables-extensions(8) as tables: one row an extension, one row an option
// with its spelling, its arity and, where it is modelled, the function that lowers it. The documentation table is made
// from these rows. To model an option, give its row a function.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "dialects/ipset/sets.hpp"
#include "dialects/iptables/text.hpp"
#include "families/netfilter.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::iptables {

struct Option;
struct Instance;

/// What lowering of one rule can see.
struct Context {
    model::Builder& b;
    const families::netfilter::Netfilter& netfilter;
    const ipset::Sets& sets;
    const base::Sources& sources;
    base::Diagnostics& diagnostics;
    base::Family family = base::Family::v4;
    std::string_view table;
    /// Hooks whose base chains call this chain, as bits 1 << families::netfilter::Hook.
    std::uint8_t hooks = 0;
    model::ChainId chain;                   ///< the rule's
    const TextSet* written_sets = nullptr;  ///< sets that a SET target changes
    /// What matches on sets came to, by what they ask: every use of a set of 100,000 members means reading them all.
    std::unordered_map<std::string, model::ExprId>* asked_sets = nullptr;
    base::Span line;
    std::optional<std::uint8_t> protocol;  ///< of a positive -p
    std::optional<base::Prefix> source;    ///< of a single positive -s
    std::optional<base::Prefix> destination;
    std::vector<model::ObjectId>* uses = nullptr;

    void report(base::Diagnostic::Kind kind, std::string code, base::Span where, std::string message,
                std::optional<model::PredicateId> which = {}) const;
};

/// How an extension takes part in the analysis.
enum class How : std::uint8_t {
    exact,      ///< every option has a lowering
    predicate,  ///< an unknown predicate of the row's kind
    inert,      ///< decides nothing: comment, accounting
};

using MatchLower = model::ExprId (*)(Context&, const Option&);  ///< invalid id: not understood
using InstanceLower = model::ExprId (*)(Context&, const Instance&);
using TargetLower = std::optional<std::vector<model::Rule>> (*)(Context&, model::ExprId match, const Instance&);

struct OptionRow {
    std::string_view of;     ///< extension
    std::string_view name;   ///< "--dport"
    std::string_view alias;  ///< "--destination-port"
    std::uint8_t args = 1;
    bool negatable = false;
    MatchLower lower = nullptr;
};
struct MatchRow {
    std::string_view name;
    How how = How::predicate;
    model::PredicateKind kind = model::PredicateKind::packet;
    /// Every occurrence decides for itself (limiters, counters, lists written at run time, values that change on the
    /// way through the device); else the same text has the same truth everywhere.
    bool per_rule = false;
    /// The options work together and make one predicate; else each is one of its own.
    bool joint = false;
    model::Field beside = model::Field::proto;
    InstanceLower lower = nullptr;  ///< instead of the options' own
    model::FieldMask reads = 0;     ///< what the predicate hangs on and translations rewrite
};
struct TargetRow {
    std::string_view name;
    How how = How::exact;
    TargetLower lower = nullptr;
    std::string_view does;  ///< one line for the documentation table
};

struct Option {
    const OptionRow* row = nullptr;
    bool negated = false;
    std::string_view args[2] = {};
    base::Span span;
    std::string unknown;  ///< the words of an option that no row describes
    /// "--dport 25", without the negation.
    [[nodiscard]] std::string text() const;
};
struct Instance {
    std::string_view name;
    const MatchRow* match = nullptr;
    const TargetRow* target = nullptr;
    std::span<const OptionRow> rows;  ///< the options it has
    std::vector<Option> options;
    base::Span span;
    [[nodiscard]] const Option* find(std::string_view option) const;
};

[[nodiscard]] std::span<const MatchRow> match_rows();
[[nodiscard]] std::span<const OptionRow> match_options();
[[nodiscard]] std::span<const TargetRow> target_rows();
[[nodiscard]] std::span<const OptionRow> target_options();

/// The rows by name; made once a run.
class Extensions {
public:
    Extensions();
    [[nodiscard]] const MatchRow* match(std::string_view name) const;
    [[nodiscard]] const TargetRow* target(std::string_view name) const;
    [[nodiscard]] std::span<const OptionRow> options_of_match(std::string_view name) const;
    [[nodiscard]] std::span<const OptionRow> options_of_target(std::string_view name) const;

private:
    std::unordered_map<std::string_view, const MatchRow*> matches_;
    std::unordered_map<std::string_view, const TargetRow*> targets_;
    std::unordered_map<std::string_view, std::span<const OptionRow>> match_options_;
    std::unordered_map<std::string_view, std::span<const OptionRow>> target_options_;
};

/// "-m limit --limit 5/min" as written.
[[nodiscard]] std::string describe(const Instance& instance);
/// The unknown predicate that stands for a match.
[[nodiscard]] model::ExprId predicate_of(Context& c, const Instance& instance);

// -- values, shared by base options, matches and targets --------------------------------------------------------------

/// "80", "smtp", "1024:", ":1023", "1:9" (`by` separates). The ends may come swapped: what that means is the caller's.
[[nodiscard]] std::optional<base::Interval> port_range(std::string_view text, char by = ':');
/// "10.0.0.1", "10.0.0.0/8", "10.0.0.0/255.0.0.0", also with a mask that has holes. nullopt: no address; an empty set
/// never comes back. `too_many`: the mask has so many holes that it is not expanded.
struct Masked {
    base::IntervalSet values;
    std::optional<base::Prefix> prefix;
    bool too_many = false;
};
[[nodiscard]] std::optional<Masked> masked_address(base::Family family, std::string_view text);
/// "10.0.0.1" or "10.0.0.0/8" of that family, and nothing else: what nearly every address of a dump looks like.
[[nodiscard]] std::optional<base::Prefix> plain_prefix(base::Family family, std::string_view text);
/// value[/mask]; mask defaults to all ones.
struct MaskedNumber {
    std::uint32_t value = 0;
    std::uint32_t mask = 0xffffffffu;
};
[[nodiscard]] std::optional<MaskedNumber> masked_number(std::string_view text);
[[nodiscard]] model::ExprId prefix_match(Context& c, model::Field field, model::View view, const base::Prefix& prefix);
/// Expression for an address word (a host name becomes a predicate).
[[nodiscard]] model::ExprId address_match(Context& c, model::Field field, model::View view, std::string_view text,
                                          base::Span where);
[[nodiscard]] model::ExprId interface_match(Context& c, model::Field field, std::string_view text);

}  // namespace egresslint::dialects::iptables
