// SPDX-License-Identifier: Apache-2.0
// Two versions of a device in the same surroundings. What rules do is compared, not what inference makes of them: the
// network around a device does not change because somebody edits a rule.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lint/change.hpp"
#include "lint/infer.hpp"
#include "model/print.hpp"
#include "model/rename.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

namespace egresslint::lint {

using namespace model;

namespace {

bool has_name(const Device& device, const std::string& name) {
    return std::any_of(device.interfaces.begin() + first_interface, device.interfaces.end(),
                       [&](const Interface& f) { return !f.representative && f.name == name; });
}

const Interface* named(const Device& device, const std::string& name) {
    for (std::size_t i = first_interface; i < device.interfaces.size(); ++i)
        if (!device.interfaces[i].representative && device.interfaces[i].name == name) return &device.interfaces[i];
    return nullptr;
}

bool plain(const std::string& name) { return name.find('*') == std::string::npos && name != "lo"; }

/// Interfaces of two dialects have names of their own: they are paired by what they are.
class Pairing {
public:
    Pairing(const Device& before, const Inferred& old_facts, const Device& after, const Inferred& new_facts)
        : before_(before), old_(old_facts), after_(after), new_(new_facts) {
        for (const std::string& name : interface_patterns(before))
            if (plain(name)) old_names_.insert(name);
        for (const std::string& name : interface_patterns(after))
            if (plain(name)) new_names_.insert(name);
    }

    void told(const std::map<std::string, std::string>& pairs) {
        for (const auto& [from, to] : pairs) take(from, to, "");
    }
    void by_name() {
        for (const std::string& name : std::set<std::string>(old_names_))
            if (new_names_.contains(name)) take(name, name, "");
    }
    void by_address() {
        by("have the same address", [](const Interface& a, const Interface& b) {
            return share(a, b,
                         [](const InterfaceAddress& x, const InterfaceAddress& y) { return x.address == y.address; });
        });
        by("are in the same network", [](const Interface& a, const Interface& b) {
            return share(a, b, [](const InterfaceAddress& x, const InterfaceAddress& y) {
                return x.length == y.length && x.address.family == y.address.family &&
                       base::make_prefix(x.address, x.length) == base::make_prefix(y.address, y.length);
            });
        });
    }
    void by_role() {
        only_ones(old_.external, new_.external, "are the only ones that face the internet");
        only_ones(old_.internal, new_.internal, "are the only ones inside");
    }

    std::map<std::string, std::string> names;
    std::vector<std::string> notes;

private:
    template <class Same>
    static bool share(const Interface& a, const Interface& b, const Same& same) {
        return std::any_of(a.addresses.begin(), a.addresses.end(), [&](const InterfaceAddress& x) {
            return std::any_of(b.addresses.begin(), b.addresses.end(),
                               [&](const InterfaceAddress& y) { return x.global && y.global && same(x, y); });
        });
    }
    void take(const std::string& from, const std::string& to, const char* because) {
        old_names_.erase(from);
        new_names_.erase(to);
        if (from == to) return;
        names[from] = to;
        notes.push_back(*because == '\0' ? fmt::format("{} is {}, as told", from, to)
                                         : fmt::format("{} is {}: they {}", from, to, because));
    }
    template <class Same>
    void by(const char* because, const Same& same) {
        for (const std::string& from : std::set<std::string>(old_names_)) {
            const Interface* a = named(before_, from);
            std::vector<std::string> found;
            if (a != nullptr)
                for (const std::string& to : new_names_)
                    if (const Interface* b = named(after_, to); b != nullptr && same(*a, *b)) found.push_back(to);
            if (found.size() == 1) take(from, found.front(), because);
        }
    }
    void only_ones(const std::vector<std::string>& a, const std::vector<std::string>& b, const char* because) {
        const auto open = [](const std::vector<std::string>& list, const std::set<std::string>& left) {
            std::vector<std::string> out;
            for (const std::string& name : list)
                if (left.contains(name)) out.push_back(name);
            return out;
        };
        const auto from = open(a, old_names_), to = open(b, new_names_);
        if (from.size() == 1 && to.size() == 1) take(from.front(), to.front(), because);
    }

