// SPDX-License-Identifier: Apache-2.0
// Postfix: main.cf, master.cf, and what `postconf -n`, `-M` and `-P` print of them. Sources: postconf(5) and master(5)
// of Postfix 3.7; which address a client binds besides smtp_bind_address: postconf(5), note 1 there.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "evidence/mta_readers.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/postfix_parameters.hpp"

namespace egresslint::evidence {
namespace {

struct Service {
    std::string name, type, command;
    base::Span span;
    PostfixParameters overrides;
};

/// A logical line: begins in the first column and goes on in lines that begin with blanks; comments and empty lines
/// between do not end it.
struct Logical {
    std::string text;
    base::Span span;
};

bool comment_or_empty(std::string_view line) {
    const std::string_view t = trim(line);
    return t.empty() || t.front() == '#';
}

std::vector<Logical> logical_lines(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics) {
    std::vector<Logical> out;
    for (const std::string_view line : lines(sources.text(file))) {
        if (comment_or_empty(line)) continue;
        const base::Span span = span_of(sources, file, line);
        if (line.front() != ' ' && line.front() != '\t') {
            out.push_back({std::string(line), span});
        } else if (out.empty()) {
            not_understood(diagnostics, span, "the first line begins with a blank, so it continues nothing");
        } else {
            out.back().text += line;
            out.back().span.end = span.end;
        }
    }
    return out;
}

/// "name = value"; false where there is no such thing.
bool name_and_value(std::string_view text, std::string& name, std::string& value) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return false;
    name = std::string(trim(text.substr(0, equals)));
    value = std::string(trim(text.substr(equals + 1)));
    return !name.empty() && name.find_first_of(" \t") == std::string::npos;
}

class Reader {
public:
    Reader(const base::Sources& sources, base::Diagnostics& diagnostics)
        : sources_(sources), diagnostics_(diagnostics) {}

    Mta read(const std::vector<MtaText>& texts) {
        mta_.product = "Postfix";
        for (const MtaText& text : texts) {
            mta_.files.push_back(sources_.file(text.file).path);
            if (!mta_.span.valid()) mta_.span = {text.file, 0, std::min(1u, size_of(text.file))};
            for (const Logical& line : logical_lines(sources_, text.file, diagnostics_)) {
                if (text.format == "main.cf of Postfix") main_line(line);
                if (text.format == "master.cf of Postfix") service_line(line);
                if (text.format == "services of postconf -P") override_line(line);
            }
            main_given_ |= text.format == "main.cf of Postfix";
            services_given_ |= text.format == "master.cf of Postfix";
        }
        const PostfixScope scope(main_, nullptr, main_given_);
        const PostfixValue host = scope.value("myhostname", diagnostics_);
        mta_.host_name = {std::string(without_dot(host.text)), host.span};
        if (!services_given_ && listed_.empty()) {
            // What every master.cf has had since Postfix 1: the client named smtp, for default_transport.
            Service smtp;
            smtp.name = "smtp";
            smtp.command = "smtp";
            smtp.span = mta_.span;
            services_.push_back(smtp);
        }
        for (const Service& listed : listed_) {
            const auto same = std::find_if(services_.begin(), services_.end(), [&](const Service& s) {
                return s.name == listed.name && s.type == listed.type;
            });
            if (same == services_.end())
                services_.push_back(listed);
            else
                for (const auto& [name, fact] : listed.overrides) same->overrides.insert_or_assign(name, fact);
        }
        add_senders();
        return std::move(mta_);
    }

private:
    std::uint32_t size_of(base::FileId file) const { return static_cast<std::uint32_t>(sources_.text(file).size()); }

    void main_line(const Logical& line) {
        std::string name, value;
        if (!name_and_value(line.text, name, value))
            return fatal(diagnostics_, line.span, "this is no \"name = value\", so Postfix refuses main.cf");
        main_.insert_or_assign(std::move(name), Fact{std::move(value), line.span});
    }

