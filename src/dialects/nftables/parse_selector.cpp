// SPDX-License-Identifier: Apache-2.0
// Expressions that read the packet or what the kernel knows about it: nft(8), PRIMARY EXPRESSIONS, PAYLOAD
// EXPRESSIONS, EXTENSION HEADER EXPRESSIONS, CONNTRACK EXPRESSIONS.
#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

/// Encapsulated headers: `vxlan ip saddr`.
bool encapsulates(std::string_view header) { return in_list(header, "vxlan geneve gre gretap"); }

}  // namespace

/// Whether the word here, a header's name, begins an expression rather than being a value of that name.
bool Parser::opens(const Header& header) const {
    const auto next = word(1);
    switch (header.opens) {
        case Opens::nothing: return false;
        case Opens::payload:
            if (in_list(next, header.fields)) return true;
            if (encapsulates(header.name)) {
                const auto* inner = find_header(next);
                return inner != nullptr && inner->opens == Opens::payload;
            }
            return false;
        case Opens::extension: return in_list(next, header.fields);
        case Opens::exthdr: return !next.empty();
        case Opens::meta: return in_list(next, meta_keys);
        case Opens::meta_key: return true;
        case Opens::ct: return in_list(next, ct_keys) || in_list(next, "original reply ip ip6");
        case Opens::rt: return in_list(next, rt_keys) || in_list(next, header.fields) || in_list(next, "ip ip6");
        case Opens::fib: return in_list(next, "saddr daddr mark iif oif");
        case Opens::socket: return in_list(next, "transparent mark wildcard cgroupv2");
        case Opens::osf: return in_list(next, "ttl name version");
        case Opens::ipsec: return true;
        case Opens::numgen: return in_list(next, "inc random");
        case Opens::jhash:
        case Opens::symhash: return true;
    }
    return false;
}

ExpressionPtr Parser::selector(const Header& header) {
    const auto begin = now_->begin;
    switch (header.opens) {
        case Opens::payload: return payload(header);
        case Opens::extension: return extension(header);
        case Opens::exthdr: {
            advance();
            ExtensionHeader out{"exthdr", std::string(word()), ""};
            if (!in_list(word(), "hbh frag rt rt0 rt2 rt4 srh dst mh")) fail_here("an extension header");
            advance();
            return make(std::move(out), begin);
        }
        case Opens::meta: {
            advance();
            std::string key(word());
            if (!in_list(key, meta_keys)) fail_here("a meta key");
            advance();
            return make(Meta{std::move(key)}, begin);
        }
        case Opens::meta_key: advance(); return make(Meta{std::string(header.name)}, begin);
        case Opens::ct: return conntrack();
        case Opens::rt: return routing(header);
        case Opens::fib: return fib();
        case Opens::socket: {
            advance();
            std::string key(word());
            if (!in_list(key, "transparent mark wildcard cgroupv2")) fail_here("a socket key");
            advance();
            if (key == "cgroupv2") {
                expect("level");
                if (const auto level = number()) key += " level " + std::to_string(*level);
            }
            return make(Socket{std::move(key)}, begin);
        }
        case Opens::osf:
            advance();
            if (accept("ttl") && !accept("loose") && !accept("skip")) fail_here("'loose' or 'skip'");
            if (!accept("name") && !accept("version")) fail_here("'name' or 'version'");
            return make(Osf{written(begin)}, begin);
        case Opens::ipsec: return ipsec();
        case Opens::numgen:
        case Opens::jhash:
        case Opens::symhash: return generator(header);
        case Opens::nothing: break;
    }
    fail_here("an expression");
    return make(Symbol{}, begin);
}

ExpressionPtr Parser::payload(const Header& outer) {
    const auto begin = now_->begin;
    const Header* header = &outer;
    std::string protocol(outer.name);
    advance();
    if (encapsulates(outer.name) && !in_list(word(), outer.fields)) {
        const auto* inner = find_header(word());
        if (inner == nullptr || inner->opens != Opens::payload) {
            fail_here("a field of " + protocol);
            return make(Payload{}, begin);
        }
        protocol += ' ';
        protocol += inner->name;
        header = inner;
        advance();
    }
    std::string field(word());
    if (!in_list(field, header->fields)) {
        fail_here("a field of " + protocol);
        return make(Payload{}, begin);
    }
    advance();
    if (field == "option" && header->name == "tcp") return tcp_option(begin);
    if (field == "option" && header->name == "ip") return ip_option(begin);
    if (field == "option") {  // dccp
        if (const auto option = number())
            return make(ExtensionHeader{"dccp option", std::to_string(*option), ""}, begin);
    }
    if (field == "chunk") return sctp_chunk(begin);
    if (header->name == "arp" && (field == "saddr" || field == "daddr")) {
        if (!is("ip") && !is("ether")) fail_here("'ip' or 'ether'");
        field += ' ';
        field += word();
        advance();
    }
    return make(Payload{std::move(protocol), std::move(field)}, begin);
}

ExpressionPtr Parser::raw_payload() {
    const auto begin = now_->begin;
    advance();
    RawPayload out{std::string(word()), 0, 0};
    advance();
    expect_sign(',');
    out.offset = static_cast<std::uint32_t>(number().value_or(0));
    expect_sign(',');
    out.length = static_cast<std::uint32_t>(number().value_or(0));
    return make(std::move(out), begin);
}

