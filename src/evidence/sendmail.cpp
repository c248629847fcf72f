// SPDX-License-Identifier: Apache-2.0
// Sendmail: sendmail.cf, and the m4 text that it is made from. Sources: cf/README of Sendmail 8.17 (confDOMAIN_NAME,
// SMART_HOST, CLIENT_OPTIONS, DAEMON_OPTIONS, mailertable) and the Sendmail Installation and Operation Guide, 5.1 ("D",
// "O ClientPortOptions", and the equates of mailers). $j is what HELO and EHLO say.
#include <fmt/format.h>

#include <map>
#include <optional>

#include "evidence/mta_readers.hpp"
#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

class Reader {
public:
    Reader(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics)
        : sources_(sources), file_(file), diagnostics_(diagnostics) {
        sender_.name = "esmtp";
        mta_.product = "Sendmail";
        mta_.files.push_back(sources.file(file).path);
        mta_.span = {file, 0, 1};
    }

    // -- sendmail.cf: a command is the first letter of a line; lines that begin with a blank go on

    Mta read_cf() {
        std::string command;
        base::Span span;
        for (const std::string_view line : lines(sources_.text(file_))) {
            if (line.empty() || line.front() == '#') continue;
            const base::Span here = span_of(sources_, file_, line);
            if (line.front() == ' ' || line.front() == '\t') {
                if (command.size() < longest) command += line;
                span.end = here.end;
                continue;
            }
            cf_command(command, span);
            command = std::string(line);
            span = here;
        }
        cf_command(command, span);
        return finish();
    }

    // -- m4: macro(`argument', …) and dnl

    Mta read_m4() {
        const std::string_view text = sources_.text(file_);
        std::size_t at = 0;
        while (at < text.size()) {
            if (text.substr(at).starts_with("dnl") && word_begins(text, at)) {
                at = std::min(text.find('\n', at), text.size());
            } else if (is_word(text[at]) && word_begins(text, at)) {
                const std::size_t begin = at;
                while (at < text.size() && is_word(text[at])) ++at;
                const std::string_view name = text.substr(begin, at - begin);
                std::vector<std::string> arguments;
                if (at < text.size() && text[at] == '(') {
                    if (!call(text, at, arguments))
                        return fatal(diagnostics_, span(begin, at), "a bracket or a quotation is not closed"), finish();
                } else if (at < text.size() && text[at] == '\n' && name == "LOCAL_CONFIG") {
                    local_ = true;
                } else if (name.starts_with("LOCAL_") || name.starts_with("MAILER_DEF")) {
                    local_ = false;
                }
                m4_macro(name, arguments, span(begin, at));
            } else if (local_ && text[at] == '\n' && at + 1 < text.size() &&
                       (text[at + 1] == 'D' || text[at + 1] == 'O')) {
                // Lines behind LOCAL_CONFIG go into sendmail.cf as they are.
                const std::size_t end = std::min(text.find('\n', at + 1), text.size());
                cf_command(std::string(text.substr(at + 1, end - at - 1)), span(at + 1, end));
                at = end;
            } else if (text[at] == '`') {
                skip_quotation(text, at);
            } else {
                ++at;
            }
        }
        return finish();
    }

private:
    static constexpr std::size_t longest = 65'536;

    static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    static bool word_begins(std::string_view text, std::size_t at) { return at == 0 || !is_word(text[at - 1]); }
    base::Span span(std::size_t begin, std::size_t end) const {
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }

    /// From a backquote to behind the quote that ends it; quotations nest. False: it does not end.
    static bool skip_quotation(std::string_view text, std::size_t& at) {
        std::size_t level = 0;
        for (; at < text.size(); ++at) {
            if (text[at] == '`') ++level;
            if (text[at] == '\'' && --level == 0) {
                ++at;
                return true;
            }
        }
        return false;
    }

