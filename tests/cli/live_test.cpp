// SPDX-License-Identifier: Apache-2.0
// The --live options of the program, against name servers on the loopback interface.
#include <chrono>
#include <thread>

#include "program.hpp"
#include "tests/support/name_server.hpp"

using namespace egresslint::tests;
using egresslint::test::Server;
namespace fs = std::filesystem;

namespace {

/// exchange, 10.20.0.25, sends as 198.51.100.5.
const Files office{
    {"edge.nft",
     "table ip f {\n chain forward {\n  type filter hook forward priority 0; policy drop;\n"
     "  iifname lan0 oifname wan0 ip saddr 10.20.0.25 tcp dport 25 accept\n }\n"
     " chain postrouting {\n  type nat hook postrouting priority srcnat;\n"
     "  oifname wan0 ip saddr 10.20.0.25 snat to 198.51.100.5\n }\n}\n"},
    {"egresslint.toml",
     "[site]\ninternal = [\"10.20.0.0/16\"]\n[[mail_server]]\nname = \"exchange\"\naddress = [\"10.20.0.25\"]\n"
     "outbound = [\"198.51.100.5\"]\n[[device]]\nname = \"edge\"\nconfig = [\"edge.nft\"]\nexternal = [\"wan0\"]\n"}};

/// Asks until the server has started.
Ran when(const Scratch& scratch, const std::string& command, const std::string& says) {
    Ran ran;
    for (int i = 0; i < 50; ++i) {
        ran = scratch.run(command);
        if (ran.out.find(says) != std::string::npos) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return ran;
}

}  // namespace

TEST_CASE("--live-dns asks the resolver what no text says", "[live]") {
    if (!fs::exists("/usr/sbin/nsd")) {
        WARN("SKIPPED: nsd is not installed");
        return;
    }
    Server server;
    server.write("forward",
                 "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 host 1 2 3 4 5\n NS ns1\nns1 A 127.0.0.1\n"
                 "mail A 198.51.100.6\n");
    server.write("reverse",
                 "$ORIGIN 100.51.198.in-addr.arpa.\n$TTL 60\n@ SOA ns1.example.com. host.example.com. 1 2 3 4 5\n"
                 " NS ns1.example.com.\n5 PTR mail.example.com.\n");
    server.serve({{"example.com", "forward"}, {"100.51.198.in-addr.arpa", "reverse"}});
    const Scratch scratch(office);
    const Ran ran = when(scratch, "check --live-dns " + server.address() + " --format concise", "EL302");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 1);
    CHECK(ran.out.find("<dns 5.100.51.198.in-addr.arpa PTR>") != std::string::npos);
    CHECK(ran.out.find("mail.example.com leads to 198.51.100.6") != std::string::npos);
    // Nothing is asked without the option, and nothing is found.
    const Ran quiet = scratch.run("check --format concise");
    INFO(quiet.out << quiet.err);
    CHECK(quiet.status == 0);
    CHECK(quiet.out.find("EL30") == std::string::npos);
}

TEST_CASE("--live-dnsbl finds the listed address of a mail server", "[live]") {
    if (!fs::exists("/usr/sbin/rbldnsd")) {
        WARN("SKIPPED: rbldnsd is not installed");
        return;
    }
    Server server;
    server.write("bl",
                 "$SOA 3000 ns.bl.example.net. host.bl.example.net. 0 600 300 86400 300\n$NS 3000 ns.bl.example.net.\n"
                 ":127.0.0.2:spam source $\n127.0.0.2\n198.51.100.5\n");
    server.start({"/usr/sbin/rbldnsd", "-n", "-q", "-b", "127.0.0.1/" + std::to_string(server.port.number), "-w",
                  server.directory.string(), "bl.example.net:ip4set:bl"});
    const Scratch scratch(office);
    const Ran ran =
        when(scratch,
             "check --live-dns " + server.address() + " --live-dnsbl bl.example.net --format concise --select EL310",
             "EL310");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 1);
    CHECK(ran.out.find("198.51.100.5") != std::string::npos);
    CHECK(ran.out.find("bl.example.net") != std::string::npos);
}
