// SPDX-License-Identifier: Apache-2.0
// Texts in, printed model or traced packets out. Where the surroundings matter, they are given as an administrator
// would in the intent file: em0 203.0.113.2/24 to the internet, em1 10.0.0.1/24 inside, em2 198.51.100.2/24.
#pragma once

#include <string>

#include "dialects/pf/read.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/traced.hpp"

namespace egresslint::test::pf {

inline ReadResult read(const std::string& text) {
    ReadResult out;
    const auto file = out.sources.add("pf.conf", text);
    out.devices = dialects::pf::read(out.sources, {{file, "pf.conf", false, nullptr}}, out.diagnostics).devices;
    return out;
}

inline void surround(model::Device& d) {
    const auto interface = [&](const char* name, const char* address, const char* network) {
        std::size_t at = 0;
        for (std::size_t i = model::first_interface; i < d.interfaces.size(); ++i)
            if (d.interfaces[i].name == name) at = i;
        if (at == 0) {
            at = d.interfaces.size();
            d.interfaces.push_back({});
            d.interfaces.back().name = name;
        }
        d.interfaces[at].addresses.push_back({*base::parse_address(address), 24, false, true});
        model::Route r;
        r.destination = *base::parse_prefix(network);
        r.next_hops = {{std::nullopt, name}};
        d.routes.push_back(r);
    };
    interface("em0", "203.0.113.2", "203.0.113.0/24");
    interface("em1", "10.0.0.1", "10.0.0.0/24");
    interface("em2", "198.51.100.2", "198.51.100.0/24");
    model::Route r;
    r.destination = *base::parse_prefix("0.0.0.0/0");
    r.next_hops = {{*base::parse_address("203.0.113.1"), "em0"}};
    d.routes.push_back(r);
    d.routes_known = d.addresses_known = true;
}

inline std::string traced(const std::string& config, const std::string& packet) {
    auto result = read(config);
    if (result.devices.empty()) return "no device: " + result.messages();
    surround(result.devices[0]);
    return test::traced(result.devices[0], result.diagnostics, packet);
}

}  // namespace egresslint::test::pf