ExpressionPtr Parser::tcp_option(std::uint32_t begin) {
    ExtensionHeader out{"tcp option", "", ""};
    const auto option = now_->begin;
    if (accept_sign('@')) {  // @kind,offset,length
        (void)number();
        expect_sign(',');
        (void)number();
        expect_sign(',');
        (void)number();
        out.name = written(option);
        return make(std::move(out), begin);
    }
    if (is(Kind::number) || in_list(word(), tcp_options)) {
        const bool sack = is("sack");
        advance();
        if (sack && is(Kind::number)) advance();  // `sack 1 left`
        out.name = written(option);
    } else {
        fail_here("a TCP option");
    }
    if (in_list(word(), tcp_option_fields)) {
        out.field = word();
        advance();
    }
    return make(std::move(out), begin);
}

ExpressionPtr Parser::ip_option(std::uint32_t begin) {
    ExtensionHeader out{"ip option", std::string(word()), ""};
    if (!in_list(out.name, ip_options)) fail_here("an IP option");
    advance();
    if (in_list(word(), ip_option_fields)) {
        out.field = word();
        advance();
    }
    return make(std::move(out), begin);
}

ExpressionPtr Parser::sctp_chunk(std::uint32_t begin) {
    ExtensionHeader out{"sctp chunk", std::string(word()), ""};
    if (!in_list(out.name, sctp_chunks)) fail_here("an SCTP chunk");
    advance();
    if (in_list(word(), sctp_chunk_fields)) {
        out.field = word();
        advance();
    }
    return make(std::move(out), begin);
}

ExpressionPtr Parser::extension(const Header& header) {
    const auto begin = now_->begin;
    advance();
    ExtensionHeader out{"exthdr", std::string(header.name), std::string(word())};
    if (!in_list(out.field, header.fields)) fail_here("a field of " + out.name);
    advance();
    if (is_sign('[')) {  // addr[1]
        advance();
        if (const auto index = number()) out.field += '[' + std::to_string(*index) + ']';
        expect_sign(']');
    }
    return make(std::move(out), begin);
}

ExpressionPtr Parser::conntrack() {
    const auto begin = now_->begin;
    advance();
    Conntrack out;
    const auto family = [&] {
        if (!out.family.empty() || !(is("ip") || is("ip6"))) return;
        out.family = word();
        advance();
    };
    family();
    if (is("original") || is("reply")) {
        out.direction = word();
        advance();
    }
    family();
    out.key = word();
    if (!in_list(out.key, ct_keys)) fail_here("a ct key");
    advance();
    return make(std::move(out), begin);
}

ExpressionPtr Parser::routing(const Header& header) {
    const auto begin = now_->begin;
    if (in_list(word(1), header.fields)) return extension(header);
    advance();
    Routing out;
    if (is("ip") || is("ip6")) {
        out.family = word();
        advance();
    }
    out.key = word();
    if (!in_list(out.key, rt_keys)) fail_here("an rt key");
    advance();
    return make(std::move(out), begin);
}

ExpressionPtr Parser::fib() {
    const auto begin = now_->begin;
    advance();
    Fib out;
    do {
        if (!in_list(word(), "saddr daddr mark iif oif")) fail_here("saddr, daddr, mark, iif or oif");
        out.tuple.emplace_back(word());
        advance();
    } while (accept_sign('.'));
    out.result = word();
    if (accept("check")) {
        out.result = "oif";
        out.check = true;
        return make(std::move(out), begin);
    }
    if (!in_list(out.result, "oif oifname type")) fail_here("oif, oifname or type");
    advance();
    return make(std::move(out), begin);
}

ExpressionPtr Parser::ipsec() {
    const auto begin = now_->begin;
    if (word(1) != "in" && word(1) != "out") {
        advance();
        return make(Meta{"ipsec"}, begin);
    }
    advance();
    advance();
    if (accept("spnum")) (void)number();
    if (accept("ip") || accept("ip6")) {
        if (!accept("saddr") && !accept("daddr")) fail_here("'saddr' or 'daddr'");
    } else if (!accept("reqid") && !accept("spi")) {
        fail_here("'reqid' or 'spi'");
    }
    return make(Ipsec{written(begin)}, begin);
}

ExpressionPtr Parser::generator(const Header& header) {
    const auto begin = now_->begin;
    NumberGenerator out;
    out.mode = header.name;
    advance();
    if (header.opens == Opens::numgen) {
        out.mode = word();
        if (!accept("inc") && !accept("random")) fail_here("'inc' or 'random'");
    } else {
        out.hash = true;
        const Nested nested(*this);
        if (header.opens == Opens::jhash) (void)concatenation(Side::left);
    }
    const auto count = [this] {
        if (!is(Kind::variable)) return static_cast<std::uint32_t>(number().value_or(0));
        const auto value = name("a number");
        return static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    };
    expect("mod");
    out.modulus = count();
    if (out.hash && accept("seed")) expect(Kind::number, "a number");
    if (accept("offset")) out.offset = count();
    out.text = written(begin);
    return make(std::move(out), begin);
}

}  // namespace egresslint::dialects::nftables
