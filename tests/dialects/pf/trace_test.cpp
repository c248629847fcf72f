// SPDX-License-Identifier: Apache-2.0
// What becomes of a packet. Sources: pf.conf(5) of OpenBSD 7 (section named), pf.conf(5) of FreeBSD 14 (section named),
// and what pfctl itself makes of such a line in its regression tests ("regress pfN").
#include <catch2/catch.hpp>

#include "tests/dialects/pf/support.hpp"

namespace egresslint::test::pf {
namespace {

struct Case {
    const char* what;
    const char* source;
    std::string config;
    const char* packet;
    const char* answer;
};

void run(const std::vector<Case>& cases) {
    for (const auto& c : cases) {
        INFO(c.what << " (" << c.source << ")\n" << c.config << read(c.config).messages());
        CHECK(traced(c.config, c.packet) == c.answer);
    }
}

constexpr const char* mail_out = "em1 tcp 10.0.0.25:40000 > 198.18.0.9:25";
constexpr const char* pc_out = "em1 tcp 10.0.0.99:40000 > 198.18.0.9:25";
constexpr const char* mail_in = "em0 tcp 198.18.0.9:40000 > 203.0.113.25:25";
constexpr const char* untranslated = "accept em0 10.0.0.25 > 198.18.0.9:25";

}  // namespace

TEST_CASE("pf: which rule decides", "[pf][trace]") {
    run({
        {"what no rule matches passes", "OpenBSD, PACKET FILTERING", "block in on em2\n", mail_out, untranslated},
        {"the last rule that matches decides", "OpenBSD, PACKET FILTERING",
         "pass\nblock in on em1 proto tcp to port 25\n", mail_out, "drop"},
        {"… and not the first", "OpenBSD, PACKET FILTERING", "block in on em1 proto tcp to port 25\npass\n", mail_out,
         untranslated},
        {"quick ends the search", "OpenBSD, quick", "block in quick on em1 proto tcp to port 25\npass\n", mail_out,
         "drop"},
        {"block return rejects", "OpenBSD, block", "block return in on em1\n", mail_out, "reject"},
        {"block-policy says what block does", "OpenBSD, OPTIONS", "set block-policy return\nblock in on em1\n",
         mail_out, "reject"},
        {"block drop is not moved by it", "OpenBSD, OPTIONS", "set block-policy return\nblock drop in on em1\n",
         mail_out, "drop"},
        {"a rule without a direction sees both", "OpenBSD, in or out", "block on em0\n", mail_out, "drop"},
        {"set skip: nothing is asked there", "OpenBSD, OPTIONS", "set skip on em1\nblock in\n", mail_out, untranslated},
        {"… nor translated", "OpenBSD, OPTIONS", "set skip on em0\nmatch out on em0 nat-to 203.0.113.25\n", mail_out,
         untranslated},
        {"match decides nothing", "OpenBSD, match", "block all\nmatch in on em1\n", mail_out, "drop"},
        {"flags S/SA of a rule that keeps state", "OpenBSD, flags", "block all\npass in on em1 proto tcp\npass out\n",
         mail_out, untranslated},
        {"user: somebody's sockets, who forwarded packets have none of", "OpenBSD, user",
         "block in proto tcp user root\n", mail_out, "unknown"},
        {"probability", "OpenBSD, probability", "block in on em1 probability 50%\n", mail_out, "unknown"},
        {"! of an interface", "OpenBSD, on", "block in on ! em0\n", mail_out, "drop"},
        {"tag and tagged", "OpenBSD, tagged", "match in on em1 tag LAN\nblock out on em0 tagged LAN\n", mail_out,
         "drop"},
        {"! tagged", "OpenBSD, tagged", "match in on em1 tag LAN\nblock out on em0 ! tagged LAN\n", mail_out,
         untranslated},
        {"received-on", "OpenBSD, received-on", "block out on em0 received-on em1\n", mail_out, "drop"},
        {"route-to with an interface", "FreeBSD, ROUTING", "pass in on em1 route-to (em2 198.51.100.1)\n", mail_out,
         "accept em2 10.0.0.25 > 198.18.0.9:25"},
        {"an anchor's rules are read in place", "OpenBSD, ANCHORS",
         "pass\nanchor \"mail\" in on em1 {\n\tblock proto tcp to port 25\n}\n", mail_out, "drop"},
        {"quick inside ends everything", "OpenBSD, ANCHORS",
         "anchor in on em1 {\n\tblock quick proto tcp to port 25\n}\npass\n", mail_out, "drop"},
        {"an anchor whose rules are elsewhere may do anything", "OpenBSD, ANCHORS", "pass\nanchor \"relayd/*\"\n",
         mail_out, "unknown"},
        {"a state limit", "OpenBSD, Stateful tracking options",
         "block\npass in on em1 keep state (max-src-conn-rate 5/10)\npass out\n", mail_out, "unknown"},
    });
}

TEST_CASE("pf: hosts, ports and lists", "[pf][trace]") {
    run({
        {"a list is a rule for each item", "OpenBSD, Lists", "block in from { 10.0.0.9, 10.0.0.25 }\n", mail_out,
         "drop"},
        {"of negated items each matches what the others are", "OpenBSD, Lists",
         "block in from { !10.0.0.9, !10.0.0.25 }\n", mail_out, "drop"},
        {"a macro with a list", "OpenBSD, MACROS", "mail = \"{ 10.0.0.25 10.0.0.26 }\"\nblock in from $mail\n",
         mail_out, "drop"},
        {"a macro of macros", "OpenBSD, MACROS", "a = \"10.0.0.25\"\nb = $a\nblock in from { $b }\n", mail_out, "drop"},
        {"a table", "OpenBSD, TABLES", "table <mail> const { 10.0.0.0/24 !10.0.0.99 }\nblock in from <mail>\n",
         mail_out, "drop"},
        {"… and what it excludes", "OpenBSD, TABLES",
         "table <mail> const { 10.0.0.0/24 !10.0.0.99 }\nblock in from <mail>\n", pc_out,
         "accept em0 10.0.0.99 > 198.18.0.9:25"},
        {"a table that is filled at run time", "OpenBSD, TABLES", "table <bad> persist\nblock in from <bad>\n",
         mail_out, "unknown"},
        {"a table from a file", "OpenBSD, TABLES", "table <bad> file \"/etc/bad\"\nblock in from <bad>\n", mail_out,
         "unknown"},
        {"a range of addresses", "OpenBSD, from", "block in from 10.0.0.20 - 10.0.0.29\n", mail_out, "drop"},
        {"a network of one's own interface", "OpenBSD, from", "block in from em1:network\n", mail_out, "drop"},
        {"the interface's address is another matter", "OpenBSD, from", "block in from em1\n", mail_out, untranslated},
        {"! makes the rule one of the address' IP version", "regress pf2", "block in from ! 10.0.0.9\n",
         "em1 tcp [2001:db8::1]:40000 > [2001:db8:9::9]:25", "reject"},  // there is no route
        {"ports by name", "OpenBSD, port", "block in proto tcp to port smtp\n", mail_out, "drop"},
        {"a range", "OpenBSD, port", "block in proto tcp to port 20:30\n", mail_out, "drop"},
        {"between, without the ends", "OpenBSD, port", "block in proto tcp to port 25 >< 30\n", mail_out, untranslated},
        {"outside of", "OpenBSD, port", "block in proto tcp to port 26 <> 30\n", mail_out, "drop"},
        {"not equal", "OpenBSD, port", "block in proto tcp to port != 25\n", mail_out, untranslated},
        {"less", "OpenBSD, port", "block in proto tcp to port < 26\n", mail_out, "drop"},
        {"antispoof", "OpenBSD, ANTISPOOF", "antispoof for em1\n", "em0 tcp 10.0.0.7:40000 > 203.0.113.2:25", "drop"},
        {"icmp types by name", "OpenBSD, icmp-type", "block in inet proto icmp icmp-type echoreq\n",
         "em1 icmp 10.0.0.25:0 > 198.18.0.9:0", "drop"},
        {"inet6 is another version", "OpenBSD, af", "block in inet6\n", mail_out, untranslated},
    });
}

TEST_CASE("pf: translation in filter rules", "[pf][trace]") {
    const std::string to_address = "match out on em0 inet from 10.0.0.25 nat-to 203.0.113.25 static-port\n";
    const std::string general = "match out on em0 inet from 10.0.0.0/24 nat-to 203.0.113.2 static-port\n";
    run({
        {"nat-to", "OpenBSD, TRANSLATION", general, mail_out, "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"a match translates at once: later rules see what it made", "OpenBSD, TRANSLATION", general + to_address,
         mail_out, "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"… so the special one stands first", "OpenBSD, TRANSLATION", to_address + general, mail_out,
         "accept em0 203.0.113.25 > 198.18.0.9:25"},
        {"… unless a later one matches the new source as well", "FreeBSD 15, NAT",
         to_address + "match out on em0 inet nat-to 203.0.113.2 static-port\n", mail_out,
         "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"of pass rules the last one's translation counts", "OpenBSD, TRANSLATION",
         "pass out on em0 from 10.0.0.0/24 nat-to 203.0.113.2 static-port\npass out on em0 from 10.0.0.25 nat-to "
         "203.0.113.25 static-port\n",
         mail_out, "accept em0 203.0.113.25 > 198.18.0.9:25"},
        {"the interface's address", "OpenBSD, TRANSLATION",
         "match out on em0 inet from 10.0.0.0/24 nat-to (em0) static-port\n", mail_out,
         "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"a pool", "OpenBSD, POOL OPTIONS",
         "match out on em0 from 10.0.0.0/24 nat-to { 203.0.113.8, 203.0.113.9 } static-port\n", mail_out,
         "accept em0 203.0.113.8-203.0.113.9 > 198.18.0.9:25"},
        {"rdr-to", "OpenBSD, TRANSLATION", "pass in on em0 inet proto tcp to 203.0.113.25 port 25 rdr-to 10.0.0.25\n",
         mail_in, "accept em1 198.18.0.9 > 10.0.0.25:25"},
        {"rdr-to another port", "OpenBSD, TRANSLATION",
         "pass in on em0 inet proto tcp to 203.0.113.25 port 25 rdr-to 10.0.0.25 port 2525\n", mail_in,
         "accept em1 198.18.0.9 > 10.0.0.25:2525"},
        {"rdr-to does nothing for what the host opens", "OpenBSD, TRANSLATION",
         "pass in on em0 inet proto tcp to 203.0.113.25 port 25 rdr-to 10.0.0.25\n", mail_out, untranslated},
        {"binat-to, out", "OpenBSD, TRANSLATION; regress pf17",
         "match on em0 inet from 10.0.0.25 binat-to 203.0.113.25\n", mail_out,
         "accept em0 203.0.113.25 > 198.18.0.9:25"},
        {"binat-to, in", "OpenBSD, TRANSLATION; regress pf17",
         "match on em0 inet from 10.0.0.25 binat-to 203.0.113.25\n", mail_in, "accept em1 198.18.0.9 > 10.0.0.25:25"},
        {"binat-to of networks keeps the host", "OpenBSD, TRANSLATION",
         "match on em0 inet from 10.0.0.0/24 binat-to 192.0.2.0/24\n", mail_out,
         "accept em0 192.0.2.25 > 198.18.0.9:25"},
        {"af-to is not modelled", "OpenBSD, TRANSLATION",
         "block in on em1\npass in on em1 inet af-to inet6 from 2001:db8::1\n", mail_out, "unknown"},
    });
}

TEST_CASE("pf: translation rules of FreeBSD and of old", "[pf][trace]") {
    const std::string general = "nat on em0 inet from 10.0.0.0/24 to any -> 203.0.113.2 static-port\n";
    run({
        {"nat", "FreeBSD 14, TRANSLATION", general, mail_out, "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"the first that matches translates", "FreeBSD 14, TRANSLATION",
         "nat on em0 inet from 10.0.0.25 to any -> 203.0.113.25 static-port\n" + general, mail_out,
         "accept em0 203.0.113.25 > 198.18.0.9:25"},
        {"… so behind the general one it is too late", "FreeBSD 14, TRANSLATION",
         general + "nat on em0 inet from 10.0.0.25 to any -> 203.0.113.25 static-port\n", mail_out,
         "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"no nat exempts", "FreeBSD 14, TRANSLATION", "no nat on em0 from 10.0.0.25 to any\n" + general, mail_out,
         untranslated},
        {"binat comes before nat", "FreeBSD 14, TRANSLATION",
         "binat on em0 inet from 10.0.0.25 to any -> 203.0.113.25\n" + general, mail_out,
         "accept em0 203.0.113.25 > 198.18.0.9:25"},
        {"… and translates what comes in", "FreeBSD 14, TRANSLATION",
         "binat on em0 inet from 10.0.0.25 to any -> 203.0.113.25\n", mail_in, "accept em1 198.18.0.9 > 10.0.0.25:25"},
        {"rdr", "FreeBSD 14, TRANSLATION", "rdr on em0 inet proto tcp from any to 203.0.113.25 port 25 -> 10.0.0.25\n",
         mail_in, "accept em1 198.18.0.9 > 10.0.0.25:25"},
        {"filter rules see what rdr made", "FreeBSD 14, TRANSLATION",
         "rdr on em0 inet proto tcp from any to 203.0.113.25 port 25 -> 10.0.0.25\nblock in on em0\npass in on em0 "
         "proto tcp "
         "to 10.0.0.25 port 25\n",
         mail_in, "accept em1 198.18.0.9 > 10.0.0.25:25"},
        {"rdr pass asks no filter", "FreeBSD 14, TRANSLATION",
         "rdr pass on em0 inet proto tcp from any to 203.0.113.25 port 25 -> 10.0.0.25\nblock in on em0\n", mail_in,
         "accept em1 198.18.0.9 > 10.0.0.25:25"},
        {"another source port unless static-port", "FreeBSD 14, TRANSLATION (static-port)",
         "nat on em0 inet from 10.0.0.0/24 to any -> 203.0.113.2\nblock out proto tcp from any port 40000\n", mail_out,
         "accept em0 203.0.113.2 > 198.18.0.9:25"},
        {"the interface's address", "FreeBSD 14, TRANSLATION",
         "nat on em0 from 10.0.0.0/24 to any -> (em0) static-port\n", mail_out,
         "accept em0 203.0.113.2 > 198.18.0.9:25"},
    });
}

}  // namespace egresslint::test::pf
