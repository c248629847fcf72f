// SPDX-License-Identifier: Apache-2.0
// Registry records. Sources: RFC 9083 (RDAP answers: 5.1 entities, 5.4 ip networks, 6 errors), RFC 7095 (jCard), the
// cidr0 extension of IANA's RDAP extensions registry; whois: RFC 2622 for RPSL, ARIN's and LACNIC's own forms as their
// whois servers answer.
#include "evidence/registry.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

using namespace egresslint;
using evidence::Answer;
using Lines = std::vector<std::string>;

namespace {

struct Reading {
    base::Sources sources;
    base::Diagnostics diagnostics;
    evidence::Registry registry;

    explicit Reading(const std::string& text) {
        registry = evidence::read_registry(sources, {sources.add("r", text)}, diagnostics);
    }
    /// "192.0.2.0-192.0.2.255 NET Example GmbH(registrant)@3 ?(why)"
    [[nodiscard]] Lines ranges() const {
        Lines out;
        for (const auto& r : registry.ranges) {
            std::string line = base::to_string(base::Address{r.family, r.range.first}) + "-" +
                               base::to_string(base::Address{r.family, r.range.last}) + " " + r.net_name;
            for (const auto& h : r.holders) {
                line += " " + h.name + "(";
                for (const auto& role : h.roles) line += role + (&role == &h.roles.back() ? "" : ",");
                line += fmt::format(")@{}", sources.begin(h.span).line);
            }
            for (const auto& u : r.unknowns) line += " ?(" + u.what + ")";
            out.push_back(line);
        }
        return out;
    }
    [[nodiscard]] Lines problems() const {
        Lines out;
        for (const auto& d : diagnostics)
            out.push_back((d.code.empty() ? "fatal" : d.code) + " " + sources.where(d.span) + " " + d.message);
        return out;
    }
    [[nodiscard]] evidence::SameHolder same(const std::string& organisation) const {
        return evidence::same_holder(registry.ranges.at(0), organisation);
    }
};

std::string entity(const std::string& handle, const std::string& roles, const std::string& fn,
                   const std::string& more = "") {
    return fmt::format(R"({{"objectClassName":"entity","handle":"{}","roles":[{}],
"vcardArray":["vcard",[["version",{{}},"text","4.0"],["fn",{{}},"text","{}"]]]{}}})",
                       handle, roles, fn, more);
}
std::string network(const std::string& range, const std::string& entities) {
    return fmt::format(R"({{"rdapConformance":["rdap_level_0","cidr0"],"objectClassName":"ip network","handle":"H",
"name":"EXAMPLE-NET",{},"entities":[{}]}})",
                       range, entities);
}
const std::string small = R"("startAddress":"198.51.100.0","endAddress":"198.51.100.15")";

}  // namespace

TEST_CASE("an ip network with its registrant", "[registry]") {
    const Reading r(network(small, entity("ORG-EX1-RIPE", "\"registrant\"", "Example GmbH") + ",\n" +
                                       entity("AB1-RIPE", "\"abuse\",\"technical\"", "Abuse Desk")));
    CHECK(r.ranges() == Lines{"198.51.100.0-198.51.100.15 EXAMPLE-NET Example GmbH(registrant)@3 Abuse "
                              "Desk(abuse,technical)@5"});
    CHECK(r.problems().empty());
    CHECK(r.sources.text(r.registry.ranges[0].span) == "198.51.100.0");
    CHECK(r.sources.text(r.registry.ranges[0].holders[0].span) == "Example GmbH");
    CHECK(r.same("example gmbh").answer == Answer::yes);
    CHECK(r.same("Abuse Desk").answer == Answer::no);
    CHECK(r.same("Other AG").because == "the registry names \"Example GmbH\"");
}

