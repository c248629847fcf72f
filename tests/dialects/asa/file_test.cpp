// SPDX-License-Identifier: Apache-2.0
// Whole files: which dialect they are, what is a device, what stays secret, and that nothing brings the reader down.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support.hpp"

using namespace egresslint;
using namespace egresslint::test;

namespace {

std::string detected(const std::string& text) {
    const auto found = dialects::detect(text);
    return found.dialect == nullptr ? "" : std::string(found.dialect->name);
}
std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("asa: detection") {
    CHECK(detected(modern_office) == "asa");
    CHECK(detected(classic_office) == "pix");
    CHECK(detected("ASA Version 8.2(5)\nhostname x\n") == "pix");
    CHECK(detected(": Saved\n:\nASA Version 9.16(4)\n") == "asa");
    CHECK(detected("FWSM Version 4.1(4) <context>\n") == "pix");
    CHECK(detected("nat (inside,outside) source dynamic any interface\n") == "asa");
    CHECK(detected("nat (inside) 1 0.0.0.0 0.0.0.0\nglobal (outside) 1 interface\n") == "pix");
    CHECK(detected("access-list A extended permit ip any any\naccess-group A in interface inside\n") == "asa");
    CHECK(detected("conduit permit tcp host 192.0.2.1 eq www any (hitcnt=0)\n") == "pix");
    CHECK(detected("access-list 101 permit tcp any any (hitcnt=0)\naccess-list 101 permit ip any any (hitcnt=1)\n") ==
          "asa");
    CHECK(detected("ip access-list extended A\n permit ip any any\ninterface Vlan1\n ip nat inside\n") == "ios");
}

TEST_CASE("asa: fixtures of the other dialects are not mistaken") {
    const std::filesystem::path root = std::filesystem::path(EGRESSLINT_SOURCE_DIR) / "fixtures";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        INFO(entry.path());
        const bool mine = entry.path().parent_path().filename() == "asa" || entry.path().extension() == ".toml" ||
                          entry.path().extension() == ".json";
        if (mine) continue;
        const auto name = detected(content(entry.path()));
        CHECK(name != "asa");
        CHECK(name != "pix");
    }
}

TEST_CASE("asa: contexts one behind the other are devices of their own") {
    const auto result = read("ASA Version 9.8(2) <context>\nhostname a\nASA Version 9.8(2) <context>\nhostname b\n");
    REQUIRE(result.devices.size() == 2);
    CHECK(result.devices[0].name == "a");
    CHECK(result.devices[1].name == "b");
}

TEST_CASE("asa: what stands around a configuration") {
    const char* text =
        "edge# show running-config\r\n: Saved\r\nASA Version 9.8(2)\r\nbanner motd access-group X in interface "
        "inside\r\n"
        "<--- More --->\r              interface GigabitEthernet0/1\r\n nameif inside\r\n security-level 100\r\n"
        " ip address 10.0.0.1 255.255.255.0\r\n!\r\ncrypto ca certificate chain X\r\n certificate 01\r\n    30820122 "
        "30820122\r\n"
        "  quit\r\nroute inside 0.0.0.0 0.0.0.0 10.0.0.254 1\r\nedge# exit\r\n";
    const auto result = read(text);
    REQUIRE(result.devices.size() == 1);
    CHECK(result.messages() == "");
    REQUIRE(result.devices[0].interfaces.size() == 3);
    CHECK(result.devices[0].interfaces[2].name == "inside");
    CHECK(result.devices[0].routes.size() == 3);  // connected, default, and nowhere for IPv6
}

TEST_CASE("asa: what nobody reads is reported") {
    CHECK(read(modern_office + "frobnicate the packets\n").messages() ==
          "EL901 edge.cfg:16:1 `frobnicate the packets` is not analysed\n");
    CHECK(read(modern_office + "firewall transparent\n").messages().find("EL901") == 0);
    CHECK(read(modern_office + "interface GigabitEthernet0/5\n nameif x\n policy-route route-map R\n").messages() ==
          "EL901 edge.cfg:18:2 `policy-route route-map R` is not analysed\n");
    CHECK(read(modern_office + "policy-map P\n class C\n  csc fail-open\n  inspect esmtp\n").messages() ==
          "EL901 edge.cfg:18:3 `csc fail-open` is not analysed\n");
    CHECK(read(modern_office + "logging enable\nsnmp-server location x\nssh timeout 5\n").messages() == "");
    CHECK(read(modern_office + "access-group NONE in interface inside\n").messages().find("EL903") == 0);
    CHECK(read(modern_office + "static (inside,outside) 203.0.113.25 10.0.0.25\n").messages().find("EL901") == 0);
}

