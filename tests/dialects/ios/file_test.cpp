// SPDX-License-Identifier: Apache-2.0
// Whole files: which dialect they are, what stays secret, what is reported, and that nothing brings the reader down.
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

TEST_CASE("ios: detection") {
    CHECK(detected(office) == "ios");
    CHECK(detected("version 12.4\nhostname x\ninterface Vlan1\n") == "ios");
    CHECK(detected("ip access-list extended A\n permit ip any any\n") == "ios");
    CHECK(detected("access-list 101 permit tcp any any eq smtp\nline vty 0 4\n") == "ios");
    CHECK(detected("interface Dialer1\n ip nat outside\n") == "ios");
    CHECK(detected("zone-pair security a source b destination c\n") == "ios");
    CHECK(detected("ASA Version 9.8(2)\naccess-list 101 extended permit ip any any\n") == "asa");
    CHECK(detected("PIX Version 6.3(5)\naccess-list 101 permit ip any any\n") == "pix");
    CHECK(detected("version 7.0(3)I7(1)\nswitchname x\nip access-list A\n 10 permit ip any any\n") == "");  // NX-OS
    CHECK(detected("!! IOS XR Configuration 6.1.2\nipv4 access-list A\n 10 permit ipv4 any any\n") == "");
    CHECK(detected("version 12.1X46-D10;\nsystem {\n}\n") == "");
}

TEST_CASE("ios: fixtures of the other dialects are not mistaken") {
    const std::filesystem::path root = std::filesystem::path(EGRESSLINT_SOURCE_DIR) / "fixtures";
    std::size_t own = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file() || entry.path().extension() == ".toml" || entry.path().extension() == ".json")
            continue;
        INFO(entry.path());
        const bool mine = entry.path().parent_path().filename() == "ios";
        own += mine ? 1 : 0;
        CHECK((detected(content(entry.path())) == "ios") == mine);
    }
    CHECK(own >= 3);
}

TEST_CASE("ios: what stands around a configuration") {
    const char* text =
        "edge#show running-config\r\nBuilding configuration...\r\n\r\nCurrent configuration : 900 bytes\r\n!\r\n"
        "version 15.7\r\nbanner motd ^C\r\nip nat inside source static 10.0.0.9 203.0.113.9\r\n^C\r\n"
        "banner login # one line #\r\n"
        "crypto pki certificate chain X\r\n certificate self-signed 01\r\n  30820122 30820122\r\n  \tquit\r\n"
        "interface GigabitEthernet0/1\r\n description ip nat outside\r\n ! not the end\r\n"
        " --More--         \b\b\b\b ip address 10.0.0.1 255.255.255.0\r\n!\r\n"
        "ip route 0.0.0.0 0.0.0.0 10.0.0.254\r\nend\r\nedge#exit\r\n";
    const auto result = read(text);
    REQUIRE(result.devices.size() == 1);
    CHECK(result.messages() == "");
    REQUIRE(result.devices[0].interfaces.size() == 3);
    CHECK(result.devices[0].interfaces[2].addresses.size() == 1);
    CHECK(chain_text(result.devices[0], "translate").empty());
}

TEST_CASE("ios: a script without indents, and comments between the lines of a list") {
    const auto result = read(
        "interface Gi0/1\nip address 10.0.0.1 255.255.255.0\nip access-group A in\nno shutdown\nexit\n"
        "ip access-list extended A\n! first\n permit tcp any any eq 25\n!\n deny ip any any\nexit\n"
        "ip route 0.0.0.0 0.0.0.0 10.0.0.254\n");
    CHECK(result.messages() == "");
    CHECK(chain_text(result.devices.at(0), "access-list A") == "proto=tcp dport=25 => accept\nany => drop");
}

