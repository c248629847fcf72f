// SPDX-License-Identifier: Apache-2.0
// egresslint-nft as a program: what it prints, what it refuses, and above all that the ruleset of the namespace it is
// started in stays as it is. "The host" of these tests is itself a private namespace.
#define CATCH_CONFIG_RUNNER
#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>

#include "command.hpp"
#include "enter.hpp"

namespace {

using egresslint::kernel::Finished;
using egresslint::kernel::run;

const std::string helper = EGRESSLINT_NFT;
Finished via_kernel(const std::string& text, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {helper, "via-kernel"});
    return run(more, text);
}

std::string host_ruleset() { return run({"nft", "list", "ruleset"}).output; }

/// A directory of its own, removed at the end.
struct Directory {
    std::string path;
    Directory() {
        char name[] = "/run/egresslint-XXXXXX";
        path = mkdtemp(name);
    }
    ~Directory() { run({"rm", "-rf", path}); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path + "/" + name) << text;
        return path + "/" + name;
    }
};

}  // namespace

TEST_CASE("list prints the running ruleset and changes nothing") {
    REQUIRE(
        run({"nft", "-f", "-"}, "table inet seen { chain c { type filter hook forward priority 5; } \n }\n").status ==
        0);
    const std::string before = host_ruleset();
    const Finished listed = run({helper, "list"});
    CHECK(listed.status == 0);
    CHECK(listed.output.find("table inet seen {") != std::string::npos);
    CHECK(listed.output == run({"nft", "list", "ruleset"}).output);
    CHECK(host_ruleset() == before);
    run({"nft", "flush", "ruleset"});
}

TEST_CASE("via-kernel never touches the ruleset of the namespace it is started in") {
    REQUIRE(run({"nft", "-f", "-"}, "table ip mine { chain c { tcp dport 25 drop\n }\n }\n").status == 0);
    const std::string before = host_ruleset();
    REQUIRE(before.find("mine") != std::string::npos);
    for (const char* text :
         {"flush ruleset\n", "delete table ip mine\n", "table ip mine { chain c { accept\n }\n }\n", "nonsense\n"}) {
        const Finished finished = via_kernel(text);
        INFO(text << finished.error);
        CHECK(finished.output.find("25") == std::string::npos);  // nothing of ours is read back either
        CHECK(host_ruleset() == before);
    }
    CHECK(via_kernel("delete table ip mine\n").status == 1);  // it is not there
    run({"nft", "flush", "ruleset"});
}

TEST_CASE("via-kernel prints what the kernel made of the text") {
    const Finished finished = via_kernel("table ip t {\n chain c {\n tcp dport smtp accept\n }\n}\n");
    INFO(finished.error);
    CHECK(finished.status == 0);
    CHECK(finished.output.find("tcp dport 25 accept") != std::string::npos);
    CHECK(finished.error.empty());
}

TEST_CASE("via-kernel keeps what the JSON of nft 1.0 loses") {
    const Finished finished =
        via_kernel("table ip t {\n flags dormant\n chain c {\n tcp dport 25 jump {\n accept\n }\n }\n}\n");
    INFO(finished.error);
    CHECK(finished.output.find("flags dormant") != std::string::npos);
    CHECK(finished.output.find("jump {") != std::string::npos);
}

TEST_CASE("via-kernel reports nft's refusal with its words and status 1") {
    const Finished finished = via_kernel("table ip t {\n chain c {\n tcp dpart 25 accept\n }\n}\n");
    CHECK(finished.status == 1);
    CHECK(finished.output.empty());
    CHECK(finished.error.find(":3:") != std::string::npos);
}

