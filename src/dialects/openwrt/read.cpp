// SPDX-License-Identifier: Apache-2.0
#include "dialects/openwrt/read.hpp"

#include "dialects/openwrt/lower.hpp"

namespace egresslint::dialects::openwrt {

Evidence detect(std::string_view text) {
    return package_of(text) == "firewall" ? Evidence{94, "sections of /etc/config/firewall"} : Evidence{};
}
Evidence detect_network(std::string_view text) {
    return package_of(text) == "network" ? Evidence{88, "sections of /etc/config/network"} : Evidence{};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& all_diagnostics) {
    Read out;
    base::Diagnostics diagnostics;
    Uci uci;
    bool fine = true;
    for (const Input& input : inputs) fine = read_uci(sources, input.file, uci, diagnostics) && fine;
    std::string name = "openwrt";
    for (const Section& s : uci.sections)
        if (s.package == "system" && s.type == "system" && !s.value("hostname").empty()) name = s.value("hostname");
    if (fine) out.devices.push_back(lower(sources, uci, std::move(name), diagnostics));
    for (auto& d : diagnostics) {
        if (d.predicate >= 0) d.device = 0;
        all_diagnostics.push_back(std::move(d));
    }
    return out;
}

}  // namespace egresslint::dialects::openwrt
