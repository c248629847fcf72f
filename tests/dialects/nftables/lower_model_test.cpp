// SPDX-License-Identifier: Apache-2.0
// Ruleset text or JSON in, printed model out. Each case names where its meaning comes from: a section of nft(8), the
// byte code that `nft --debug=netlink` prints for the same line ("byte code"), or a kernel experiment ("lab").
#include <catch2/catch.hpp>

#include "dialects/nftables/read.hpp"
#include "model/print.hpp"
#include "model/resolve.hpp"
#include "model/validate.hpp"

using namespace egresslint;

namespace {

struct Lowered {
    std::string model;
    base::Diagnostics diagnostics;
};

Lowered lower(const std::string& text) {
    base::Sources sources;
    Lowered out;
    const auto file = sources.add("edge.nft", text);
    auto read = dialects::nftables::read(sources, {{file, "", false}}, out.diagnostics);
    if (read.devices.size() != 1) return out;
    auto& device = read.devices.front();
    out.model = model::print(device);
    base::Diagnostics later;
    model::resolve(device, later);
    for (const auto& violation : model::validate(device)) FAIL_CHECK(violation);
    return out;
}

/// Lines of the chain `ip t c` or `inet t c` that holds `rule`, spaces squeezed.
std::string rules(const std::string& rule, const std::string& family = "inet", const std::string& declarations = "") {
    const auto out = lower("table " + family + " t {\n" + declarations +
                           "\nchain c { type filter hook forward priority 0; policy accept;\n" + rule + "\n}\n}\n");
    const auto begin = out.model.find("  chain " + family + " t c\n");
    REQUIRE(begin != std::string::npos);
    const auto first = out.model.find('\n', begin) + 1;
    const auto end = out.model.find("  else ", first);
    std::string squeezed;
    for (char c : out.model.substr(first, end - first)) {
        if (c == ' ' && (squeezed.empty() || squeezed.back() == ' ' || squeezed.back() == '\n')) continue;
        squeezed += c;
    }
    return squeezed;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a payload field brings the family and protocol that it belongs to", "[nftables][lower]") {
    // byte code: nft adds `meta nfproto` and `meta l4proto` tests by itself.
    CHECK(rules("tcp dport 25 drop") == "proto=tcp dport=25 drop\n");
    CHECK(rules("meta l4proto { tcp, udp } th dport 25 drop") == "proto={tcp, udp} dport=25 drop\n");
    // Of ICMP these bytes are a checksum (RFC 792) [fixtures/kernel/port-bytes-of-icmp.case].
    CHECK(has(rules("th dport 25 drop"), "?\"th dport 25 of a protocol without ports"));
    CHECK(has(rules("icmp type echo-request drop"), "family=4 proto=icmp icmp_type=8"));
    // A hash reads headers as well: other packets end the rule, in a match, a map and a translation.
    CHECK(rules("jhash ip saddr . tcp sport mod 2 0 drop").starts_with("family=4 proto=tcp "));
    CHECK(has(rules("jhash ip saddr . udp sport mod 2 vmap { 0 : accept, 1 : drop }"), "family=4 proto=udp"));
    CHECK(has(rules("meta mark set jhash ip saddr . tcp sport mod 2"), "family=4 proto=tcp"));
    CHECK(has(rules("snat to jhash tcp sport mod 2 map { 0 : 192.0.2.1, 1 : 192.0.2.2 }", "ip"), "proto=tcp"));
    CHECK(has(rules("icmpv6 type echo-request drop"), "family=6 proto=icmpv6 icmp_type=128"));
    CHECK(has(rules("ip protocol udp drop"), "family=4 proto=udp"));
    CHECK(rules("meta nfproto ipv6 drop") == "family=6 drop\n");
    CHECK(rules("meta protocol ip drop") == "family=4 drop\n");
}

TEST_CASE("bit types test any bit without an operator, and compare with one", "[nftables][lower]") {
    // byte code: `ct state established,related` is (state & 6) != 0, `ct state != established,related` is state != 6.
    CHECK(rules("ct state established,related accept") == "ct_state={established, related} accept\n");
    CHECK_FALSE(has(rules("ct state != established,related accept"), "established"));
    CHECK(rules("ct state ! established,related accept") == rules("ct state { invalid, new, untracked } accept"));
    // nft(8), TCP HEADER EXPRESSION; the kernel lists the first two alike.
    CHECK(rules("tcp flags & (fin|syn) fin|syn drop") == rules("tcp flags fin,syn / fin,syn drop"));
    CHECK(rules("tcp flags & (fin|syn) == fin|syn drop") == rules("tcp flags fin,syn / fin,syn drop"));
    CHECK(rules("tcp flags & syn 0 drop") == rules("tcp flags ! syn drop"));
    CHECK(rules("tcp flags == syn drop") == "proto=tcp tcp_flags=2 drop\n");
    CHECK(rules("tcp flags syn drop") != rules("tcp flags == syn drop"));
}

TEST_CASE("ranges, orders, masks and negation are exact", "[nftables][lower]") {
    // nft(8), PAYLOAD EXPRESSIONS and the operators of EXPRESSIONS.
    CHECK(rules("tcp dport < 25 drop") == "proto=tcp dport=0-24 drop\n");
    CHECK(rules("tcp dport >= 25 drop") == "proto=tcp dport=25-65535 drop\n");
    CHECK(rules("tcp dport != 25 drop") == "proto=tcp dport!=25 drop\n");
    CHECK(has(rules("ip saddr & 255.255.0.0 == 10.1.0.0 drop"), "src=10.1.0.0/16"));
    CHECK(has(rules("ip saddr 10.0.0.0/8 drop", "ip"), "src=10.0.0.0/8"));
    CHECK(rules("meta mark & 0xff == 0x10 drop") == "mark&0xff=0x10 drop\n");
    CHECK(has(rules("@nh,96,24 0x0a0000 drop", "ip"), "src=10.0.0.0/24"));
    CHECK(rules("@th,16,16 25 drop") == rules("th dport 25 drop"));
}

TEST_CASE("interfaces keep their wildcards", "[nftables][lower]") {
    // nft(8), META EXPRESSION: a trailing asterisk.
    CHECK(rules("iifname \"eth*\" drop") == "in_if=eth* drop\n");
    CHECK(rules("iifname { \"wan\", \"lan\" } drop") == "in_if={lan, wan} drop\n");
    CHECK(rules("oifname != \"wan\" drop") == "out_if!=wan drop\n");
}

TEST_CASE("sets are literals, dynamic ones are predicates", "[nftables][lower]") {
    // nft(8), SETS: dynamic sets are filled by rules, timeouts take elements away.
    const std::string sets =
        "set a { type ipv4_addr; flags interval; elements = { 192.0.2.0/24, 198.51.100.7 } }\n"
        "set d { type ipv4_addr; flags dynamic; elements = { 192.0.2.1 } }\n"
        "set s { type ipv4_addr . inet_service; elements = { 192.0.2.1 . 25, 192.0.2.2 . 587 } }\n";
    CHECK(has(rules("ip saddr @a drop", "inet", sets), "{192.0.2.0/24, 198.51.100.7}"));
    const auto dynamic = rules("ip saddr @d drop", "inet", sets);
    CHECK(has(dynamic, "192.0.2.1"));
    CHECK(has(dynamic, "?\"ip saddr @d at run time"));
    CHECK(has(rules("ip saddr . tcp dport @s drop", "inet", sets), "(src . dport)="));
    const auto absent =
        lower("table ip t { chain c { type filter hook forward priority 0;\n ip saddr @none drop\n}\n}\n");
    REQUIRE_FALSE(absent.diagnostics.empty());
    CHECK(absent.diagnostics.front().code == "EL903");
    CHECK(absent.diagnostics.front().predicate >= 0);
}

TEST_CASE("a verdict map leaves on a hit and falls through on a miss", "[nftables][lower]") {
    // nft(8), VERDICT MAPS. What `jump` comes back from must not meet the other elements: goto inside the map.
    const auto out = lower(
        "table inet t {\n chain svc { drop\n }\n"
        " chain c { type filter hook forward priority 0; policy accept;\n"
        "  tcp dport vmap { 22 : accept, 25 : jump svc, 80 : return, 81 : goto svc, * : continue }\n }\n}\n");
    CHECK(has(out.model, "proto=tcp dport=80"));
    CHECK(has(out.model, "goto inet t svc"));
    CHECK(has(out.model, "jump inet t c: tcp dport vmap"));
    CHECK(out.diagnostics.empty());
}

TEST_CASE("effects before a match that fails stay", "[nftables][lower]") {
    // nft(8), STATEMENTS: evaluated from left to right.
    CHECK(rules("meta mark set 1 tcp dport 25 accept") == "any mark<-1; continue\nproto=tcp dport=25 accept\n");
    const auto reads_it = rules("meta mark 0 meta mark set 1 tcp dport 25 accept");
    CHECK(has(reads_it, "rule_goes_on<-1"));
    CHECK(has(reads_it, "rule_goes_on<-0"));
}

TEST_CASE("marks take every bit operation", "[nftables][lower]") {
    // nft(8), META STATEMENT and CT STATEMENT; byte code: bitwise (x & m) ^ v.
    CHECK(has(rules("meta mark set meta mark & 0xffff00ff | 0x1200"), "mark<-mark&0xffff00ff^0x1200"));
    CHECK(has(rules("meta mark set ct mark"), "mark<-ct_mark"));
    CHECK(has(rules("ct mark set meta mark"), "ct_mark<-mark"));
}

TEST_CASE("translations", "[nftables][lower]") {
    const auto nat = [](const std::string& rule, const std::string& family = "ip") {
        return lower("table " + family +
                     " t {\n map m { type ipv4_addr : ipv4_addr; elements = { 10.0.0.25 : 203.0.113.25 } }\n"
                     " chain c { type nat hook postrouting priority srcnat;\n" +
                     rule + "\n }\n}\n")
            .model;
    };
    CHECK(has(nat("ip saddr 10.0.0.25 snat to 203.0.113.25"), "accept src:=203.0.113.25"));
    // lab e2, e3: a range is a pool, also when it is listed as a prefix.
    CHECK(has(nat("snat to 203.0.113.8/31"), "pick(203.0.113.8/31)"));
    CHECK(nat("snat to 203.0.113.8-203.0.113.9") == nat("snat to 203.0.113.8/31"));
    // lab e2: `prefix` keeps the host part.
    CHECK(has(nat("snat ip prefix to ip saddr map { 10.0.0.0/24 : 203.0.113.0/24 }"), "10.0.0.0/24->203.0.113.0/24"));
    CHECK(has(nat("ip saddr 10.0.0.0/24 snat ip prefix to 203.0.113.0/24"), "10.0.0.0/24->203.0.113.0/24"));
    // lab e4: a miss in the map is no translation; the chain of the map falls through.
    CHECK(has(nat("snat to ip saddr map @m"), "src=10.0.0.25"));
    CHECK(has(nat("masquerade", "inet"), "src:=address(out_if)"));
    // nft(8), NAT STATEMENTS: in inet the family must be named, and other packets pass by.
    CHECK(has(nat("snat ip to 203.0.113.25", "inet"), "family=4"));
}

TEST_CASE("what is not understood is opaque, and says so", "[nftables][lower]") {
    const auto out = lower(
        "table ip t {\n chain c { type nat hook postrouting priority 100;\n ip saddr 10.0.0.1 frobnicate 7\n }\n}\n");
    REQUIRE(out.diagnostics.size() == 1);
    CHECK(out.diagnostics.front().code == "EL901");
    CHECK(out.diagnostics.front().predicate >= 0);
    CHECK((static_cast<unsigned>(out.diagnostics.front().influence) & static_cast<unsigned>(base::Influence::source)) !=
          0);
    CHECK(has(out.model, "src=10.0.0.1"));
    CHECK(has(out.model, "=2"));
}

TEST_CASE("a limit is a predicate of its own, and marks what it lets pass", "[nftables][lower]") {
    // nft(8), LIMIT STATEMENT: true below the limit, with `over` above it.
    const auto out = rules("limit rate 5/second accept\nlimit rate over 5/second drop");
    CHECK(has(out, "limited; accept"));
    CHECK(has(out, "any limited; continue"));
}

TEST_CASE("commands are replayed in order", "[nftables][replay]") {
    // nft(8), RULES: insert prepends, index counts from 0; RULESET: flush.
    const auto out = lower(
        "add table ip old\nflush ruleset\n"
        "add table ip t\nadd chain ip t c { type filter hook forward priority filter; policy drop; }\n"
        "add rule ip t c tcp dport 1 accept\nadd rule ip t c tcp dport 2 accept\ninsert rule ip t c tcp dport 3 "
        "accept\n"
        "add rule ip t c index 0 tcp dport 4 accept\n"
        "add set ip t s { type ipv4_addr; }\nadd element ip t s { 192.0.2.1, 192.0.2.2 }\n"
        "delete element ip t s { 192.0.2.1 }\nadd rule ip t c ip saddr @s drop\n");
    const auto at = [&](const char* part) { return out.model.find(part); };
    CHECK(at("dport=3") < at("dport=4"));
    CHECK(at("dport=4") < at("dport=1"));
    CHECK(at("dport=1") < at("dport=2"));
    CHECK(has(out.model, "192.0.2.2"));
    CHECK_FALSE(has(out.model, "192.0.2.1"));
    CHECK(has(out.model, "else drop"));
    CHECK(out.diagnostics.empty());
}

TEST_CASE("dormant tables do nothing, other families are outside", "[nftables][lower]") {
    // lab e3; nft(8), ADDRESS FAMILIES.
    const auto dormant =
        lower("table ip t {\n flags dormant\n chain c { type filter hook forward priority 0; policy drop;\n }\n}\n");
    CHECK_FALSE(has(dormant.model, "ip t c"));
    const auto quiet = lower("table bridge b {\n chain c { type filter hook forward priority 0;\n counter\n }\n}\n");
    REQUIRE(quiet.diagnostics.size() == 1);
    CHECK(quiet.diagnostics.front().influence == base::Influence::nothing);
    const auto drops = lower("table bridge b {\n chain c { type filter hook forward priority 0;\n drop\n }\n}\n");
    REQUIRE(drops.diagnostics.size() == 1);
    CHECK(drops.diagnostics.front().influence == base::Influence::filter);
}

TEST_CASE("chains that call themselves are refused", "[nftables][lower]") {
    // nft(8), CHAINS: the kernel refuses loops.
    const auto out = lower("table ip t {\n chain a { jump b\n }\n chain b { jump a\n }\n}\n");
    REQUIRE(base::has_fatal(out.diagnostics));
    CHECK(out.model.empty());
}

TEST_CASE("JSON gives the same model as text", "[nftables][json]") {
    // libnftables-json(5); written by hand after its sections RULE, MATCH, SET, VERDICT MAP, NAT.
    const auto text = lower(
        "table inet t {\n set s { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 } }\n"
        " chain c { type filter hook forward priority filter; policy drop;\n"
        "  ct state established,related accept\n  ip saddr @s tcp dport { 25, 465-587 } accept\n"
        "  tcp dport vmap { 22 : accept, 80 : drop }\n }\n}\n");
    const auto json = lower(R"({"nftables": [{"metainfo": {"json_schema_version": 1}},
 {"table": {"family": "inet", "name": "t", "handle": 1}},
 {"set": {"family": "inet", "name": "s", "table": "t", "type": "ipv4_addr", "handle": 2, "flags": ["interval"],
          "elem": [{"prefix": {"addr": "192.0.2.0", "len": 24}}]}},
 {"chain": {"family": "inet", "table": "t", "name": "c", "handle": 3, "type": "filter", "hook": "forward", "prio": 0,
            "policy": "drop"}},
 {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 4, "expr": [
   {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, {"accept": null}]}},
 {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 5, "expr": [
   {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@s"}},
   {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}},
              "right": {"set": [25, {"range": [465, 587]}]}}}, {"accept": null}]}},
 {"rule": {"family": "inet", "table": "t", "chain": "c", "handle": 6, "expr": [
   {"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}},
             "data": {"set": [[22, {"accept": null}], [80, {"drop": null}]]}}}]}}]})");
    REQUIRE_FALSE(text.model.empty());
    CHECK(text.model == json.model);
    CHECK(json.diagnostics.empty());
}

