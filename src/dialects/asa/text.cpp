// SPDX-License-Identifier: Apache-2.0
#include "dialects/asa/text.hpp"

#include <algorithm>
#include <array>

namespace egresslint::dialects::asa {
namespace {

namespace cisco = families::cisco;
using cisco::Hider;
using cisco::Line;

/// Lines of blocks that some exports do not indent: they go on with the block that is open.
constexpr std::array<std::string_view, 16> block_words{
    "network-object", "port-object", "group-object",    "service-object", "protocol-object", "icmp-object",
    "subnet",         "host",        "range",           "fqdn",           "security-level",  "description",
    "quit",           "exit",        "management-only", "security-group"};
constexpr std::array<std::string_view, 9> block_heads{
    "object", "object-group", "interface", "class-map", "policy-map", "time-range", "crypto", "router", "route-map"};

template <std::size_t N>
bool one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

// -- secrets

/// Commands whose words are names of the administrator's own: "key" there is a name.
constexpr std::array<std::string_view, 17> plain_commands{
    "access-list",  "object",          "object-group",   "nat",         "static",       "global",
    "access-group", "route",           "network-object", "port-object", "group-object", "service-object",
    "nameif",       "protocol-object", "icmp-object",    "name",        "conduit"};

class Secrets {
public:
    Secrets(base::Sources& sources, base::FileId file) : hider_(sources, file) {}

    void run() {
        bool certificate = false;
        cisco::each_line(hider_.text(), [&](const Line& line) {
            const auto words = cisco::split(line.text);
            if (words.empty()) return;
            if (certificate && Hider::hexadecimal(line.text)) {
                hide(line.text);
                return;
            }
            certificate = words[0] == "certificate" && line.indent > 0;
            hider_.urls(line.text);
            const bool remark = std::ranges::find(words, "remark") != words.end();
            if (one_of(words[0], plain_commands) && !remark) return;
            positions(words);
            hider_.behind_words(words);
        });
    }

private:
    void hide(std::string_view word) { hider_.hide(word); }
    /// Secrets that only their place gives away.
    void positions(const std::vector<std::string_view>& words) {
        const auto has = [&](std::size_t i, std::string_view word) { return i < words.size() && words[i] == word; };
        // aaa-server TACACS+ (inside) host 10.0.0.9 KEY timeout 10
        if (has(0, "aaa-server"))
            for (std::size_t i = 1; i + 2 < words.size(); ++i)
                if (words[i] == "host" && words[i + 2] != "timeout") hide(words[i + 2]);
        // snmp-server host inside 10.0.0.9 poll COMMUNITY, or COMMUNITY right behind the address
        if (has(0, "snmp-server") && has(1, "host"))
            for (std::size_t i = 4; i < words.size(); ++i)
                if (words[i] != "community" && words[i] != "version" && words[i] != "poll" && words[i] != "trap" &&
                    words[i] != "udp-port" && words[i].size() > 2 && words[i - 1] != "udp-port")
                    hide(words[i]);
        if (has(0, "failover") && has(1, "key") && words.size() > 2) hide(words.back());
        if (has(0, "enable") && words.size() > 2) hide(words[2]);
    }

    Hider hider_;
};

// -- statements

/// A support bundle holds much more than the configuration: only the section that does is read.
std::string_view configuration_of(std::string_view text, std::uint32_t& offset) {
    offset = 0;
    for (const std::string_view heading : {"------------------ show running-config ------------------",
                                           "------------------ show startup-config ------------------"}) {
        const std::size_t at = text.find(heading);
        if (at == std::string_view::npos) continue;
        const std::size_t begin = at + heading.size();
        const std::size_t end = std::min(text.find("\n------------------ ", begin), text.size());
        offset = static_cast<std::uint32_t>(begin);
        return text.substr(begin, end - begin);
    }
    return text;
}

bool is_version(const Statement& s) {
    return s.indent == 0 && s.words.size() >= 3 && s.words[1] == "Version" &&
           (s.words[0] == "ASA" || s.words[0] == "PIX" || s.words[0] == "FWSM");
}

class TextReader {
public:
    TextReader(const base::Sources& sources, base::FileId file) : sources_(sources), file_(file) {}

    std::vector<Part> run() {
        std::uint32_t offset = 0;
        const std::string_view text = configuration_of(sources_.text(file_), offset);
        parts_.emplace_back();
        cisco::each_line(text, [&](const Line& line) { take({line.text, line.begin + offset, line.indent}); });
        return std::move(parts_);
    }

private:
    void take(const Line& line) {
        if (!banner_end_.empty()) {  // the text of a banner is anything at all
            if (line.text.find(banner_end_) != std::string_view::npos) banner_end_.clear();
            return;
        }
        if (line.text.empty() || line.text.front() == '!' || line.text.front() == ':') {
            // A comment in the first column ends the block, like any other command.
            if (!line.text.empty() && line.indent == 0) open_ = false;
            return;
        }
        Statement s;
        s.words = cisco::split(line.text);
        s.span = {file_, line.begin, line.begin + static_cast<std::uint32_t>(line.text.size())};
        s.indent = line.indent;
        auto& list = parts_.back().statements;
        const bool inside = open_ && !list.empty() &&
                            (s.indent > list.back().indent ||
                             (one_of(s.words[0], block_words) && one_of(list.back().words[0], block_heads)) ||
                             object_nat(list.back(), s));
        if (inside) {
            if (s.words[0] == "quit" || s.words[0] == "exit") {
                open_ = s.indent > list.back().indent;
                return;
            }
            list.back().block.push_back(std::move(s));
            return;
        }
        if (cisco::is_prompt(line.text) || s.words[0] == "quit" || s.words[0] == "exit" || s.words[0] == "end") return;
        if (is_version(s) && versions_++ > 0) parts_.emplace_back();
        if (s.words[0] == "banner" && s.words.size() > 2 && s.words[2].size() >= 2 && s.words[2].front() == '^' &&
            s.text_from(2).find(s.words[2].substr(0, 2), 2) == std::string::npos)
            banner_end_ = std::string(s.words[2].substr(0, 2));
        open_ = true;
        parts_.back().statements.push_back(std::move(s));
    }
    /// `nat (a,b) static …` without an indent belongs to the object above it, `nat (a,b) source …` does not.
    static bool object_nat(const Statement& head, const Statement& s) {
        if (!head.begins({"object", "network"}) || s.words[0] != "nat") return false;
        const std::string_view kind = s.word(s.word(1).starts_with('(') ? 2 : 1);
        return kind == "static" || kind == "dynamic";
    }

    const base::Sources& sources_;
    base::FileId file_;
    std::vector<Part> parts_;
    std::string banner_end_;
    unsigned versions_ = 0;
    bool open_ = false;
};

}  // namespace

void hide_secrets(base::Sources& sources, base::FileId file) { Secrets(sources, file).run(); }

std::vector<Part> read_text(const base::Sources& sources, base::FileId file) { return TextReader(sources, file).run(); }

}  // namespace egresslint::dialects::asa
