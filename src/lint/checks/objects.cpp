// SPDX-License-Identifier: Apache-2.0
// EL205, EL206, EL212, EL213: named things that are unused, missing, empty or defined twice. Readers fill the table of
// objects; what only a reader can see (a command that the order of the file makes wrong) comes as its diagnostic.
#include <fmt/format.h>

#include <algorithm>

#include "lint/checks/checks.hpp"

namespace egresslint::lint::checks {

using namespace model;

namespace {

void relate_uses(Finding& f, const Object& o, const std::string& label) {
    for (const base::Span& span : o.used) {
        if (f.related.size() == 8) return;
        f.related.push_back({span, label});
    }
}

}  // namespace

void objects(Context& c) {
    const Device& d = c.device;
    if (d.rules.empty()) return;
    for (const Object& o : d.objects) {
        // Without a place it is defined outside of what was given.
        const bool here = o.defined.valid();
        const std::string name = o.kind + " " + o.name;
        if (o.state == ObjectState::undefined && c.selected("EL206")) {
            Finding f = c.finding("EL206", o.used.empty() ? base::Span{} : o.used.front());
            f.message = fmt::format("the {} is used and defined nowhere", name);
            f.label = "not defined";
            if (o.used.size() > 1) {
                Object rest = o;
                rest.used.erase(rest.used.begin());
                relate_uses(f, rest, "used here as well");
            }
            c.report(std::move(f), name);
        }
        if (o.state == ObjectState::duplicate && here && c.selected("EL213")) {
            Finding f = c.finding("EL213", o.defined);
            f.message = fmt::format("the {} is defined more than once", name);
            c.report(std::move(f), name);
        }
        if (o.kind == "chain" || !here) continue;  // EL204 is about chains
        if (o.used.empty() && o.state != ObjectState::undefined && c.selected("EL205")) {
            Finding f = c.finding("EL205", o.defined);
            f.message = fmt::format("nothing uses the {}", name);
            f.label = "unused";
            c.report(std::move(f), name);
        }
        if (!o.used.empty() && o.state == ObjectState::empty && c.selected("EL212")) {
            Finding f = c.finding("EL212", o.defined);
            f.message = fmt::format("the {} is empty: it matches nothing until something fills it", name);
            f.label = "no elements";
            relate_uses(f, o, "used here");
            c.report(std::move(f), name);
        }
    }
}

}  // namespace egresslint::lint::checks
