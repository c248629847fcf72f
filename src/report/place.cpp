// SPDX-License-Identifier: Apache-2.0
#include "report/place.hpp"

#include <algorithm>
#include <tuple>

#include "base/utf8.hpp"

namespace egresslint::report {
namespace {

/// The column in UTF-16 code units of the byte at `column`.
std::uint32_t utf16_column(std::string_view line, std::uint32_t column) {
    std::string_view before = line.substr(0, std::min<std::size_t>(column - 1, line.size()));
    std::uint32_t units = 1;
    while (!before.empty()) {
        const base::CodePoint point = base::first_code_point(before);
        units += point.code > 0xffff ? 2 : 1;
        before.remove_prefix(point.bytes);
    }
    return units;
}

}  // namespace

Places::Places(const lint::Report& report, const Context& context, Columns columns)
    : context_(context), columns_(columns), first_("egresslint.toml") {
    for (std::size_t i = 0; i < context.sources.size(); ++i)
        files_.try_emplace(context.sources.file(base::FileId(i)).path, base::FileId(i));
    if (context.sources.size() > 0) first_ = context.sources.file(base::FileId(0)).path;
    for (const lint::DeviceReport& device : report.devices)
        if (!device.files.empty()) first_of_device_.try_emplace(device.name, device.files.front());
    if (!first_of_device_.empty()) first_ = first_of_device_.begin()->second;
}

Place Places::of(const base::Span& span) const {
    const base::Sources& sources = context_.sources;
    const std::string_view text = sources.text(span);
    base::Span bare = span;
    for (std::size_t left = text.size(); left > 0 && (text[left - 1] == '\n' || text[left - 1] == '\r'); --left)
        --bare.end;
    const base::Position begin = sources.begin(bare);
    const base::Position end = sources.end(bare);
    Place place;
    const std::string& shown = sources.file(span.file).path;
    const auto real = context_.real_paths.find(shown);
    place.path = real == context_.real_paths.end() ? shown : real->second;
    place.exact = true;
    place.file = span.file;
    place.line = begin.line;
    place.end_line = end.line;
    place.column = begin.column;
    place.end_column = end.column;
    if (columns_ == Columns::utf16) {
        place.column = utf16_column(sources.line(span.file, begin.line), begin.column);
        place.end_column = utf16_column(sources.line(span.file, end.line), end.column);
    }
    return place;
}

Place Places::first_line(const std::string& path) const {
    Place place;
    place.path = path;
    if (const auto file = files_.find(path); file != files_.end()) place = of(base::Span{file->second, 0, 0});
    place.exact = false;
    return place;
}

Place Places::of_device(const std::string& name) const {
    const auto device = first_of_device_.find(name);
    return first_line(device == first_of_device_.end() ? first_ : device->second);
}

Place Places::of(const lint::Finding& finding) const {
    return finding.span.valid() ? of(finding.span) : of_device(finding.device);
}

Place Places::of(const lint::TraceStep& step, const lint::Finding& finding) const {
    return step.span.valid() ? of(step.span) : of_device(finding.device);
}

Place Places::of(const Problem& problem) const { return problem.span.valid() ? of(problem.span) : first_line(first_); }

std::string uri_of(std::string_view path) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    while (path.starts_with("./")) path.remove_prefix(2);
    std::string out = path.starts_with("/") ? "file://" : "";
    for (const char c : path) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                std::string_view("-._~/").find(c) != std::string_view::npos;
        if (unreserved) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += hex[byte >> 4];
        out += hex[byte & 15];
    }
    return out;
}

std::vector<const lint::Finding*> most_severe_first(const std::vector<lint::Finding>& findings) {
    std::vector<const lint::Finding*> out;
    out.reserve(findings.size());
    for (const lint::Finding& finding : findings) out.push_back(&finding);
    std::stable_sort(out.begin(), out.end(), [](const lint::Finding* a, const lint::Finding* b) {
        return std::tuple(a->severity, b->certainty) > std::tuple(b->severity, a->certainty);
    });
    return out;
}

}  // namespace egresslint::report
