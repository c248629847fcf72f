// SPDX-License-Identifier: Apache-2.0
// What every reader of configuration text needs: lines with their places, spans of parts, words without case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::evidence {

[[nodiscard]] std::string_view trim(std::string_view text);
/// ASCII letters only; everything else stays.
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool same_word(std::string_view a, std::string_view b);
[[nodiscard]] bool contains_word(std::string_view text, std::string_view part);  ///< without case
/// Non-empty parts between any of `separators`; views into `text`.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, std::string_view separators);
/// Every line without its line end, CR LF included; views into `text`.
[[nodiscard]] std::vector<std::string_view> lines(std::string_view text);
/// Where `part`, a view into the text of `file`, stands.
[[nodiscard]] base::Span span_of(const base::Sources& sources, base::FileId file, std::string_view part);
/// Without one trailing dot: host names are compared and shown that way.
[[nodiscard]] std::string_view without_dot(std::string_view name);
/// Whether the name of a setting says that its value is one: "smtp_sasl_password_maps", "client_secret".
[[nodiscard]] bool names_secret(std::string_view name);

/// EL901: what a reader met and cannot read, where a name or an address may hang on it.
void not_understood(base::Diagnostics& diagnostics, const base::Span& span, std::string message);
/// EL903: something that the text refers to is absent.
void incomplete(base::Diagnostics& diagnostics, const base::Span& span, std::string message);
void fatal(base::Diagnostics& diagnostics, const base::Span& span, std::string message);

}  // namespace egresslint::evidence
