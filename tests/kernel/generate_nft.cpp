// SPDX-License-Identifier: Apache-2.0
// Tables, objects and chains of a random nft ruleset.
#include "generate_nft.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace egresslint::kernel {

void NftGenerator::fill(Generated::Table& table, Generated::Chain& chain, Place place) {
    place.table = &table;
    const std::size_t count = 1 + below(7);
    for (std::size_t i = 0; i < count; ++i) chain.rules.push_back(rule(place));
}

/// Named sets and maps. What is named after a leading word ("hosts", "marks") is found by it.
void NftGenerator::objects(Generated::Table& table, const Place& place, const std::string& leaf) {
    const auto add = [&](unsigned percent, const std::string& head, std::string body, Strings elements) {
        if (!chance(percent)) return;
        Strings kept;
        for (std::string& element : elements)
            if (chance(80)) kept.push_back(std::move(element));
        table.objects.push_back({fmt::format("{}{}", head, index_), std::move(body), std::move(kept)});
    };
    const auto value = [&] {
        if (!leaf.empty() && chance(40)) return (chance(70) ? "jump " : "goto ") + leaf;
        return one_of({"accept", "drop", "return", "continue"});
    };
    if (place.v4) {
        add(55, "set hosts", "type ipv4_addr; flags interval;",
            {"10.0.0.20-10.0.0.30", "10.0.1.0/24", "198.18.0.9", "203.0.113.2"});
        add(30, "set plain", "type ipv4_addr;", {"10.0.0.25", "10.0.0.99", "198.18.0.10", "203.0.113.25"});
        add(45, "set pairs", "type ipv4_addr . inet_service;",
            {"10.0.0.25 . 25", "10.0.0.26 . 80", "198.18.0.9 . 25", "203.0.113.25 . 587"});
        add(45, "set blocks", "type ipv4_addr . inet_service; flags interval;",
            {"10.0.0.0/27 . 25-80", "10.0.1.0/24 . 1-65535", "198.18.0.0/16 . 443", "203.0.113.25 . 25"});
        add(50, "set three", "typeof ip saddr . ip daddr . tcp dport; flags interval;",
            {"10.0.0.0/24 . 198.18.0.0/15 . 25", "198.18.0.0/24 . 203.0.113.25 . 1-1000",
             "10.0.1.80 . 0.0.0.0/0 . 80"});
        add(35, "map hostverdicts", "type ipv4_addr : verdict; flags interval;",
            {"10.0.0.25 : " + value(), "10.0.1.0/24 : " + value(), "198.18.0.9 : " + value()});
        add(25, "map pairverdicts", "type ipv4_addr . inet_service : verdict;",
            {"10.0.0.25 . 25 : " + value(), "10.0.0.26 . 80 : " + value(), "198.18.0.9 . 25 : " + value()});
        add(25, "map hostmarks", "type ipv4_addr : mark;",
            {"10.0.0.25 : " + mark(), "10.0.0.26 : " + mark(), "198.18.0.9 : " + mark()});
        add(35, "map sources", "type ipv4_addr : ipv4_addr; flags interval;",
            {"10.0.0.25 : 203.0.113.25", "10.0.0.26-10.0.0.99 : 203.0.113.26", "10.0.1.0/24 : 198.51.100.25"});
        add(25, "map prefixes", "type ipv4_addr : interval ipv4_addr; flags interval;",
            {"10.0.0.0/24 : 198.19.5.0/24", "10.0.1.0/25 : 198.19.6.0/25"});
        add(45, "map pools", "type ipv4_addr : interval ipv4_addr;",
            {"10.0.0.25 : 203.0.113.40-203.0.113.47", "10.0.0.26 : 203.0.113.48/30"});
        add(30, "map targets", "type inet_service : ipv4_addr;",
            {"25 : 10.0.0.25", "80 : 10.0.1.80", "443 : 10.0.1.80"});
        add(60, "map endpoints", "type ipv4_addr . inet_service : ipv4_addr . inet_service;",
            {"203.0.113.25 . 25 : 10.0.0.25 . 2525", "203.0.113.26 . 80 : 10.0.1.80 . 80",
             "203.0.113.2 . 443 : 10.0.1.80 . 80"});
        if (unknowns_) add(60, "set dyn", "type ipv4_addr; flags dynamic; size 1000;", {});
    }
    if (place.v6) {
        add(50, "set hosts6x", "type ipv6_addr; flags interval;",
            {"fd00:a::/112", "2001:db8:99::9", "2001:db8:1::2-2001:db8:1::25"});
        add(25, "set pairs6x", "type ipv6_addr . inet_service;", {"fd00:a::25 . 25", "2001:db8:1::25 . 80"});
        add(30, "map hostverdicts6x", "type ipv6_addr : verdict;",
            {"fd00:a::25 : " + value(), "2001:db8:99::9 : " + value()});
        add(30, "map sources6x", "type ipv6_addr : ipv6_addr; flags interval;",
            {"fd00:a::25 : 2001:db8:1::25", "fd00:d::/64 : 2001:db8:2::25"});
        add(20, "map prefixes6x", "type ipv6_addr : interval ipv6_addr; flags interval;",
            {"fd00:a::/64 : 2001:db8:a::/64", "fd00:d::/64 : 2001:db8:d::/64"});
    }
    add(35, "set services", "type inet_service; flags interval;", {"25", "80-443", "2525"});
    add(30, "set links", "type ifname; flags interval;", {"\"lan0\"", "\"wan*\""});
    add(25, "set tags", "type mark; flags interval;", {"1", "3-5", "7"});
    add(30, "map portverdicts", "type inet_service : verdict; flags interval;",
        {"25 : " + value(), "80-443 : " + value(), "587 : " + value()});
    add(25, "map linkverdicts", "type ifname : verdict;",
        {"\"lan0\" : " + value(), "\"dmz0\" : " + value(), "\"wan0\" : " + value()});
    add(25, "map portmarks", "type inet_service : mark; flags interval;", {"25 : " + mark(), "80-443 : " + mark()});
}