TEST_CASE("what nft 1.0 prints as text inside its JSON is read as text", "[nftables][json]") {
    // nft 1.0.6: chains without a name and updates of maps have no JSON (measured); `map` in the place of an object.
    const std::string body =
        "  tcp dport 25 jump {\n   ip saddr 192.0.2.1 drop\n  }\n  add @m { ip saddr timeout 5s : 2 } accept\n"
        "  ct helper set udp dport map { 5060 : \"sip\" } accept\n";
    const auto text = lower(
        "table ip t {\n map m { type ipv4_addr : mark; flags timeout; }\n chain c { type filter hook forward "
        "priority filter; policy drop;\n" +
        body + " }\n}\n");
    const auto json = lower(R"({"nftables": [{"metainfo": {"version": "1.0.6"}},
 {"table": {"family": "ip", "name": "t", "handle": 1}},
 {"map": {"family": "ip", "name": "m", "table": "t", "type": "ipv4_addr", "map": "mark", "flags": ["timeout"]}},
 {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}},
 {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [
   {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 25}},
   "jump {\n\t\t\tip saddr 192.0.2.1 drop\n\t\t}"]}},
 {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [
   "add @m { 0xc0000201 [invalid type] timeout 5s : 0x00000002 }", {"accept": null}]}},
 {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [
   {"ct helper": {"map": {"key": {"payload": {"protocol": "udp", "field": "dport"}}, "data": {"set": [[5060, "sip"]]}}}},
   {"accept": null}]}}]})");
    CHECK(json.diagnostics.empty());
    REQUIRE(has(text.model, "src=192.0.2.1"));
    auto renamed = json.model;
    for (const std::string name : {"__json0"})
        for (auto at = renamed.find(name); at != std::string::npos; at = renamed.find(name))
            renamed.erase(at, name.size());
    CHECK(text.model == renamed);
}

