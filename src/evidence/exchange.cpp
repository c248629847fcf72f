// SPDX-License-Identifier: Apache-2.0
// Exchange: what `Get-SendConnector` and `Get-ReceiveConnector` print through ConvertTo-Json, Export-CliXml or
// Format-List. Source: Microsoft's pages on Set-SendConnector (Fqdn is what HELO and EHLO say, and the server's own
// name where it is not set; SourceIPAddress counts on Edge servers only; SmartHosts; DNSRoutingEnabled;
// FrontendProxyEnabled).
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <pugixml.hpp>

#include "evidence/json_text.hpp"
#include "evidence/mta_readers.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/xml_depth.hpp"

namespace egresslint::evidence {
namespace {

struct Property {
    std::string name;
    std::vector<std::string> values;
    base::Span span;
};
struct Connector {
    std::vector<Property> properties;
    base::Span span;

    [[nodiscard]] const Property* find(std::string_view name) const {
        for (const Property& p : properties)
            if (same_word(p.name, name)) return &p;
        return nullptr;
    }
    [[nodiscard]] std::string value(std::string_view name) const {
        const Property* p = find(name);
        return p == nullptr || p->values.empty() ? "" : p->values.front();
    }
};

// -- JSON

/// Text of a value that PowerShell printed: a string, a number, or an object whose text is one of its members.
void json_texts(const JsonValue& value, std::vector<std::string>& out, int depth = 0) {
    using Kind = JsonValue::Kind;
    if (depth > 4) return;
    if (value.is(Kind::string) || value.is(Kind::number) || value.is(Kind::boolean)) {
        if (!trim(value.text).empty()) out.emplace_back(trim(value.text));
    } else if (value.is(Kind::array)) {
        for (const JsonValue& item : value.items) json_texts(item, out, depth + 1);
    } else if (value.is(Kind::object)) {
        // An address comes as an object of .NET, a list from another machine as {"value": […], "Count": n}; a smart
        // host by its Domain or Address.
        for (const char* name :
             {"IPAddressToString", "value", "Domain", "Address", "Fqdn", "Name", "DistinguishedName"}) {
            const JsonValue* member = value.member(name);
            if (member == nullptr || member->is(Kind::null)) continue;
            const std::size_t before = out.size();
            json_texts(*member, out, depth + 1);
            if (out.size() > before) return;
        }
    }
}

void from_json(const JsonValue& value, std::vector<Connector>& out) {
    if (value.is(JsonValue::Kind::array))
        for (const JsonValue& item : value.items) {
            if (item.is(JsonValue::Kind::object)) from_json(item, out);
        }
    if (!value.is(JsonValue::Kind::object)) return;
    Connector connector;
    connector.span = value.span;
    for (std::size_t i = 0; i < value.names.size(); ++i) {
        Property p{value.names[i], {}, value.items[i].span};
        json_texts(value.items[i], p.values);
        connector.properties.push_back(std::move(p));
    }
    out.push_back(std::move(connector));
}

// -- CliXML

class CliXml {
public:
    CliXml(const base::Sources& sources, base::FileId file) : sources_(sources), file_(file) {}

    std::vector<Connector> read(const pugi::xml_node& root) const {
        std::vector<Connector> out;
        for (const pugi::xml_node object : root.children("Obj")) {
            // A list of objects may come as one object with a list in it.
            const pugi::xml_node list = object.child("LST");
            if (object.child("Props").empty() && object.child("MS").empty() && !list.empty()) {
                for (const pugi::xml_node inner : list.children("Obj")) out.push_back(connector(inner));
            } else {
                out.push_back(connector(object));
            }
        }
        return out;
    }

private:
    base::Span at(const pugi::xml_node& node) const {
        const std::string_view text = sources_.text(file_);
        const auto begin =
            std::min(static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 1)), text.size());
        const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
        return {file_, static_cast<std::uint32_t>(begin - 1), static_cast<std::uint32_t>(end)};
    }
    Connector connector(const pugi::xml_node& object) const {
        Connector out;
        out.span = at(object);
        for (const char* group : {"Props", "MS"})
            for (const pugi::xml_node property : object.child(group).children()) {
                Property p{property.attribute("N").value(), {}, at(property)};
                texts(property, p.values);
                out.properties.push_back(std::move(p));
            }
        return out;
    }
    static void texts(const pugi::xml_node& property, std::vector<std::string>& out) {
        const auto add = [&](std::string_view text) {
            if (!trim(text).empty()) out.emplace_back(trim(text));
        };
        if (std::string_view(property.name()) == "Nil") return;
        if (std::string_view(property.name()) != "Obj") return add(property.child_value());
        const pugi::xml_node list = property.child("LST");
        if (list.empty()) return add(property.child("ToString").child_value());
        for (const pugi::xml_node item : list.children()) {
            if (std::string_view(item.name()) == "Obj")
                add(item.child("ToString").child_value());
            else
                add(item.child_value());
        }
    }

    const base::Sources& sources_;
    base::FileId file_;
};

// -- Format-List

