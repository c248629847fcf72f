// SPDX-License-Identifier: Apache-2.0
// Master files into statements (RFC 1035, 5.1): comments, quotation marks, escapes, and parentheses that join lines.
#include <fmt/format.h>

#include <algorithm>

#include "evidence/reader.hpp"
#include "evidence/record_text.hpp"

namespace egresslint::evidence {
namespace {

/// What a record may take: 65,535 bytes of data, each as an escape of four.
constexpr std::size_t longest_entry = 300'000;

std::string upper(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return out;
}

}  // namespace

bool ZoneLines::word(ZoneEntry& entry) {
    const std::size_t begin = at_;
    const bool quoted = text_[at_] == '"';
    if (quoted) ++at_;
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '\\') {
            at_ = std::min(at_ + 2, text_.size());
            continue;
        }
        if (quoted ? c == '"'
                   : (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';' || c == '(' || c == ')' || c == '"'))
            break;
        // BIND and NSD take a string that is not closed on its line for a mistake; so is it here.
        if (quoted && c == '\n') break;
        if (c == '\0') break;
        ++at_;
    }
    if (quoted) {
        if (at_ >= text_.size() || text_[at_] != '"') {
            error = "the quotation mark is not closed on its line";
            error_at = static_cast<std::uint32_t>(begin);
            return false;
        }
        ++at_;
    } else if (at_ < text_.size() && text_[at_] == '\0') {
        error = "a zero byte: this is no master file";
        error_at = static_cast<std::uint32_t>(at_);
        return false;
    }
    entry.words.push_back({std::string(text_.substr(begin, at_ - begin)), static_cast<std::uint32_t>(begin),
                           static_cast<std::uint32_t>(at_)});
    return true;
}

bool ZoneLines::next(ZoneEntry& entry) {
    entry = {};
    std::size_t open = 0, opened_at = 0;
    bool fresh = true;  // at the start of a line
    while (at_ < text_.size()) {
        const char c = text_[at_];
        if (c == '\n') {
            ++at_;
            if (open > 0) continue;
            if (!entry.words.empty()) return true;
            fresh = true;
            entry.indented = false;
            continue;
        }
        if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
            if (fresh && c != '\r') entry.indented = true;
            fresh = false;
            ++at_;
            continue;
        }
        fresh = false;
        if (c == ';') {
            at_ = std::min(text_.find('\n', at_), text_.size());
            continue;
        }
        if (c == '(') {
            if (open++ == 0) opened_at = at_;
            ++at_;
            continue;
        }
        if (c == ')') {
            if (open == 0) {
                error = "a closing parenthesis without an opening one";
                error_at = static_cast<std::uint32_t>(at_);
                return false;
            }
            --open;
            ++at_;
            continue;
        }
        if (!word(entry)) return false;
        if (entry.words.size() == 1) entry.begin = entry.words.front().begin;
        entry.end = entry.words.back().end;
        if (entry.end - entry.begin > longest_entry) {
            error = fmt::format("a record of more than {} bytes", longest_entry);
            error_at = entry.begin;
            return false;
        }
    }
    if (open > 0) {
        error = "the parenthesis is not closed";
        error_at = static_cast<std::uint32_t>(opened_at);
        return false;
    }
    return !entry.words.empty();
}

RecordWords record_words(const ZoneEntry& entry) {
    RecordWords out;
    std::size_t at = 0;
    if (!entry.indented) out.owner = entry.words[at++].text;
    // TTL and class in either order, each at most once (RFC 1035, 5.1).
    bool ttl = false, in_class = false;
    for (; at < entry.words.size(); ++at) {
        const std::string word = upper(entry.words[at].text);
        if (!ttl && is_ttl(word)) {
            ttl = true;
        } else if (!in_class &&
                   (word == "IN" || word == "CH" || word == "HS" || word == "CS" || word.starts_with("CLASS"))) {
            in_class = true;
            out.other_class = word != "IN" && word != "CLASS1";
        } else {
            break;
        }
    }
    if (at >= entry.words.size()) {
        out.error = "this is no record: no type follows";
        return out;
    }
    out.type = upper(entry.words[at++].text);
    for (; at < entry.words.size(); ++at) out.rdata += (out.rdata.empty() ? "" : " ") + entry.words[at].text;
    return out;
}

}  // namespace egresslint::evidence
