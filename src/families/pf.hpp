// SPDX-License-Identifier: Apache-2.0
// pf as FreeBSD evaluates it, translation rules apart from filter rules (FreeBSD up to 14, pfSense, OPNsense). Sources:
// pf.conf(5) of FreeBSD 14, PACKET FILTERING and TRANSLATION; pf.c, pf_get_translation and pf_test_rule.
//
//   in  (in_if != self): rdr, else binat, first match; `no …` ends the search untranslated
//                        filter rules on the translated packet; last match wins, `quick` ends the search
//   route                unless a filter rule has routed the packet (route-to)
//   out (out_if != self): binat, else nat, first match, on the interface that routing chose
//                        filter rules on the translated packet
//
// The device's own packets are only seen on their way out, packets to the device only on their way in; loopback is not
// filtered. A rule for both directions is two rules of the model with one origin. `tag` takes effect with the match.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/builder.hpp"

namespace egresslint::families::pf {

enum class Direction { in, out };
enum class Action { pass, block, block_return, match };

/// Ways out that a rule picks from, by a choice of the device where there are several.
struct RouteTo {
    std::vector<model::InterfaceId> interfaces;
    model::PredicateId choice;  ///< value i: interfaces[i]; invalid for a single one
};

/// Whatever a filter or translation rule has. `match` is complete: interface, family, addresses.
struct Rule {
    model::ExprId match;
    model::OriginId origin;
    std::string name;
    std::vector<model::ObjectId> uses;
    bool active = true;
    bool log = false;
    std::string tag;
};

struct FilterRule : Rule {
    Action action = Action::pass;
    bool quick = true;
    RouteTo route;
    /// nat-to, rdr-to (OpenBSD 4.7, FreeBSD 15): of a pass rule when it is the last that matched, of a match rule at
    /// once, so that later rules see the translated packet.
    std::vector<model::Translate> then;
    /// What is above a state limit is dropped: predicates of kind rate, true where the limit is kept.
    std::vector<model::PredicateId> limits;
};

class Pf {
public:
    explicit Pf(model::Builder& builder);

    [[nodiscard]] model::ChainId redirect_chain() const { return redirect_; }
    [[nodiscard]] model::ChainId translate_chain() const { return translate_; }
    [[nodiscard]] model::ChainId filter_chain(Direction d) const { return d == Direction::in ? in_ : out_; }

    void filter(Direction direction, const FilterRule& rule);
    /// rdr; `then` empty: `no rdr`. `pass`: no filter rule is asked on the way in.
    void redirect(const Rule& rule, std::vector<model::Translate> then, bool pass = false);
    /// The inbound half of binat: behind every rdr, whenever it is given.
    void binat_in(const Rule& rule, std::vector<model::Translate> then);
    /// nat and, in front of it, the outbound half of binat; `then` empty: `no nat`.
    void translate(const Rule& rule, std::vector<model::Translate> then);
    /// Packets that match leave by `interface` whatever routing says (tunnels of the kernel's policies).
    void divert(model::ExprId match, model::InterfaceId interface, model::OriginId origin);
    /// After the filter on the way out: what was routed to another interface leaves by that one.
    void force(model::ExprId match, model::InterfaceId interface, model::OriginId origin);

    [[nodiscard]] model::ExprId tagged(const std::string& tag);

    struct Defaults {
        model::OriginId block;  ///< of the rule that blocks what no rule passes on the way in
        model::OriginId pass;   ///< of what lets out what no rule blocks
        bool log_block = true;
        /// pfSense and OPNsense block on the way in what no rule passes; pf itself passes it.
        model::Verdict in = model::Verdict::drop;
        model::ExprId skip_in, skip_out;  ///< `set skip`: neither filtered nor translated; invalid: none
    };
    /// Writes the stages; once, at the end. `filters`: false when the packet filter is switched off.
    void finish(const Defaults& defaults, bool filters);

private:
    [[nodiscard]] model::Rule translation(const Rule& rule, std::vector<model::Translate> then, bool pass);
    [[nodiscard]] std::uint32_t tag_number(const std::string& tag);
    [[nodiscard]] model::Assign assign(model::RegisterId reg, std::uint32_t value) const;
    [[nodiscard]] model::Assign leave_by(std::uint32_t interface) const;
    void decide(Direction direction, const FilterRule& rule, model::ExprId match, std::vector<model::Effect> effects,
                Action action);

    model::Builder& b_;
    model::ChainId redirect_, in_, tunnels_, routing_, translate_, out_, forced_;
    model::RegisterId passed_, tag_, rerouted_;
    std::map<std::string, std::uint32_t> tags_;
    std::vector<model::Rule> binat_in_;
    bool pending_route_ = false;
    bool reroutes_ = false;
};

}  // namespace egresslint::families::pf
