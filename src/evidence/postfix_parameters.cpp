// SPDX-License-Identifier: Apache-2.0
// Sources: postconf(5) of Postfix 3.7, "The general format of the main.cf file"; tests/evidence holds every form
// against postconf itself.
#include "evidence/postfix_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

// `postconf -d` of Postfix 3.7, for what the names and addresses of SMTP clients can hang on. myhostname is the name of
// the system, which no file states; mydomain is made of myhostname.
constexpr std::array<std::pair<std::string_view, std::string_view>, 33> defaults{{
    {"smtp_helo_name", "$myhostname"},
    {"smtp_bind_address", ""},
    {"smtp_bind_address6", ""},
    {"inet_interfaces", "all"},
    {"inet_protocols", "all"},
    {"relayhost", ""},
    {"transport_maps", ""},
    {"default_transport", "smtp"},
    {"relay_transport", "relay"},
    {"relay_domains", "${{$compatibility_level} <level {2} ? {$mydestination} : {}}"},
    {"sender_dependent_default_transport_maps", ""},
    {"sender_dependent_relayhost_maps", ""},
    {"smtp_fallback_relay", "$fallback_relay"},
    {"fallback_relay", ""},
    {"compatibility_level", "0"},
    {"myorigin", "$myhostname"},
    {"mydestination", "$myhostname, localhost.$mydomain, localhost"},
    {"mail_name", "Postfix"},
    {"multi_instance_name", ""},
    {"multi_instance_group", ""},
    {"syslog_name", "${multi_instance_name?{$multi_instance_name}:{postfix}}"},
    {"mynetworks_style", "${{$compatibility_level} <level {2} ? {subnet} : {host}}"},
    {"proxy_interfaces", ""},
    {"lmtp_bind_address", ""},
    {"lmtp_bind_address6", ""},
    {"virtual_transport", "virtual"},
    {"local_transport", "local:$myhostname"},
    {"smtpd_banner", "$myhostname ESMTP $mail_name"},
    {"content_filter", ""},
    {"virtual_alias_domains", "$virtual_alias_maps"},
    {"alias_maps", "hash:/etc/aliases"},
    {"smtp_address_preference", "any"},
    {"smtp_bind_address_enforce", "no"},
}};

std::optional<std::string_view> default_of(std::string_view name) {
    for (const auto& [known, text] : defaults)
        if (known == name) return text;
    return std::nullopt;
}

constexpr int deepest = 64;
constexpr std::size_t most_steps = 20000;
constexpr std::size_t longest = 65'536;

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool all_digits(std::string_view s) {
    return !s.empty() && s.size() < 10 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "3.6" as a number that compares as compatibility levels do: major, minor, patch.
std::optional<long> level_of(std::string_view text) {
    long out = 0;
    int parts = 0;
    text = trim(text);
    while (true) {
        const std::size_t dot = std::min(text.find('.'), text.size());
        const std::string_view part = text.substr(0, dot);
        if (!all_digits(part) || part.size() > 4 || ++parts > 3) return std::nullopt;
        out = out * 10000 + std::stol(std::string(part));
        if (dot == text.size()) break;
        text.remove_prefix(dot + 1);
    }
    for (; parts < 3; ++parts) out *= 10000;
    return out;
}

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

/// What is between an opening bracket at the front and its partner; both are taken off `text`. nullopt: no partner.
std::optional<std::string_view> enclosed(std::string_view& text) {
    const char open = text.front();
    const char close = open == '{' ? '}' : ')';
    std::size_t level = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == open) ++level;
        if (text[i] == close && --level == 0) {
            const std::string_view inside = text.substr(1, i - 1);
            text.remove_prefix(i + 1);
            return inside;
        }
    }
    return std::nullopt;
}

}  // namespace

class PostfixScope::Expansion {
public:
    Expansion(const PostfixScope& scope, base::Diagnostics& diagnostics) : scope_(scope), diagnostics_(diagnostics) {}

