// SPDX-License-Identifier: Apache-2.0
// The tables of treatment, src/dialects/*/TREATMENT.md: that they are what the readers do, that every row of the code
// has an example, and that nothing which nft(8) and iptables-extensions(8) name is missing. EGRESSLINT_BLESS=1 rewrites
// them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/io.hpp"
#include "dialects/iptables/extensions.hpp"
#include "dialects/nftables/lower_table.hpp"
#include "manual.hpp"
#include "observe.hpp"

using namespace egresslint;
using namespace egresslint::treatment;

namespace {

std::string source(const std::string& path) { return std::string(EGRESSLINT_SOURCE_DIR) + "/" + path; }

std::vector<Example> examples_of(const std::string& dialect) {
    auto examples = read_examples(source("tests/treatment/" + dialect + ".examples"));
    REQUIRE(examples.size() > 100);
    return examples;
}

std::set<std::string> names_of(const std::vector<Example>& examples) {
    std::set<std::string> out;
    for (const auto& e : examples) out.insert(e.name);
    return out;
}

void check_table(const std::string& dialect) {
    const auto path = source("src/dialects/" + dialect + "/TREATMENT.md");
    const auto made = table(dialect, examples_of(dialect));
    if (std::getenv("EGRESSLINT_BLESS") != nullptr) REQUIRE_FALSE(base::write_file_atomically(path, made));
    const auto committed = base::read_file(path);
    REQUIRE(committed);
    if (*committed == made) return;
    // The first line that differs says more than two long texts.
    std::size_t at = 0, line = 0;
    while (at < made.size() && at < committed->size() && made[at] == (*committed)[at])
        if (made[at++] == '\n') line = at;
    FAIL_CHECK(path << " is not what the reader does (./dev tables writes it anew)\ncommitted: "
                    << committed->substr(line, committed->find('\n', line) - line)
                    << "\nreader:    " << made.substr(line, made.find('\n', line) - line));
}

}  // namespace

TEST_CASE("nftables: the table of treatment is what the reader does", "[treatment]") { check_table("nftables"); }
TEST_CASE("iptables: the table of treatment is what the reader does", "[treatment]") { check_table("iptables"); }

TEST_CASE("nftables: every property that the code knows has an example, treated as the code says", "[treatment]") {
    using dialects::nftables::Treatment;
    const auto examples = examples_of("nftables");
    for (const auto& row : dialects::nftables::treatments()) {
        const auto name = std::string(row.protocol.empty() ? row.group : row.protocol) + " " + std::string(row.key);
        const auto at =
            std::find_if(examples.begin(), examples.end(), [&](const Example& e) { return e.name == name; });
        INFO(name);
        REQUIRE(at != examples.end());
        if (at->place == "arp" || at->place == "bridge") continue;  // tables that are not analysed
        const auto observed = observe("nftables", *at);
        INFO(to_string(observed));
        const bool predicate = row.as == Treatment::As::predicate;
        // The predicate is named by what is written; a field may hang on something else (extension headers of IPv6).
        const bool named = std::any_of(observed.names.begin(), observed.names.end(), [&](const std::string& n) {
            return n.find(std::string(row.key)) != std::string::npos;
        });
        CHECK((observed.how == Observed::How::unknown && named) == predicate);
        CHECK(observed.how != Observed::How::inert);
        CHECK(observed.how != Observed::How::reported);
    }
}

TEST_CASE("iptables: every option that the code knows has an example, treated as the code says", "[treatment]") {
    using namespace dialects::iptables;
    const auto examples = examples_of("iptables");
    const auto names = names_of(examples);
    const auto examine = [&](std::string_view of, std::string_view option) {
        const auto name = std::string(of) + (option.empty() ? "" : " ") + std::string(option);
        INFO(name);
        CHECK(names.contains(name));
    };
    for (const auto& row : match_options()) examine(row.of, row.name);
    for (const auto& row : target_options()) examine(row.of, row.name);
    const auto first = [&](std::string_view of) {
        return std::find_if(examples.begin(), examples.end(), [&](const Example& e) {
            return e.name == of || e.name.rfind(std::string(of) + " ", 0) == 0;
        });
    };
    for (const auto& row : match_rows()) {
        if (row.name == "standard") continue;  // iptables-save writes it nowhere
        const auto at = first(row.name);
        INFO(row.name);
        REQUIRE(at != examples.end());
        const auto observed = observe("iptables", *at);
        INFO(to_string(observed));
        if (row.how == How::inert) CHECK(observed.how == Observed::How::inert);
        if (row.how == How::predicate && row.lower == nullptr) CHECK(observed.how == Observed::How::unknown);
    }
    for (const auto& row : target_rows()) {
        const auto at = first(row.name);
        INFO(row.name);
        REQUIRE(at != examples.end());
        const auto observed = observe("iptables", *at);
        INFO(to_string(observed));
        if (row.how == How::inert) CHECK(observed.how == Observed::How::inert);
        if (row.lower == nullptr) CHECK(observed.how == Observed::How::reported);
    }
}

