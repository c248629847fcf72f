// SPDX-License-Identifier: Apache-2.0
#include "families/xml.hpp"

#include <algorithm>

namespace egresslint::families::xml {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}
std::string_view trim(std::string_view s) {
    while (!s.empty() && is_blank(s.front())) s.remove_prefix(1);
    while (!s.empty() && is_blank(s.back())) s.remove_suffix(1);
    return s;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// Generous: what is blotted out in vain costs nothing, for no rule of the firewall is made of these words.
bool names_secret(std::string_view name) {
    const std::string n = lower(name);
    for (const std::string_view part :
         {"passw",      "passphrase", "secret",  "psk",       "sharedkey", "shared_key", "preshared",
          "pre-shared", "privkey",    "private", "community", "hash",      "token",      "bcrypt",
          "apikey",     "api_key",    "crypto",  "otp_seed",  "authkey",   "auth_key",   "credential",
          "snmpv3",     "prv",        "crt",     "csr",       "pkcs",      "wpa_",       "wepkey"})
        if (n.find(part) != std::string::npos) return true;
    for (const std::string_view whole : {"key", "keys", "keydata", "tls", "pwd", "pin", "cert", "certificate", "dkim",
                                         "static_key", "authorizedkeys", "item_key", "wep"})
        if (n == whole) return true;
    return n.ends_with("_key") || n.ends_with("-key") || n.ends_with("key_data") || n.ends_with("_pass") ||
           n.ends_with("_pwd");
}

/// Base64 or hexadecimal digits in a row: more likely a key than anything that somebody must see. Names and addresses
/// are shorter or have other characters in them.
bool long_word(std::string_view text) {
    return text.size() >= 40 &&
           std::all_of(text.begin(), text.end(),
                       [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                  c == '+' || c == '/' || c == '=' || is_blank(c);
                       }) &&
           std::count_if(text.begin(), text.end(), [](char c) { return c == ' '; }) == 0;
}

}  // namespace

std::vector<std::string> words(std::string_view text, std::string_view separators) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return out;
}

std::size_t find_document(std::string_view text, std::string_view root) {
    const std::string tag = "<" + std::string(root);
    for (std::size_t at = text.find(tag); at != std::string_view::npos; at = text.find(tag, at + 1)) {
        const std::size_t behind = at + tag.size();
        if (behind < text.size() && (text[behind] == '>' || is_blank(text[behind]) || text[behind] == '/')) return at;
    }
    return std::string_view::npos;
}

void hide_secrets(base::Sources& sources, base::FileId file) {
    const std::string_view text = sources.text(file);
    std::size_t at = 0;
    while ((at = text.find('<', at)) != std::string_view::npos) {
        ++at;
        std::size_t end = at;
        while (end < text.size() && is_name(text[end])) ++end;
        const std::string_view name = text.substr(at, end - at);
        if (name.empty()) continue;
        const std::size_t close = text.find_first_of("<>", end);
        if (close == std::string_view::npos || text[close] == '<' || text[close - 1] == '/') continue;
        const std::size_t begin = close + 1;
        std::size_t stop = std::min(text.find('<', begin), text.size());
        std::size_t from = begin;
        constexpr std::string_view cdata = "<![CDATA[";
        if (text.substr(stop).starts_with(cdata)) {
            from = stop + cdata.size();
            stop = std::min(text.find("]]>", from), text.size());
        }
        const std::string_view value = trim(text.substr(from, stop - from));
        if (value.empty()) continue;
        if (names_secret(name) || long_word(value))
            sources.hide({file, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(stop)});
    }
}

// -- extents: which bytes an element has

