// SPDX-License-Identifier: Apache-2.0
#include "evidence/mta_secrets.hpp"

#include <algorithm>

#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

bool path_only(std::string_view value) {
    // "hash:/etc/postfix/sasl_passwd" says where, not what.
    for (const std::string_view type : {"hash:", "btree:", "lmdb:", "texthash:", "cdb:", "pcre:", "regexp:", "proxy:",
                                        "mysql:", "pgsql:", "ldap:", "sqlite:"})
        if (value.starts_with(type)) return true;
    return value.starts_with('/') && value.find(' ') == std::string_view::npos;
}

void hide(base::Sources& sources, base::FileId file, std::string_view part) {
    part = trim(part);
    if (!part.empty()) sources.hide(span_of(sources, file, part));
}

/// The name in front of the first '=' or ':' of a line, wherever it stands in it ("-o name=value", "name/x = value").
std::string_view name_before(std::string_view line, std::size_t separator) {
    std::string_view name = trim(line.substr(0, separator));
    const std::size_t blank = name.find_last_of(" \t/{(`,");
    return blank == std::string_view::npos ? name : name.substr(blank + 1);
}

/// What `hide` of Exim hides and identity needs: nothing of it is a secret.
bool decides_identity(std::string_view name) {
    for (const std::string_view known :
         {"helo_data", "interface", "primary_hostname", "hosts", "route_list", "route_data"})
        if (name == known) return true;
    return false;
}

/// How a setting goes on in the lines below it.
enum class Continued : std::uint8_t { by_backslash, by_indent, by_either };

/// "name = value" or "name : value" line by line, with what goes on behind it.
void hide_settings(base::Sources& sources, base::FileId file, Continued continued) {
    bool secret = false, backslash = false;
    for (const std::string_view line : lines(sources.text(file))) {
        const std::string_view bare = trim(line);
        if (bare.empty()) continue;
        const bool comment = bare.front() == '#';
        const bool indented = (line.front() == ' ' || line.front() == '\t') && !bare.starts_with("-o");
        const bool goes_on = continued == Continued::by_indent ? indented
                             : continued == Continued::by_backslash
                                 ? backslash
                                 : backslash || (indented && line.find('=') == std::string_view::npos);
        backslash = (backslash && comment) || bare.ends_with('\\');
        if (secret && goes_on) {
            hide(sources, file, line);
            continue;
        }
        const std::size_t colon = line.find(" :");
        const std::size_t separator = std::min(line.find('='), colon == std::string_view::npos ? colon : colon + 1);
        bool found = false;
        if (separator != std::string_view::npos) {
            const std::string_view name = name_before(line, separator);
            found = (names_secret(name) || (bare.starts_with("hide ") && !decides_identity(name))) &&
                    !path_only(trim(line.substr(separator + 1)));
        }
        if (found) hide(sources, file, line.substr(separator + 1));
        if (!comment) secret = found;
    }
}

/// `"Password": "…"`, `Password="…"`, `<SS N="Password">…<`: the quoted or enclosed text behind such a name.
void hide_quoted(base::Sources& sources, base::FileId file) {
    const std::string_view text = sources.text(file);
    const std::string low = lower(text);
    for (const std::string_view word : {"passw", "secret", "token", "credential"})
        for (std::size_t at = low.find(word); at != std::string::npos; at = low.find(word, at + 1)) {
            std::size_t i = at;
            while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_')) ++i;
            if (i < text.size() && text[i] == '"') ++i;
            if (i < text.size() && text[i] == '>') {
                hide(sources, file, text.substr(i + 1, std::min(text.find('<', i), text.size()) - i - 1));
                continue;
            }
            // hMailServer: <smtprelayerpassword LongValue="0" StringValue="…"/>
            if (const std::size_t value = text.find("StringValue=\"", i);
                text.substr(i).starts_with(" ") && value < text.find('>', i)) {
                i = value + 12;
            } else {
                while (i < text.size() && (text[i] == ' ' || text[i] == ':' || text[i] == '=')) ++i;
            }
            if (i >= text.size() || text[i] != '"') continue;
            std::size_t end = i + 1;
            while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            hide(sources, file, text.substr(i + 1, std::min(end, text.size()) - i - 1));
        }
}

}  // namespace

void hide_secrets_of_mta(base::Sources& sources, const MtaText& text) {
    const std::string_view start = trim(sources.text(text.file).substr(0, 4096));
    if (start.starts_with('<') || start.starts_with('{') || start.starts_with('[') || start.starts_with("\xef\xbb\xbf"))
        hide_quoted(sources, text.file);
    else
        hide_settings(sources, text.file,
                      text.format.empty()                                  ? Continued::by_either
                      : text.format.find("Exim") != std::string_view::npos ? Continued::by_backslash
                                                                           : Continued::by_indent);
}

}  // namespace egresslint::evidence