TEST_CASE("ios: what nobody reads is reported") {
    const auto said = [](const std::string& lines) { return read(office + lines).messages(); };
    CHECK(said("frobnicate the packets\n") == "EL901 edge.cfg:13:1 `frobnicate the packets` is not analysed\n");
    CHECK(said("interface GigabitEthernet0/2\n ip wccp 61 redirect in\n") ==
          "EL901 edge.cfg:14:2 `ip wccp 61 redirect in` is not analysed\n");
    CHECK(said("interface GigabitEthernet0/2\n ip admission RULE\n") ==
          "EL901 edge.cfg:14:2 `ip admission RULE` is not analysed\n");
    CHECK(said("interface GigabitEthernet0/2\n ip verify unicast source reachable-via rx\n").find("EL901") == 0);
    CHECK(said("ip nat inside source list 1 pool P vrf A\n").find("EL901") == 0);
    CHECK(said("ip nat pool P 203.0.113.9 203.0.113.1 netmask 255.255.255.0\n").find("EL901") == 0);
    CHECK(said("ip nat inside source list 1 interface GigabitEthernet0/0 overload\n").find("EL903") == 0);  // no list 1
    CHECK(said("vlan access-map M 10\n match ip address A\n").find("EL901") == 0);
    CHECK(said("no ip routing\n").find("EL901") == 0);
    CHECK(said("no ipv6 access-list A\n") == "");
    CHECK(said("ipv6 access-list A\n permit ipv6 any any\nno ipv6 access-list A\n").find("EL901 edge.cfg:15") == 0);
    CHECK(said("interface GigabitEthernet0/1\n vrf forwarding A\n").find("EL901") == 0);  // translated without `vrf`
    CHECK(said("router ospf 1\n network 10.0.0.0 0.0.0.255 area 0\n").find("EL903") == 0);
    CHECK(
        said(
            "snmp-server location x\nntp server 192.0.2.1\nline vty 0 4\n access-class 1 in\n transport input ssh\n") ==
        "");
}

TEST_CASE("ios: lists that logins and routing protocols use are used") {
    const auto result =
        read(office +
             "access-list 5 permit any\naccess-list 6 permit any\naccess-list 7 permit any\nip access-list standard V\n"
             " permit any\nline vty 0 4\n access-class 5 in\nsnmp-server community public RO 6\n"
             "route-map R permit 10\n match ip address V\nrouter bgp 1\n neighbor 192.0.2.1 route-map R out\n");
    std::string unused;
    for (const auto& object : result.devices.at(0).objects)
        if (object.used.empty()) unused += object.kind + " " + object.name + "\n";
    CHECK(unused == "access-list 7\n");
}

TEST_CASE("ios: what a text takes back") {
    const std::string lines =
        "interface GigabitEthernet0/1\n ip address 10.9.0.1 255.255.255.0 secondary\n ip access-group A in\n"
        " no ip access-group A in\n no ip address 10.9.0.1 255.255.255.0 secondary\nip access-list extended A\n"
        " deny ip any any\nno ip access-list extended A\naccess-list 5 deny any\nno access-list 5\n"
        "access-list 5 permit host 10.0.0.25\ninterface GigabitEthernet0/1\n ip access-group 5 in\n";
    CHECK(fate(office + lines, mail_out) == "accept GigabitEthernet0/0 10.0.0.25:40000 > 198.51.100.9:25");
    CHECK(fate(office + lines, other_out) == "drop");
    const auto result = read(office + lines);
    CHECK(result.messages() == "");
    CHECK(result.devices.at(0).interfaces.at(3).addresses.size() == 1);
}

TEST_CASE("ios: groups that contain themselves, and that double with every level") {
    const auto cycle = read(office +
                            "object-group network A\n group-object B\nobject-group network B\n group-object A\n"
                            "interface GigabitEthernet0/1\n ip access-group L in\nip access-list extended L\n"
                            " permit ip object-group A any\n");
    CHECK(cycle.messages().find("contains itself") != std::string::npos);
    std::string text = office + "object-group network G0\n host 10.0.0.1\n";
    for (int i = 1; i < 60; ++i) {
        const auto below = "G" + std::to_string(i - 1);
        text += "object-group network G" + std::to_string(i) + "\n group-object " + below + "\n group-object " + below +
                "\n";
    }
    text +=
        "interface GigabitEthernet0/1\n ip access-group L in\nip access-list extended L\n"
        " permit ip object-group G59 any\n";
    CHECK(read(text).devices.size() == 1);
    std::string deep = office;
    for (int i = 0; i < 200; ++i)
        deep += "class-map type inspect match-any C" + std::to_string(i) + "\n match class-map C" +
                std::to_string((i + 1) % 200) + "\n";
    deep +=
        "zone security a\nzone security b\ninterface GigabitEthernet0/1\n zone-member security a\n"
        "policy-map type inspect P\n class type inspect C0\n  inspect\nzone-pair security p source a destination b\n"
        " service-policy type inspect P\n";
    CHECK(read(deep).messages().find("too deep") != std::string::npos);
}

