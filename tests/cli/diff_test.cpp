// SPDX-License-Identifier: Apache-2.0
// `egresslint diff`: two files, two revisions, two dialects. The flows themselves are tested in
// flow/difference_test.cpp; here is what people and review gates see of them.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "program.hpp"

using namespace egresslint::tests;
using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

const std::string gateway = R"(table inet fw {
	set mail {
		type ipv4_addr
		elements = { 10.0.0.25 }
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
		iifname "lan0" oifname "wan0" ip saddr @mail tcp dport 25 accept
		iifname "lan0" oifname "wan0" tcp dport 25 log drop
		iifname "lan0" oifname "wan0" ip saddr 10.0.0.0/24 accept
		iifname "wan0" oifname "lan0" ip daddr 10.0.0.25 tcp dport 25 accept
	}
	chain input {
		type filter hook input priority 0; policy drop;
	}
	chain output {
		type filter hook output priority 0; policy drop;
	}
}
table ip nat {
	chain prerouting {
		type nat hook prerouting priority -100;
		iifname "wan0" ip daddr 198.51.100.5 tcp dport 25 dnat to 10.0.0.25
	}
	chain postrouting {
		type nat hook postrouting priority 100;
		oifname "wan0" ip saddr 10.0.0.25 snat to 198.51.100.5
		oifname "wan0" ip saddr 10.0.0.0/24 snat to 198.51.100.2
	}
}
)";

const std::string closed = "\t\tiifname \"lan0\" oifname \"wan0\" tcp dport 25 log drop\n";
const std::string own = "\t\toifname \"wan0\" ip saddr 10.0.0.25 snat to 198.51.100.5\n";

json json_of(const Ran& ran) {
    INFO(ran.out << ran.err);
    REQUIRE_FALSE(ran.out.empty());
    return json::parse(ran.out);
}

/// A repository in a scratch directory; `git` runs as a shell would run it there.
class Repository : public Scratch {
public:
    explicit Repository(const Files& files) : Scratch(files) {
        git("init -q -b main");
        commit("first");
    }
    void git(const std::string& arguments) const {
        const std::string command = "cd '" + path() +
                                    "' && GIT_CONFIG_GLOBAL=/dev/null git -c user.name=t -c user.email=t@example.org "
                                    "-c protocol.file.allow=always " +
                                    arguments + " >/dev/null 2>&1";
        INFO(command);
        REQUIRE(std::system(command.c_str()) == 0);
    }
    void commit(const std::string& message) const {
        git("add -A");
        git("commit -q -m " + message);
    }
};

}  // namespace

TEST_CASE("a reordered and rewritten ruleset is proven to do the same") {
    // Two rules that no packet meets both of change places, and the set becomes an address.
    std::string other = replaced(gateway, "ip saddr @mail tcp", "ip saddr 10.0.0.25 tcp");
    const std::string inbound = "\t\tiifname \"wan0\" oifname \"lan0\" ip daddr 10.0.0.25 tcp dport 25 accept\n";
    other =
        replaced(replaced(other, inbound, ""), "policy drop;\n\t\tiifname", "policy drop;\n" + inbound + "\t\tiifname");
    const Scratch scratch(Files{{"old.nft", gateway}, {"new.nft", other}});
    const Ran ran = scratch.run("diff old.nft new.nft --fail-on-change any --ignore EL205");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK_THAT(ran.out, Contains("nothing changes for the first packet of any flow: proven for 1 device"));
    const json change = json_of(scratch.run("diff old.nft new.nft --format json")).at("change");
    CHECK(change.at("nothing_changes") == true);
    CHECK(change.at("devices").at(0).at("equal") == true);
    CHECK(change.at("devices").at(0).at("same_text") == false);
}

