// SPDX-License-Identifier: Apache-2.0
// The words of one rule, read as getopt_long(3) reads them for iptables: base options first, then those of the matches
// in the order they were loaded, then those of the target, then those of the protocol's own match, which loads itself.
// Long options may be cut short as long as they stay unambiguous.
#include <algorithm>
#include <array>
#include <optional>

#include "dialects/iptables/lower.hpp"
#include "families/names.hpp"

namespace egresslint::dialects::iptables {
namespace {

using namespace egresslint::model;
namespace names = families::names;

enum class Base : std::uint8_t {
    protocol,
    source,
    destination,
    in,
    out,
    fragment,
    match,
    jump,
    go,
    ipv4,
    ipv6,
    counters,
    table,
    wait,
    quiet
};
struct BaseOption {
    char letter;
    std::string_view name;
    Base what;
};
constexpr auto base_options = std::to_array<BaseOption>({
    {'p', "--protocol", Base::protocol},
    {'p', "--proto", Base::protocol},
    {'s', "--source", Base::source},
    {'s', "--src", Base::source},
    {'d', "--destination", Base::destination},
    {'d', "--dst", Base::destination},
    {'i', "--in-interface", Base::in},
    {'o', "--out-interface", Base::out},
    {'f', "--fragments", Base::fragment},
    {'f', "--fragment", Base::fragment},
    {'m', "--match", Base::match},
    {'j', "--jump", Base::jump},
    {'g', "--goto", Base::go},
    {'4', "--ipv4", Base::ipv4},
    {'6', "--ipv6", Base::ipv6},
    {'c', "--set-counters", Base::counters},
    {'t', "--table", Base::table},
    {'w', "--wait", Base::wait},
    {'v', "--verbose", Base::quiet},
    {'n', "--numeric", Base::quiet},
    {'x', "--exact", Base::quiet},
});

class Parser {
public:
    Parser(Context& c, const Extensions& extensions, const TableText& table, const std::vector<Word>& words,
           ParsedRule& rule)
        : c_(c), extensions_(extensions), table_(table), words_(words), rule_(rule) {
        rule_.parts.clear();
        rule_.matches.clear();
        rule_.known.clear();
        rule_.target = {};
        rule_.jump = {};
        rule_.jump_span = {};
        rule_.is_goto = rule_.other_family = false;
        rule_.malformed.clear();
        rule_.chain = nullptr;
    }

    void run() {
        while (at_ < words_.size() && rule_.malformed.empty()) step();
        if (negated_) fail("'!' has nothing to negate");
    }

private:
    void fail(std::string why) {
        if (!rule_.malformed.empty()) return;
        rule_.malformed = std::move(why);
        rule_.malformed_at = at_ < words_.size() ? words_[at_].span : words_.empty() ? c_.line : words_.back().span;
    }
    [[nodiscard]] bool at_bang() const { return at_ < words_.size() && !words_[at_].quoted && words_[at_].text == "!"; }

    void step() {
        const auto& word = words_[at_];
        if (at_bang()) {
            if (negated_) return fail("'!' stands twice");
            negated_ = true;
            ++at_;
            return;
        }
        if (word.quoted || word.text.size() < 2 || word.text.front() != '-')
            return fail("'" + std::string(word.text) + "' is no option");
        attached_ = {};
        if (word.text[1] != '-') return short_option(word);
        auto name = word.text;
        if (const auto equals = name.find('='); equals != std::string_view::npos) {
            attached_ = name.substr(equals + 1);
            name = name.substr(0, equals);
        }
        for (const auto& o : base_options)
            if (o.name == name) return base_option(o.what);
        if (extension_option(name, true)) return;
        if (implicit_match(name, true)) return;
        // Cut short.
        const BaseOption* base = nullptr;
        for (const auto& o : base_options)
            if (name.size() > 3 && o.name.starts_with(name)) base = &o;
        if (extension_option(name, false)) return;
        if (base != nullptr) return base_option(base->what);
        if (implicit_match(name, false)) return;
        unknown_option();
    }

    void short_option(const Word& word) {
        for (const auto& o : base_options) {
            if (o.letter != word.text[1]) continue;
            if (word.text.size() > 2) attached_ = word.text.substr(2);
            return base_option(o.what);
        }
        // Unknown matches print such things.
        unknown_option();
    }

    // -- base options

    /// The value of the option at `at_`, which moves behind it; old releases wrote the '!' between the two.
    bool value(std::string_view& out) {
        option_ = words_[at_].span;
        if (!attached_.empty()) {
            out = attached_;
            value_span_ = words_[at_].span;
            ++at_;
            return true;
        }
        ++at_;
        if (at_bang() && !negated_) {
            negated_ = true;
            ++at_;
        }
        if (at_ >= words_.size()) {
            fail("the value of '" + std::string(c_.sources.text(option_)) + "' is missing");
            return false;
        }
        out = words_[at_].text;
        value_span_ = words_[at_].span;
        ++at_;
        return true;
    }
    void take(ExprId e) {
        rule_.parts.push_back(negated_ ? c_.b.negate(e) : e);
        negated_ = false;
    }
    bool once(Base what) {
        const auto bit = 1u << static_cast<unsigned>(what);
        if ((seen_ & bit) != 0) {
            fail("'" + std::string(words_[at_].text) + "' is given twice");
            return false;
        }
        seen_ |= bit;
        return true;
    }

