// SPDX-License-Identifier: Apache-2.0
// --fix and --diff on files: what is written, what is left alone, and what is not offered.
#include <catch2/catch.hpp>

#include "program.hpp"

using egresslint::tests::Files;
using egresslint::tests::Ran;
using egresslint::tests::Scratch;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
    return out;
}

const std::string published =
    "-A PREROUTING -i wan0 -d 198.51.100.5/32 -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.20.0.25\n";
const std::string filter =
    "*filter\n:FORWARD DROP [0:0]\n"
    "-A FORWARD -s 10.20.0.25/32 -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j ACCEPT\n"
    "-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j LOG\n"
    "-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j REJECT\n"
    "-A FORWARD -i lan0 -o wan0 -j ACCEPT\nCOMMIT\n";

std::string dump(const std::string& postrouting) {
    return "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" + published + postrouting + "COMMIT\n" +
           filter;
}

}  // namespace

TEST_CASE("--diff writes nothing and says that there is something to write", "[fix]") {
    const std::string text = dump("-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n");
    const Scratch scratch({{"edge.rules", text}});
    const Ran ran = scratch.run("audit edge.rules --select EL101 --diff");
    CHECK(ran.status == 1);
    CHECK(has(ran.out, "--- edge.rules\n+++ edge.rules\n"));
    CHECK(has(ran.out, "+-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n"));
    CHECK_FALSE(has(ran.out, "\n-"));
    CHECK(scratch.read("edge.rules") == text);
}

TEST_CASE("--fix writes what --diff shows, and the second time there is nothing to do", "[fix]") {
    const Scratch scratch({{"edge.rules", dump("-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n")}});
    const Ran ran = scratch.run("audit edge.rules --select EL101 --fix");
    CHECK(ran.status == 0);
    CHECK(has(ran.err, "fixed EL101"));
    const std::string fixed = dump(
        "-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n"
        "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n");
    CHECK(scratch.read("edge.rules") == fixed);
    const Ran again = scratch.run("audit edge.rules --select EL101 --fix");
    CHECK(again.status == 0);
    CHECK_FALSE(has(again.err, "fixed"));
    CHECK(scratch.read("edge.rules") == fixed);
    CHECK(scratch.run("audit edge.rules --select EL101 --diff").out == "");
}

TEST_CASE("a rule that stands too late is moved, with the comment that stands over it", "[fix]") {
    const Scratch scratch(
        {{"edge.rules", dump("-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n"
                             "# the mail server's own address\n"
                             "-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n")}});
    CHECK(scratch.run("audit edge.rules --select EL101 --fix").status == 0);
    CHECK(scratch.read("edge.rules") ==
          dump("# the mail server's own address\n"
               "-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n"
               "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n"));
}

TEST_CASE("line ends and counters stay as they are", "[fix]") {
    const std::string before = with_crlf(dump("[12:720] -A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n"));
    const Scratch scratch({{"edge.rules", before}});
    CHECK(scratch.run("audit edge.rules --select EL101 --fix").status == 0);
    std::string after = scratch.read("edge.rules");
    const std::string line = "-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\r\n";
    const std::size_t at = after.find(line);
    REQUIRE(at != std::string::npos);
    after.erase(at, line.size());
    CHECK(after == before);
}

TEST_CASE("nft: a block, statements on one line, commands", "[fix]") {
    const std::string pre = "iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.20.0.25";
    const std::string general = "oifname \"wan0\" snat to 198.51.100.2";
    const std::string own = "oifname \"wan0\" ip saddr 10.20.0.25 snat to 198.51.100.5";
    const std::string accept = "iifname \"lan0\" oifname \"wan0\" ip saddr 10.20.0.25 tcp dport 25 accept";
    SECTION("one line") {
        const Scratch scratch(
            {{"edge.nft", "table ip t {\n chain pre { type nat hook prerouting priority dstnat; " + pre +
                              "; }\n chain post { type nat hook postrouting priority srcnat; " + general +
                              "; }\n chain fwd { type filter hook forward priority 0; policy drop; " + accept +
                              "; }\n}\n"}});
        CHECK(scratch.run("audit edge.nft --select EL101 --fix").status == 0);
        CHECK(has(scratch.read("edge.nft"), own + "; " + general));
    }
    SECTION("commands") {
        const std::string text =
            "add table ip t\nadd chain ip t pre { type nat hook prerouting priority dstnat; }\n"
            "add chain ip t post { type nat hook postrouting priority srcnat; }\n"
            "add chain ip t fwd { type filter hook forward priority 0; policy drop; }\n"
            "add rule ip t pre " +
            pre + "\nadd rule ip t fwd " + accept + "\nadd rule ip t post " + general + "\n";
        const Scratch scratch({{"edge.nft", text}});
        CHECK(scratch.run("audit edge.nft --select EL101 --fix").status == 0);
        CHECK(has(scratch.read("edge.nft"), "add rule ip t post " + own + "\nadd rule ip t post " + general + "\n"));
    }
    SECTION("a table of both IP versions says which one is translated") {
        const Scratch scratch({{"edge.nft",
                                "table inet t {\n\tchain pre {\n\t\ttype nat hook prerouting priority dstnat\n\t\t"
                                "iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat ip to 10.20.0.25\n\t}\n"
                                "\tchain post {\n\t\ttype nat hook postrouting priority srcnat\n\t\t"
                                "oifname \"wan0\" snat ip to 198.51.100.2\n\t}\n\tchain fwd {\n\t\t"
                                "type filter hook forward priority 0; policy drop\n\t\t" +
                                    accept + "\n\t}\n}\n"}});
        CHECK(scratch.run("audit edge.nft --select EL101 --fix").status == 0);
        CHECK(has(scratch.read("edge.nft"),
                  "\t\toifname \"wan0\" ip saddr 10.20.0.25 snat ip to 198.51.100.5\n\t\toifname \"wan0\" snat ip"));
    }
}