TEST_CASE("a registrant of a contact does not hold the network", "[registry]") {
    const Reading r(network(small, entity("P", "\"registrant\"", "Provider AG",
                                          ",\"entities\":[" + entity("C", "\"registrant\"", "Example GmbH") + "]")));
    CHECK(r.same("Example GmbH").answer == Answer::no);
    CHECK(r.same("Provider AG").answer == Answer::yes);
}

TEST_CASE("RIPE's maintainers are no holders", "[registry]") {
    const Reading r(network(small, entity("EXAMPLE-MNT", "\"registrant\"", "EXAMPLE-MNT")));
    CHECK(r.same("Other AG").answer == Answer::not_known);
    CHECK(r.same("Other AG").because == "the record names no holder");
}

TEST_CASE("a redacted registrant is not known", "[registry]") {
    const Reading r(network(small, R"({"objectClassName":"entity","handle":"X-1","roles":["registrant"]})"));
    CHECK(r.same("Example GmbH").answer == Answer::not_known);
    CHECK(r.same("Example GmbH").because == "the entity X-1 has no name in it");
}

TEST_CASE("organisations of jCards may be structured", "[registry]") {
    const Reading r(network(small, R"({"roles":["registrant"],"vcardArray":["vcard",[["fn",{},"text","J. Doe"],
["ORG",{},"text",["Example GmbH","Network"]]]]})"));
    CHECK(r.same("Example GmbH").answer == Answer::yes);
}

TEST_CASE("ranges of RDAP", "[registry]") {
    CHECK(Reading(network(R"("startAddress":"2001:db8::","endAddress":"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")", ""))
              .ranges() == Lines{"2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff EXAMPLE-NET"});
    CHECK(
        Reading(network(R"("cidr0_cidrs":[{"v4prefix":"192.0.2.0","length":25},{"v6prefix":"2001:db8::","length":32}])",
                        ""))
            .ranges()
            .size() == 2);
    CHECK(Reading(network(small + R"(,"cidr0_cidrs":[{"v4prefix":"192.0.2.0","length":28}])", "")).problems() ==
          Lines{"EL901 r:2:96 cidr0_cidrs and startAddress to endAddress say different ranges"});
    CHECK(Reading(network(R"("startAddress":"198.51.100.9","endAddress":"198.51.100.1")", "")).problems().size() == 1);
    CHECK(Reading(network(R"("country":"DE")", "")).problems() ==
          Lines{"EL901 r:1:1 an ip network that does not say its addresses"});
}

TEST_CASE("several networks in one file, errors, and other objects", "[registry]") {
    const std::string one = network(small, ""),
                      two = network(R"("startAddress":"192.0.2.0","endAddress":"192.0.2.255")", "");
    CHECK(Reading("[" + one + "," + two + "]").ranges().size() == 2);
    CHECK(Reading(R"({"rdapConformance":["rdap_level_0"],"ipSearchResults":[)" + one + "]}").ranges().size() == 1);
    CHECK(Reading(R"({"rdapConformance":["rdap_level_0"],"errorCode":404,"title":"Not Found"})").problems() ==
          Lines{"EL903 r:1:1 the registry answered with an error, not with a record"});
    CHECK(Reading(R"({"rdapConformance":["rdap_level_0"],"objectClassName":"autnum"})").problems() ==
          Lines{"EL903 r:1:1 no ip network in this RDAP answer"});
}

TEST_CASE("the smallest range decides", "[registry]") {
    const Reading r("[" +
                    network(R"("startAddress":"198.51.100.0","endAddress":"198.51.100.255")",
                            entity("A", "\"registrant\"", "Provider AG")) +
                    "," + network(small, entity("B", "\"registrant\"", "Example GmbH")) + "]");
    const auto* found = r.registry.of(*base::parse_address("198.51.100.5"));
    REQUIRE(found != nullptr);
    CHECK(found->holders.at(0).name == "Example GmbH");
    CHECK(r.registry.of(*base::parse_address("198.51.100.99"))->holders.at(0).name == "Provider AG");
    CHECK(r.registry.of(*base::parse_address("192.0.2.1")) == nullptr);
    CHECK(r.registry.of(*base::parse_address("2001:db8::1")) == nullptr);
}