    /// service type private unpriv chroot wakeup maxproc command arguments
    void service_line(const Logical& line) {
        std::string_view rest = line.text;
        std::vector<std::string_view> fields;
        while (fields.size() < 8 && !(rest = trim(rest)).empty()) {
            fields.push_back(rest.substr(0, rest.find_first_of(" \t\r")));
            rest.remove_prefix(fields.back().size());
        }
        if (fields.size() < 8) return fatal(diagnostics_, line.span, "a service of master.cf has eight fields");
        Service service;
        service.name = std::string(fields[0]);
        service.type = std::string(fields[1]);
        service.command = std::string(fields[7]);
        service.span = line.span;
        if (service.command == "smtp") arguments(rest, service);
        // The last one of a name and type stands.
        std::erase_if(services_, [&](const Service& s) { return s.name == service.name && s.type == service.type; });
        services_.push_back(std::move(service));
    }

    void arguments(std::string_view rest, Service& service) {
        bool option = false;
        while (!(rest = trim(rest)).empty()) {
            std::string_view word;
            if (rest.front() == '{') {
                std::size_t level = 0, end = std::string_view::npos;
                for (std::size_t i = 0; i < rest.size() && end == std::string_view::npos; ++i) {
                    level += rest[i] == '{' ? 1 : 0;
                    if (rest[i] == '}' && --level == 0) end = i;
                }
                if (end == std::string_view::npos)
                    return fatal(diagnostics_, service.span, "a brace is not closed in this service's arguments");
                word = trim(rest.substr(1, end - 1));
                rest.remove_prefix(end + 1);
            } else {
                word = rest.substr(0, rest.find_first_of(" \t\r"));
                rest.remove_prefix(word.size());
                if (!option && word == "-o") {
                    option = true;
                    continue;
                }
                if (!option && word.starts_with("-o")) {
                    word.remove_prefix(2);
                    option = true;
                }
            }
            if (!option) {
                if (word != "-v" && word != "-D" && !word.starts_with("-vv"))
                    not_understood(diagnostics_, service.span,
                                   fmt::format("an argument of the service \"{}\" that is not read", service.name));
                continue;
            }
            option = false;
            std::string name, value;
            if (!name_and_value(word, name, value)) {
                fatal(diagnostics_, service.span, "-o wants \"name=value\"");
                continue;
            }
            service.overrides.insert_or_assign(std::move(name), Fact{std::move(value), service.span});
        }
        if (option) fatal(diagnostics_, service.span, "-o has nothing behind it");
    }

    /// smtp/unix/smtp_helo_name = mail.example.com
    void override_line(const Logical& line) {
        std::string name, value;
        std::vector<std::string_view> parts;
        if (name_and_value(line.text, name, value)) parts = split(name, "/");
        if (parts.size() < 3) return fatal(diagnostics_, line.span, "this is no \"service/type/parameter = value\"");
        Service service;
        // A service may be named "127.0.0.1:10025/inet": the last two parts are type and parameter.
        service.type = std::string(parts[parts.size() - 2]);
        service.name = name.substr(0, name.size() - parts.back().size() - service.type.size() - 2);
        service.span = line.span;
        const auto found = std::find_if(listed_.begin(), listed_.end(), [&](const Service& s) {
            return s.name == service.name && s.type == service.type;
        });
        Service& into = found == listed_.end() ? listed_.emplace_back(std::move(service)) : *found;
        into.overrides.insert_or_assign(std::string(parts.back()), Fact{std::move(value), line.span});
    }

    // -- meaning

    /// A transport is "name" or "name:nexthop".
    struct Transport {
        std::string name, next_hop;
        base::Span span;
    };
    static Transport transport(const PostfixValue& value) {
        const std::size_t colon = std::min(value.text.find(':'), value.text.size());
        return {value.text.substr(0, colon), colon < value.text.size() ? value.text.substr(colon + 1) : "", value.span};
    }

