// SPDX-License-Identifier: Apache-2.0
// Reading and writing on a real directory: what must be refused is refused, and a FIFO cannot hang us.
#include "base/io.hpp"

#include <sys/stat.h>
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
        std::string name = (fs::temp_directory_path() / "egresslint-io-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = fs::canonical(name);
    }
    ~Directory() { fs::remove_all(path); }
    std::string file(const std::string& name, const std::string& text = "x") const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
    std::string at(const std::string& name) const { return (path / name).string(); }
};

std::string names(const IncludeJail::Resolved& resolved) {
    if (!resolved.refused.empty()) return "refused: " + resolved.refused;
    std::string out;
    for (const auto& p : resolved.paths) out += fs::path(p).filename().string() + " ";
    return out;
}

}  // namespace

TEST_CASE("files are read whole, and only regular ones") {
    const Directory d;
    CHECK(read_file(d.file("a", std::string("with\0zero", 9))).value() == std::string("with\0zero", 9));
    CHECK(read_file(d.at("absent")).error().message == "no such file");
    CHECK(read_file(d.path.string()).error().message == "is a directory");
    REQUIRE(::mkfifo(d.at("fifo").c_str(), 0600) == 0);
    CHECK(read_file(d.at("fifo")).error().message == "is not a regular file");
    CHECK(read_file("/dev/zero").error().message == "is not a regular file");
    CHECK(read_file(d.file("large", "12345"), 4).error().message == "larger than the limit of 4 bytes");
    CHECK(read_file(d.at("large"), 5).value() == "12345");
    CHECK(read_file(std::string("a\0b", 3)).error().message == "the path contains a zero byte");
    // States size 0, yet has content.
    CHECK_FALSE(read_file("/proc/self/status").value().empty());
    CHECK(read_file("/proc/self/status", 3).error().message == "larger than the limit of 3 bytes");
}

TEST_CASE("includes stay inside their directory") {
    const Directory d;
    d.file("conf/b.nft");
    d.file("conf/a.nft");
    d.file("conf/.hidden.nft");
    d.file("conf/sub/c.nft");
    d.file("secret/key.nft");
    fs::create_directory(d.at("conf/dir.nft"));
    fs::create_symlink(d.at("secret/key.nft"), d.at("conf/link.nft"));
    fs::create_symlink(d.at("conf/a.nft"), d.at("conf/good-link.nft"));
    fs::create_directory_symlink(d.at("secret"), d.at("conf/out"));
    const IncludeJail jail(d.at("conf"));
    const std::string outside = "refused: outside the directory of the including file";
    CHECK(names(jail.resolve("a.nft")) == "a.nft ");
    CHECK(names(jail.resolve("./sub/c.nft")) == "c.nft ");
    CHECK(names(jail.resolve("sub/../a.nft")) == "a.nft ");
    CHECK(names(jail.resolve(d.at("conf/a.nft"))) == "a.nft ");
    CHECK(names(jail.resolve("[ab].nft")) == "a.nft b.nft ");
    CHECK(names(jail.resolve("sub/*.nft")) == "c.nft ");
    CHECK(names(jail.resolve("nothing*.nft")).empty());
    CHECK(names(jail.resolve("good-link.nft")) == "good-link.nft ");
    CHECK(names(jail.resolve("absent.nft")) == "refused: no such file");
    CHECK(names(jail.resolve("")) == "refused: the include names no file");
    CHECK(names(jail.resolve("sub")) == "refused: is not a regular file");
    CHECK(names(jail.resolve("link.nft")) == outside);
    CHECK(names(jail.resolve("*.nft")) == outside);  // reaches link.nft
    CHECK(names(jail.resolve("out/key.nft")) == outside);
    CHECK(names(jail.resolve("out/*")) == outside);
    CHECK(names(jail.resolve("../secret/key.nft")) == outside);
    CHECK(names(jail.resolve("../secret/absent.nft")) == outside);
    CHECK(names(jail.resolve("../secret/*")) == outside);
    CHECK(names(jail.resolve("/etc/passwd")) == outside);
    const IncludeJail open(d.at("conf"), true);
    CHECK(names(open.resolve("../secret/*.nft")) == "key.nft ");
    // Files in alphabetical order, directories and dotfiles left out.
    CHECK(names(open.resolve("*.nft")) == "a.nft b.nft good-link.nft link.nft ");
}

TEST_CASE("an include may not match thousands of files") {
    const Directory d;
    for (int i = 0; i < 1025; ++i) d.file("f" + std::to_string(i));
    CHECK(names(IncludeJail(d.path.string()).resolve("f*")) == "refused: matches more than 1024 files");
}

TEST_CASE("a written file is whole or untouched") {
    const Directory d;
    const auto path = d.file("report.json", "old");
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    CHECK_FALSE(write_file_atomically(path, "new"));
    CHECK(read_file(path).value() == "new");
    CHECK((fs::status(path).permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK_FALSE(write_file_atomically(d.at("fresh"), ""));
    CHECK(read_file(d.at("fresh")).value().empty());
    CHECK(write_file_atomically(d.at("no/such/dir"), "x")->message == "no such file");
    CHECK(write_file_atomically("/dev/null", "x"));
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(d.path)) ++count;
    CHECK(count == 2);  // no temporary file stays behind
}
