// SPDX-License-Identifier: Apache-2.0
// Redirects, nat sections, masquerading and reflection.
#pragma once

#include "dialects/openwrt/zones.hpp"

namespace egresslint::dialects::openwrt {

class Nat {
public:
    explicit Nat(Zones& zones)
        : zones_(zones),
          uci_(zones.uci),
          b_(zones.b),
          netfilter_(zones.netfilter),
          matcher_(zones.matcher),
          diagnostics_(zones.diagnostics) {}

    void destinations(model::ChainId chain);
    /// After `destinations`: what it mapped back for hosts inside comes first.
    void sources(model::ChainId chain);

private:
    void reflection(const Section& s, const base::Address& to, std::optional<int> family);
    void translated(const Section& s, ExprId match, const std::string& ip, const std::string& port,
                    std::vector<model::ObjectId> uses);
    void snat(const Section& s, const Zone& z);
    void nat(const Section& s, const Zone* z);
    void masquerade(const Zone& z);

    Zones& zones_;
    const Uci& uci_;
    model::Builder& b_;
    families::netfilter::Netfilter& netfilter_;
    Matcher& matcher_;
    base::Diagnostics& diagnostics_;
    model::ChainId dstnat_, srcnat_;
    std::vector<model::Rule> reflected_;
};

}  // namespace egresslint::dialects::openwrt
