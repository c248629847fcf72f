// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/read.hpp"

#include <algorithm>

#include "dialects/nftables/lower.hpp"
#include "dialects/nftables/parse.hpp"
#include "dialects/nftables/read_json.hpp"

namespace egresslint::dialects::nftables {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view skip_space(std::string_view text) {
    std::size_t at = 0;
    if (text.substr(0, 3) == "\xef\xbb\xbf") at = 3;
    while (at < text.size() && is_space(text[at])) ++at;
    return text.substr(at);
}

bool looks_like_json(std::string_view text) {
    text = skip_space(text);
    return !text.empty() && text.front() == '{';
}

std::string_view next_word(std::string_view& line) {
    std::size_t at = 0;
    while (at < line.size() && is_space(line[at])) ++at;
    auto end = at;
    while (end < line.size() && !is_space(line[end]) && line[end] != '{' && line[end] != ';') ++end;
    const auto word = line.substr(at, end - at);
    line.remove_prefix(end);
    return word;
}

bool any_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_family(std::string_view word) { return any_of(word, {"ip", "ip6", "inet", "arp", "bridge", "netdev"}); }

}  // namespace

Evidence detect(std::string_view text) {
    if (looks_like_json(text)) {
        const auto head = skip_space(text).substr(0, 4096);
        if (head.find("\"nftables\"") != std::string_view::npos) return {100, "JSON of nft: member \"nftables\""};
        return {};
    }
    Evidence best;
    auto offer = [&](int score, std::string because) {
        if (score > best.score) best = {score, std::move(because)};
    };
    std::size_t lines = 0;
    while (!text.empty() && lines < 5000 && best.score < 95) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++lines;
        if (lines == 1 && line.substr(0, 2) == "#!" && line.find("nft") != std::string_view::npos) {
            offer(100, "the first line calls nft");
            break;
        }
        const auto first = next_word(line);
        if (first.empty() || first.front() == '#') continue;
        if (first == "table") {
            const auto second = next_word(line);
            const auto rest = line.find('{') != std::string_view::npos;
            if (is_family(second))
                offer(rest ? 98 : 70, "a block `table " + std::string(second) + " …`");
            else if (rest && !second.empty())
                offer(55, "a block `table " + std::string(second) + " {`");
        } else if (first == "flush") {
            if (next_word(line) == "ruleset") offer(95, "the command `flush ruleset`");
        } else if (any_of(first, {"add", "create", "insert", "delete", "destroy", "flush", "replace", "nft"})) {
            auto object = next_word(line);
            if (first == "nft") object = next_word(line);
            if (any_of(object, {"table", "chain", "rule", "set", "map", "element", "flowtable"})) {
                const auto third = next_word(line);
                if (is_family(third))
                    offer(90, "commands such as `" + std::string(first) + " " + std::string(object) + " " +
                                  std::string(third) + "`");
            }
        } else if (first == "type") {
            const auto kind = next_word(line);
            if (any_of(kind, {"filter", "nat", "route"}) && next_word(line) == "hook") offer(80, "a base chain");
        } else if (first == "define" || first == "redefine") {
            if (line.find('=') != std::string_view::npos) offer(30, "`define` lines");
        } else if (first == "include") {
            if (line.find('"') != std::string_view::npos) offer(20, "`include` lines");
        }
    }
    return best;
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    Read out;
    const auto already_said = diagnostics.size();
    const auto fatal = [&] {
        return std::any_of(diagnostics.begin() + static_cast<std::ptrdiff_t>(already_said), diagnostics.end(),
                           [](const base::Diagnostic& d) { return d.kind == base::Diagnostic::Kind::fatal; });
    };
    std::vector<Tree> trees;
    trees.reserve(inputs.size());
    for (const auto& input : inputs) {
        if (looks_like_json(sources.text(input.file)))
            trees.push_back(read_json(sources, input.file, diagnostics));
        else
            trees.push_back(
                parse(sources, input.file, {input.path, input.allow_includes_outside, input.files, true}, diagnostics));
    }
    if (fatal()) return out;
    std::string name = inputs.empty() ? "" : sources.file(inputs.front().file).path;
    if (const auto slash = name.rfind('/'); slash != std::string::npos) name.erase(0, slash + 1);
    if (const auto dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.erase(dot);
    out.devices.push_back(lower(trees, std::move(name), sources, diagnostics));
    if (fatal()) out.devices.clear();
    return out;
}

}  // namespace egresslint::dialects::nftables
