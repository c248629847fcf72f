// SPDX-License-Identifier: Apache-2.0
// `trace` for many packets against its plain parts: the compiled tracer against flow::trace on the fixtures and on
// large rulesets, lines put together from pieces against the same lines rendered as a whole, packets read in one pass
// against the JSON library.
#include "cli/trace_batch.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "base/io.hpp"
#include "cli/packet_line.hpp"
#include "tests/support/office_device.hpp"
#include "tests/support/trace_difference.hpp"

using namespace egresslint;
using egresslint::testing::difference;
namespace office = egresslint::testing::office;

namespace {

/// Packets made of what the device's own sets mention, and the values beside it.
class Packets {
public:
    Packets(const model::Device& device, base::Family family, std::uint64_t seed)
        : device_(device), family_(family), random_(seed) {
        for (const model::Set& set : device.sets) {
            const auto* literal = std::get_if<model::LiteralSet>(&set.is);
            if (!literal) continue;
            const auto& sixes = literal->values6.intervals();
            for (const auto* list : {&literal->values.intervals(), &sixes})
                for (const auto& i : *list)
                    for (const base::u128 v : {i.first, i.last, i.first - 1, i.last + 1}) {
                        if (list == &sixes)
                            v6_.push_back(v);
                        else if (v <= 0xffffu)
                            small_.push_back(static_cast<std::uint16_t>(v));
                        else if (v <= 0xffffffffu)
                            v4_.push_back(v);
                    }
        }
        v4_.push_back(0xc6120009);  // 198.18.0.9
        v6_.push_back(base::parse_address("2001:db8::9")->bits);
        small_.push_back(25);
    }
    flow::Packet next() {
        flow::Packet p;
        const auto& addresses = family_ == base::Family::v4 ? v4_ : v6_;
        p.family = family_;
        p.in_if = 1 + below(device_.interfaces.size() - 1);
        p.src = addresses[below(addresses.size())];
        p.dst = addresses[below(addresses.size())];
        p.proto = std::array<std::uint8_t, 6>{
            6, 6, 6, 17, family_ == base::Family::v4 ? std::uint8_t{1} : std::uint8_t{58}, 47}[below(6)];
        p.sport = small_[below(small_.size())];
        p.dport = small_[below(small_.size())];
        p.icmp_type = static_cast<std::uint8_t>(below(140));
        p.tcp_flags = below(4) ? 2 : static_cast<std::uint8_t>(below(256));
        p.state = static_cast<model::ConnectionState>(below(3) ? 1 : below(5));
        p.mark = below(3) ? 0 : small_[below(small_.size())];
        return p;
    }

private:
    std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }
    const model::Device& device_;
    base::Family family_;
    std::mt19937_64 random_;
    std::vector<base::u128> v4_, v6_;
    std::vector<std::uint16_t> small_;
};

model::Device fixture(const std::string& path, bool known) {
    const auto text = base::read_file(std::string(EGRESSLINT_SOURCE_DIR) + "/fixtures/" + path);
    REQUIRE(text);
    return office::device(path.ends_with(".nft") ? "nftables" : "iptables", *text, known);
}

}  // namespace

TEST_CASE("the compiled tracer answers as the plain one on the fixtures") {
    for (const char* path : {"story/edge.nft", "story/edge-repaired.nft", "story/edge.rules", "nftables/branch.nft",
                             "iptables/faulty-office.rules", "iptables/clean-office.rules"})
        for (const bool known : {true, false}) {
            INFO(path);
            const model::Device device = fixture(path, known);
            for (const base::Family family : {base::Family::v4, base::Family::v6}) {
                flow::CompiledTracer tracer(device, family);
                Packets packets(device, family, 1);
                for (int n = 0; n < 400; ++n) {
                    const flow::Packet packet = packets.next();
                    INFO("packet " << n);
                    const flow::Trace plain = flow::trace(device, packet);
                    REQUIRE(difference(plain, tracer.trace(packet)) == "");
                    REQUIRE(difference(plain, tracer.run(packet)) == "");
                }
            }
        }
}