    bool is_client(const Service& s) const {
        if (s.type != "unix" && !s.type.empty()) return false;
        // postconf -P does not say what a service runs; those that smtpd and others have are of type inet or named so.
        if (s.command.empty()) return !services_given_ && (s.name == "smtp" || s.name == "relay" || sets_client(s));
        return s.command == "smtp";
    }
    static bool sets_client(const Service& s) {
        return std::any_of(s.overrides.begin(), s.overrides.end(),
                           [](const auto& o) { return o.first.starts_with("smtp_") || o.first == "inet_protocols"; });
    }

    void add_senders() {
        const PostfixScope scope(main_, nullptr, main_given_);
        const PostfixValue by_default = scope.value("default_transport", diagnostics_);
        const PostfixValue relays = scope.value("relay_domains", diagnostics_);
        const PostfixValue relay = scope.value("relay_transport", diagnostics_);
        std::vector<Unknown> choosers;
        for (const char* table : {"transport_maps", "sender_dependent_default_transport_maps"}) {
            const PostfixValue value = scope.value(table, diagnostics_);
            if (!value.known)
                choosers.push_back(value.unknown);
            else if (!value.text.empty())
                choosers.push_back({fmt::format("{} is a lookup table", table), value.span});
        }
        for (const Service& service : services_) {
            if (!is_client(service)) continue;
            const Transport usual = transport(by_default), relayed = transport(relay);
            const bool is_usual = !by_default.known || usual.name == service.name;
            const bool is_relay =
                (!relay.known || relayed.name == service.name) && !(relays.known && relays.text.empty());
            // A client that no setting and no table can choose sends nothing.
            if (!is_usual && !is_relay && choosers.empty()) continue;
            add_sender(service, is_usual ? usual : relayed, choosers);
        }
    }

    void add_sender(const Service& service, const Transport& chosen, const std::vector<Unknown>& choosers) {
        const PostfixScope scope(main_, &service.overrides, main_given_);
        Sender sender;
        sender.name = service.name;
        helo(scope, sender);
        const auto without_services = [&](const char* what) {
            return Unknown{fmt::format("no master.cf was given: its services may say another {}", what), mta_.span};
        };
        if (!services_given_) {
            sender.unknown_helo.push_back(without_services("smtp_helo_name"));
            sender.unknown_bind.push_back(without_services("smtp_bind_address"));
        }
        binds(scope, sender);
        protocols(scope, sender);
        relay_hosts(scope, sender, chosen);
        sender.unknown_relay.insert(sender.unknown_relay.end(), choosers.begin(), choosers.end());
        mta_.senders.push_back(std::move(sender));
    }

    void helo(const PostfixScope& scope, Sender& sender) {
        const PostfixValue value = scope.value("smtp_helo_name", diagnostics_);
        if (!value.known) {
            sender.unknown_helo.push_back(value.unknown);
        } else if (value.text.empty()) {
            const base::Span stated = statement(value, scope);
            const base::Span span = stated.valid() ? stated : mta_.span;
            not_understood(diagnostics_, span, "smtp_helo_name is empty: Postfix refuses that");
            sender.unknown_helo.push_back({"smtp_helo_name is empty", span});
        } else {
            sender.helo.push_back({std::string(without_dot(value.text)), statement(value, scope)});
        }
    }
    /// The text that states a name: smtp_helo_name, or what its default takes it from.
    base::Span statement(const PostfixValue& value, const PostfixScope& scope) {
        return value.span.valid() ? value.span : scope.value("myhostname", diagnostics_).span;
    }

    void binds(const PostfixScope& scope, Sender& sender) {
        const PostfixValue interfaces = scope.value("inet_interfaces", diagnostics_);
        for (const auto family : {base::Family::v4, base::Family::v6}) {
            const char* name = family == base::Family::v4 ? "smtp_bind_address" : "smtp_bind_address6";
            const PostfixValue value = scope.value(name, diagnostics_);
            if (!value.known)
                sender.unknown_bind.push_back(value.unknown);
            else if (!value.text.empty())
                add_bind(sender, value.text, value.span, name);
            else if (!interfaces.known)
                sender.unknown_bind.push_back(interfaces.unknown);
            else
                listening(interfaces, family, sender);
        }
    }