TEST_CASE("an example of each treatment, so that the observation itself can fail", "[treatment]") {
    const auto how = [](const char* dialect, const char* pattern, const char* text) {
        return observe(dialect, Example{"", pattern, "", "", text}).how;
    };
    using How = Observed::How;
    CHECK(how("nftables", "% accept", "tcp dport 25") == How::exact);
    CHECK(how("nftables", "% accept", "counter") == How::inert);
    CHECK(how("nftables", "% accept", "ip ttl 5") == How::unknown);
    CHECK(how("nftables", "% accept", "teleport") == How::reported);
    CHECK(how("nftables", "% accept", "} } }") == How::refused);
    CHECK(how("iptables", "% -j ACCEPT", "-s 192.0.2.1") == How::exact);
    CHECK(how("iptables", "% -j ACCEPT", "-m conntrack --ctexpire 1:2") == How::exact_new);
    CHECK(how("iptables", "% -j ACCEPT", "-m ttl --ttl-eq 5") == How::unknown);
    CHECK(how("iptables", "% -j ACCEPT", "-m comment --comment mail") == How::inert);
    CHECK(how("iptables", "%", "-j TELEPORT") == How::reported);
}

TEST_CASE("nft(8) names nothing that the table lacks", "[treatment]") {
    const auto manual = read_manual("nft.8");
    if (manual.empty()) {
        std::puts("SKIPPED: the manual page nft(8) is not installed");
        return;
    }
    const auto names = names_of(examples_of("nftables"));
    const auto keywords = nft_keywords(manual);
    CHECK(keywords.size() > 100);
    for (const auto& keyword : keywords) {
        INFO(keyword);
        CHECK(names.contains(keyword));
    }
    // Every section on expressions and statements appears.
    std::set<std::string> sections;
    for (const auto& e : examples_of("nftables")) sections.insert(e.section);
    for (const auto& section : nft_sections(manual)) {
        INFO(section);
        CHECK(std::any_of(sections.begin(), sections.end(),
                          [&](const std::string& s) { return s.find(section) != std::string::npos; }));
    }
}

TEST_CASE("iptables-extensions(8) and the installed modules name nothing that the table lacks", "[treatment]") {
    const auto names = names_of(examples_of("iptables"));
    const auto known = [&](const std::string& extension) {
        return names.contains(extension) || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                   return name.rfind(extension + " ", 0) == 0;
               });
    };
    const auto manual = read_manual("iptables-extensions.8");
    if (manual.empty()) std::puts("SKIPPED: the manual page iptables-extensions(8) is not installed");
    std::size_t options = 0;
    dialects::iptables::Extensions extensions;
    for (const auto& [extension, option] : iptables_options(manual)) {
        INFO(extension << " " << option);
        CHECK(known(extension));
        if (option.empty()) continue;
        ++options;
        const bool target = extension.front() >= 'A' && extension.front() <= 'Z';
        const auto rows = target ? extensions.options_of_target(extension) : extensions.options_of_match(extension);
        const bool row_exists = std::any_of(rows.begin(), rows.end(), [&](const dialects::iptables::OptionRow& row) {
            return row.name == option || row.alias == option;
        });
        CHECK((row_exists || names.contains(extension + " " + option)));
    }
    if (!manual.empty()) CHECK(options > 200);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/x86_64-linux-gnu/xtables", error)) {
        auto name = entry.path().stem().string();
        bool ours = false;
        for (const std::string prefix : {"libxt_", "libipt_", "libip6t_"})
            if (name.rfind(prefix, 0) == 0) {
                name.erase(0, prefix.size());
                ours = true;
            }
        // NAT is one module for SNAT, DNAT, MASQUERADE and REDIRECT; the standard target is -j and -g.
        if (!ours || name == "NAT" || name == "standard") continue;
        INFO(name);
        CHECK(known(name));
    }
}
