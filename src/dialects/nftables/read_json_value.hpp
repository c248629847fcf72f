// SPDX-License-Identifier: Apache-2.0
// JSON (RFC 8259) with places: every value knows its bytes, which no tree of nlohmann::json does, and a finding in a
// JSON ruleset must name the rule. Strict, bounded depth, one pass; members keep their order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egresslint::dialects::nftables {

struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    bool truth = false;
    std::string text;  ///< string (unescaped) or number (as written)
    std::vector<JsonValue> items;
    std::vector<std::pair<std::string, JsonValue>> members;
    std::uint32_t begin = 0, end = 0;

    [[nodiscard]] bool is(Kind k) const { return kind == k; }
    /// Null when absent or when this is no object.
    [[nodiscard]] const JsonValue* find(std::string_view key) const {
        for (const auto& [name, value] : members)
            if (name == key) return &value;
        return nullptr;
    }
};

class JsonScanner {
public:
    static constexpr unsigned max_depth = 200;
    explicit JsonScanner(std::string_view text) : text_(text) {}

    /// One value at the current place; false with `error` set when it is none.
    [[nodiscard]] bool value(JsonValue& out, unsigned depth = 0);
    /// The character after white space is `c`: consumes it.
    [[nodiscard]] bool take(char c);
    [[nodiscard]] bool string(std::string& out);
    [[nodiscard]] bool at_end();
    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at_); }
    [[nodiscard]] const std::string& error() const { return error_; }
    bool fail(std::string message);

private:
    void skip_space();
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    [[nodiscard]] bool word(std::string_view expected);
    [[nodiscard]] bool number(std::string& out);
    [[nodiscard]] bool hex4(std::uint32_t& out);

    std::string_view text_;
    std::size_t at_ = 0;
    std::string error_;
};

}  // namespace egresslint::dialects::nftables
