// SPDX-License-Identifier: Apache-2.0
// config.xml -> Config. Elements that nobody asks for are reported (EL901), but for the sections of sections.cpp that
// are known to decide no packet.
#pragma once

#include "dialects/pfsense/config.hpp"
#include "families/xml.hpp"

namespace egresslint::dialects::pfsense {

using families::xml::Element;

/// What the parsers share: the product, its idea of a flag, and where complaints go.
class Parser {
public:
    Parser(Product product, base::Diagnostics& diagnostics) : diagnostics_(diagnostics) { config_.product = product; }

    [[nodiscard]] Config parse(const Element& root);

private:
    [[nodiscard]] bool opnsense() const { return config_.product == Product::opnsense; }
    /// pfSense: the element is there. OPNsense: it holds something that PHP's empty() does not call empty.
    [[nodiscard]] bool flag(const Element& parent, std::string_view name) const;
    void not_understood(base::Span where, std::string message, base::Influence influence);
    /// EL901 for what is left of `e`; `inert` are names that decide nothing.
    void leftovers(const Element& e, std::string_view inert, std::string_view what, base::Influence influence);

    /// The same for a rule: what is left becomes a doubt of its match.
    static void doubts(const Element& e, std::string_view inert, std::vector<Unknown>& unknown);

    // parse_system.cpp
    void system(const Element& root);
    void interfaces(const Element& root);
    void virtual_addresses(const Element& list);
    void gateways(const Element& list);
    void routes(const Element& list);
    void groups(const Element& list);
    void aliases(const Element& list);
    void schedules(const Element& list);
    void tunnels(const Element& root);
    // parse_rules.cpp
    void filter(const Element& list);
    void nat(const Element& list);
    void outbound(const Element& list);
    void forward(const Element& rule);
    void one_to_one(const Element& rule);
    void base(const Element& e, RuleBase& rule);
    [[nodiscard]] Endpoint endpoint(const Element& e);
    void filter_details(const Element& e, FilterRule& rule);
    // parse_models.cpp: OPNsense's trees under <OPNsense>
    void models(const Element& list);
    void model_filter(const Element& filter);
    void model_rule(const Element& e);
    void model_base(const Element& e, RuleBase& rule);
    // sections.cpp
    void sections(const Element& root);
    void model_sections(const Element& list);
    void web_proxy(const Element& squid);
    void wireguard(const Element& section);

    Config config_;
    base::Diagnostics& diagnostics_;
};

}  // namespace egresslint::dialects::pfsense
