// SPDX-License-Identifier: Apache-2.0
// The house rules that a machine can hold, read from the files themselves: who includes whom, no vendor's name where
// the model must suffice, no std::regex, files that can be read at one sitting. Source: ARCHITECTURE.md.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct File {
    std::string path;  ///< relative to the repository
    std::string text;
};

std::vector<File> files_below(const std::vector<std::string>& folders) {
    std::vector<File> out;
    const fs::path root(EGRESSLINT_SOURCE_DIR);
    for (const std::string& folder : folders) {
        if (!fs::exists(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string extension = entry.path().extension().string();
            if (extension != ".cpp" && extension != ".hpp" && extension != ".def") continue;
            std::ifstream in(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << in.rdbuf();
            out.push_back({entry.path().lexically_relative(root).generic_string(), text.str()});
        }
    }
    std::sort(out.begin(), out.end(), [](const File& a, const File& b) { return a.path < b.path; });
    return out;
}

std::vector<std::string> quoted_includes(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        if (!line.starts_with("#include \"")) continue;
        const std::size_t end = line.find('"', 10);
        out.push_back(line.substr(10, end - 10));
    }
    return out;
}

/// "model" for src/model/device.hpp, "dialects/nftables" for a dialect's own files.
std::string room_of(const std::string& path) {
    const std::size_t first = path.find('/');
    const std::string room = path.substr(0, first);
    if (room != "dialects" || first == std::string::npos) return room;
    const std::size_t second = path.find('/', first + 1);
    return second == std::string::npos ? room : path.substr(0, second);
}

/// Code without comments: a comment may name the vendor whose behaviour a concept was learnt from.
std::string without_comments(const std::string& text) {
    std::string out;
    std::size_t i = 0;
    while (i < text.size()) {
        if (text.compare(i, 2, "//") == 0) {
            i = std::min(text.find('\n', i), text.size());
        } else if (text.compare(i, 2, "/*") == 0) {
            i = std::min(text.find("*/", i), text.size() - 2) + 2;
        } else if (text[i] == '"') {
            const std::size_t begin = i++;
            while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
            out += text.substr(begin, ++i - begin);
        } else {
            out += text[i++];
        }
    }
    return out;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

}  // namespace

TEST_CASE("rooms include only what stands below them") {
    const std::map<std::string, std::set<std::string>> may{
        {"base", {}},
        {"model", {"base"}},
        {"families", {"base", "model"}},
        {"dialects", {"base", "model", "families"}},
        {"flow", {"base", "model"}},
        {"evidence", {"base"}},
        {"lint", {"base", "model", "flow", "evidence"}},
        {"report", {"base", "model", "flow", "lint"}},
        {"cli", {"base", "model", "families", "dialects", "flow", "evidence", "lint", "report"}},
        {"nft", {}},
    };
    // iptables reads the sets that ipset saved; the registry names every dialect.
    const std::set<std::pair<std::string, std::string>> also{{"dialects/iptables", "dialects/ipset"}};
    std::size_t seen = 0;
    for (const File& file : files_below({"src"})) {
        const std::string path = file.path.substr(4);
        const std::string room = room_of(path);
        const std::string top = room.substr(0, room.find('/'));
        INFO(file.path);
        REQUIRE(may.contains(top));
        for (const std::string& include : quoted_includes(file.text)) {
            ++seen;
            if (include.find('/') == std::string::npos) continue;  // beside the file itself (src/nft)
            INFO("includes " << include);
            if (include.starts_with("grammars/")) {
                CHECK(file.path.ends_with(".cpp"));
                continue;
            }
            const std::string target = room_of(include);
            if (target == room || also.contains({room, target})) continue;
            if (room == "dialects" && target.starts_with("dialects/")) {
                CHECK(path == "dialects/registry.cpp");
                continue;
            }
            if (target == "dialects" && top == "dialects") continue;  // dialect.hpp
            CHECK(may.at(top).contains(target.substr(0, target.find('/'))));
            // One dialect never sees another.
            CHECK((top != "dialects" || !target.starts_with("dialects/")));
        }
    }
    CHECK(seen > 100);
}

TEST_CASE("grammars are pure: no actions, no meaning") {
    for (const File& file : files_below({"grammars"})) {
        INFO(file.path);
        CHECK(file.path.ends_with(".hpp"));
        for (const std::string& include : quoted_includes(file.text)) CHECK(include.starts_with("grammars/"));
        CHECK(without_comments(file.text).find("struct action") == std::string::npos);
    }
}

TEST_CASE("model, flow and lint know no vendor") {
    const std::vector<std::string> words{"nftables", "iptables", "netfilter", "ipset",   "cisco",     "fortigate",
                                         "fortios",  "pfsense",  "opnsense",  "junos",   "juniper",   "mikrotik",
                                         "routeros", "panos",    "vyos",      "openwrt", "shorewall", "firewalld"};
    for (const File& file : files_below({"src/model", "src/flow", "src/lint"})) {
        const std::string code = lower(without_comments(file.text));
        for (const std::string& word : words) {
            INFO(file.path << " says " << word);
            CHECK(code.find(word) == std::string::npos);
        }
    }
}

TEST_CASE("the top level holds what convention puts there, and no fetched file") {
    const std::set<std::string> files{".clang-format",
                                      ".clang-tidy",
                                      ".gitignore",
                                      ".pre-commit-hooks.yaml",
                                      "CMakeLists.txt",
                                      "CMakePresets.json",
                                      "ARCHITECTURE.md",
                                      "LICENSE",
                                      "README.md",
                                      "action.yml",
                                      "dev",
                                      ".git"};
    for (const auto& entry : fs::directory_iterator(fs::path(EGRESSLINT_SOURCE_DIR))) {
        INFO(entry.path().filename().string());
        CHECK((entry.is_directory() || files.contains(entry.path().filename().string())));
    }
}

TEST_CASE("no std::regex: it recurses once a character") {
    for (const File& file : files_below({"src", "grammars"})) {
        INFO(file.path);
        CHECK(without_comments(file.text).find("<regex>") == std::string::npos);
    }
}

TEST_CASE("every file says its licence first and can be read at one sitting") {
    for (const File& file : files_below({"src", "grammars", "tests"})) {
        INFO(file.path);
        if (!file.path.ends_with(".def")) {
            const bool nft = file.path.starts_with("src/nft/");
            CHECK(file.text.starts_with(nft ? "// SPDX-License-Identifier: GPL-2.0"
                                            : "// SPDX-License-Identifier: Apache-2.0\n"));
        }
        CHECK(std::count(file.text.begin(), file.text.end(), '\n') <= 700);
    }
}

TEST_CASE("text becomes terminal output only through report and cli") {
    for (const File& file : files_below({"src"})) {
        if (file.path.starts_with("src/cli/") || file.path.starts_with("src/nft/") || file.path == "src/base/check.hpp")
            continue;
        const std::string code = without_comments(file.text);
        INFO(file.path);
        CHECK(code.find("std::cout") == std::string::npos);
        CHECK(code.find("std::cerr") == std::string::npos);
        CHECK(code.find("std::printf(") == std::string::npos);
        CHECK(code.find("std::fprintf(") == std::string::npos);
        CHECK(code.find("fmt::print(") == std::string::npos);
    }
}