TEST_CASE("the mail server's address is no longer shared", "[fix]") {
    const Scratch scratch(
        {{"edge.rules", dump("-A POSTROUTING -s 10.20.0.0/24 -o wan0 -j SNAT --to-source 198.51.100.5\n"
                             "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n")}});
    const Ran ran = scratch.run("audit edge.rules --select EL103 --fix");
    CHECK(ran.status == 0);
    CHECK(has(ran.err, "fixed EL103"));
    CHECK(scratch.read("edge.rules") ==
          dump("-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n"
               "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\n"));
}

TEST_CASE("a fix that leaves other hosts without a public address is not offered", "[fix]") {
    const std::string text = dump("-A POSTROUTING -s 10.20.0.0/24 -o wan0 -j SNAT --to-source 198.51.100.5\n");
    const Scratch scratch({{"edge.rules", text}});
    CHECK(scratch.run("audit edge.rules --select EL103").status == 1);
    const Ran ran = scratch.run("audit edge.rules --select EL103 --fix");
    CHECK(ran.status == 1);
    CHECK(scratch.read("edge.rules") == text);
}

TEST_CASE("port 25 is closed for everybody but those who may", "[fix]") {
    const std::string text = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" + published +
                             "-A POSTROUTING -s 10.20.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5\n"
                             "-A POSTROUTING -o wan0 -j SNAT --to-source 198.51.100.2\nCOMMIT\n"
                             "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -i lan0 -o wan0 -j ACCEPT\nCOMMIT\n";
    const Scratch scratch({{"edge.rules", text}});
    const Ran ran = scratch.run("audit edge.rules --select EL101,EL102,EL105 --fix");
    CHECK(ran.status == 0);
    const std::string after = scratch.read("edge.rules");
    CHECK(has(after,
              ":FORWARD DROP [0:0]\n"
              "-A FORWARD -s 10.20.0.25/32 -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j ACCEPT\n"
              "-A FORWARD -o wan0 -p tcp -m tcp --dport 25 -j LOG --log-prefix \"smtp blocked: \"\n"
              "-A FORWARD -o wan0 -p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset\n"
              "-A FORWARD -i lan0 -o wan0 -j ACCEPT\n"));
}

TEST_CASE("the rule that would block port 25 is moved up, for both IP versions at once", "[fix]") {
    const std::string head =
        "table ip n {\n chain pre {\n type nat hook prerouting priority dstnat\n"
        " iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.20.0.25\n }\n}\n"
        "table inet t {\n chain fwd {\n type filter hook forward priority 0; policy drop\n"
        " iifname \"lan0\" oifname \"wan0\" ip saddr 10.20.0.25 tcp dport 25 accept\n";
    const std::string block = " oifname \"wan0\" tcp dport 25 log drop\n", open = " iifname \"lan0\" accept\n";
    const Scratch scratch({{"edge.nft", head + open + block + " }\n}\n"}});
    const Ran ran = scratch.run("audit edge.nft --select EL102,EL105 --fix");
    CHECK(ran.status == 0);
    CHECK(scratch.read("edge.nft") == head + block + open + " }\n}\n");
}

TEST_CASE("files that are included are not written", "[fix]") {
    const std::string nat =
        "table ip n {\n chain post {\n type nat hook postrouting priority srcnat\n oifname \"wan0\" snat to "
        "198.51.100.2\n }\n}\n";
    const Scratch scratch(
        {{"edge.nft",
          "include \"nat.nft\"\ntable ip t {\n chain pre {\n type nat hook prerouting priority dstnat\n"
          " iifname \"wan0\" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.20.0.25\n }\n chain fwd {\n"
          " type filter hook forward priority 0; policy drop\n"
          " iifname \"lan0\" oifname \"wan0\" ip saddr 10.20.0.25 tcp dport 25 accept\n }\n}\n"},
         {"nat.nft", nat}});
    CHECK(scratch.run("audit edge.nft --select EL101 --fix").status == 1);
    CHECK(scratch.read("nat.nft") == nat);
}

TEST_CASE("contradictory options", "[fix]") {
    const Scratch scratch({{"edge.rules", dump("")}});
    CHECK(scratch.run("audit edge.rules --fix --diff").status == 2);
    CHECK(scratch.run("audit edge.rules --unsafe-fixes").status == 2);
    CHECK(scratch.run("audit - --fix").status == 2);
}
