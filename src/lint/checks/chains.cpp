// SPDX-License-Identifier: Apache-2.0
// EL204: chains that no packet enters, because nothing calls them or because every call is dead. Of chains that only
// call each other the outermost is reported.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lint/checks/checks.hpp"

namespace egresslint::lint::checks {

using namespace model;

void chains(Context& c) {
    const Device& d = c.device;
    std::map<std::string_view, const Object*> named;
    for (const Object& o : d.objects)
        if (o.kind == "chain") named.emplace(o.name, &o);
    std::vector<bool> reported(d.chains.size());
    const auto report = [&](std::size_t at, const Object& object) {
        const Chain& chain = d.chains[at];
        std::vector<RuleId> calls;
        for (const RuleId r : c.shadow().of(ChainId(at)).calls)
            if (!c.is_helper(r)) calls.push_back(r);
        Finding f = c.finding("EL204", object.defined);
        const auto [where, several] = c.places(calls, object.defined);
        if (where.empty()) {
            f.message = fmt::format("no rule calls the chain {}", chain.name);
            // Often a place that another program fills.
            if (chain.rules.empty()) f.severity = base::Severity::note;
        } else {
            f.message = fmt::format("no packet reaches the chain {}: {}, where it is called, never {}", chain.name,
                                    where, several ? "act" : "acts");
            c.relate(f, calls, "this call is never made");
        }
        f.label = "never entered";
        c.report(std::move(f), chain.name);
    };
    const auto candidate = [&](std::size_t at) -> const Object* {
        if (c.shadow().of(ChainId(at)).reached) return nullptr;
        const auto found = named.find(d.chains[at].name);
        if (found == named.end() || !found->second->defined.valid()) return nullptr;
        // A hook that has no stage in the model is not unreachable, it is elsewhere.
        if (c.shadow().of(ChainId(at)).calls.empty() && !found->second->used.empty()) return nullptr;
        return found->second;
    };
    // First those that nothing calls, or that a live chain calls; then what is left of circles.
    for (const bool circles : {false, true})
        for (std::size_t at = 0; at < d.chains.size(); ++at) {
            const Object* object = candidate(at);
            if (object == nullptr || reported[at]) continue;
            const auto& calls = c.shadow().of(ChainId(at)).calls;
            const bool outermost = calls.empty() || std::any_of(calls.begin(), calls.end(), [&](RuleId r) {
                                       return c.shadow().of(c.shadow().of(r).chain).reached;
                                   });
            if (!outermost && !circles) continue;
            report(at, *object);
            // Everything below is its consequence.
            std::vector<std::size_t> todo{at};
            while (!todo.empty()) {
                const std::size_t next = todo.back();
                todo.pop_back();
                if (reported[next]) continue;
                reported[next] = true;
                for (const RuleId r : d.chains[next].rules) {
                    const auto& control = d.rules[r.index()].control;
                    if (const auto* jump = std::get_if<Jump>(&control)) todo.push_back(jump->to.index());
                    if (const auto* go = std::get_if<Goto>(&control)) todo.push_back(go->to.index());
                }
            }
        }
}

}  // namespace egresslint::lint::checks
