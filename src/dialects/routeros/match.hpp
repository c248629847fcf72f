// SPDX-License-Identifier: Apache-2.0
// The matchers of a firewall rule. Source: MikroTik, "Common Firewall Matchers and Actions", help.mikrotik.com.
#pragma once

#include <string>
#include <vector>

#include "dialects/routeros/config.hpp"
#include "families/netfilter.hpp"

namespace egresslint::dialects::routeros {

struct Registers {
    model::RegisterId connection_mark, packet_mark;
};

struct Context {
    Builder& b;
    const base::Sources& sources;
    Config& config;
    families::netfilter::Netfilter& netfilter;
    Registers marks;
    base::Diagnostics& diagnostics;
};

struct Matched {
    ExprId match;
    std::vector<model::ObjectId> uses;
    bool limited = false;                       ///< it holds only as long as a limit is not exceeded
    bool beyond = false;                        ///< … only once one is
    bool idle = false;                          ///< it matches nothing only because a feature is not used (IPsec)
    std::optional<Prefix> source, destination;  ///< what bounds them, for netmap
};

/// `chain`: where the rule stands, for matchers with state of their own. A matcher that is not understood is a named
/// predicate, and reported.
[[nodiscard]] Matched match_of(Context& c, const Statement& s, Family family, model::ChainId chain);

}  // namespace egresslint::dialects::routeros
