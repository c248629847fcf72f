// SPDX-License-Identifier: Apache-2.0
// `config verify`: the intent file reads, and what it names is there. Source: the contract in cli/config.cpp.
#include <catch2/catch.hpp>

#include "program.hpp"

using namespace egresslint::tests;
using Catch::Contains;

TEST_CASE("an intent file that holds is summed up") {
    const Scratch scratch(Files{{"egresslint.toml", "[[device]]\nname = \"edge\"\nconfig = [\"*.nft\"]\n"},
                                {"a.nft", clean_nft},
                                {"b.nft", "no configuration, which nobody looks at here"}});
    const Ran ran = scratch.run("config verify");
    CHECK(ran.status == 0);
    CHECK(ran.out == "egresslint.toml: 1 device with 2 files, 0 mail servers, 0 policies\n");
    CHECK(scratch.run("config verify -q").out.empty());
}

TEST_CASE("every file that is missing is named, at its device") {
    const Scratch scratch(Files{{"egresslint.toml",
                                 "[[device]]\nname = \"edge\"\nconfig = [\"edge.nft\", \"more/*.nft\"]\n"
                                 "[[device]]\nname = \"b\"\naddresses = \"addr.json\"\ndialect = \"nftable\"\n"
                                 "[[allow]]\nrule = \"EL999\"\nreason = \"x\"\n"
                                 "[evidence]\nzones = [\"dns/*.zone\"]\n"}});
    const Ran ran = scratch.run("config verify");
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Contains("edge.nft: there is no such file") && Contains("more/*.nft: no file matches") &&
                            Contains("addr.json: there is no such file") && Contains("did you mean 'nftables'?") &&
                            Contains("there is no rule 'EL999'") && Contains("dns/*.zone: no file matches") &&
                            Contains("egresslint.toml:1:1") && Contains("egresslint.toml:4:1"));
}

TEST_CASE("what the reader of the intent file refuses is refused here") {
    const Scratch scratch(Files{{"egresslint.toml", "[[device]]\nnaem = \"edge\"\n"}});
    const Ran ran = scratch.run("config verify");
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains("unknown key \"naem\"") && Contains("did you mean \"name\"?"));
}

TEST_CASE("config without an intent file or with another word than verify") {
    const Scratch scratch;
    CHECK_THAT(scratch.run("config verify").err, Contains("there is no egresslint.toml here or above"));
    CHECK(scratch.run("config verify").status == 2);
    CHECK_THAT(scratch.run("config").err, Contains("it knows: verify"));
    CHECK(scratch.run("config verfy").status == 2);
}
