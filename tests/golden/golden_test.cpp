// SPDX-License-Identifier: Apache-2.0
// Golden files: one file is a command, its input and what it must print. tests/golden/*.golden:
//
//   What this shows, and where the fact comes from.
//   === file edge.nft            an input, as often as needed; `fixtures` is there as well
//   …
//   === example EL107            or the first faulty example of a rule's page, as edge.nft or edge.iptables, with
//                                egresslint.toml and addresses.json where the page has them
//   === run egresslint audit edge.nft
//   === written report.json      a file that the run must leave behind
//   …
//   === status 1
//   === stdout
//   …
//   === stderr
//   …
//
// Each runs in a directory of its own. `./dev bless` writes what the program now prints into the parts from `written`
// on; read the difference before committing it.
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "lint/rule_file.hpp"

namespace fs = std::filesystem;

namespace {

struct Part {
    std::string head;  ///< "file edge.nft", "run …", "status 1", "stdout", "stderr"
    std::string text;
};
struct Golden {
    std::string about;
    std::vector<Part> parts;

    Part* find(const std::string& word) {
        for (Part& part : parts)
            if (part.head == word || part.head.starts_with(word + " ")) return &part;
        return nullptr;
    }
};

std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void spill(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

Golden parse(const std::string& text) {
    Golden out;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.starts_with("=== "))
            out.parts.push_back({line.substr(4), ""});
        else
            (out.parts.empty() ? out.about : out.parts.back().text) += line + "\n";
    }
    return out;
}

std::string print(const Golden& golden) {
    std::string out = golden.about;
    for (const Part& part : golden.parts) out += "=== " + part.head + "\n" + part.text;
    return out;
}

/// The first example of a rule's page that the rule fires on.
void spill_example(const std::string& code, const fs::path& where) {
    const auto* rule = egresslint::lint::find_rule(code);
    REQUIRE(rule != nullptr);
    for (const auto& example : rule->examples) {
        if (std::none_of(example.expect.begin(), example.expect.end(),
                         [&](const auto& place) { return place.first == rule->code; }))
            continue;
        spill(where / ("edge." + example.dialect), example.text);
        if (!example.intent.empty()) spill(where / "egresslint.toml", example.intent);
        if (!example.addresses.empty()) spill(where / "addresses.json", example.addresses);
        return;
    }
    FAIL("the page of " << code << " has no example that fires");
}

struct Ran {
    int status = -1;
    std::string out, err;
};

Ran run(const std::string& command, const fs::path& where) {
    // A quiet environment: colours and configuration of the caller must not matter.
    const std::string line = "cd '" + where.string() +
                             "' && exec env -i PATH=/usr/bin:/bin HOME=/nonexistent TERM=xterm '" +
                             EGRESSLINT_PROGRAM "' " + command + " >'" + (where / ".stdout").string() + "' 2>'" +
                             (where / ".stderr").string() + "' </dev/null";
    const int raw = std::system(line.c_str());
    return {WIFEXITED(raw) ? WEXITSTATUS(raw) : -1, slurp(where / ".stdout"), slurp(where / ".stderr")};
}

}  // namespace

