// SPDX-License-Identifier: Apache-2.0
// Whose text it is, without being told; and secrets, which nothing that is kept of the text may hold.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/dialects/fortios/support.hpp"

namespace egresslint::test::fortios {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
std::string_view detected(std::string_view text) {
    const auto d = dialects::detect(text);
    return d.dialect == nullptr ? std::string_view("none") : d.dialect->name;
}

}  // namespace

TEST_CASE("FortiOS: recognised", "[fortios][detect]") {
    CHECK(detected("#config-version=FGT60F-7.2.8-FW-build1639:opmode=0:vdom=0:user=admin\n") == "fortios");
    CHECK(detected("#FGBK|4|FGVM64|6|00|1234|\n") == "fortios");
    CHECK(detected("#RANCID-CONTENT-TYPE: fortigate\n\nconfig system global\nend\n") == "fortios");
    CHECK(detected("config firewall policy\n    edit 1\n    next\nend\n") == "fortios");
    CHECK(detected("FW01 # show firewall address\nconfig firewall address\nend\n") == "fortios");
    CHECK(
        detected("# Version: FortiGate-91G\n#config-version=FG9H1G-7.4.7-FW-build2731\nconfig system global\nend\n") ==
        "fortios");
    // OpenWrt says `config` and `option`, others say neither.
    CHECK(detected("config interface 'lan'\n\toption proto 'static'\n\nconfig zone\n\toption name wan\n") != "fortios");
    CHECK(detected("hostname fw\ninterface e0\n ip address 10.0.0.1 255.0.0.0\nend\n") != "fortios");
}

TEST_CASE("FortiOS: fixtures of all dialects go to their own", "[fortios][detect]") {
    std::size_t own = 0;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures")) {
        if (!entry.is_regular_file() || entry.path().extension() == ".toml") continue;
        const bool mine = entry.path().string().find("/fixtures/fortios/") != std::string::npos;
        INFO(entry.path().string());
        CHECK((detected(slurp(entry.path())) == "fortios") == mine);
        own += mine;
    }
    CHECK(own >= 9);
}

TEST_CASE("FortiOS: secrets are blotted out", "[fortios][secrets]") {
    const std::string text = slurp(fs::path(EGRESSLINT_SOURCE_DIR) / "fixtures/fortios/secrets.conf");
    REQUIRE(text.find("planted") != std::string::npos);
    auto r = read(text);
    REQUIRE(r.devices.size() == 1);
    CHECK(std::string(r.sources.text(base::FileId(0))).find("planted") == std::string::npos);
    CHECK(r.sources.raw(base::FileId(0)) == text);
    CHECK(r.messages().find("planted") == std::string::npos);
    model::resolve(r.devices[0], r.diagnostics);
    CHECK(model::print(r.devices[0], &r.sources).find("planted") == std::string::npos);
    CHECK(model::to_json(r.devices[0], r.sources).dump().find("planted") == std::string::npos);
    // Nothing of what follows an open quotation mark can be told apart.
    const auto open = read("config user local\nedit a\nset passwd \"planted\nnext\nend\n");
    CHECK(open.fatal());
    CHECK(std::string(open.sources.text(base::FileId(0))).find("planted") == std::string::npos);
}

}  // namespace egresslint::test::fortios
