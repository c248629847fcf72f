// SPDX-License-Identifier: Apache-2.0
// Exim 4: its configuration, and what `exim -bP`, `exim -bP transports` and `exim -bP routers` print. Source: the Exim
// specification, chapters "Main configuration" (primary_hostname, disable_ipv6, dns_ipv4_lookup), "The smtp transport"
// (helo_data, interface, hosts), "The manualroute router" (route_list); tests/evidence holds values against `exim -bP`.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "evidence/exim_lines.hpp"
#include "evidence/mta_readers.hpp"
#include "evidence/plain_text.hpp"

namespace egresslint::evidence {
namespace {

struct Option {
    std::string value;
    base::Span span;
    bool uncertain = false;
};
using Options = std::map<std::string, Option, std::less<>>;
struct Driver {
    std::string name;
    Options options;
    base::Span span;
};

/// A value in double quotes has its escapes resolved; any other is what is written.
std::string unquoted(std::string_view text) {
    if (!text.starts_with('"')) return std::string(text);
    std::string out;
    for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char c = text[++i];
        out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
    return out;
}

/// Elements of a list: parted by colons, or by what "<;" in front says; a doubled separator is one of its own.
std::vector<std::string> elements(std::string_view text) {
    text = trim(text);
    char separator = ':';
    if (text.size() > 1 && text[0] == '<' && std::ispunct(static_cast<unsigned char>(text[1])) != 0) {
        separator = text[1];
        text.remove_prefix(2);
    }
    std::vector<std::string> out(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != separator)
            out.back() += text[i];
        else if (i + 1 < text.size() && text[i + 1] == separator)
            out.back() += text[i++];
        else
            out.emplace_back();
    }
    for (std::string& e : out) e = std::string(trim(e));
    std::erase(out, "");
    return out;
}

class Reader {
public:
    Reader(const base::Sources& sources, std::vector<MtaText>& fragments, base::Diagnostics& diagnostics)
        : sources_(sources), fragments_(fragments), diagnostics_(diagnostics) {}

    Mta read(const std::vector<MtaText>& texts) {
        mta_.product = "Exim";
        for (const MtaText& text : texts) {
            mta_.files.push_back(sources_.file(text.file).path);
            if (!mta_.span.valid()) mta_.span = {text.file, 0, 1};
            if (text.format == "options of exim -bP") {
                listed_ = true;
                listing(text.file);
            } else {
                EximLines read = exim_lines(sources_, text.file, fragments_, diagnostics_);
                missing_.insert(missing_.end(), read.missing.begin(), read.missing.end());
                section_ = Section::main;
                for (const EximLine& line : read.lines) configuration(line);
            }
        }
        const auto host = main_.find("primary_hostname");
        if (host != main_.end() && !host->second.uncertain)
            mta_.host_name = {std::string(without_dot(host->second.value)), host->second.span};
        for (const Driver& transport : transports_) sender(transport);
        if (transports_.empty() && listed_) {
            Driver any;
            any.name = "smtp";
            any.span = mta_.span;
            any.options["driver"] = {"smtp", {}};
            sender(any);
            const Unknown why{"no transports were given (exim -bP transports): they may say something else", mta_.span};
            mta_.senders.back().unknown_helo.push_back(why);
            mta_.senders.back().unknown_bind.push_back(why);
        }
        return std::move(mta_);
    }

private:
    enum class Section : std::uint8_t { main, routers, transports, other };

    // -- syntax

    void configuration(const EximLine& line) {
        const auto words = split(line.text, " \t");
        if (words.size() == 2 && words[0] == "begin") {
            section_ = words[1] == "routers"      ? Section::routers
                       : words[1] == "transports" ? Section::transports
                                                  : Section::other;
            return;
        }
        if (section_ == Section::other) return;
        const std::size_t colon = line.text.find(':');
        const bool header =
            section_ != Section::main && colon != std::string::npos && line.text.find_first_of("= \t") > colon;
        if (header) {
            auto& drivers = section_ == Section::routers ? routers_ : transports_;
            drivers.push_back({line.text.substr(0, colon), {}, line.span});
            const std::string_view rest = trim(std::string_view(line.text).substr(colon + 1));
            if (!rest.empty()) option(rest, line.span, line.uncertain, drivers.back().options);
            return;
        }
        option(line.text, line.span, line.uncertain, current());
    }

