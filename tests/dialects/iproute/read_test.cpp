// SPDX-License-Identifier: Apache-2.0
// JSON shapes as iproute2 6.1 prints them (seen by running `ip -j` in a network namespace); addresses of RFC 5737 and
// RFC 3849.
#include "dialects/iproute/read.hpp"

#include <catch2/catch.hpp>

#include "flow/trace.hpp"
#include "model/builder.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

using namespace egresslint;
using namespace egresslint::model;
using namespace egresslint::dialects::iproute;

namespace {

const char* const addresses = R"([{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,
 "addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host","label":"lo"},
              {"family":"inet6","local":"::1","prefixlen":128,"scope":"host"}]},
{"ifindex":2,"link":"if9","ifname":"lan0","flags":["BROADCAST","MULTICAST","UP"],"operstate":"UP",
 "addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24,"broadcast":"10.0.0.255","scope":"global","label":"lan0"},
              {"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"}]},{},
{"ifindex":3,"ifname":"wan0","flags":["BROADCAST","UP"],
 "addr_info":[{},{"family":"inet","local":"198.51.100.2","prefixlen":24,"scope":"global","label":"wan0"},
              {"family":"inet","local":"203.0.113.2","prefixlen":28,"scope":"global","label":"wan0"},
              {"family":"inet","local":"198.51.100.3","prefixlen":24,"scope":"global","secondary":true,"label":"wan0"},
              {"family":"inet6","local":"2001:db8:1::2","prefixlen":64,"scope":"global","nodad":true}]}]
)";

const char* const routes4 = R"([
{"dst":"default","gateway":"10.0.0.254","dev":"lan0","table":"100","metric":5,"flags":[]},
{"type":"throw","dst":"10.8.0.0/16","table":"100","flags":[]},
{"dst":"default","gateway":"198.51.100.1","dev":"wan0","flags":[]},
{"dst":"10.0.0.0/24","dev":"lan0","protocol":"kernel","scope":"link","prefsrc":"10.0.0.1","flags":[]},
{"type":"blackhole","dst":"10.9.0.0/16","flags":[]},
{"dst":"192.0.2.0/24","flags":[],"nexthops":[{"gateway":"198.51.100.1","dev":"wan0","weight":1,"flags":[]},
   {"gateway":"10.0.0.254","dev":"lan0","weight":2,"flags":[]},{"gateway":"10.0.0.253","dev":"lan0","weight":2,"flags":["dead","linkdown"]}]},
{"dst":"198.51.100.0/24","dev":"wan0","protocol":"kernel","scope":"link","prefsrc":"198.51.100.2","flags":[]},
{"type":"local","dst":"10.0.0.1","dev":"lan0","table":"local","protocol":"kernel","scope":"host","prefsrc":"10.0.0.1","flags":[]},
{"type":"broadcast","dst":"10.0.0.255","dev":"lan0","table":"local","protocol":"kernel","scope":"link","flags":[]}]
)";

const char* const routes6 =
    R"([{"dst":"2001:db8:1::/64","dev":"wan0","protocol":"kernel","metric":256,"flags":[],"pref":"medium"},
{"type":"unreachable","dst":"2001:db8:9::/48","dev":"lo","metric":1024,"flags":[],"pref":"medium"},
{"dst":"default","dev":"wan0","metric":1024,"flags":[],"pref":"medium"},
{"type":"local","dst":"2001:db8:1::2","dev":"wan0","table":"local","protocol":"kernel","metric":0,"flags":[],"pref":"medium"},
{"type":"multicast","dst":"ff00::/8","dev":"wan0","table":"local","protocol":"kernel","metric":256,"flags":[],"pref":"medium"}]
)";

const char* const rules4 = R"([{"priority":0,"src":"all","table":"local"},
{"priority":900,"src":"10.0.0.0","srclen":24,"iif":"lan0","table":"main","suppress_prefixlen":0},
{"priority":950,"src":"all","dst":"192.0.2.1","ipproto":"tcp","dport_start":25,"dport_end":26,"action":"blackhole"},
{"priority":951,"not":null,"src":"10.0.0.0","srclen":8,"action":"unreachable"},
{"priority":1000,"src":"all","fwmark":"0x1","fwmask":"0xff","table":"100"},
{"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]
)";
const char* const rules6 = R"([{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"}]
)";

struct Reading {
    base::Sources sources;
    base::Diagnostics diagnostics;
    Device device;

