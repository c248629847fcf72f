// SPDX-License-Identifier: Apache-2.0
// Config -> model::Device: the rules that the product would write for pf, automatic ones included, in pf's order.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dialects/pfsense/config.hpp"
#include "families/pf.hpp"
#include "model/builder.hpp"

namespace egresslint::dialects::pfsense {

/// What an alias holds, as far as it is known.
struct Members {
    base::IntervalSet v4, v6;
    /// What only the running device knows: "addresses of mail.example.com", with the kind of doubt.
    std::vector<std::pair<std::string, model::PredicateKind>> unknown;
    bool defined = false;
    bool ports = false;
    model::ObjectId object;
};

/// A match under construction: `because` says why the product would not load the rule; "" when it does.
struct Match {
    std::vector<model::ExprId> parts;
    std::vector<model::ObjectId> uses;
    std::string because;
    void fail(std::string why) {
        if (because.empty()) because = std::move(why);
    }
};

class Lowering {
public:
    Lowering(const Config& config, std::string name, base::Diagnostics& diagnostics);
    [[nodiscard]] model::Device run() &&;

private:
    [[nodiscard]] bool opnsense() const { return c_.product == Product::opnsense; }
    void not_understood(base::Span where, std::string message, base::Influence influence,
                        model::PredicateId predicate = {});

    // lower.cpp: surroundings
    void interfaces();
    void routes();
    void add_default_route(base::Family family);
    void route(const std::string& network, std::vector<model::NextHop> hops, base::Span span);
    void define_objects();
    [[nodiscard]] const Interface* interface_of(const std::string& key) const;
    [[nodiscard]] const Gateway* gateway_of(const std::string& name) const;
    /// Interfaces a name stands for: itself, the members of a group; none when there is no such enabled interface.
    [[nodiscard]] std::vector<std::string> expand(const std::string& name) const;
    [[nodiscard]] bool has_gateway(const Interface& i, base::Family family) const;
    [[nodiscard]] bool dynamic(const Interface& i, base::Family family) const;
    [[nodiscard]] std::optional<base::Address> address_of(const Interface& i, base::Family family) const;
    /// Connected networks, those of virtual addresses included.
    [[nodiscard]] std::vector<base::Prefix> networks_of(const Interface& i, base::Family family) const;

    // lower_match.cpp
    void interface_match(model::Field field, const RuleBase& rule, Match& m);
    /// One of them exists, but is disabled, or is a group without members.
    [[nodiscard]] bool switched_off(const std::vector<std::string>& interfaces) const;
    void family_match(const std::string& ip_protocol, Match& m);
    void protocol_match(const RuleBase& rule, Match& m);
    void endpoint_match(model::Field field, const RuleBase& rule, const Endpoint& side, Match& m);
    void port_match(model::Field field, const Endpoint& side, Match& m);
    void tag_match(const RuleBase& rule, Match& m);
    /// `text`, with a number from the second use on: names of doubts must not hang on places, which fixes move.
    [[nodiscard]] std::string numbered(const std::string& text);
    /// What was not understood of the rule decides whether it matches; EL901 says so.
    void doubt_match(const RuleBase& rule, base::Influence influence, Match& m);
    [[nodiscard]] std::optional<model::ExprId> value(model::Field field, const std::string& text, base::Span where,
                                                     Match& m);
    [[nodiscard]] model::ExprId network_of(model::Field field, const std::string& key);
    [[nodiscard]] model::ExprId addresses_of(model::Field field, const std::string& key);
    [[nodiscard]] model::ExprId members(model::Field field, const Members& all, const std::string& name);
    const Members& alias(const std::string& name);
    void collect(const Alias& from, Members& to, std::vector<std::pair<base::Interval, int>>& v4,
                 std::vector<std::pair<base::Interval, int>>& v6, std::set<std::string>& seen, unsigned depth);
    [[nodiscard]] const Alias* alias_of(const std::string& name) const;
    /// nullopt: neither ports nor an alias. Not `known`: some of them are fetched at run time.
    [[nodiscard]] std::optional<base::IntervalSet> ports(const std::string& text, Match& m, bool& known);
    void icmp_match(const FilterRule& rule, Match& m);
    void flags_match(const FilterRule& rule, Match& m);
    [[nodiscard]] model::ExprId predicate(model::Field field, std::string text, model::PredicateKind kind);
    [[nodiscard]] model::ExprId assigned(model::Field field, base::Family family, std::string text);

    // lower_filter.cpp
    void filter_rules();
    void filter_rule(const FilterRule& rule);
    [[nodiscard]] families::pf::RouteTo route_to(const FilterRule& rule, Match& m);
    [[nodiscard]] std::string text_of(const FilterRule& rule) const;
    [[nodiscard]] std::string match_text(const RuleBase& rule) const;

    // lower_auto.cpp: rules nobody wrote
    void automatic_filter();
    void automatic_block(model::ExprId match, base::Span span, std::string text, bool log);
    void automatic_pass(families::pf::Direction direction, model::ExprId match, base::Span span, std::string text,
                        bool quick = true);
    void antilockout();
    void forced_gateways();
    void tunnel_policies();
    void automatic_outbound();

    // lower_nat.cpp
    void translations();
    void one_to_one(const OneToOne& rule);
    void prefix_translation(const PrefixTranslation& rule);
    void source_rule(const SourceRule& rule, bool last);
    void forward(const PortForward& rule);
    void helper(const RuleBase& rule, const std::vector<std::string>& on, const std::vector<base::Address>& targets,
                const base::IntervalSet& ports);
    /// nullopt: no such target, the rule is not loaded.
    [[nodiscard]] std::optional<std::vector<model::Translate>> source_target(const SourceRule& rule,
                                                                             const std::string& interface, Match& m);
    [[nodiscard]] std::optional<std::vector<base::Address>> host_targets(const std::string& text, Match& m,
                                                                         bool& unknown);
    [[nodiscard]] std::vector<std::string> inside_interfaces(const std::string& but) const;
    [[nodiscard]] families::pf::Rule pf_rule(const RuleBase& rule, Match& m, std::string text, std::string name,
                                             bool synthetic = false);
    [[nodiscard]] std::vector<model::Translate> source_ports(const SourceRule& rule);

    const Config& c_;
    model::Builder b_;
    families::pf::Pf pf_;
    base::Diagnostics& diagnostics_;
    std::map<std::string, const Alias*, std::less<>> aliases_;
    std::map<std::string, Members> members_;
    std::map<std::uint32_t, model::PredicateId> doubted_;  ///< by the place of the element
    std::map<std::string, std::size_t> numbers_;           ///< of rules per tab, for their names
    std::vector<std::function<void()>> last_;              ///< what stands behind all other translations
};

}  // namespace egresslint::dialects::pfsense