TEST_CASE("the compiled tracer answers as the plain one on ten thousand rules, and its lines are those of the report") {
    const struct {
        const char* dialect;
        std::string text;
    } offices[] = {{"nftables", office::nft(10000)},
                   {"nftables", office::nft(10000, 2, true)},
                   {"iptables", office::iptables(10000)}};
    for (const auto& o : offices)
        for (const bool known : {true, false}) {
            const model::Device device = office::device(o.dialect, o.text, known);
            const base::Sources sources;
            flow::CompiledTracer tracer(device, base::Family::v4);
            cli::TraceLines lines(device, sources);
            cli::TraceCounts counts(device);
            Packets strange(device, base::Family::v4, 3);
            office::Samples samples(o.text, 5);
            const int count = known ? 600 : 20;
            for (int n = 0; n < count; ++n) {
                const flow::Packet packet = n % 3 == 0 ? strange.next() : office::packet(device, samples.next());
                INFO(o.dialect << " packet " << n);
                const flow::Trace plain = flow::trace(device, packet);
                REQUIRE(difference(plain, tracer.trace(packet)) == "");
                REQUIRE(difference(plain, tracer.run(packet)) == "");
                counts.add(tracer.run(packet));
            }
            const auto summary = counts.summary();
            CHECK(summary.packets == static_cast<std::uint64_t>(count));
            CHECK(summary.accepted + summary.dropped + summary.rejected + summary.unknown == summary.packets);
            CHECK((!known || (summary.accepted > 0 && summary.dropped > 0 && summary.rules.size() > 10)));
        }
}

TEST_CASE("a line put together from pieces is the line of the report") {
    base::Sources sources;
    base::Diagnostics diagnostics;
    for (const char* path : {"story/edge.nft", "iptables/clean-office.rules"})
        for (const bool known : {true, false}) {
            const model::Device device = fixture(path, known);
            // The spans of the device belong to texts that are gone; any text of that size gives them a place.
            base::Sources texts;
            for (int i = 0; i < 4; ++i) texts.add("text", std::string(1 << 16, '\n'));
            cli::TraceLines lines(device, texts);
            cli::DeviceTracers tracers(device);
            std::size_t with_rules = 0;
            for (const base::Family family : {base::Family::v4, base::Family::v6}) {
                Packets packets(device, family, 9);
                for (int n = 0; n < 400; ++n) {
                    const flow::Packet packet = packets.next();
                    std::string line;
                    lines.append(tracers.of(family), packet, line);
                    const auto whole = cli::traced_packet(device, packet, flow::trace(device, packet));
                    REQUIRE(line == report::traced_jsonl(whole, texts));
                    with_rules += !whole.steps.empty();
                }
            }
            CHECK(with_rules > 50);
        }
}

TEST_CASE("packets read in one pass are those that the JSON library reads") {
    const model::Device device = office::device("nftables", office::nft(100));
    const auto both = [&](std::string line) {
        // An escape in a key sends the line to the library; the first reading teaches the interface.
        std::string escaped = line;
        const auto key = escaped.find("src");
        if (key != std::string::npos) escaped.replace(key, 3, "s\\u0072c");
        cli::PacketReader reader(device);
        const auto slow = reader.read(escaped);
        const auto fast = reader.read(line);
        INFO(line);
        REQUIRE(slow.has_value() == fast.has_value());
        if (slow)
            CHECK(*slow == *fast);
        else
            CHECK(slow.error() == fast.error());
        return fast.has_value();
    };
    CHECK(both(R"({"in":"lan0","src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","sport":40000,"dport":25})"));
    CHECK(both(R"( { "src" : "10.1.0.25" , "dst" : "198.18.0.9" , "proto" : "udp" , "dport" : 0 } )"));
    CHECK(both(R"({"src":"2001:db8::1","dst":"2001:db8::9","proto":"icmpv6"})"));
    CHECK(both(R"({"src":"2001:db8::1","dst":"2001:db8::9","proto":"icmpv6","icmp_type":3,"icmp_code":4})"));
    CHECK(both(R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"icmp","sport":4})"));
    CHECK(both(R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"gre","mark":4294967295})"));
    CHECK(both(R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":132,"dport":9,"state":"established"})"));
    CHECK(both(R"({"src":"10.1.0.25","src":"10.1.0.26","dst":"198.18.0.9","proto":"tcp","dport":9,"dport":10})"));
    for (const char* wrong : {
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":65536})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":01})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":-1})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":1.5})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":1e2})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":25)",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","dport":25}})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp",})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9"})",
             R"({"src":"10.1.0.256","dst":"198.18.0.9","proto":"tcp"})",
             R"({"src":"10.1.0.25","dst":"2001:db8::9","proto":"tcp"})",
             R"({"in":"ppp7","src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp"})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","mark":4294967296})",
             R"({"src":"10.1.0.25","dst":"198.18.0.9","proto":"tcp","sprt":1})",
             R"([])",
             R"(x)",
         })
        CHECK_FALSE(both(wrong));
}
