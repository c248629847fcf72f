// SPDX-License-Identifier: Apache-2.0
#include "dialects/openwrt/uci.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace egresslint::dialects::openwrt {
namespace {

bool is_secret(std::string_view key) {
    for (const std::string_view word : {"password", "passphrase", "private_key", "preshared_key", "secret", "psk",
                                        "pincode", "sae_password", "auth_key", "hex_key"})
        if (key.find(word) != std::string_view::npos) return true;
    return key == "key" || key.starts_with("key1") || key.starts_with("key2") || key.starts_with("key3") ||
           key.starts_with("key4");
}

class Reader {
public:
    Reader(base::Sources& sources, base::FileId file, Uci& out, base::Diagnostics& diagnostics)
        : sources_(sources),
          file_(file),
          text_(sources.text(file)),
          out_(out),
          diagnostics_(diagnostics),
          package_(package_of(text_)) {}

    bool run() {
        std::vector<Value> words;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\n' || c == ';') {
                ++at_;
                statement(words);
                words.clear();
            } else if (c == ' ' || c == '\t' || c == '\r') {
                ++at_;
            } else if (c == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (!word(words)) {
                return false;
            }
        }
        statement(words);
        return true;
    }

private:
    /// Quoted parts stand together: 'a'\''b'.
    bool word(std::vector<Value>& words) {
        const std::size_t begin = at_;
        std::string out;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\'' || c == '"') {
                const std::size_t open = at_++;
                while (at_ < text_.size() && text_[at_] != c) {
                    if (c == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
                    out += text_[at_++];
                }
                if (at_ >= text_.size()) {
                    base::Diagnostic d;
                    d.kind = base::Diagnostic::Kind::fatal;
                    d.span = {file_, static_cast<std::uint32_t>(open), static_cast<std::uint32_t>(open + 1)};
                    d.message = "this quotation mark is not closed: the text is cut";
                    diagnostics_.push_back(std::move(d));
                    return false;
                }
                ++at_;
            } else if (c == '\\' && at_ + 1 < text_.size()) {
                out += text_[at_ + 1] == '\n' ? std::string{} : std::string(1, text_[at_ + 1]);
                at_ += 2;
            } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
                break;
            } else {
                out += c;
                ++at_;
            }
        }
        words.push_back({std::move(out), {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)}});
        return true;
    }

    void statement(const std::vector<Value>& words) {
        if (words.empty()) return;
        const std::string& verb = words[0].text;
        if (verb == "package" && words.size() > 1) {
            package_ = words[1].text;
        } else if (verb == "config" && words.size() > 1) {
            Section s;
            s.package = package_;
            s.type = words[1].text;
            if (words.size() > 2) s.name = words[2].text;
            s.span = {file_, words.front().span.begin, words.back().span.end};
            out_.sections.push_back(std::move(s));
        } else if ((verb == "option" || verb == "list") && words.size() > 2 && !out_.sections.empty()) {
            set(out_.sections.back(), words[1].text, words[2], verb == "list");
            out_.sections.back().span.end = words[2].span.end;
        } else if (verb.find('=') != std::string::npos && verb.find('.') < verb.find('=')) {
            shown(words);
        } else {
            not_understood(diagnostics_, {file_, words.front().span.begin, words.back().span.end},
                           fmt::format("\"{}\" is no statement of UCI", verb));
        }
    }
    void set(Section& s, const std::string& key, Value value, bool list) {
        if (is_secret(key)) sources_.hide(value.span);
        auto& to = s.options[key];
        if (!list) to.clear();
        to.push_back(std::move(value));
    }
    /// `firewall.@zone[0].name='lan'`, `network.lan=interface`; a list is 'a' 'b'.
    void shown(const std::vector<Value>& words) {
        const Value& word = words[0];
        const auto equals = word.text.find('=');
        const std::string left = word.text.substr(0, equals);
        Value value{word.text.substr(equals + 1), word.span};
        const auto dot = left.find('.');
        const std::string package = left.substr(0, dot);
        const auto second = left.find('.', dot + 1);
        const std::string id = left.substr(dot + 1, second - dot - 1);
        if (second == std::string::npos) {
            Section s;
            s.package = package;
            s.type = value.text;
            if (!id.starts_with('@')) s.name = id;
            s.span = word.span;
            index_[package + "." + id] = out_.sections.size();
            out_.sections.push_back(std::move(s));
            return;
        }
        const auto at = index_.find(package + "." + id);
        if (at == index_.end())
            not_understood(diagnostics_, word.span, fmt::format("{} belongs to no section", left));
        else
            for (std::size_t i = 0; i < words.size(); ++i)
                set(out_.sections[at->second], left.substr(second + 1), i == 0 ? value : words[i], i > 0);
    }

    base::Sources& sources_;
    base::FileId file_;
    std::string_view text_;
    Uci& out_;
    base::Diagnostics& diagnostics_;
    std::string package_;
    std::size_t at_ = 0;
    std::map<std::string, std::size_t> index_;
};

}  // namespace

