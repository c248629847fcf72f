// SPDX-License-Identifier: Apache-2.0
// Packets through configurations of PIX and of ASA up to 8.2, each with the document that says what becomes of them. CG
// is the Cisco Security Appliance Command Line Configuration Guide 7.2, chapter "Applying NAT"; P6 the Cisco PIX
// Firewall Command Reference 6.3.
#include <catch2/catch.hpp>

#include "support.hpp"

using namespace egresslint::test;

namespace {

struct Case {
    const char* config;
    Sent packet;
    const char* expected;
    const char* source;
};

void check(const std::string& office, const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.config << "\n"
                      << c.packet.in << " " << c.packet.src << " > " << c.packet.dst << "\nsource: " << c.source);
        CHECK(fate(office + c.config, c.packet) == c.expected);
    }
}

const Sent mail_out{"inside", "tcp", "10.0.0.25", 40000, "198.51.100.9", 25};
const Sent other_out{"inside", "tcp", "10.0.0.99", 40000, "198.51.100.9", 25};
const Sent mail_in{"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 25};

std::string asa82() {
    std::string text = modern_office;
    text.replace(0, text.find('\n'), "ASA Version 8.2(5)");
    return text;
}

}  // namespace

TEST_CASE("pix: dynamic translation") {
    check(classic_office,
          {
              {"", mail_out, "drop", "P6 nat: without a translation nothing goes from inside to outside"},
              {"nat (inside) 1 0 0\nglobal (outside) 1 interface\n", mail_out,
               "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "P6 global: interface"},
              {"nat (inside) 1 10.0.0.0 255.255.255.0\nglobal (outside) 1 203.0.113.25\n", other_out,
               "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "P6 global: PAT"},
              {"nat (inside) 1 0 0\nglobal (outside) 1 203.0.113.10-203.0.113.12 netmask 255.255.255.224\n", mail_out,
               "accept outside 203.0.113.10-203.0.113.12:40000 > 198.51.100.9:25", "P6 global: NAT"},
              {"nat (inside) 1 0 0\nglobal (outside) 1 203.0.113.10-203.0.113.12\nglobal (outside) 1 203.0.113.13\n",
               mail_out,
               "accept outside 203.0.113.10-203.0.113.12:40000 > 198.51.100.9:25 | accept outside 203.0.113.13:40000 > "
               "198.51.100.9:25",
               "P6 global: ranges first, then the PAT address"},
              {"nat (inside) 1 0 0\nglobal (outside) 2 interface\n", mail_out, "drop",
               "P6 nat: the numbers of nat and global have to agree"},
              {"nat (inside) 1 0 0\nglobal (dmz) 1 interface\n", mail_out, "drop",
               "P6 global: of the interface it leaves by"},
              {"nat (inside) 1 0 0\nglobal (dmz) 1 interface\n",
               {"inside", "tcp", "10.0.0.25", 40000, "172.16.0.9", 25},
               "accept dmz 172.16.0.1:40000 > 172.16.0.9:25",
               "P6 global"},
              {"nat (inside) 1 0 0\nnat (inside) 2 10.0.0.25 255.255.255.255\nglobal (outside) 1 interface\n"
               "global (outside) 2 203.0.113.25\n",
               mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "CG: regular dynamic NAT, best match"},
              {"nat (inside) 0 10.0.0.0 255.255.255.0\n", mail_out, "accept outside 10.0.0.25:40000 > 198.51.100.9:25",
               "CG: identity NAT"},
              {"nat (inside) 0 10.0.0.0 255.255.255.0\naccess-list O permit ip any any\naccess-group O in interface "
               "outside\n",
               {"outside", "tcp", "198.51.100.9", 40000, "10.0.0.25", 25},
               "drop",
               "CG: identity NAT is for connections from the host only"},
              {"access-list P permit tcp any any eq 25\nnat (inside) 2 access-list P\nnat (inside) 1 10.0.0.25 "
               "255.255.255.255\nglobal (outside) 1 interface\nglobal (outside) 2 203.0.113.25\n",
               mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25",
               "CG: policy dynamic NAT before regular dynamic NAT"},
              {"access-list X permit ip 10.0.0.0 255.255.255.0 192.0.2.0 255.255.255.0\nnat (inside) 0 access-list X\n"
               "nat (inside) 1 0 0\nglobal (outside) 1 interface\n",
               {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
               "accept outside 10.0.0.25:40000 > 192.0.2.7:25",
               "CG: NAT exemption"},
              {"access-list X permit ip 10.0.0.0 255.255.255.0 any\nnat (inside) 0 access-list X\n"
               "static (inside,outside) 203.0.113.25 10.0.0.25 netmask 255.255.255.255\n",
               mail_out, "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "CG: NAT exemption before static NAT"},
          });
}

// Command Reference 6, "outbound" and "apply"; what `except` means besides: Cisco Press, "AAA and the PIX", on
// enterprisenetworkingplanet.com.
TEST_CASE("pix: outbound lists") {
    const std::string nat = "nat (inside) 1 0 0\nglobal (outside) 1 interface\n";
    const char* const passes = "accept outside 203.0.113.2:40000 > 198.51.100.9:25";
    const char* const both = "accept outside 203.0.113.2:40000 > 198.51.100.9:25 | drop";
    const auto with = [&](const char* lists) { return nat + lists; };
    const std::string deny = with("outbound 1 deny 0 0 25 tcp\napply (inside) 1 outgoing_src\n");
    const std::string but_mail = with(
        "outbound 1 deny 0 0 25 tcp\noutbound 1 permit 10.0.0.25 255.255.255.255 25 tcp\n"
        "apply (inside) 1 outgoing_src\n");
    const std::string other_port = with("outbound 1 deny 0 0 80 tcp\napply (inside) 1 outgoing_src\n");
    const std::string unapplied = with("outbound 1 deny 0 0\n");
    const std::string by_destination =
        with("outbound 2 deny 198.51.100.0 255.255.255.0\napply (inside) 2 outgoing_dest\n");
    const std::string except = with(
        "outbound 1 deny 10.0.0.0 255.255.255.0\noutbound 1 except 198.51.100.9 "
        "255.255.255.255 25 tcp\napply (inside) 1 outgoing_src\n");
    const std::string elsewhere = with("outbound 1 deny 0 0\napply (dmz) 1 outgoing_src\n");
    const std::string either = with(
        "outbound 1 permit 10.0.0.25\noutbound 2 deny 0 0 25\napply (inside) 1 outgoing_src\n"
        "apply (inside) 2 outgoing_dest\n");
    const std::string tie =
        with("outbound 1 deny 10.0.0.25\noutbound 1 permit 10.0.0.25\napply (inside) 1 outgoing_src\n");
    // The mail server's own entry is narrower by address, the other one by port: not settled here.
    const std::string crossing = with(
        "outbound 1 permit 10.0.0.25 255.255.255.255\noutbound 1 deny 10.0.0.0 255.255.255.0 25\n"
        "apply (inside) 1 outgoing_src\n");
    const std::string apart = with(
        "outbound 1 permit 10.0.0.25 255.255.255.255 80\noutbound 1 deny 10.0.0.0 255.255.255.0 25\n"
        "apply (inside) 1 outgoing_src\n");
    const std::string two_lists = with(
        "outbound 1 permit 10.0.0.25\noutbound 2 deny 0 0 25\napply (inside) 1 outgoing_src\n"
        "apply (inside) 2 outgoing_src\n");
    const std::string undefined = with("apply (inside) 7 outgoing_src\n");
    const std::string no_ports = with("outbound 1 deny 0 0 25 icmp\napply (inside) 1 outgoing_src\n");
    const std::string java = with("outbound 1 deny 0 0 java\napply (inside) 1 outgoing_src\n");
    const std::string odd = with("outbound 1 deny 0 0 nosuchport\napply (inside) 1 outgoing_src\n");
    check(
        classic_office,
        {
            {deny.c_str(), mail_out, "drop", "P6 outbound"},
            {other_port.c_str(), mail_out, passes, "P6 outbound: what no entry matches passes"},
            {but_mail.c_str(), mail_out, passes, "P6 outbound: the narrower entry decides that lies within the other"},
            {but_mail.c_str(), other_out, "drop", "P6 outbound: the narrower entry decides that lies within the other"},
            {unapplied.c_str(), mail_out, passes, "P6 apply: without it a list does nothing"},
            {by_destination.c_str(), mail_out, "drop", "P6 apply: outgoing_dest"},
            {except.c_str(), mail_out, passes, "Cisco Press: except names the other side"},
            {elsewhere.c_str(), mail_out, passes, "P6 apply: of one interface"},
            {either.c_str(), mail_out, "drop", "P6 apply: source and destination are judged both"},
            {tie.c_str(), mail_out, both, "not settled here"},
            {crossing.c_str(), mail_out, both, "narrower by address, narrower by port: not settled"},
            {apart.c_str(), mail_out, "drop", "P6 outbound: entries that share no packet"},
            {two_lists.c_str(), mail_out, both, "two lists on one side: not settled here"},
            {undefined.c_str(), mail_out, both, "a list that is not defined"},
            {no_ports.c_str(), mail_out, both, "ports of a protocol that has none"},
            {java.c_str(), mail_out, passes, "P6 outbound: java is about what a page holds"},
            {odd.c_str(), mail_out, both, "a port that nobody knows"},
        });
}

TEST_CASE("pix: static translation") {
    const char* fixed =
        "static (inside,outside) 203.0.113.25 10.0.0.25 netmask 255.255.255.255 0 0\n"
        "nat (inside) 1 0 0\nglobal (outside) 1 interface\n"
        "access-list O permit tcp any host 203.0.113.25 eq smtp\naccess-group O in interface outside\n";
    check(
        classic_office,
        {
            {fixed, mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25", "P6 static"},
            {fixed, other_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "CG: static before dynamic"},
            {fixed, mail_in, "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
             "CG: access lists of the outside use the mapped address"},
            {"static (inside,outside) 203.0.113.25 10.0.0.25\n", mail_in, "drop",
             "P6 static: a list or conduit has to permit"},
            {"static (inside,outside) 203.0.113.25 10.0.0.25\naccess-list O permit tcp any host 10.0.0.25 eq smtp\n"
             "access-group O in interface outside\n",
             mail_in, "drop", "CG: the real address in the list of the outside does not match"},
            {"static (inside,outside) 203.0.113.25 10.0.0.25\nconduit permit tcp host 203.0.113.25 eq smtp any\n",
             mail_in, "accept inside 198.51.100.9:40000 > 10.0.0.25:25", "P6 conduit: global address first"},
            {"static (inside,outside) 203.0.113.25 10.0.0.25\nconduit permit tcp host 203.0.113.25 eq www any\n",
             mail_in, "drop", "P6 conduit"},
            {"static (inside,outside) tcp interface smtp 10.0.0.25 smtp\nnat (inside) 1 0 0\n"
             "global (outside) 1 interface\naccess-list O permit tcp any interface outside eq smtp\n"
             "access-group O in interface outside\n",
             {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.2", 25},
             "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
             "P6 static: interface"},
            {"static (inside,outside) tcp 203.0.113.25 2525 10.0.0.25 smtp\nnat (inside) 1 0 0\n"
             "global (outside) 1 interface\n",
             mail_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "P6 static: a port is that of the server"},
            {"static (inside,outside) tcp 203.0.113.25 2525 10.0.0.25 smtp\naccess-list O permit tcp any host "
             "203.0.113.25 eq 2525\naccess-group O in interface outside\n",
             {"outside", "tcp", "198.51.100.9", 40000, "203.0.113.25", 2525},
             "accept inside 198.51.100.9:40000 > 10.0.0.25:25",
             "P6 static: port redirection"},
            {"static (inside,outside) 192.0.2.0 10.0.0.0 netmask 255.255.255.0\n", mail_out,
             "accept outside 192.0.2.25:40000 > 198.51.100.9:25", "P6 static: a network"},
            {"static (inside,dmz) 10.0.0.0 10.0.0.0 netmask 255.255.255.0\n",
             {"inside", "tcp", "10.0.0.25", 40000, "172.16.0.9", 25},
             "accept dmz 10.0.0.25:40000 > 172.16.0.9:25",
             "P6 static: identity"},
            {"access-list P permit ip host 10.0.0.25 192.0.2.0 255.255.255.0\n"
             "static (inside,outside) 203.0.113.25 access-list P\nnat (inside) 1 0 0\nglobal (outside) 1 interface\n",
             mail_out, "accept outside 203.0.113.2:40000 > 198.51.100.9:25",
             "CG: policy static NAT, another destination"},
            {"access-list P permit ip host 10.0.0.25 192.0.2.0 255.255.255.0\n"
             "static (inside,outside) 203.0.113.25 access-list P\nnat (inside) 1 0 0\nglobal (outside) 1 interface\n",
             {"inside", "tcp", "10.0.0.25", 40000, "192.0.2.7", 25},
             "accept outside 203.0.113.25:40000 > 192.0.2.7:25",
             "CG: policy static NAT"},
            {"access-list P permit ip host 10.0.0.25 any\nstatic (inside,outside) 203.0.113.25 access-list P\n"
             "static (inside,outside) 203.0.113.26 10.0.0.25\n",
             mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25",
             "CG: static NAT, regular and policy, in order until the first match"},
            {"static (outside,inside) 10.0.0.200 192.0.2.9\nnat (inside) 1 0 0\nglobal (outside) 1 interface\n",
             {"inside", "tcp", "10.0.0.25", 40000, "10.0.0.200", 25},
             "accept outside 203.0.113.2:40000 > 192.0.2.9:25",
             "CG: outside static NAT"},
            {"nat (outside) 3 192.0.2.0 255.255.255.0 outside\nglobal (inside) 3 interface\n"
             "static (inside,outside) 203.0.113.25 10.0.0.25\naccess-list O permit ip any any\n"
             "access-group O in interface outside\n",
             {"outside", "tcp", "192.0.2.7", 40000, "203.0.113.25", 25},
             "accept inside 10.0.0.1:40000 > 10.0.0.25:25",
             "CG: outside dynamic NAT"},
            {"nat (inside) 1 0 0\nglobal (outside) 1 interface\naccess-list I deny tcp any any eq 25\n"
             "access-list I permit ip any any\naccess-group I in interface inside\n",
             mail_out, "drop", "P6 access-group"},
        });
}

TEST_CASE("asa up to 8.2: NAT control is off") {
    check(asa82(),
          {
              {"", mail_out, "accept outside 10.0.0.25:40000 > 198.51.100.9:25",
               "CG: NAT control is disabled by default"},
              {"nat-control\n", mail_out, "drop", "CG: NAT control"},
              {"nat (inside) 1 10.0.0.0 255.255.255.0\nglobal (outside) 1 interface\n", mail_out,
               "accept outside 203.0.113.2:40000 > 198.51.100.9:25", "CG: dynamic NAT"},
              {"nat (inside) 1 10.0.0.0 255.255.255.0\nglobal (dmz) 1 interface\n", mail_out, "drop",
               "packetsneverlie.blogspot.com 2015/03: 8.2 lists it as `No matching global` and drops"},
              {"access-list O extended deny tcp any any eq 25\naccess-list O extended permit ip any any\n"
               "access-group O out interface outside\n",
               mail_out, "drop", "CG: outbound access lists"},
              {"static (inside,outside) 203.0.113.25 10.0.0.25 netmask 255.255.255.255\n"
               "access-list O extended permit tcp host 203.0.113.25 any eq 25\naccess-group O out interface outside\n",
               mail_out, "accept outside 203.0.113.25:40000 > 198.51.100.9:25",
               "CG: access lists on an interface use the addresses seen there"},
              {"nat (inside) 1 10.0.0.0 255.255.255.0\nglobal (outside) 1 interface\naccess-list O extended permit ip "
               "any "
               "any\naccess-group O in interface outside\n",
               {"outside", "tcp", "198.51.100.9", 40000, "10.0.0.25", 25},
               "drop",
               "syslog 305013: asymmetric NAT rules"},
          });
}

TEST_CASE("fwsm: nothing passes without an access list") {
    std::string text = modern_office;
    text.replace(0, text.find('\n'), "FWSM Version 4.1(4)");
    check(text, {
                    {"", mail_out, "drop",
                     "FWSM configuration guide (Cisco 7604, page 299): without an inbound access list all is dropped"},
                    {"access-list I extended permit ip any any\naccess-group I in interface inside\n", mail_out,
                     "accept outside 10.0.0.25:40000 > 198.51.100.9:25", "the same"},
                });
}
