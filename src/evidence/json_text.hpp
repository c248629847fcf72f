// SPDX-License-Identifier: Apache-2.0
// JSON in which every value knows where it stands, for evidence whose place findings show. nlohmann::json reads it,
// without recursion; what is kept is a tree whose depth is bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::evidence {

struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string text;                ///< of a string, a number, or "true" and "false"
    std::vector<std::string> names;  ///< of an object's members, in order, as many as `items`
    std::vector<JsonValue> items;    ///< of an array, or of an object
    base::Span span;                 ///< the bytes of the value; of a string without its quotation marks

    /// The last member of that name; nullptr: there is none, or this is no object.
    [[nodiscard]] const JsonValue* member(std::string_view name) const;
    /// The text of a member that is a string; "" otherwise.
    [[nodiscard]] std::string_view string(std::string_view name) const;
    [[nodiscard]] bool is(Kind k) const { return kind == k; }
};

/// nullopt after one fatal diagnostic with its place: not JSON, nested deeper than 64, or more than 1,000,000 values.
[[nodiscard]] std::optional<JsonValue> parse_json(const base::Sources& sources, base::FileId file,
                                                  base::Diagnostics& diagnostics);

}  // namespace egresslint::evidence