TEST_CASE("open port 25: newly accepted flows, their cause, and the finding on the changed line") {
    const Scratch scratch(Files{{"old.nft", gateway}, {"new.nft", replaced(gateway, closed, "")}});
    const Ran ran = scratch.run("diff old.nft new.nft");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 1);
    CHECK_THAT(ran.out, Contains("newly accepted, no longer logged, IPv4"));
    CHECK_THAT(ran.out, Contains("tcp port 25: 10.0.0.0-10.0.0.24, 10.0.0.26-10.0.0.255 -> "));
    CHECK_THAT(ran.out, Contains("- old.nft:9:3: iifname \"lan0\" oifname \"wan0\" tcp dport 25 log drop"));
    CHECK_THAT(ran.out, Contains("before:  drop, on its way out wan0, logged"));
    CHECK_THAT(ran.out, Contains("after:   accept, out wan0, leaves as 198.51.100.2:40000"));
    const json report = json_of(scratch.run("diff old.nft new.nft --select EL102 --format json"));
    CHECK(report.at("status") == "findings");
    REQUIRE(report.at("findings").size() == 1);
    const json finding = report.at("findings").at(0);
    CHECK(finding.at("rule") == "EL102");
    // The rule that lets it through did not change: the finding is where the line was taken away, on line 9 now.
    CHECK(finding.at("location").at("line") == 9);
    CHECK(finding.at("related").dump().find("removed: iifname") != std::string::npos);

    const Ran back = scratch.run("diff new.nft old.nft");
    CHECK(back.status == 0);
    CHECK_THAT(back.out, Contains("findings that are gone") && Contains("EL102"));
    CHECK_THAT(back.out, Contains("newly blocked, newly logged, IPv4"));
}

TEST_CASE("a line added above makes an old rule the culprit: the finding stands on the added line") {
    const std::string open = "\t\tiifname \"lan0\" tcp dport 1-1024 accept\n";
    const Scratch scratch(
        Files{{"old.nft", gateway},
              {"new.nft", replaced(gateway, "policy drop;\n\t\tiifname", "policy drop;\n" + open + "\t\tiifname")}});
    for (const std::string format : {"json", "sarif", "github"}) {
        const Ran ran = scratch.run("diff old.nft new.nft --select EL1,EL2 --fail-on note --format " + format);
        INFO(format << "\n" << ran.out << ran.err);
        CHECK(ran.status == 1);
        if (format == "github") {
            CHECK_THAT(ran.out, Contains("file=new.nft,line=8"));
            CHECK_FALSE(ran.out.find("line=9,") != std::string::npos);
            continue;
        }
        if (format == "json") {
            std::size_t shadowed = 0;
            const json report = json::parse(ran.out);
            for (const json& f : report.at("findings")) {
                CHECK(f.at("location").at("line") == 8);
                // The rules below, which nothing reaches any more, are what the finding is about.
                const std::string rule = f.at("rule");
                shadowed += rule.starts_with("EL2") && f.at("related").dump().find("\"line\":9") != std::string::npos;
            }
            CHECK(shadowed > 0);
            continue;
        }
        const json log = json::parse(ran.out);
        for (const json& result : log.at("runs").at(0).at("results"))
            CHECK(result.at("locations").at(0).at("physicalLocation").at("region").at("startLine") == 8);
    }
}

TEST_CASE("an element of a set is the cause where the rules are the same") {
    const Scratch scratch(
        Files{{"old.nft", gateway}, {"new.nft", replaced(gateway, "{ 10.0.0.25 }", "{ 10.0.0.25, 10.0.0.66 }")}});
    const Ran ran = scratch.run("diff old.nft new.nft");
    INFO(ran.out << ran.err);
    CHECK_THAT(ran.out, Contains("tcp port 25: 10.0.0.66 -> "));
    CHECK_THAT(ran.out, Contains("+ new.nft:4:3: elements = { 10.0.0.25, 10.0.0.66 }"));
}

TEST_CASE("mail that leaves as another address is a change of its own") {
    const Scratch scratch(Files{{"old.nft", gateway}, {"new.nft", replaced(gateway, own, "")}});
    const json report = json_of(scratch.run("diff old.nft new.nft --format json"));
    const json flows = report.at("change").at("devices").at(0).at("flows");
    REQUIRE(flows.size() >= 1);
    CHECK(flows.at(0).at("kinds") == json{"source"});
    CHECK(flows.at(0).at("before").at("outcome").at("src") == "198.51.100.5");
    CHECK(flows.at(0).at("after").at("outcome").at("src") == "198.51.100.2");
    CHECK(flows.at(0).at("causes").at(0).at("what") == "removed");
    CHECK(flows.at(0).at("sources") == json{"10.0.0.25"});
    CHECK(report.at("findings").at(0).at("rule") == "EL101");
}

