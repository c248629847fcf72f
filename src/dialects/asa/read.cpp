// SPDX-License-Identifier: Apache-2.0
#include "dialects/asa/read.hpp"

#include <algorithm>
#include <map>

#include "dialects/asa/lower.hpp"

namespace egresslint::dialects::asa {
namespace {

/// What in a text speaks for this family, and for which generation.
struct Signs {
    int version = 0;  ///< 1: 8.3 and later; -1: before
    bool other = false;
    int modern = 0, classic = 0, shared = 0;
};

bool starts(std::string_view line, std::string_view word) { return line.starts_with(word); }

bool has(std::string_view line, std::string_view word) { return line.find(word) != std::string_view::npos; }

Signs signs(std::string_view text) {
    Signs s;
    std::size_t lines = 0;
    while (!text.empty() && lines < 50'000) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++lines;
        const bool indented = !line.empty() && line.front() == ' ';
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        if (line.size() < 4) continue;
        if (starts(line, "ASA Version ") || starts(line, "PIX Version ") || starts(line, "FWSM Version ")) {
            const std::string_view number = line.substr(line.find(' ') + 9);
            const bool modern = line.front() == 'A' && (!starts(number, "7.") && !starts(number, "8.0") &&
                                                        !starts(number, "8.1") && !starts(number, "8.2"));
            s.version = modern ? 1 : -1;
            return s;
        }
        // What other products' configurations hold and these do not.
        if (starts(line, "config system ") || starts(line, "set deviceconfig") || starts(line, "set security ") ||
            starts(line, "ip access-list ") || starts(line, "switchport ") || starts(line, "ip nat inside") ||
            starts(line, "-A ") || starts(line, "table ") || starts(line, "mac access-list ") ||
            starts(line, "line vty") || starts(line, "ip route ") || starts(line, "vrf definition ") ||
            starts(line, "class-map type control ") || starts(line, "ip access-group "))
            s.other = true;
        if (indented && (starts(line, "nameif ") || starts(line, "security-level "))) ++s.shared;
        if (starts(line, "nat (")) {
            const bool two = has(line.substr(0, line.find(')')), ",");
            if (two && (has(line, ") source ") || has(line, "after-auto source") || has(line, ") static ") ||
                        has(line, ") dynamic ")))
                s.modern += 2;
            else if (!two)
                s.classic += 2;
        }
        if (starts(line, "object network ") || starts(line, "object service ")) ++s.modern;
        if (starts(line, "static (") && has(line, ",")) s.classic += 2;
        if (starts(line, "global (")) s.classic += 2;
        if (starts(line, "conduit permit ") || starts(line, "conduit deny ") || starts(line, "fixup protocol "))
            s.classic += 2;
        if (starts(line, "nameif ") && has(line, " security")) s.classic += 2;
        if (starts(line, "access-list ") && has(line, "(hitcnt=")) s.shared += 2;
        if (starts(line, "access-list ") && (has(line, " extended permit ") || has(line, " extended deny ") ||
                                             has(line, " line ") || has(line, " elements")))
            ++s.shared;
        if (starts(line, "access-group ") && (has(line, " interface ") || line.ends_with(" global"))) ++s.shared;
        if (starts(line, "object-group network ") || starts(line, "object-group service ") ||
            starts(line, "object-group protocol ") || starts(line, "object-group icmp-type "))
            ++s.shared;
        if (starts(line, "same-security-traffic ")) ++s.shared;
        if (starts(line, "route ") && !has(line, " add ") && !has(line, " via ")) {
            // route outside 0.0.0.0 0.0.0.0 203.0.113.1
            s.shared += std::ranges::count(line, ' ') >= 4 && std::ranges::count(line, '.') >= 6 ? 1 : 0;
        }
    }
    return s;
}

int score(const Signs& s, bool modern) {
    if (s.version != 0) return (s.version > 0) == modern ? 100 : 0;
    if (s.other) return 0;
    const int mine = modern ? s.modern : s.classic, theirs = modern ? s.classic : s.modern;
    if (mine + s.shared == 0 || theirs > mine) return 0;
    // With nothing that one generation alone has, the later one is meant.
    if (mine == theirs && !modern) return 0;
    return mine >= 2 ? 95 : s.shared >= 2 ? 85 : 70;
}

std::string stem(const std::string& path) {
    const auto slash = path.find_last_of('/');
    std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    const auto dot = name.find_last_of('.');
    return dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
}

Read read_parts(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& all) {
    Read out;
    // Files without a version of their own go on with what stands before them.
    std::vector<Part> parts;
    std::vector<std::string> names;
    for (const Input& input : inputs) {
        hide_secrets(sources, input.file);
        for (Part& part : read_text(sources, input.file)) {
            const bool headed = std::ranges::any_of(
                part.statements, [](const Statement& s) { return s.words.size() > 2 && s.words[1] == "Version"; });
            if (headed || parts.empty()) {
                parts.push_back(std::move(part));
                names.push_back(stem(sources.file(input.file).path));
            } else {
                auto& to = parts.back().statements;
                to.insert(to.end(), std::make_move_iterator(part.statements.begin()),
                          std::make_move_iterator(part.statements.end()));
            }
        }
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        base::Diagnostics diagnostics;
        model::Builder builder(names[i]);
        Context context{sources, diagnostics, builder};
        Config config;
        gather(parts[i], context, config);
        if (!config.hostname.empty() && parts.size() > 1) builder.device().name = config.hostname;
        if (is_modern(config))
            lower_modern(context, config);
        else
            lower_classic(context, config);
        for (auto& d : diagnostics) d.device = static_cast<std::int64_t>(out.devices.size());
        all.insert(all.end(), std::make_move_iterator(diagnostics.begin()), std::make_move_iterator(diagnostics.end()));
        out.devices.push_back(std::move(builder).finish());
    }
    return out;
}

}  // namespace

Evidence detect(std::string_view text) {
    const int n = score(signs(text), true);
    if (n == 0) return {};
    return {n, n == 100 ? "the version line of an ASA" : "commands of an ASA configuration"};
}
Evidence detect_classic(std::string_view text) {
    const int n = score(signs(text), false);
    if (n == 0) return {};
    return {n, n == 100 ? "the version line of a PIX, an FWSM or an ASA up to 8.2"
                        : "commands of a PIX or an ASA up to 8.2"};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    return read_parts(sources, inputs, diagnostics);
}

}  // namespace egresslint::dialects::asa
