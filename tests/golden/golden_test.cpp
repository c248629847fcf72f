// SPDX-License-Identifier: Apache-2.0
// Golden files: one file is a command, its input and what it must print. tests/golden/*.golden:
//
//   What this shows, and where the fact comes from.
//   === file edge.nft            an input, as often as needed; `fixtures` is there as well
//   …
//   === run egresslint audit edge.nft
//   === status 1
//   === stdout
//   …
//   === stderr
//   …
//
// Each runs in a directory of its own. `./dev bless` writes what the program now prints into the last three parts; read
// the difference before committing it.
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

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
            if (part.head.starts_with("file ")) spill(where / part.head.substr(5), part.text);

        const Ran ran = run(command->head.substr(15), where);
        const std::vector<Part> now{
            {"status " + std::to_string(ran.status), ""}, {"stdout", ran.out}, {"stderr", ran.err}};
        if (bless) {
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
        REQUIRE(status != nullptr);
        CHECK(status->head == now[0].head);
        CHECK((out == nullptr ? "" : out->text) == ran.out);
        CHECK((err == nullptr ? "" : err->text) == ran.err);
    }
}
