// SPDX-License-Identifier: Apache-2.0
// Parameters of Postfix and what they come to: the text of main.cf, the defaults that Postfix is built with, and the
// macros of postconf(5): `$name`, `${name?yes}`, `${name:no}`, `${name?{yes}:{no}}`, `${{a} == {b} ? {yes} : {no}}`.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "evidence/evidence.hpp"

namespace egresslint::evidence {

/// Later texts of a name win, as they do in main.cf.
using PostfixParameters = std::map<std::string, Fact, std::less<>>;

/// What an expression comes to; where it is not known, why, and what stands in the way.
struct PostfixValue {
    std::string text;
    base::Span span;  ///< of the setting that states it; invalid: a default
    bool known = true;
    Unknown unknown;
};

class PostfixScope {
public:
    /// `overrides`: `-o` options of a service; nullptr: none. `complete`: main.cf itself was given, so what it does not
    /// say is the default. Both maps must outlive the scope.
    PostfixScope(const PostfixParameters& main, const PostfixParameters* overrides, bool complete)
        : main_(main), overrides_(overrides), complete_(complete) {}

    /// The value of a parameter with every macro in it expanded. What Postfix itself refuses (a circle, a brace that
    /// is not closed) is a fatal diagnostic.
    [[nodiscard]] PostfixValue value(std::string_view name, base::Diagnostics& diagnostics) const;

private:
    class Expansion;
    const PostfixParameters& main_;
    const PostfixParameters* overrides_;
    bool complete_;
};

}  // namespace egresslint::evidence