/// "Name : value" with the colons in one column; a value goes on in lines that are indented to behind it, and an empty
/// line parts objects. Lists are in braces, and end in "..." where PowerShell left something out.
std::vector<Connector> from_list(const base::Sources& sources, base::FileId file) {
    std::vector<Connector> out(1);
    std::size_t column = 0;
    std::vector<std::string> raw;  // of the properties of the last connector
    const auto finish = [&] {
        Connector& c = out.back();
        for (std::size_t i = 0; i < raw.size(); ++i) {
            std::string_view text = trim(raw[i]);
            if (text.starts_with('{') && text.ends_with('}')) {
                for (const std::string_view item : split(text.substr(1, text.size() - 2), ","))
                    if (!trim(item).empty()) c.properties[i].values.emplace_back(trim(item));
            } else if (!text.empty()) {
                c.properties[i].values.emplace_back(text);
            }
        }
        raw.clear();
    };
    for (const std::string_view line : lines(sources.text(file))) {
        if (trim(line).empty()) {
            if (!out.back().properties.empty()) {
                finish();
                out.emplace_back();
            }
            continue;
        }
        const base::Span span = span_of(sources, file, line);
        const std::size_t colon = line.find(" :");
        const bool goes_on = line.front() == ' ' && !raw.empty() && trim(line.substr(0, column)).empty();
        if (goes_on) {
            raw.back() += trim(line);
            out.back().properties.back().span.end = span.end;
        } else if (colon != std::string_view::npos) {
            column = colon + 2;
            if (!out.back().span.valid()) out.back().span = span;
            out.back().properties.push_back({std::string(trim(line.substr(0, colon))), {}, span});
            raw.emplace_back(trim(line.substr(colon + 2)));
        }
    }
    finish();
    std::erase_if(out, [](const Connector& c) { return c.properties.empty(); });
    return out;
}

// -- meaning

bool is_false(std::string_view text) { return same_word(text, "false") || text == "$false"; }
bool is_true(std::string_view text) { return same_word(text, "true") || text == "$true"; }

class Reader {
public:
    explicit Reader(base::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void connector(const Connector& c, Mta& mta) {
        const bool sends = c.find("SourceTransportServers") != nullptr || c.find("AddressSpaces") != nullptr;
        if (!sends) {
            if (c.find("RemoteIPRanges") == nullptr && c.find("Bindings") == nullptr)
                return not_understood(diagnostics_, c.span, "this is neither a send connector nor a receive connector");
            // What the server calls itself to those who connect; not what it says when it connects.
            if (mta.host_name.value.empty() && !c.value("Fqdn").empty() && !is_false(c.value("Enabled")))
                mta.host_name = {std::string(without_dot(c.value("Fqdn"))), c.find("Fqdn")->span};
            return;
        }
        if (is_false(c.value("Enabled"))) return;
        Sender s;
        s.name = c.value("Name").empty() ? c.value("Identity") : c.value("Name");
        helo(c, s);
        bind(c, s);
        relay(c, s);
        mta.senders.push_back(std::move(s));
    }

private:
    static Unknown missing(const Connector& c, std::string_view name) {
        return {fmt::format("{} is not among the properties that were printed", name), c.span};
    }

    static void helo(const Connector& c, Sender& s) {
        const Property* fqdn = c.find("Fqdn");
        const Property* proxied = c.find("FrontendProxyEnabled");
        if (proxied != nullptr && is_true(c.value("FrontendProxyEnabled")))
            s.unknown_helo.push_back({"FrontendProxyEnabled: a front-end server makes the connections", proxied->span});
        if (fqdn == nullptr)
            s.unknown_helo.push_back(missing(c, "Fqdn"));
        else if (fqdn->values.empty())
            s.unknown_helo.push_back({"Fqdn is not set: it is the name of the server that sends", fqdn->span});
        else
            s.helo.push_back({std::string(without_dot(fqdn->values.front())), fqdn->span});
    }

    static void bind(const Connector& c, Sender& s) {
        const Property* source = c.find("SourceIPAddress");
        if (source == nullptr) {
            s.unknown_bind.push_back(missing(c, "SourceIPAddress"));
        } else if (!source->values.empty()) {
            const auto address = base::parse_address(source->values.front());
            if (!address)
                add_bind(s, source->values.front(), source->span, "SourceIPAddress");
            else if (address->bits != 0)
                s.unknown_bind.push_back(
                    {fmt::format("SourceIPAddress {} counts on Edge servers only, and nothing here says "
                                 "which kind of server this is",
                                 source->values.front()),
                     source->span});
        }
    }

    static void relay(const Connector& c, Sender& s) {
        const Property* hosts = c.find("SmartHosts");
        const Property* by_dns = c.find("DNSRoutingEnabled");
        if (by_dns != nullptr && is_true(c.value("DNSRoutingEnabled"))) return;
        if (hosts == nullptr) {
            s.unknown_relay.push_back(missing(c, "SmartHosts"));
            return;
        }
        for (const std::string& host : hosts->values) {
            if (host.ends_with("...") || host.ends_with("\xe2\x80\xa6"))
                s.unknown_relay.push_back({"PowerShell left out some of SmartHosts", hosts->span});
            else
                s.relay_hosts.push_back({host, hosts->span});
        }
        if (by_dns == nullptr && hosts->values.empty()) s.unknown_relay.push_back(missing(c, "DNSRoutingEnabled"));
    }

    base::Diagnostics& diagnostics_;
};

}  // namespace

Mta read_exchange(const base::Sources& sources, const std::vector<MtaText>& texts, base::Diagnostics& diagnostics) {
    Mta mta;
    mta.product = "Exchange";
    Reader reader(diagnostics);
    for (const MtaText& text : texts) {
        mta.files.push_back(sources.file(text.file).path);
        if (!mta.span.valid()) mta.span = {text.file, 0, 1};
        std::vector<Connector> connectors;
        if (text.format == "connectors of Exchange (JSON)") {
            if (const auto tree = parse_json(sources, text.file, diagnostics)) from_json(*tree, connectors);
        } else if (text.format == "connectors of Exchange (CliXML)") {
            pugi::xml_document document;
            if (load_xml(document, sources, text.file, diagnostics))
                connectors = CliXml(sources, text.file).read(document.child("Objs"));
        } else {
            connectors = from_list(sources, text.file);
        }
        for (const Connector& c : connectors) reader.connector(c, mta);
    }
    return mta;
}

}  // namespace egresslint::evidence
