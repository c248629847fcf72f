// SPDX-License-Identifier: Apache-2.0
#include "dialects/iproute/elements.hpp"

#include <fmt/format.h>

namespace egresslint::dialects::iproute {
namespace {

constexpr std::size_t max_depth = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

void add_fatal(base::Diagnostics& diagnostics, base::Span span, std::string message) {
    base::Diagnostic d;
    d.kind = base::Diagnostic::Kind::fatal;
    d.span = span;
    d.message = std::move(message);
    diagnostics.push_back(std::move(d));
}

std::vector<Element> find_elements(const base::Sources& sources, base::FileId file, const char* what,
                                   base::Diagnostics& diagnostics) {
    const auto text = sources.text(file);
    std::vector<Element> out;
    std::string open;  // the brackets that are open
    std::size_t arrays = 0, begin = 0;
    bool after_element = false;
    const auto fail = [&](std::size_t at, const std::string& why) {
        const auto offset = static_cast<std::uint32_t>(at);
        add_fatal(diagnostics, {file, offset, offset + (at < text.size() ? 1u : 0u)},
                  fmt::format("this is not the output of `{}`: {}", what, why));
        return std::vector<Element>{};
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (is_space(c)) continue;
        if (open.empty()) {
            if (c != '[') return fail(i, "an array of objects was expected");
            open += c;
            after_element = false;
            ++arrays;
            continue;
        }
        if (open.size() == 1) {
            if (c == ']') {
                open.clear();
            } else if (c == '{' && !after_element) {
                begin = i;
                open += c;
            } else if (c == ',' && after_element) {
                after_element = false;
            } else {
                return fail(i, "an object was expected");
            }
            continue;
        }
        if (c == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i)
                if (text[i] == '\\') ++i;
            if (i >= text.size()) return fail(text.size(), "a string does not end");
        } else if (c == '{' || c == '[') {
            if (open.size() == max_depth) return fail(i, "it is nested too deeply");
            open += c;
        } else if (c == '}' || c == ']') {
            if ((c == '}') != (open.back() == '{')) return fail(i, "brackets do not match");
            open.pop_back();
            if (open.size() == 1) {
                out.push_back({{file, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i + 1)}, arrays});
                after_element = true;
            }
        }
    }
    if (!open.empty()) return fail(text.size(), "it ends too early; was it cut off?");
    if (arrays == 0) return fail(0, "it is empty");
    return out;
}

}  // namespace egresslint::dialects::iproute
