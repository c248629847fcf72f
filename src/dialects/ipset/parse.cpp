// SPDX-License-Identifier: Apache-2.0
// `ipset save` text -> Sets. Also the older spellings -N, -A and -D, which ipset(8) still takes.
#include <algorithm>
#include <utility>

#include "dialects/ipset/sets.hpp"
#include "families/names.hpp"
#include "grammars/ipset.hpp"

namespace egresslint::dialects::ipset {

const SetDefinition* Sets::find(std::string_view name) const {
    const auto it = index_.find(std::string(name));
    return it == index_.end() ? nullptr : &sets_[it->second];
}
SetDefinition* Sets::find(std::string_view name) {
    const auto it = index_.find(std::string(name));
    return it == index_.end() ? nullptr : &sets_[it->second];
}
SetDefinition* Sets::add(SetDefinition set) {
    auto [it, fresh] = index_.try_emplace(set.name, sets_.size());
    if (!fresh) return nullptr;
    sets_.push_back(std::move(set));
    return &sets_.back();
}
void Sets::remove(std::string_view name) {
    const auto it = index_.find(std::string(name));
    if (it == index_.end()) return;
    sets_.erase(sets_.begin() + static_cast<std::ptrdiff_t>(it->second));
    index_.clear();
    for (std::size_t i = 0; i < sets_.size(); ++i) index_.emplace(sets_[i].name, i);
}

namespace {

namespace names = families::names;
namespace pegtl = tao::pegtl;
using base::Diagnostic;
using base::Family;
using base::Interval;
using base::Span;

struct Word {
    std::string_view text;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto at = text.find(by);
        out.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        text.remove_prefix(at + 1);
    }
}

/// "10.0.0.1", "10.0.0.0/24", "10.0.0.1-10.0.0.9"; the length of what is no prefix is the full one.
struct Range {
    Interval values;
    std::uint8_t length = 0;
    Family family = Family::v4;
};
std::optional<Range> address_range(std::string_view text) {
    // ipset(8): an address may stand in brackets to keep it apart from what follows.
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        const auto a = base::parse_address(text.substr(0, dash));
        const auto b = base::parse_address(text.substr(dash + 1));
        if (!a || !b || a->family != b->family || a->bits > b->bits) return std::nullopt;
        return Range{{a->bits, b->bits}, static_cast<std::uint8_t>(base::address_bits(a->family)), a->family};
    }
    const auto p = base::parse_prefix(text);
    if (!p) return std::nullopt;
    return Range{{p->first(), p->last()}, p->length, p->base.family};
}

class Reader {
public:
    Reader(base::FileId file, std::string_view text, Sets& sets, base::Diagnostics& diagnostics)
        : file_(file), text_(text), sets_(sets), diagnostics_(diagnostics) {}

    void word(const char* begin, const char* end) {
        words_.push_back({std::string_view(begin, static_cast<std::size_t>(end - begin)),
                          static_cast<std::uint32_t>(begin - text_.data()),
                          static_cast<std::uint32_t>(end - text_.data())});
    }
    void end_of_line() {
        if (!words_.empty()) command();
        words_.clear();
    }

private:
    [[nodiscard]] Span span() const { return {file_, words_.front().begin, words_.back().end}; }
    [[nodiscard]] Span span(const Word& w) const { return {file_, w.begin, w.end}; }
    void report(Span where, std::string message) {
        Diagnostic d;
        d.kind = Diagnostic::Kind::not_understood;
        d.code = "EL901";
        d.span = where;
        d.message = std::move(message);
        diagnostics_.push_back(std::move(d));
    }

    void command() {
        // Options of the tool, not of the set.
        std::erase_if(words_,
                      [](const Word& w) { return w.text == "-exist" || w.text == "-!" || w.text == "--exist"; });
        if (words_.empty()) return;
        const auto verb = words_[0].text;
        if (verb == "create" || verb == "-N" || verb == "n" || verb == "new") return create();
        if (verb == "add" || verb == "-A" || verb == "a") return element(true);
        if (verb == "del" || verb == "-D" || verb == "d") return element(false);
        if (verb == "COMMIT" || verb == "quit") return;
        if ((verb == "destroy" || verb == "-X" || verb == "x") && words_.size() == 2)
            return sets_.remove(words_[1].text);
        if ((verb == "flush" || verb == "-F" || verb == "f") && words_.size() == 2) {
            if (auto* set = sets_.find(words_[1].text)) set->elements.clear();
            return;
        }
        report(span(), "'" + std::string(verb) + "' is no line of `ipset save`; the sets may differ from what is read");
    }

