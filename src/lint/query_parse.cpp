// SPDX-License-Identifier: Apache-2.0
// Query text -> query::Query. PEGTL actions build the tree on a stack (query_builder.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <tao/pegtl.hpp>

#include "grammars/query.hpp"
#include "lint/lint.hpp"
#include "lint/query_builder.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint::query {
namespace {

namespace g = grammar::query;
namespace peg = tao::pegtl;

std::size_t trimmed(std::string_view text, std::size_t begin, std::size_t end) {
    while (end > begin &&
           (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\n' || text[end - 1] == '\r'))
        --end;
    return end;
}

template <class Rule>
struct Action : peg::nothing<Rule> {};

#define FIELD_ACTION(rule, to, proto)                       \
    template <>                                             \
    struct Action<g::rule> {                                \
        template <class In>                                 \
        static void apply(const In& in, Builder& b) {       \
            b.field(Target::to, in.position().byte, proto); \
        }                                                   \
    };
FIELD_ACTION(f_nat_src, nat_src, -1)
FIELD_ACTION(f_nat_dst, nat_dst, -1)
FIELD_ACTION(f_nat_sport, nat_sport, -1)
FIELD_ACTION(f_nat_dport, nat_dport, -1)
FIELD_ACTION(f_tcp_sport, sport, 6)
FIELD_ACTION(f_tcp_dport, dport, 6)
FIELD_ACTION(f_udp_sport, sport, 17)
FIELD_ACTION(f_udp_dport, dport, 17)
FIELD_ACTION(f_src, src, -1)
FIELD_ACTION(f_dst, dst, -1)
FIELD_ACTION(f_sport, sport, -1)
FIELD_ACTION(f_dport, dport, -1)
FIELD_ACTION(f_proto, proto, -1)
FIELD_ACTION(f_family, family, -1)
FIELD_ACTION(f_in_zone, in_zone, -1)
FIELD_ACTION(f_out_zone, out_zone, -1)
FIELD_ACTION(f_in, in, -1)
FIELD_ACTION(f_out, out, -1)
#undef FIELD_ACTION

#define OP_ACTION(rule, to)                                        \
    template <>                                                    \
    struct Action<g::rule> {                                       \
        static void apply0(Builder& b) { b.op = Builder::Op::to; } \
    };
OP_ACTION(op_in, in)
OP_ACTION(op_equal, in)
OP_ACTION(op_not_in, not_in)
OP_ACTION(op_not_equal, not_in)
OP_ACTION(op_at_most, at_most)
OP_ACTION(op_at_least, at_least)
OP_ACTION(op_below, below)
OP_ACTION(op_above, above)
#undef OP_ACTION

template <class In>
void push_value(const In& in, Builder& b, Value::Kind kind, std::string text, bool quoted) {
    const std::size_t begin = in.position().byte;
    const std::string_view whole(in.begin(), in.size());
    b.values.push_back({kind, std::move(text), quoted, begin, begin + trimmed(whole, 0, whole.size())});
}
/// `"lan"` or lan, with a leading sign or word cut off.
std::string bare(std::string_view text, std::string_view lead) {
    text.remove_prefix(lead.size());
    text = text.substr(0, trimmed(text, 0, text.size()));
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    return std::string(text);
}
#define VALUE_ACTION(rule, kind, lead, is_quoted)                                                                 \
    template <>                                                                                                   \
    struct Action<g::rule> {                                                                                      \
        template <class In>                                                                                       \
        static void apply(const In& in, Builder& b) {                                                             \
            push_value(in, b, Value::Kind::kind, bare(std::string_view(in.begin(), in.size()), lead), is_quoted); \
        }                                                                                                         \
    };
VALUE_ACTION(mail_servers, mail_servers, "", false)
VALUE_ACTION(interface_address, interface_address, "", false)
VALUE_ACTION(set_by_sign, set, "@", true)
VALUE_ACTION(set_by_word, set, "set", true)
VALUE_ACTION(quoted_value, text, "", true)
VALUE_ACTION(plain_value, text, "", false)
#undef VALUE_ACTION

template <>
struct Action<g::comparison> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        const std::string_view whole(in.begin(), in.size());
        b.compare(in.position().byte + trimmed(whole, 0, whole.size()));
    }
};

#define FACT_ACTION(rule, to)                                                                           \
    template <>                                                                                         \
    struct Action<g::rule> {                                                                            \
        template <class In>                                                                             \
        static void apply(const In& in, Builder& b) {                                                   \
            const std::string_view whole(in.begin(), in.size());                                        \
            b.fact(Fact::to, in.position().byte, in.position().byte + trimmed(whole, 0, whole.size())); \
        }                                                                                               \
    };
FACT_ACTION(accepted, accepted)
FACT_ACTION(blocked, blocked)
FACT_ACTION(dropped, dropped)
FACT_ACTION(rejected, rejected)
FACT_ACTION(logged, logged)
FACT_ACTION(limited, limited)
FACT_ACTION(inspected, inspected)
FACT_ACTION(forwarded, forwarded)
FACT_ACTION(inside_known, inside_known)
FACT_ACTION(everything, any)
#undef FACT_ACTION

/// "from X" and "to X": the place decides, read from the text of the whole phrase.
template <bool From>
struct Place {
    template <class In>
    static void apply(const In& in, Builder& b) {
        const std::size_t begin = in.position().byte;
        const std::string_view whole(in.begin(), in.size());
        const std::size_t end = trimmed(whole, 0, whole.size());
        std::size_t at = whole.find_last_of(" \t\r\n", end - 1);
        at = at == std::string_view::npos ? 0 : at + 1;
        const std::string_view name = whole.substr(at, end - at);
        if (name == "device") return b.fact(From ? Fact::from_device : Fact::to_device, begin, begin + end);
        if (name == "internet") return b.fact(From ? Fact::from_internet : Fact::to_internet, begin, begin + end);
        if (name == "inside") return b.fact(Fact::from_inside, begin, begin + end);
        b.fact(Fact::from_server, begin, begin + end);
        if (b.query.each_server && name == b.query.variable) return;
        b.fail(fmt::format("\"{}\" is no place; after \"from\" stands device, internet, inside or the mail server of "
                           "\"for each mail server\"",
                           name),
               begin + at, begin + end, nearest(name, {"device", "internet", "inside"}));
    }
};
template <>
struct Action<g::from> : Place<true> {};
template <>
struct Action<g::to> : Place<false> {};

template <>
struct Action<g::known> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        const std::string_view whole(in.begin(), in.size());
        const std::size_t end = whole.find_first_of(" \t\r\n");
        const std::size_t dot = whole.find('.');
        const std::string_view variable = whole.substr(0, dot), member = whole.substr(dot + 1, end - dot - 1);
        const std::size_t begin = in.position().byte;
        if (!b.query.each_server || variable != b.query.variable)
            b.fail(fmt::format("\"{}\" is not the mail server of \"for each mail server\"", variable), begin,
                   begin + dot);
        if (member != "outbound" && member != "published")
            b.fail("only outbound and published can be known or not", begin + dot + 1, begin + end,
                   nearest(member, {"outbound", "published"}));
        b.fact(member == "published" ? Fact::published_known : Fact::outbound_known, begin, begin + end);
    }
};