TEST_CASE("ios: secrets are blotted out") {
    const char* text =
        "version 15.7\nenable secret 5 SECRET01\nenable password level 7 7 SECRET02\n"
        "username admin privilege 15 secret 9 SECRET03\nusername u password 7 SECRET04\n"
        "snmp-server community SECRET05 RO 10\nsnmp-server host 192.0.2.9 version 2c SECRET06\n"
        "snmp-server user u g v3 auth sha SECRET07 priv aes 128 SECRET08\n"
        "tacacs-server key 7 SECRET09\ntacacs-server host 192.0.2.9 key SECRET10\nradius-server key SECRET11\n"
        "radius server R\n address ipv4 192.0.2.9 auth-port 1812 acct-port 1813\n key 7 SECRET12\n"
        "aaa group server radius G\n server-private 192.0.2.9 key SECRET13\n"
        "crypto isakmp key SECRET14 address 192.0.2.1\ncrypto isakmp key 6 SECRET15 hostname x.example.com\n"
        "crypto keyring K\n  pre-shared-key address 192.0.2.1 key SECRET16\n"
        "crypto ikev2 keyring K\n peer P\n  pre-shared-key local SECRET17\n"
        "dot11 ssid X\n wpa-psk ascii 7 SECRET18\ninterface Dot11Radio0\n encryption key 1 size 128bit 7 SECRET19 "
        "transmit-key\ninterface Dialer1\n ppp chap password 7 SECRET20\n"
        " ppp pap sent-username u password 0 SECRET21\n ip ospf authentication-key SECRET22\n"
        " ip ospf message-digest-key 1 md5 7 SECRET23\n standby 1 authentication SECRET24\n"
        " standby 1 authentication md5 key-string SECRET25\n ip nhrp authentication SECRET26\n"
        "key chain K\n key 1\n  key-string 7 SECRET27\nrouter bgp 1\n neighbor 192.0.2.1 password 7 SECRET28\n"
        "ntp authentication-key 1 md5 SECRET29 7\nline vty 0 4\n password 7 SECRET30\n"
        "ip ftp password SECRET31\narchive\n path ftp://user:SECRET32@192.0.2.9/x\n"
        "access-list 1 remark the password SECRET33 is not here\nvtp password SECRET34\n"
        "crypto pki certificate chain X\n certificate 5ec4e701\n  5EC4E725 5EC4E726\n  quit\n"
        "key config-key password-encrypt SECRET35\nunknowncommand secret SECRET36\n";
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

TEST_CASE("ios: cut and garbled texts do no harm") {
    const std::string whole =
        office +
        "object-group network MAIL\n host 10.0.0.25\naccess-list 1 permit 10.0.0.1 0.0.0.254\n"
        "ip nat pool P 203.0.113.8 203.0.113.9 prefix-length 29\nip nat inside source list 1 pool P overload\n"
        "ip nat inside source static tcp 10.0.0.25 25 203.0.113.25 25 route-map M extendable\nroute-map M permit 10\n"
        " match ip address 1\n set ip next-hop 203.0.113.1\nip access-list extended A\n"
        " permit tcp object-group MAIL any eq smtp established log\ninterface GigabitEthernet0/1\n ip access-group A "
        "in\n"
        " ip policy route-map M\n zone-member security in\nclass-map type inspect match-any C\n match protocol smtp\n"
        "policy-map type inspect P\n class type inspect C\n  inspect\nzone-pair security z source in destination out\n"
        " service-policy type inspect P\n";
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