/// Regular chains, by what may stand in them; a chain calls only chains with a higher number. A chain of the filter
/// kind may be called from every hook, before and after connection tracking and translation.
void NftGenerator::regular_chains(Generated::Table& out, const Place& place) {
    constexpr std::array kinds = {Kind::filter, Kind::source, Kind::destination};
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        const std::size_t count = kind == 0 ? below(6) : below(3);
        Strings later;
        std::vector<Generated::Chain> chains;
        for (std::size_t i = count; i-- > 0;) {
            Generated::Chain chain{fmt::format("r{}{}{}", index_, kind, i), "", {}};
            Place inner = place;
            inner.kind = kinds[kind];
            // Whatever hook it is reached from, only what every hook allows.
            inner.hook = kinds[kind] == Kind::source ? Hook::postrouting : Hook::prerouting;
            inner.targets = later;
            if (i + 1 == count && kind == 0) {
                // The leaf: maps that others use jump here, so it uses none.
                inner.targets.clear();
                Generated::Table bare;
                inner.table = &bare;
                const std::size_t rules = 1 + below(3);
                for (std::size_t r = 0; r < rules; ++r) chain.rules.push_back(rule(inner));
                objects(out, place, chain.name);
            } else {
                fill(out, chain, inner);
            }
            // Deep rather than wide: the innermost are called more often from the next one.
            later.push_back(chain.name);
            if (later.size() > 2 && chance(50)) later.erase(later.begin());
            chains.push_back(std::move(chain));
        }
        if (count == 0 && kind == 0) objects(out, place, "");
        for (auto chain = chains.rbegin(); chain != chains.rend(); ++chain) out.chains.push_back(std::move(*chain));
        regular_[kind] = later;
    }
}

void NftGenerator::base_chains(Generated::Table& out, const Place& place) {
    constexpr std::array hook_names = {"prerouting", "input", "forward", "output", "postrouting"};
    const std::size_t bases = 2 + below(4);
    for (std::size_t i = 0; i < bases; ++i) {
        Place here = place;
        here.base = true;
        std::string type = "filter";
        int priority = 0;
        if (chance(45)) {
            type = "nat";
            here.kind = chance(60) ? Kind::source : Kind::destination;
            here.hook = here.kind == Kind::source ? (chance(90) ? Hook::postrouting : Hook::input)
                                                  : (chance(85) ? Hook::prerouting : Hook::output);
            priority = (here.kind == Kind::source ? 100 : -100) + static_cast<int>(below(9)) - 4;
        } else {
            constexpr std::array hooks = {Hook::forward,     Hook::forward, Hook::prerouting,
                                          Hook::postrouting, Hook::input,   Hook::output};
            here.hook = hooks[below(hooks.size())];
            constexpr std::array priorities = {-310, -250, -150, -50, -5, 0, 5, 50, 150, 250};
            priority = priorities[below(priorities.size())] + static_cast<int>(below(4));
            if (here.hook == Hook::output && chance(40)) type = "route";
        }
        const auto key = [&](int p) {
            return fmt::format("{}{}{}", hook_names[static_cast<std::size_t>(here.hook)], p, type == "nat");
        };
        // Equal priorities are an open question; most rulesets ask none.
        while (std::find(used_priorities_.begin(), used_priorities_.end(), key(priority)) != used_priorities_.end() &&
               !(equal_ && chance(80)))
            ++priority;
        if (equal_ && chance(45)) priority = type == "nat" ? (here.kind == Kind::source ? 100 : -100) : 0;
        used_priorities_.push_back(key(priority));
        // Regular chains for sources may masquerade, which input does not allow.
        if (here.hook != Hook::input || here.kind == Kind::filter)
            here.targets = regular_[static_cast<std::size_t>(here.kind)];
        here.untracked_yet =
            priority < -200 && type == "filter" && (here.hook == Hook::prerouting || here.hook == Hook::output);
        Generated::Chain chain{fmt::format("b{}{}", index_, i), "", {}};
        chain.base = fmt::format("type {} hook {} priority {}; policy {};", type,
                                 hook_names[static_cast<std::size_t>(here.hook)], priority,
                                 chance(type == "nat" ? 5 : 20) ? "drop" : "accept");
        fill(out, chain, here);
        out.chains.push_back(std::move(chain));
    }
}

Generated::Table NftGenerator::table() {
    Generated::Table out;
    const std::size_t family = below(5);  // inet twice as likely
    Place place;
    place.inet = family >= 3;
    place.v4 = family != 2;
    place.v6 = family >= 2;
    out.head = fmt::format("table {} t{}", place.inet ? "inet" : place.v4 ? "ip" : "ip6", index_);
    regular_chains(out, place);
    base_chains(out, place);
    if (chance(3)) out.chains.push_back({fmt::format("empty{}", index_), "", {}});
    return out;
}

Generated NftGenerator::ruleset() {
    Generated out;
    used_priorities_.clear();
    unknowns_ = chance(25);
    equal_ = chance(30);
    // The kernel tracks connections only while some rule needs it; a nat chain without a translation anywhere would
    // see nothing at all [measured on 6.18]. Most real rulesets have such a rule.
    if (chance(tracking_percent))
        out.tables.push_back({"table inet tracking", {}, {{"unused", "", {"ct state new"}}}, false});
    const std::size_t count = 1 + below(3);
    for (index_ = 0; index_ < count; ++index_) out.tables.push_back(table());
    return out;
}

}  // namespace egresslint::kernel
