// SPDX-License-Identifier: Apache-2.0
// Query text -> query::Query. PEGTL actions build the tree on a stack; values are classified after the grammar has
// found them, so that a wrong one is reported in the words of its field.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tao/pegtl.hpp>

#include "grammars/query.hpp"
#include "lint/lint.hpp"
#include "lint/query.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint::query {
namespace {

namespace g = grammar::query;
namespace peg = tao::pegtl;

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

bool takes_addresses(Target t) {
    return t == Target::src || t == Target::dst || t == Target::nat_src || t == Target::nat_dst;
}
bool takes_ports(Target t) {
    return t == Target::sport || t == Target::dport || t == Target::nat_sport || t == Target::nat_dport;
}
bool takes_names(Target t) {
    return t == Target::in || t == Target::out || t == Target::in_zone || t == Target::out_zone;
}

std::optional<std::uint32_t> number(std::string_view text) {
    if (text.empty() || text.size() > 9) return std::nullopt;
    std::uint32_t n = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return n;
}

/// "a" or "a-b" with parse(text) -> optional number type.
template <class Parse>
auto range(std::string_view text, Parse&& parse) -> std::optional<
    std::pair<std::remove_cvref_t<decltype(*parse(text))>, std::remove_cvref_t<decltype(*parse(text))>>> {
    if (const auto one = parse(text)) return std::pair{*one, *one};
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = parse(text.substr(0, dash)), last = parse(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    return std::pair{*first, *last};
}

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 13> protocols{{{"tcp", 6},
                                                                               {"udp", 17},
                                                                               {"icmp", 1},
                                                                               {"icmpv6", 58},
                                                                               {"ipv6-icmp", 58},
                                                                               {"sctp", 132},
                                                                               {"dccp", 33},
                                                                               {"udplite", 136},
                                                                               {"esp", 50},
                                                                               {"ah", 51},
                                                                               {"gre", 47},
                                                                               {"igmp", 2},
                                                                               {"ospf", 89}}};
constexpr std::array<std::pair<std::string_view, std::uint16_t>, 12> services{{{"smtp", 25},
                                                                               {"smtps", 465},
                                                                               {"submission", 587},
                                                                               {"submissions", 465},
                                                                               {"http", 80},
                                                                               {"https", 443},
                                                                               {"domain", 53},
                                                                               {"dns", 53},
                                                                               {"ssh", 22},
                                                                               {"imap", 143},
                                                                               {"imaps", 993},
                                                                               {"ntp", 123}}};

std::optional<Value> Builder::value(const RawValue& raw) {
    Value v;
    v.kind = raw.kind;
    v.text = raw.text;
    v.begin = raw.begin;
    v.end = raw.end;
    using Kind = Value::Kind;
    if (raw.kind == Kind::mail_servers || raw.kind == Kind::interface_address) {
        if (!takes_addresses(target)) {
            fail("this names addresses; compare it with src, dst, nat src or nat dst", raw.begin, raw.end);
            return std::nullopt;
        }
        return v;
    }
    if (raw.kind == Kind::set) return v;
    if (takes_names(target)) {
        v.kind = Kind::text;
        return v;
    }
    const std::string& t = raw.text;
    if (takes_addresses(target)) {
        if (!raw.quoted && t == "internal") return v.kind = Kind::internal, v;
        if (!raw.quoted && t == "own") return v.kind = Kind::own, v;
        if (!raw.quoted && t == "global") return v.kind = Kind::global, v;
        if (!raw.quoted && t == "smtp.allowed") return v.kind = Kind::smtp_allowed, v;
        if (const std::size_t dot = t.find('.');
            !raw.quoted && query.each_server && dot != std::string::npos && t.substr(0, dot) == query.variable) {
            const std::string member = t.substr(dot + 1);
            if (member == "address") return v.kind = Kind::server_address, v;
            if (member == "outbound") return v.kind = Kind::server_outbound, v;
            if (member == "published") return v.kind = Kind::server_published, v;
            const std::string near = nearest(member, {"address", "outbound", "published"});
            fail(fmt::format("a mail server has no \"{}\"", member), raw.begin, raw.end,
                 near.empty() ? near : query.variable + "." + near);
            return std::nullopt;
        }
        v.kind = Kind::addresses;
        if (const auto prefix = base::parse_prefix(t)) {
            v.family = prefix->base.family;
            v.first = prefix->first();
            v.last = prefix->last();
            return v;
        }
        if (const auto pair = range(t, [](std::string_view s) { return base::parse_address(s); });
            pair && pair->first.family == pair->second.family && pair->first.bits <= pair->second.bits) {
            v.family = pair->first.family;
            v.first = pair->first.bits;
            v.last = pair->second.bits;
            return v;
        }
        fail(fmt::format("\"{}\" is not an address, a prefix, a range or a named set", t), raw.begin, raw.end,
             nearest(t, {"internal", "own", "global", "smtp.allowed", "mail servers", "interface address"}));
        return std::nullopt;
    }
    v.kind = Kind::numbers;
    if (takes_ports(target)) {
        if (!raw.quoted && t == "smtp.ports") return v.kind = Kind::smtp_ports, v;
        for (const auto& [name, port] : services)
            if (t == name) return v.first = v.last = port, v;
        if (const auto pair = range(t, number); pair && pair->first <= pair->second && pair->second <= 65535) {
            v.first = pair->first;
            v.last = pair->second;
            return v;
        }
        std::vector<std::string_view> names{"smtp.ports"};
        for (const auto& service : services) names.push_back(service.first);
        fail(fmt::format("\"{}\" is not a port from 0 to 65535", t), raw.begin, raw.end, nearest(t, names));
        return std::nullopt;
    }
    if (target == Target::family) {
        for (const auto& [name, n] : {std::pair{"ipv4", 4}, {"IPv4", 4}, {"4", 4}, {"ipv6", 6}, {"IPv6", 6}, {"6", 6}})
            if (t == name) return v.first = v.last = static_cast<unsigned>(n), v;
        fail(fmt::format("\"{}\" is no IP version; write ipv4 or ipv6", t), raw.begin, raw.end,
             nearest(t, {"ipv4", "ipv6"}));
        return std::nullopt;
    }
    for (const auto& [name, n] : protocols)
        if (t == name) return v.first = v.last = n, v;
    if (const auto pair = range(t, number); pair && pair->first <= pair->second && pair->second <= 255) {
        v.first = pair->first;
        v.last = pair->second;
        return v;
    }
    std::vector<std::string_view> names;
    for (const auto& protocol_name : protocols) names.push_back(protocol_name.first);
    fail(fmt::format("\"{}\" is no protocol name or number", t), raw.begin, raw.end, nearest(t, names));
    return std::nullopt;
}

void Builder::compare(std::size_t end) {
    Node node;
    node.kind = Node::Kind::compare;
    node.target = target;
    node.begin = field_begin;
    node.end = end;
    for (const RawValue& raw : values)
        if (auto v = value(raw)) node.values.push_back(std::move(*v));
    node.negated = op == Op::not_in;
    if (op != Op::in && op != Op::not_in && !error) {
        const bool numeric = takes_ports(target) || target == Target::proto;
        if (!numeric || node.values.size() != 1 || node.values[0].kind != Value::Kind::numbers ||
            node.values[0].first != node.values[0].last) {
            fail("<, <=, > and >= compare a port or protocol with one number", field_begin, end);
        } else {
            Value& v = node.values[0];
            const base::u128 n = v.first, top = takes_ports(target) ? 65535 : 255;
            if ((op == Op::below && n == 0) || (op == Op::above && n == top)) {
                fail("no value can be that", v.begin, v.end);
            } else {
                v.first = op == Op::at_least ? n : op == Op::above ? n + 1 : 0;
                v.last = op == Op::at_most ? n : op == Op::below ? n - 1 : top;
            }
        }
    }
    if (protocol >= 0) {
        Node proto;
        proto.kind = Node::Kind::compare;
        proto.target = Target::proto;
        Value v;
        v.kind = Value::Kind::numbers;
        v.first = v.last = static_cast<unsigned>(protocol);
        proto.values.push_back(std::move(v));
        proto.begin = node.begin;
        proto.end = node.end;
        Node both;
        both.kind = Node::Kind::all_of;
        both.begin = node.begin;
        both.end = node.end;
        both.children.push_back(std::move(proto));
        both.children.push_back(std::move(node));
        node = std::move(both);
    }
    stack.push_back(std::move(node));
}

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
FACT_ACTION(forwarded, forwarded)
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
struct Action<g::protocol> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        b.field(Target::proto, in.position().byte);
        const std::string_view whole(in.begin(), in.size());
        push_value(in, b, Value::Kind::text, std::string(whole.substr(0, 3)), false);
        b.compare(in.position().byte + 3);
    }
};
template <>
struct Action<g::negation> {
    template <class In>
    static void apply(const In& in, Builder& b) {
        Node node;
        node.kind = Node::Kind::negate;
        node.begin = in.position().byte;
        node.end = b.stack.back().end;
        node.children.push_back(std::move(b.stack.back()));
        b.stack.back() = std::move(node);
    }
};
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
        error.suggestion = nearest(
            word, {"and",      "or",      "not",     "src",       "dst",    "sport",   "dport",    "proto",   "family",
                   "in",       "out",     "nat",     "leaves",    "tcp",    "udp",     "accepted", "blocked", "dropped",
                   "rejected", "logged",  "limited", "forwarded", "from",   "to",      "internet", "inside",  "device",
                   "mail",     "servers", "server",  "each",      "forbid", "require", "any",      "zone"});
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
        if (text[i] == '(' || text.substr(i, 4) == "not ") ++depth;
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