template <>
struct Action<g::path_name> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        const std::string_view whole(in.begin(), in.size());
        b.path_begin = in.position().byte;
        b.path_end = b.path_begin + trimmed(whole, 0, whole.size());
        b.path_text = bare(whole, "");
    }
};
/// The name stands behind the words; the phrase ends where the name ends.
template <PathTest Test>
struct Path {
    static void apply0(Builder& b) {
        Node node;
        node.kind = Node::Kind::path;
        node.path = Test;
        if (Test != PathTest::policy) node.text = b.path_text;
        node.begin = b.path_begin;
        node.end = b.path_end;
        if (Test == PathTest::rule_at && b.path_text.find_last_of(':') == std::string::npos)
            b.fail("a place is a file and a line, such as edge.nft:53", b.path_begin, b.path_end);
        if (Test != PathTest::policy && b.path_text.empty()) b.fail("a name is empty", b.path_begin, b.path_end);
        b.stack.push_back(std::move(node));
    }
};
template <>
struct Action<g::rule_at> : Path<PathTest::rule_at> {};
template <>
struct Action<g::rule_in_chain> : Path<PathTest::rule_chain> {};
template <>
struct Action<g::rule_by_text> : Path<PathTest::rule_text> {};
template <>
struct Action<g::by_policy> : Path<PathTest::policy> {};
template <>
struct Action<g::through> : Path<PathTest::through> {};

