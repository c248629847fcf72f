// SPDX-License-Identifier: Apache-2.0
// Zones, and what the filter and the translations share.
#pragma once

#include "dialects/openwrt/match.hpp"
#include "dialects/openwrt/network.hpp"

namespace egresslint::dialects::openwrt {

struct Zone {
    const Section* section = nullptr;
    std::string name;
    std::vector<std::string> devices, networks;
    int family = 0;  ///< 4, 6, or 0 for both
    Matcher::Split subnets_in, subnets_out;
    model::Verdict input = model::Verdict::drop, output = model::Verdict::drop, forward = model::Verdict::drop;
    bool masq = false, masq6 = false, log = false;
    bool mapped = false;  ///< some redirect translates what comes in here
};

[[nodiscard]] model::Verdict verdict_of(const std::string& text, model::Verdict otherwise);
/// "accept", "snat", …; empty: no word that fw4 knows.
[[nodiscard]] std::string target_of(const Section& s, const char* otherwise);
/// A redirect of the older form, which translates sources.
[[nodiscard]] bool snat_redirect(const Section& s);
/// A section of the firewall's file of this type.
[[nodiscard]] bool is(const Section& s, const char* type);
[[nodiscard]] bool enabled(const Section& s);
/// "eth+" is "eth*" in the model.
[[nodiscard]] std::string pattern_of(std::string device);

class Zones {
public:
    Zones(const base::Sources& sources, const Uci& sections, std::string name, base::Diagnostics& found);

    void read();
    [[nodiscard]] const Zone* find(const std::string& name) const;
    /// The zone that a redirect leads to: the stated one, or the one whose networks hold dest_ip; else empty.
    [[nodiscard]] std::string dest_of(const Section& redirect) const;
    [[nodiscard]] ExprId in(const Zone& z, Field field);
    /// What a section says of IP versions with its zones' limits; nullopt: they contradict, and fw4 leaves it out.
    [[nodiscard]] std::optional<std::optional<int>> family(const Section& s, std::initializer_list<const Zone*> of,
                                                           std::optional<int> otherwise = std::nullopt);
    [[nodiscard]] model::OriginId origin(const Section& s);
    void add(model::ChainId chain, ExprId match, model::Control control, model::OriginId o,
             std::vector<model::ObjectId> uses = {}, std::vector<model::Effect> effects = {});

    const Uci& uci;
    base::Diagnostics& diagnostics;
    model::Builder b;
    families::netfilter::Netfilter netfilter;
    Matcher matcher;
    Network network;
    std::vector<Zone> all;
    /// Of input, output and forward.
    model::Verdict defaults[3] = {model::Verdict::drop, model::Verdict::drop, model::Verdict::drop};

private:
    void zone(const Section& s);
};

}  // namespace egresslint::dialects::openwrt
