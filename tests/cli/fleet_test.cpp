// SPDX-License-Identifier: Apache-2.0
// Many devices: however many threads, processes or machines look at them, the report is the same, byte for byte.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "program.hpp"

using namespace egresslint::tests;
namespace fs = std::filesystem;

namespace {

std::string fixture(const std::string& path) {
    std::ifstream in(std::string(EGRESSLINT_SOURCE_DIR) + "/fixtures/" + path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

const std::vector<std::string> formats{"text",   "concise", "json",   "jsonl",      "sarif",   "github",
                                       "gitlab", "junit",   "rdjson", "checkstyle", "markdown"};

/// Runs the parts of `command` and leaves them as .parts/part-1.json and so on.
void make_parts(const Scratch& scratch, const std::string& command, std::size_t count) {
    // Where no walk through the directory finds them.
    fs::create_directory(scratch.path() + "/.parts");
    for (std::size_t i = 1; i <= count; ++i) {
        const std::string number = std::to_string(i);
        const Ran ran = scratch.run(command + " --shard " + number + "/" + std::to_string(count) +
                                    " --output part=.parts/part-" + number + ".json");
        INFO(ran.err);
        REQUIRE(ran.status == 0);
        CHECK(ran.out.empty());
    }
}

/// In every format: one thread, eight threads and the parts of three processes say the same.
void same_however(const Scratch& scratch, const std::string& command, int status) {
    make_parts(scratch, command, 3);
    for (const std::string& format : formats) {
        INFO(command << " --format " << format);
        const Ran one = scratch.run(command + " --statistics --jobs 1 --format " + format);
        CHECK(one.status == status);
        const Ran eight = scratch.run(command + " --statistics --jobs 8 --format " + format);
        CHECK(eight.status == one.status);
        CHECK(eight.out == one.out);
        CHECK(eight.err == one.err);
        // In any order.
        const Ran merged = scratch.run(
            "merge .parts/part-2.json .parts/part-3.json .parts/part-1.json --statistics --format " + format);
        CHECK(merged.status == one.status);
        CHECK(merged.out == one.out);
        CHECK(merged.err == one.err);
    }
}

/// A site of devices that differ in all that a report hangs on: dialects, ways over two devices, suppressions, names
/// that are no UTF-8, symbolic links, questions that one device alone can answer.
Files many() {
    Files files{
        {"chain/office.nft", fixture("chain/office.nft")},
        {"chain/edge.nft", fixture("chain/edge.nft")},
        {"chain/addr-office.json", fixture("chain/addr-office.json")},
        {"chain/addr-edge.json", fixture("chain/addr-edge.json")},
        {"forti.conf", fixture("fortios/edge.conf")},
        {"names.nft", replaced(open_nft, "lan0", "caf\xe9")},
        {"comment.nft", replaced(open_nft, "\t\tiifname", "\t\t# egresslint: allow EL102 -- the lab\n\t\tiifname")},
        {"unused.nft", replaced(clean_nft, "\t\tiifname", "\t\t# egresslint: allow EL102 -- gone\n\t\tiifname")}};
    std::string intent =
        "[[device]]\nname = \"office\"\nconfig = [\"chain/office.nft\"]\nexternal = [\"up0\"]\n"
        "addresses = \"chain/addr-office.json\"\nupstream = \"edge\"\n"
        "[[allow]]\nrule = \"EL102\"\ndevice = \"open-3\"\nreason = \"known\"\n"
        "[[allow]]\nrule = \"EL102\"\ndevice = \"clean-3\"\nreason = \"suppresses nothing\"\n"
        "[[policy]]\ncode = \"SITE1\"\nforbid = 'accepted and in wan9'\n"
        "[[policy]]\ncode = \"SITE2\"\nforbid = 'accepted and in nowhere9'\n";
    for (const std::string name : {"forti.conf", "names.nft", "comment.nft", "unused.nft"})
        intent += "[[device]]\nname = \"" + name.substr(0, name.find('.')) + "\"\nconfig = [\"" + name + "\"]\n";
    for (int i = 0; i < 6; ++i) {
        const std::string number = std::to_string(i), net = "10." + std::to_string(30 + i) + ".";
        files.emplace_back("open-" + number + ".nft",
                           replaced(replaced(open_nft, "10.20.", net), "wan0", i == 4 ? "wan9" : "wan0"));
        files.emplace_back("clean-" + number + ".nft", replaced(clean_nft, "10.20.", net));
        for (const std::string kind : {"open-", "clean-"})
            intent += "[[device]]\nname = \"" + kind + number + "\"\nconfig = [\"" + kind + number + ".nft\"]\n";
    }
    // Its way leads over a device that stands far from it.
    intent +=
        "[[device]]\nname = \"edge\"\nconfig = [\"chain/edge.nft\"]\nexternal = [\"wan0\"]\naddresses = "
        "\"chain/addr-edge.json\"\n";
    files.emplace_back("egresslint.toml", intent);
    return files;
}

/// A part with the sum that belongs to it (FNV-1a of 64 bits over all that stands before it).
std::string summed(const std::string& part) {
    const std::string body = part.substr(0, part.rfind(",\"sum\":"));
    std::uint64_t sum = 1469598103934665603ull;
    for (const char c : body) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211ull;
    std::ostringstream out;
    out << body << ",\"sum\":\"" << std::hex << std::setw(16) << std::setfill('0') << sum << "\"}\n";
    return out.str();
}

void link(const Scratch& scratch, const std::string& to, const std::string& name) {
    fs::create_symlink(to, fs::path(scratch.path()) / name);
}

}  // namespace

TEST_CASE("devices of an intent file: threads and parts say the same", "[fleet]") {
    const Scratch scratch(many());
    fs::remove(fs::path(scratch.path()) / "open-1.nft");
    link(scratch, "open-2.nft", "open-1.nft");
    const std::string rules = std::string(EGRESSLINT_SOURCE_DIR) + "/fixtures/story/policies/rules";
    same_however(scratch, "check --extend-select EL2 --rules " + rules, 1);
    const Ran ran = scratch.run("check --extend-select EL2 --format json");
    const auto report = nlohmann::json::parse(ran.out);
    CHECK(report.at("devices").size() == 18);
    CHECK(report.at("suppressed") == 2);
    std::size_t unused = 0, unknown = 0;
    for (const auto& finding : report.at("findings")) {
        const std::string message = finding.at("message");
        unused += message.find("[[allow]] of EL102 suppresses nothing") != std::string::npos ? 1u : 0u;
        // The interface of SITE1 is one device's, that of SITE2 nobody's.
        CHECK(message.find("SITE1 cannot be asked") == std::string::npos);
        unknown += message.find("SITE2) cannot be asked") != std::string::npos ||
                           message.find("the policy SITE2 cannot be asked") != std::string::npos
                       ? 1u
                       : 0u;
    }
    CHECK(unused == 1);
    CHECK(unknown == 1);
}

TEST_CASE("files that nobody declared: what others include is no device, whoever looks at it", "[fleet]") {
    Files files = many();
    files.pop_back();
    files.emplace_back("site/main.nft", std::string("include \"part.nft\"\n") + clean_nft);
    files.emplace_back("site/part.nft",
                       "table ip part {\n\tchain forward {\n\t\ttype filter hook forward priority 1;\n"
                       "\t\ttcp dport 25 drop\n\t}\n}\n");
    files.emplace_back("notes.txt", "ours\n");
    const Scratch scratch(files);
    same_however(scratch, "check --isolated .", 1);
    same_however(scratch, "audit . --no-suppressions", 1);
    const Ran ran = scratch.run("check --isolated .");
    CHECK(ran.err.find("site/part.nft is read where it is included") != std::string::npos);
    CHECK(ran.err.find("not read: notes.txt") != std::string::npos);
    // The baseline and the level of failure are the whole's.
    CHECK(scratch.run("merge .parts/part-1.json .parts/part-2.json .parts/part-3.json --write-baseline known.json")
              .status == 0);
    CHECK(scratch.read("known.json").find("EL102") != std::string::npos);
    CHECK(scratch.run("merge .parts/part-1.json .parts/part-2.json .parts/part-3.json --baseline known.json").status ==
          0);
    CHECK(scratch.run("merge .parts/part-1.json .parts/part-2.json .parts/part-3.json --fail-on never").status == 0);
}

TEST_CASE("a file that does not read is told of in the same words", "[fleet]") {
    Files files{{"open.nft", open_nft}, {"clean.nft", clean_nft}, {"d/broken.nft", "table ip x {\n\tchain {\n"}};
    const Scratch scratch(files);
    const Ran one = scratch.run("check --isolated . --jobs 1"), eight = scratch.run("check --isolated . --jobs 8");
    CHECK(one.status == 2);
    CHECK(one.out == eight.out);
    CHECK(one.err == eight.err);
    CHECK(one.err.find("d/broken.nft:") != std::string::npos);
    // Another file might include it, in another part: the whole decides.
    make_parts(scratch, "check --isolated .", 2);
    const Ran merged = scratch.run("merge .parts/part-1.json .parts/part-2.json");
    CHECK(merged.status == 2);
    CHECK(merged.err == one.err);
    // A declared device is nobody's include.
    const Scratch declared(Files{{"a.nft", clean_nft},
                                 {"b.nft", "table ip x {\n\tchain {\n"},
                                 {"egresslint.toml",
                                  "[[device]]\nname = \"a\"\nconfig = [\"a.nft\"]\n[[device]]\nname "
                                  "= \"b\"\nconfig = [\"b.nft\"]\n"}});
    int failed = 0;
    for (const std::string shard : {"1/2", "2/2"}) {
        const Ran part = declared.run("check --shard " + shard + " --output part=p");
        failed += part.status == 2 && part.err.find("b.nft:") != std::string::npos ? 1 : 0;
        if (part.status == 2) CHECK_FALSE(fs::exists(declared.path() + "/p"));
        fs::remove(declared.path() + "/p");
    }
    CHECK(failed == 1);
}

TEST_CASE("devices on a way to the internet stay together", "[fleet]") {
    const Scratch scratch(many());
    make_parts(scratch, "check", 18);
    std::size_t with_devices = 0;
    for (int i = 1; i <= 18; ++i) {
        const auto part = nlohmann::json::parse(scratch.read(".parts/part-" + std::to_string(i) + ".json"));
        std::set<std::string> names;
        for (const auto& unit : part.at("units"))
            for (const auto& device : unit.at("gathered").at("devices")) names.insert(device.at("name"));
        CHECK(names.contains("office") == names.contains("edge"));
        with_devices += names.empty() ? 0u : 1u;
    }
    // 18 devices, of which two are one unit: one part has nothing to do, and is a part all the same.
    CHECK(with_devices == 17);
    std::string all;
    for (int i = 18; i >= 1; --i) all += " .parts/part-" + std::to_string(i) + ".json";
    CHECK(scratch.run("merge" + all + " --format json").out == scratch.run("check --format json").out);
}

TEST_CASE("parts that do not make one whole are refused", "[fleet]") {
    const Scratch scratch(many());
    make_parts(scratch, "check", 3);
    const auto refused = [&](const std::string& arguments, const std::string& why) {
        const Ran ran = scratch.run("merge " + arguments);
        INFO(arguments << "\n" << ran.err);
        CHECK(ran.status == 2);
        CHECK(ran.err.find(why) != std::string::npos);
        CHECK(ran.out.find("no findings") == std::string::npos);
    };
    refused(".parts/part-1.json .parts/part-3.json", "part 2 of 3 is missing");
    refused(".parts/part-1.json .parts/part-2.json .parts/part-2.json .parts/part-3.json",
            "it is part 2 of 3, and so is");
    refused(".parts/part-1.json .parts/part-2.json nothing.json", "nothing.json: no such file");
    refused("", "merge needs the parts");
    refused(".parts/part-1.json .parts/part-2.json .parts/part-3.json --fix", "merge has no files to mend");
    // Other options, another number of parts, other files.
    CHECK(scratch.run("check --shard 3/3 --ignore EL205 --output part=other.json").status == 0);
    refused(".parts/part-1.json .parts/part-2.json other.json", "it is a part of another run than");
    CHECK(scratch.run("check --shard 3/4 --output part=other.json").status == 0);
    refused(".parts/part-1.json .parts/part-2.json other.json", "it is a part of another run than");
    scratch.write("open-5.nft", std::string(clean_nft) + "# changed meanwhile\n");
    CHECK(scratch.run("check --shard 3/3 --output part=other.json").status == 0);
    refused(".parts/part-1.json .parts/part-2.json other.json", "it is a part of another run than");

    // What no part is, and what was one before somebody touched it.
    const std::string whole = scratch.read(".parts/part-3.json");
    const auto touched = [&](const std::string& text, const std::string& why) {
        scratch.write("touched.json", text);
        refused(".parts/part-1.json .parts/part-2.json touched.json", why);
    };
    touched(whole.substr(0, whole.size() / 2), "it is no JSON, or only the beginning of a part");
    touched("", "it is no JSON");
    touched("{}", "it is no part of a run");
    touched("[[1]]", "it is no part of a run");
    touched(std::string(100'000, '['), "nested too deeply");
    touched(replaced(whole, "\"version\":\"", "\"version\":\"9"), "wrote it, and this is");
    touched(replaced(whole, "\"egresslint_part\":1", "\"egresslint_part\":2"), "another schema");
    touched(replaced(whole, "\"findings\"", "\"fundings\""), "\"findings\" is missing");
    const std::size_t span = whole.find("\"span\":[");
    REQUIRE(span != std::string::npos);
    const std::size_t end = whole.find(']', span);
    for (const std::string place : {"[99999,0,1]", "[1,0,4294967295]", "[1,5,2]", "[1,-1,2]", "[1]", "\"x\""})
        touched(whole.substr(0, span + 7) + place + whole.substr(end + 1),
                place == "[99999,0,1]" || place == "[1,0,4294967295]" || place == "[1,5,2]" ? "a place" : ":");
    touched(replaced(whole, "EL102", "EL103"), "it was changed since it was written");
    // The same device twice, under another part's number, by somebody who sums it up anew.
    touched(summed(replaced(scratch.read(".parts/part-1.json"), "\"shard\":1", "\"shard\":3")),
            "another part holds too");
    touched(replaced(whole, "\"shard\":3", "\"shard\":2"), "it was changed since it was written");
    touched(whole + " ", "it was changed since it was written");
    touched(replaced(whole, "\"sum\"", "\"bum\""), "it was changed since it was written");
}

TEST_CASE("which part is this process's", "[fleet]") {
    const Scratch scratch(many());
    make_parts(scratch, "check", 3);
    const auto is = [&](const std::string& shard, const std::string& environment, const std::string& part) {
        const Ran ran = scratch.run("check --shard " + shard, environment);
        INFO(shard << " with " << environment << ": " << ran.err);
        CHECK(ran.status == 0);
        CHECK(ran.out == scratch.read(part));
    };
    // sbatch(1) of Slurm 22.05: SLURM_ARRAY_TASK_ID, _MIN, _MAX, _COUNT, _STEP.
    const std::string slurm =
        "SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX=14 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_STEP=2 ";
    is("2/3", "", ".parts/part-2.json");
    is("auto", slurm + "SLURM_ARRAY_TASK_ID=14", ".parts/part-3.json");
    is("auto/3", slurm + "SLURM_ARRAY_TASK_ID=10", ".parts/part-1.json");
    // Kubernetes, "Indexed Job for Parallel Processing with Static Work Assignment": an index from 0, no count.
    is("auto/3", "JOB_COMPLETION_INDEX=1", ".parts/part-2.json");
    const auto refused = [&](const std::string& shard, const std::string& environment) {
        const Ran ran = scratch.run("check --shard " + shard, environment);
        INFO(shard << " with " << environment);
        CHECK(ran.status == 2);
        CHECK(ran.err.find("--shard") != std::string::npos);
        CHECK(ran.out.empty());
    };
    for (const std::string wrong : {"0/3", "4/3", "1/0", "1", "x/3", "1/x", "-1/3", "1/3/3", "''", "1/9999999"})
        refused(wrong, "");
    refused("auto", "");
    refused("auto", "JOB_COMPLETION_INDEX=1");
    refused("auto/3", "JOB_COMPLETION_INDEX=3");
    refused("auto/4", slurm + "SLURM_ARRAY_TASK_ID=12");
    refused("auto", slurm + "SLURM_ARRAY_TASK_ID=11");
    refused("auto", "SLURM_ARRAY_TASK_ID=1");
    // --array=1,5,6: which part 5 is cannot be told from these numbers.
    refused("auto", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=6 SLURM_ARRAY_TASK_COUNT=3");
    // A part is no report.
    CHECK(scratch.run("check --shard 1/3 --format json").status == 2);
    refused("1/3 --output json=x", "");
    refused("1/3 --fix", "");
    CHECK(scratch.run("check --output part=x").status == 2);
    CHECK(scratch.run("check --shard 1/3 --changed open-1.nft").status == 2);
    CHECK(scratch.run("check --shard 1/3 open-1.nft").status == 2);
    CHECK(scratch.run("check --jobs 0").status == 2);
    CHECK(scratch.run("check --jobs many").status == 2);
}

TEST_CASE("an intent file that does not read is told of with its place, whoever is asked", "[fleet]") {
    const Scratch scratch(Files{{"a.nft", clean_nft}, {"egresslint.toml", "[[device]]\nnaem = \"a\"\n"}});
    const Ran one = scratch.run("check"), part = scratch.run("check --shard 1/2");
    CHECK(one.status == 2);
    CHECK(part.status == 2);
    CHECK(part.err == one.err);
    CHECK(part.err.find("egresslint.toml:2") != std::string::npos);
    CHECK(part.out.empty());
}

TEST_CASE("a part holds no secret", "[fleet][secrets]") {
    const std::string text = fixture("fortios/secrets.conf");
    REQUIRE(text.find("planted") != std::string::npos);
    const Scratch scratch(Files{{"fw.conf", text}, {"edge.nft", open_nft}});
    const Ran ran = scratch.run("check --isolated . --shard 1/1");
    CHECK(ran.status == 0);
    CHECK(ran.out.find("planted") == std::string::npos);
    CHECK(ran.out.find("****") != std::string::npos);
}
