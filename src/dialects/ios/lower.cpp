// SPDX-License-Identifier: Apache-2.0
#include "dialects/ios/lower.hpp"

#include <map>

#include "dialects/ios/translate.hpp"

namespace egresslint::dialects::ios {
namespace {

/// All access lists of a direction: which one is asked is decided by the interface. On the way in, interfaces without a
/// list have a rule that says so: it is what lets packets through.
class ListStage {
public:
    ListStage(Around& around, bool out) : around_(around), b_(around.context().b), out_(out) {
        const char* const name = out ? "access lists out" : "access lists in";
        chain_ = b_.chain(name);
        for (const Interface* i : around.interfaces()) {
            const bool v4 = add(*i, out ? i->out : i->in, Family::v4);
            const bool v6 = add(*i, out ? i->out6 : i->in6, Family::v6);
            if (!out && !(v4 && v6) && !i->shutdown)
                free_.push_back({i, v4 ? b_.family(Family::v6) : v6 ? b_.family(Family::v4) : b_.yes()});
        }
        // A line each, so that what lets a packet in has a place; of very many interfaces one for all.
        constexpr std::size_t most = 500;
        std::map<std::uint32_t, std::vector<std::string>> together;
        for (const auto& [i, family] : free_) {
            if (free_.size() > most)
                together[family.value].push_back(i->name);
            else
                free(b_.all({family, around_.in(i->name)}), i->name, i->span);
        }
        for (auto& [family, names] : together)
            free(b_.all({model::ExprId(family), b_.interface_names(model::Field::in_if, names)}),
                 std::to_string(names.size()) + " interfaces", around.config().start);
        if (b_.device().chains[chain_.index()].rules.empty()) return;
        // Lists do not act on what the router itself sends.
        b_.stage(name, model::Label::filter, b_.negate(around_.from_self()), chain_,
                 out ? model::Verdict::accept : model::Verdict::drop,
                 b_.origin(around.config().start, "an interface that is not there", true));
    }

private:
    void free(model::ExprId match, const std::string& who, base::Span span) {
        model::Rule r;
        r.match = match;
        r.control = model::Decide{model::Verdict::accept, {}, true};
        r.name = "interface " + who;
        b_.rule(chain_, std::move(r), span, "no access list on " + who + ": everything may come in");
    }
    /// Whether there is a list.
    bool add(const Interface& i, const Binding& list, Family family) {
        if (!list || i.shutdown) return false;
        const auto chain = around_.lists().chain(list.name, *list.statement, family);
        // A list that does not exist or holds nothing passes all packets.
        if (!chain.valid()) return false;
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
        return true;
    }

    Around& around_;
    model::Builder& b_;
    bool out_;
    model::ChainId chain_;
    std::vector<std::pair<const Interface*, model::ExprId>> free_;
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
