// SPDX-License-Identifier: Apache-2.0
// The network header where its bytes mean more than one thing: extension headers (RFC 8200), and offsets in tables of
// both IP versions (RFC 791, RFC 8200; nft(8), RAW PAYLOAD EXPRESSION).
#include <catch2/catch.hpp>
#include <set>

#include "dialects/nftables/read.hpp"
#include "flow/trace.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

using namespace egresslint;
using flow::Answer;

namespace {

struct Ruleset {
    base::Diagnostics diagnostics;
    model::Device device;

    explicit Ruleset(const std::string& rule, const std::string& family = "inet") {
        base::Sources sources;
        const auto file =
            sources.add("edge.nft", "table " + family + " t {\n chain c { type filter hook output priority 0;\n" +
                                        rule + "\n }\n}\n");
        auto read = dialects::nftables::read(sources, {{file, "", false}}, diagnostics);
        REQUIRE(read.devices.size() == 1);
        device = std::move(read.devices.front());
        base::Diagnostics later;
        model::resolve(device, later);
        CHECK(model::validate(device).empty());
    }
    Answer answer(const char* src, const char* dst, std::uint8_t proto = 6) const {
        flow::Packet p;
        p.family = base::parse_address(src)->family;
        p.src = base::parse_address(src)->bits;
        p.dst = base::parse_address(dst)->bits;
        p.proto = proto;
        p.dport = 25;
        const auto t = flow::trace(device, p);
        std::set<model::Verdict> verdicts;
        for (const auto& b : t.branches) verdicts.insert(b.verdict);
        if (verdicts.size() != 1) return Answer::unknown;
        return *verdicts.begin() == model::Verdict::drop ? Answer::drop : Answer::accept;
    }
};

}  // namespace

TEST_CASE("ip6 nexthdr is the transport protocol only without extension headers", "[nftables][lower]") {
    const Ruleset next("ip6 nexthdr tcp drop");
    CHECK(next.answer("2001:db8::1", "2001:db8::2") == Answer::unknown);
    CHECK(next.answer("2001:db8::1", "2001:db8::2", 17) == Answer::accept);  // no extension header is called tcp
    CHECK(next.answer("192.0.2.1", "192.0.2.2") == Answer::accept);
    const Ruleset transport("meta l4proto tcp drop");
    CHECK(transport.answer("2001:db8::1", "2001:db8::2") == Answer::drop);
    // Every header that stands in the way of the transport, and the transport itself.
    const Ruleset all("ip6 nexthdr { 0, 43, 44, 51, 60, tcp } drop");
    CHECK(all.answer("2001:db8::1", "2001:db8::2") == Answer::drop);
    CHECK(all.answer("2001:db8::1", "2001:db8::2", 17) == Answer::unknown);
}

TEST_CASE("raw offsets mean what the packet's IP version has there", "[nftables][lower]") {
    const Ruleset both("@nh,96,32 0xc0000201 drop");  // IPv4: the source; IPv6: the middle of it, not modelled
    CHECK(both.answer("192.0.2.1", "192.0.2.2") == Answer::drop);
    CHECK(both.answer("192.0.2.3", "192.0.2.2") == Answer::accept);
    CHECK(both.answer("2001:db8:c000:201::1", "2001:db8::2") == Answer::unknown);
    const Ruleset six("@nh,64,32 0x20010db8 drop");  // IPv6: the source's first half; IPv4: not modelled
    CHECK(six.answer("2001:db8::1", "2001:db9::2") == Answer::drop);
    CHECK(six.answer("2001:db9::1", "2001:db8::2") == Answer::accept);
    CHECK(six.answer("192.0.2.1", "192.0.2.2") == Answer::unknown);
}

TEST_CASE("copies are named where they could carry mail", "[nftables][lower]") {
    const auto influence = [](const std::string& rule) {
        const Ruleset r(rule, "ip");
        REQUIRE(r.diagnostics.size() == 1);
        CHECK(r.diagnostics[0].code == "EL901");
        return r.diagnostics[0].influence;
    };
    CHECK(influence("tcp dport 25 dup to 192.0.2.9") == base::Influence::everything);
    CHECK(influence("dup to 192.0.2.9") == base::Influence::everything);
    CHECK(influence("udp dport 53 dup to 192.0.2.9") == base::Influence::nothing);
}