    Reading() {
        Builder b("box");
        const auto mark = b.reg("mark");
        b.device().registers[mark.index()].from_packet_mark = true;
        const auto c = b.chain("routing");
        b.device().chains[c.index()].routing = true;
        b.stage("routing", Label::routing, b.yes(), c);
        device = std::move(b).finish();
    }
    template <class Read>
    Reading& read(Read reader, const std::string& text) {
        reader(sources, sources.add("dump.json", text), device, diagnostics);
        return *this;
    }
    std::string leaves_by(const char* dst, std::uint32_t mark = 0, const char* src = "10.0.0.25") {
        Device d = device;
        base::Diagnostics more;
        resolve(d, more);
        for (const auto& line : validate(d)) FAIL_CHECK(line);
        flow::Packet p;
        const auto to = *base::parse_address(dst);
        p.family = to.family;
        p.dst = to.bits;
        p.src = base::parse_address(to.family == Family::v4 ? src : "2001:db8:5::5")->bits;
        p.dport = 25;
        p.mark = mark;
        for (std::uint32_t i = 0; i < d.interfaces.size(); ++i)
            if (d.interfaces[i].name == "lan0") p.in_if = i;
        std::string out;
        for (const auto& o : flow::trace(d, p).branches) {
            const std::string one = o.verdict == Verdict::accept ? interface_name(d, o.out_if)
                                    : o.verdict == Verdict::drop ? "drop"
                                                                 : "reject";
            if (out.find(one) == std::string::npos) out += (out.empty() ? "" : " ") + one;
        }
        return out;
    }
};

std::string only_message(const Reading& r) {
    if (r.diagnostics.size() != 1) return "(" + std::to_string(r.diagnostics.size()) + " diagnostics)";
    const auto& d = r.diagnostics[0];
    return (d.kind == base::Diagnostic::Kind::fatal ? "fatal " : d.code + " ") + r.sources.where(d.span) + " " +
           d.message;
}

}  // namespace

TEST_CASE("addresses: scope, secondary, loopback, empty entries") {
    Reading r;
    r.read(read_addresses, addresses);
    CHECK(r.diagnostics.empty());
    CHECK(r.device.interfaces_known);
    CHECK(r.device.addresses_known);
    REQUIRE(r.device.interfaces.size() == 5);
    const auto& lo = r.device.interfaces[2];
    const auto& lan = r.device.interfaces[3];
    const auto& wan = r.device.interfaces[4];
    CHECK(lo.name == "lo");
    CHECK(lo.role == Role::loopback);
    CHECK_FALSE(lo.addresses.at(0).global);
    CHECK(lan.name == "lan0");
    CHECK(r.sources.position(lan.span.file, lan.span.begin).line == 4);
    REQUIRE(lan.addresses.size() == 2);
    CHECK(base::to_string(lan.addresses[0].address) == "10.0.0.1");
    CHECK(lan.addresses[0].length == 24);
    CHECK(lan.addresses[0].global);
    CHECK_FALSE(lan.addresses[1].global);
    REQUIRE(wan.addresses.size() == 4);
    CHECK_FALSE(wan.addresses[1].secondary);
    CHECK(wan.addresses[2].secondary);
}

TEST_CASE("an interface that rules named before keeps its id") {
    Reading r;
    r.device.interfaces.push_back({});
    r.device.interfaces.back().name = "wan0";
    r.read(read_addresses, addresses);
    CHECK(r.device.interfaces[2].name == "wan0");
    CHECK(r.device.interfaces[2].addresses.size() == 4);
    CHECK(r.device.interfaces.size() == 5);
}