    Options& current() {
        if (section_ == Section::routers && !routers_.empty()) return routers_.back().options;
        if (section_ == Section::transports && !transports_.empty()) return transports_.back().options;
        return main_;
    }

    void listing(base::FileId file) {
        section_ = Section::main;
        for (const std::string_view line : lines(sources_.text(file))) {
            const base::Span span = span_of(sources_, file, line);
            const auto words = split(line, " \t");
            if (words.empty()) continue;
            if (words.size() == 2 && words[1] == "transport:") {
                section_ = Section::transports;
                transports_.push_back({std::string(words[0]), {}, span});
            } else if (words.size() == 2 && words[1] == "router:") {
                section_ = Section::routers;
                routers_.push_back({std::string(words[0]), {}, span});
            } else if (words.size() == 2 && words[1] == "authenticator:") {
                section_ = Section::other;
            } else if (section_ != Section::other) {
                option(line, span, false, current());
            }
        }
    }

    /// "name = value", "name", "no_name", "not_name", with "hide" in front or not.
    void option(std::string_view text, const base::Span& span, bool uncertain, Options& into) const {
        text = trim(text);
        if (text.starts_with("hide ")) text = trim(text.substr(5));
        const std::size_t equals = text.find('=');
        std::string name(trim(text.substr(0, equals)));
        // Named lists ("domainlist local_domains = …") are for routers and access lists; here they decide nothing.
        if (const auto words = split(name, " \t"); words.size() == 2)
            for (const std::string_view list : {"domainlist", "hostlist", "addresslist", "localpartlist"})
                if (words[0] == list) return;
        std::string value;
        if (equals != std::string_view::npos) {
            value = unquoted(trim(text.substr(equals + 1)));
        } else {
            value = name.starts_with("no_") || name.starts_with("not_") ? "false" : "true";
            if (value == "false") name = name.substr(name.starts_with("no_") ? 3 : 4);
        }
        const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '_';
        });
        // Options that are not read here are many; what is no name of one at all is a mistake of ours or of the file.
        if (!good) return fatal(diagnostics_, span, "this is no option of Exim");
        into.insert_or_assign(std::move(name), Option{std::move(value), span, uncertain});
    }

    // -- values

    static const Option* find(const Options& options, std::string_view name) {
        const auto found = options.find(name);
        return found == options.end() || found->second.value.empty() ? nullptr : &found->second;
    }

    /// A string after expansion where it has nothing in it but text and names that the configuration decides.
    std::optional<std::string> expanded(std::string_view text, Unknown& why, const base::Span& span,
                                        int depth = 0) const {
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\\' && i + 1 < text.size()) {
                const char c = text[++i];
                if (c != 'n' && c != 't' && c != 'r' && c != 'N' && c != 'x' && (c < '0' || c > '9')) {
                    out += c;
                    continue;
                }
            } else if (text[i] != '$') {
                out += text[i];
                continue;
            } else {
                std::size_t begin = i + 1;
                const bool braces = begin < text.size() && text[begin] == '{';
                if (braces) ++begin;
                std::size_t end = begin;
                while (end < text.size() &&
                       (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
                    ++end;
                const std::string_view name = text.substr(begin, end - begin);
                const bool closed = !braces || (end < text.size() && text[end] == '}');
                if (closed && (name == "primary_hostname" || name == "qualify_domain") && depth < 4) {
                    if (const Option* set = find(main_, name); set != nullptr && !set->uncertain) {
                        // primary_hostname is taken as it is written; qualify_domain, too.
                        out += set->value;
                        i = end - (braces ? 0 : 1);
                        continue;
                    }
                    if (name == "qualify_domain") {  // primary_hostname unless set
                        const auto host = expanded("$primary_hostname", why, span, depth + 1);
                        if (!host) return std::nullopt;
                        out += *host;
                        i = end - (braces ? 0 : 1);
                        continue;
                    }
                    why = {"primary_hostname is not set: it is the name of the system, which no file here states",
                           span};
                    return std::nullopt;
                }
            }
            why = {fmt::format("\"{}\" is expanded for each connection", text.substr(0, 200)), span};
            return std::nullopt;
        }
        return out;
    }

    // -- meaning

    void sender(const Driver& transport) {
        const Option* driver = find(transport.options, "driver");
        if (driver == nullptr || driver->value != "smtp") return;
        const Option* protocol = find(transport.options, "protocol");
        if (protocol != nullptr && protocol->value == "lmtp") return;
        Sender s;
        s.name = transport.name;
        if (!routes(transport, s)) return;
        helo(transport, s);
        bind(transport, s);
        versions(s);
        for (const Unknown& m : missing_) {
            s.unknown_helo.push_back(m);
            s.unknown_bind.push_back(m);
            s.unknown_relay.push_back(m);
        }
        mta_.senders.push_back(std::move(s));
    }

    void helo(const Driver& transport, Sender& s) const {
        const Option* set = find(transport.options, "helo_data");
        Unknown why;
        const base::Span span = set != nullptr ? set->span : transport.span;
        const auto name = expanded(set != nullptr ? set->value : "$primary_hostname", why, span);
        if (set != nullptr && set->uncertain) why = {"whether helo_data is set hangs on how Exim was built", span};
        if (!name || (set != nullptr && set->uncertain)) {
            s.unknown_helo.push_back(why);
        } else {
            const Option* host = find(main_, "primary_hostname");
            const bool by_host = set == nullptr || set->value.find("$primary_hostname") != std::string::npos;
            s.helo.push_back({std::string(without_dot(trim(*name))),
                              set != nullptr || !by_host || host == nullptr ? span : host->span});
        }
    }

    void bind(const Driver& transport, Sender& s) const {
        if (const Option* proxy = find(transport.options, "socks_proxy"))
            s.unknown_bind.push_back({"socks_proxy makes the connections of another host", proxy->span});
        const Option* set = find(transport.options, "interface");
        if (set == nullptr) return;
        Unknown why;
        const auto list = expanded(set->value, why, set->span);
        if (!list || set->uncertain) {
            if (set->uncertain) why = {"whether interface is set hangs on how Exim was built", set->span};
            s.unknown_bind.push_back(why);
            return;
        }
        // The first address of the family of the host that is connected to.
        bool v4 = false, v6 = false;
        for (const std::string& element : elements(*list)) {
            const auto address = base::parse_address(element);
            bool& seen = address && address->family == base::Family::v6 ? v6 : v4;
            if (address && seen) continue;
            if (address) seen = true;
            add_bind(s, element, set->span, "interface");
        }
    }

    [[nodiscard]] std::optional<bool> truth(std::string_view name) const {
        const Option* set = find(main_, name);
        if (set == nullptr) return false;
        if (set->uncertain) return std::nullopt;
        if (set->value == "true" || set->value == "yes") return true;
        if (set->value == "false" || set->value == "no") return false;
        return std::nullopt;
    }

    void versions(Sender& s) const {
        s.uses_v4 = Answer::yes;
        const auto disabled = truth("disable_ipv6");
        const Option* only_v4 = find(main_, "dns_ipv4_lookup");
        if (const Option* set = find(main_, "disable_ipv6")) s.protocols = set->span;
        if (disabled && *disabled) {
            s.uses_v6 = Answer::no;
        } else if (disabled && only_v4 == nullptr) {
            s.uses_v6 = Answer::yes;
        } else if (disabled && trim(only_v4->value) == "*" && s.relay_hosts.empty()) {
            s.uses_v6 = Answer::no;  // no AAAA records are looked up for any host
            s.protocols = only_v4->span;
        } else if (only_v4 != nullptr) {
            s.protocols = only_v4->span;
        }
    }

    /// What the routers that lead to a transport say about hosts; false: none does, and all of them are here.
    bool routes(const Driver& transport, Sender& s) const {
        bool used = false, by_dns = false;
        for (const Driver& router : routers_) {
            const Option* to = find(router.options, "transport");
            if (to == nullptr) continue;
            const bool expansion = to->value.find('$') != std::string::npos;
            if (!expansion && to->value != transport.name) continue;
            used = true;
            if (expansion)
                s.unknown_relay.push_back(
                    {fmt::format("the router {} chooses its transport for each message", router.name), to->span});
            const Option* driver = find(router.options, "driver");
            if (driver == nullptr) continue;
            by_dns |= driver->value == "dnslookup" || driver->value == "ipliteral";
            if (driver->value == "manualroute") by_hand(router, s);
            if (const Option* more = find(router.options, "fallback_hosts"))
                s.unknown_relay.push_back({"fallback_hosts gets what cannot be delivered", more->span});
        }
        if (const Option* hosts = find(transport.options, "hosts")) host_list(hosts->value, hosts->span, s);
        if (const Option* more = find(transport.options, "fallback_hosts"))
            s.unknown_relay.push_back({"fallback_hosts gets what cannot be delivered", more->span});
        if (by_dns && !s.relay_hosts.empty())
            s.unknown_relay.push_back({"another router sends to the MX hosts of recipients by it", transport.span});
        if (routers_.empty() && missing_.empty()) {
            if (s.relay_hosts.empty()) s.unknown_relay.push_back({"no routers were given", transport.span});
            return true;
        }
        return used || !missing_.empty();
    }

    void by_hand(const Driver& router, Sender& s) const {
        if (const Option* data = find(router.options, "route_data")) host_list(data->value, data->span, s);
        const Option* list = find(router.options, "route_list");
        if (list == nullptr) return;
        // Rules are parted by semicolons, or by what "<," in front says: pattern, hosts, options.
        std::string_view text = trim(list->value);
        char separator = ';';
        if (text.size() > 1 && text[0] == '<' && std::ispunct(static_cast<unsigned char>(text[1])) != 0) {
            separator = text[1];
            text.remove_prefix(2);
        }
        for (std::string_view rule : split(text, std::string_view(&separator, 1))) {
            rule = trim(rule);
            if (rule.empty()) continue;
            const std::size_t blank = std::min(rule.find_first_of(" \t"), rule.size());
            const std::string_view pattern = rule.substr(0, blank);
            std::string_view hosts = trim(rule.substr(blank));
            if (hosts.starts_with('"'))
                hosts = hosts.substr(1, hosts.find('"', 1) - 1);
            else
                hosts = hosts.substr(0, std::min(hosts.find_first_of(" \t"), hosts.size()));
            if (pattern != "*")
                s.unknown_relay.push_back({fmt::format("route_list of the router {} sends some domains to {}",
                                                       router.name, hosts.empty() ? "their own hosts" : hosts),
                                           list->span});
            else if (!hosts.empty())
                host_list(hosts, list->span, s);
        }
    }

    void host_list(std::string_view text, const base::Span& span, Sender& s) const {
        Unknown why;
        const auto list = expanded(text, why, span);
        if (!list) {
            s.unknown_relay.push_back(why);
            return;
        }
        for (const std::string& host : elements(*list))
            if (host != "+") s.relay_hosts.push_back({host, span});
    }

    const base::Sources& sources_;
    std::vector<MtaText>& fragments_;
    base::Diagnostics& diagnostics_;
    Mta mta_;
    Options main_;
    std::vector<Driver> routers_, transports_;
    std::vector<Unknown> missing_;
    Section section_ = Section::main;
    bool listed_ = false;
};

}  // namespace

Mta read_exim(const base::Sources& sources, const std::vector<MtaText>& texts, std::vector<MtaText>& fragments,
              base::Diagnostics& diagnostics) {
    return Reader(sources, fragments, diagnostics).read(texts);
}

}  // namespace egresslint::evidence
