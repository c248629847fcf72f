// SPDX-License-Identifier: Apache-2.0
#include "dialects/pf/read.hpp"

#include "dialects/pf/lower.hpp"

namespace egresslint::dialects::pf {
namespace {

bool word_is_one_of(std::string_view word, std::initializer_list<std::string_view> list) {
    for (const std::string_view w : list)
        if (word == w) return true;
    return false;
}

}  // namespace

Evidence detect(std::string_view text) {
    int rules = 0, sure = 0;
    for (std::size_t lines = 0; !text.empty() && lines < 20'000; ++lines) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos) continue;
        line.remove_prefix(first);
        const auto space = line.find(' ');
        const std::string_view word = line.substr(0, space);
        std::string_view rest = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
        rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
        const std::string_view second = rest.substr(0, rest.find_first_of(" \t\r"));
        // IP Filter's rules look alike and mean something else: groups, `with ipopts`, `tcp/udp`.
        if (word_is_one_of(word, {"pass", "block"}) &&
            (line.find(" head ") != std::string_view::npos || line.find(" group ") != std::string_view::npos ||
             line.find(" with ") != std::string_view::npos || line.find(" tcp/udp") != std::string_view::npos))
            return {};
        if (word_is_one_of(word, {"pass", "block", "match"}) &&
            word_is_one_of(second, {"in", "out", "all", "quick", "on", "from", "log", "return", "drop", "inet", "inet6",
                                    "proto", "to"}))
            ++rules;
        if (word_is_one_of(word, {"nat", "rdr", "binat"}) && word_is_one_of(second, {"on", "pass", "log"}) &&
            line.find("->") != std::string_view::npos)
            ++sure;
        if (word == "set" && word_is_one_of(second, {"skip", "block-policy", "loginterface", "state-policy"})) ++sure;
        if (word == "table" && second.starts_with('<')) ++sure;
        if (word == "antispoof" || line.find(" nat-to ") != std::string_view::npos ||
            line.find(" rdr-to ") != std::string_view::npos)
            ++sure;
    }
    if (rules > 0 && sure > 0) return {96, "rules and options of pf.conf"};
    if (rules > 1) return {90, "rules of pf.conf"};
    if (sure > 1) return {85, "translation rules or options of pf.conf"};
    if (rules + sure > 0) return {60, "a rule of pf.conf"};
    return {};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& all_diagnostics) {
    Read out;
    base::Diagnostics diagnostics;
    Ruleset rules;
    std::string name = "pf";
    bool fine = true;
    for (const Input& input : inputs) {
        fine = parse(sources, input.file, rules, diagnostics) && fine;
        const std::string& path = sources.file(input.file).path;
        if (name == "pf") name = path.substr(path.find_last_of('/') + 1);
    }
    if (fine) out.devices.push_back(lower(sources, rules, std::move(name), diagnostics));
    for (auto& d : diagnostics) {
        if (d.predicate >= 0) d.device = 0;
        all_diagnostics.push_back(std::move(d));
    }
    return out;
}

}  // namespace egresslint::dialects::pf
