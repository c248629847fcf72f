// SPDX-License-Identifier: Apache-2.0
// Exit status by class of error, the same in every format. Source: the contract in cli/session.hpp.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace egresslint::tests;
using Catch::Contains;
using nlohmann::json;

namespace {
const std::vector<std::string> every_format{"text",   "concise", "json",   "jsonl",      "sarif",   "github",
                                            "gitlab", "junit",   "rdjson", "checkstyle", "markdown"};
}  // namespace

TEST_CASE("0: nothing was found") {
    const Scratch scratch(Files{{"edge.nft", clean_nft}});
    for (const std::string& format : every_format) {
        const Ran ran = scratch.run("audit edge.nft --format " + format);
        INFO(format << "\n" << ran.out << ran.err);
        CHECK(ran.status == 0);
    }
    const Ran ran = scratch.run("audit edge.nft --format json");
    CHECK(json::parse(ran.out).at("status") == "ok");
}

TEST_CASE("1: findings, in every format, and standard error says why") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    for (const std::string& format : every_format) {
        const Ran ran = scratch.run("audit edge.nft --format " + format);
        INFO(format << "\n" << ran.out << ran.err);
        CHECK(ran.status == 1);
        CHECK_THAT(ran.err, Contains("failing on error (status 1)"));
        CHECK_THAT(ran.out, Contains("EL102"));
    }
    const json report = json::parse(scratch.run("audit edge.nft --format json").out);
    CHECK(report.at("status") == "findings");
    const auto& findings = report.at("findings");
    const auto open =
        std::find_if(findings.begin(), findings.end(), [](const json& f) { return f.at("rule") == "EL102"; });
    REQUIRE(open != findings.end());
    CHECK(open->at("location").at("file") == "edge.nft");
    CHECK(open->at("location").at("line") == 5);
}

TEST_CASE("2: usage") {
    const Scratch scratch(Files{{"edge.nft", clean_nft}});
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "no command given"},
        {"adit edge.nft", "did you mean 'audit'?"},
        {"edge.nft", "did you mean `egresslint audit edge.nft`?"},
        {"audit --formt json edge.nft", "did you mean '--format'?"},
        {"audit --format jason edge.nft", "did you mean 'json'?"},
        {"audit --fail-on errors edge.nft", "did you mean 'error'?"},
        {"audit --select EL999 edge.nft", "no such rule 'EL999'"},
        {"audit --select mail-source-not-on edge.nft", "did you mean 'mail-source-not-own'?"},
        {"audit --dialect nftable edge.nft", "did you mean 'nftables'?"},
        {"audit --output json edge.nft", "not of the form FORMAT=PATH"},
        {"audit --output jsn=x edge.nft", "did you mean 'json'?"},
        {"audit --color sometimes edge.nft", "--color"},
        {"audit --config x --isolated edge.nft", "exclude each other"},
        {"audit --live edge.nft", "take the place of PATH"},
        {"audit - - <edge.nft", "only once"},
        {"audit --stdin-filename x edge.nft", "needs the PATH -"},
        {"audit", "give a PATH"},
        {"check", "give a PATH"},
        {"egress --dport smtp edge.nft", "no port number"},
        {"trace edge.nft", "--packets"},
        {"query", "needs an expression"},
        {"query 'dport 25 and' edge.nft", ""},
        {"explain EL999", "no rule 'EL999'"},
        {"explain mail-source-not-on", "did you mean 'mail-source-not-own'?"},
        {"rules now", "unexpected argument 'now'"},
    };
    for (const auto& [arguments, says] : cases) {
        const Ran ran = scratch.run(arguments);
        INFO(arguments << "\n" << ran.out << ran.err);
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, Contains("error: ") && Contains(says));
        CHECK(ran.out.empty());
    }
    const Ran ran = scratch.run("audit --formt x --format json edge.nft");
    CHECK(ran.status == 2);
    CHECK(json::parse(ran.out).at("status") == "usage");
}

TEST_CASE("2: an input that cannot be read") {
    const Scratch scratch(Files{{"edge.nft", clean_nft}, {"empty/.keep", ""}});
    for (const std::string arguments : {"audit absent.nft", "audit edge.nft absent.nft", "audit 'absent*.nft'",
                                        "audit empty", "audit edge.nft --addresses absent.json", "audit /dev/null"}) {
        const Ran ran = scratch.run(arguments + " --format json");
        INFO(arguments << "\n" << ran.out << ran.err);
        CHECK(ran.status == 2);
        const std::string status = json::parse(ran.out).at("status");
        CHECK((status == "unreadable" || arguments == "audit /dev/null"));
        CHECK_FALSE(json::parse(ran.out).at("errors").empty());
        CHECK_THAT(ran.err, Contains("error: "));
    }
}