TEST_CASE("what is too much or no JSON at all ends in one sentence", "[registry]") {
    std::string card;
    for (int i = 0; i < 200000; ++i) card += R"(["note",{},"text","x"],)";
    const Reading huge(network(
        small, R"({"roles":["registrant"],"vcardArray":["vcard",[)" + card + R"(["fn",{},"text","Example GmbH"]]]})"));
    REQUIRE(huge.problems().size() == 1);
    CHECK(huge.problems()[0].find("more than 1,000,000 values") != std::string::npos);
    const std::string less = card.substr(0, 23 * 2000);
    const Reading big(network(
        small, R"({"roles":["registrant"],"vcardArray":["vcard",[)" + less + R"(["fn",{},"text","Example GmbH"]]]})"));
    CHECK(big.same("Example GmbH").answer == Answer::not_known);
    CHECK(big.same("Example GmbH").because == "a vCard of more than 1,000 properties");
    std::string deep = network(small, "");
    for (int i = 0; i < 100; ++i) deep = "[" + deep + "]";
    CHECK(Reading(deep).problems() == Lines{"fatal r:1:65 values nest deeper than 64 levels"});
    CHECK(Reading(R"({"rdapConformance": [)").problems().at(0).starts_with("fatal r:1:"));
    std::string nested = entity("E", "\"registrant\"", "Example GmbH");
    for (int i = 0; i < 20; ++i) nested = entity("E", "\"technical\"", "T", ",\"entities\":[" + nested + "]");
    CHECK(Reading(network(small, nested)).ranges().at(0).ends_with("?(entities nest too deeply)"));
    CHECK(Reading("hello\n").problems() ==
          Lines{"fatal r:1:1 no record of a range of addresses: neither an RDAP answer nor whois text"});
}

TEST_CASE("RPSL: RIPE, APNIC, AFRINIC", "[registry]") {
    const Reading r(
        "% comment\n\ninetnum:        198.51.100.0 - 198.51.100.15\nnetname:        EXAMPLE-NET\n"
        "descr:          Example office\norg:            ORG-EX1-RIPE\n\n"
        "organisation:   ORG-EX1-RIPE\norg-name:       EXAMPLE G.m.b.H.\n                more\n\n"
        "route:          198.51.100.0/24\ndescr:          Provider AG\n");
    CHECK(r.ranges() == Lines{"198.51.100.0-198.51.100.15 EXAMPLE-NET Example office(descr)@5 EXAMPLE "
                              "G.m.b.H.(registrant)@9"});
    CHECK(r.same("Example GmbH").because ==
          "\"EXAMPLE G.m.b.H.\" is \"Example GmbH\" but for case, punctuation and spelling of the legal form");
    const Reading six("inet6num: 2001:db8::/32\nnetname: X\ndescr: Example Ltd.\n");
    CHECK(six.ranges() == Lines{"2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff X Example Ltd.(descr)@3"});
    // A description with the name is evidence for it; with another one it is none against.
    CHECK(six.same("Example Limited").answer == Answer::yes);
    CHECK(six.same("Other GmbH").answer == Answer::not_known);
    const Reading without("inetnum: 198.51.100.0 - 198.51.100.15\norg: ORG-EX1-RIPE\n");
    CHECK(without.same("Example").because == "the organisation ORG-EX1-RIPE is not in this text");
    CHECK(Reading("inetnum: all of it\n").problems() == Lines{"EL901 r:1:10 inetnum is no range of addresses"});
}

