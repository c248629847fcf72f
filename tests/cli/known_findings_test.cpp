// SPDX-License-Identifier: Apache-2.0
// Findings that somebody has answered for: suppressions in comments and in egresslint.toml, and the baseline.
#include <catch2/catch.hpp>
#include <fstream>

#include "program.hpp"

using egresslint::tests::Ran;
using egresslint::tests::Scratch;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Port 25 is open to everybody by the rule with `comment` before it and `after` behind it.
std::string open_to_all(const std::string& comment, const std::string& after = "") {
    return "table ip t {\n"
           "  chain pre {\n    type nat hook prerouting priority dstnat\n"
           "    iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.20.0.25\n  }\n"
           "  chain post {\n    type nat hook postrouting priority srcnat\n"
           "    oifname \"wan0\" ip saddr 10.20.0.25 snat to 198.51.100.5\n"
           "    oifname \"wan0\" snat to 198.51.100.2\n  }\n"
           "  chain fwd {\n    type filter hook forward priority 0; policy drop\n" +
           comment + "    iifname \"lan0\" oifname \"wan0\" accept" + after + "\n  }\n}\n";
}

const std::string run = "check edge.nft --select EL102,EL9 --format concise";
const std::string allow = "# egresslint: allow EL102";

}  // namespace

TEST_CASE("a comment above the rule, on its line, or as the rule's own comment suppresses", "[suppress]") {
    for (const std::string& text :
         {open_to_all("    " + allow + " -- the lab\n"), open_to_all("", "  " + allow + " -- the lab"),
          open_to_all("    " + allow + " -- the lab\n    # and more about it\n"),
          open_to_all("    " + allow + ", EL105 until=2999-12-31 -- the lab\n"),
          open_to_all("", " comment \"egresslint: allow EL102 -- the lab\"")}) {
        const Scratch scratch({{"edge.nft", text}});
        const Ran ran = scratch.run(run);
        INFO(text << ran.out << ran.err);
        CHECK(ran.status == 0);
        CHECK(ran.out == "");
        CHECK(has(scratch.run("check edge.nft --select EL102,EL9").out, "no findings, 1 suppressed in 1 file"));
        CHECK(has(scratch.run("check edge.nft --select EL102,EL9 --format json").out, "\"suppressed\": 1"));
        CHECK(scratch.run(run + " --no-suppressions").status == 1);
    }
}

TEST_CASE("every dialect has a place for it", "[suppress]") {
    struct Case {
        const char* fixture;
        const char* before;  ///< the first line of the fixture that holds it …
        const char* insert;  ///< … gets this line before it
        const char* code;
    };
    for (const Case& c : {
             Case{"asa/office-faulty.cfg", "nat (inside,outside) source dynamic",
                  "! egresslint: allow EL101 -- the lab", "EL101"},
             Case{"asa/office-faulty.cfg", "  inspect esmtp", "  ! egresslint: allow EL113 -- the lab", "EL113"},
             Case{"fortios/edge.conf", "        set name \"internet\"",
                  "        set comments \"egresslint: allow EL101, EL102 -- the lab\"", "EL102"},
             Case{"fortios/edge.conf", "    edit 2", "    # egresslint: allow EL101, EL102 -- the lab", "EL102"},
             Case{"pfsense/edge.xml", "Default allow LAN", "<!-- egresslint: allow EL102 -- the lab -->", "EL102"},
             Case{"pfsense/edge.xml", "Default allow LAN", "<descr>egresslint: allow EL102 -- the lab</descr>",
                  "EL102"},
             Case{"pfsense/office-opnsense.xml", "<sequence>10</sequence>",
                  "<!-- egresslint: allow EL102 -- the lab -->", "EL102"},
         }) {
        const Scratch scratch;
        const std::string path = std::string(EGRESSLINT_SOURCE_DIR) + "/fixtures/" + c.fixture;
        std::ifstream in(path);
        std::string text, line;
        bool done = false;
        while (std::getline(in, line)) {
            const bool here = !done && line.find(c.before) != std::string::npos;
            // The administrator's own text of a rule is replaced, for a rule has one.
            const bool replaced = here && has(c.insert, "<descr>");
            if (here) text += std::string(c.insert) + "\n";
            if (!replaced) text += line + "\n";
            done = done || here;
        }
        REQUIRE(done);
        scratch.write("edge", text);
        const std::string with = std::string("check edge --format concise --select ") + c.code;
        const Ran ran = scratch.run(with);
        INFO(c.fixture << ": " << c.insert << "\n" << ran.out << ran.err);
        CHECK(ran.status == 0);
        CHECK_FALSE(has(ran.out, c.code));
        CHECK(has(scratch.run(with + " --no-suppressions").out, c.code));
    }
}

TEST_CASE("any line of a rule that takes several", "[suppress]") {
    std::string text = open_to_all("");
    const std::string rule = "iifname \"lan0\" oifname \"wan0\" accept";
    text.replace(text.find(rule), rule.size(),
                 "iifname { \"lan0\",  " + allow + " -- the lab\n      \"lan1\" } oifname \"wan0\" accept");
    const Scratch scratch({{"edge.nft", text}});
    const Ran ran = scratch.run(run);
    INFO(ran.out);
    CHECK(ran.status == 0);
}

