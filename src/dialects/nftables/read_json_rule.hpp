// SPDX-License-Identifier: Apache-2.0
// Expressions and statements of libnftables-json(5) to tree.hpp; read_json.cpp does the objects around them.
#pragma once

#include <utility>
#include <vector>

#include "base/source.hpp"
#include "dialects/nftables/read_json_value.hpp"
#include "dialects/nftables/tree.hpp"

namespace egresslint::dialects::nftables {

class JsonRuleReader {
public:
    JsonRuleReader(std::string_view text, base::FileId file) : text_(text), file_(file) {}

    /// The chains of `jump { … }` that the statements so far brought along, with names of their own.
    [[nodiscard]] std::vector<ChainNode> take_chains() { return std::exchange(chains_, {}); }

    [[nodiscard]] ExpressionPtr expression(const JsonValue& json) const;
    [[nodiscard]] Statement statement(const JsonValue& json);
    /// Members of a set or map: [key, data] pairs, elem objects or plain values; one of them or an array.
    void elements(const JsonValue& json, bool map, std::vector<Element>& out) const;
    [[nodiscard]] base::Span span(const JsonValue& json) const { return base::Span{file_, json.begin, json.end}; }
    /// The bytes of a value on one line, shortened.
    [[nodiscard]] std::string written(const JsonValue& json) const;

private:
    [[nodiscard]] Element element(const JsonValue& json, bool map) const;
    void element_options(const JsonValue& json, Element& out) const;
    [[nodiscard]] ExpressionPtr make(const JsonValue& json, decltype(Expression::is) is) const;
    [[nodiscard]] bool keyed_expression(const JsonValue& json, std::string_view key, const JsonValue& body,
                                        decltype(Expression::is)& out) const;
    [[nodiscard]] bool keyed_statement(std::string_view key, const JsonValue& body, decltype(Statement::is)& out) const;
    [[nodiscard]] Nat nat(std::string_view kind, const JsonValue& body) const;
    [[nodiscard]] bool set_update(const JsonValue& body, bool map, SetUpdate& out) const;

    /// A statement that nft 1.0 prints as text; false: it is none that can be read alone.
    [[nodiscard]] bool text_statement(const JsonValue& json, Statement& out);

    std::string_view text_;
    base::FileId file_;
    std::vector<ChainNode> chains_;
    unsigned chain_count_ = 0;
};

// Small readers that the object level shares.
[[nodiscard]] std::string json_text(const JsonValue* value);
[[nodiscard]] std::string json_text(const JsonValue& object, std::string_view key);
/// A string or an array of strings.
[[nodiscard]] std::vector<std::string> json_list(const JsonValue* value);
[[nodiscard]] std::string limit_text(const JsonValue& body);
[[nodiscard]] bool decides(std::string_view statement);

}  // namespace egresslint::dialects::nftables