bool Document::scan(std::string_view text, base::Diagnostics& diagnostics) {
    struct Open {
        std::uint32_t name = 0, length = 0;
        Extent extent;
    };
    std::vector<Open> open;
    const auto fail = [&](std::size_t at, std::string why) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        const auto begin = static_cast<std::uint32_t>(std::min(at, text.empty() ? 0 : text.size() - 1));
        d.span = {file_, begin, std::min(begin + 1, static_cast<std::uint32_t>(text.size()))};
        d.message = std::move(why);
        diagnostics.push_back(std::move(d));
        return false;
    };
    std::size_t at = begin_;
    bool seen_root = false;
    while ((at = text.find_first_of(std::string_view("<\0", 2), at)) != std::string_view::npos) {
        if (text[at] == '\0') return fail(at, "a NUL byte: this is no XML text");
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("<!--") || rest.starts_with("<![CDATA[") || rest.starts_with("<?")) {
            const std::string_view end = rest[1] == '?' ? "?>" : rest[2] == '-' ? "-->" : "]]>";
            const std::size_t stop = text.find(end, at + 2);
            if (stop == std::string_view::npos) return fail(at, "this comment or section is not terminated");
            at = stop + end.size();
            continue;
        }
        if (rest.starts_with("<!"))
            return fail(at, "document type declarations are refused: a configuration has none, and they can hide text");
        const bool closing = rest.size() > 1 && rest[1] == '/';
        std::size_t name = at + (closing ? 2 : 1), end = name;
        while (end < text.size() && is_name(text[end])) ++end;
        if (end == name) return fail(at, "a '<' that begins no element");
        const std::string_view word = text.substr(name, end - name);
        // Attributes, with their quotes, up to '>'.
        std::size_t stop = end;
        char quote = 0;
        while (stop < text.size() && (quote != 0 || text[stop] != '>')) {
            if (quote != 0) {
                if (text[stop] == quote) quote = 0;
            } else if (text[stop] == '"' || text[stop] == '\'') {
                quote = text[stop];
            } else if (text[stop] == '<') {
                return fail(at, "this tag is not terminated");
            }
            ++stop;
        }
        if (stop >= text.size()) return fail(at, "this tag is not terminated");
        const auto behind = static_cast<std::uint32_t>(stop + 1);
        if (closing) {
            if (open.empty()) return fail(at, "an end tag without its start tag");
            Open& top = open.back();
            if (text.substr(top.name, top.length) != word)
                return fail(at, "this end tag closes <" +
                                    std::string(text.substr(top.name, std::min(top.length, 40u))) +
                                    ">, which has another name");
            top.extent.inner_end = static_cast<std::uint32_t>(at);
            top.extent.end = behind;
            extents_.emplace(top.name, top.extent);
            open.pop_back();
            if (open.empty()) return true;
        } else {
            if (open.empty() && seen_root) break;
            seen_root = true;
            const Extent extent{static_cast<std::uint32_t>(at), behind, behind, behind};
            if (text[stop - 1] == '/') {
                extents_.emplace(static_cast<std::uint32_t>(name), extent);
                if (open.empty()) return true;
            } else {
                if (open.size() >= most_levels)
                    return fail(at, "elements nest deeper than " + std::to_string(most_levels) + " levels");
                open.push_back({static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(word.size()), extent});
            }
        }
        at = behind;
    }
    const std::size_t last = open.empty() ? begin_ : open.back().extent.begin;
    return fail(last, open.empty()
                          ? "there is no element here"
                          : "this element is not closed: the file ends before </" +
                                std::string(text.substr(open.back().name, std::min(open.back().length, 40u))) + ">");
}

