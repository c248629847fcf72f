// SPDX-License-Identifier: Apache-2.0
// Where a finding stands, for readers that show nothing without a file and a line, and that count columns each in their
// own way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.hpp"
#include "lint/finding.hpp"
#include "report/report.hpp"

namespace egresslint::report {

enum class Columns : std::uint8_t { bytes, utf16 };

struct Place {
    std::string path;    ///< as shown, or without symbolic links (Context::real_paths); never ""
    bool exact = false;  ///< false: there is no such place, this is the first line of the nearest file
    /// 1-based; the end is one past the last character, and a line end is no part of a place.
    std::uint32_t line = 1, column = 1, end_line = 1, end_column = 1;
    base::FileId file;  ///< of the text it lies in; may be invalid
};

/// The places of one report, in one kind of columns.
class Places {
public:
    Places(const lint::Report& report, const Context& context, Columns columns);
    /// `span` must be valid.
    [[nodiscard]] Place of(const base::Span& span) const;
    /// Of a fact about a whole device: the first line of its first file.
    [[nodiscard]] Place of(const lint::Finding& finding) const;
    /// Of a step of a trace; of one that nobody wrote, such as a default: the first line of the device's first file.
    [[nodiscard]] Place of(const lint::TraceStep& step, const lint::Finding& finding) const;
    [[nodiscard]] Place of(const Problem& problem) const;
    /// The first line of a file, which need not have been read.
    [[nodiscard]] Place first_line(const std::string& path) const;

private:
    [[nodiscard]] Place of_device(const std::string& name) const;

    const Context& context_;
    Columns columns_;
    std::map<std::string, base::FileId> files_;           ///< by path as shown
    std::map<std::string, std::string> first_of_device_;  ///< a path
    std::string first_;                                   ///< the path for what is of no device
};

/// A relative reference without "./", or a file: URI for an absolute path; everything but unreserved characters is
/// percent-encoded (RFC 3986, sections 2.3 and 4.2), so that any bytes of a name survive.
[[nodiscard]] std::string uri_of(std::string_view path);

/// The most severe first, proven before possible, otherwise in the report's order: what a reader with a limit should
/// see.
[[nodiscard]] std::vector<const lint::Finding*> most_severe_first(const std::vector<lint::Finding>& findings);

}  // namespace egresslint::report
