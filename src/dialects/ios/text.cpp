// SPDX-License-Identifier: Apache-2.0
#include "dialects/ios/text.hpp"

#include <algorithm>
#include <string>

namespace egresslint::dialects::ios {
namespace {

namespace cisco = families::cisco;
using cisco::Hider;
using cisco::Line;
using cisco::one_of;

/// The delimiter that a text of several lines ends with, where one begins on this line and does not end on it:
/// `banner motd ^C`, `menu M title #`, `aaa authentication banner ^C`.
std::string open_text(const std::vector<std::string_view>& words) {
    std::size_t at = 0;
    if (words[0] == "banner")
        at = words.size() > 1 && one_of(words[1], " motd login exec incoming slip-ppp prompt-timeout ") ? 2 : 1;
    else if (words[0] == "menu" ||
             (words[0] == "aaa" && words.size() > 2 && (words[2] == "banner" || words[2] == "fail-message")))
        at = 3;
    if (at == 0 || at >= words.size()) return {};
    const std::string_view word = words[at];
    // A letter may be a delimiter as well, but nobody takes one on purpose.
    const char first = word.front();
    if ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9')) return {};
    const std::string delimiter(word.substr(0, word.starts_with("^C") ? 2 : 1));
    if (word.find(delimiter, delimiter.size()) != std::string_view::npos) return {};
    for (std::size_t i = at + 1; i < words.size(); ++i)
        if (words[i].find(delimiter) != std::string_view::npos) return {};
    return delimiter;
}

// -- secrets

class Secrets {
public:
    Secrets(base::Sources& sources, base::FileId file) : hider_(sources, file) {}

    void run() {
        bool certificate = false;
        cisco::each_line(hider_.text(), [&](const Line& line) {
            const auto words = cisco::split(line.text);
            if (words.empty()) return;
            if (certificate && Hider::hexadecimal(line.text)) {
                hider_.hide(line.text);
                return;
            }
            certificate = words[0] == "certificate" || words[0] == "key-string" || (certificate && words[0] == "quit");
            hider_.urls(line.text);
            if (plain(words)) return;
            positions(words);
            hider_.behind_words(words);
        });
    }

private:
    /// Commands whose words are names of the administrator's own: "key" there is a name.
    static bool plain(const std::vector<std::string_view>& words) {
        if (std::ranges::find(words, "remark") != words.end()) return false;
        std::size_t at = words[0].find_first_not_of("0123456789") == std::string_view::npos ? 1 : 0;
        if (at < words.size() && words[at] == "no") ++at;
        if (at >= words.size()) return false;
        if (one_of(words[at],
                   " access-list permit deny object-group network-object group-object interface host range "))
            return true;
        return words[at] == "ip" && at + 1 < words.size() &&
               one_of(words[at + 1], " nat route access-list access-group address policy prefix-list inspect ");
    }
    void from(const std::vector<std::string_view>& words, std::size_t at) {
        for (; at < words.size(); ++at) hider_.hide(words[at]);
    }
    /// Secrets that only their place gives away.
    void positions(const std::vector<std::string_view>& words) {
        const auto is = [&](std::size_t i, std::string_view word) { return i < words.size() && words[i] == word; };
        const auto find = [&](std::string_view word) {
            return static_cast<std::size_t>(std::ranges::find(words, word) - words.begin());
        };
        // enable secret level 7 5 HASH; username U privilege 15 secret 9 HASH; ppp pap sent-username U password 7 P
        for (const std::string_view word : {"secret", "password"})
            if (const std::size_t at = find(word);
                at + 1 < words.size() && (is(0, "enable") || is(0, "username") || is(0, "ppp") || is(0, "password")))
                hider_.hide(words.back());
        // pre-shared-key local KEY
        if (find("pre-shared-key") + 1 < words.size()) hider_.hide(words.back());
        // snmp-server host 192.0.2.9 [traps] [version 2c] COMMUNITY [traps]
        if (is(0, "snmp-server") && is(1, "host"))
            for (std::size_t i = 3; i < words.size(); ++i)
                if (!one_of(words[i], " version traps informs udp-port vrf 1 2c 3 noauth auth priv ") &&
                    words[i - 1] != "udp-port" && words[i - 1] != "vrf")
                    hider_.hide(words[i]);
        // standby 1 authentication X, vrrp 1 authentication text X, ip nhrp authentication X
        if ((is(0, "standby") || is(0, "vrrp") || is(0, "glbp") || is(0, "ip")))
            if (const std::size_t at = find("authentication"); at + 1 < words.size()) hider_.hide(words.back());
        // encryption vlan 1 key 1 size 128bit 7 WEPKEY transmit-key
        if (is(0, "encryption"))
            if (const std::size_t at = find("size"); at < words.size()) from(words, at + 2);
        if (is(0, "crypto") && is(2, "key") && words.size() > 3) hider_.hide(words[is(3, "0") || is(3, "6") ? 4 : 3]);
        if ((is(0, "tacacs-server") || is(0, "radius-server") || is(0, "key")) && words.size() > 1 && !is(1, "chain"))
            if (is(0, "key") || find("key") + 1 < words.size()) hider_.hide(words.back());
    }

