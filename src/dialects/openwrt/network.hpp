// SPDX-License-Identifier: Apache-2.0
// Interfaces, addresses and routes of /etc/config/network. Source: OpenWrt, "Network configuration".
#pragma once

#include "dialects/openwrt/uci.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::openwrt {

class Network {
public:
    Network(model::Builder& b, const Uci& uci, base::Diagnostics& diagnostics)
        : b_(b), uci_(uci), diagnostics_(diagnostics) {}

    void read();
    [[nodiscard]] bool given() const { return given_; }
    /// The device of a logical interface: its bridge, its PPP link, or what the file names.
    [[nodiscard]] std::string device_of(const std::string& logical, unsigned depth = 0) const;
    /// Addresses with their lengths that the file gives these logical interfaces, as it writes them.
    [[nodiscard]] std::vector<model::InterfaceAddress> addresses_of(const std::vector<std::string>& logical) const;

private:
    bool interface(const Section& s);
    void static_route(const Section& s);
    void addresses(const Section& s, const std::string& name);
    void route(const Section& s, const base::Prefix& to, const std::string& gateway, const std::string& device);

    model::Builder& b_;
    const Uci& uci_;
    base::Diagnostics& diagnostics_;
    bool given_ = false, dynamic_ = false, default_route_ = false;
};

}  // namespace egresslint::dialects::openwrt