TEST_CASE("a flag that nft's JSON garbles is not passed over", "[nftables][json]") {
    // nft 1.0.6 prints freed memory where the flag of a table should be (measured): another string, or a text cut off.
    const auto table = [](const std::string& flags) {
        return lower(R"({"nftables": [{"table": {"family": "ip", "name": "t", "handle": 1, "flags": )" + flags +
                     R"(}}, {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "forward",
 "prio": 0, "policy": "drop"}}]})");
    };
    CHECK_FALSE(has(table(R"("dormant")").model, "stage ip t c"));
    CHECK(table(R"(["dormant", "owner"])").diagnostics.empty());
    CHECK(has(table(R"("owner")").model, "stage ip t c"));
    for (const char* garbage : {R"("sip-5060")", "null", "{}", "[]", "7"}) {
        const auto out = table(garbage);
        INFO(garbage);
        CHECK(has(out.model, "stage ip t c"));
        REQUIRE(out.diagnostics.size() == 1);
        CHECK(out.diagnostics[0].code == "EL903");
        CHECK(out.diagnostics[0].influence == base::Influence::everything);
    }
    const auto cut = lower(R"({"nftables": [{"table": {"family": "ip", "name": "a", "handle": 1, "flags": )");
    REQUIRE(base::has_fatal(cut.diagnostics));
    CHECK(has(cut.diagnostics[0].message, "nft list ruleset"));
}