    void create() {
        if (words_.size() < 3) return report(span(), "a set is created without a name and a type");
        SetDefinition set;
        set.name = words_[1].text;
        set.type = words_[2].text;
        set.span = span();
        static const std::vector<std::pair<std::string_view, std::string_view>> old_types = {
            {"ipmap", "bitmap:ip"},
            {"macipmap", "bitmap:ip,mac"},
            {"portmap", "bitmap:port"},
            {"iphash", "hash:ip"},
            {"nethash", "hash:net"},
            {"ipporthash", "hash:ip,port"},
            {"ipportiphash", "hash:ip,port,ip"},
            {"ipportnethash", "hash:ip,port,net"},
            {"iptree", "hash:ip"},
            {"iptreemap", "hash:ip"},
            {"setlist", "list:set"}};
        for (const auto& [old, now] : old_types)
            if (set.type == old) set.type = now;
        const std::string_view type = set.type;
        const auto colon = type.find(':');
        bool ok = colon != std::string_view::npos;
        if (ok) {
            for (auto part : split(type.substr(colon + 1), ',')) {
                if (part == "ip")
                    set.parts.push_back(Part::ip);
                else if (part == "net")
                    set.parts.push_back(Part::net);
                else if (part == "port")
                    set.parts.push_back(Part::port);
                else if (part == "mac")
                    set.parts.push_back(Part::mac);
                else if (part == "mark")
                    set.parts.push_back(Part::mark);
                else if (part == "iface")
                    set.parts.push_back(Part::iface);
                else if (part == "set")
                    set.parts.push_back(Part::set);
                else
                    ok = false;
            }
        }
        static const std::vector<std::string_view> known = {
            "hash:ip",      "hash:net",          "hash:ip,port", "hash:ip,port,ip", "hash:ip,port,net", "hash:net,port",
            "hash:net,net", "hash:net,port,net", "hash:ip,mark", "hash:net,iface",  "hash:mac",         "hash:ip,mac",
            "bitmap:ip",    "bitmap:ip,mac",     "bitmap:port",  "list:set"};
        ok = ok && std::find(known.begin(), known.end(), type) != known.end();
        if (!ok) {
            report(span(words_[2]),
                   "set type " + set.type + " is not known; what is in set " + set.name + " is unknown");
            set.not_understood = true;
        }
        set.any_family = type == "bitmap:port" || type == "hash:mac" || type == "list:set";
        for (std::size_t i = 3; i < words_.size(); ++i) create_option(set, i);
        if (sets_.find(set.name) != nullptr) {
            report(set.span, "set " + set.name + " is created twice; the first one stands");
            return;
        }
        sets_.add(std::move(set));
    }

    void create_option(SetDefinition& set, std::size_t& i) {
        const auto option = words_[i].text;
        const auto value = i + 1 < words_.size() ? words_[i + 1].text : std::string_view{};
        auto is = [&](std::initializer_list<std::string_view> list) {
            return std::find(list.begin(), list.end(), option) != list.end();
        };
        if (is({"counters", "comment", "skbinfo", "forceadd"})) return;
        ++i;  // the rest takes a value
        if (is({"hashsize", "maxelem", "bucketsize", "initval", "size", "probes", "resize", "--hashsize", "--maxelem",
                "--probes", "--resize", "--size", "gc"}))
            return;
        if (is({"range", "--range", "--network", "from", "--from", "to", "--to"})) return;  // bounds what can be added
        if (is({"family", "-6", "-4"})) {
            if (value == "inet6" || value == "ipv6") set.family = Family::v6;
            return;
        }
        if (is({"timeout", "--timeout"})) {
            set.timeout = true;
            return;
        }
        if (const auto n = names::number(value); n && is({"netmask", "--netmask"})) {
            set.netmask = static_cast<std::uint8_t>(std::min<std::uint64_t>(*n, 128));
            return;
        } else if (n && is({"markmask"})) {
            set.mark_mask = static_cast<std::uint32_t>(*n);
            return;
        }
        --i;
        report(span(words_[i]),
               "option '" + std::string(option) + "' of set " + set.name + " is not known; its contents are unknown");
        set.not_understood = true;
    }

    void element(bool adds) {
        if (words_.size() < 3) return report(span(), "an element needs a set and a value");
        auto* set = sets_.find(words_[1].text);
        if (set == nullptr)
            return report(span(words_[1]), "set " + std::string(words_[1].text) + " is not created before this line");
        if (set->not_understood) return;
        Element e;
        const auto at = set->names.size();
        if (!values(*set, e) || !options(*set, e)) {
            report(span(), "element of set " + set->name + " is not understood; its contents are unknown");
            set->not_understood = true;
            return;
        }
        if (adds) {
            set->elements.push_back(e);
            return;
        }
        auto same = [&](const Element& x) {
            return x.address == e.address && x.address2 == e.address2 && x.proto == e.proto &&
                   x.port_first == e.port_first && x.port_last == e.port_last && x.mark == e.mark &&
                   (set->names.size() == at || set->names[x.name] == set->names[e.name]);
        };
        std::erase_if(set->elements, same);
    }