const std::vector<Value>& Section::values(const std::string& key) const {
    static const std::vector<Value> none;
    read[key] = true;
    const auto at = options.find(key);
    return at == options.end() ? none : at->second;
}
std::string Section::value(const std::string& key, const std::string& otherwise) const {
    const auto& all = values(key);
    return all.empty() ? otherwise : all.back().text;
}
std::vector<Value> Section::words(const std::string& key) const {
    std::vector<Value> out;
    for (const Value& v : values(key)) {
        std::string_view rest = v.text;
        while (!rest.empty()) {
            const auto end = std::min(rest.find_first_of(" \t"), rest.size());
            if (end > 0) out.push_back({std::string(rest.substr(0, end)), v.span});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return out;
}
bool Section::flag(const std::string& key, bool otherwise) const {
    const std::string v = value(key);
    if (v == "1" || v == "on" || v == "true" || v == "yes" || v == "enabled") return true;
    if (v == "0" || v == "off" || v == "false" || v == "no" || v == "disabled") return false;
    return otherwise;
}
Span Section::span_of(const std::string& key) const {
    const auto at = options.find(key);
    return at == options.end() || at->second.empty() ? span : at->second.back().span;
}

std::string package_of(std::string_view text) {
    const auto has = [&](std::string_view word) {
        for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
            const char before = at == 0 ? '\n' : text[at - 1];
            const char after = at + word.size() < text.size() ? text[at + word.size()] : '\n';
            if ((before == '\n' || before == ' ' || before == '\t') &&
                (after == ' ' || after == '\t' || after == '\n' || after == '\r' || after == '\''))
                return true;
        }
        return false;
    };
    if (has("config zone") || has("config forwarding") || has("config redirect") || has("config defaults") ||
        has("config 'zone'") || has("config ipset"))
        return "firewall";
    // Policy routing has sections of this name too, and no target of this kind.
    if (has("config rule") && (has("option target") || has("option proto") || has("option dest_port")))
        return "firewall";
    if (has("config interface") || has("config 'interface'")) return "network";
    if (text.find("firewall.@zone[") != std::string_view::npos || text.find("=zone\n") != std::string_view::npos)
        return "firewall";
    if (text.find("network.lan=interface") != std::string_view::npos) return "network";
    return "";
}

bool read_uci(base::Sources& sources, base::FileId file, Uci& out, base::Diagnostics& diagnostics) {
    return Reader(sources, file, out, diagnostics).run();
}

void not_understood(base::Diagnostics& diagnostics, Span where, std::string message, base::Influence influence) {
    base::Diagnostic d;
    d.code = "EL901";
    d.span = where;
    d.message = std::move(message);
    d.influence = influence;
    diagnostics.push_back(std::move(d));
}

}  // namespace egresslint::dialects::openwrt