TEST_CASE("asa: groups that contain themselves, and that double with every level") {
    const auto cycle =
        read(modern_office +
             "object-group network A\n group-object B\nobject-group network B\n group-object A\n"
             "access-list I extended permit ip object-group A any\naccess-group I in interface inside\n");
    CHECK(cycle.messages().find("contains itself") != std::string::npos);
    std::string text = modern_office + "object-group network G0\n network-object host 10.0.0.1\n";
    for (int i = 1; i < 60; ++i) {
        const auto below = "G" + std::to_string(i - 1);
        text += "object-group network G" + std::to_string(i) + "\n group-object " + below + "\n group-object " + below +
                "\n";
    }
    text += "access-list I extended permit ip object-group G59 any\naccess-group I in interface inside\n";
    CHECK(read(text).devices.size() == 1);
}

TEST_CASE("asa: secrets are blotted out") {
    const char* text =
        "ASA Version 9.8(2)\nenable password SECRET01 encrypted\npasswd SECRET02 encrypted\n"
        "username admin password SECRET03 pbkdf2 privilege 15\nsnmp-server community SECRET04\n"
        "snmp-server host inside 10.0.0.9 community SECRET05 version 2c\nsnmp-server host inside 10.0.0.9 SECRET06\n"
        "snmp-server user u g v3 engineID 80 encrypted auth sha SECRET07 priv aes 128 SECRET08\n"
        "tunnel-group T ipsec-attributes\n ikev1 pre-shared-key SECRET09\n ikev2 local-authentication pre-shared-key "
        "SECRET10\n"
        "crypto isakmp key SECRET11 address 192.0.2.1\nisakmp key SECRET12 address 192.0.2.1 netmask 255.255.255.255\n"
        "aaa-server R (inside) host 10.0.0.9\n key SECRET13\naaa-server T (inside) host 10.0.0.9 SECRET14 timeout 10\n"
        "ntp authentication-key 1 md5 SECRET15\nfailover key SECRET16\nvpdn username u password SECRET17\n"
        "ldap attribute-map x\n ldap-login-password SECRET18\nboot config ftp://user:SECRET19@10.0.0.9/x\n"
        "access-list I remark the password SECRET20 is not here\ninterface GigabitEthernet0/0\n nameif outside\n"
        " ospf message-digest-key 1 md5 SECRET21\n ospf authentication-key SECRET22\nrouter bgp 1\n"
        " neighbor 192.0.2.1 password 7 SECRET23\nunknowncommand secret SECRET24\n"
        "crypto ca certificate chain X\n certificate 5ec4e701\n    5EC4E725 5EC4E726\n  quit\n"
        "key config-key password-encryption SECRET27\nwebvpn\n http-proxy 10.0.0.9 80 username u password SECRET28\n";
    const auto result = read(text);
    const std::string left(result.sources.text(base::FileId(0)));
    INFO(left);
    CHECK(left.find("SECRET") == std::string::npos);
    CHECK(left.find("5EC4E7") == std::string::npos);
    CHECK(left.size() == std::string_view(text).size());
    CHECK(result.messages().find("SECRET") == std::string::npos);
    for (const auto& device : result.devices)
        CHECK(model::print(device, &result.sources).find("SECRET") == std::string::npos);
}

TEST_CASE("asa: cut and garbled texts do no harm") {
    std::string whole =
        modern_office +
        "object network MAIL\n host 10.0.0.25\n nat (inside,outside) static 203.0.113.25 service tcp 25 25\n"
        "object-group network G\n network-object object MAIL\nnat (inside,outside) source dynamic any pat-pool "
        "G interface\naccess-list I extended permit tcp object-group G any eq smtp log\naccess-group I in "
        "interface inside\n";
    std::uint32_t seed = 7;
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
        std::string text = whole.substr(0, cut);
        for (int n = 0; n < 3 && !text.empty(); ++n) {
            seed = seed * 1664525 + 1013904223;
            text[(seed >> 8) % text.size()] = static_cast<char>(seed >> 3);
        }
        auto result = read(text);
        for (auto& device : result.devices) {
            model::resolve(device, result.diagnostics);
            CHECK(model::validate(device).empty());
        }
    }
}
