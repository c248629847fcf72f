// SPDX-License-Identifier: Apache-2.0
// Two devices in a row: what the tracer says of the chain is what it says of one device after the other, and both
// engines agree on it.
#include "lint/chain.hpp"

#include <algorithm>
#include <random>

#include "check_text.hpp"
#include "flow/analysis.hpp"
#include "flow/trace.hpp"

using namespace egresslint;
using namespace egresslint::lint;
using flow::Answer;
using flow::Packet;

namespace {

// Marks that decide a route of their own, a redirect, a match on the header as received, translations at both devices.
const char* const office_text = R"(
table ip t {
  chain pre { type filter hook prerouting priority mangle; policy accept;
    ip saddr 10.20.9.0/24 meta mark set 7
  }
  chain nat_pre { type nat hook prerouting priority dstnat; policy accept;
    iifname "up0" ip daddr 172.16.0.25 tcp dport 25 dnat to 10.20.0.25
    iifname "lan0" tcp dport 53 redirect
  }
  chain fwd { type filter hook forward priority 0; policy drop;
    meta mark 7 tcp dport 25 drop
    iifname "up0" ct original ip daddr 172.16.0.25 tcp dport 25 accept
    iifname "up0" ip daddr 10.20.0.25 tcp dport != 25 accept
    iifname "lan0" oifname "up0" accept
  }
  chain post { type nat hook postrouting priority srcnat; policy accept;
    oifname "up0" ip saddr 10.20.0.25 snat to 172.16.0.25
    oifname "up0" masquerade
  }
}
)";
const char* const edge_text = R"(
table ip t {
  chain nat_pre { type nat hook prerouting priority dstnat; policy accept;
    iifname "wan0" ip daddr 198.51.100.5 tcp dport { 25, 443 } dnat to 172.16.0.25
    iifname "in0" ip daddr 198.51.100.7 dnat to 203.0.113.9
    iifname "in0" tcp dport 587 redirect
  }
  chain fwd { type filter hook forward priority 0; policy drop;
    meta mark 7 accept
    ct original ip saddr 172.16.0.2 tcp dport 80 drop
    iifname "in0" oifname "wan0" accept
    iifname "guest0" oifname "wan0" tcp dport != 25 accept
    iifname "wan0" ip daddr 172.16.0.25 accept
  }
  chain post { type nat hook postrouting priority srcnat; policy accept;
    oifname "wan0" ip saddr 172.16.0.25 snat to 198.51.100.5
    oifname "wan0" masquerade
  }
}
)";
const char* const office_addresses = R"([
 {"ifname": "lan0", "addr_info": [{"family": "inet", "local": "10.20.0.1", "prefixlen": 16, "scope": "global"}]},
 {"ifname": "up0", "addr_info": [{"family": "inet", "local": "172.16.0.2", "prefixlen": 24, "scope": "global"}]}])";
const char* const edge_addresses = R"([
 {"ifname": "in0", "addr_info": [{"family": "inet", "local": "172.16.0.1", "prefixlen": 24, "scope": "global"}]},
 {"ifname": "guest0", "addr_info": [{"family": "inet", "local": "192.168.7.1", "prefixlen": 24, "scope": "global"}]},
 {"ifname": "wan0", "addr_info": [{"family": "inet", "local": "198.51.100.2", "prefixlen": 28, "scope": "global"}]}])";
const char* const intent_text =
    "[[device]]\nname = \"office\"\nexternal = [\"up0\"]\nupstream = \"edge\"\n"
    "[[device]]\nname = \"edge\"\nexternal = [\"wan0\"]\n";

struct Ways {
    testing::Run run;
    std::vector<Prepared> all;  ///< office, edge, office -> edge

    Ways() {
        run.intent = *read_intent(run.sources, run.sources.add("egresslint.toml", intent_text), run.problems);
        std::vector<DeviceInput> inputs;
        const auto add = [&](const std::string& name, const std::string& text, const std::string& addresses) {
            dialects::Input input{run.sources.add(name + ".nft", text), name + ".nft", false};
            DeviceInput one;
            const auto* dialect = dialects::find("nftables");
            one.device = std::move(dialect->read(run.sources, {input}, one.diagnostics).devices.front());
            one.device.name = name;
            one.intent = &run.intent.devices[inputs.size()];
            dialects::iproute::read_addresses(run.sources, run.sources.add(name + ".json", addresses), one.device,
                                              one.diagnostics);
            inputs.push_back(std::move(one));
        };
        add("office", office_text, office_addresses);
        add("edge", edge_text, edge_addresses);
        all = prepare_all(std::move(inputs), run.intent, run.sources);
        REQUIRE(all.size() == 3);
        for (const std::string& violation : all[2].violations) FAIL_CHECK(violation);
    }
};

std::uint32_t named(const Prepared& p, const std::string& name) {
    for (std::uint32_t i = 0; i < p.device.interfaces.size(); ++i)
        if (p.device.interfaces[i].name == name) return i;
    FAIL("no interface " << name);
    return 0;
}

/// "accept wan0 198.51.100.5:40000 > 198.18.0.9:25"
std::string told(const Prepared& p, const Packet& packet, const flow::Trace& trace) {
    const OutcomeText o = outcome_text(p.device, packet, trace);
    if (trace.answer == Answer::unknown) return "unknown";
    return trace.answer == Answer::accept
               ? "accept " + o.out + " " + o.src + ":" + o.sport + " > " + o.dst + ":" + o.dport
               : answer_text(trace.answer);
}