    const Device& before_;
    const Inferred& old_;
    const Device& after_;
    const Inferred& new_;
    std::set<std::string> old_names_, new_names_;  ///< not paired yet
};

/// What only one version states about the network holds for the other one, too.
void share_facts(Device& from, Device& to, const char* whose, std::vector<std::string>& notes) {
    if (from.interfaces_known && !to.interfaces_known) {
        for (std::size_t i = first_interface; i < from.interfaces.size(); ++i) {
            const Interface& f = from.interfaces[i];
            if (f.representative || has_name(to, f.name)) continue;
            to.interfaces.push_back(f);
        }
        for (std::size_t i = first_interface; i < to.interfaces.size(); ++i)
            if (!to.interfaces[i].span.valid())
                if (const Interface* f = named(from, to.interfaces[i].name)) to.interfaces[i].span = f->span;
        to.interfaces_known = true;
        notes.push_back(fmt::format("the interfaces are the ones of {}", whose));
    }
    if (from.addresses_known && !to.addresses_known) {
        bool stated = false;
        for (std::size_t i = first_interface; i < to.interfaces.size(); ++i) {
            Interface& f = to.interfaces[i];
            const Interface* other = named(from, f.name);
            if (f.addresses.empty() && other != nullptr) f.addresses = other->addresses, stated = true;
        }
        // An interface that no rule names has addresses all the same.
        for (std::size_t i = first_interface; !to.interfaces_known && i < from.interfaces.size(); ++i)
            if (const Interface& f = from.interfaces[i];
                !f.addresses.empty() && !f.representative && !has_name(to, f.name))
                to.interfaces.push_back(f), stated = true;
        to.addresses_known = true;
        if (stated) notes.push_back(fmt::format("interfaces without a stated address have the one of {}", whose));
    }
}

/// Addresses that one version states of an interface whose address the other does not know.
void share_addresses(Device& from, Device& to) {
    if (to.addresses_known) return;
    for (std::size_t i = first_interface; i < to.interfaces.size(); ++i)
        if (const Interface* other = named(from, to.interfaces[i].name);
            other != nullptr && to.interfaces[i].addresses.empty())
            to.interfaces[i].addresses = other->addresses;
    for (std::size_t i = first_interface; i < from.interfaces.size(); ++i)
        if (const Interface& f = from.interfaces[i]; !f.addresses.empty() && !f.representative && !has_name(to, f.name))
            to.interfaces.push_back(f);
}

bool assumed_only(const Device& device) {
    return std::all_of(device.routes.begin(), device.routes.end(), [](const Route& r) { return r.assumed; });
}

bool same_question(const Route& a, const Route& b) {
    return a.destination == b.destination && a.table == b.table && a.metric == b.metric && a.type == b.type &&
           a.from == b.from;
}

/// Both versions get what inference assumes of either: a rule that names another uplink is judged there, too.
void share_assumed_routes(Device& a, Device& b) {
    std::vector<Route> all = a.routes;
    for (const Route& route : b.routes) {
        const auto known =
            std::find_if(all.begin(), all.end(), [&](const Route& r) { return same_question(r, route); });
        if (known == all.end()) {
            all.push_back(route);
            continue;
        }
        for (const NextHop& hop : route.next_hops)
            if (std::none_of(known->next_hops.begin(), known->next_hops.end(), [&](const NextHop& h) {
                    return h.interface == hop.interface && h.gateway == hop.gateway;
                }))
                known->next_hops.push_back(hop);
    }
    for (Route& route : all)
        std::sort(route.next_hops.begin(), route.next_hops.end(),
                  [](const NextHop& x, const NextHop& y) { return x.interface < y.interface; });
    a.routes = all;
    b.routes = std::move(all);
}

void share_routes(Device& before, bool before_stated, Device& after, bool after_stated,
                  std::vector<std::string>& notes) {
    if (before_stated && after_stated) return;
    if (!before_stated && !after_stated) {
        if (assumed_only(before) && assumed_only(after)) share_assumed_routes(before, after);
        return;
    }
    Device& from = before_stated ? before : after;
    Device& to = before_stated ? after : before;
    to.routes = from.routes;
    notes.push_back(fmt::format("the routes are the ones of the {} version", before_stated ? "old" : "new"));
}

Prepared finish(DeviceInput input, const base::Sources& sources) {
    Prepared p;
    p.device = std::move(input.device);
    p.dialect = std::move(input.dialect);
    p.files = std::move(input.files);
    p.diagnostics = std::move(input.diagnostics);
    p.sources = &sources;
    resolve(p.device, p.diagnostics);
    p.violations = validate(p.device);
    return p;
}

}  // namespace

Alike prepare_alike(DeviceInput before, const Intent& before_intent, DeviceInput after, const Intent& after_intent,
                    const base::Sources& sources, const std::map<std::string, std::string>& told) {
    Alike out;
    const bool before_routes = before.device.routes_known, after_routes = after.device.routes_known;
    const Inferred old_facts = infer(before.device, before.intent, before_intent, sources);
    const Inferred new_facts = infer(after.device, after.intent, after_intent, sources);
    Pairing pairing(before.device, old_facts, after.device, new_facts);
    pairing.told(told);
    pairing.by_name();
    if (before.dialect != after.dialect) {
        pairing.by_address();
        pairing.by_role();
    }
    rename_interfaces(before.device, pairing.names);
    out.notes = std::move(pairing.notes);
    share_facts(before.device, after.device, "the old version", out.notes);
    share_facts(after.device, before.device, "the new version", out.notes);
    share_addresses(before.device, after.device);
    share_addresses(after.device, before.device);
    share_routes(before.device, before_routes, after.device, after_routes, out.notes);
    const auto old_patterns = interface_patterns(before.device), new_patterns = interface_patterns(after.device);
    mention_interfaces(before.device, new_patterns);
    mention_interfaces(after.device, old_patterns);
    out.before = finish(std::move(before), sources);
    out.after = finish(std::move(after), sources);
    return out;
}

}  // namespace egresslint::lint
