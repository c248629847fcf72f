// SPDX-License-Identifier: Apache-2.0
// What every part of lowering needs: the device under construction, the configuration and where messages go.
#pragma once

#include <string>

#include "dialects/fortios/tree.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::fortios {

using base::Address;
using base::Family;
using base::Interval;
using base::IntervalSet;
using base::Prefix;
using model::Builder;
using model::ExprId;
using model::Field;
using model::PredicateId;
using model::PredicateKind;

struct Context {
    Builder& b;
    const base::Sources& sources;
    const Config& config;
    const Scope& scope;  ///< of the VDOM, or the global one
    base::Diagnostics& diagnostics;
    std::int64_t device = 0;  ///< index among the devices of this text

    [[nodiscard]] const Entry& root() const { return scope.root; }
    /// A table of the VDOM, else the global one of that path.
    [[nodiscard]] const Table* table(std::string_view path) const {
        if (const auto* t = scope.root.table(path)) return t;
        return &scope == &config.global ? nullptr : config.global.root.table(path);
    }

    /// EL901 with the predicate that stands for the construct.
    void unknown(PredicateId which, Span span, std::string message, base::Influence influence) const {
        not_understood(diagnostics, span, std::move(message), influence);
        diagnostics.back().predicate = which.value;
        diagnostics.back().device = device;
    }
    /// EL903: the text refers to what it does not hold.
    void incomplete(PredicateId which, Span span, std::string message, base::Influence influence) const {
        unknown(which, span, std::move(message), influence);
        diagnostics.back().kind = base::Diagnostic::Kind::incomplete;
        diagnostics.back().code = "EL903";
    }
};

/// "10.0.0.0", "255.255.255.0" or "10.0.0.0/24"; values of one setting. Host bits are kept in `address`.
struct Subnet {
    Address address;
    unsigned length = 0;
};
[[nodiscard]] std::optional<Subnet> subnet_of(const std::vector<Word>& values, std::size_t first = 0);
/// "10.0.0.1", "10.0.0.1-10.0.0.9" or a prefix.
[[nodiscard]] std::optional<std::pair<Family, Interval>> range_of(std::string_view text);
/// "25" or "25-30"; at most `most`.
[[nodiscard]] std::optional<Interval> numbers_of(std::string_view text, std::uint32_t most = 65535);

}  // namespace egresslint::dialects::fortios
