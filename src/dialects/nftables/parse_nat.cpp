// SPDX-License-Identifier: Apache-2.0
// Statements that translate, reject, log or hand a packet over: nft(8), NAT STATEMENTS, REJECT, LOG, QUEUE, TPROXY,
// SYNPROXY, DUP and FWD STATEMENT.
#include "dialects/nftables/parser.hpp"

namespace egresslint::dialects::nftables {
namespace {

constexpr std::string_view nat_flag_names = "random fully-random persistent";

}  // namespace

Nat Parser::nat(std::string_view kind) {
    Nat out;
    out.kind = kind;
    if (kind == "masquerade" || kind == "redirect") {
        if (accept("to")) {
            (void)accept_sign(':');
            out.port = expression(Side::value);
        }
        nat_flags(out.flags);
        return out;
    }
    if ((is("ip") || is("ip6")) && in_list(word(1), "to prefix interval addr")) {
        out.family = word();
        advance();
    }
    if (accept("prefix")) {
        out.prefix = true;
    } else if (accept("interval")) {
        out.interval = true;
    } else if (is("addr") && is_sign('.', 1) && word(2) == "port") {
        advance();
        advance();
        advance();
        out.address_and_port = true;
    }
    (void)accept("to");  // older versions wrote none
    if (!is_sign(':')) out.address = expression(Side::value);
    if (accept_sign(':')) out.port = expression(Side::value);
    nat_flags(out.flags);
    return out;
}

void Parser::nat_flags(std::vector<std::string>& flags) {
    while (in_list(word(), nat_flag_names)) {
        flags.emplace_back(word());
        advance();
        if (is_sign(',') && in_list(word(1), nat_flag_names)) advance();
    }
}

Reject Parser::reject() {
    Reject out;
    advance();
    if (!accept("with")) return out;
    if (accept("tcp")) {
        expect("reset");
        out.with = "tcp reset";
        return out;
    }
    out.with = word();
    if (!in_list(out.with, "icmp icmpv6 icmpx")) fail_here("'icmp', 'icmpv6', 'icmpx' or 'tcp reset'");
    advance();
    if (is("type") || is("code")) advance();
    out.code = name("an ICMP code");
    return out;
}

LogStatement Parser::log() {
    const auto begin = now_->begin;
    LogStatement out;
    advance();
    const auto value = [this] {
        if (is(Kind::variable)) {
            (void)name("a number");
        } else {
            expect(Kind::number, "a number");
        }
    };
    for (;;) {
        if (accept("prefix")) {
            out.prefix = name("a prefix");
        } else if (accept("level")) {
            (void)name("a level");
        } else if (accept("group") || accept("snaplen") || accept("queue-threshold")) {
            value();
        } else if (accept("flags")) {
            if (accept("tcp")) {
                do {
                    if (!accept("sequence") && !accept("options")) fail_here("'sequence' or 'options'");
                } while (accept_sign(','));
            } else if (accept("ip")) {
                expect("options");
            } else if (!accept("skuid") && !accept("ether") && !accept("all")) {
                fail_here("a log flag");
            }
        } else {
            break;
        }
    }
    out.text = written(begin);
    return out;
}

Queue Parser::queue() {
    const auto begin = now_->begin;
    Queue out;
    advance();
    for (;;) {
        if (accept("num") || accept("to")) {
            (void)expression(Side::value);
        } else if (accept("flags")) {
            // the flags follow
        } else if (accept("bypass")) {
            out.bypass = true;
            (void)accept_sign(',');
        } else if (accept("fanout")) {
            (void)accept_sign(',');
        } else {
            break;
        }
    }
    out.text = written(begin);
    return out;
}

TransparentProxy Parser::tproxy() {
    TransparentProxy out;
    advance();
    if ((is("ip") || is("ip6")) && word(1) == "to") {
        out.family = word();
        advance();
    }
    expect("to");
    if (!is_sign(':')) out.address = expression(Side::value);
    if (accept_sign(':')) out.port = expression(Side::value);
    return out;
}

Synproxy Parser::synproxy() {
    const auto begin = now_->begin;
    advance();
    if (accept("name")) {
        (void)object_reference();
        return {written(begin)};
    }
    for (;;) {
        if (accept("mss") || accept("wscale")) {
            (void)number();
        } else if (!accept("timestamp") && !accept("sack-perm")) {
            break;
        }
    }
    return {written(begin)};
}

Duplicate Parser::duplicate(std::string_view kind) {
    const auto begin = now_->begin;
    advance();
    if ((is("ip") || is("ip6")) && word(1) == "to") advance();
    expect("to");
    const auto one = [this] {
        const auto value = expression(Side::value);
        if (std::holds_alternative<Range>(value->is)) fail("one device or address, not a range");
    };
    one();
    if (accept("device")) one();
    return {std::string(kind), written(begin)};
}

}  // namespace egresslint::dialects::nftables
