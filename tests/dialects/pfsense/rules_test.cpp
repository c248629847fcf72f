// SPDX-License-Identifier: Apache-2.0
// One written rule, one printed rule.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support.hpp"

using namespace egresslint;
using namespace egresslint::test;

namespace {

struct Case {
    const char* rule;
    const char* expected;
};

#define ANY "<source><any/></source><destination><any/></destination>"
const char* const aliases =
    "<aliases><alias><name>web</name><type>url_table</type><url>http://example.org/list</url></alias>"
    "<alias><name>names</name><type>host</type><address>mail.example.org 10.0.0.25</address></alias>"
    "<alias><name>hosts</name><type>host</type><address>10.0.0.25 10.0.0.30-10.0.0.32 2001:db8::25</address></alias>"
    "<alias><name>ring1</name><type>host</type><address>ring2 10.0.0.1</address></alias>"
    "<alias><name>ring2</name><type>host</type><address>ring1 10.0.0.2</address></alias>"
    "<alias><name>odd</name><type>network</type><address>what</address></alias>"
    "<alias><name>ports</name><type>port</type><address>25 465 587:588</address></alias></aliases>"
    "<schedules><schedule><name>work</name></schedule></schedules>";

void filter(bool opnsense, const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.rule);
        CHECK(chain_text(read(std::string(aliases) + "<filter><rule>" + c.rule + "</rule></filter>", opnsense),
                         "filter in") == c.expected);
    }
}
void nat(const std::vector<Case>& cases, const char* chain, bool opnsense = false) {
    for (const auto& c : cases) {
        INFO(c.rule);
        CHECK(chain_text(read(std::string(aliases) + "<nat>" + c.rule + "</nat>", opnsense), chain) == c.expected);
    }
}

}  // namespace

TEST_CASE("pfsense: matches and actions of a filter rule") {
    filter(
        false,
        {
            {"<type>pass</type><interface>lan</interface>" ANY, "in_if=lan family=4 => accept"},
            {"<type>pass</type><interface>lan</interface><ipprotocol>inet46</ipprotocol>" ANY, "in_if=lan => accept"},
            {"<type>block</type><interface>lan</interface><ipprotocol>inet6</ipprotocol><log/>" ANY,
             "in_if=lan family=6 => log; drop"},
            {"<type>reject</type><interface>lan</interface><protocol>tcp/udp</protocol>" ANY,
             "in_if=lan family=4 proto={tcp, udp} => reject"},
            {"<interface>lan</interface><protocol>esp</protocol>" ANY, "in_if=lan family=4 proto=esp => accept"},
            {"<type>pass</type><interface>lan</interface><source><network>lanip</network></"
             "source><destination><network>(self)"
             "</network></destination>",
             "in_if=lan family=4 src={10.0.0.1, fd00:1::1} dst=local => accept"},
            {"<type>pass</type><interface>lan</interface><source><address>hosts</address><not/></"
             "source><destination><any/>"
             "</destination>",
             "in_if=lan family=4 src!=@hosts{10.0.0.25, 10.0.0.30-10.0.0.32, 2001:db8::25} => accept"},
            {"<type>pass</type><interface>lan</interface><source><address>names</address></source><destination><any/>"
             "</destination>",
             "in_if=lan family=4 (src=@names{10.0.0.25} | ?\"source is among addresses of mail.example.org (alias "
             "names)\") => "
             "accept"},
            {"<type>pass</type><interface>lan</interface><source><address>web</address></source><destination><any/>"
             "</destination>",
             "in_if=lan family=4 ?\"source is among alias web (url_table)\" => accept"},
            {"<type>pass</type><interface>lan</interface><source><address>ring1</address></source><destination><any/>"
             "</destination>",
             "in_if=lan src=@ring1{10.0.0.1-10.0.0.2} => accept [EL901]"},
            {"<type>pass</type><interface>lan</interface><source><address>odd</address></source><destination><any/>"
             "</destination>",
             "in_if=lan family=4 ?\"source is among \\\"what\\\" in alias odd\" => accept [EL901]"},
            {"<type>pass</type><interface>lan</interface><protocol>tcp</protocol><source><any/></"
             "source><destination><any/>"
             "<port>ports</port></destination>",
             "in_if=lan family=4 proto=tcp dport={25, 465, 587-588} => accept"},
            {"<type>pass</type><interface>lan</interface><protocol>tcp</protocol><source><any/><port>1024-65535</"
             "port></source>"
             "<destination><any/><port>25</port></destination>",
             "in_if=lan family=4 proto=tcp sport=1024-65535 dport=25 => accept"},
            {"<type>pass</type><interface>lan</interface><protocol>icmp</protocol><icmptype>echoreq,trace</"
             "icmptype>" ANY,
             "in_if=lan family=4 proto=icmp icmp_type={8, 30} => accept"},
            {"<type>pass</type><interface>lan</interface><sched>work</sched>" ANY,
             "in_if=lan family=4 ?\"schedule work is active\" => accept"},
            {"<type>pass</type><interface>lan</interface><os>Windows</os>" ANY,
             "in_if=lan family=4 ?\"operating system Windows\" => accept"},
            {"<type>pass</type><interface>lan</interface><max-src-conn>10</max-src-conn>" ANY,
             "in_if=lan family=4 => limited; accept"},
            {"<type>match</type><floating>yes</floating><direction>in</direction><tag>mail</tag>" ANY,
             "family=4 => tag<-1; continue"},
            {"<type>block</type><floating>yes</floating><direction>in</direction><interface>lan,opt1</interface>" ANY,
             "in_if={lan, opt1} family=4 => ~> drop"},
            {"<type>pass</type><interface>lan</interface><gateway>GW2</gateway>" ANY,
             "in_if=lan family=4 => out_if<-opt2; accept"},
            {"<type>pass</type><interface>lan</interface><gateway>BOTH</gateway>" ANY,
             "in_if=lan family=4 !?\"which member of gateway group BOTH is used\" => out_if<-wan; accept\nin_if=lan "
             "family=4 "
             "?\"which member of gateway group BOTH is used\" => out_if<-opt2; accept"},
            {"<type>pass</type><interface>opt9</interface>" ANY, "in_if=opt9 family=4 => accept"},
            {"<type>pass</type><interface>lan</interface><disabled/>" ANY, "in_if=lan family=4 => accept (inactive)"},
            {"<type>pass</type><interface>lan</interface><brandnew>1</brandnew>" ANY,
             "in_if=lan family=4 ?\"<brandnew> of a rule\" => accept [EL901]"},
        });
}