TEST_CASE("--fail-on-change: kinds of changes that a gate refuses, whatever the findings are") {
    const std::string web = "\t\tiifname \"wan0\" oifname \"lan0\" ip daddr 10.0.0.80 tcp dport 443 accept\n";
    const Scratch scratch(
        Files{{"old.nft", gateway}, {"new.nft", replaced(gateway, "\t}\n\tchain input", web + "\t}\n\tchain input")}});
    CHECK(scratch.run("diff old.nft new.nft --select EL101,EL102").status == 0);
    CHECK(scratch.run("diff old.nft new.nft --select EL101,EL102 --fail-on-change blocked,source").status == 0);
    const Ran ran = scratch.run("diff old.nft new.nft --select EL101,EL102 --fail-on-change accepted");
    CHECK(ran.status == 1);
    CHECK_THAT(ran.err, Contains("flows changed (accepted)"));
    CHECK(scratch.run("diff old.nft new.nft --select EL101,EL102 --fail-on-change any --exit-zero").status == 0);
    CHECK_THAT(scratch.run("diff old.nft new.nft --fail-on-change acepted").err, Contains("did you mean 'accepted'?"));
}

TEST_CASE("wrong use is refused") {
    const Scratch scratch(Files{{"old.nft", gateway}});
    const std::vector<std::pair<std::string, std::string>> cases{
        {"diff", "diff needs BASE and HEAD, or --git REV[..REV]"},
        {"diff old.nft", "diff needs BASE and HEAD"},
        {"diff old.nft old.nft old.nft", "diff needs BASE and HEAD"},
        {"diff old.nft new.nft", "new.nft: no such file"},
        {"diff - old.nft", "diff reads files only"},
        {"diff old.nft old.nft --config-from-base", "--config-from-base needs --git"},
        {"diff old.nft old.nft --map-interface lan", "'lan' is not of the form OLD=NEW"},
    };
    for (const auto& [arguments, message] : cases) {
        const Ran ran = scratch.run(arguments);
        INFO(arguments << "\n" << ran.err);
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, Contains(message));
    }
}

TEST_CASE("suppressions, intent and assumptions that a change brings are listed") {
    const std::string allow = "\t\t# egresslint: allow EL102 -- the scanner project, ticket 4711\n";
    const std::string general = "\t\tiifname \"lan0\" oifname \"wan0\" ip saddr 10.0.0.0/24 accept\n";
    const std::string open = replaced(gateway, closed, "");
    const Repository scratch(
        Files{{"edge.nft", open}, {"egresslint.toml", "[[device]]\nname = \"edge\"\nconfig = [\"edge.nft\"]\n"}});
    scratch.write("edge.nft", replaced(open, general, allow + general));
    scratch.write("egresslint.toml",
                  "[[device]]\nname = \"edge\"\nconfig = [\"edge.nft\"]\n[[allow]]\nrule = \"EL108\"\nreason = \"no "
                  "IPv6 here\"\n");
    const Ran ran = scratch.run("diff --git HEAD");
    INFO(ran.out << ran.err);
    CHECK_THAT(ran.out, Contains("findings that are still there, but suppressed now"));
    CHECK_THAT(ran.out, Contains("+ edge.nft:9:5: allow EL102 -- the scanner project, ticket 4711"));
    CHECK_THAT(ran.out, Contains("[[allow]] EL108 -- no IPv6 here"));
    CHECK_THAT(ran.out, Contains("+ egresslint.toml:5:1: rule = \"EL108\""));
    const json change = json_of(scratch.run("diff --git HEAD --format json")).at("change");
    CHECK(change.at("suppressions").at("added").size() == 2);
    CHECK(change.at("suppressed_now").at(0).at("finding").at("rule") == "EL102");
    CHECK(change.at("intent").at("added").size() == 3);
    CHECK(change.at("nothing_changes") == true);
}

