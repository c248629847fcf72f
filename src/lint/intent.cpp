// SPDX-License-Identifier: Apache-2.0
// egresslint.toml -> Intent. Every table names its keys; a key that no table knows is an error, because a misspelt
// "outbound" would otherwise turn a check off without a word.
#include "lint/intent.hpp"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>

#include "base/date.hpp"
#include "lint/lint.hpp"
#include "lint/query.hpp"
#include "lint/rule_file.hpp"
#include "lint/suggest.hpp"

namespace egresslint::lint {
namespace {

using base::Severity;

class Reader {
public:
    Reader(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics)
        : sources_(sources), file_(file), diagnostics_(diagnostics) {}

    [[nodiscard]] bool failed() const { return failed_; }

    base::Span span(const toml::source_region& region) const {
        const std::uint32_t begin = offset(region.begin);
        std::uint32_t end = offset(region.end);
        const std::string_view text = sources_.text(file_);
        if (end <= begin) end = std::min<std::uint32_t>(begin + 1, static_cast<std::uint32_t>(text.size()));
        return {file_, begin, end};
    }
    void error(const toml::source_region& region, std::string message) { error(span(region), std::move(message)); }
    void error(base::Span where, std::string message) {
        failed_ = true;
        base::Diagnostic d;
        d.kind = base::Diagnostic::Kind::fatal;
        d.span = where;
        d.message = std::move(message);
        diagnostics_.push_back(std::move(d));
    }

    /// Reports every key of `table` that is not in `known`.
    void only(const toml::table& table, std::string_view where, std::initializer_list<std::string_view> known) {
        for (const auto& [key, node] : table) {
            if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
            const std::string near = nearest(key.str(), std::vector<std::string_view>(known));
            error(key.source(),
                  near.empty() ? fmt::format("unknown key \"{}\" in {}", key.str(), where)
                               : fmt::format("unknown key \"{}\" in {}; did you mean \"{}\"?", key.str(), where, near));
        }
    }
    void text(const toml::table& table, std::string_view key, std::string& to) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        if (const auto* value = node->as_string())
            to = value->get();
        else
            error(node->source(), fmt::format("\"{}\" must be a string", key));
    }
    /// A list of strings; a single string counts as a list of one.
    template <class Use>
    void list(const toml::table& table, std::string_view key, Use&& use) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        if (const auto* one = node->as_string()) {
            use(one->get(), *node);
            return;
        }
        const auto* array = node->as_array();
        if (array == nullptr) {
            error(node->source(), fmt::format("\"{}\" must be a list of strings", key));
            return;
        }
        for (const toml::node& item : *array) {
            if (const auto* value = item.as_string())
                use(value->get(), item);
            else
                error(item.source(), fmt::format("\"{}\" must hold strings only", key));
        }
    }
    void texts(const toml::table& table, std::string_view key, std::vector<std::string>& to) {
        list(table, key, [&](const std::string& value, const toml::node&) { to.push_back(value); });
    }
    void prefixes(const toml::table& table, std::string_view key, std::vector<base::Prefix>& to) {
        list(table, key, [&](const std::string& value, const toml::node& node) {
            if (const auto prefix = base::parse_prefix(value))
                to.push_back(*prefix);
            else
                error(node.source(), fmt::format("\"{}\" is not an address or prefix", value));
        });
    }
    /// The tables of [[key]].
    template <class Use>
    void tables(const toml::table& table, std::string_view key, Use&& use) {
        const toml::node* node = table.get(key);
        if (node == nullptr) return;
        const auto* array = node->as_array();
        if (array == nullptr) {
            error(node->source(), fmt::format("\"{}\" is a list of tables: write [[{}]]", key, key));
            return;
        }
        for (const toml::node& item : *array) {
            if (const auto* t = item.as_table())
                use(*t);
            else
                error(item.source(), fmt::format("\"{}\" is a list of tables: write [[{}]]", key, key));
        }
    }
    /// The part of a string's value, where the text has it as it is: without escapes.
    base::Span part(const toml::node& node, std::string_view value, std::size_t begin, std::size_t end) const {
        const base::Span whole = span(node.source());
        const std::size_t at = sources_.text(file_).find(value, whole.begin);
        // Behind quotation marks, three at most, and the line end that TOML drops.
        if (at == std::string_view::npos || at > whole.begin + 5) return whole;
        return {file_, static_cast<std::uint32_t>(at + begin),
                static_cast<std::uint32_t>(at + std::max(end, begin + 1))};
    }
    const toml::table* table(const toml::table& in, std::string_view key) {
        const toml::node* node = in.get(key);
        if (node == nullptr) return nullptr;
        const auto* t = node->as_table();
        if (t == nullptr) error(node->source(), fmt::format("\"{}\" is a table: write [{}]", key, key));
        return t;
    }
    void need(const toml::table& table, std::string_view where, bool present, std::string_view key) {
        if (!present && table.get(key) == nullptr) error(table.source(), fmt::format("{} needs \"{}\"", where, key));
    }

private:
    /// toml++ counts code points; spans count bytes.
    std::uint32_t offset(const toml::source_position& position) const {
        const std::string_view text = sources_.text(file_);
        std::size_t at = 0;
        for (unsigned line = 1; line < position.line; ++line) {
            const std::size_t next = text.find('\n', at);
            if (next == std::string_view::npos) return static_cast<std::uint32_t>(text.size());
            at = next + 1;
        }
        for (unsigned column = 1; column < position.column && at < text.size(); ++column) {
            ++at;
            while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80u) ++at;
        }
        return static_cast<std::uint32_t>(at);
    }

    const base::Sources& sources_;
    base::FileId file_;
    base::Diagnostics& diagnostics_;
    bool failed_ = false;
};