    PostfixValue parameter(std::string_view name, int depth) {
        if (depth > deepest) return refused(fmt::format("\"{}\" is defined by itself: Postfix refuses that", name));
        const Fact* stated = nullptr;
        if (scope_.overrides_ != nullptr)
            if (const auto found = scope_.overrides_->find(name); found != scope_.overrides_->end())
                stated = &found->second;
        if (stated == nullptr)
            if (const auto found = scope_.main_.find(name); found != scope_.main_.end()) stated = &found->second;
        if (stated != nullptr) {
            const base::Span outer = where_;
            where_ = stated->span;
            PostfixValue out = expand(stated->value, depth + 1);
            out.span = stated->span;
            where_ = outer;
            return out;
        }
        if (!scope_.complete_) return unknown(fmt::format("{} is not overridden here, and no main.cf was given", name));
        if (name == "myhostname")
            return unknown("myhostname is not set: it is the name of the system, which no file here states");
        if (name == "mydomain") return domain(depth);
        if (const auto text = default_of(name)) return expand(*text, depth + 1);
        return unknown(fmt::format("{} is set nowhere, and its default is not known here", name));
    }

private:
    PostfixValue unknown(std::string what) const {
        PostfixValue out;
        out.known = false;
        out.unknown = {std::move(what), where_};
        return out;
    }
    PostfixValue refused(std::string why) {
        if (!failed_) fatal(diagnostics_, where_, why);
        failed_ = true;
        return unknown(std::move(why));
    }

    /// mydomain is myhostname without its first part, and "localdomain" where that leaves nothing.
    PostfixValue domain(int depth) {
        PostfixValue host = parameter("myhostname", depth + 1);
        if (!host.known) return host;
        const std::size_t dot = host.text.find('.');
        host.text = dot == std::string::npos ? "localdomain" : host.text.substr(dot + 1);
        return host;
    }

    PostfixValue expand(std::string_view text, int depth) {
        if (depth > deepest) return refused("macros nest too deeply here: Postfix refuses that");
        PostfixValue out;
        while (!text.empty()) {
            if (failed_ || ++steps_ > most_steps || out.text.size() > longest)
                return refused("the macros here come to too much text");
            if (text.front() != '$') {
                const std::size_t end = std::min(text.find('$'), text.size());
                out.text += text.substr(0, end);
                text.remove_prefix(end);
                continue;
            }
            text.remove_prefix(1);
            if (text.starts_with('$')) {
                out.text += '$';
                text.remove_prefix(1);
                continue;
            }
            const PostfixValue part = macro(text, depth);
            if (!part.known) {
                if (out.known) out.unknown = part.unknown;
                out.known = false;
            }
            out.text += part.text;
        }
        return out;
    }

    /// Behind the '$'; takes what it reads off `text`.
    PostfixValue macro(std::string_view& text, int depth) {
        if (text.starts_with('{') || text.starts_with('(')) {
            auto inside = enclosed(text);
            if (!inside) return refused("a macro is not closed: a bracket is missing");
            skip_blanks(*inside);
            return inside->starts_with('{') ? comparison(*inside, depth) : named(*inside, depth);
        }
        std::size_t end = 0;
        while (end < text.size() && is_name(text[end])) ++end;
        if (end == 0) return refused("a '$' with no name behind it; a dollar sign itself is written $$");
        const std::string_view name = text.substr(0, end);
        text.remove_prefix(end);
        return parameter(name, depth + 1);
    }

    /// `name`, `name?yes`, `name:no`, `name?{yes}:{no}`.
    PostfixValue named(std::string_view inside, int depth) {
        std::size_t end = 0;
        while (end < inside.size() && is_name(inside[end])) ++end;
        if (end == 0) return refused("a macro without a name");
        const std::string_view name = inside.substr(0, end);
        std::string_view rest = inside.substr(end);
        skip_blanks(rest);
        if (rest.empty()) return parameter(name, depth + 1);
        if (rest.front() != '?' && rest.front() != ':') return refused("a macro whose name ends in something odd");
        const PostfixValue tested = parameter(name, depth + 1);
        return conditional(tested, !tested.text.empty(), rest, depth);
    }

