// SPDX-License-Identifier: Apache-2.0
// EL211: rules that ask for an interface that the complete list of the device's interfaces does not have.
#include <fmt/format.h>

#include <map>

#include "lint/checks/checks.hpp"

namespace egresslint::lint::checks {

using namespace model;

void interfaces(Context& c) {
    const Device& d = c.device;
    if (!d.interfaces_known) return;
    // One finding a name: a missing interface is one fault, however many rules use it.
    std::map<std::string, std::vector<RuleId>> rules;
    for (std::size_t r = 0; r < d.rules.size(); ++r)
        if (d.rules[r].active && rule_span(d, RuleId(r)).valid())
            for (const std::string& name : c.absent_interfaces(RuleId(r))) rules[name].push_back(RuleId(r));
    for (const auto& [name, list] : rules) {
        Finding f = c.finding("EL211", rule_span(d, list.front()));
        f.message = fmt::format("the device has no interface {}", name);
        f.label = "no packet comes or goes by it";
        const std::vector<RuleId> rest(list.begin() + 1, list.end());
        c.relate(f, rest, "named here as well");
        std::erase_if(f.related, [&](const Related& other) { return other.span == f.span; });
        c.report(std::move(f), name);
    }
}

}  // namespace egresslint::lint::checks