    /// From the opening bracket to behind the closing one; arguments without their outer quotes.
    static bool call(std::string_view text, std::size_t& at, std::vector<std::string>& arguments) {
        std::size_t depth = 0;
        arguments.emplace_back();
        while (at < text.size()) {
            const char c = text[at];
            if (c == '`') {
                const std::size_t begin = at;
                if (!skip_quotation(text, at)) return false;
                arguments.back() += text.substr(begin + 1, at - begin - 2);
                continue;
            }
            ++at;
            if (c == '(') {
                if (depth++ > 0) arguments.back() += c;
            } else if (c == ')') {
                if (--depth == 0) return true;
                arguments.back() += c;
            } else if (c == ',' && depth == 1) {
                arguments.emplace_back();
            } else if (!(arguments.back().empty() && (c == ' ' || c == '\t' || c == '\n'))) {
                arguments.back() += c;
            }
        }
        return false;
    }

    void m4_macro(std::string_view name, const std::vector<std::string>& arguments, const base::Span& where) {
        const auto argument = [&](std::size_t i) {
            return i < arguments.size() ? std::string(trim(arguments[i])) : "";
        };
        if (name == "define") {
            if (argument(0) == "confDOMAIN_NAME") macros_["j"] = {argument(1), where};
            if (argument(0) == "SMART_HOST") smart_host(argument(1), where);
            if (argument(0) == "confFALLBACK_MX" || argument(0) == "confFALLBACK_SMARTHOST")
                fallback(argument(1), where);
        } else if (name == "undefine") {
            if (argument(0) == "SMART_HOST") sender_.relay_hosts.clear();
            if (argument(0) == "confDOMAIN_NAME") macros_.erase("j");
        } else if (name == "CLIENT_OPTIONS") {
            client_options(argument(0), where);
        } else if (name == "DAEMON_OPTIONS") {
            daemon_options(argument(0), where);
        } else if (name == "FEATURE" && argument(0) == "mailertable") {
            sender_.unknown_relay.push_back({"mailertable is a lookup table", where});
        } else if (name == "FEATURE" && argument(0) == "nullclient") {
            smart_host(argument(1), where);
        } else if (name == "include" || name == "sinclude" || name == "DOMAIN") {
            // DOMAIN and include put in another file, which may define anything.
            // Sendmail's own cf.m4, generic.m4 and Debian's debian-mta.m4 say nothing about names, addresses and
            // relays.
            if (argument(0) == "generic" || argument(0) == "debian-mta" || argument(0).ends_with("m4/cf.m4")) return;
            const Unknown why{fmt::format("{} takes in a file that was not given", name), where};
            sender_.unknown_helo.push_back(why);
            sender_.unknown_bind.push_back(why);
            sender_.unknown_relay.push_back(why);
        }
    }

    void cf_command(const std::string& command, const base::Span& where) {
        if (command.size() < 2) return;
        const std::string_view rest = std::string_view(command).substr(1);
        if (command.front() == 'D') {
            // "Djmail.example.com", or "D{name}value".
            const bool braces = rest.front() == '{';
            const std::size_t end = braces ? rest.find('}') : 0;
            if (end == std::string_view::npos)
                return not_understood(diagnostics_, where, "a macro's name is not closed");
            const std::string name(braces ? rest.substr(1, end - 1) : rest.substr(0, 1));
            const std::string value(trim(rest.substr(braces ? end + 1 : 1)));
            if (name == "S")
                smart_host(value, where);
            else
                macros_[name] = {value, where};
        } else if (command.front() == 'O') {
            const std::size_t equals = rest.find('=');
            if (equals == std::string_view::npos) return;
            const std::string_view name = trim(rest.substr(0, equals));
            const std::string_view value = trim(rest.substr(equals + 1));
            if (same_word(name, "ClientPortOptions")) client_options(value, where);
            if (same_word(name, "DaemonPortOptions")) daemon_options(value, where);
            if (same_word(name, "FallbackMXhost") || same_word(name, "FallbackSmartHost")) fallback(value, where);
        } else if (command.front() == 'K' && rest.starts_with("mailertable")) {
            sender_.unknown_relay.push_back({"mailertable is a lookup table", where});
        }
    }