template <>
struct Action<g::protocol> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        b.field(Target::proto, in.position().byte);
        const std::string_view whole(in.begin(), in.size());
        push_value(in, b, Value::Kind::text, std::string(whole.substr(0, 3)), false);
        b.compare(in.position().byte + 3);
    }
};
template <Node::Kind Kind>
struct Unary {
    template <class In>
    static void apply(const In& in, Builder& b) {
        Node node;
        node.kind = Kind;
        node.begin = in.position().byte;
        node.end = b.stack.back().end;
        node.children.push_back(std::move(b.stack.back()));
        b.stack.back() = std::move(node);
    }
};
template <>
struct Action<g::negation> : Unary<Node::Kind::negate> {};
template <>
struct Action<g::never> : Unary<Node::Kind::never> {};
template <>
struct Action<g::and_tail> {
    static void apply0(Builder& b) { b.fold(Node::Kind::all_of); }
};
template <>
struct Action<g::or_tail> {
    static void apply0(Builder& b) { b.fold(Node::Kind::any_of); }
};
template <>
struct Action<g::k_forbid> {
    static void apply0(Builder& b) { b.query.mode = Mode::forbid; }
};
template <>
struct Action<g::k_require> {
    static void apply0(Builder& b) { b.query.mode = Mode::require; }
};
template <>
struct Action<g::each_server> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        const std::string_view whole(in.begin(), in.size());
        const std::size_t end = trimmed(whole, 0, whole.size());
        const std::size_t at = whole.find_last_of(" \t\r\n", end - 1) + 1;
        b.query.each_server = true;
        b.query.variable = std::string(whole.substr(at, end - at));
    }
};

// -- messages of syntax errors
template <class Rule>
inline constexpr const char* message = "this cannot stand here";
template <>
inline constexpr const char* message<g::operand> =
    "expected a comparison such as `src in 10.0.0.0/8`, or a fact such as `accepted`";
template <>
inline constexpr const char* message<g::conjunction> = message<g::operand>;
template <>
inline constexpr const char* message<g::disjunction> = message<g::operand>;
template <>
inline constexpr const char* message<g::values> = "expected a value, a named set or { values, … }";
template <>
inline constexpr const char* message<g::value> = "expected a value";
template <>
inline constexpr const char* message<g::close_brace> = "expected `,` or `}`";
template <>
inline constexpr const char* message<g::close_paren> = "expected `and`, `or` or `)`";
template <>
inline constexpr const char* message<g::closing_quote> = "the quotation mark is not closed";
template <>
inline constexpr const char* message<g::set_name> = "expected the name of a set";
template <>
inline constexpr const char* message<g::from_place> =
    "after `from` stands device, internet, inside or a mail server's name";
template <>
inline constexpr const char* message<g::to_place> = "after `to` stands device or internet";
template <>
inline constexpr const char* message<g::by_what> =
    "after `by` stands `rule \"text\"`, `rule at FILE:LINE`, "
    "`rule in chain \"name\"` or `policy`";
template <>
inline constexpr const char* message<g::which_rule> =
    "expected a rule's text or name, `at FILE:LINE` or `in chain NAME`";
template <>
inline constexpr const char* message<g::path_name> = "expected a name";
template <>
inline constexpr const char* message<g::each_what> = "after `for each` stands `mail server NAME` or `device`";
template <>
inline constexpr const char* message<g::variable_name> = "expected a name for the mail server, such as `m`";
template <>
inline constexpr const char* message<g::colon> = "expected `:`";
template <>
inline constexpr const char* message<g::end> = "expected `and`, `or` or the end of the query";