bool Document::load(base::Sources& sources, base::FileId file, std::string_view root, base::Diagnostics& diagnostics) {
    file_ = file;
    hide_secrets(sources, file);
    const std::string_view text = sources.text(file);
    const auto fail = [&](base::Span span, std::string why) {
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        d.span = span;
        d.message = std::move(why);
        diagnostics.push_back(std::move(d));
        return false;
    };
    const base::Span start{file, 0, static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), 1))};
    if (text.find("---- BEGIN config.xml ----") != std::string_view::npos)
        return fail(start, "the backup is encrypted; export it without encryption");
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        return fail(start, "UTF-16 is not read; convert the file to UTF-8");
    // A declaration of the document type stands before the root element.
    if (const std::size_t type = text.find("<!DOCTYPE"); type != std::string_view::npos)
        return fail({file, static_cast<std::uint32_t>(type), static_cast<std::uint32_t>(type + 9)},
                    "document type declarations are refused: a configuration has none, and they can hide text");
    const std::size_t begin = find_document(text, root);
    if (begin == std::string_view::npos) return fail(start, "there is no <" + std::string(root) + "> element");
    begin_ = static_cast<std::uint32_t>(begin);
    if (!scan(text, diagnostics)) return false;
    const auto found = extents_.find(begin_ + 1);
    if (found == extents_.end()) return fail(start, "there is no <" + std::string(root) + "> element");
    const Extent whole = found->second;
    const auto parsed =
        tree_.load_buffer(text.data() + whole.begin, whole.end - whole.begin,
                          pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol, pugi::encoding_utf8);
    if (!parsed) {
        const auto at = static_cast<std::uint32_t>(std::min<std::size_t>(
            whole.begin + static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)), text.size() - 1));
        return fail({file, at, at + 1}, std::string("not well-formed XML: ") + parsed.description());
    }
    root_ = Element(tree_.document_element(), this);
    if (const std::string_view rest = trim(text.substr(whole.end)); rest.find('<') != std::string_view::npos) {
        base::Diagnostic d;
        d.code = "EL901";
        d.span = {file, whole.end, static_cast<std::uint32_t>(text.size())};
        d.message = "behind the configuration stands something else, which is not read";
        d.influence = base::Influence::nothing;
        diagnostics.push_back(std::move(d));
    }
    return true;
}

const Document::Extent* Document::extent(pugi::xml_node node) const {
    if (node.empty()) return nullptr;
    const auto at = extents_.find(begin_ + static_cast<std::uint32_t>(node.offset_debug()));
    return at == extents_.end() ? nullptr : &at->second;
}

// -- elements

base::Span Element::span() const {
    const auto* e = document_ == nullptr ? nullptr : document_->extent(node_);
    return e == nullptr ? base::Span{} : base::Span{document_->file_, e->begin, e->end};
}
base::Span Element::inner() const {
    const auto* e = document_ == nullptr ? nullptr : document_->extent(node_);
    return e == nullptr ? base::Span{} : base::Span{document_->file_, e->inner_begin, e->inner_end};
}

Element Element::child(std::string_view name) const {
    if (document_ == nullptr) return {};
    for (const auto n : node_.children())
        if (n.type() == pugi::node_element && name == n.name()) {
            document_->read_.insert(n.internal_object());
            return {n, document_};
        }
    return {};
}

std::vector<Element> Element::all(std::string_view name) const {
    std::vector<Element> out;
    if (document_ == nullptr) return out;
    for (const auto n : node_.children())
        if (n.type() == pugi::node_element && name == n.name()) {
            document_->read_.insert(n.internal_object());
            out.emplace_back(n, document_);
        }
    return out;
}

std::vector<Element> Element::children() const {
    std::vector<Element> out;
    if (document_ == nullptr) return out;
    for (const auto n : node_.children())
        if (n.type() == pugi::node_element) out.emplace_back(n, document_);
    return out;
}

std::string Element::text() const {
    std::string out;
    for (const auto n : node_.children())
        if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) out += n.value();
    return std::string(trim(out));
}

void Element::ignore(std::string_view names) const {
    for (const std::string& name : words(names))
        for (const Element& e : children())
            if (name.ends_with('*') ? e.name().starts_with(std::string_view(name).substr(0, name.size() - 1))
                                    : e.name() == name)
                e.mark();
}

void Element::mark() const {
    if (document_ != nullptr) document_->read_.insert(node_.internal_object());
}

std::vector<Element> Element::unread() const {
    std::vector<Element> out;
    for (const Element& e : children()) {
        if (document_->read_.contains(e.node_.internal_object())) continue;
        if (e.children().empty() && e.text().empty() && e.node_.first_attribute().empty()) {
            // An empty element is a flag in these formats ("<disabled/>"): it says something.
            if (e.inner().begin != e.inner().end) continue;
        }
        out.push_back(e);
    }
    return out;
}

}  // namespace egresslint::families::xml