    void base_option(Base what) {
        std::string_view text;
        switch (what) {
            case Base::protocol:
                if (once(what) && value(text)) protocol(text);
                return;
            case Base::source:
            case Base::destination:
                if (once(what) && value(text)) addresses(text, what == Base::source);
                return;
            case Base::in:
            case Base::out:
                if (once(what) && value(text))
                    take(interface_match(c_, what == Base::in ? Field::in_if : Field::out_if, text));
                return;
            case Base::fragment:
                ++at_;
                return take(c_.b.unknown(c_.b.predicate("-f: not the first fragment", PredicateKind::packet)));
            case Base::match:
                if (negated_) return fail("'!' cannot stand before -m");
                if (!value(text)) return;
                if (text.starts_with("-")) return fail("'-m' names no match");
                return load(text);
            case Base::jump:
            case Base::go:
                if (!once(Base::jump)) return;
                if (negated_) return fail("'!' cannot stand before a target");
                if (!value(text)) return;
                rule_.jump = text;
                rule_.jump_span = value_span_;
                rule_.is_goto = what == Base::go;
                rule_.target.name = text;
                rule_.target.span = value_span_;
                rule_.chain = table_.find(text);
                if (rule_.chain == nullptr) {
                    rule_.target.target = extensions_.target(text);
                    if (words_.size() > at_) rule_.target.rows = extensions_.options_of_target(text);
                }
                return;
            case Base::ipv4:
            case Base::ipv6:
                rule_.other_family |= (what == Base::ipv4) != (c_.family == Family::v4);
                ++at_;
                return;
            case Base::counters: {
                std::string_view second;
                if (value(text) && text.find(',') == std::string_view::npos) {
                    --at_;
                    attached_ = {};
                    static_cast<void>(value(second));
                }
                return;
            }
            case Base::table:
                if (value(text) && text != c_.table) fail("-t names another table than the one this rule stands in");
                return;
            case Base::wait:
                ++at_;
                if (at_ < words_.size() && names::number(words_[at_].text)) ++at_;
                return;
            case Base::quiet: ++at_; return;
        }
    }

    void protocol(std::string_view text) {
        std::optional<std::uint8_t> number;
        if (text != "all" && text != "ALL" && text != "any") {
            if (text == "tcp")
                number = std::uint8_t{6};
            else if (text == "udp")
                number = std::uint8_t{17};
            else
                number = names::protocol(text);
            if (!number) return fail("protocol '" + std::string(text) + "' is not known");
        }
        if (!number || *number == 0) {
            if (negated_) return fail("a rule for no protocol at all never matches, and iptables refuses it");
            return;
        }
        if (!negated_) c_.protocol = number;
        take(c_.b.proto(*number));
    }

