// SPDX-License-Identifier: Apache-2.0
#include "cli/part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/date.hpp"
#include "base/io.hpp"
#include "cli/part_json.hpp"
#include "cli/site_rules.hpp"
#include "cli/version.hpp"
#include "lint/device_check.hpp"
#include "report/escape.hpp"

namespace egresslint::cli {
namespace part {

/// What is the same in every part of a run.
struct Common {
    std::string version;
    std::size_t shards = 0;
    bool audit = false;
    std::vector<std::string> select, extend_select, ignore;
    bool no_suppressions = false;
    std::size_t units = 0;
    std::size_t rule_files = 0;  ///< of the shared texts, the first ones
    bool intent = false;         ///< the text behind them is the intent file
    std::string plan;            ///< a fingerprint of everything that is to be read
};
template <class V>
void fields(V& visit, Common& x) {
    visit("version", x.version);
    visit("shards", x.shards);
    visit("audit", x.audit);
    visit("select", x.select);
    visit("extend_select", x.extend_select);
    visit("ignore", x.ignore);
    visit("no_suppressions", x.no_suppressions);
    visit("units", x.units);
    visit("rule_files", x.rule_files);
    visit("intent", x.intent);
    visit("plan", x.plan);
}

struct Text {
    std::string path, text;
    std::string real;  ///< without symbolic links, where that is another one
};
template <class V>
void fields(V& visit, Text& x) {
    visit("path", x.path);
    visit("text", x.text);
    visit("real", x.real);
}
template <class V>
void fields(V& visit, Stranger& x) {
    visit("real", x.real);
    visit("shown", x.shown);
    visit("problem", x.problem);
}
template <class V>
void fields(V& visit, base::Note& x) {
    visit("span", x.span);
    visit("text", x.text);
}
template <class V>
void fields(V& visit, report::Problem& x) {
    visit("message", x.message);
    visit("span", x.span);
    visit("notes", x.notes);
}

struct UnitPart {
    std::size_t number = 0;
    std::string shown, walked;  ///< of a file that nobody named
    std::vector<Text> texts;
    std::vector<std::string> included, remarks;
    bool failed = false;  ///< `problems` says why
    bool unreadable = false;
    std::vector<report::Problem> problems;
    lint::Gathered gathered;
};
template <class V>
void fields(V& visit, UnitPart& x) {
    visit("number", x.number);
    visit("shown", x.shown);
    visit("walked", x.walked);
    visit("texts", x.texts);
    visit("included", x.included);
    visit("remarks", x.remarks);
    visit("failed", x.failed);
    visit("unreadable", x.unreadable);
    visit("problems", x.problems);
    visit("gathered", x.gathered);
}

struct Whole {
    std::size_t shard = 0;
    std::string today;
    Common common;
    std::vector<Text> shared;
    std::vector<Stranger> strangers;
    std::vector<UnitPart> units;
};

/// Places beyond the texts of a part would be read somewhere.
class Bounds {
public:
    Bounds(const std::vector<Text>& shared, const std::vector<Text>& own) : shared_(shared), own_(own) {}
    template <class T>
    void operator()(const char*, T& field) {
        if constexpr (std::is_same_v<T, base::Span>) {
            if (!field.valid()) return;
            const std::size_t at = field.file.index();
            if (at >= shared_.size() + own_.size()) throw Wrong("a place in a text that is not there");
            const std::string& text = at < shared_.size() ? shared_[at].text : own_[at - shared_.size()].text;
            if (field.begin > field.end || field.end > text.size()) throw Wrong("a place beyond its text");
        } else if constexpr (List<T>) {
            for (auto& one : field) (*this)("", one);
        } else if constexpr (Optional<T>) {
            if (field) (*this)("", *field);
        } else if constexpr (!lint::is_plain<T>) {
            fields(*this, field);
        }
    }

private:
    const std::vector<Text>& shared_;
    const std::vector<Text>& own_;
};

}  // namespace part

namespace {

using part::Json;

std::vector<part::Text> texts_of(const base::Sources& sources, std::size_t from,
                                 const std::map<std::string, std::string>& linked) {
    std::vector<part::Text> out;
    for (std::size_t i = from; i < sources.size(); ++i) {
        const base::SourceFile& file = sources.file(base::FileId(i));
        const auto real = linked.find(file.path);
        out.push_back({file.path, file.text, real == linked.end() ? "" : real->second});
    }
    return out;
}

part::Common common_of(const Session& session, const Plan& plan, Persona persona) {
    const Options& options = session.options;
    part::Common common;
    common.version = version_number();
    common.shards = options.shards;
    common.audit = persona == Persona::audit;
    common.select = options.select;
    common.extend_select = options.extend_select;
    common.ignore = options.ignore;
    common.no_suppressions = options.no_suppressions;
    common.units = plan.units.size();
    common.intent = plan.intent->declared;
    common.rule_files = plan.sources.size() - (common.intent ? 1 : 0);
    std::string all;
    for (const Unit& unit : plan.units) {
        all += fmt::format("{} {}:", unit.group.name, unit.bytes);
        for (const std::size_t block : unit.blocks) all += plan.intent->devices[block].name + ",";
        for (const RecognisedFile& file : unit.files) all += fmt::format("{}={},", file.shown, file.dialect->name);
        all += "\n";
    }
    for (std::size_t i = 0; i < plan.sources.size(); ++i) all += plan.sources.text(base::FileId(i));
    common.plan = lint::fingerprint(all);
    return common;
}

template <class T>
std::string line_of(T& value) {
    return part::Writer::encoded(value).dump(-1, ' ', true);
}

/// What stands behind everything that the sum is of.
constexpr std::string_view sum_begins = ",\"sum\":\"";

/// Copies of files lose bytes, and people edit them: what a part says is then nobody's finding.
bool is_untouched(const std::string& text) {
    const std::size_t at = text.rfind(sum_begins);
    return at != std::string::npos &&
           text.substr(at + sum_begins.size()) == lint::fingerprint(std::string_view(text).substr(0, at)) + "\"}\n";
}

part::Whole parsed(const std::string& text) {
    int deepest = 0;
    const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
        deepest = std::max(deepest, depth);
        if (deepest > 32) throw part::Wrong("it is nested too deeply");
        return true;
    };
    const Json json = Json::parse(text.begin(), text.end(), shallow);
    if (!json.is_object() || !json.contains("egresslint_part")) throw part::Wrong("it is no part of a run");
    if (json["egresslint_part"] != 1) throw part::Wrong("it is of another schema than 1");
    part::Whole whole;
    part::Reader reader(json);
    reader("shard", whole.shard);
    reader("today", whole.today);
    reader("common", whole.common);
    // Another program's findings may look otherwise: that is said before something is missed in them.
    if (whole.common.version != version_number())
        throw part::Wrong(
            fmt::format("egresslint {} wrote it, and this is {}", whole.common.version, version_number()));
    reader("shared", whole.shared);
    reader("strangers", whole.strangers);
    reader("units", whole.units);
    if (whole.shared.size() != whole.common.rule_files + (whole.common.intent ? 1 : 0))
        throw part::Wrong("a text is missing");
    for (part::UnitPart& unit : whole.units) {
        part::Bounds bounds(whole.shared, unit.texts);
        bounds("", unit.gathered);
        bounds("", unit.problems);
    }
    if (!is_untouched(text)) throw part::Wrong("it was changed since it was written");
    return whole;
}

tl::unexpected<Failure> wrong(const std::string& path, std::string_view what) {
    return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", path, what)));
}

/// The shared texts as what they are.
Expected<void> take_shared(Session& session, Merged& out, const part::Whole& first,
                           std::map<std::string, std::string>& linked) {
    for (const part::Text& text : first.shared) {
        out.plan.sources.add(text.path, text.text);
        if (!text.real.empty()) linked[text.path] = text.real;
    }
    for (std::size_t i = 0; i < first.common.rule_files; ++i) {
        auto rule =
            lint::parse_rule_file(first.shared[i].path, out.plan.sources.text(base::FileId(i)), lint::Whose::site);
        if (!rule) return tl::unexpected(failure(Status::config, rule.error().message));
        session.site_rules.push_back(std::move(*rule));
    }
    out.plan.intent = std::make_shared<lint::Intent>();
    if (!first.common.intent) return {};
    base::Diagnostics diagnostics;
    auto intent = lint::read_intent(out.plan.sources, base::FileId(first.common.rule_files), diagnostics);
    if (!intent || base::has_fatal(diagnostics)) {
        session.sources = std::move(out.plan.sources);
        return tl::unexpected(Failure{Status::config, fatal_problems(diagnostics)});
    }
    *out.plan.intent = std::move(*intent);
    return {};
}

}  // namespace

