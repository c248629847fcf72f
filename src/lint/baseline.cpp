// SPDX-License-Identifier: Apache-2.0
#include "lint/baseline.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace egresslint::lint {
namespace {

using Json = nlohmann::ordered_json;

base::Diagnostic wrong(base::FileId file, std::size_t at, std::size_t size, std::string message) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::fatal;
    const auto begin = static_cast<std::uint32_t>(std::min(at, size));
    d.span = {file, begin, static_cast<std::uint32_t>(std::min<std::size_t>(begin + 1, size))};
    d.message = std::move(message);
    return d;
}

}  // namespace

tl::expected<Baseline, base::Diagnostic> read_baseline(const base::Sources& sources, base::FileId file) {
    const std::string_view text = sources.text(file);
    // The file is a list of flat objects: what nests deeper is none, and is not followed.
    int depth = 0;
    bool too_deep = false;
    std::size_t failed_at = 0;
    Json json;
    try {
        json = Json::parse(text.begin(), text.end(), [&](int level, Json::parse_event_t, Json&) {
            depth = std::max(depth, level);
            too_deep = too_deep || level > 4;
            return !too_deep;
        });
    } catch (const Json::parse_error& e) {
        failed_at = e.byte > 0 ? e.byte - 1 : 0;
        return tl::unexpected(wrong(file, failed_at, text.size(), "this is no JSON"));
    } catch (const Json::exception&) {
        return tl::unexpected(wrong(file, 0, text.size(), "this is no baseline"));
    }
    const auto bad = [&](std::string message) {
        return tl::unexpected(wrong(file, 0, text.size(), std::move(message)));
    };
    if (too_deep || !json.is_object() || !json.contains("egresslint_baseline"))
        return bad("this is no baseline of egresslint");
    if (json["egresslint_baseline"] != 1) return bad("this baseline is of another schema than 1");
    if (!json.contains("findings") || !json["findings"].is_array()) return bad("a baseline has a list `findings`");
    Baseline out;
    for (const Json& entry : json["findings"]) {
        BaselineEntry e;
        if (!entry.is_object()) return bad("each of `findings` is an object");
        for (const auto& [key, to] : {std::pair{"fingerprint", &e.fingerprint}, std::pair{"rule", &e.rule},
                                      std::pair{"device", &e.device}, std::pair{"message", &e.message}}) {
            if (!entry.contains(key) || !entry[key].is_string())
                return bad(std::string("an entry of `findings` lacks the text `") + key + "`");
            *to = entry[key].get<std::string>();
        }
        out.entries.push_back(std::move(e));
    }
    return out;
}

std::string write_baseline(const std::vector<Finding>& findings) {
    std::vector<const Finding*> sorted;
    for (const Finding& f : findings) sorted.push_back(&f);
    const auto key = [](const Finding& f) { return std::tie(f.device, f.rule, f.message, f.fingerprint); };
    std::sort(sorted.begin(), sorted.end(), [&](const Finding* a, const Finding* b) { return key(*a) < key(*b); });
    std::string out = "{\"egresslint_baseline\": 1, \"findings\": [";
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const Json entry{{"fingerprint", sorted[i]->fingerprint},
                         {"rule", sorted[i]->rule},
                         {"device", sorted[i]->device},
                         {"message", sorted[i]->message}};
        out += (i == 0 ? "\n  " : ",\n  ") + entry.dump(-1, ' ', true, Json::error_handler_t::replace);
    }
    return out + (sorted.empty() ? "" : "\n") + "]}\n";
}

std::vector<BaselineEntry> apply_baseline(Report& report, const Baseline& baseline) {
    std::set<std::string> known, found;
    for (const BaselineEntry& e : baseline.entries) known.insert(e.fingerprint);
    std::erase_if(report.findings, [&](const Finding& f) {
        if (!known.contains(f.fingerprint)) return false;
        found.insert(f.fingerprint);
        ++report.in_baseline;
        return true;
    });
    std::vector<BaselineEntry> gone;
    for (const BaselineEntry& e : baseline.entries) {
        const bool here = e.device.empty() || std::any_of(report.devices.begin(), report.devices.end(),
                                                          [&](const DeviceReport& d) { return d.name == e.device; });
        if (here && !found.contains(e.fingerprint)) gone.push_back(e);
    }
    return gone;
}

}  // namespace egresslint::lint