    /// A client without smtp_bind_address binds the only address of a family that inet_interfaces names, unless it is a
    /// loopback address.
    static void listening(const PostfixValue& interfaces, base::Family family, Sender& sender) {
        std::vector<base::Address> of_family;
        bool name_seen = false, localhost_seen = false;
        for (std::string_view word : split(interfaces.text, ", \t\r\n")) {
            if (word == "all" || word == "loopback-only") return;
            if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
            if (const auto address = base::parse_address(word)) {
                if (address->family == family) of_family.push_back(*address);
            } else if (same_word(word, "localhost")) {
                localhost_seen = true;
            } else {
                name_seen = true;
            }
        }
        const auto loopback = [](const base::Address& a) {
            return a.family == base::Family::v4 ? (a.bits >> 24) == 127 : a.bits == 1;
        };
        if (of_family.size() > 1) return;
        // localhost is an address of IPv4 at least; of IPv6 on some systems.
        if (localhost_seen && family == base::Family::v4 && (name_seen || !of_family.empty())) return;
        if (name_seen || (localhost_seen && !of_family.empty())) {
            sender.unknown_bind.push_back(
                {"inet_interfaces has host names, and a single address of it would be bound", interfaces.span});
        } else if (of_family.size() == 1 && !loopback(of_family.front())) {
            sender.bind.push_back({of_family.front(), interfaces.span});
        }
    }

    void protocols(const PostfixScope& scope, Sender& sender) {
        const PostfixValue value = scope.value("inet_protocols", diagnostics_);
        sender.protocols = value.span;
        if (!value.known) return;
        bool v4 = false, v6 = false;
        for (const std::string_view word : split(value.text, ", \t\r\n")) {
            if (same_word(word, "all"))
                v4 = v6 = true;
            else if (same_word(word, "ipv4"))
                v4 = true;
            else if (same_word(word, "ipv6"))
                v6 = true;
            else
                return fatal(diagnostics_, value.span, "inet_protocols is all, ipv4, ipv6 or a list of these");
        }
        sender.uses_v4 = v4 ? Answer::yes : Answer::no;
        sender.uses_v6 = v6 ? Answer::yes : Answer::no;
    }

    void relay_hosts(const PostfixScope& scope, Sender& sender, const Transport& chosen) {
        const PostfixValue relay = scope.value("relayhost", diagnostics_);
        if (!chosen.next_hop.empty())
            sender.relay_hosts.push_back({chosen.next_hop, chosen.span});
        else if (!relay.known)
            sender.unknown_relay.push_back(relay.unknown);
        else if (!relay.text.empty())
            sender.relay_hosts.push_back({relay.text, relay.span});
        for (const char* name : {"sender_dependent_relayhost_maps", "smtp_fallback_relay"}) {
            const PostfixValue value = scope.value(name, diagnostics_);
            if (!value.known)
                sender.unknown_relay.push_back(value.unknown);
            else if (value.text.empty())
                continue;
            else if (name == std::string_view("smtp_fallback_relay"))
                sender.unknown_relay.push_back({"smtp_fallback_relay gets what cannot be delivered", value.span});
            else
                sender.unknown_relay.push_back({fmt::format("{} is a lookup table", name), value.span});
        }
    }

    const base::Sources& sources_;
    base::Diagnostics& diagnostics_;
    Mta mta_;
    PostfixParameters main_;
    std::vector<Service> services_, listed_;
    bool main_given_ = false, services_given_ = false;
};

}  // namespace

Mta read_postfix(const base::Sources& sources, const std::vector<MtaText>& texts, base::Diagnostics& diagnostics) {
    return Reader(sources, diagnostics).read(texts);
}

}  // namespace egresslint::evidence
