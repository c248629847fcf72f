// SPDX-License-Identifier: Apache-2.0
// RDAP: ip network objects (RFC 9083, 5.4), entities with roles in them (5.1, 10.2.4), their names in jCards (RFC
// 7095), and the prefixes of the cidr0 extension (its document in IANA's registry of RDAP extensions).
#include <fmt/format.h>

#include <algorithm>

#include "evidence/json_text.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/registry_readers.hpp"

namespace egresslint::evidence {
namespace {

using Kind = JsonValue::Kind;
constexpr std::size_t most_properties = 1000;  // of a vCard
constexpr std::size_t most_holders = 10000;    // of a network
constexpr int deepest = 16;                    // entities in entities

class Reader {
public:
    Reader(Registry& out, base::Diagnostics& diagnostics) : out_(out), diagnostics_(diagnostics) {}

    /// An answer, an array of answers, search results, or an entity with its networks.
    void answer(const JsonValue& value, int depth) {
        if (depth > deepest) return;
        if (value.is(Kind::array))
            for (const JsonValue& item : value.items) answer(item, depth + 1);
        if (!value.is(Kind::object)) return;
        if (value.member("errorCode") != nullptr)
            return incomplete(diagnostics_, value.span, "the registry answered with an error, not with a record");
        if (value.string("objectClassName") == "ip network") return network(value);
        for (const char* name : {"networks", "ipSearchResults"})
            if (const JsonValue* inner = value.member(name)) answer(*inner, depth + 1);
    }

private:
    void network(const JsonValue& value) {
        Registration registration;
        registration.handle = value.string("handle");
        registration.net_name = value.string("name");
        holders(value, registration, 0, false);
        const JsonValue* first = value.member("startAddress");
        const JsonValue* last = value.member("endAddress");
        if (first != nullptr && last != nullptr) {
            const auto a = base::parse_address(address_part(first->text));
            const auto b = base::parse_address(address_part(last->text));
            registration.span = first->span;
            if (!a || !b || a->family != b->family || b->bits < a->bits)
                return not_understood(diagnostics_, first->span, "startAddress and endAddress are no range");
            registration.family = a->family;
            registration.range = {a->bits, b->bits};
            prefixes(value, &registration);
            out_.ranges.push_back(std::move(registration));
        } else if (value.member("cidr0_cidrs") != nullptr) {
            for (const auto& [prefix, span] : prefixes(value, nullptr)) {
                registration.family = prefix.base.family;
                registration.range = {prefix.first(), prefix.last()};
                registration.span = span;
                out_.ranges.push_back(registration);
            }
        } else {
            not_understood(diagnostics_, value.span, "an ip network that does not say its addresses");
        }
    }
    /// Some servers write a prefix where an address belongs.
    static std::string_view address_part(std::string_view text) { return trim(text.substr(0, text.find('/'))); }

    /// Of cidr0; with `whole`, only whether they lie in it.
    std::vector<std::pair<base::Prefix, base::Span>> prefixes(const JsonValue& value, const Registration* whole) {
        std::vector<std::pair<base::Prefix, base::Span>> out;
        const JsonValue* list = value.member("cidr0_cidrs");
        if (list == nullptr) return out;
        for (const JsonValue& item : list->items) {
            std::string_view base = item.string("v4prefix");
            if (base.empty()) base = item.string("v6prefix");
            const JsonValue* length = item.member("length");
            const auto prefix =
                length == nullptr ? std::nullopt : base::parse_prefix(fmt::format("{}/{}", base, length->text));
            if (!prefix) {
                not_understood(diagnostics_, item.span, "this is no prefix of the cidr0 extension");
            } else if (whole != nullptr &&
                       (prefix->base.family != whole->family || prefix->first() < whole->range.first ||
                        prefix->last() > whole->range.last)) {
                not_understood(diagnostics_, item.span,
                               "cidr0_cidrs and startAddress to endAddress say different ranges");
            } else {
                out.emplace_back(*prefix, item.span);
            }
        }
        return out;
    }

    void holders(const JsonValue& value, Registration& registration, int depth, bool nested) {
        const JsonValue* entities = value.member("entities");
        if (entities == nullptr) return;
        if (depth >= deepest) {
            registration.unknowns.push_back({"entities nest too deeply", entities->span});
            return;
        }
        for (const JsonValue& entity : entities->items) {
            if (!entity.is(Kind::object)) continue;
            if (registration.holders.size() >= most_holders) {
                registration.unknowns.push_back({"more than 10,000 names", entities->span});
                return;
            }
            std::vector<std::string> roles;
            if (const JsonValue* list = entity.member("roles"))
                for (const JsonValue& role : list->items)
                    // Who is registrant of a contact is not who holds the network.
                    if (role.is(Kind::string)) roles.push_back(nested ? "nested " + role.text : role.text);
            names(entity, roles, registration);
            holders(entity, registration, depth + 1, true);
        }
    }

    /// `fn` and, where it says something else, `org`.
    static void names(const JsonValue& entity, const std::vector<std::string>& roles, Registration& registration) {
        const std::string_view handle = entity.string("handle");
        const JsonValue* card = entity.member("vcardArray");
        const JsonValue* properties = card != nullptr && card->items.size() > 1 ? &card->items[1] : nullptr;
        const std::size_t before = registration.holders.size();
        if (properties != nullptr && properties->is(Kind::array)) {
            std::size_t seen = 0;
            for (const JsonValue& property : properties->items) {
                if (++seen > most_properties) {
                    registration.unknowns.push_back({"a vCard of more than 1,000 properties", property.span});
                    break;
                }
                // name, parameters, type, value (RFC 7095, 3.3)
                if (property.items.size() < 4 || !property.items[0].is(Kind::string)) continue;
                const std::string name = lower(property.items[0].text);
                if (name != "fn" && name != "org") continue;
                const JsonValue* value = &property.items[3];
                // A structured value: the first part of org is the organisation's name (RFC 6350, 6.6.4).
                if (value->is(Kind::array) && !value->items.empty()) value = &value->items.front();
                const std::string_view text = value->is(Kind::string) ? trim(value->text) : std::string_view();
                if (text.empty()) continue;
                if (std::any_of(registration.holders.begin() + static_cast<std::ptrdiff_t>(before),
                                registration.holders.end(), [&](const Holder& h) { return h.name == text; }))
                    continue;
                registration.holders.push_back({std::string(text.substr(0, 1000)), roles, value->span});
            }
        }
        const bool decides = std::find(roles.begin(), roles.end(), "registrant") != roles.end();
        if (registration.holders.size() == before && decides)
            registration.unknowns.push_back(
                {handle.empty() ? "an entity without a name" : fmt::format("the entity {} has no name in it", handle),
                 entity.span});
        // RIPE's answers list maintainers of the record as registrants, too.
        if (handle.ends_with("-MNT"))
            for (std::size_t i = before; i < registration.holders.size(); ++i)
                registration.holders[i].roles = {"maintainer"};
    }

    Registry& out_;
    base::Diagnostics& diagnostics_;
};

}  // namespace

void read_rdap(const base::Sources& sources, base::FileId file, Registry& out, base::Diagnostics& diagnostics) {
    const auto tree = parse_json(sources, file, diagnostics);
    if (!tree) return;
    const std::size_t before = out.ranges.size(), problems = diagnostics.size();
    Reader(out, diagnostics).answer(*tree, 0);
    if (out.ranges.size() == before && diagnostics.size() == problems)
        incomplete(diagnostics, {file, tree->span.begin, std::min(tree->span.begin + 1, tree->span.end)},
                   "no ip network in this RDAP answer");
}

}  // namespace egresslint::evidence
