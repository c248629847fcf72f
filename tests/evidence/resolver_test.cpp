// SPDX-License-Identifier: Apache-2.0
// The live resolver, against servers on the loopback interface: NSD with a zone, rbldnsd with a block list, and one
// that never answers.
#include <chrono>
#include <filesystem>
#include <thread>

#include "dns_text.hpp"
#include "evidence/resolver.hpp"
#include "evidence/spf.hpp"
#include "tests/support/name_server.hpp"

using namespace egresslint;
using namespace egresslint::evidence;
namespace fs = std::filesystem;
using test::Port;
using test::Server;

namespace {

std::shared_ptr<LiveNames> ask(base::Sources& sources, const std::string& server, unsigned timeout = 2) {
    ResolverOptions options;
    options.server = server;
    options.timeout_seconds = timeout;
    options.attempts = 1;
    auto live = live_names(sources, options);
    REQUIRE(live);
    return *live;
}

/// A server needs a moment to start; what it said before is asked anew.
template <class Ready>
std::shared_ptr<LiveNames> when_ready(base::Sources& sources, const std::string& server, const Ready& ready) {
    std::shared_ptr<LiveNames> live;
    for (int i = 0; i < 100; ++i) {
        live = ask(sources, server);
        if (ready(*live)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return live;
}

}  // namespace

TEST_CASE("a live resolver answers what no text says, and its answers have places", "[live]") {
    if (!fs::exists("/usr/sbin/nsd")) {
        WARN("nsd is not installed");
        return;
    }
    Server server;
    server.write(
        "zone",
        "$ORIGIN example.com.\n$TTL 60\n@ SOA ns1 host 1 2 3 4 5\n NS ns1\n MX 10 mail\n TXT \"v=spf1 mx -all\"\n"
        "ns1 A 127.0.0.1\nmail A 198.51.100.5\nwww CNAME mail\n");
    server.serve({{"example.com", "zone"}});
    base::Sources sources;
    Dns dns;
    dns.ask_live(when_ready(sources, server.address(), [](LiveNames& live) {
        return live.ask("example.com", RecordType::soa).answer == Answer::yes;
    }));
    const Lookup mail = dns.lookup("www.example.com", RecordType::a);
    REQUIRE(mail.answer == Answer::yes);
    CHECK(mail.records.front()->value == "198.51.100.5");
    CHECK(mail.aliases.size() == 1);
    CHECK(sources.where(mail.records.front()->span) == "<dns mail.example.com A>:3:1");
    CHECK(sources.text(mail.records.front()->span) == "mail.example.com.\t60\tIN\tA\t198.51.100.5");
    const Lookup nobody = dns.lookup("nobody.example.com", RecordType::a);
    CHECK(nobody.answer == Answer::no);
    CHECK(nobody.no_name);
    CHECK(dns.lookup("mail.example.com", RecordType::aaaa).answer == Answer::no);
    CHECK_FALSE(dns.lookup("mail.example.com", RecordType::aaaa).no_name);
    // A server that is asked about others' names refuses.
    CHECK(dns.lookup("example.org", RecordType::a).answer == Answer::not_known);
    CHECK(dns.lookup("example.org", RecordType::a).because.find("REFUSED") != std::string::npos);
    // Once asked is not asked again: no new text.
    const std::size_t texts = sources.size();
    static_cast<void>(dns.lookup("www.example.com", RecordType::a));
    CHECK(sources.size() == texts);
    const auto spf = check_host(dns, "example.com", base::Family::v4,
                                base::IntervalSet::single(base::parse_address("198.51.100.5")->bits), "");
    REQUIRE(spf.size() == 1);
    CHECK(spf.front().result == SpfResult::pass);
}

TEST_CASE("block lists: an answer within 127.0.0.0/8 is a listing (RFC 5782)", "[live]") {
    CHECK(listing_name(*base::parse_address("198.51.100.2"), "BL.example.net.") == "2.100.51.198.bl.example.net");
    CHECK(listing_name(*base::parse_address("2001:db8::25"), "bl.example.net") ==
          "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example.net");
    if (!fs::exists("/usr/sbin/rbldnsd")) {
        WARN("rbldnsd is not installed");
        return;
    }
    Server server;
    server.write("bl",
                 "$SOA 3000 ns.bl.example.net. host.bl.example.net. 0 600 300 86400 300\n$NS 3000 ns.bl.example.net.\n"
                 ":127.0.0.2:spam source $\n127.0.0.2\n198.51.100.2\n198.51.100.9 :127.255.255.254:ask elsewhere\n"
                 "198.51.100.10 :192.0.2.1:parked\n");
    server.start({"/usr/sbin/rbldnsd", "-n", "-q", "-b", "127.0.0.1/" + std::to_string(server.port.number), "-w",
                  server.directory.string(), "bl.example.net:ip4set:bl"});
    base::Sources sources;
    // RFC 5782, 5: every list holds 127.0.0.2.
    const auto live = when_ready(sources, server.address(), [](LiveNames& l) {
        return listing(l, *base::parse_address("127.0.0.2"), "bl.example.net").answer == Answer::yes;
    });
    const auto asked = [&](const char* address) {
        return listing(*live, *base::parse_address(address), "bl.example.net").answer;
    };
    CHECK(asked("198.51.100.2") == Answer::yes);
    CHECK(asked("198.51.100.3") == Answer::no);
    CHECK(asked("198.51.100.9") == Answer::not_known);
    CHECK(asked("198.51.100.10") == Answer::not_known);
    const Lookup text = live->ask("2.100.51.198.bl.example.net", RecordType::txt);
    REQUIRE(text.answer == Answer::yes);
    CHECK(text.records.front()->value == "spam source 198.51.100.2");
}

TEST_CASE("a resolver that never answers costs its timeout and says nothing", "[live]") {
    const Port silent;
    base::Sources sources;
    const auto live = ask(sources, "127.0.0.1@" + std::to_string(silent.number), 1);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(live->ask("mail.example.com", RecordType::a).answer == Answer::not_known);
    CHECK(live->ask("mail.example.com", RecordType::a).answer == Answer::not_known);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
    for (const char* wrong : {"resolver.example", "127.0.0.1@0", "127.0.0.1@x", "127.0.0.1@70000"}) {
        ResolverOptions options;
        options.server = wrong;
        CHECK_FALSE(live_names(sources, options));
    }
}