void read_mail_server(Reader& r, const toml::table& t, Intent& intent) {
    r.only(t, "[[mail_server]]", {"name", "address", "outbound", "helo"});
    MailServer server;
    server.span = r.span(t.source());
    r.text(t, "name", server.name);
    r.prefixes(t, "address", server.address);
    r.prefixes(t, "outbound", server.outbound);
    r.text(t, "helo", server.helo);
    r.need(t, "[[mail_server]]", !server.name.empty(), "name");
    r.need(t, "[[mail_server]]", !server.address.empty(), "address");
    for (const MailServer& other : intent.mail_servers)
        if (!server.name.empty() && other.name == server.name)
            r.error(t.source(), fmt::format("a second mail server is named \"{}\"", server.name));
    intent.mail_servers.push_back(std::move(server));
}

void read_interface(Reader& r, const toml::table& t, DeviceIntent& device) {
    r.only(t, "[[device.interface]]", {"name", "address"});
    IntentInterface interface;
    interface.span = r.span(t.source());
    r.text(t, "name", interface.name);
    r.need(t, "[[device.interface]]", !interface.name.empty(), "name");
    r.list(t, "address", [&](const std::string& value, const toml::node& node) {
        const auto prefix = base::parse_prefix(value);
        const auto host = base::parse_address(std::string_view(value).substr(0, value.find('/')));
        if (!prefix || !host) {
            r.error(node.source(),
                    fmt::format("\"{}\" is not an interface address such as \"198.51.100.2/28\"", value));
            return;
        }
        interface.address.push_back(*prefix);
        interface.hosts.push_back(*host);
    });
    device.interfaces.push_back(std::move(interface));
}

void read_device(Reader& r, const toml::table& t, Intent& intent) {
    r.only(t, "[[device]]",
           {"name", "config", "dialect", "external", "addresses", "routes", "rules", "interface", "upstream",
            "upstream_interface"});
    DeviceIntent device;
    device.span = r.span(t.source());
    r.text(t, "name", device.name);
    r.need(t, "[[device]]", !device.name.empty(), "name");
    r.texts(t, "config", device.config);
    r.text(t, "dialect", device.dialect);
    r.texts(t, "external", device.external);
    r.text(t, "addresses", device.addresses);
    r.text(t, "routes", device.routes);
    r.text(t, "rules", device.rules);
    r.text(t, "upstream", device.upstream);
    r.text(t, "upstream_interface", device.upstream_interface);
    r.tables(t, "interface", [&](const toml::table& i) { read_interface(r, i, device); });
    for (const DeviceIntent& other : intent.devices)
        if (!device.name.empty() && other.name == device.name)
            r.error(t.source(), fmt::format("a second device is named \"{}\"", device.name));
    intent.devices.push_back(std::move(device));
}