std::vector<std::size_t> units_of_shard(const Plan& plan, std::size_t shard, std::size_t shards) {
    std::vector<std::size_t> order(plan.units.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return plan.units[a].bytes > plan.units[b].bytes; });
    // By what each has to do so far, then by number.
    std::vector<std::pair<std::uint64_t, std::size_t>> heap;
    for (std::size_t i = 0; i < shards; ++i) heap.emplace_back(0, i + 1);
    const auto later = std::greater<>();
    std::make_heap(heap.begin(), heap.end(), later);
    std::vector<std::size_t> out;
    for (const std::size_t number : order) {
        std::pop_heap(heap.begin(), heap.end(), later);
        auto& [bytes, who] = heap.back();
        if (who == shard) out.push_back(number);
        // A start costs something too: empty files are spread as well.
        bytes += plan.units[number].bytes + 1024;
        std::push_heap(heap.begin(), heap.end(), later);
    }
    std::sort(out.begin(), out.end());
    return out;
}

Expected<int> write_part(Session& session, const Plan& plan, std::vector<UnitResult> results, Persona persona) {
    part::Common common = common_of(session, plan, persona);
    std::string today = base::today();
    const std::map<std::string, std::string> linked = linked_paths(plan.sources);
    std::vector<part::Text> shared = texts_of(plan.sources, 0, linked);
    std::vector<Stranger> strangers = plan.strangers;
    std::string out = fmt::format(
        "{{\"egresslint_part\":1,\"shard\":{},\"today\":{},\"common\":{},\n\"shared\":{},\n\"strangers\":{},\n"
        "\"units\":[",
        session.options.shard, line_of(today), line_of(common), line_of(shared), line_of(strangers));
    std::string_view between = "\n";
    for (UnitResult& result : results) {
        const Unit& unit = plan.units[result.number];
        if (result.failed && unit.walked.empty()) {
            session.sources = plan.sources;
            session.sources.append(std::move(result.sources), plan.sources.size());
            return tl::unexpected(std::move(*result.failed));
        }
        part::UnitPart piece;
        piece.number = result.number;
        if (!unit.walked.empty()) piece.shown = unit.files.front().shown;
        piece.walked = unit.walked;
        piece.texts = texts_of(result.sources, plan.sources.size(), linked_paths(result.sources));
        piece.included = std::move(result.included);
        piece.remarks = std::move(result.remarks);
        piece.failed = result.failed.has_value();
        if (result.failed) {
            piece.unreadable = result.failed->status == Status::unreadable;
            piece.problems = std::move(result.failed->problems);
        }
        piece.gathered = std::move(result.gathered);
        out += fmt::format("{}{}", between, line_of(piece));
        between = ",\n";
        result = {};
    }
    out += "\n]";
    out += fmt::format("{}{}\"}}\n", sum_begins, lint::fingerprint(out));
    for (const OutputTarget& target : session.options.outputs)
        if (target.path != "-") {
            if (const auto error = base::write_file_atomically(target.path, out))
                return tl::unexpected(failure(Status::unreadable, fmt::format("{}: {}", error->path, error->message)));
            return 0;
        }
    if (!session.print(out)) return tl::unexpected(failure(Status::unreadable, "standard output could not be written"));
    return 0;
}