TEST_CASE("ARIN", "[registry]") {
    const Reading r(
        "#\n# ARIN WHOIS data\n#\n\nNetRange:       192.0.2.0 - 192.0.2.255\nCIDR:           192.0.2.0/24\n"
        "NetName:        EXAMPLE\nNetHandle:      NET-192-0-2-0-1\nOrganization:   Example Inc. (EXAM-1)\n\n"
        "OrgName:        Example Inc.\nOrgId:          EXAM-1\n");
    CHECK(r.ranges() == Lines{"192.0.2.0-192.0.2.255 EXAMPLE Example Inc.(registrant)@9"});
    CHECK(r.same("EXAMPLE, INCORPORATED").answer == Answer::yes);
    const Reading two(
        "Provider LLC PROVIDER (NET-192-0-2-0-1) 192.0.2.0 - 192.0.2.255\n"
        "Example Inc EXAMPLE-4 (NET-192-0-2-16-1) 192.0.2.16 - 192.0.2.31\n");
    CHECK(two.ranges() == Lines{"192.0.2.0-192.0.2.255 PROVIDER Provider LLC(registrant)@1",
                                "192.0.2.16-192.0.2.31 EXAMPLE-4 Example Inc(registrant)@2"});
    const Reading customer("NetRange: 192.0.2.0 - 192.0.2.15\nNetName: C\n\nCustName: Example Inc\n");
    CHECK(customer.same("Example").answer == Answer::yes);
}

TEST_CASE("LACNIC leaves out zero bytes", "[registry]") {
    CHECK(Reading("inetnum:     203.0.113/24\nstatus:      allocated\nowner:       Exemplo Ltda.\nownerid:     BR-X\n")
              .ranges() == Lines{"203.0.113.0-203.0.113.255  Exemplo Ltda.(registrant)@3"});
    CHECK(Reading("inetnum: 200.1/16\nowner: X\n").ranges().at(0).starts_with("200.1.0.0-200.1.255.255"));
}

TEST_CASE("one organisation in several spellings", "[registry]") {
    const auto same = [](const std::string& holder, const std::string& organisation) {
        evidence::Registration r;
        r.holders.push_back({holder, {"registrant"}, {}});
        const Answer a = evidence::same_holder(r, organisation).answer;
        return a == Answer::yes ? "yes" : a == Answer::no ? "no" : "not known";
    };
    for (const auto& [holder, organisation, answer] :
         {std::tuple{"Example GmbH", "Example GmbH", "yes"},
          {"EXAMPLE GMBH", "Example G.m.b.H.", "yes"},
          {"Example G m b H", "Example GmbH", "yes"},
          {"Example GmbH & Co. KG", "Example GmbH und Co KG", "yes"},
          {"Example S.A.", "Example SA", "yes"},
          {"Example, Inc.", "Example Incorporated", "yes"},
          {"Example Ltd", "EXAMPLE LIMITED", "yes"},
          {"Example Sp. z o.o.", "Example sp.z o.o.", "yes"},
          {"Example Pty. Ltd.", "Example Pty Limited", "yes"},
          {"M\xc3\xbcller AG", "Mueller AG", "yes"},
          {"Caf\xc3\xa9 Example SARL", "Cafe Example S.a.r.l.", "yes"},
          {"Example Inc. (EXAM-1)", "Example Inc", "yes"},
          {"Example-Net GmbH", "Example Net GmbH", "yes"},
          {"Example", "Example GmbH", "yes"},
          {"Example e.V.", "Example eV", "yes"},
          {"Example GmbH", "Example AG", "not known"},
          {"Example GmbH", "Sample GmbH", "no"},
          {"Example GmbH", "Example Net GmbH", "no"},
          {"GmbH", "GmbH", "yes"},
          {"Example", "", "not known"},
          {"Example", ".", "not known"},
          {"\xd0\x9e\xd0\x9e\xd0\x9e", "\xd0\x9e\xd0\x9e\xd0\x9e", "yes"}}) {
        INFO(holder << " and " << organisation);
        CHECK(std::string(same(holder, organisation)) == answer);
        if (std::string(answer) != "not known") CHECK(std::string(same(organisation, holder)) == answer);
    }
}
