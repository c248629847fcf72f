// SPDX-License-Identifier: Apache-2.0
// The texts of one run and places in them. `Sources` owns every text until the run ends, so string_views into a
// text stay valid; a Span is a byte range of one file, and line and column are computed when somebody asks.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"

namespace egresslint::base {

struct SourceFile {
    std::string path;                                ///< as shown to the user; "<stdin>" or what --stdin-filename says
    std::string text;                                ///< secrets are blotted out, see Sources::hide
    std::string raw;                                 ///< as read from the file, where `text` is not
    mutable std::vector<std::uint32_t> line_starts;  ///< built on first use
};
using FileId = Id<SourceFile>;

struct Span {
    FileId file;
    std::uint32_t begin = 0;  ///< byte offset
    std::uint32_t end = 0;    ///< one past the last byte
    [[nodiscard]] bool valid() const { return file.valid(); }
    friend constexpr bool operator==(const Span&, const Span&) = default;
};

/// 1-based; the column counts bytes, as compilers and editors in UTF-8 mode do.
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

class Sources {
public:
    FileId add(std::string path, std::string text);
    /// Takes over the texts of `other` from number `from` on.
    void append(Sources&& other, std::size_t from);
    /// Blots out a secret (password, key, community, hash) in the text itself, an asterisk a byte, so that nothing that
    /// is printed later can hold it, whoever prints it. Readers do this before anything else with the text; offsets and
    /// string_views stay good. Line ends are kept.
    void hide(const Span& secret);
    /// What the file really holds. Only for writing it back: never for a message.
    [[nodiscard]] std::string_view raw(FileId id) const {
        const SourceFile& f = files_[id.index()];
        return f.raw.empty() ? f.text : f.raw;
    }
    [[nodiscard]] const SourceFile& file(FileId id) const { return files_[id.index()]; }
    [[nodiscard]] std::size_t size() const { return files_.size(); }
    [[nodiscard]] std::string_view text(FileId id) const { return files_[id.index()].text; }
    [[nodiscard]] std::string_view text(const Span& span) const;
    [[nodiscard]] Position begin(const Span& span) const { return position(span.file, span.begin); }
    [[nodiscard]] Position end(const Span& span) const { return position(span.file, span.end); }
    [[nodiscard]] Position position(FileId id, std::uint32_t offset) const;
    /// The line's text without its line end; 1-based.
    [[nodiscard]] std::string_view line(FileId id, std::uint32_t number) const;
    /// "edge.nft:14:3"; "" for an invalid span.
    [[nodiscard]] std::string where(const Span& span) const;

private:
    std::deque<SourceFile> files_;
};

}  // namespace egresslint::base