TEST_CASE("a suppression that has no effect is a finding", "[suppress]") {
    const auto findings = [](const std::string& comment) {
        const Scratch scratch({{"edge.nft", open_to_all(comment)}});
        const Ran ran = scratch.run(run);
        CHECK(ran.status == 1);
        CHECK(has(ran.out, " EL102 error: "));
        return ran.out;
    };
    CHECK(has(findings("    " + allow + "\n"),
              "EL904 error: the suppression of EL102 gives no reason and has no effect"));
    CHECK(has(findings("    # egresslint: allow -- everything\n"), "EL904 error: a suppression names the rules"));
    CHECK(has(findings("    # egresslint: allow EL1O2 -- the lab\n"), "there is no rule EL1O2"));
    CHECK(has(findings("    # egresslint: allow EL1O2 -- the lab\n"), "did you mean EL102?"));
    CHECK(has(findings("    " + allow + " until=soon -- the lab\n"), "EL904 error: `until=soon` is no date"));
    CHECK(has(findings("    " + allow + " until=2020-01-01 -- the lab\n"),
              "EL905 error: the suppression of EL102 ended on 2020-01-01"));
    // It is about the next line, and there is none of the rule.
    CHECK(has(findings("    " + allow + " -- the lab\n\n"), "EL905 note: nothing here is EL102"));
    // In the middle of a text it is no suppression at all.
    CHECK_FALSE(has(findings("    ip saddr 10.0.0.1 drop comment \"see egresslint: allow EL102 -- x\"\n"), "EL90"));
}

TEST_CASE("[[allow]]: of another device, of a rule that does not exist, expired", "[suppress]") {
    const auto with = [](const std::string& toml) {
        const Scratch scratch({{"edge.nft", open_to_all("")}, {"egresslint.toml", toml}});
        return scratch.run(run);
    };
    Ran ran = with("[[allow]]\nrule = \"EL102\"\nreason = \"the lab\"\n");
    CHECK(ran.status == 0);
    ran = with("[[allow]]\nrule = \"EL102\"\ndevice = \"other\"\nreason = \"the lab\"\n");
    CHECK(ran.status == 1);
    CHECK_FALSE(has(ran.out, "EL905"));
    ran = with("[[allow]]\nrule = \"EL1O2\"\nreason = \"the lab\"\n");
    CHECK(has(ran.out, "EL904"));
    ran = with("[[allow]]\nrule = \"EL102\"\nreason = \"the lab\"\nuntil = \"2020-01-01\"\n");
    CHECK(has(ran.out, "[[allow]] of EL102 ended on 2020-01-01"));
    ran = with("[[allow]]\nrule = \"EL102\"\nreason = \"the lab\"\nuntil = \"2020-13-01\"\n");
    CHECK(ran.status == 2);
    CHECK(has(ran.err, "egresslint.toml:4:"));
}

TEST_CASE("a baseline lets through what it lists, and nothing else", "[baseline]") {
    const std::string text = open_to_all("");
    const Scratch scratch({{"edge.nft", text}});
    const Ran written = scratch.run("baseline edge.nft --select EL102,EL9");
    CHECK(written.status == 0);
    CHECK(has(written.err, "1 error written to egresslint-baseline.json"));
    const std::string list = scratch.read("egresslint-baseline.json");
    CHECK(has(list, "\"rule\":\"EL102\""));
    const std::string with = run + " --baseline egresslint-baseline.json";
    CHECK(scratch.run(with).status == 0);
    CHECK(has(scratch.run("check edge.nft --select EL102,EL9 --baseline egresslint-baseline.json").out,
              "no findings, 1 in the baseline in 1 file"));

    // Moved lines, and other rules above.
    std::string moved = "# a line\n\n" + text;
    moved.insert(moved.find("    iifname \"lan0\" oifname"),
                 "    iifname \"lan0\"  oifname \"wan0\" udp dport 53 accept\n");
    scratch.write("edge.nft", moved);
    CHECK(scratch.run(with).status == 0);

    // A second rule of the same fault is new.
    std::string second = text;
    second.insert(second.find("    iifname \"lan0\" oifname"),
                  "    iifname \"lan0\" oifname \"wan0\" tcp dport 25 accept\n");
    scratch.write("edge.nft", second);
    const Ran ran = scratch.run(with);
    CHECK(ran.status == 1);
    CHECK(has(ran.out, "EL102 error"));

    scratch.write("edge.nft", text.substr(0, text.find("    iifname \"lan0\" oifname")) + "  }\n}\n");
    const Ran repaired = scratch.run(with);
    CHECK(has(repaired.err, "1 of the 1 findings of egresslint-baseline.json is found no more"));
}

TEST_CASE("a damaged baseline ends the run", "[baseline]") {
    const Scratch scratch({{"edge.nft", open_to_all("")}});
    const auto status = [&](const std::string& text) {
        scratch.write("b.json", text);
        const Ran ran = scratch.run("check edge.nft --baseline b.json");
        CHECK(has(ran.err, "b.json:"));
        return ran.status;
    };
    CHECK(status("{\"egresslint_baseline\": 1, \"findings\": [") == 2);
    CHECK(status("[]") == 2);
    CHECK(status("{\"egresslint_baseline\": 2, \"findings\": []}") == 2);
    CHECK(status("{\"egresslint_baseline\": 1, \"findings\": [{\"rule\": 1}]}") == 2);
    CHECK(status(std::string(200'000, '[')) == 2);
    CHECK(scratch.run("check edge.nft --baseline missing.json").status == 2);
}