Expected<Merged> read_parts(Session& session, const std::vector<std::string>& paths) {
    Merged out;
    std::map<std::size_t, std::string> path_of;  // by shard
    std::map<std::string, std::string> linked;
    std::string first_common;
    std::vector<bool> seen;
    for (const std::string& path : paths) {
        auto text = base::read_file(path);
        if (!text) return wrong(path, text.error().message);
        part::Whole whole;
        try {
            whole = parsed(*text);
        } catch (const part::Wrong& problem) {
            return wrong(path, problem.what());
        } catch (const nlohmann::json::exception&) {
            return wrong(path, "it is no JSON, or only the beginning of a part");
        }
        text->clear();
        const std::string common = line_of(whole.common);
        if (first_common.empty()) {
            first_common = common;
            if (whole.common.shards == 0 || whole.common.units > 10'000'000)
                return wrong(path, "it is no part of a run");
            out.persona = whole.common.audit ? Persona::audit : Persona::check;
            session.options.select = whole.common.select;
            session.options.extend_select = whole.common.extend_select;
            session.options.ignore = whole.common.ignore;
            session.options.no_suppressions |= whole.common.no_suppressions;
            out.plan.units.resize(whole.common.units);
            out.plan.strangers = whole.strangers;
            seen.resize(whole.common.units);
            if (auto taken = take_shared(session, out, whole, linked); !taken) return tl::unexpected(taken.error());
        } else if (common != first_common) {
            return wrong(path, fmt::format("it is a part of another run than {}: of other files, options or number of "
                                           "parts",
                                           path_of.begin()->second));
        }
        out.today = std::max(out.today, whole.today);
        if (whole.shard == 0 || whole.shard > whole.common.shards) return wrong(path, "it is no part of a run");
        if (const auto [other, fresh] = path_of.emplace(whole.shard, path); !fresh)
            return wrong(path, fmt::format("it is part {} of {}, and so is {}", whole.shard, whole.common.shards,
                                           other->second));
        for (part::UnitPart& piece : whole.units) {
            if (piece.number >= seen.size() || seen[piece.number])
                return wrong(path, "it holds a device that another part holds too");
            seen[piece.number] = true;
            Unit& unit = out.plan.units[piece.number];
            unit.walked = piece.walked;
            unit.files.emplace_back().shown = piece.shown;
            UnitResult result;
            result.number = piece.number;
            for (std::size_t i = 0; i < whole.shared.size(); ++i) result.sources.add("", "");
            for (part::Text& one : piece.texts) {
                if (!one.real.empty()) linked[one.path] = one.real;
                result.sources.add(std::move(one.path), std::move(one.text));
            }
            result.included = std::move(piece.included);
            result.remarks = std::move(piece.remarks);
            if (piece.failed)
                result.failed =
                    Failure{piece.unreadable ? Status::unreadable : Status::not_understood, std::move(piece.problems)};
            result.gathered = std::move(piece.gathered);
            out.results.push_back(std::move(result));
        }
        if (path == paths.back() && path_of.size() != whole.common.shards)
            for (std::size_t i = 1; i <= whole.common.shards; ++i)
                if (!path_of.contains(i))
                    return tl::unexpected(
                        failure(Status::unreadable, fmt::format("part {} of {} is missing", i, whole.common.shards)));
    }
    if (const auto lost = std::find(seen.begin(), seen.end(), false); lost != seen.end())
        return tl::unexpected(failure(Status::unreadable, "no part holds one of the devices"));
    std::sort(out.results.begin(), out.results.end(),
              [](const UnitResult& a, const UnitResult& b) { return a.number < b.number; });
    session.linked = std::move(linked);
    return out;
}

}  // namespace egresslint::cli
