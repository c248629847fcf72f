// SPDX-License-Identifier: Apache-2.0
#include "base/source.hpp"

#include <algorithm>
#include <cstring>

namespace egresslint::base {
namespace {

const std::vector<std::uint32_t>& line_starts(const SourceFile& file) {
    if (file.line_starts.empty()) {
        file.line_starts.push_back(0);
        const char* const begin = file.text.data();
        const char* const end = begin + file.text.size();
        for (const char* at = begin; at != end;) {
            const auto* next = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            if (!next) break;
            at = next + 1;
            file.line_starts.push_back(static_cast<std::uint32_t>(at - begin));
        }
    }
    return file.line_starts;
}

}  // namespace

FileId Sources::add(std::string path, std::string text) {
    files_.push_back(SourceFile{std::move(path), std::move(text), {}, {}});
    return FileId(files_.size() - 1);
}

void Sources::append(Sources&& other, std::size_t from) {
    for (std::size_t i = from; i < other.files_.size(); ++i) files_.push_back(std::move(other.files_[i]));
    other.files_.clear();
}

void Sources::hide(const Span& secret) {
    if (!secret.valid() || secret.file.index() >= files_.size()) return;
    SourceFile& f = files_[secret.file.index()];
    const auto begin = std::min<std::size_t>(secret.begin, f.text.size());
    const auto end = std::clamp<std::size_t>(secret.end, begin, f.text.size());
    if (begin == end) return;
    if (f.raw.empty()) f.raw = f.text;
    for (std::size_t i = begin; i < end; ++i)
        if (f.text[i] != '\n' && f.text[i] != '\r') f.text[i] = '*';
}

std::string_view Sources::text(const Span& span) const {
    if (!span.valid() || span.file.index() >= files_.size()) return {};
    const std::string_view whole = text(span.file);
    const auto begin = std::min<std::size_t>(span.begin, whole.size());
    const auto end = std::clamp<std::size_t>(span.end, begin, whole.size());
    return whole.substr(begin, end - begin);
}

Position Sources::position(FileId id, std::uint32_t offset) const {
    if (!id.valid() || id.index() >= files_.size()) return {};
    const auto& starts = line_starts(file(id));
    offset = std::min(offset, static_cast<std::uint32_t>(file(id).text.size()));
    const auto after = std::upper_bound(starts.begin(), starts.end(), offset);
    return Position{static_cast<std::uint32_t>(after - starts.begin()), offset - *std::prev(after) + 1};
}

std::string_view Sources::line(FileId id, std::uint32_t number) const {
    if (!id.valid() || id.index() >= files_.size()) return {};
    const auto& starts = line_starts(file(id));
    if (number == 0 || number > starts.size()) return {};
    const std::string_view whole = text(id);
    const std::size_t begin = starts[number - 1];
    std::size_t end = number < starts.size() ? starts[number] - 1 : whole.size();
    if (end > begin && whole[end - 1] == '\r') --end;
    return whole.substr(begin, end - begin);
}

std::string Sources::where(const Span& span) const {
    if (!span.valid() || span.file.index() >= files_.size()) return {};
    const auto at = begin(span);
    return file(span.file).path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace egresslint::base
