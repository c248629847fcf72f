// SPDX-License-Identifier: Apache-2.0
#include "dialects/nftables/read_json_rule.hpp"

#include "dialects/nftables/lower_names.hpp"
#include "dialects/nftables/print_tree.hpp"

namespace egresslint::dialects::nftables {
namespace {

using Kind = JsonValue::Kind;

bool json_truth(const JsonValue& object, std::string_view key) {
    const auto* v = object.find(key);
    return v != nullptr && v->is(Kind::boolean) && v->truth;
}

std::uint32_t json_number(const JsonValue& object, std::string_view key) {
    const auto value = number(json_text(object, key)).value_or(0);
    return value > 0xffffffffu ? 0 : static_cast<std::uint32_t>(value);
}

std::string without_at(std::string name) {
    if (!name.empty() && name.front() == '@') name.erase(0, 1);
    return name;
}

/// `fib`, `exthdr` and options compare presence; everything else reads booleans as numbers.
bool compares_presence(const Expression& left) {
    return std::holds_alternative<Fib>(left.is) || std::holds_alternative<ExtensionHeader>(left.is);
}

}  // namespace

std::string json_text(const JsonValue* value) {
    if (value == nullptr) return {};
    if (value->is(Kind::boolean)) return value->truth ? "1" : "0";
    return value->text;
}
std::string json_text(const JsonValue& object, std::string_view key) { return json_text(object.find(key)); }

std::vector<std::string> json_list(const JsonValue* value) {
    std::vector<std::string> out;
    if (value == nullptr) return out;
    if (!value->is(Kind::array)) {
        if (!value->text.empty()) out.push_back(value->text);
        return out;
    }
    for (const auto& item : value->items) out.push_back(item.text);
    return out;
}

bool decides(std::string_view statement) {
    return statement == "limit" || statement == "quota" || statement == "ct count" || statement == "connlimit";
}

std::string limit_text(const JsonValue& body) {
    std::string text = "limit rate ";
    if (json_truth(body, "inv")) text += "over ";
    auto unit = json_text(body, "rate_unit");
    text += json_text(body, "rate");
    if (!unit.empty() && unit != "packets") text += " " + unit;
    const auto per = json_text(body, "per");
    text += "/" + (per.empty() ? "second" : per);
    const auto burst = json_text(body, "burst");
    if (!burst.empty() && burst != "0") {
        unit = json_text(body, "burst_unit");
        text += " burst " + burst + " " + (unit.empty() ? "packets" : unit);
    }
    return text;
}

std::string JsonRuleReader::written(const JsonValue& json) const {
    constexpr std::size_t longest = 120;
    auto bytes = text_.substr(json.begin, json.end - json.begin);
    std::string out;
    for (char c : bytes.substr(0, longest)) {
        if (c == '\n' || c == '\r' || c == '\t') c = ' ';
        if (c != ' ' || out.empty() || out.back() != ' ') out += c;
    }
    if (bytes.size() > longest) out += "…";
    return out;
}

ExpressionPtr JsonRuleReader::make(const JsonValue& json, decltype(Expression::is) is) const {
    auto e = std::make_unique<Expression>();
    e->is = std::move(is);
    e->span = span(json);
    return e;
}

ExpressionPtr JsonRuleReader::expression(const JsonValue& json) const {
    switch (json.kind) {
        case Kind::string:
            if (json.text.size() > 1 && json.text.front() == '@') return make(json, SetReference{json.text.substr(1)});
            if (json.text == "*") return make(json, Wildcard{});
            return make(json, Symbol{json.text, false});
        case Kind::number: return make(json, Symbol{json.text, false});
        case Kind::boolean: return make(json, Symbol{json.truth ? "1" : "0", false});
        case Kind::null: return make(json, UnknownExpression{"null"});
        case Kind::array: {
            FlagList list;
            for (const auto& item : json.items) list.parts.push_back(expression(item));
            return make(json, std::move(list));
        }
        case Kind::object: break;
    }
    decltype(Expression::is) is;
    if (json.members.size() == 1 && keyed_expression(json, json.members[0].first, json.members[0].second, is))
        return make(json, std::move(is));
    return make(json, UnknownExpression{written(json)});
}

bool JsonRuleReader::keyed_expression(const JsonValue& json, std::string_view key, const JsonValue& body,
                                      decltype(Expression::is)& out) const {
    auto text = [&](std::string_view k) { return json_text(body, k); };
    auto child = [&](std::string_view k) {
        const auto* v = body.find(k);
        return v != nullptr ? expression(*v) : make(json, UnknownExpression{"missing " + std::string(k)});
    };
    if (key == "payload") {
        if (body.find("base") != nullptr) {
            out = RawPayload{text("base"), json_number(body, "offset"), json_number(body, "len")};
        } else {
            const auto tunnel = text("tunnel");
            out = Payload{tunnel.empty() ? text("protocol") : tunnel + " " + text("protocol"), text("field")};
        }
        return true;
    }
    if (key == "meta") {
        out = Meta{text("key")};
        return true;
    }
    if (key == "ct") {
        Conntrack ct{text("key"), text("family"), text("dir")};
        for (const std::string family : {"ip", "ip6"})
            if (ct.key.rfind(family + " ", 0) == 0) {
                ct.key.erase(0, family.size() + 1);
                ct.family = family;
            }
        out = std::move(ct);
        return true;
    }
    if (key == "prefix") {
        out = PrefixExpression{child("addr"), json_number(body, "len")};
        return true;
    }
    if (key == "range" && body.items.size() == 2) {
        out = Range{expression(body.items[0]), expression(body.items[1])};
        return true;
    }
    if (key == "concat" && body.is(Kind::array)) {
        Concatenation c;
        for (const auto& item : body.items) c.parts.push_back(expression(item));
        out = std::move(c);
        return true;
    }
    if (key == "set") {
        AnonymousSet set;
        elements(body, false, set.elements);
        out = std::move(set);
        return true;
    }
    if (key == "map" || key == "vmap") {
        MapLookup lookup{child("key"), nullptr, key == "vmap"};
        const auto* data = body.find("data");
        if (data != nullptr && data->is(Kind::object) && data->find("set") != nullptr) {
            AnonymousSet set;
            elements(*data->find("set"), true, set.elements);
            lookup.map = make(*data, std::move(set));
        } else {
            lookup.map = child("data");
        }
        out = std::move(lookup);
        return true;
    }
    if (key == "elem") {
        const auto* value = body.find("val");
        if (value == nullptr) return false;
        out = std::move(expression(*value)->is);
        return true;
    }
    if (key == "&" || key == "|" || key == "^" || key == "<<" || key == ">>") {
        if (body.items.size() < 2) return false;
        auto left = expression(body.items[0]);
        for (std::size_t i = 1; i + 1 < body.items.size(); ++i)
            left = make(json, BinaryOperation{std::string(key), std::move(left), expression(body.items[i])});
        out = BinaryOperation{std::string(key), std::move(left), expression(body.items.back())};
        return true;
    }
    if (key == "fib") {
        Fib fib{json_list(body.find("flags")), text("result"), false};
        out = std::move(fib);
        return true;
    }
    if (key == "exthdr" || key == "tcp option" || key == "ip option" || key == "sctp chunk" || key == "dccp option") {
        ExtensionHeader header{std::string(key), text("name"), text("field")};
        if (body.find("base") != nullptr)
            header.field = "@" + text("base") + "," + text("offset") + "," + text("len");
        else if (!text("offset").empty() && text("offset") != "0")
            header.field += "[" + text("offset") + "]";
        if (header.kind == "exthdr") header.kind = "exthdr";
        out = std::move(header);
        return true;
    }
    if (key == "rt") {
        out = Routing{text("key"), text("family")};
        return true;
    }
    if (key == "socket") {
        out = Socket{text("key")};
        return true;
    }
    if (key == "osf") {
        const auto ttl = text("ttl");
        out = Osf{"osf " + (ttl.empty() ? "" : "ttl " + ttl + " ") + text("key")};
        return true;
    }
    if (key == "ipsec") {
        const auto index = text("spnum");
        const auto family = text("family");
        out = Ipsec{"ipsec " + text("dir") + (index.empty() ? "" : " spnum " + index) + " " +
                    (family.empty() ? "" : family + " ") + text("key")};
        return true;
    }
    if (key == "numgen" || key == "jhash" || key == "symhash") {
        NumberGenerator generator{
            text("mode"), json_number(body, "mod"), json_number(body, "offset"), key != "numgen", {}};
        generator.text = std::string(key);
        if (key == "numgen") generator.text += " " + generator.mode;
        if (const auto* hashed = body.find("expr")) generator.text += " " + print(*expression(*hashed));
        generator.text += " mod " + text("mod");
        if (const auto seed = text("seed"); !seed.empty()) generator.text += " seed " + seed;
        if (generator.offset != 0) generator.text += " offset " + text("offset");
        out = std::move(generator);
        return true;
    }
    if (key == "accept" || key == "drop" || key == "continue" || key == "return") {
        out = Verdict{std::string(key), {}};
        return true;
    }
    if ((key == "jump" || key == "goto") && body.find("target") != nullptr) {
        out = Verdict{std::string(key), text("target")};
        return true;
    }
    return false;
}

void JsonRuleReader::element_options(const JsonValue& json, Element& out) const {
    for (const auto& [name, value] : json.members) {
        if (name == "val") continue;
        if (name == "comment")
            out.comment = value.text;
        else if (name == "timeout")
            out.timeout = value.text;
        else if (name == "expires")
            out.expires = value.text;
        else {
            out.has_statements = true;
            out.statement_names.push_back(name);
        }
    }
}

Element JsonRuleReader::element(const JsonValue& json, bool map) const {
    Element out;
    out.span = span(json);
    const JsonValue* key = &json;
    if (map && json.is(Kind::array) && json.items.size() == 2) {
        out.data = expression(json.items[1]);
        key = &json.items[0];
    }
    const auto* elem = key->find("elem");
    if (elem != nullptr && key->members.size() == 1 && elem->find("val") != nullptr) {
        element_options(*elem, out);
        key = elem->find("val");
    }
    out.key = expression(*key);
    return out;
}

void JsonRuleReader::elements(const JsonValue& json, bool map, std::vector<Element>& out) const {
    if (!json.is(Kind::array)) {
        out.push_back(element(json, map));
        return;
    }
    out.reserve(out.size() + json.items.size());
    for (const auto& item : json.items) {
        // A pair in a plain set position is an anonymous map: libnftables-json(5), SET.
        const bool pair = item.is(Kind::array) && item.items.size() == 2;
        out.push_back(element(item, map || pair));
    }
}

Nat JsonRuleReader::nat(std::string_view kind, const JsonValue& body) const {
    Nat out;
    out.kind = kind;
    out.family = json_text(body, "family");
    if (const auto* address = body.find("addr")) out.address = expression(*address);
    if (const auto* port = body.find("port")) out.port = expression(*port);
    for (auto& flag : json_list(body.find("flags")))
        if (flag != "netmap") out.flags.push_back(std::move(flag));
    for (const auto& flag : json_list(body.find("type_flags"))) {
        out.prefix |= flag == "prefix";
        out.interval |= flag == "interval";
        out.address_and_port |= flag == "concat";
    }
    for (const auto& flag : json_list(body.find("flags"))) out.prefix |= flag == "netmap";
    return out;
}

bool JsonRuleReader::set_update(const JsonValue& body, bool map, SetUpdate& out) const {
    out.operation = json_text(body, "op");
    out.set = without_at(json_text(body, map ? "map" : "set"));
    const auto* elem = body.find("elem");
    if (elem == nullptr || out.set.empty()) return false;
    auto read = element(*elem, false);
    out.key = std::move(read.key);
    out.statement_names = std::move(read.statement_names);
    if (const auto* data = body.find("data")) out.data = expression(*data);
    std::string limits;
    if (const auto* statements = body.find("stmt"))
        for (const auto& item : statements->items)
            for (const auto& [name, value] : item.members) {
                out.statement_names.push_back(name);
                if (name == "limit") limits += " " + limit_text(value);
            }
    if (!limits.empty()) out.text = out.operation + " @" + out.set + " { " + print(*out.key) + limits + " }";
    return true;
}

Statement JsonRuleReader::statement(const JsonValue& json) {
    Statement out;
    out.span = span(json);
    if (json.is(Kind::string)) {
        if (!text_statement(json, out)) out.is = UnknownStatement{json.text};
        return out;
    }
    if (json.members.size() != 1 || !keyed_statement(json.members[0].first, json.members[0].second, out.is))
        out.is = UnknownStatement{written(json)};
    return out;
}

bool JsonRuleReader::keyed_statement(std::string_view key, const JsonValue& body, decltype(Statement::is)& out) const {
    auto text = [&](std::string_view k) { return json_text(body, k); };
    const bool has_map = body.find("map") != nullptr;
    if (key == "match") {
        const auto* left = body.find("left");
        const auto* right = body.find("right");
        if (left == nullptr || right == nullptr) return false;
        Match match{expression(*left), text("op"), expression(*right)};
        if (right->is(Kind::boolean) && compares_presence(*match.left))
            match.right->is = Symbol{right->truth ? "exists" : "missing", false};
        if (match.op == "in") match.op.clear();
        out = std::move(match);
        return true;
    }
    if (key == "accept" || key == "drop" || key == "continue" || key == "return") {
        out = VerdictStatement{Verdict{std::string(key), {}}};
        return true;
    }
    if (key == "jump" || key == "goto") {
        if (body.find("target") == nullptr) return false;
        out = VerdictStatement{Verdict{std::string(key), text("target")}};
        return true;
    }
    if (key == "vmap") {
        JsonValue wrapped;
        decltype(Expression::is) lookup;
        if (!keyed_expression(body, key, body, lookup)) return false;
        out = VerdictMapStatement{std::move(std::get<MapLookup>(lookup))};
        return true;
    }
    // `counter name ip saddr map {…}`: the object is looked up.
    const auto looked_up = has_map ? print(*expression(body)) : std::string();
    if (key == "counter") {
        out = Counter{has_map ? looked_up : body.is(Kind::string) ? body.text : ""};
        return true;
    }
    if (key == "mangle") {
        const auto* target = body.find("key");
        const auto* value = body.find("value");
        if (target == nullptr || value == nullptr) return false;
        out = Mangle{expression(*target), expression(*value)};
        return true;
    }
    if (key == "snat" || key == "dnat" || key == "masquerade" || key == "redirect") {
        out = nat(key, body);
        return true;
    }
    if (key == "limit") {
        if (has_map)
            out = Limit{false, {}, looked_up};
        else if (body.is(Kind::string))
            out = Limit{false, {}, body.text};
        else
            out = Limit{json_truth(body, "inv"), limit_text(body), {}};
        return true;
    }
    if (key == "quota") {
        if (has_map) {
            out = Quota{false, {}, looked_up};
        } else if (body.is(Kind::string)) {
            out = Quota{false, {}, body.text};
        } else {
            const bool over = json_truth(body, "inv");
            const auto unit = text("val_unit");
            out = Quota{
                over,
                std::string("quota ") + (over ? "over " : "") + text("val") + " " + (unit.empty() ? "bytes" : unit),
                {}};
        }
        return true;
    }
    if (key == "ct count") {
        const bool over = json_truth(body, "inv");
        out = ConnectionLimit{over, std::string("ct count ") + (over ? "over " : "") + text("val")};
        return true;
    }
    if (key == "reject") {
        const auto* code = body.find("expr");
        out = Reject{text("type"), code != nullptr ? print(*expression(*code)) : ""};
        return true;
    }
    if (key == "log") {
        std::string line = "log";
        for (const auto& [name, value] : body.members) {
            if (name == "prefix")
                line += " prefix \"" + value.text + "\"";
            else if (name == "flags")
                for (const auto& flag : json_list(&value)) line += " flags " + flag;
            else
                line += " " + name + " " + json_text(&value);
        }
        out = LogStatement{text("prefix"), std::move(line)};
        return true;
    }
    if (key == "queue") {
        bool bypass = false;
        std::string line = "queue";
        const char* separator = " flags ";
        for (const auto& flag : json_list(body.find("flags"))) {
            bypass |= flag == "bypass";
            line += separator + flag;
            separator = ",";
        }
        if (const auto* num = body.find("num")) line += " to " + print(*expression(*num));
        out = Queue{bypass, std::move(line)};
        return true;
    }
    if (key == "notrack") {
        out = Notrack{};
        return true;
    }
    if (key == "set" || key == "map") {
        SetUpdate update;
        if (!set_update(body, key == "map", update)) return false;
        out = std::move(update);
        return true;
    }
    if (key == "meter") {
        SetUpdate update;
        update.operation = "meter";
        update.set = text("name");
        if (const auto* k = body.find("key")) update.key = expression(*k);
        if (const auto* statement = body.find("stmt"))
            for (const auto& [name, value] : statement->members) {
                update.statement_names.push_back(name);
                if (name == "limit") update.text = limit_text(value);
            }
        out = std::move(update);
        return true;
    }
    if (key == "flow") {
        out = FlowOffload{without_at(text("flowtable"))};
        return true;
    }
    if (key == "tproxy") {
        TransparentProxy proxy;
        proxy.family = text("family");
        if (const auto* address = body.find("addr")) proxy.address = expression(*address);
        if (const auto* port = body.find("port")) proxy.port = expression(*port);
        out = std::move(proxy);
        return true;
    }
    if (key == "synproxy") {
        out = Synproxy{"synproxy"};
        return true;
    }
    if (key == "dup" || key == "fwd") {
        std::string line(key);
        for (const auto& [name, value] : body.members) line += " " + name + " " + print(*expression(value));
        out = Duplicate{std::string(key), std::move(line)};
        return true;
    }
    if (key == "ct helper" || key == "ct timeout" || key == "ct expectation" || key == "secmark" || key == "last") {
        if (!has_map) {
            out = ObjectStatement{std::string(key), std::string(key)};
        } else if (key.substr(0, 3) == "ct ") {  // `ct helper set udp dport map { … }`
            out = Mangle{make(body, Conntrack{std::string(key.substr(3)), "", ""}), expression(body)};
        } else {
            out = Mangle{make(body, Meta{std::string(key)}), expression(body)};
        }
        return true;
    }
    if (key == "xt") {
        out = XtStatement{text("type"), text("name")};
        return true;
    }
    return false;
}

}  // namespace egresslint::dialects::nftables
