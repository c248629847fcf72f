// SPDX-License-Identifier: Apache-2.0
// Rules, translations and expressions carried over from one device to another. `Places` says where each thing is there:
// at(ExprId), at(SetId), at(RelationId), at(RuleId), at(ChainId), at(OriginId), at(RegisterId), at(PredicateId),
// at(ChoiceId), at(FieldRef). Invalid ids must stay invalid.
#pragma once

#include "model/device.hpp"

namespace egresslint::model {

template <class Places>
void remap(Translate& t, const Places& places) {
    if (auto* pick = std::get_if<Pick>(&t.to)) pick->choice = places.at(pick->choice);
    // Where the other device's interfaces have addresses of their own.
    if constexpr (requires { places.alternative; }) {
        if (auto* out = std::get_if<OutInterfaceAddress>(&t.to)) out->alternative = places.alternative;
        if (auto* in = std::get_if<InInterfaceAddress>(&t.to)) in->alternative = places.alternative;
    }
}

template <class Places>
void remap(Decide& d, const Places& places) {
    for (Translate& t : d.then) remap(t, places);
}

template <class Places>
void remap(Rule& r, const Places& places) {
    r.match = places.at(r.match);
    r.origin = places.at(r.origin);
    r.uses.clear();  // objects are left behind: only messages about the device itself read them
    for (Effect& effect : r.effects) {
        if (auto* t = std::get_if<Translate>(&effect)) remap(*t, places);
        if (auto* assign = std::get_if<Assign>(&effect)) {
            assign->to = places.at(assign->to);
            assign->a = places.at(assign->a);
            assign->b = places.at(assign->b);
        }
    }
    if (auto* jump = std::get_if<Jump>(&r.control)) jump->to = places.at(jump->to);
    if (auto* go = std::get_if<Goto>(&r.control)) go->to = places.at(go->to);
    if (auto* decide = std::get_if<Decide>(&r.control)) remap(*decide, places);
}

}  // namespace egresslint::model
