// SPDX-License-Identifier: Apache-2.0
// One nftables rule to model rules. A rule of nft is a program: statements run from left to right, a match that fails
// ends it, effects before that stay. Most rules become one model rule; matches after effects, value maps and verdict
// maps need more.
#pragma once

#include <functional>
#include <vector>

#include "dialects/nftables/lower_match.hpp"

namespace egresslint::dialects::nftables {

class RuleWriter {
public:
    explicit RuleWriter(Context& c) : c_(c) {}
    void write(const RuleNode& rule);

private:
    /// What an element of a map does; `match` is its key, to be joined with nothing else.
    using ElementRule = std::function<void(model::ChainId chain, model::ExprId key, const Element& element)>;

    void statement(const Statement& s, bool last);
    // -- lower_rule.cpp
    void verdict(const Verdict& v, base::Span span);
    void unknown_statement(const std::string& text, base::Span span);
    void limit(const std::string& text, bool over, bool counts);
    void named_limit(const std::string& kind, const std::string& object, const std::string& text, bool over);
    void update(const SetUpdate& s);
    void tproxy(const TransparentProxy& t);
    // -- lower_map.cpp
    void verdict_map(const MapLookup& lookup, base::Span span);
    /// Runs `make` for every element in a chain of its own; what misses goes on with the next rule of nft.
    void value_map(const MapLookup& lookup, const std::string& what, bool rest_follows, const ElementRule& make);
    [[nodiscard]] bool map_elements(const MapLookup& lookup, std::vector<const Element*>& out, NamedSet*& named) const;
    [[nodiscard]] std::vector<model::ExprId> keys(const Operand& key, const std::vector<const Element*>& elements,
                                                  const MapLookup& lookup);
    [[nodiscard]] model::OriginId element_origin(const Element& element);
    [[nodiscard]] std::optional<model::Control> control_of(const Verdict& v, base::Span span);
    // -- lower_nat.cpp
    void nat(const Nat& n, base::Span span, bool rest_follows);
    void nat_rule(model::ChainId chain, model::ExprId match, const Nat& n, const Expression* address,
                  const Expression* port, const Expression* key, model::OriginId origin, base::Span span);
    [[nodiscard]] model::Choice choice(model::Field field, base::Family family, base::IntervalSet candidates,
                                       const std::string& text) const;
    // -- lower_mangle.cpp
    void mangle(const Mangle& m, base::Span span, bool rest_follows);
    void set_mark(bool connection, const Expression& value, bool rest_follows, base::Span span);
    void set_unknown_mark(model::RegisterId reg, const std::string& text, bool rest_follows);
    void set_header(const Payload& target, const Expression& value, base::Span span, bool rest_follows);

    // -- the rule under construction
    void require(model::ExprId e);
    void effect(model::Effect e) { effects_.push_back(std::move(e)); }
    /// Writes what has been collected, then goes on with the same packets.
    void split();
    /// Ends the rule with `control`.
    void finish(model::Control control);
    /// A rule of the chain we are in, with the collected matches and effects.
    model::Rule collected(model::Control control);
    void jump_and_go_on(model::ChainId to, bool always_comes_back, bool rest_follows);
    [[nodiscard]] model::ExprId matched() { return c_.b.all(match_); }
    [[nodiscard]] bool reads_what_effects_write() const;
    /// The match so far asks for protocols of a set that passes the test.
    template <class Test>
    [[nodiscard]] bool some_protocols(Test test) const;
    /// The match so far does not rule TCP out.
    [[nodiscard]] bool may_be_tcp() const;
    /// What has been asked leaves only protocols that have ports.
    [[nodiscard]] bool only_protocols_with_ports() const;
    [[nodiscard]] model::Effect assign_rest(std::uint32_t value);
    void add(model::ChainId chain, model::Rule rule, model::OriginId origin);

    Context& c_;
    const RuleNode* rule_ = nullptr;
    std::vector<model::ExprId> match_;
    std::vector<model::Effect> effects_;
    std::vector<model::ExprId> over_limit_;  ///< packets that a `limit … over` lets pass
    bool holding_rest_ = false;              ///< the matches so far are held in the scratch register
    bool last_ = false;                      ///< no statement follows the current one
    bool done_ = false;
};

}  // namespace egresslint::dialects::nftables