TEST_CASE("revisions of a repository: the working directory, a range, and where a branch began") {
    const Repository scratch(Files{{"edge.nft", gateway}, {"README", "what this is\n"}});
    CHECK_THAT(scratch.run("diff --git HEAD").out, Contains("nothing changes: no device's files differ"));

    scratch.git("checkout -q -b topic");
    scratch.write("edge.nft", replaced(gateway, closed, ""));
    const Ran dirty = scratch.run("diff --git HEAD");
    CHECK(dirty.status == 1);
    CHECK_THAT(dirty.out, Contains("- HEAD:edge.nft:9:3: "));
    CHECK_THAT(dirty.out, Contains("HEAD -> the working directory: flows change on 1 device"));
    scratch.commit("open");

    scratch.git("checkout -q main");
    scratch.write("edge.nft", replaced(gateway, own, ""));
    scratch.commit("masquerade");
    // Two dots: main's own change is undone as well. Three: only what topic did.
    const Ran two = scratch.run("diff --git main..topic edge.nft");
    CHECK_THAT(two.out, Contains("leaves with another source") && Contains("newly accepted"));
    const Ran three = scratch.run("diff --git main...topic edge.nft");
    INFO(three.out << three.err);
    CHECK(three.status == 1);
    CHECK_THAT(three.out, Contains("newly accepted"));
    CHECK_FALSE(three.out.find("leaves with another source") != std::string::npos);
    // Nothing was checked out.
    CHECK_THAT(scratch.read("edge.nft"), !Contains("snat to 198.51.100.5"));
    CHECK(scratch.run("diff --git ..topic").status == 1);
    CHECK_THAT(scratch.run("diff --git nowhere").err, Contains("there is no revision 'nowhere' here"));
    CHECK_THAT(scratch.run("diff --git HEAD:edge.nft").err, Contains("is no commit"));
    CHECK_THAT(scratch.run("diff --git HEAD missing.nft").err,
               Contains("missing.nft: neither HEAD nor the working directory has it"));
}

TEST_CASE("a shallow clone says what it lacks") {
    const Repository origin(Files{{"edge.nft", gateway}});
    origin.write("edge.nft", replaced(gateway, closed, ""));
    origin.commit("open");
    const Scratch clone;
    fs::remove_all(clone.path() + "/.git");
    const std::string command = "git -c protocol.file.allow=always clone -q --depth 1 'file://" + origin.path() +
                                "' '" + clone.path() + "' >/dev/null 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);
    for (const std::string range : {"HEAD~1", "HEAD~1..HEAD", "main...origin/gone"}) {
        const Ran ran = clone.run("diff --git " + range);
        INFO(ran.err);
        CHECK(ran.status == 2);
        CHECK_THAT(ran.err, Contains("there is no revision") && Contains("this clone is shallow: fetch the history"));
    }
    CHECK(clone.run("diff --git HEAD").status == 0);
}

TEST_CASE("includes, links and globs of a revision are those of that revision") {
    const std::string rules = closed + "\t\tiifname \"lan0\" oifname \"wan0\" ip saddr 10.0.0.0/24 accept\n";
    std::string main = replaced(gateway, closed, "\t\tinclude \"rules/*.nft\"\n");
    main = replaced(main, "\t\tiifname \"lan0\" oifname \"wan0\" ip saddr 10.0.0.0/24 accept\n", "");
    const Repository scratch(Files{{"fw/edge.nft", main}, {"fw/parts/mail.txt", rules}});
    fs::create_directory(scratch.path() + "/fw/rules");
    fs::create_symlink("../parts/mail.txt", scratch.path() + "/fw/rules/10-mail.nft");
    fs::create_symlink("fw", scratch.path() + "/current");
    scratch.commit("link");
    scratch.write("fw/parts/mail.txt", replaced(rules, closed, ""));
    const Ran ran = scratch.run("diff --git HEAD current/edge.nft");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 1);
    CHECK_THAT(ran.out, Contains("- HEAD:current/rules/10-mail.nft:1:3: "));
    // The other way round: what is new in the working directory is not in the revision.
    scratch.write("fw/rules/00-first.nft", "\t\ttcp dport 25 drop\n");
    CHECK_THAT(scratch.run("diff --git HEAD fw/edge.nft").out, Contains("newly blocked"));
    // A part by itself is no configuration, here as there.
    CHECK(scratch.run("diff --git HEAD").status != 2);
}