TEST_CASE("2: an input that is not understood") {
    const Scratch scratch(
        {{"edge.nft", clean_nft},
         {"readme.txt", "This is not a configuration.\n"},
         {"empty.nft", ""},
         {"site/notes.txt", "nothing\n"},
         {"site/broken.nft", "what is this\n"},
         {"packets.jsonl",
          "{\"in\":\"lan0\",\"src\":\"10.20.0.25\",\"dst\":\"198.18.0.9\",\"proto\":\"tcp\",\"dport\":25}\n"
          "{\"src\":\"10.20.0.300\"}\n"}});
    for (const std::string arguments : {"audit readme.txt --format json", "audit edge.nft readme.txt --format json",
                                        "audit empty.nft --format json", "audit site --format json"}) {
        const Ran ran = scratch.run(arguments);
        INFO(arguments << "\n" << ran.out << ran.err);
        CHECK(ran.status == 2);
        CHECK(json::parse(ran.out).at("status") == "not-understood");
    }
    const Ran ran = scratch.run("trace edge.nft --packets packets.jsonl");
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains("packets.jsonl:2:1"));
    CHECK(ran.out.empty());
}

TEST_CASE("2: the intent file is wrong") {
    const Scratch scratch(Files{{"edge.nft", clean_nft},
                                {"wrong.toml", "[site]\ninternl = [\"10.0.0.0/8\"]\n"},
                                {"absent.toml", "[[device]]\nname = \"edge\"\nconfig = [\"missing.nft\"]\n"}});
    for (const std::string arguments : {"check --config nowhere.toml edge.nft", "check --config wrong.toml edge.nft"}) {
        const Ran ran = scratch.run(arguments + " --format json");
        INFO(arguments << "\n" << ran.out << ran.err);
        CHECK(ran.status == 2);
        CHECK(json::parse(ran.out).at("status") == "config");
    }
    CHECK_THAT(scratch.run("check --config wrong.toml edge.nft").err, Contains("wrong.toml:2:1"));
    const Ran ran = scratch.run("check --config absent.toml");
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains("missing.nft") || Contains("no such file"));
}

TEST_CASE("--exit-zero, --fail-on and --min-certainty decide about 1") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    CHECK(scratch.run("audit --exit-zero edge.nft").status == 0);
    CHECK(scratch.run("audit --fail-on never edge.nft").status == 0);
    CHECK(scratch.run("audit --fail-on warning edge.nft").status == 1);
    CHECK(scratch.run("audit --ignore EL1,EL9 edge.nft").status == 0);
    CHECK(scratch.run("audit --select EL102 edge.nft").status == 1);
    CHECK(scratch.run("audit --select smtp-egress-open edge.nft").status == 1);
    CHECK(scratch.run("audit --select EL101 edge.nft").status == 0);
}

TEST_CASE("several reports in one run, and equal runs are equal bytes") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    const Ran ran = scratch.run("audit edge.nft --output json=a.json --output concise=a.txt");
    CHECK(ran.status == 1);
    CHECK_THAT(ran.out, Contains("error[EL102]"));
    CHECK_THAT(scratch.read("a.txt"), Contains(": EL102 possible error: "));
    CHECK(scratch.run("audit edge.nft --format json").out == scratch.read("a.json"));
    CHECK(scratch.run("audit edge.nft --format json").out == scratch.read("a.json"));
    CHECK(scratch.run("audit edge.nft --output json=nowhere/a.json").status == 2);
    const Ran only = scratch.run("audit edge.nft --output json=-");
    CHECK(json::accept(only.out));
}

TEST_CASE("standard input has the name it is given") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    CHECK_THAT(scratch.run("audit --format concise - <edge.nft").out, Contains("<stdin>:"));
    CHECK_THAT(scratch.run("audit --format concise --stdin-filename fw/office.nft - <edge.nft").out,
               Contains("fw/office.nft:"));
}

TEST_CASE("colour follows the option and the environment") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    CHECK(scratch.run("audit edge.nft").out.find('\x1b') == std::string::npos);
    CHECK(scratch.run("audit --color=always edge.nft").out.find('\x1b') != std::string::npos);
    CHECK(scratch.run("audit edge.nft", "FORCE_COLOR=1").out.find('\x1b') != std::string::npos);
    CHECK(scratch.run("audit edge.nft", "FORCE_COLOR=1 NO_COLOR=1").out.find('\x1b') == std::string::npos);
    CHECK(scratch.run("audit --color=always edge.nft --output text=t.txt").status == 1);
    CHECK(scratch.read("t.txt").find('\x1b') == std::string::npos);
}

TEST_CASE("help and version are answers") {
    const Scratch scratch;
    CHECK(scratch.run("--help").status == 0);
    CHECK_THAT(scratch.run("audit --help").out, Contains("--fail-on"));
    CHECK_THAT(scratch.run("--version").out, Contains("egresslint 0."));
}
