// SPDX-License-Identifier: Apache-2.0
// What a rule matches. Inside this room only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "dialects/pf/rules.hpp"
#include "families/pf.hpp"

namespace egresslint::dialects::pf {

using base::Family;
using base::IntervalSet;
using model::ExprId;
using model::Field;
using model::PredicateKind;

[[nodiscard]] std::optional<std::uint32_t> number(std::string_view text, std::uint32_t most);
[[nodiscard]] std::optional<std::uint32_t> port_number(std::string_view text);
/// "10.0.0.0/24", "2001:db8::1"
[[nodiscard]] bool begins_an_address(const std::string& text);

class Matcher {
public:
    struct Match {
        std::vector<ExprId> all;
        std::vector<model::ObjectId> uses;
    };
    Matcher(const base::Sources& sources, const Ruleset& rules, model::Builder& b, families::pf::Pf& pf,
            base::Diagnostics& diagnostics)
        : sources_(sources), rules_(rules), b_(b), pf_(pf), diagnostics_(diagnostics) {}
    [[nodiscard]] const std::set<std::string>& interfaces() const { return interfaces_; }

    // -- interfaces

    void collect(const std::vector<Rule>& rules);
    /// One name. Interfaces with a number may belong to a group; which do is not said here.
    ExprId named(const std::string& name, Field field);
    ExprId on(const std::vector<Item>& list, Field field);
    // -- addresses

    ExprId doubtful(const std::string& text, PredicateKind kind, Field field);
    ExprId interface_address(const std::string& text, Field field);
    ExprId host(const Host& h, Field field, Match& m);
    ExprId host_plain(const Host& h, Field field, Match&);
    ExprId strange_host(const Host& h, Field field);
    void hosts(const std::vector<Host>& list, Field field, Match& m);
    void ports(const std::vector<Port>& list, Field field, Match& m);
    void protocols(const Rule& rule, Match& m);
    void icmp(const Rule& rule, Match& m);
    /// "S/SA": of the flags S and A only S is set. The default of rules that keep state.
    void flags(const Rule& rule, Match& m);
    Match common(const Rule& rule);

private:
    const base::Sources& sources_;
    const Ruleset& rules_;
    model::Builder& b_;
    families::pf::Pf& pf_;
    base::Diagnostics& diagnostics_;
    std::set<std::string> interfaces_;
};

}  // namespace egresslint::dialects::pf