TEST_CASE("no include of a revision leaves the directory of its file") {
    const Repository scratch(Files{{"fw/edge.nft", "include \"../secret.nft\"\n" + gateway}, {"secret.nft", "# x\n"}});
    scratch.write("fw/edge.nft", "include \"../secret.nft\"\n" + replaced(gateway, closed, ""));
    const Ran ran = scratch.run("diff --git HEAD fw/edge.nft");
    INFO(ran.out << ran.err);
    CHECK_THAT(ran.out, Contains("2 constructs of the old version were not understood") ||
                            Contains("1 construct of the old version was not understood"));
    CHECK(json_of(scratch.run("diff --git HEAD fw/edge.nft --format json")).at("change").at("nothing_changes") ==
          false);
}

TEST_CASE("--config-from-base: who changes the configuration does not change what judges it") {
    const std::string intent = "[[device]]\nname = \"edge\"\nconfig = [\"edge.nft\"]\n";
    const Repository scratch(Files{{"edge.nft", gateway}, {"egresslint.toml", intent}});
    scratch.write("edge.nft", replaced(gateway, closed, ""));
    scratch.write("egresslint.toml", intent + "[[allow]]\nrule = \"EL102\"\nreason = \"trust me\"\n");
    CHECK(scratch.run("diff --git HEAD").status == 0);
    const Ran ran = scratch.run("diff --git HEAD --config-from-base");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 1);
    CHECK_THAT(ran.out, Contains("EL102"));
}

TEST_CASE("devices come and go, and those that nobody touched are not looked at") {
    const Repository scratch(Files{{"a.nft", gateway}, {"b.nft", gateway}, {"c.nft", gateway}});
    fs::remove(scratch.path() + "/a.nft");
    scratch.write("d.nft", replaced(gateway, closed, ""));
    scratch.write("c.nft", gateway + "# a comment\n");
    const json change = json_of(scratch.run("diff --git HEAD --format json")).at("change");
    INFO(change.dump(1));
    CHECK(change.at("untouched") == json{"b"});
    std::string states;
    for (const json& device : change.at("devices"))
        states += device.at("name").get<std::string>() + ":" + device.at("status").get<std::string>() + " ";
    CHECK(states == "c:compared d:added a:removed ");
    const Ran ran = scratch.run("diff --git HEAD");
    CHECK(ran.status == 1);  // the new device's findings are new
    CHECK_THAT(ran.out, Contains("1 device not touched"));
}

TEST_CASE("a copy of a declared device gets what the intent says about it") {
    const Scratch scratch(Files{
        {"edge.nft", gateway},
        {"copy.nft", gateway},
        {"addr.json", R"([{"ifname": "lan0", "addr_info": [{"family": "inet", "local": "10.0.0.1", "prefixlen": 24}]},
  {"ifname": "wan0", "addr_info": [{"family": "inet", "local": "198.51.100.2", "prefixlen": 28}]}])"},
        {"egresslint.toml",
         "[[device]]\nname = \"edge\"\nconfig = [\"edge.nft\"]\naddresses = \"addr.json\"\nexternal = [\"wan0\"]\n"}});
    for (const std::string sides : {"copy.nft edge.nft", "edge.nft copy.nft"}) {
        const Ran ran = scratch.run("diff " + sides + " --fail-on-change any");
        INFO(ran.out << ran.err);
        CHECK(ran.status == 0);
        CHECK_THAT(ran.out, Contains("proven for 1 device"));
    }
}

