// SPDX-License-Identifier: Apache-2.0
// Values are classified after the grammar has found them, so that a wrong one is reported in the words of its field.
#include <fmt/format.h>

#include <array>

#include "lint/query_builder.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint::query {
namespace {

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

}  // namespace

std::optional<AddressRange> address_range(std::string_view text) {
    if (const auto prefix = base::parse_prefix(text))
        return AddressRange{prefix->base.family, prefix->first(), prefix->last()};
    if (const auto pair = range(text, [](std::string_view s) { return base::parse_address(s); });
        pair && pair->first.family == pair->second.family && pair->first.bits <= pair->second.bits)
        return AddressRange{pair->first.family, pair->first.bits, pair->second.bits};
    return std::nullopt;
}

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
    if (!raw.quoted && (t == "src" || t == "dst" || t == "sport" || t == "dport")) {
        const bool same = (target == Target::nat_src && t == "src") || (target == Target::nat_dst && t == "dst") ||
                          (target == Target::nat_sport && t == "sport") ||
                          (target == Target::nat_dport && t == "dport");
        if (same) return v.kind = Kind::original, v;
        fail("only a translated field is compared with a field, and only with itself as it came: `nat src != src`",
             raw.begin, raw.end);
        return std::nullopt;
    }
    if (takes_addresses(target)) {
        if (!raw.quoted && t == "internal") return v.kind = Kind::internal, v;
        if (!raw.quoted && t == "own") return v.kind = Kind::own, v;
        if (!raw.quoted && t == "internet") return v.kind = Kind::internet, v;
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
        if (const auto range = address_range(t)) {
            v.family = range->family;
            v.first = range->first;
            v.last = range->last;
            return v;
        }
        fail(
            fmt::format("\"{}\" is not an address, a prefix, a range or a named set", t), raw.begin, raw.end,
            nearest(t, {"internal", "own", "global", "internet", "smtp.allowed", "mail servers", "interface address"}));
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

}  // namespace egresslint::lint::query