    /// "esmtp:[relay.example.net]", "relay.example.net"; empty: none.
    void smart_host(std::string_view value, const base::Span& where) {
        sender_.relay_hosts.clear();
        const std::size_t colon = value.find(':');
        const std::size_t bracket = value.find('[');
        if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon < bracket))
            value = trim(value.substr(colon + 1));
        if (!value.empty()) sender_.relay_hosts.push_back({std::string(value), where});
    }
    void fallback(std::string_view value, const base::Span& where) {
        if (!trim(value).empty())
            sender_.unknown_relay.push_back({fmt::format("{} gets what cannot be delivered", value), where});
    }

    static std::map<std::string, std::string> equates(std::string_view text) {
        std::map<std::string, std::string> out;
        for (const std::string_view part : split(text, ",")) {
            const std::size_t equals = part.find('=');
            // Keys are known by their first letter.
            const std::string key = lower(trim(part.substr(0, equals))).substr(0, 1);
            if (equals != std::string_view::npos && !key.empty()) out[key] = trim(part.substr(equals + 1));
        }
        return out;
    }

    void client_options(std::string_view text, const base::Span& where) {
        auto options = equates(text);
        const bool v6 = same_word(options["f"], "inet6");
        if (same_word(options["m"], "h") || options["m"].find('h') != std::string::npos)
            sender_.unknown_helo.push_back({"modifier h: HELO says the name of the interface that is used", where});
        const std::string address = options["a"];
        // A later option for a family takes the place of an earlier one.
        std::erase_if(sender_.bind, [&](const BindAddress& b) { return (b.address.family == base::Family::v6) == v6; });
        if (!address.empty() && address != "*" && address != "INADDR_ANY")
            add_bind(sender_, address, where, "ClientPortOptions");
        (v6 ? v6_ : v4_) = true;
    }

    /// Modifier b of a listener: mail that came in by it goes out from its address.
    void daemon_options(std::string_view text, const base::Span& where) {
        if (equates(text)["m"].find('b') != std::string::npos)
            sender_.unknown_bind.push_back({"modifier b: mail goes out from the address that it came in by", where});
    }

    // -- the value of $j: text with $w (the host's name), $m (its domain) and macros that are set here

    std::optional<std::string> expanded(std::string_view text, Unknown& why, const base::Span& where,
                                        int depth = 0) const {
        if (depth > 16) {
            why = {"the macros name each other in a circle", where};
            return std::nullopt;
        }
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '$' || i + 1 == text.size()) {
                out += text[i];
                continue;
            }
            ++i;
            if (text[i] == '$') {
                out += '$';
                continue;
            }
            std::string name(1, text[i]);
            if (text[i] == '{') {
                const std::size_t end = text.find('}', i);
                if (end == std::string_view::npos) {
                    why = {"a macro's name is not closed", where};
                    return std::nullopt;
                }
                name = text.substr(i + 1, end - i - 1);
                i = end;
            }
            const auto found = macros_.find(name);
            if (found == macros_.end()) {
                why = {name == "w" || name == "m" || name == "j"
                           ? fmt::format("${} is made of the system's own name, which no text here states", name)
                           : fmt::format("${} is set nowhere here", name),
                       where};
                return std::nullopt;
            }
            const auto value = expanded(found->second.value, why, found->second.span, depth + 1);
            if (!value || out.size() + value->size() > longest) return std::nullopt;
            out += *value;
        }
        return out;
    }

    Mta finish() {
        Unknown why{"the name is too long", mta_.span};
        const auto j = macros_.find("j");
        const auto name = expanded("$j", why, j == macros_.end() ? mta_.span : j->second.span);
        if (name && !trim(*name).empty()) {
            mta_.host_name = {std::string(without_dot(trim(*name))), j->second.span};
            sender_.helo.push_back(mta_.host_name);
        } else {
            sender_.unknown_helo.push_back(why);
        }
        // Which versions the system's sockets can do; options for one family do not forbid the other.
        sender_.uses_v4 = Answer::yes;
        sender_.uses_v6 = v6_ ? Answer::yes : Answer::not_known;
        mta_.senders.push_back(std::move(sender_));
        return std::move(mta_);
    }

    const base::Sources& sources_;
    base::FileId file_;
    base::Diagnostics& diagnostics_;
    Mta mta_;
    Sender sender_;
    std::map<std::string, Fact> macros_;
    bool local_ = false, v4_ = false, v6_ = false;
};

}  // namespace

Mta read_sendmail(const base::Sources& sources, const MtaText& text, base::Diagnostics& diagnostics) {
    Reader reader(sources, text.file, diagnostics);
    return text.format == "sendmail.cf" ? reader.read_cf() : reader.read_m4();
}

}  // namespace egresslint::evidence
