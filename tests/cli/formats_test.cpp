// SPDX-License-Identifier: Apache-2.0
// Reports for other programs, where the run and not the format decides: several in one run, the job summary, links,
// suppressed results, runs without a verdict.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace egresslint::tests;
using nlohmann::json;

TEST_CASE("one run writes as many reports as are asked for, and each says the same") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    const Ran ran = scratch.run(
        "check edge.nft --format concise --output sarif=a.sarif --output gitlab=b.json --output junit=c.xml "
        "--output rdjson=d.json --output checkstyle=e.xml --output markdown=f.md --output github=g");
    CHECK(ran.status == 1);
    CHECK(ran.out.find("edge.nft:") == 0);
    const json sarif = json::parse(scratch.read("a.sarif")).at("runs").at(0);
    const std::size_t count = sarif.at("results").size();
    CHECK(count > 0);
    CHECK(sarif.at("tool").at("driver").at("version") == "0.1.0");
    CHECK(json::parse(scratch.read("b.json")).size() == count);
    CHECK(json::parse(scratch.read("d.json")).at("diagnostics").size() == count);
    CHECK(scratch.read("c.xml").find("tests=\"" + std::to_string(count) + "\"") != std::string::npos);
    CHECK(scratch.read("e.xml").find("source=\"egresslint.EL102\"") != std::string::npos);
    CHECK(scratch.read("f.md").find("## egresslint: ") == 0);
    CHECK(scratch.read("g").find("::error file=edge.nft,") == 0);
}

TEST_CASE("two reports do not share a file") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    const Ran ran = scratch.run("check edge.nft --output json=x --output sarif=x");
    CHECK(ran.status == 2);
    CHECK(ran.err.find("--output: x would be written twice") != std::string::npos);
    CHECK(scratch.run("check edge.nft --output json=- --output sarif=-").status == 2);
    CHECK_FALSE(std::filesystem::exists(scratch.path() + "/x"));
}

TEST_CASE("annotations come with a job summary, after what other programs wrote there") {
    const Scratch scratch(Files{{"edge.nft", open_nft}, {"summary", "# theirs\n"}});
    const std::string environment = "GITHUB_STEP_SUMMARY=" + scratch.path() + "/summary";
    CHECK(scratch.run("check edge.nft --format github", environment).status == 1);
    const std::string summary = scratch.read("summary");
    CHECK(summary.find("# theirs\n## egresslint: ") == 0);
    CHECK(summary.find("EL102") != std::string::npos);
    CHECK(scratch.run("check edge.nft --format sarif", environment).status == 1);
    CHECK(scratch.read("summary") == summary);
    CHECK(scratch.run("check edge.nft --output github=annotations", environment).status == 1);
    CHECK(scratch.read("summary").size() > summary.size());
}

TEST_CASE("a job summary never grows beyond what is shown of it") {
    const std::string theirs(1024 * 1024 - 700, 'x');
    const Scratch scratch(Files{{"edge.nft", open_nft}, {"summary", theirs}});
    const std::string environment = "GITHUB_STEP_SUMMARY=" + scratch.path() + "/summary";
    CHECK(scratch.run("check edge.nft --format github", environment).status == 1);
    const std::string summary = scratch.read("summary");
    CHECK(summary.size() <= 1024 * 1024);
    CHECK(summary.find("not shown here, for lack of room") != std::string::npos);
    scratch.write("summary", theirs + std::string(690, 'x'));
    const Ran full = scratch.run("check edge.nft --format github", environment);
    CHECK(full.status == 1);
    CHECK(full.err.find("the job summary of this step is full") != std::string::npos);
    CHECK(scratch.read("summary").size() == 1024 * 1024 - 10);
}

TEST_CASE("a job summary that cannot be written is an error") {
    const Scratch scratch(Files{{"edge.nft", clean_nft}});
    const Ran ran = scratch.run("check edge.nft --format github", "GITHUB_STEP_SUMMARY=" + scratch.path());
    CHECK(ran.status == 2);
    CHECK(ran.err.find("is a directory") != std::string::npos);
}

TEST_CASE("a file behind a symbolic link is reported where it is, for services that show findings beside files") {
    const Scratch scratch(Files{{"devices/edge.nft", open_nft}});
    std::filesystem::create_symlink("devices/edge.nft", scratch.path() + "/current.nft");
    const Ran ran = scratch.run("check current.nft --format sarif --output json=plain.json");
    const json place = json::parse(ran.out).at("runs").at(0).at("results").at(0).at("locations").at(0);
    CHECK(place.at("physicalLocation").at("artifactLocation").at("uri") == "devices/edge.nft");
    CHECK(json::parse(scratch.read("plain.json")).at("findings").at(0).at("location").at("file") == "current.nft");
}

TEST_CASE("SARIF lists suppressed results only when asked, with the reason") {
    std::string text = open_nft;
    const std::string reason = "# egresslint: allow EL102 -- the test lab";
    const std::size_t accept = text.find("accept", text.find("oifname"));
    REQUIRE(accept != std::string::npos);
    const std::size_t line = text.rfind('\n', accept) + 1;
    text.insert(line, reason + "\n");
    const Scratch scratch(Files{{"edge.nft", text}});
    const std::string command = "check edge.nft --select EL102 --format sarif";
    CHECK(json::parse(scratch.run(command).out).at("runs").at(0).at("results").empty());
    const json results = json::parse(scratch.run(command + " --sarif-suppressed").out).at("runs").at(0).at("results");
    REQUIRE(results.size() == 1);
    CHECK(results.at(0).at("suppressions").at(0).at("justification") == "the test lab");
    CHECK(results.at(0).at("suppressions").at(0).at("kind") == "inSource");
}

TEST_CASE("a run without a verdict says so in every format") {
    const Scratch scratch(Files{{"edge.nft", open_nft}});
    const Ran missing = scratch.run("check no-such.nft --format sarif --output gitlab=g.json");
    CHECK(missing.status == 2);
    CHECK(json::parse(missing.out).at("runs").at(0).at("invocations").at(0).at("executionSuccessful") == false);
    CHECK(json::parse(scratch.read("g.json")).size() == 1);
    const Ran usage = scratch.run("check edge.nft --format github --no-such-option");
    CHECK(usage.status == 2);
    CHECK(usage.out.find("::error title=egresslint gives no verdict::unknown option '--no-such-option'") == 0);
}