TEST_CASE("every golden file prints what it says") {
    const fs::path root(EGRESSLINT_SOURCE_DIR);
    const bool bless = std::getenv("EGRESSLINT_BLESS") != nullptr;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(root / "tests/golden"))
        if (entry.path().extension() == ".golden") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    REQUIRE(!files.empty());

    for (const fs::path& file : files) {
        INFO(file.filename().string());
        const std::string before = slurp(file);
        Golden golden = parse(before);
        const Part* command = golden.find("run");
        REQUIRE(command != nullptr);
        REQUIRE(command->head.starts_with("run egresslint "));
        REQUIRE(golden.about.size() > 1);

        const fs::path where = fs::path(EGRESSLINT_BINARY_DIR) / "golden" / file.stem();
        fs::remove_all(where);
        fs::create_directories(where);
        fs::create_directory_symlink(root / "fixtures", where / "fixtures");
        for (const Part& part : golden.parts)
            if (part.head.starts_with("file "))
                spill(where / part.head.substr(5), part.text);
            else if (part.head.starts_with("example "))
                spill_example(part.head.substr(8), where);

        const Ran ran = run(command->head.substr(15), where);
        const std::vector<Part> now{
            {"status " + std::to_string(ran.status), ""}, {"stdout", ran.out}, {"stderr", ran.err}};
        if (bless) {
            for (Part& part : golden.parts)
                if (part.head.starts_with("written ")) part.text = slurp(where / part.head.substr(8));
            std::erase_if(golden.parts, [](const Part& part) {
                return part.head == "stdout" || part.head == "stderr" || part.head.starts_with("status");
            });
            for (const Part& part : now)
                if (part.head.starts_with("status") || !part.text.empty()) golden.parts.push_back(part);
            if (print(golden) != before) spill(file, print(golden));
            continue;
        }
        const Part* status = golden.find("status");
        const Part* out = golden.find("stdout");
        const Part* err = golden.find("stderr");
        for (const Part& part : golden.parts)
            if (part.head.starts_with("written ")) CHECK(part.text == slurp(where / part.head.substr(8)));
        REQUIRE(status != nullptr);
        CHECK(status->head == now[0].head);
        CHECK((out == nullptr ? "" : out->text) == ran.out);
        CHECK((err == nullptr ? "" : err->text) == ran.err);
    }
}

TEST_CASE("every rule is shown in text and in JSON") {
    const fs::path root(EGRESSLINT_SOURCE_DIR);
    std::string text, json;
    for (const auto& entry : fs::directory_iterator(root / "tests/golden"))
        if (entry.path().extension() == ".golden")
            for (const Part& part : parse(slurp(entry.path())).parts) {
                if (part.head == "stdout") text += part.text;
                if (part.head == "stdout" || part.head.starts_with("written ")) json += part.text;
            }
    for (const auto& rule : egresslint::lint::rules()) {
        INFO(rule.code);
        // Asked of the network alone; tests/lint/identity_test.cpp and tests/evidence/resolver_test.cpp show it.
        if (rule.code == "EL310") continue;
        CHECK(text.find("[" + rule.code + "]") != std::string::npos);
        CHECK(json.find("\"rule\": \"" + rule.code + "\"") != std::string::npos);
    }
}

namespace {

/// Nor empty lines at the end.
std::string without_trailing_blanks(const std::string& text) {
    std::string out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    out.erase(out.find_last_not_of('\n') + 1);
    return out;
}

}  // namespace

// A console block of README.md is "$ command", going on behind a '|' at the end of a line, and what it prints.
TEST_CASE("README shows what the program prints") {
    const fs::path root(EGRESSLINT_SOURCE_DIR);
    const std::string readme = slurp(root / "README.md");
    const fs::path where = fs::path(EGRESSLINT_BINARY_DIR) / "golden" / "readme";
    fs::remove_all(where);
    fs::create_directories(where);
    fs::create_directory_symlink(root / "fixtures", where / "fixtures");
    fs::create_symlink(EGRESSLINT_PROGRAM, where / "egresslint");
    std::size_t blocks = 0;
    for (std::size_t at = readme.find("```\n$ "); at != std::string::npos; at = readme.find("```\n$ ", at + 1)) {
        const std::size_t end = readme.find("\n```", at);
        REQUIRE(end != std::string::npos);
        std::istringstream lines(readme.substr(at + 6, end - at - 5));
        std::string command, line, shown;
        while (std::getline(lines, line)) {
            command += line;
            if (!line.ends_with("|")) break;
        }
        while (std::getline(lines, line)) shown += line + "\n";
        INFO(command);
        if (command.starts_with("./dev audit")) command.replace(0, 5, "egresslint");
        const std::string script = "cd '" + where.string() + "' && { " + command + "; } >.stdout 2>.stderr </dev/null";
        const std::string path = "PATH=" + where.string() + ":/usr/bin:/bin";
        (void)std::system(("env -i " + path + " HOME=/nonexistent TERM=xterm sh -c '" +
                           std::regex_replace(script, std::regex("'"), "'\\''") + "'")
                              .c_str());
        CHECK(without_trailing_blanks(slurp(where / ".stdout")) == without_trailing_blanks(shown));
        ++blocks;
    }
    CHECK(blocks >= 6);
}
