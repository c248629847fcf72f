// SPDX-License-Identifier: Apache-2.0
#include "evidence/xml_depth.hpp"

#include <algorithm>

#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

constexpr int deepest = 64;

/// The first '<' that is one level too deep, before anything builds a tree of it; npos: none is.
std::size_t too_deep(std::string_view text) {
    int level = 0;
    for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("<!--") || rest.starts_with("<![CDATA[")) {
            const std::size_t end = text.find(rest[2] == '-' ? "-->" : "]]>", at);
            if (end == std::string_view::npos) return std::string_view::npos;
            at = end;
        } else if (rest.starts_with("</")) {
            --level;
        } else if (rest.size() > 1 && rest[1] != '?' && rest[1] != '!') {
            const std::size_t end = text.find('>', at);
            const bool empty = end != std::string_view::npos && text[end - 1] == '/';
            if (!empty && ++level > deepest) return at;
        }
    }
    return std::string_view::npos;
}

}  // namespace

bool load_xml(pugi::xml_document& document, const base::Sources& sources, base::FileId file,
              base::Diagnostics& diagnostics) {
    const std::string_view text = sources.text(file);
    const auto fail = [&](std::size_t at, std::string why) {
        const auto begin = static_cast<std::uint32_t>(std::min(at, text.empty() ? 0 : text.size() - 1));
        fatal(diagnostics, {file, begin, std::min(begin + 1, static_cast<std::uint32_t>(text.size()))}, std::move(why));
        return false;
    };
    if (const std::size_t type = text.find("<!DOCTYPE"); type != std::string_view::npos)
        return fail(type, "document type declarations are refused: they can hide text");
    if (const std::size_t at = too_deep(text); at != std::string_view::npos)
        return fail(at, "elements nest deeper than 64 levels");
    const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed)
        return fail(static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)),
                    std::string("not well-formed XML: ") + parsed.description());
    return true;
}

}  // namespace egresslint::evidence