std::vector<Packet> packets(std::uint32_t in) {
    std::vector<Packet> out;
    for (const char* src :
         {"10.20.0.25", "10.20.0.26", "10.20.9.1", "172.16.0.2", "172.16.0.9", "192.168.7.7", "203.0.113.7"})
        for (const char* dst :
             {"198.18.0.9", "198.51.100.5", "198.51.100.7", "172.16.0.25", "10.20.0.25", "172.16.0.1"})
            for (const unsigned port : {25u, 53u, 80u, 443u, 587u}) {
                Packet packet;
                packet.in_if = in;
                packet.src = base::parse_address(src)->bits;
                packet.dst = base::parse_address(dst)->bits;
                packet.sport = 40000;
                packet.dport = static_cast<std::uint16_t>(port);
                packet.tcp_flags = 2;
                out.push_back(packet);
            }
    return out;
}

/// The packet as it is after the first device, for the second.
Packet next(const Packet& packet, const flow::Outcome& o, std::uint32_t in) {
    Packet out = packet;
    out.in_if = in;
    out.src = o.src.first;
    out.dst = o.dst.first;
    out.sport = static_cast<std::uint16_t>(o.sport.first);
    out.dport = static_cast<std::uint16_t>(o.dport.first);
    return out;
}

}  // namespace

TEST_CASE("a packet passes two devices as it passes one after the other", "[chain]") {
    const Ways ways;
    const Prepared &office = ways.all[0], &edge = ways.all[1], &both = ways.all[2];
    CHECK(both.device.name == "office -> edge");
    std::size_t through = 0, back = 0, unknown = 0;
    const auto compare = [&](const Prepared& first, const std::string& in, const std::string& link_out,
                             const Prepared& second, const std::string& link_in, std::size_t& count) {
        for (const Packet& packet : packets(named(first, in))) {
            const flow::Trace one = flow::trace(first.device, packet);
            std::string expected = told(first, packet, one);
            if (one.answer == Answer::accept && outcome_text(first.device, packet, one).out == link_out) {
                const Packet then = next(packet, one.outcome, named(second, link_in));
                expected = told(second, then, flow::trace(second.device, then));
                ++count;
            }
            Packet whole = packet;
            whole.in_if = named(both, in);
            // What the header was when it came to the second of two devices that both rewrote it is not kept.
            const flow::Trace at_once = flow::trace(both.device, whole);
            if (at_once.answer == Answer::unknown) {
                REQUIRE(at_once.depends_on.size() == 1);
                CHECK(both.device.predicates[at_once.depends_on.front().index()].text ==
                      "office: what the dst was when the packet came from the other device");
                ++unknown;
                continue;
            }
            INFO(in << " " << base::to_string(base::Address{packet.family, packet.src}) << " > "
                    << base::to_string(base::Address{packet.family, packet.dst}) << ":" << packet.dport);
            CHECK(told(both, whole, at_once) == expected);
        }
    };
    compare(office, "lan0", "up0", edge, "in0", through);
    compare(edge, "wan0", "in0", office, "up0", back);
    std::size_t none = 0;
    compare(edge, "guest0", "none", office, "up0", none);
    CHECK(through > 50);
    CHECK(back > 5);
    CHECK(unknown > 0);
}

TEST_CASE("sets and packets agree on two devices", "[chain]") {
    const Ways ways;
    const Prepared& both = ways.all[2];
    flow::Analysis analysis(both.device, base::Family::v4);
    const auto table = analysis.run(analysis.new_flows(), flow::Detail::verdicts);
    REQUIRE(table);
    std::size_t seen = 0;
    for (const std::string in : {"lan0", "wan0", "guest0"})
        for (const Packet& packet : packets(named(both, in))) {
            const flow::Trace trace = flow::trace(both.device, packet);
            if (trace.answer == Answer::unknown || trace.branches.size() != 1) continue;
            for (const flow::Row& row : table->rows) {
                if (!analysis.contains(row.headers, packet, trace.branches.front().taken)) continue;
                ++seen;
                CHECK(row.verdict == trace.outcome.verdict);
                if (row.verdict == model::Verdict::accept) CHECK(row.out_if == trace.outcome.out_if);
            }
        }
    CHECK(seen > 400);
}

TEST_CASE("the way is found by addresses, by name, by the only inside interface, or not at all", "[chain]") {
    const Ways ways;
    const auto link = [&](const Prepared& office, const Prepared& edge, const std::string& interface) {
        DeviceIntent intent;
        intent.name = "office";
        intent.upstream = "edge";
        intent.upstream_interface = interface;
        const auto chained = chain(office, edge, intent, 25, true);
        return chained
                   ? chained->prepared.assumptions.front().what + ": " + chained->prepared.assumptions.front().because
                   : "error: " + chained.error();
    };
    CHECK(link(ways.all[0], ways.all[1], "") ==
          "up0 leaves office and comes in by in0 of edge: 172.16.0.2 is in the network of in0");
    CHECK(link(ways.all[0], ways.all[1], "guest0") ==
          "up0 leaves office and comes in by guest0 of edge: upstream_interface of egresslint.toml says so");
    CHECK(link(ways.all[0], ways.all[1], "nowhere") == "error: edge has no interface \"nowhere\"");
    Prepared dark = ways.all[0];
    for (model::Interface& f : dark.device.interfaces) f.addresses.clear();
    CHECK(link(dark, ways.all[1], "").starts_with("error: where office is connected to edge is not known"));
    Prepared single = ways.all[1];
    single.network.internal = {named(single, "in0")};
    CHECK(link(dark, single, "") ==
          "up0 leaves office and comes in by in0 of edge: it is the only inside interface of edge");
}
