// SPDX-License-Identifier: Apache-2.0
// What a section matches. Source: OpenWrt, "Firewall configuration" (Rules, Redirects, NAT), and firewall4's fw4.uc.
#pragma once

#include <set>

#include "dialects/openwrt/uci.hpp"
#include "families/netfilter.hpp"

namespace egresslint::dialects::openwrt {

using base::Family;
using base::IntervalSet;
using model::ExprId;
using model::Field;

[[nodiscard]] std::string lower_case(std::string text);

struct Matched {
    ExprId match;
    std::vector<model::ObjectId> uses;
    bool limited = false;
};

class Matcher {
public:
    Matcher(model::Builder& b, families::netfilter::Netfilter& netfilter, const base::Sources& sources, const Uci& uci,
            base::Diagnostics& diagnostics);

    struct Split {
        std::vector<ExprId> any[2], none[2];  ///< of IPv4, of IPv6
        [[nodiscard]] bool has(int six) const { return !any[six].empty() || !none[six].empty(); }
    };
    /// Addresses of an option by their IP version: those, and not those with "!".
    [[nodiscard]] Split address(const Section& s, const std::string& key, Field field);
    /// Which options say what, and what stands for those that are missing.
    struct Keys {
        const char *src, *dst, *sport, *dport;
        const char* protocols = "tcpudp";
        bool four = false;           ///< IPv4 where nothing is of an IP version
        bool needs_address = false;  ///< no rule for an IP version of which there is no address
        bool address[2] = {};        ///< a translated address of IPv4, of IPv6
    };
    /// `family`: 4, 6, 0 for both as written; nullopt where nothing says it.
    [[nodiscard]] Matched match(const Section& s, const Keys& keys, std::optional<int> family);
    /// 4, 6, 0 for "any".
    [[nodiscard]] std::optional<int> family(const Section& s);
    [[nodiscard]] static std::optional<base::Prefix> prefix(const std::string& text);
    /// Addresses of one IP version of a list that may be negated: those, and not those with "!".
    void addresses(const Section& s, const std::string& key, Field field, Family family, std::vector<ExprId>& all);
    [[nodiscard]] std::optional<IntervalSet> ports(const std::string& text) const;
    [[nodiscard]] static std::optional<std::uint32_t> number(const std::string& text, std::uint32_t most);
    /// Reports options that neither this nor `known` reads.
    void rest(const Section& s, const std::set<std::string>& known);

private:
    struct Protocol {
        IntervalSet numbers;  ///< empty: every protocol
        bool negated = false, ports = false, icmp = false;
        std::optional<model::PredicateId> unknown;
    };
    [[nodiscard]] std::vector<Protocol> protocols(const Section& s, const char* otherwise);
    void port(const Section& s, const std::string& key, Field field, std::vector<ExprId>& all);
    void doubts(const Section& s, Matched& m, std::vector<ExprId>& all);
    void doubt(const Section& s, const std::string& key, model::PredicateKind kind, std::vector<ExprId>& all);

    model::Builder& b_;
    families::netfilter::Netfilter& netfilter_;
    const base::Sources& sources_;
    const Uci& uci_;
    base::Diagnostics& diagnostics_;
};

}  // namespace egresslint::dialects::openwrt