    PostfixValue conditional(const PostfixValue& tested, bool holds, std::string_view rest, int depth) {
        std::optional<std::string_view> yes, no;
        const bool begins_with_yes = rest.front() == '?';
        auto take = [&](std::optional<std::string_view>& side) {
            rest.remove_prefix(1);
            std::string_view ahead = rest;
            skip_blanks(ahead);
            if (!ahead.starts_with('{')) {
                side = rest;
                rest = {};
                return true;
            }
            side = enclosed(ahead);
            if (!side) return false;
            rest = ahead;
            skip_blanks(rest);
            return true;
        };
        if (!take(begins_with_yes ? yes : no)) return refused("a brace is not closed here");
        if (begins_with_yes && rest.starts_with(':') && !take(no)) return refused("a brace is not closed here");
        if (!rest.empty()) return refused("there is something behind the last choice of a macro");
        if (!tested.known) return tested;
        const auto& chosen = holds ? yes : no;
        return chosen ? expand(*chosen, depth + 1) : PostfixValue{};
    }

    /// `{a} == {b} ? {yes} : {no}`: numbers compare as numbers, anything else as text; "<level" as versions.
    PostfixValue comparison(std::string_view rest, int depth) {
        const auto left = enclosed(rest);
        if (!left) return refused("a brace is not closed here");
        skip_blanks(rest);
        std::string_view op;
        for (const std::string_view candidate : {"==", "!=", "<=", ">=", "<", ">"})
            if (op.empty() && rest.starts_with(candidate)) op = candidate;
        if (op.empty()) return refused("a comparison without an operator");
        rest.remove_prefix(op.size());
        const bool levels = rest.starts_with("level");
        if (levels) rest.remove_prefix(5);
        skip_blanks(rest);
        if (!rest.starts_with('{')) return refused("the right side of a comparison has no braces");
        const auto right = enclosed(rest);
        if (!right) return refused("a brace is not closed here");
        skip_blanks(rest);
        if (rest.empty() || (rest.front() != '?' && rest.front() != ':'))
            return refused("a comparison that chooses nothing");
        const PostfixValue a = expand(*left, depth + 1);
        const PostfixValue b = expand(*right, depth + 1);
        int order = 0;
        if (a.known && b.known) {
            if (levels) {
                const auto x = level_of(a.text), y = level_of(b.text);
                if (!x || !y) return refused("this is no compatibility level: levels are like 3.6");
                order = *x < *y ? -1 : *x > *y ? 1 : 0;
            } else if (all_digits(a.text) && all_digits(b.text)) {
                const long x = std::stol(a.text), y = std::stol(b.text);
                order = x < y ? -1 : x > y ? 1 : 0;
            } else {
                order = a.text.compare(b.text);
            }
        }
        const bool holds = op == "=="   ? order == 0
                           : op == "!=" ? order != 0
                           : op == "<=" ? order <= 0
                           : op == ">=" ? order >= 0
                           : op == "<"  ? order < 0
                                        : order > 0;
        return conditional(a.known ? b : a, holds, rest, depth);
    }

    const PostfixScope& scope_;
    base::Diagnostics& diagnostics_;
    base::Span where_;
    std::size_t steps_ = 0;
    bool failed_ = false;
};

PostfixValue PostfixScope::value(std::string_view name, base::Diagnostics& diagnostics) const {
    PostfixValue out = Expansion(*this, diagnostics).parameter(name, 0);
    if (!out.known) out.text.clear();
    out.text = std::string(trim(out.text));
    return out;
}

}  // namespace egresslint::evidence