void read_policy(Reader& r, const toml::table& t, Intent& intent) {
    r.only(t, "[[policy]]", {"code", "forbid", "require", "several", "message", "help", "severity"});
    Policy policy;
    policy.span = r.span(t.source());
    r.text(t, "code", policy.code);
    r.need(t, "[[policy]]", !policy.code.empty(), "code");
    if (const toml::node* node = t.get("code"); node != nullptr && node->is_string()) {
        if (std::string wrong = wrong_site_code(policy.code); !wrong.empty()) r.error(node->source(), std::move(wrong));
        for (const Policy& other : intent.policies)
            if (other.code == policy.code)
                r.error(node->source(), fmt::format("a second policy has the code \"{}\"", policy.code));
    }
    std::size_t kinds = 0;
    for (const std::string_view kind : {"forbid", "require", "several"}) {
        std::string query;
        r.text(t, kind, query);
        if (query.empty()) continue;
        ++kinds;
        policy.kind = kind;
        policy.query = std::move(query);
    }
    if (kinds != 1) {
        r.error(t.source(), "[[policy]] needs either \"forbid\", \"require\" or \"several\", with a query");
    } else if (const toml::node* node = t.get(policy.kind)) {
        policy.span = r.span(node->source());
        if (const auto query = query::parse(policy.query); !query) {
            const QueryError& e = query.error();
            r.error(
                r.part(*node, policy.query, e.begin, e.end),
                e.suggestion.empty() ? e.message : fmt::format("{}; did you mean \"{}\"?", e.message, e.suggestion));
        }
    }
    r.text(t, "message", policy.message);
    r.text(t, "help", policy.help);
    policy.severity = "error";
    r.text(t, "severity", policy.severity);
    if (policy.severity != "error" && policy.severity != "warning" && policy.severity != "note")
        r.error(t.get("severity")->source(), "\"severity\" is \"error\", \"warning\" or \"note\"");
    intent.policies.push_back(std::move(policy));
}

/// [sets]: name = ["10.20.7.0/24", "10.20.8.1-10.20.8.9"] or name = [25, 587].
void read_sets(Reader& r, const toml::table& t, Intent& intent) {
    for (const auto& [key, node] : t) {
        NamedSet set;
        set.name = std::string(key.str());
        set.span = r.span(key.source());
        const auto* list = node.as_array();
        if (list == nullptr || list->empty()) {
            r.error(node.source(), fmt::format("\"{}\" is a list of addresses, or of port numbers", set.name));
            continue;
        }
        std::vector<base::Interval> v4, v6, ports;
        for (const toml::node& item : *list) {
            const auto* text = item.as_string();
            const auto* number = item.as_integer();
            if (number != nullptr && number->get() >= 0 && number->get() <= 65535) {
                ports.push_back({static_cast<base::u128>(number->get()), static_cast<base::u128>(number->get())});
            } else if (const auto range = text == nullptr ? std::nullopt : query::address_range(text->get())) {
                (range->family == base::Family::v4 ? v4 : v6).push_back({range->first, range->last});
            } else {
                r.error(item.source(), "this is no address, prefix, range of addresses or port number");
            }
        }
        if (!ports.empty() && !(v4.empty() && v6.empty()))
            r.error(node.source(), fmt::format("\"{}\" holds addresses and ports; make it two sets", set.name));
        set.addresses = {base::IntervalSet(std::move(v4)), base::IntervalSet(std::move(v6))};
        set.ports = base::IntervalSet(std::move(ports));
        intent.sets.push_back(std::move(set));
    }
}

/// YYYY-MM-DD, as a string or a TOML date.
std::string read_date(Reader& r, const toml::table& t, std::string_view key) {
    const toml::node* node = t.get(key);
    if (node == nullptr) return {};
    if (const auto* date = node->as_date())
        return fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
    if (const auto* value = node->as_string()) {
        if (base::is_date(value->get())) return value->get();
    }
    r.error(node->source(), fmt::format("\"{}\" is a date such as 2027-03-31", key));
    return {};
}

void read_allow(Reader& r, const toml::table& t, Intent& intent) {
    r.only(t, "[[allow]]", {"rule", "device", "match", "reason", "until"});
    Allow allow;
    allow.span = r.span(t.source());
    r.text(t, "rule", allow.rule);
    r.need(t, "[[allow]]", !allow.rule.empty(), "rule");
    r.text(t, "device", allow.device);
    r.text(t, "match", allow.match);
    r.text(t, "reason", allow.reason);
    allow.until = read_date(r, t, "until");
    intent.allows.push_back(std::move(allow));
}

