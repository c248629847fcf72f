// SPDX-License-Identifier: Apache-2.0
#include "model/rename.hpp"

#include <set>

namespace egresslint::model {

std::vector<std::string> interface_patterns(const Device& device) {
    std::set<std::string> out;
    for (std::size_t i = first_interface; i < device.interfaces.size(); ++i)
        if (!device.interfaces[i].representative) out.insert(device.interfaces[i].name);
    for (const Set& set : device.sets) {
        if (const auto* names = std::get_if<InterfaceNames>(&set.is))
            out.insert(names->patterns.begin(), names->patterns.end());
        if (const auto* of = std::get_if<InterfaceAddresses>(&set.is)) out.insert(of->interface);
    }
    for (const Route& route : device.routes)
        for (const NextHop& hop : route.next_hops) out.insert(hop.interface);
    out.erase("");
    out.erase("*");
    return {out.begin(), out.end()};
}

void rename_interfaces(Device& device, const std::map<std::string, std::string>& names) {
    const auto rename = [&](std::string& name) {
        if (const auto to = names.find(name); to != names.end()) name = to->second;
    };
    for (std::size_t i = first_interface; i < device.interfaces.size(); ++i)
        if (!device.interfaces[i].representative) rename(device.interfaces[i].name);
    for (Set& set : device.sets) {
        if (auto* list = std::get_if<InterfaceNames>(&set.is))
            for (std::string& pattern : list->patterns) rename(pattern);
        if (auto* of = std::get_if<InterfaceAddresses>(&set.is)) rename(of->interface);
    }
    for (Route& route : device.routes)
        for (NextHop& hop : route.next_hops) rename(hop.interface);
}

void mention_interfaces(Device& device, const std::vector<std::string>& patterns) {
    if (!patterns.empty()) device.sets.push_back({InterfaceNames{patterns}, {}});
}

}  // namespace egresslint::model
