// SPDX-License-Identifier: Apache-2.0
#include "dialects/iptables/read.hpp"

#include "dialects/ipset/read.hpp"
#include "dialects/ipset/sets.hpp"
#include "dialects/iptables/lower.hpp"
#include "dialects/iptables/text.hpp"

namespace egresslint::dialects::iptables {
namespace {

struct Signs {
    bool header = false;
    bool table = false;  ///< *filter
    bool chain = false;  ///< :INPUT ACCEPT
    bool commit = false;
    int rules = 0;  ///< -A CHAIN …, -P CHAIN ACCEPT, -N CHAIN at the start of a line
    bool jump = false;
    int shell = 0;
};

bool is_table_line(std::string_view line) {
    for (const std::string_view name : {"*filter", "*nat", "*mangle", "*raw", "*security"})
        if (line.starts_with(name) && (line.size() == name.size() || line[name.size()] == ' ')) return true;
    return false;
}

Signs signs(std::string_view text) {
    Signs s;
    std::size_t lines = 0;
    // A table with rules is proof enough; a header, which says more, stands before it.
    const auto proven = [&] { return s.table && s.rules > 0 && lines > 500; };
    while (!text.empty() && lines < 20'000 && !proven()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++lines;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.front() == '#' && header(line).found) s.header = true;
        if (line.front() == '[' && line.find("] -A ") != std::string_view::npos)
            line.remove_prefix(line.find("] -A ") + 2);
        if (is_table_line(line)) s.table = true;
        if (line.front() == ':' &&
            (line.find(" ACCEPT") != std::string_view::npos || line.find(" DROP") != std::string_view::npos ||
             line.find(" - [") != std::string_view::npos))
            s.chain = true;
        if (line == "COMMIT") s.commit = true;
        if (line.starts_with("-A ") || line.starts_with("-P ") || line.starts_with("-N ") || line.starts_with("-I ")) {
            ++s.rules;
            s.jump |= line.find(" -j ") != std::string_view::npos || line.find(" -g ") != std::string_view::npos ||
                      line.ends_with(" ACCEPT") || line.ends_with(" DROP");
        }
        if (looks_like_shell(line) && line.find("tables") != std::string_view::npos) ++s.shell;
        if (s.header && s.table) break;
    }
    return s;
}

Read read_device(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    Texts texts(sources);
    ipset::Sets sets;
    std::string name = "iptables";
    for (const auto& input : inputs) {
        const auto text = sources.text(input.file);
        if (detect(text).score < ipset::detect(text).score) {
            ipset::parse(sources, input.file, sets, diagnostics);
            continue;
        }
        texts.read(input.file, input.path.empty() ? sources.file(input.file).path : input.path, diagnostics);
        if (name == "iptables") {
            const auto& path = sources.file(input.file).path;
            const auto slash = path.find_last_of('/');
            name = path.substr(slash == std::string::npos ? 0 : slash + 1);
        }
    }
    for (const auto& part : texts.set_lines()) ipset::parse(sources, part, sets, diagnostics);
    Read out;
    if (base::has_fatal(diagnostics)) return out;
    model::Builder builder(name);
    builder.reserve(texts.rule_count());
    for (const auto& set : sets.all()) builder.define("set", set.name, set.span);
    for (const auto& set : sets.all())
        if (set.type == "list:set")
            for (const auto& member : set.names) (void)builder.use("set", member, set.span);
    families::netfilter::Netfilter netfilter(builder);
    if (!lower_tables(texts, sets, builder, netfilter, diagnostics)) return out;
    netfilter.finish();
    // The kernel keeps sets by themselves: one that no file given has is defined elsewhere, not nowhere (EL903 says
    // it).
    for (auto& object : builder.device().objects)
        if (object.kind == "set" && object.state == model::ObjectState::undefined)
            object.state = model::ObjectState::defined;
    out.devices.push_back(std::move(builder).finish());
    return out;
}

}  // namespace

Evidence detect(std::string_view text) {
    const auto s = signs(text);
    if (s.header && s.table) return {100, "the header of iptables-save"};
    if (s.table && (s.chain || s.rules > 0)) return {97, "a `*table` with chains, as iptables-save writes it"};
    if (s.header) return {90, "the header of iptables-save"};
    if (s.rules > 0 && s.jump && s.shell == 0) return {96, "rules as `iptables -S` lists them"};
    if (s.table && s.commit) return {80, "a `*table` with COMMIT"};
    if (s.chain && s.commit) return {60, "chains with policies and COMMIT"};
    if (s.shell > 0) return {40, "a shell script that calls iptables"};
    return {};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& all_diagnostics) {
    // Of this device only: what others had to say decides nothing here.
    base::Diagnostics diagnostics;
    Read out = read_device(sources, inputs, diagnostics);
    for (auto& d : diagnostics)
        if (d.predicate >= 0) d.device = 0;
    all_diagnostics.insert(all_diagnostics.end(), diagnostics.begin(), diagnostics.end());
    return out;
}

}  // namespace egresslint::dialects::iptables