void read_smtp(Reader& r, const toml::table& t, Intent& intent) {
    r.only(t, "[smtp]", {"ports", "allowed"});
    if (const toml::node* node = t.get("ports")) {
        intent.smtp_ports.clear();
        const auto* array = node->as_array();
        if (array == nullptr || array->empty()) r.error(node->source(), "\"ports\" is a list of port numbers");
        if (array != nullptr) {
            for (const toml::node& item : *array) {
                const auto* number = item.as_integer();
                if (number == nullptr || number->get() < 1 || number->get() > 65535)
                    r.error(item.source(), "a port is a number from 1 to 65535");
                else
                    intent.smtp_ports.push_back(static_cast<std::uint16_t>(number->get()));
            }
        }
    }
    r.prefixes(t, "allowed", intent.smtp_allowed);
}

/// Each upstream is a device of the file ("edge", or "edge/root" for one of several that a file holds), and no way
/// leads in a circle.
void check_upstreams(Reader& r, const Intent& intent) {
    const auto block = [&](const std::string& name) -> const DeviceIntent* {
        for (const DeviceIntent& d : intent.devices)
            if (d.name == name || d.name == name.substr(0, name.find('/'))) return &d;
        return nullptr;
    };
    for (const DeviceIntent& device : intent.devices) {
        if (device.upstream.empty()) {
            if (!device.upstream_interface.empty())
                r.error(device.span,
                        fmt::format("device \"{}\" has `upstream_interface` without `upstream`", device.name));
            continue;
        }
        std::size_t steps = 0;
        const DeviceIntent* at = &device;
        while (at != nullptr && !at->upstream.empty() && steps <= intent.devices.size()) {
            at = block(at->upstream);
            ++steps;
        }
        if (block(device.upstream) == nullptr)
            r.error(device.span,
                    fmt::format("upstream of \"{}\": there is no device \"{}\"", device.name, device.upstream));
        else if (steps > intent.devices.size())
            r.error(device.span, fmt::format("upstream of \"{}\" leads in a circle", device.name));
    }
}

}  // namespace

std::optional<Intent> read_intent(const base::Sources& sources, base::FileId file, base::Diagnostics& diagnostics) {
    Reader r(sources, file, diagnostics);
    const std::string& path = sources.file(file).path;
    const toml::parse_result parsed = toml::parse(sources.text(file), std::string_view(path));
    if (!parsed) {
        r.error(parsed.error().source(), std::string(parsed.error().description()));
        return std::nullopt;
    }
    const toml::table& root = parsed.table();
    Intent intent;
    intent.path = path;
    const std::size_t slash = path.rfind('/');
    intent.directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    intent.declared = true;
    r.only(root, "the intent file", {"site", "sets", "mail_server", "smtp", "device", "evidence", "policy", "allow"});
    if (const toml::table* site = r.table(root, "site")) {
        r.only(*site, "[site]", {"internal"});
        r.prefixes(*site, "internal", intent.internal);
    }
    r.tables(root, "mail_server", [&](const toml::table& t) { read_mail_server(r, t, intent); });
    if (const toml::table* smtp = r.table(root, "smtp")) read_smtp(r, *smtp, intent);
    r.tables(root, "device", [&](const toml::table& t) { read_device(r, t, intent); });
    if (const toml::table* evidence = r.table(root, "evidence")) {
        r.only(*evidence, "[evidence]", {"zones", "mta", "registry", "organisation"});
        r.texts(*evidence, "zones", intent.evidence.zones);
        r.texts(*evidence, "mta", intent.evidence.mta);
        r.texts(*evidence, "registry", intent.evidence.registry);
        r.text(*evidence, "organisation", intent.evidence.organisation);
    }
    if (const toml::table* sets = r.table(root, "sets")) read_sets(r, *sets, intent);
    r.tables(root, "policy", [&](const toml::table& t) { read_policy(r, t, intent); });
    check_upstreams(r, intent);
    r.tables(root, "allow", [&](const toml::table& t) { read_allow(r, t, intent); });
    if (r.failed()) return std::nullopt;
    return intent;
}

}  // namespace egresslint::lint