    void no_address(std::string_view text) {
        fail("'" + std::string(text) + "' is no address of IPv" + (c_.family == Family::v4 ? "4" : "6"));
    }
    void addresses(std::string_view text, bool source) {
        const auto field = source ? Field::src : Field::dst;
        if (const auto plain = plain_prefix(c_.family, text)) {
            if (!negated_) (source ? c_.source : c_.destination) = plain;
            return take(prefix_match(c_, field, View::current, *plain));
        }
        if (text.find(',') == std::string_view::npos) {
            const auto e = address_match(c_, field, View::current, text, value_span_);
            if (!e.valid()) return no_address(text);
            if (!negated_)
                if (const auto parsed = masked_address(c_.family, text))
                    (source ? c_.source : c_.destination) = parsed->prefix;
            return take(e);
        }
        std::vector<ExprId> either;
        if (negated_) return fail("'!' with several addresses is not allowed");
        for (auto rest = text;;) {
            const auto comma = rest.find(',');
            const auto part = rest.substr(0, comma);
            const auto e = address_match(c_, field, View::current, part, value_span_);
            if (!e.valid()) return no_address(part);
            either.push_back(e);
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
        take(c_.b.either(either));
    }

    // -- extensions

    void load(std::string_view name) {
        Instance instance;
        instance.name = name;
        instance.match = extensions_.match(name);
        instance.span = value_span_;
        if (instance.match == nullptr && name == "ipv6-icmp") instance.match = extensions_.match("icmp6");
        if (instance.match != nullptr) instance.rows = extensions_.options_of_match(instance.match->name);
        loaded(std::move(instance));
    }
    void loaded(Instance instance) {
        const auto number = static_cast<std::uint32_t>(rule_.matches.size());
        if (instance.match == nullptr) {
            last_unknown_ = number;
        } else {
            // An option goes to the last match of its kind, so one of each will do, however often it is loaded.
            const auto same = [&](std::uint32_t i) { return rule_.matches[i].match == instance.match; };
            std::erase_if(rule_.known, same);
            rule_.known.push_back(number);
        }
        rule_.matches.push_back(std::move(instance));
    }

    static const OptionRow* find(std::span<const OptionRow> rows, std::string_view name, bool exact) {
        const OptionRow* found = nullptr;
        for (const auto& row : rows) {
            if (row.name == name || row.alias == name) return &row;
            if (exact || name.size() < 4) continue;
            if (row.name.starts_with(name) || (!row.alias.empty() && row.alias.starts_with(name))) {
                if (found != nullptr) return nullptr;
                found = &row;
            }
        }
        return exact ? nullptr : found;
    }

    bool extension_option(std::string_view name, bool exact) {
        for (auto it = rule_.known.rbegin(); it != rule_.known.rend(); ++it) {
            auto& instance = rule_.matches[*it];
            if (const auto* row = find(instance.rows, name, exact)) {
                option(*row, instance);
                return true;
            }
        }
        if (const auto* row = find(rule_.target.rows, name, exact)) {
            option(*row, rule_.target);
            return true;
        }
        return false;
    }

    bool implicit_match(std::string_view name, bool exact) {
        if (!c_.protocol) return false;
        static constexpr std::array<std::pair<std::uint8_t, std::string_view>, 10> own = {{{6, "tcp"},
                                                                                           {17, "udp"},
                                                                                           {1, "icmp"},
                                                                                           {58, "icmp6"},
                                                                                           {132, "sctp"},
                                                                                           {33, "dccp"},
                                                                                           {136, "udplite"},
                                                                                           {50, "esp"},
                                                                                           {51, "ah"},
                                                                                           {135, "mh"}}};
        for (const auto& [number, match] : own) {
            if (number != *c_.protocol) continue;
            const auto* row = find(extensions_.options_of_match(match), name, exact);
            if (row == nullptr) return false;
            Instance instance;
            instance.name = match;
            instance.match = extensions_.match(match);
            instance.rows = extensions_.options_of_match(match);
            instance.span = words_[at_].span;
            loaded(std::move(instance));
            option(*row, rule_.matches.back());
            return true;
        }
        return false;
    }

    void option(const OptionRow& row, Instance& instance) {
        Option o;
        o.row = &row;
        o.span = words_[at_].span;
        if (negated_ && !row.negatable) return fail("'!' is not allowed before " + std::string(row.name));
        if (row.args == 0) {
            o.negated = negated_;
            negated_ = false;
            ++at_;
            instance.options.push_back(std::move(o));
            return;
        }
        std::string_view text;
        const auto attached = attached_;
        if (!value(text)) return;
        o.args[0] = text;
        if (row.args == 2) {
            if (!attached.empty() || at_ >= words_.size())
                return fail("the second value of " + std::string(row.name) + " is missing");
            o.args[1] = words_[at_].text;
            value_span_ = words_[at_].span;
            ++at_;
        }
        if (negated_ && !row.negatable) return fail("'!' is not allowed before " + std::string(row.name));
        o.negated = negated_;
        negated_ = false;
        o.span.end = value_span_.end;
        instance.options.push_back(std::move(o));
    }

    /// An option nobody knows: it belongs to the last match that nobody knows, else to the target if nobody knows that,
    /// else the rule is not one that iptables would take. Its values are the words up to the next option.
    void unknown_option() {
        Instance* owner = nullptr;
        if (last_unknown_) owner = &rule_.matches[*last_unknown_];
        const bool unknown_target = !rule_.jump.empty() && rule_.target.target == nullptr && rule_.chain == nullptr;
        if (owner == nullptr && !unknown_target)
            return fail("option '" + std::string(words_[at_].text) + "' is not known here");
        Option o;
        static constexpr OptionRow unknown{"", "", "", 1, true, nullptr};
        o.row = &unknown;
        o.negated = negated_;
        negated_ = false;
        o.span = words_[at_].span;
        o.unknown = words_[at_].text;
        ++at_;
        while (at_ < words_.size() &&
               (words_[at_].quoted || (!words_[at_].text.starts_with("-") && words_[at_].text != "!"))) {
            o.unknown.append(" ").append(words_[at_].text);
            o.span.end = words_[at_].span.end;
            ++at_;
        }
        (owner != nullptr ? *owner : rule_.target).options.push_back(std::move(o));
    }

    Context& c_;
    const Extensions& extensions_;
    const TableText& table_;
    const std::vector<Word>& words_;
    ParsedRule& rule_;
    std::optional<std::uint32_t> last_unknown_;
    std::size_t at_ = 0;
    bool negated_ = false;
    unsigned seen_ = 0;
    std::string_view attached_;
    base::Span option_;
    base::Span value_span_;
};

}  // namespace

void parse_rule(Context& c, const Extensions& extensions, const TableText& table, const std::vector<Word>& words,
                ParsedRule& rule) {
    Parser(c, extensions, table, words, rule).run();
}

}  // namespace egresslint::dialects::iptables