    bool values(SetDefinition& set, Element& e) {
        const auto parts = split(words_[2].text, ',');
        bool first_address = true;
        for (std::size_t i = 0; i < set.parts.size(); ++i) {
            const auto part = set.parts[i];
            if (i >= parts.size()) return part == Part::mac && set.type == "bitmap:ip,mac";
            const auto text = parts[i];
            switch (part) {
                case Part::ip:
                case Part::net: {
                    auto range = address_range(text);
                    if (!range || range->family != set.family) return false;
                    if (part == Part::ip && set.netmask != 0 && range->values.first == range->values.last) {
                        const auto p = base::make_prefix({set.family, range->values.first}, set.netmask);
                        range->values = {p.first(), p.last()};
                    }
                    (first_address ? e.address : e.address2) = range->values;
                    (first_address ? e.length : e.length2) = range->length;
                    first_address = false;
                    break;
                }
                case Part::port:
                    if (!port(set, text, e)) return false;
                    break;
                case Part::mac: e.has_mac = true; break;
                case Part::mark: {
                    const auto n = names::number(text);
                    if (!n || *n > 0xffffffffu) return false;
                    e.mark = static_cast<std::uint32_t>(*n);
                    break;
                }
                case Part::iface: {
                    auto name = text;
                    if (name.starts_with("physdev:")) {
                        e.physical = true;
                        name.remove_prefix(8);
                    }
                    e.name = static_cast<std::uint32_t>(set.names.size());
                    set.names.emplace_back(name);
                    break;
                }
                case Part::set:
                    e.name = static_cast<std::uint32_t>(set.names.size());
                    set.names.emplace_back(text);
                    break;
            }
        }
        return parts.size() <= set.parts.size();
    }

    /// [proto:]port[-port]; tcp when no protocol is named, ICMP as type/code or by name, other protocols port 0.
    static bool port(const SetDefinition& set, std::string_view text, Element& e) {
        e.proto = 6;
        if (set.type == "bitmap:port") e.proto = 0;
        if (const auto colon = text.find(':'); colon != std::string_view::npos) {
            const auto p = names::protocol(text.substr(0, colon));
            if (!p) return false;
            if (set.type != "bitmap:port") e.proto = *p;
            text.remove_prefix(colon + 1);
        }
        if (e.proto == 1 || e.proto == 58) {
            const auto type = e.proto == 1 ? names::icmp(text) : names::icmpv6(text);
            if (!type) return false;
            const auto code = type->code_first == type->code_last ? type->code_first : std::uint8_t{0};
            e.port_first = e.port_last = static_cast<std::uint16_t>(type->type << 8 | code);
            return true;
        }
        const auto dash = text.find('-');
        auto first = names::service(text.substr(0, dash));
        auto last = dash == std::string_view::npos ? first : names::service(text.substr(dash + 1));
        if (!first) {  // service names may hold a dash
            first = last = names::service(text);
        }
        if (!first || !last || *first > *last) return false;
        e.port_first = *first;
        e.port_last = *last;
        return true;
    }

    bool options(const SetDefinition& set, Element& e) {
        e.timed = set.timeout;
        for (std::size_t i = 3; i < words_.size(); ++i) {
            const auto option = words_[i].text;
            if (option == "nomatch") {
                e.nomatch = true;
                continue;
            }
            if (option == "wildcard") {
                e.wildcard = true;
                continue;
            }
            if (i + 1 >= words_.size()) return false;
            const auto value = words_[++i].text;
            if (option == "timeout" || option == "--timeout")
                e.timed = value != "0";
            else if (option == "before" || option == "after" || option == "packets" || option == "bytes" ||
                     option == "comment" || option == "skbmark" || option == "skbprio" || option == "skbqueue")
                continue;
            else
                return false;
        }
        return true;
    }

    base::FileId file_;
    std::string_view text_;
    Sets& sets_;
    base::Diagnostics& diagnostics_;
    std::vector<Word> words_;
};

template <class Rule>
struct Action : pegtl::nothing<Rule> {};
template <>
struct Action<grammar::ipset::plain> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.word(in.begin(), in.end());
    }
};
template <>
struct Action<grammar::ipset::quoted> {
    template <class Input>
    static void apply(const Input& in, Reader& reader) {
        reader.word(in.begin() + 1, in.end() - 1);
    }
};
template <>
struct Action<grammar::ipset::line_end> {
    static void apply0(Reader& reader) { reader.end_of_line(); }
};

}  // namespace

void parse(const base::Sources& sources, base::Span part, Sets& sets, base::Diagnostics& diagnostics) {
    const auto text = sources.text(part.file);
    Reader reader(part.file, text, sets, diagnostics);
    pegtl::memory_input<pegtl::tracking_mode::lazy> in(text.data() + part.begin, text.data() + part.end, "");
    pegtl::parse<grammar::ipset::file, Action>(in, reader);
}

void parse(const base::Sources& sources, base::FileId file, Sets& sets, base::Diagnostics& diagnostics) {
    parse(sources, base::Span{file, 0, static_cast<std::uint32_t>(sources.text(file).size())}, sets, diagnostics);
}

}  // namespace egresslint::dialects::ipset