    Hider hider_;
};

// -- statements

/// What some exports and scripts do not indent goes on with the block that is open.
bool continues(const Statement& head, const std::vector<std::string_view>& words) {
    const std::string_view first = words[0];
    const std::string_view second = words.size() > 1 ? words[1] : std::string_view();
    const bool number = first.find_first_not_of("0123456789") == std::string_view::npos;
    if (head.words[0] == "interface")
        return one_of(first, " description shutdown zone-member duplex speed encapsulation switchport ") ||
               (first == "no" && one_of(second, " shutdown cdp switchport ")) ||
               (first == "no" && second == "ip" && words.size() == 3) ||
               (first == "ip" &&
                (one_of(second, " address access-group unnumbered ") || (second == "nat" && words.size() == 3) ||
                 (second == "inspect" && words.size() == 4 && words[2] != "name") ||
                 (second == "policy" && words.size() == 4)));
    if ((head.begins({"ip", "access-list"}) || head.begins({"ipv6", "access-list"})) && head.word(2) != "resequence")
        return one_of(first, " permit deny remark evaluate sequence dynamic ") || number;
    if (head.words[0] == "object-group")
        return one_of(first, " host range group-object description tcp udp tcp-udp icmp ") ||
               (first.find('.') != std::string_view::npos && words.size() == 2);
    if (head.words[0] == "route-map") return one_of(first, " match set description ");
    if (head.words[0] == "class-map") return first == "match";
    if (head.words[0] == "policy-map") return one_of(first, " class inspect pass drop ");
    if (head.words[0] == "zone-pair") return first == "service-policy";
    return false;
}

class TextReader {
public:
    TextReader(const base::Sources& sources, base::FileId file) : sources_(sources), file_(file) {}

    std::vector<Statement> run() {
        cisco::each_line(sources_.text(file_), [&](const Line& line) { take(line); });
        return std::move(out_);
    }

private:
    void take(const Line& line) {
        if (!text_end_.empty()) {  // the text of a banner is anything at all
            if (line.text.find(text_end_) != std::string_view::npos) text_end_.clear();
            return;
        }
        if (line.text.empty() || line.text.front() == '!') {
            // A comment does not leave a mode, but what stands in the first column behind one is a command of its own.
            if (!line.text.empty() && line.indent == 0) loose_ = false;
            return;
        }
        Statement s;
        s.words = cisco::split(line.text);
        s.span = {file_, line.begin, line.begin + static_cast<std::uint32_t>(line.text.size())};
        s.indent = line.indent;
        if (certificate_) {  // `certificate …`, then hexadecimal lines, then `quit`
            certificate_ = s.words[0] != "quit";
            return;
        }
        const bool inside =
            open_ && !out_.empty() && (s.indent > out_.back().indent || (loose_ && continues(out_.back(), s.words)));
        const bool leaves = one_of(s.words[0], " quit exit end exit-address-family ");
        if (inside) {
            if (leaves) {
                if (s.indent <= out_.back().indent) open_ = false;
                return;
            }
            if (s.words[0] == "certificate" && out_.back().begins({"crypto"}) && s.words.size() > 1)
                certificate_ = s.word(s.words.size() - 1).find(':') == std::string_view::npos;
            out_.back().block.push_back(std::move(s));
            return;
        }
        if (leaves) {
            open_ = false;
            return;
        }
        if (cisco::is_prompt(line.text)) return;
        text_end_ = open_text(s.words);
        open_ = loose_ = true;
        out_.push_back(std::move(s));
    }

    const base::Sources& sources_;
    base::FileId file_;
    std::vector<Statement> out_;
    std::string text_end_;
    bool open_ = false, loose_ = false, certificate_ = false;
};

}  // namespace

void hide_secrets(base::Sources& sources, base::FileId file) { Secrets(sources, file).run(); }

std::vector<Statement> read_text(const base::Sources& sources, base::FileId file) {
    return TextReader(sources, file).run();
}

}  // namespace egresslint::dialects::ios