TEST_CASE("pfsense: outbound rules, one-to-one and port forwards") {
    const std::string out = "<outbound><mode>advanced</mode><rule><interface>wan</interface>";
    const std::string end = "</rule></outbound>";
    nat(
        {
            {(out + "<source><network>10.0.0.0/24</network></source><destination><any/></destination><target/>" + end)
                 .c_str(),
             "out_if=wan src=10.0.0.0/24 => accept src:=address(out_if) sport:=pick(1024-65535)"},
        },
        "translation out");
    const auto one = [&](const std::string& rest) {
        return chain_text(read("<nat>" + out + rest + end + "</nat>"), "translation out");
    };
    CHECK(one("<source><network>any</network></source><destination><any/></destination><target>203.0.113.25</target>"
              "<natport>2000</natport>") == "out_if=wan family=4 => accept src:=203.0.113.25 sport:=2000");
    CHECK(
        one("<source><network>10.0.0.25</network></source><sourceport>25</sourceport><dstport>25</dstport><protocol>tcp"
            "</protocol><destination><any/></destination><target>203.0.113.8</target><target_subnet>31</target_subnet>"
            "<poolopts>source-hash</poolopts><staticnatport/>") ==
        "out_if=wan proto=tcp src=10.0.0.25 sport=25 dport=25 => accept src:=unknown(\"pool 203.0.113.8/31\")");
    CHECK(one("<source><network>10.0.0.25</network></source><destination><any/></destination><target>2001:db8::5</"
              "target>") == "out_if=wan src=10.0.0.25 => accept src:=2001:db8::5 sport:=pick(1024-65535) (inactive)");
    CHECK(chain_text(read("<nat><onetoone><interface>wan</interface><external>203.0.113.16</external><source><address>"
                          "10.0.0.16/28</address></source><destination><any/></destination></onetoone></nat>"),
                     "translation in") == "in_if=wan dst=203.0.113.16/28 => accept dst:=203.0.113.16/28->10.0.0.16/28");
}

TEST_CASE("opnsense: matches") {
    filter(true,
           {
               {"<type>pass</type><interface>lan</interface>", "in_if=lan => accept"},
               {"<type>pass</type><interface>lan</interface><interfacenot>1</interfacenot><floating>yes</floating>"
                "<quick>1</quick>",
                "in_if!=lan => accept"},
               {"<type>pass</type><interface>lan</interface><disabled></disabled>", "in_if=lan => accept"},
           });
}

