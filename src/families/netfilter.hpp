// SPDX-License-Identifier: Apache-2.0
// The semantics that nftables, iptables and everything compiled to them share: hooks and their order, priorities, when
// conntrack and routing happen, that NAT binds once, that notrack disables it, rerouting of local packets. A dialect
// registers its base chains here and asks for the pipeline at the end.
// Sources: nft(8), iptables(8), iptables-extensions(8); kernel experiments named in the tests.
#pragma once

#include <string>
#include <vector>

#include "model/builder.hpp"

namespace egresslint::families::netfilter {

enum class Hook : std::uint8_t { prerouting, input, forward, output, postrouting };
enum class ChainType : std::uint8_t { filter, nat, route };

struct BaseChain {
    std::string name;  ///< for messages: "inet fw forward", "iptables filter FORWARD"
    Hook hook = Hook::forward;
    ChainType type = ChainType::filter;
    std::int32_t priority = 0;
    bool ipv4 = true;
    bool ipv6 = true;
    model::ChainId entry;
    model::Verdict policy = model::Verdict::accept;
    model::OriginId origin;
    /// Order of registration among chains of equal hook and priority is known to be this (iptables' own tables never
    /// collide); -1: unknown, equal priorities are an ambiguity.
    std::int32_t registration = -1;
    model::Label label = model::Label::filter;
};

/// The registers every netfilter device has; made on construction so that ids are stable.
struct Registers {
    model::RegisterId mark;  ///< packet mark, starts with the trace packet's mark
    model::RegisterId ct_mark;
    model::RegisterId ct_status;     ///< IPS_* bits: 16 SRC_NAT, 32 DST_NAT as `ct status` sees them
    model::RegisterId source_bound;  ///< 1 once a nat chain has bound the source
    model::RegisterId destination_bound;
    model::RegisterId reroute;   ///< 1 when a local packet's mark was written in the current route-type chain
    model::RegisterId priority;  ///< meta priority, for rules that read it back
};

class Netfilter {
public:
    explicit Netfilter(model::Builder& builder);
    [[nodiscard]] const Registers& registers() const { return registers_; }

    void base_chain(BaseChain chain);

    // Helpers so that both dialects say NAT alike.
    /// Effects and decision of a source translation (snat, masquerade, netmap in postrouting or input).
    [[nodiscard]] model::Rule source_translation(model::ExprId match, std::vector<model::Translate> then) const;
    [[nodiscard]] model::Rule destination_translation(model::ExprId match, std::vector<model::Translate> then) const;
    /// redirect: destination becomes the in interface's own address, delivered locally.
    [[nodiscard]] model::Rule redirect(model::ExprId match, std::vector<model::Translate> ports) const;
    [[nodiscard]] model::Effect notrack() const;
    /// mark := (mark & and_a) ^ value, plus the reroute flag.
    [[nodiscard]] std::vector<model::Effect> set_mark(std::uint32_t and_a, std::uint32_t value) const;
    /// ct state in the set of names {invalid,new,established,related,untracked}.
    [[nodiscard]] model::ExprId connection_state(std::vector<model::ConnectionState> states) const;

    /// Writes the pipeline: prerouting stages (in_if != self), routing, input / forward, or for local packets routing,
    /// output stages, reroute; postrouting. Stages of type nat are guarded by "not bound yet" and "not untracked".
    /// Chains of equal hook and priority without known registration order run in both orders under an ambiguity
    /// predicate.
    void finish();

private:
    model::Builder& builder_;
    Registers registers_;
    std::vector<BaseChain> chains_;
};

}  // namespace egresslint::families::netfilter