TEST_CASE("hostile JSON is refused with a place", "[nftables][json]") {
    // RFC 8259; nesting is bounded before anything is built.
    for (const std::string bad :
         {"{\"nftables\": [", "{\"nftables\": 1}", "{\"nftables\": [] } x", "{\"nftables\": [{\"a\": tru}]}"}) {
        const auto out = lower(bad);
        CHECK(base::has_fatal(out.diagnostics));
        CHECK(out.model.empty());
    }
    const auto deep = lower("{\"nftables\": [" + std::string(100000, '['));
    CHECK(base::has_fatal(deep.diagnostics));
    const auto unknown = lower(R"({"nftables": [{"table": {"family": "ip", "name": "t"}},
 {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
 {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{"frobnicate": {"x": 1}}]}}, {"gadget": {}}]})");
    REQUIRE(unknown.diagnostics.size() == 2);
    CHECK(unknown.diagnostics[0].code == "EL901");
    CHECK(unknown.diagnostics[1].code == "EL901");
}

TEST_CASE("detection", "[nftables][detect]") {
    using dialects::nftables::detect;
    CHECK(detect("#!/usr/sbin/nft -f\n").score == 100);
    CHECK(detect("# comment\ntable inet filter {\n}\n").score > 90);
    CHECK(detect("{\"nftables\": []}").score == 100);
    CHECK(detect("add rule inet filter forward drop\n").score >= 90);
    CHECK(detect("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n").score == 0);
    CHECK(detect("{\"other\": 1}").score == 0);
    CHECK(detect("hostname edge\n").score == 0);
    CHECK(detect("include \"rules.d/*.nft\"\n").score > 0);
}
