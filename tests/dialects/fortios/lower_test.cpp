// SPDX-License-Identifier: Apache-2.0
// Constructs as the model prints them, one a case.
#include <catch2/catch.hpp>

#include "tests/dialects/fortios/support.hpp"

namespace egresslint::test::fortios {
namespace {

std::string chain(const std::string& config, std::string_view name, const std::string& version = "7.2.8") {
    const auto r = read(office(version) + config);
    return r.devices.empty() ? r.messages() : chain_text(r.devices[0], name);
}
std::string policy(const std::string& settings) {
    return "config firewall policy\nedit 1\nset srcintf lan\nset dstintf wan1\nset srcaddr all\nset dstaddr all\nset "
           "schedule always\n"
           "set service ALL\nset action accept\n" +
           settings + "\nnext\nend\n";
}

}  // namespace

TEST_CASE("FortiOS: what a policy asks for", "[fortios][lower]") {
    struct Row {
        const char* settings;
        const char* printed;
    };
    for (const auto& [settings, printed] : std::vector<Row>{
             {"", "in_if=lan out_if=wan1 family=4 => accept"},
             {"unset action", "in_if=lan out_if=wan1 family=4 => drop"},
             {"set srcintf any", "out_if=wan1 family=4 => accept"},
             {"append srcintf dmz", "in_if={dmz, lan} out_if=wan1 family=4 => accept"},
             {"set srcaddr mailserver", "in_if=lan out_if=wan1 src=@mailserver{10.0.0.25} => accept"},
             {"set srcaddr mailserver office", "in_if=lan out_if=wan1 src=10.0.0.0/24 => accept"},
             {"set srcaddr mailserver\nset srcaddr-negate enable",
              "in_if=lan out_if=wan1 family=4 src!=@mailserver{10.0.0.25} => accept"},
             {"set service SMTP", "in_if=lan out_if=wan1 family=4 proto=tcp dport=25 => accept"},
             {"set service SMTP HTTPS",
              "in_if=lan out_if=wan1 family=4 (proto=tcp dport=25 | proto=tcp dport=443) => accept"},
             {"set service PING", "in_if=lan out_if=wan1 family=4 proto=icmp icmp_type=8 => accept"},
             {"set service NONE", "in_if=lan out_if=wan1 family=4 proto=tcp dport=0 => accept"},
             {"set schedule none", "none => accept"},
             {"set logtraffic all", "in_if=lan out_if=wan1 family=4 => log; accept"},
             {"set status disable", "(inactive) in_if=lan out_if=wan1 family=4 => accept"},
             {"set groups staff", "in_if=lan out_if=wan1 family=4 ?\"user is one of staff\" => accept"},
             {"set internet-service enable\nset internet-service-name \"Google-Gmail\"",
              "in_if=lan out_if=wan1 family=4 ?\"destination is internet service Google-Gmail\" => accept"},
             {"unset action\nset send-deny-packet enable", "in_if=lan out_if=wan1 family=4 => reject"},
             {"set nat enable", "in_if=lan out_if=wan1 family=4 => nat_policy<-1; accept"},
         }) {
        INFO(settings);
        CHECK(chain(policy(settings), "policy") == printed);
    }
}

TEST_CASE("FortiOS: addresses", "[fortios][lower]") {
    struct Row {
        const char* object;
        const char* printed;
    };
    for (const auto& [object, printed] : std::vector<Row>{
             {"set subnet 10.0.0.0/24", "src=@x{10.0.0.0/24}"},
             {"set subnet 10.0.0.7 255.255.255.0", "src=@x{10.0.0.0/24}"},
             {"set type iprange\nset start-ip 10.0.0.5\nset end-ip 10.0.0.9", "src=@x{10.0.0.5-10.0.0.9}"},
             {"set type wildcard\nset wildcard 10.0.0.25 255.255.0.255", "src=@x{10.0.0.25, 10.0.1.25"},
             {"set type fqdn\nset fqdn mail.example.com",
              "family=4 ?\"source in address \\\"x\\\" (fqdn mail.example.com)\""},
             {"set type geography\nset country DE", "family=4 ?\"source in address \\\"x\\\" (country DE)\""},
             {"set type dynamic\nset sub-type sdn",
              "family=4 ?\"source in address \\\"x\\\" (filled by a connector)\""},
             {"set type mac\nset macaddr 00:11:22:33:44:55", "family=4 ?\"source in address \\\"x\\\" (MAC address)\""},
         }) {
        INFO(object);
        const auto out =
            chain("config firewall address\nedit x\n" + std::string(object) + "\nnext\nend\n" + policy("set srcaddr x"),
                  "policy");
        CHECK(out.find(std::string("in_if=lan out_if=wan1 ") + printed) == 0);
    }
    const auto loop =
        read(office() + "config firewall addrgrp\nedit a\nset member b\nnext\nedit b\nset member a\nnext\nend\n" +
             policy("set srcaddr a"));
    CHECK(loop.messages().find("EL901") == 0);
    CHECK(loop.messages().find("contains itself") != std::string::npos);
}

TEST_CASE("FortiOS: what is not there is said", "[fortios][lower]") {
    CHECK(read(office() + policy("set srcaddr nobody")).messages().find("EL903") == 0);
    CHECK(read(office() + policy("set service nothing")).messages().find("EL903") == 0);
    CHECK(read(office() + policy("set nat enable\nset ippool enable\nset poolname p")).messages().find("EL903") == 0);
    CHECK(read(office()).messages().find("holds no firewall policies") != std::string::npos);
    CHECK(read(office() + policy("set frobnicate enable")).messages() ==
          "EL901 fw.conf:39:1 `set frobnicate` of `config firewall policy` is not analysed\n");
    CHECK(read(office() + policy("") + "config firewall frobnication\nedit 1\nnext\nend\n").messages() ==
          "EL901 fw.conf:42:1 `config firewall frobnication` is not known\n");
    CHECK(read(office() + policy("set action ipsec")).messages().find("EL901") == 0);
    const auto odd = read(office() +
                          "config firewall vip\nedit v\nset extip 203.0.113.9\nset mappedip 10.0.0.1 10.0.0.2\nset "
                          "extintf any\nnext\nend\n" +
                          policy("set dstaddr v"));
    REQUIRE(!odd.diagnostics.empty());
    CHECK(odd.diagnostics[0].code == "EL901");
    CHECK(odd.diagnostics[0].predicate >= 0);
    CHECK(chain_text(odd.devices.at(0), "vip").find("a list of mapped addresses") != std::string::npos);
    CHECK(read(office() + policy("") + "config firewall acl\nedit 1\nset srcaddr all\nnext\nend\n")
              .messages()
              .find("access control lists") != std::string::npos);
    CHECK(read(office() + policy("set comments \"nothing\"\nset av-profile default\nset uuid 1")).messages().empty());
}

TEST_CASE("FortiOS: IPv6", "[fortios][lower]") {
    CHECK(chain("config firewall policy6\nedit 1\nset srcintf lan\nset dstintf wan1\nset srcaddr all\nset dstaddr "
                "all\nset schedule always\nset service "
                "SMTP\nset action accept\nnext\nend\n",
                "policy", "6.2.5") == "in_if=lan out_if=wan1 family=6 proto=tcp dport=25 => accept");
    CHECK(chain(policy("set srcaddr6 all\nset dstaddr6 all"), "policy") ==
          "in_if=lan out_if=wan1 (family=4 | family=6) => accept");
}

TEST_CASE("FortiOS: VDOMs are devices", "[fortios][lower]") {
    const auto r = read(
        "#config-version=FGT501E-7.4.8-FW-build1:opmode=0:vdom=1:user=a\nconfig vdom\nedit root\nnext\nedit "
        "branch\nnext\nend\nconfig global\nconfig system global\nset "
        "hostname fw\nend\nconfig system interface\nedit port1\nset vdom root\nset ip 192.0.2.1/24\nnext\nedit "
        "port2\nset vdom branch\nset ip 10.9.0.1/24\nnext\nend\nend\n"
        "config vdom\nedit root\nconfig firewall policy\nedit 1\nset srcintf port1\nset dstintf any\nset srcaddr "
        "all\nset dstaddr all\nset schedule always\nset service ALL\nset "
        "action accept\nnext\nend\nend\nconfig vdom\nedit branch\nconfig firewall policy\nend\nend\n");
    INFO(r.messages());
    REQUIRE(r.devices.size() == 2);
    CHECK(r.devices[0].name == "root");
    CHECK(r.devices[1].name == "branch");
    CHECK(chain_text(r.devices[0], "policy") == "in_if=port1 family=4 => accept");
    CHECK(chain_text(r.devices[1], "policy").empty());
    CHECK(r.devices[1].interfaces.size() == 3);
}

TEST_CASE("FortiOS: structure that cannot be trusted is refused", "[fortios][structure]") {
    struct Row {
        const char* text;
        const char* message;
    };
    for (const auto& [text, message] : std::vector<Row>{
             {"#FGBK|4|FGVM64|6|00|1234|\n\x01\x02", "fw.conf:1:1 this backup is encrypted"},
             {"config firewall policy\nedit 1\nset comments \"no end\nnext\nend\n",
              "fw.conf:3:14 this quotation mark is never closed"},
             {"config firewall policy\nedit 1\nset action accept\n", "fw.conf:2:1 this block is never closed"},
             {"config firewall policy\nnext\nend\n", "fw.conf:2:1 `next` without an `edit`"},
             {"set action accept\n", "fw.conf:1:1 \"set\" stands outside any block"},
             {"config firewall policy\nend\nend\n", "fw.conf:3:1 \"end\" stands outside any block"},
             {"config firewall policy\nedit 1\nedit 2\nnext\nend\n", "fw.conf:3:1 `edit` inside an entry"},
             {"hello\n", "there is no `config` block"},
         }) {
        INFO(text);
        const auto r = read(text);
        CHECK(r.fatal());
        CHECK(r.messages().find(message) != std::string::npos);
    }
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += "config a\n";
    CHECK(read(deep).messages().find("nested deeper") != std::string::npos);
    std::string groups = "config firewall addrgrp\n";
    for (int i = 0; i < 2000; ++i)
        groups += "edit g" + std::to_string(i) + "\nset member g" + std::to_string(i + 1) + " g" +
                  std::to_string(i + 2) + "\nnext\n";
    CHECK(!read(groups + "end\n" + policy("set srcaddr g0")).fatal());
}

TEST_CASE("FortiOS: lines as they come", "[fortios][structure]") {
    const std::string plain = chain(policy(""), "policy");
    std::string crlf;
    for (const char c : office() + policy("")) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
    CHECK(chain_text(read(crlf).devices.at(0), "policy") == plain);
    CHECK(chain("FW01 (root) # show full-configuration\n" + policy(""), "policy") == plain);
    CHECK(chain(policy("--More--\r         \rset comments x\n--More--"), "policy") == plain);
    CHECK(std::string(read("config user local\nedit a\n--More--\r   \rset passwd planted\nnext\nend\n")
                          .sources.text(base::FileId(0)))
              .find("planted") == std::string::npos);
    CHECK(chain(policy("set comments 'it is \"quoted\"'"), "policy") == plain);
    CHECK(chain(policy("set comments \"two\nlines \\\" more\""), "policy") == plain);
    CHECK(chain(policy("set srcaddr \\\n  all"), "policy") == plain);
    CHECK(chain("config firewall address\nedit \"a b\"\nset subnet 10.0.0.9/32\nnext\nend\n" +
                    policy("set srcaddr \"a b\""),
                "policy") == "in_if=lan out_if=wan1 src=@a b{10.0.0.9} => accept");
}

TEST_CASE("FortiOS: scripts", "[fortios][structure]") {
    const std::string two =
        policy("set name one") +
        "config firewall policy\nclone 1 to 2\nedit 2\nunset action\nset service SMTP\nnext\nmove 2 before 1\nend\n";
    CHECK(chain(two, "policy") ==
          "in_if=lan out_if=wan1 family=4 proto=tcp dport=25 => drop\nin_if=lan out_if=wan1 family=4 => accept");
    CHECK(chain(policy("set srcaddr mailserver") + "config firewall address\nrename mailserver to mx\nend\n",
                "policy") == "in_if=lan out_if=wan1 src=@mx{10.0.0.25} => accept");
    CHECK(chain(policy("") + "config firewall policy\npurge\nend\n", "policy").empty());
    CHECK(chain(policy("set srcaddr mailserver office\nunselect srcaddr office"), "policy") ==
          "in_if=lan out_if=wan1 src=@mailserver{10.0.0.25} => accept");
}

}  // namespace egresslint::test::fortios
