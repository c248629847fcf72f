// SPDX-License-Identifier: Apache-2.0
// What the grammar's actions build: a stack of nodes, and values that are classified by the field they are compared
// with. Inside this room only; the door is query.hpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lint/query.hpp"

namespace egresslint::lint::query {

struct RawValue {
    Value::Kind kind = Value::Kind::text;
    std::string text;
    bool quoted = false;
    std::size_t begin = 0, end = 0;
};

/// The grammar has made it past the syntax, but a value or name is wrong.
struct Meaning {
    std::string message;
    std::size_t begin, end;
    std::string suggestion;
};

struct Builder {
    Query query;
    std::vector<Node> stack;
    Target target = Target::src;
    int protocol = -1;  ///< of "tcp dport"
    std::size_t field_begin = 0;
    enum class Op : std::uint8_t { in, not_in, at_most, at_least, below, above } op = Op::in;
    bool quoted = false;
    std::vector<RawValue> values;
    std::string path_text;  ///< of the last name of a rule, chain or stage
    std::size_t path_begin = 0, path_end = 0;
    std::optional<Meaning> error;

    void field(Target t, std::size_t begin, int proto = -1) {
        target = t;
        protocol = proto;
        field_begin = begin;
        op = Op::in;
        values.clear();
    }
    void fact(Fact f, std::size_t begin, std::size_t end) {
        Node node;
        node.fact = f;
        node.begin = begin;
        node.end = end;
        stack.push_back(std::move(node));
    }
    void fail(std::string message, std::size_t begin, std::size_t end, std::string suggestion = {}) {
        if (!error) error = Meaning{std::move(message), begin, end, std::move(suggestion)};
    }
    /// Folds the two topmost nodes; neighbours of one kind become one node, so depth follows parentheses only.
    void fold(Node::Kind kind) {
        Node right = std::move(stack.back());
        stack.pop_back();
        Node& left = stack.back();
        if (left.kind != kind) {
            Node both;
            both.kind = kind;
            both.begin = left.begin;
            both.children.push_back(std::move(left));
            left = std::move(both);
        }
        left.end = right.end;
        left.children.push_back(std::move(right));
    }
    void compare(std::size_t end);
    std::optional<Value> value(const RawValue& raw);
};

}  // namespace egresslint::lint::query
