// SPDX-License-Identifier: Apache-2.0
#include "dialects/asa/lower.hpp"

#include <algorithm>

#include "dialects/asa/lower_nat.hpp"

namespace egresslint::dialects::asa {

using base::Influence;
using model::Field;
using Where = AccessGroup::Where;

bool is_modern(const Config& c) {
    switch (c.version.product) {
        case Version::Product::asa:
            if (c.version.major != 0) return c.version.at_least(8, 3);
            break;
        case Version::Product::pix:
        case Version::Product::fwsm: return false;
        case Version::Product::unknown: break;
    }
    if (!c.twice_nat.empty() || !c.object_nat.empty()) return true;
    return c.statics.empty() && c.globals.empty() && c.nats.empty() && c.conduits.empty() && c.outbounds.empty();
}

void lower_modern(Context& x, const Config& c) {
    auto& b = x.b;
    Names names(x, c);
    Lists lists(names);
    Surroundings around(names, lists);
    around.fill();
    for (const auto* list : {&c.statics, &c.nats, &c.globals, &c.conduits, &c.outbounds, &c.applies})
        for (const Statement* s : *list)
            x.unread(s->span, "`" + s->text() + "` is of versions before 8.3 and is not analysed in a later one",
                     Influence::everything);
    around.entry_stages();
    NatStages nat(names, around);
    if (nat.untranslate()) around.divert_stage();
    around.routing_stage();
    around.own_stage();
    around.level_stage();

    const auto global = around.groups(Where::global);
    const AccessGroup* everywhere = global.empty() ? nullptr : global.back();
    std::vector<std::string> with_list;
    const auto all = around.groups(Where::in);
    for (const AccessGroup* g : all) {
        if (std::ranges::find(with_list, g->interface) != with_list.end()) continue;
        with_list.push_back(g->interface);
        std::vector<const AccessGroup*> same;
        for (const AccessGroup* other : all)
            if (other->interface == g->interface) same.push_back(other);
        around.list_stage(same, everywhere, b.all({around.in(g->interface), around.forwarded()}));
    }
    if (everywhere != nullptr) {
        auto when = around.forwarded();
        if (!with_list.empty()) when = b.all({when, b.negate(b.interface_names(Field::in_if, with_list))});
        for (const std::string& name : c.vpn_interfaces)
            when = b.all({when, b.either({b.negate(around.in(name)), around.in_the_clear(name)})});
        around.list_stage({everywhere}, nullptr, when);
    } else {
        around.default_stage(with_list);
    }
    for (const AccessGroup* g : around.groups(Where::out))
        around.list_stage({g}, nullptr, b.all({around.out(g->interface), around.from_outside()}));
    if (!nat.empty()) {
        nat.check_reverse();
        nat.translate();
    }
    around.tunnel_stage();
    inspect_stage(x, c, around);
}

}  // namespace egresslint::dialects::asa