TEST_CASE("interfaces named by index exist when asked for") {
    const std::string text = "table ip t {\n chain c {\n iif wan0 accept\n }\n}\n";
    CHECK(via_kernel(text).status == 1);
    const Finished finished = via_kernel(text, {"--interface", "lan0", "--interface", "wan0"});
    INFO(finished.error);
    CHECK(finished.status == 0);
    CHECK(finished.output.find("wan0") != std::string::npos);
    CHECK(via_kernel("table ip t {\n chain c {\n iif lo accept\n }\n}\n", {"--interface", "lo"}).status == 0);
    CHECK(via_kernel(text, {"--interface", "a name that is no name"}).status == 2);
    CHECK(run({"ip", "link", "show", "wan0"}).status != 0);  // not out here
}

TEST_CASE("includes reach the directory of the file and nothing else") {
    const Directory directory;
    const Directory other;
    directory.write("part.nft", "table ip part { }\n");
    const std::string outside = other.write("outside.nft", "table ip outside { }\n");

    const Finished inside = run({helper, "via-kernel", directory.write("a.nft", "include \"part.nft\"\n")});
    INFO(inside.error);
    CHECK(inside.status == 0);
    CHECK(inside.output.find("table ip part {") != std::string::npos);
    CHECK(
        run({helper, "via-kernel", directory.write("b.nft", "include \"" + directory.path + "/part.nft\"\n")}).status ==
        0);

    CHECK(run({helper, "via-kernel", directory.write("c.nft", "include \"" + outside + "\"\n")}).status == 1);
    CHECK(run({helper, "via-kernel", directory.write("d.nft", "include \"../" + outside.substr(5) + "\"\n")}).status ==
          1);
    REQUIRE(symlink(outside.c_str(), (directory.path + "/link.nft").c_str()) == 0);
    CHECK(run({helper, "via-kernel", directory.write("e.nft", "include \"link.nft\"\n")}).status == 1);
    const Finished secret = run({helper, "via-kernel", directory.write("f.nft", "include \"/etc/passwd\"\n")});
    CHECK(secret.status == 1);
    CHECK(secret.error.find("root:") == std::string::npos);
    CHECK(via_kernel("include \"" + outside + "\"\n").status == 1);  // standard input has no directory at all
}

TEST_CASE("the command line and unreadable files are status 2") {
    CHECK(run({helper}).status == 2);
    CHECK(run({helper, "load"}).status == 2);
    CHECK(run({helper, "list", "more"}).status == 2);
    CHECK(run({helper, "via-kernel", "--interface"}).status == 2);
    CHECK(run({helper, "via-kernel", "--verbose"}).status == 2);
    CHECK(run({helper, "via-kernel", "a", "b"}).status == 2);
    CHECK(run({helper, "via-kernel", "/run/no-such-file"}).status == 2);
    CHECK(run({helper, "via-kernel", "/run"}).status == 2);
    CHECK(run({helper, "via-kernel", "/dev/null"}).status == 2);
    CHECK(run({helper, "--help"}).status == 0);
}

TEST_CASE("where namespaces are denied it says so with status 3 and loads nothing") {
    // A limit of our own user namespace: user_namespaces(7), /proc/sys/user.
    const int fd = open("/proc/sys/user/max_net_namespaces", O_WRONLY);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, "0", 1) == 1);
    close(fd);
    const Finished finished = via_kernel("table ip t { }\n");
    CHECK(finished.status == 3);
    CHECK(finished.output.empty());
    CHECK(finished.error.find("denied here") != std::string::npos);
    CHECK(host_ruleset().empty());
    std::ofstream("/proc/sys/user/max_net_namespaces") << "100";
}

int main(int argc, char** argv) {
    if (const std::string reason = egresslint::kernel::enter_namespaces(); !reason.empty()) {
        std::fprintf(stderr, "SKIPPED: namespaces are denied here (%s)\n", reason.c_str());
        return egresslint::kernel::skipped;
    }
    if (!egresslint::kernel::have("nft")) {
        std::fprintf(stderr, "SKIPPED: nft is not installed\n");
        return egresslint::kernel::skipped;
    }
    return Catch::Session().run(argc, argv);
}