TEST_CASE("an interface that the change brings or takes away") {
    const std::string guest =
        replaced(gateway, "\t}\n\tchain input",
                 "\t\tiifname \"guest0\" oifname \"wan0\" tcp dport 443 accept\n\t}\n\tchain input");
    const Scratch scratch(Files{{"old.nft", gateway}, {"new.nft", guest}});
    const json device = json_of(scratch.run("diff old.nft new.nft --format json")).at("change").at("devices").at(0);
    // Nobody said which interfaces there are: guest0 may have been there all along, and was blocked.
    REQUIRE(device.at("flows").size() >= 1);
    CHECK(device.at("flows").at(0).at("kinds").at(0) == "accepted");
    CHECK(device.at("flows").at(0).at("flows").at(0).at("in") == "guest0");
    CHECK(device.at("flows").at(0).at("flows").at(0).at("service") == "tcp port 443");
}

TEST_CASE("secrets of either version stay out of every output") {
    const std::string old =
        ": Saved\nPIX Version 6.3(5)\nnameif ethernet0 outside security0\nnameif ethernet1 inside security100\n"
        "enable password 8Ry2YjIyt7RRXU24 encrypted\nhostname pix\n"
        "ip address outside 203.0.113.2 255.255.255.224\nip address inside 10.0.0.1 255.255.255.0\n"
        "snmp-server community t0psecret\n";
    const Scratch scratch(Files{{"old.cfg", old}, {"new.cfg", replaced(old, "t0psecret", "n3wsecret")}});
    for (const std::string format : {"text", "json", "markdown", "sarif", "github", "junit"}) {
        const Ran ran = scratch.run("diff old.cfg new.cfg --fail-on never --format " + format);
        INFO(format << "\n" << ran.out << ran.err);
        CHECK(ran.status == 0);
        for (const std::string secret : {"t0psecret", "n3wsecret", "8Ry2YjIyt7RRXU24"})
            CHECK_FALSE((ran.out + ran.err).find(secret) != std::string::npos);
    }
}

TEST_CASE("two dialects of one policy are proven equal") {
    const std::string nft = R"(table ip fw {
	chain forward {
		type filter hook forward priority 0; policy drop;
		iifname "lan0" oifname "wan0" ip saddr 10.0.0.25 tcp dport 25 accept
		iifname "lan0" oifname "wan0" tcp dport 25 drop
		iifname "lan0" oifname "wan0" ip saddr 10.0.0.0/24 accept
	}
	chain input { type filter hook input priority 0; policy drop; }
	chain output { type filter hook output priority 0; policy accept; }
	chain postrouting {
		type nat hook postrouting priority 100;
		oifname "wan0" ip saddr 10.0.0.25 snat to 198.51.100.5
		oifname "wan0" ip saddr 10.0.0.0/24 snat to 198.51.100.2
	}
}
)";
    const std::string rules = R"(*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.0.0.25/32 -o wan0 -j SNAT --to-source 198.51.100.5
-A POSTROUTING -s 10.0.0.0/24 -o wan0 -j SNAT --to-source 198.51.100.2
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -i lan0 -o wan0 -s 10.0.0.25/32 -p tcp -m tcp --dport 25 -j ACCEPT
-A FORWARD -i lan0 -o wan0 -p tcp -m tcp --dport 25 -j DROP
-A FORWARD -i lan0 -o wan0 -s 10.0.0.0/24 -j ACCEPT
COMMIT
)";
    const Scratch scratch(Files{{"edge.rules", rules}, {"edge.nft", nft}});
    const Ran ran = scratch.run("diff edge.rules edge.nft --fail-on-change any --select EL1");
    INFO(ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK_THAT(ran.out, Contains("edge (iptables -> nftables): no flow changes, proven"));
    CHECK_THAT(ran.out, Contains("findings: 0 new, 0 gone"));
    // One address more is seen.
    scratch.write("edge.nft", replaced(nft, "ip saddr 10.0.0.25 tcp", "ip saddr 10.0.0.24/31 tcp"));
    const Ran more = scratch.run("diff edge.rules edge.nft --fail-on-change accepted --select EL1");
    CHECK(more.status == 1);
    CHECK_THAT(more.out, Contains("tcp port 25: 10.0.0.24 -> "));
}
