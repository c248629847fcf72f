// SPDX-License-Identifier: Apache-2.0
// What a rule rewrites. Inside this room only.
#pragma once

#include "dialects/pf/match.hpp"

namespace egresslint::dialects::pf {

class Translator {
public:
    Translator(Matcher& matcher, const Ruleset& rules, model::Builder& b) : matcher_(matcher), rules_(rules), b_(b) {}

    /// Whether the rule is about one interface only, the one that `name` is the address of.
    static bool only_on(const Rule& rule, const std::string& name);
    /// Empty: nothing that is understood.
    std::vector<model::Translate> rewrite(const Rule& rule, const Target& t, bool source, Matcher::Match& m);
    /// Adds the addresses; false: it is a name.
    static bool literal(const Host& h, model::LiteralSet& to);
    /// One host or network to one of the same size.
    static std::optional<model::Translate> one_to_one(const Host& from, const Host& to, Field field, bool backwards);

private:
    Matcher& matcher_;
    const Ruleset& rules_;
    model::Builder& b_;
};

}  // namespace egresslint::dialects::pf