TEST_CASE("routes of both families, joined or apart, lead packets") {
    for (const bool joined : {true, false}) {
        Reading r;
        r.read(read_addresses, addresses);
        if (joined)
            r.read(read_routes, std::string(routes4) + routes6);
        else
            r.read(read_routes, routes6).read(read_routes, routes4);
        CHECK(r.diagnostics.empty());
        CHECK(r.device.routes_known);
        CHECK(r.device.routes.size() == 14);
        CHECK(r.leaves_by("198.18.0.9") == "wan0");
        CHECK(r.leaves_by("10.0.0.7") == "lan0");
        CHECK(r.leaves_by("10.0.0.1") == "self");
        CHECK(r.leaves_by("10.0.0.255") == "self");
        CHECK(r.leaves_by("10.9.1.1") == "drop");
        CHECK(r.leaves_by("192.0.2.9") == "wan0 lan0");
        CHECK(r.leaves_by("2001:db8:7::1") == "wan0");
        CHECK(r.leaves_by("2001:db8:9::1") == "reject");
        CHECK(r.leaves_by("2001:db8:1::2") == "self");
        CHECK(r.leaves_by("ff02::1") == "self");
    }
    Reading r;
    r.read(read_routes, routes4);
    REQUIRE(r.device.routes.size() == 9);
    CHECK(r.device.routes[5].next_hops.size() == 2);  // the dead one is out
    CHECK(r.device.routes[0].table == 100);
    CHECK(r.device.routes[0].metric == 5);
    CHECK(r.device.routes[1].type == RouteType::throw_);
    CHECK(r.sources.begin(r.device.routes[1].span).line == 3);
}

TEST_CASE("policy rules: priority, source, interface, mark, ports, negation, suppression") {
    Reading r;
    r.read(read_addresses, addresses).read(read_routes, std::string(routes4) + routes6);
    r.read(read_rules, std::string(rules4) + rules6);
    CHECK(r.diagnostics.empty());
    CHECK(r.leaves_by("198.18.0.9") == "wan0");
    CHECK(r.leaves_by("198.18.0.9", 0x301) == "lan0");    // table 100
    CHECK(r.leaves_by("198.51.100.9", 0x301) == "wan0");  // main without its default comes first
    CHECK(r.leaves_by("10.8.0.1", 0x301) == "wan0");      // thrown back
    CHECK(r.leaves_by("192.0.2.1") == "wan0 lan0");       // in main by 900 before 950 is asked
    CHECK(r.leaves_by("192.0.2.1", 0, "10.5.0.1") == "drop");
    CHECK(r.leaves_by("198.18.0.9", 0, "192.168.7.7") == "reject");
    CHECK(r.leaves_by("2001:db8:7::1") == "wan0");
}

TEST_CASE("rules of IPv4 alone leave IPv6 its defaults, in either order of reading") {
    for (const bool six_first : {true, false}) {
        Reading r;
        r.read(read_addresses, addresses).read(read_routes, std::string(routes4) + routes6);
        if (six_first) r.read(read_rules, rules6);
        r.read(read_rules, rules4);
        CHECK(r.leaves_by("2001:db8:7::1") == "wan0");
        if (!six_first) r.read(read_rules, rules6);
        CHECK(r.leaves_by("2001:db8:7::1") == "wan0");
        CHECK(r.leaves_by("198.18.0.9", 1) == "lan0");
    }
}

TEST_CASE("a rule that cannot be expressed may apply or not; so may those behind a goto") {
    Reading r;
    r.read(read_addresses, addresses).read(read_routes, routes4);
    r.read(read_rules, R"([{"priority":0,"src":"all","table":"local"},
        {"priority":5,"src":"all","uid_start":0,"uid_end":99,"table":"100"},{"priority":32766,"src":"all","table":"main"},
        {"priority":32767,"src":"all","table":"default"}])");
    CHECK(r.leaves_by("198.18.0.9") == "lan0 wan0");
    Reading g;
    g.read(read_addresses, addresses).read(read_routes, routes4);
    g.read(read_rules, R"([{"priority":0,"src":"all","table":"local"},{"priority":4,"src":"all","goto":6},
        {"priority":5,"src":"all","table":"100"},{"priority":6,"src":"all","table":"main"},
        {"priority":32767,"src":"all","table":"default"}])");
    CHECK(g.leaves_by("198.18.0.9") == "lan0 wan0");
}

TEST_CASE("table names that are no numbers join routes and rules") {
    Reading r;
    r.read(read_addresses, addresses);
    r.read(read_routes, R"([{"dst":"default","gateway":"10.0.0.254","dev":"lan0","table":"vpn","flags":[]},
                            {"dst":"default","gateway":"198.51.100.1","dev":"wan0","flags":[]}])");
    r.read(read_rules, R"([{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"10.0.0.25","table":"vpn"},
                           {"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}])");
    CHECK(r.leaves_by("198.18.0.9") == "lan0");
    CHECK(r.leaves_by("198.18.0.9", 0, "10.0.0.26") == "wan0");
}

