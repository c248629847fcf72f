// SPDX-License-Identifier: Apache-2.0
#include "dialects/fortios/read.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dialects/fortios/inert.hpp"
#include "dialects/fortios/policies.hpp"

namespace egresslint::dialects::fortios {
namespace {

struct Signs {
    bool version = false, rancid = false, encrypted = false;
    int config = 0, edit = 0, set = 0, end = 0;
    bool known = false;  ///< `config system …`, `config firewall …`
};

Signs signs(std::string_view text) {
    Signs s;
    for (std::size_t lines = 0; !text.empty() && lines < 20'000; ++lines) {
        const auto stop = text.find('\n');
        auto line = text.substr(0, stop);
        text.remove_prefix(stop == std::string_view::npos ? text.size() : stop + 1);
        const auto begin = line.find_first_not_of(" \t\xEF\xBB\xBF");
        if (begin == std::string_view::npos) continue;
        line.remove_prefix(begin);
        if (line.starts_with("#config-version=")) s.version = true;
        if (line.starts_with("#FGBK")) s.encrypted = true;
        if (line.starts_with("#RANCID-CONTENT-TYPE: forti")) s.rancid = true;
        if (line.starts_with("config ")) {
            ++s.config;
            for (const std::string_view top : {"config system ", "config firewall ", "config router ", "config vdom",
                                               "config global", "config user ", "config vpn ", "config log "})
                s.known = s.known || line.starts_with(top);
        }
        if (line.starts_with("edit ")) ++s.edit;
        if (line.starts_with("set ")) ++s.set;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        if (line == "end" || line == "next") ++s.end;
    }
    return s;
}

std::string file_name(const base::Sources& sources, base::FileId file) {
    const auto& path = sources.file(file).path;
    const auto slash = path.find_last_of('/');
    return path.substr(slash == std::string::npos ? 0 : slash + 1);
}

model::Device lower(const base::Sources& sources, const Config& config, const Scope& scope, std::string name,
                    std::int64_t device, base::Diagnostics& diagnostics) {
    Builder b(std::move(name));
    Context context{b, sources, config, scope, diagnostics, device};
    Objects objects(context);
    objects.define_all();
    Network network(context, objects);
    network.interfaces();
    network.routes();
    Vips vips(context, objects, network);
    Policies policies(context, objects, network, vips);
    policies.collect();
    vips.read(policies.central(), policies.used_vips());
    vips.stage();
    const auto routing = b.chain("routing", b.origin({}, "routing", true));
    b.device().chains[routing.index()].routing = true;
    b.stage("routing", model::Label::routing, b.yes(), routing, model::Verdict::reject, b.origin({}, "routing", true));
    policies.local_in();
    policies.filter();
    policies.source_nat();
    policies.local_out();
    return std::move(b).finish();
}

}  // namespace

Evidence detect(std::string_view text) {
    const auto s = signs(text);
    if (s.version) return {100, "the header #config-version= of a FortiGate backup"};
    if (s.encrypted) return {100, "the header of an encrypted FortiGate backup"};
    if (s.rancid) return {100, "RANCID says that it is a FortiGate"};
    if (s.config > 0 && s.known && s.end > 0) return {95, "`config … end` blocks as FortiOS has them"};
    if (s.config > 0 && s.edit > 0 && s.end > 0) return {70, "`config`, `edit` and `end` as FortiOS has them"};
    return {};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    Read out;
    Config config;
    std::string name = "fortios";
    for (const auto& input : inputs) {
        if (name == "fortios") name = file_name(sources, input.file);
        // A text that starts a new block where another one ends: scripts may come in several files.
        std::vector<Command> commands;
        if (!read_commands(sources, input.file, commands, config, diagnostics)) return out;
        if (!apply_commands(sources, commands, config, diagnostics)) return out;
    }
    if (!config.anything) {
        Span where;
        if (!inputs.empty()) where = {inputs[0].file, 0, 0};
        fatal(diagnostics, where, "there is no `config` block in this text");
        return out;
    }
    if (const auto* t = config.global.root.table("system global"))
        if (const auto host = t->own.value("hostname"); !host.empty()) name = host;
    // VDOMs that only stand in the list at the beginning hold nothing here, but they exist.
    std::vector<const Scope*> scopes;
    for (const auto& v : config.vdoms)
        if (!v.root.tables.empty()) scopes.push_back(&v);
    if (scopes.empty()) {
        out.devices.push_back(lower(sources, config, config.global, name, 0, diagnostics));
    } else {
        for (const auto* v : scopes)
            out.devices.push_back(
                lower(sources, config, *v, v->name, static_cast<std::int64_t>(out.devices.size()), diagnostics));
    }
    report_unread(config.global, scopes.size() > 1 ? -1 : 0, diagnostics);
    for (std::size_t i = 0; i < scopes.size(); ++i)
        report_unread(*scopes[i], static_cast<std::int64_t>(i), diagnostics);
    return out;
}

}  // namespace egresslint::dialects::fortios
