// SPDX-License-Identifier: Apache-2.0
// Colours, and whether there are any.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace egresslint::report {

enum class ColorChoice : unsigned char { automatic, always, never };

/// What decides about colour, gathered by the caller so that tests need no environment.
struct ColorFacts {
    ColorChoice choice = ColorChoice::automatic;
    std::string no_color, clicolor_force, force_color, term;  ///< environment variables; "" when unset
    bool terminal = false;
};
/// --color, then NO_COLOR, then CLICOLOR_FORCE or FORCE_COLOR ("0" does not count), then TERM=dumb, then "is it a
/// terminal". Variables that are set but empty do not count (no-color.org).
[[nodiscard]] bool use_color(const ColorFacts& facts);

/// Wraps text in SGR sequences, or returns it unchanged. The text itself must be escaped already.
class Style {
public:
    explicit Style(bool color = false) : color_(color) {}
    [[nodiscard]] std::string severity(base::Severity severity, std::string_view text) const;
    [[nodiscard]] std::string bold(std::string_view text) const { return wrapped("1", text); }
    [[nodiscard]] std::string frame(std::string_view text) const { return wrapped("1;34", text); }
    [[nodiscard]] std::string second(std::string_view text) const { return wrapped("36", text); }
    [[nodiscard]] std::string good(std::string_view text) const { return wrapped("1;32", text); }
    [[nodiscard]] std::string faint(std::string_view text) const { return wrapped("2", text); }
    [[nodiscard]] bool color() const { return color_; }

private:
    [[nodiscard]] std::string wrapped(std::string_view sgr, std::string_view text) const;
    bool color_;
};

[[nodiscard]] std::string_view severity_name(base::Severity severity);

}  // namespace egresslint::report
