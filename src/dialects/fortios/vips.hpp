// SPDX-License-Identifier: Apache-2.0
// Virtual IPs: destination translation before routing, and what they do to the source of connections that the mapped
// host opens.
//
//   stage vip       in_if=wan1 dst=203.0.113.25      dst:=10.0.0.25 vip<-1; accept
//   chain reverse   out_if=wan1 src=10.0.0.25        accept src:=203.0.113.25
//
// Sources: community.fortinet.com ta-p/193423, 189947, 189955, 312247, 209514; NOTES.md says what is left open.
#pragma once

#include <map>
#include <set>

#include "dialects/fortios/network.hpp"

namespace egresslint::dialects::fortios {

struct Vip {
    std::string name;
    const Entry* entry = nullptr;
    Family family = Family::v4;
    std::uint32_t number = 0;  ///< value of the register
    bool active = false;       ///< a policy uses it, or central NAT does without
    bool any_interface = true;
    std::vector<Word> interface;
    bool external_is_interface = false;  ///< extip 0.0.0.0: the address of extintf
    Interval external{}, mapped{};
    bool mapped_known = true;  ///< false: a name, or several servers
    IntervalSet servers;       ///< of a load balancer
    bool forwards_port = false;
    std::uint8_t protocol = 6;
    std::vector<std::pair<Interval, Interval>> ports;  ///< external, mapped
    bool source = false;                               ///< nat-source-vip
    std::vector<PredicateId> open;                     ///< what was not understood: it may translate or not
    bool server_group = false;                         ///< load balancing of any kind
};

class Vips {
public:
    Vips(const Context& context, Objects& objects, Network& network)
        : c_(context), objects_(objects), network_(network) {}

    /// `used`: names that active policies have as destination. With central NAT every VIP acts.
    void read(bool central, const std::set<std::pair<std::string, Family>>& used);
    /// The stage in front of routing.
    void stage();
    /// Chain of source translations by VIPs with (or without) nat-source-vip; invalid when there is none.
    model::ChainId sources(bool nat_source_vip);

    /// `vip == k` for the VIPs of a policy's destination, with the mapped address beside it; no() when there is none.
    ExprId reached_by(const std::vector<Word>& names, Family family);
    /// The destination is no VIP's.
    ExprId untouched();
    [[nodiscard]] bool any() const { return any_active_; }

private:
    void read(const Entry& entry, Family family);
    void translate(const Vip& vip);
    void add(model::ChainId chain, const Vip& vip, ExprId match, std::vector<model::Effect> effects, bool element);
    void load_balancer(const Vip& vip, ExprId match);
    ExprId incoming(const Vip& vip);
    ExprId outgoing(const Vip& vip);
    [[nodiscard]] static bool outbound(const Vip& vip);
    [[nodiscard]] bool overlap(const Vip& a, const Vip& b, bool reverse) const;
    ExprId disputed(const Vip& a, bool reverse);
    void reverse(model::ChainId chain, const Vip& vip);
    std::string text(const Vip& vip) const;

    const Context& c_;
    Objects& objects_;
    Network& network_;
    std::vector<Vip> vips_;
    std::map<std::pair<std::string, Family>, std::size_t> by_name_;
    model::RegisterId register_;
    model::ChainId chain_;
    bool any_active_ = false, central_ = false;
};

}  // namespace egresslint::dialects::fortios