struct Errors {
    template <class Rule>
    static constexpr bool raise_on_failure = false;
    template <class Rule>
    static constexpr const char* message = query::message<Rule>;
};
template <class Rule>
using Control = peg::must_if<Errors>::control<Rule>;

QueryError error_at(std::string_view text, std::size_t at, std::string what) {
    QueryError error;
    error.begin = std::min(at, text.size());
    error.end = error.begin;
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    };
    while (error.end < text.size() && is_word(text[error.end])) ++error.end;
    const std::string_view word = text.substr(error.begin, error.end - error.begin);
    error.message = std::move(what);
    if (!word.empty())
        error.suggestion =
            nearest(word, {"and",       "or",        "not",     "src",     "dst",      "sport",   "dport",
                           "proto",     "family",    "in",      "out",     "nat",      "leaves",  "tcp",
                           "udp",       "accepted",  "blocked", "dropped", "rejected", "logged",  "limited",
                           "inspected", "forwarded", "from",    "to",      "internet", "inside",  "device",
                           "mail",      "servers",   "server",  "each",    "forbid",   "require", "any",
                           "zone",      "never",     "through", "by",      "rule",     "policy",  "chain"});
    if (error.suggestion == word) error.suggestion.clear();
    if (error.end == error.begin) error.end = std::min(text.size(), error.begin + 1);
    return error;
}

}  // namespace

tl::expected<Query, QueryError> parse(std::string_view text) {
    if (text.size() > max_query_length)
        return tl::unexpected(QueryError{"the query is longer than 16,384 bytes", 0, 1, {}, false});
    // The grammar descends once a parenthesis and once a `not`: refuse what could exhaust the stack.
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t word = text.substr(i, 3) == "not" ? 3 : text.substr(i, 5) == "never" ? 5 : 0;
        if (text[i] == '(' || (word != 0 && text.substr(i + word, 1).find_first_of(" \t\r\n#(") == 0)) ++depth;
        if (depth > 200) return tl::unexpected(error_at(text, i, "the query nests deeper than 200 levels"));
    }
    Builder builder;
    peg::memory_input<peg::tracking_mode::eager, peg::eol::lf, const char*> input(text.data(),
                                                                                  text.data() + text.size(), "query");
    try {
        if (!peg::parse<g::query, Action, Control>(input, builder))
            return tl::unexpected(error_at(text, 0, message<g::operand>));
    } catch (const peg::parse_error& e) {
        const std::size_t at = e.positions().empty() ? 0 : e.positions().front().byte;
        if (builder.error)
            return tl::unexpected(QueryError{builder.error->message, builder.error->begin, builder.error->end,
                                             builder.error->suggestion, false});
        return tl::unexpected(error_at(text, at, std::string(e.message())));
    }
    if (builder.error)
        return tl::unexpected(QueryError{builder.error->message, builder.error->begin, builder.error->end,
                                         builder.error->suggestion, false});
    builder.query.root = std::move(builder.stack.back());
    return std::move(builder.query);
}

}  // namespace egresslint::lint::query

namespace egresslint::lint {

std::string render(const QueryError& error, std::string_view query) {
    // One line only: the line that holds the error.
    std::size_t begin = query.rfind('\n', error.begin == 0 ? 0 : error.begin - 1);
    begin = begin == std::string_view::npos || begin >= error.begin ? 0 : begin + 1;
    std::size_t end = query.find('\n', begin);
    if (end == std::string_view::npos) end = query.size();
    const std::size_t width = std::max<std::size_t>(1, std::min(error.end, end) - std::min(error.begin, end));
    std::string out(query.substr(begin, end - begin));
    out += '\n';
    out.append(error.begin - begin, ' ');
    out.append(width, '^');
    out += fmt::format("\n{}", error.message);
    if (!error.suggestion.empty()) out += fmt::format("; did you mean \"{}\"?", error.suggestion);
    return out;
}

}  // namespace egresslint::lint