TEST_CASE("what is no such dump is one fatal diagnostic with its place") {
    const auto message = [](auto reader, const std::string& text) {
        Reading r;
        r.read(reader, text);
        CHECK_FALSE(r.device.interfaces_known);
        CHECK_FALSE(r.device.routes_known);
        return only_message(r);
    };
    const std::string addr = "this is not the output of `ip -j addr`: ",
                      rule = "this is not the output of `ip -j rule`: ",
                      route = "this is not the output of `ip -j route show table all`: ";
    CHECK(message(read_addresses, "") == "fatal dump.json:1:1 " + addr + "it is empty");
    CHECK(message(read_addresses, "1: lo: <LOOPBACK>") ==
          "fatal dump.json:1:1 " + addr + "an array of objects was expected");
    CHECK(message(read_addresses, "[]") == "fatal dump.json:1:1 " + addr + "no interface in it");
    CHECK(message(read_addresses, routes4) == "fatal dump.json:1:1 " + addr + "no interface in it");
    CHECK(message(read_routes, "[\n {\"dst\":\"10.0.0.0/8\"") ==
          "fatal dump.json:2:21 " + route + "it ends too early; was it cut off?");
    CHECK(message(read_routes, "[\n {\"dst\":nope}]") == "fatal dump.json:2:10 " + route + "invalid JSON");
    CHECK(message(read_routes, "[7]") == "fatal dump.json:1:2 " + route + "an object was expected");
    CHECK(message(read_routes, "[{\"dst\":\"x]") == "fatal dump.json:1:12 " + route + "a string does not end");
    CHECK(message(read_routes, "[{\"a\":[}]]") == "fatal dump.json:1:8 " + route + "brackets do not match");
    CHECK(message(read_routes, "[{\"a\":" + std::string(100000, '[')) ==
          "fatal dump.json:1:69 " + route + "it is nested too deeply");
    CHECK(message(read_routes, addresses).find("looks like the output of `ip -j addr`") != std::string::npos);
    CHECK(message(read_rules, routes4) == "fatal dump.json:2:1 " + rule + "a rule without priority");
    CHECK(message(read_routes, "[{\"dst\":\"\xff\"}]") == "fatal dump.json:1:10 " + route + "invalid JSON");
}

TEST_CASE("routes that cannot be read are reported, never guessed") {
    const auto message = [](const std::string& text) {
        Reading r;
        r.read(read_routes, text);
        return only_message(r);
    };
    CHECK(message(R"([{"dst":"10.0.0.0/40","dev":"a"}])") ==
          "EL901 dump.json:1:2 route destination 10.0.0.0/40 is no address");
    CHECK(message(R"([{"type":"nat","dst":"10.0.0.0/8","dev":"a"}])") ==
          "EL901 dump.json:1:2 route type nat is not known");
    // ip-route(8): one route for a type of service, and one for the rest.
    CHECK(message(R"([{"dst":"198.18.0.0/15","tos":"0x10","dev":"lan0"},{"dst":"198.18.0.0/15","dev":"wan0"}])") ==
          "(0 diagnostics)");
    CHECK(message(R"([{"dev":"a"}])") == "EL901 dump.json:1:2 a route without destination");
    Reading r;
    r.read(read_addresses, addresses);
    r.read(read_routes, R"([{"dst":"default","nhid":7,"flags":[]}])");
    CHECK(only_message(r) == "EL901 dump.json:1:2 the route to default does not say where it leads");
    CHECK(r.leaves_by("198.18.0.9") == "lan0 wan0");
}

TEST_CASE("hostile values do not get through") {
    Reading r;
    r.read(read_addresses, R"([{"ifname":"a","flags":7,"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":33},
        {"family":"inet","local":"10.0.0.1"},{"family":"inet","local":10,"prefixlen":-1},{"family":"link"}, 5, null]},
        {"ifname":5},{"ifname":""},{"ifname":"b","addr_info":{}}])");
    CHECK(r.diagnostics.size() == 5);
    for (const auto& d : r.diagnostics) CHECK(d.code == "EL901");
    r.read(read_rules,
           R"([{"priority":-1,"src":7,"dst":{},"ipproto":"x","sport":99999,"fwmark":[],"table":[],"goto":"x",
        "suppress_prefixlen":1000,"action":7,"iif":3}])");
    r.read(read_routes,
           R"([{"dst":"default","gateway":"no","dev":5,"via":7,"nexthops":[1,{"dev":{}}],"metric":"x","table":{}}])");
    CHECK_FALSE(r.leaves_by("198.18.0.9").empty());
}
