// SPDX-License-Identifier: Apache-2.0
// egresslint.toml: the contract is the intent file of product.md.
#include <catch2/catch.hpp>

#include "lint/intent.hpp"

using namespace egresslint;
using namespace egresslint::lint;

namespace {
struct Read {
    base::Sources sources;
    base::Diagnostics diagnostics;
    std::optional<Intent> intent;
    explicit Read(const std::string& text) {
        intent = read_intent(sources, sources.add("site/egresslint.toml", text), diagnostics);
    }
    std::string first() const {
        if (diagnostics.empty()) return "";
        return sources.where(diagnostics.front().span) + ": " + diagnostics.front().message;
    }
};
}  // namespace

TEST_CASE("every key of the intent file is read", "[intent]") {
    const Read r(R"([site]
internal = ["10.20.0.0/16", "fd00:20::/48"]

[[mail_server]]
name = "exchange"
address = ["10.20.0.25"]
outbound = ["198.51.100.5"]
helo = "mail.example.com"

[smtp]
ports = [25, 465]
allowed = ["10.20.0.26/32"]

[[device]]
name = "edge"
config = ["edge/ruleset.nft"]
dialect = "nftables"
external = ["wan0"]
addresses = "edge/ip-addr.json"
routes = "edge/ip-route.json"
[[device.interface]]
name = "wan0"
address = ["198.51.100.2/28"]

[evidence]
zones = ["dns/*.zone"]
mta = ["mail/main.cf"]
registry = ["rdap/*.json"]
organisation = "Example GmbH"

[[policy]]
code = "SITE1"
forbid = 'src in 10.20.7.0/24 and accepted and to internet'
message = "printers stay inside"

[[allow]]
rule = "EL102"
reason = "printers, until the relay is up"
until = 2027-03-31
)");
    INFO(r.first());
    REQUIRE(r.intent);
    const Intent& i = *r.intent;
    CHECK(i.declared);
    CHECK(i.directory == "site");
    CHECK(i.internal.size() == 2);
    REQUIRE(i.mail_servers.size() == 1);
    CHECK(i.mail_servers[0].helo == "mail.example.com");
    CHECK(base::to_string(i.mail_servers[0].outbound[0].base) == "198.51.100.5");
    CHECK(i.smtp_ports == std::vector<std::uint16_t>{25, 465});
    CHECK(i.smtp_allowed.size() == 1);
    REQUIRE(i.devices.size() == 1);
    CHECK(i.devices[0].routes == "edge/ip-route.json");
    REQUIRE(i.devices[0].interfaces.size() == 1);
    CHECK(base::to_string(i.devices[0].interfaces[0].hosts[0]) == "198.51.100.2");
    CHECK(i.devices[0].interfaces[0].address[0].length == 28);
    CHECK(i.evidence.organisation == "Example GmbH");
    REQUIRE(i.policies.size() == 1);
    CHECK(i.policies[0].kind == "forbid");
    REQUIRE(i.allows.size() == 1);
    CHECK(i.allows[0].until == "2027-03-31");
}

TEST_CASE("mistakes in the intent file have a place and a suggestion", "[intent]") {
    CHECK(Read("[site]\nintern = [\"10.0.0.0/8\"]\n").first() ==
          "site/egresslint.toml:2:1: unknown key \"intern\" in [site]; did you mean \"internal\"?");
    CHECK(Read("[site]\ninternal = [\"10.0.0.0/33\"]\n").first() ==
          "site/egresslint.toml:2:13: \"10.0.0.0/33\" is not an address or prefix");
    CHECK(Read("[smtp]\nports = [0]\n").first() == "site/egresslint.toml:2:10: a port is a number from 1 to 65535");
    CHECK(Read("[[mail_server]]\naddress = [\"10.0.0.25\"]\n").first() ==
          "site/egresslint.toml:1:1: [[mail_server]] needs \"name\"");
    CHECK(Read("[mail_server]\nname = \"x\"\n").first() ==
          "site/egresslint.toml:1:1: \"mail_server\" is a list of tables: write [[mail_server]]");
    CHECK(Read("[[policy]]\ncode = \"S\"\n").first() ==
          "site/egresslint.toml:1:1: [[policy]] needs either \"forbid\", \"require\" or \"several\", with a query");
    // A query that does not read is a mistake of the file, at the word that is wrong.
    CHECK(Read("[[policy]]\ncode = \"S1\"\nforbid = 'src in 10.0.0.0/8 and acepted'\n").first() ==
          "site/egresslint.toml:3:33: expected a comparison such as `src in 10.0.0.0/8`, or a fact such as `accepted`; "
          "did you mean \"accepted\"?");
    CHECK(Read("[[policy]]\ncode = \"S1\"\nrequire = \"\"\"\nfrom inside\n  and dport smpt\"\"\"\n").first() ==
          "site/egresslint.toml:5:13: \"smpt\" is not a port from 0 to 65535; did you mean \"smtp\"?");
    CHECK(Read("[[policy]]\ncode = \"EL500\"\nforbid = 'any'\n").first() ==
          "site/egresslint.toml:2:8: codes that begin with EL are egresslint's own: \"EL500\"");
    CHECK(Read("[[policy]]\ncode = \"A1\"\nforbid = 'any'\n[[policy]]\ncode = \"A1\"\nforbid = 'any'\n").first() ==
          "site/egresslint.toml:5:8: a second policy has the code \"A1\"");
    CHECK(Read("[sets]\nprinters = [\"10.20.7.0/24\", \"somewhere\"]\n").first() ==
          "site/egresslint.toml:2:29: this is no address, prefix, range of addresses or port number");
    CHECK(Read("[sets]\nmixed = [\"10.20.7.0/24\", 25]\n").first() ==
          "site/egresslint.toml:2:9: \"mixed\" holds addresses and ports; make it two sets");
    CHECK_FALSE(Read("[site\n").first().empty());
    CHECK_FALSE(Read("[site\n").intent);
    CHECK(Read("").intent);
}

TEST_CASE("columns count bytes behind letters of several bytes", "[intent]") {
    CHECK(Read("[evidence]\norganisation = \"Möbel\" \nzone = []\n").first() ==
          "site/egresslint.toml:3:1: unknown key \"zone\" in [evidence]; did you mean \"zones\"?");
    CHECK(Read("\"ö\" = 1\n").first() == "site/egresslint.toml:1:1: unknown key \"ö\" in the intent file");
}
