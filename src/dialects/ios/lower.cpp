// SPDX-License-Identifier: Apache-2.0
#include "dialects/ios/lower.hpp"

#include "dialects/ios/translate.hpp"

namespace egresslint::dialects::ios {
namespace {

/// All access lists of a direction: which one is asked is decided by the interface.
class ListStage {
public:
    ListStage(Around& around, bool out) : around_(around), b_(around.context().b), out_(out) {
        chain_ = b_.chain(out ? "access lists out" : "access lists in");
        for (const Interface* i : around.interfaces()) {
            add(*i, out ? i->out : i->in, Family::v4);
            add(*i, out ? i->out6 : i->in6, Family::v6);
        }
        if (b_.device().chains[chain_.index()].rules.empty()) return;
        // Lists do not act on what the router itself sends.
        b_.stage(out ? "access lists out" : "access lists in", model::Label::filter, b_.negate(around_.from_self()),
                 chain_);
    }

private:
    void add(const Interface& i, const Binding& list, Family family) {
        if (!list || i.shutdown) return;
        const auto chain = around_.lists().chain(list.name, *list.statement, family);
        // A list that does not exist or holds nothing passes all packets.
        if (!chain.valid()) return;
        const auto when = b_.all({b_.family(family), out_ ? around_.out(i.name) : around_.in(i.name)});
        model::Rule jump;
        jump.match = when;
        jump.control = model::Jump{chain};
        b_.rule(chain_, std::move(jump), list.statement->span, list.statement->text());
        model::Rule end;
        end.match = when;
        end.control = model::Decide{model::Verdict::drop, {}, true};
        end.origin = b_.origin(list.statement->span, "end of access-list " + list.name, true);
        b_.rule(chain_, std::move(end));
    }

    Around& around_;
    model::Builder& b_;
    bool out_;
    model::ChainId chain_;
};

}  // namespace

void lower(Context& x, const Config& c) {
    Names names(x, c);
    Lists lists(names);
    Around around(names, lists);
    around.fill();
    NatStages nat(around);

    around.entry_stages();
    ListStage(around, false);
    nat.untranslate();
    around.policy_stage();
    around.routing_stage();
    zone_stage(around);
    around.own_stage();
    nat.translate();
    ListStage(around, true);
    around.tunnel_stage();
    inspect_stage(around);
}

}  // namespace egresslint::dialects::ios
