// SPDX-License-Identifier: Apache-2.0
// XML configurations: a tree in which every element knows its bytes, and which remembers what was read of it. What
// nobody read is reported, so that a reader cannot skip an element in silence.
//
//   Document doc;
//   if (!doc.load(sources, file, "pfsense", diagnostics)) return;      // one fatal diagnostic says why and where
//   for (Element rule : doc.root().child("filter").all("rule")) {
//       rule.text("type"); …
//       rule.report_unread(…);                                         // EL901 for every child that was not asked for
//   }
//
// No entities but the five of XML and character references, no DOCTYPE, bounded nesting. Secrets are blotted out of the
// text before anything else looks at it.
#pragma once

#include <functional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"

namespace egresslint::families::xml {

inline constexpr unsigned most_levels = 64;

class Document;

/// An element, or none. Every look at a child counts as reading it.
class Element {
public:
    Element() = default;
    Element(pugi::xml_node node, const Document* document) : node_(node), document_(document) {}

    explicit operator bool() const { return !node_.empty(); }
    [[nodiscard]] std::string_view name() const { return node_.name(); }
    [[nodiscard]] std::string attribute(const char* name) const { return node_.attribute(name).value(); }
    /// From '<' of the start tag to behind '>' of the end tag; invalid for none.
    [[nodiscard]] base::Span span() const;
    /// Behind the start tag, before the end tag; empty for `<a/>`.
    [[nodiscard]] base::Span inner() const;

    [[nodiscard]] Element child(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return static_cast<bool>(child(name)); }
    [[nodiscard]] std::vector<Element> all(std::string_view name) const;
    /// Child elements of any name; not counted as read.
    [[nodiscard]] std::vector<Element> children() const;
    /// Text of this element, CDATA included, blanks around it removed.
    [[nodiscard]] std::string text() const;
    /// Text of a child; "" when there is none.
    [[nodiscard]] std::string text(std::string_view name) const { return child(name).text(); }
    /// Counts the children of these names as read; `names` are separated by blanks, a trailing '*' is a wildcard.
    void ignore(std::string_view names) const;
    /// This element and everything below counts as read.
    void mark() const;
    /// Child elements that nobody asked for and that hold something.
    [[nodiscard]] std::vector<Element> unread() const;

private:
    pugi::xml_node node_;
    const Document* document_ = nullptr;
};

class Document {
public:
    /// False, with one fatal diagnostic, when the text is no such document.
    [[nodiscard]] bool load(base::Sources& sources, base::FileId file, std::string_view root,
                            base::Diagnostics& diagnostics);
    [[nodiscard]] Element root() const { return root_; }

private:
    friend class Element;
    struct Extent {
        std::uint32_t begin = 0, inner_begin = 0, inner_end = 0, end = 0;
    };
    bool scan(std::string_view text, base::Diagnostics& diagnostics);
    [[nodiscard]] const Extent* extent(pugi::xml_node node) const;

    base::FileId file_;
    std::uint32_t begin_ = 0;  ///< where the document starts in the file
    pugi::xml_document tree_;
    Element root_;
    std::unordered_map<std::uint32_t, Extent> extents_;  ///< by the offset of the element's name
    mutable std::unordered_set<const void*> read_;
};

/// Offset of the document in a text that may have other lines before it (a console log); npos: no such root element.
[[nodiscard]] std::size_t find_document(std::string_view text, std::string_view root);

/// Blots out the contents of elements whose names speak of passwords, keys, hashes and the like, also in comments.
void hide_secrets(base::Sources& sources, base::FileId file);

/// Blanks, commas or line ends between words.
[[nodiscard]] std::vector<std::string> words(std::string_view text, std::string_view separators = " \t\r\n");

}  // namespace egresslint::families::xml
