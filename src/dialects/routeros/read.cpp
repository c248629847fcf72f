// SPDX-License-Identifier: Apache-2.0
#include "dialects/routeros/read.hpp"

#include "dialects/routeros/lower.hpp"

namespace egresslint::dialects::routeros {
namespace {

/// A router that somebody keeps running says what it is called.
std::string identity(const std::vector<const Statement*>& statements) {
    for (const Statement* s : statements)
        if (s->path == "system identity" && s->command == "set") return s->value("name");
    return "";
}

}  // namespace

Evidence detect(std::string_view text) {
    const Signs s = signs_of(text);
    if (s.header && s.paths > 0) return {100, "the header of a RouterOS export"};
    if (s.firewall > 0 && s.commands > 0) return {95, "menus and commands of RouterOS"};
    if (s.firewall > 0) return {90, "commands of RouterOS"};
    if (s.paths > 2 && s.commands > 2) return {70, "menus of RouterOS"};
    if (s.header) return {60, "the header of a RouterOS export"};
    return {};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& all_diagnostics) {
    Read out;
    base::Diagnostics diagnostics;
    std::vector<Script> scripts;
    scripts.reserve(inputs.size());
    std::string name = "routeros";
    bool fine = true, whole = false;
    for (const Input& input : inputs) {
        scripts.emplace_back();
        fine = read_script(sources, input.file, scripts.back(), diagnostics) && fine;
        whole = whole || scripts.back().header;
        const std::string& path = sources.file(input.file).path;
        if (name == "routeros") name = path.substr(path.find_last_of('/') + 1);
    }
    std::vector<const Statement*> statements;
    for (const Script& script : scripts)
        for (const Statement& s : script.statements) statements.push_back(&s);
    if (fine && statements.empty() && !inputs.empty()) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        d.span = {inputs.front().file, 0, 0};
        d.message = "there is no command of RouterOS in this text";
        diagnostics.push_back(std::move(d));
        fine = false;
    }
    if (fine) {
        if (std::string own = identity(statements); !own.empty()) name = std::move(own);
        Builder b(name);
        families::netfilter::Netfilter netfilter(b);
        Config config = gather(b, statements, diagnostics);
        const Registers marks{b.reg("connection mark"), b.reg("packet-mark")};
        Context c{b, sources, config, netfilter, marks, diagnostics};
        lower(c, statements);
        surroundings(b, statements, config, whole, netfilter.registers().mark, diagnostics);
        report_unread(statements, diagnostics);
        netfilter.finish();
        if (!base::has_fatal(diagnostics)) out.devices.push_back(std::move(b).finish());
    }
    for (auto& d : diagnostics) {
        if (d.predicate >= 0) d.device = 0;
        all_diagnostics.push_back(std::move(d));
    }
    return out;
}

}  // namespace egresslint::dialects::routeros