TEST_CASE("both products are recognised by their root element and nothing else is") {
    using dialects::detect;
    const auto name = [](std::string_view text) {
        const auto found = detect(text);
        return found.dialect == nullptr ? std::string("none") : std::string(found.dialect->name);
    };
    CHECK(name("<?xml version=\"1.0\"?>\n<pfsense>\n</pfsense>\n") == "pfsense");
    CHECK(name("<opnsense><system/></opnsense>") == "opnsense");
    CHECK(name("fw> cat config.xml\n<?xml version='1.0'?>\n<opnsense>\n") == "opnsense");
    CHECK(name("---- BEGIN config.xml ----\nU2FsdGVk\n---- END config.xml ----\n") == "pfsense");
    CHECK(name("table inet fw { comment \"<pfsense>\" }") != "pfsense");
    CHECK(name("<html><body>pfsense</body></html>") == "none");
}

TEST_CASE("the fixtures of every dialect are recognised as their own") {
    namespace fs = std::filesystem;
    std::size_t own = 0, others = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures")) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        INFO(entry.path());
        if (entry.path().extension() == ".xml") {
            const bool opnsense = text.find("<opnsense>") != std::string::npos;
            const auto found = dialects::detect(text);
            REQUIRE(found.dialect != nullptr);
            CHECK(found.dialect->name == (opnsense ? "opnsense" : "pfsense"));
            ++own;
        } else {
            CHECK(dialects::pfsense::detect_pfsense(text).score == 0);
            CHECK(dialects::pfsense::detect_opnsense(text).score == 0);
            ++others;
        }
    }
    CHECK(own >= 10);
    CHECK(others >= 10);
}

TEST_CASE("what is no document is refused with a place") {
    const auto fatal = [](const std::string& text) {
        const auto result = read_text(text, false);
        CHECK(result.fatal());
        CHECK(result.devices.empty());
        REQUIRE(result.diagnostics.size() == 1);
        CHECK(result.diagnostics[0].span.valid());
        return result.diagnostics[0].message;
    };
    CHECK(fatal("<pfsense><filter>").find("not closed") != std::string::npos);
    CHECK(fatal("<pfsense><a></b></pfsense>").find("another name") != std::string::npos);
    CHECK(fatal("<!DOCTYPE pfsense [<!ENTITY a \"b\">]><pfsense/>").find("document type") != std::string::npos);
    CHECK(fatal("---- BEGIN config.xml ----\nU2FsdGVk\n").find("encrypted") != std::string::npos);
    CHECK(fatal("<pfsense><a b=\"></pfsense>").find("not terminated") != std::string::npos);
    std::string deep = "<pfsense>";
    for (int i = 0; i < 500; ++i) deep += "<a>";
    CHECK(fatal(deep).find("deeper") != std::string::npos);
    CHECK(fatal("<pfsense/").find("not terminated") != std::string::npos);
}

TEST_CASE("secrets are gone from the text before anything else sees it") {
    const std::string secrets =
        "<ipsec><phase1><pre-shared-key>SEKRIT1</pre-shared-key></phase1></ipsec>"
        "<openvpn><openvpn-server><tls>U0VLUklUMgo=</tls><shared_key><![CDATA[SEKRIT3]]></shared_key></openvpn-server>"
        "</openvpn><snmpd><rocommunity>SEKRIT4</rocommunity></snmpd><ca><prv>SEKRIT5</prv></ca>"
        "<ppps><ppp><password>SEKRIT6</password></ppp></ppps><!-- <password>SEKRIT7</password> -->"
        "<virtualip><vip><mode>carp</mode><interface>wan</interface><subnet>203.0.113.9</subnet><password>SEKRIT8</"
        "password>"
        "</vip></virtualip><other><data>QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqaw==</data></other>";
    const auto result = read(secrets);
    REQUIRE(result.devices.size() == 1);
    const auto& text = result.sources.file(base::FileId(0)).text;
    CHECK(text.find("SEKRIT") == std::string::npos);
    CHECK(text.find("U0VLUklUMgo") == std::string::npos);
    CHECK(text.find("QUJDREVG") == std::string::npos);
    CHECK(result.sources.raw(base::FileId(0)).find("SEKRIT1") != std::string_view::npos);
    CHECK(model::print(result.devices[0], &result.sources).find("SEKRIT") == std::string::npos);
    CHECK(result.messages().find("SEKRIT") == std::string::npos);
}
