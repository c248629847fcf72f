// SPDX-License-Identifier: Apache-2.0
#include "dialects/ipset/read.hpp"

#include "dialects/ipset/sets.hpp"

namespace egresslint::dialects::ipset {

Evidence detect(std::string_view text) {
    // The first line that says something decides: `create NAME TYPE:…`, or `add NAME …` of a cut file.
    std::size_t lines = 0;
    while (!text.empty() && lines < 200) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++lines;
        while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
        if (line.empty() || line.front() == '#') continue;
        const bool creates = line.starts_with("create ") || line.starts_with("-N ");
        if (creates &&
            (line.find(" hash:") != std::string_view::npos || line.find(" bitmap:") != std::string_view::npos ||
             line.find(" list:") != std::string_view::npos))
            return {95, "`create NAME TYPE` of ipset save"};
        if (creates && (line.find("hash") != std::string_view::npos || line.find("map") != std::string_view::npos ||
                        line.find("tree") != std::string_view::npos))
            return {60, "`-N NAME TYPE` of an old ipset save"};
        return {};
    }
    return {};
}

Read read(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    Sets sets;
    for (const auto& input : inputs) parse(sources, input.file, sets, diagnostics);
    model::Builder builder("ipset");
    for (const auto& set : sets.all()) builder.define("set", set.name, set.span);
    Read out;
    out.devices.push_back(std::move(builder).finish());
    return out;
}

}  // namespace egresslint::dialects::ipset
