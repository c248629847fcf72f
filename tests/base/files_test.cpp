// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace egresslint::base;
namespace fs = std::filesystem;

namespace {

struct Directory {
    fs::path path;
    Directory() {
        std::string name = (fs::temp_directory_path() / "egresslint-files-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = fs::canonical(name);
    }
    ~Directory() { fs::remove_all(path); }
    void file(const std::string& name) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << name;
    }
    [[nodiscard]] std::string at(const std::string& name) const { return (path / name).string(); }
    /// Names below the directory, in the order of the answer.
    [[nodiscard]] std::string found(const std::string& pattern, std::size_t limit = 100) const {
        std::string out;
        for (const std::string& hit : disk().glob(at(pattern), limit))
            out += (out.empty() ? "" : " ") + fs::path(hit).lexically_relative(path).string();
        return out;
    }
};

}  // namespace

TEST_CASE("patterns match as the shell's do: no slash, no leading dot") {
    const Directory d;
    for (const char* name : {"a.nft", "b.nft", ".hidden.nft", "sub/c.nft", "sub/deep/d.nft", "other/c.nft"})
        d.file(name);
    fs::create_symlink(d.at("gone"), d.at("z.nft"));
    CHECK(d.found("*.nft") == "a.nft b.nft z.nft");
    CHECK(d.found(".h*") == ".hidden.nft");
    CHECK(d.found("[!a].nft") == "b.nft z.nft");
    CHECK(d.found("?.nft") == "a.nft b.nft z.nft");
    CHECK(d.found("*/c.nft") == "other/c.nft sub/c.nft");
    CHECK(d.found("sub/*") == "sub/c.nft sub/deep");
    CHECK(d.found("sub/*/*.nft") == "sub/deep/d.nft");
    CHECK(d.found("sub/c.nft") == "sub/c.nft");
    CHECK(d.found("nothing*").empty());
    CHECK(d.found("absent/*").empty());
    CHECK(disk().glob(d.at("*.nft"), 1).size() == 2);
}

TEST_CASE("what the disk says about a path") {
    const Directory d;
    d.file("sub/a.nft");
    fs::create_symlink("a.nft", d.at("sub/link.nft"));
    fs::create_symlink("nowhere", d.at("sub/dangling.nft"));
    const Files& files = disk();
    CHECK(files.is_file(d.at("sub/a.nft")));
    CHECK(files.is_directory(d.at("sub")));
    CHECK(files.is_file(d.at("sub/link.nft")));
    CHECK(files.is_link(d.at("sub/link.nft")));
    CHECK_FALSE(files.is_link(d.at("sub/a.nft")));
    CHECK_FALSE(files.exists(d.at("sub/dangling.nft")));
    CHECK(files.is_link(d.at("sub/dangling.nft")));
    CHECK(files.kind("/dev/null") == Files::Kind::other);
    CHECK(files.real_path(d.at("sub/link.nft")) == d.at("sub/a.nft"));
    CHECK(files.real_path(d.at("sub/../sub/./a.nft")) == d.at("sub/a.nft"));
    CHECK(files.real_path(d.at("absent")).empty());
    CHECK(files.list(d.at("sub")).value() == std::vector<std::string>{"a.nft", "dangling.nft", "link.nft"});
    CHECK_FALSE(files.list(d.at("absent")).has_value());
    CHECK(files.read(d.at("sub/link.nft")).value() == "sub/a.nft");
    CHECK(files.plain("edge.nft") == "edge.nft");
}
