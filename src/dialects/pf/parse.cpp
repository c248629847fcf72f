// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dialects/pf/rules.hpp"

namespace egresslint::dialects::pf {
namespace {

constexpr unsigned deepest_anchors = 32;

/// Options with so many words behind them that decide nothing about a packet.
constexpr std::pair<std::string_view, int> inert_words[] = {
    {"label", 1},   {"queue", -1},   {"ridentifier", 1}, {"allow-opts", 0}, {"once", 0},  {"prio", 1},
    {"dnpipe", -1}, {"dnqueue", -1}, {"min-ttl", 1},     {"max-mss", 1},    {"no-df", 0}, {"random-id", 0}};

class Parser {
public:
    Parser(const base::Sources& sources, std::vector<Token> tokens, Ruleset& out, base::Diagnostics& diagnostics)
        : sources_(sources), tokens_(std::move(tokens)), out_(out), diagnostics_(diagnostics) {}

    bool run() {
        block(out_.rules, 0);
        return !fatal_;
    }

private:
    [[nodiscard]] const Token& now() const { return tokens_[std::min(at_, tokens_.size() - 1)]; }
    [[nodiscard]] bool done() const { return at_ >= tokens_.size(); }
    [[nodiscard]] bool at_end() const { return done() || tokens_[at_].end; }
    [[nodiscard]] bool is(std::string_view word) const {
        return !at_end() && !now().string && !now().table && now().text == word;
    }
    bool take(std::string_view word) {
        if (!is(word)) return false;
        ++at_;
        return true;
    }
    std::string word() {
        if (at_end()) return "";
        return tokens_[at_++].text;
    }
    void skip_statement() {
        while (!at_end()) ++at_;
        if (!done()) ++at_;
    }
    [[nodiscard]] Span statement_span(std::size_t from) const {
        std::size_t last = at_ > from ? at_ - 1 : from;
        while (last > from && tokens_[last].end) --last;
        Span out = tokens_[from].span;
        if (last < tokens_.size() && tokens_[last].span.file == out.file)
            out.end = std::max(out.end, tokens_[last].span.end);
        return out;
    }

    /// Statements up to the brace that closes an anchor.
    void block(std::vector<Rule>& rules, unsigned depth) {
        while (!done() && !fatal_) {
            if (tokens_[at_].end) {
                ++at_;
                continue;
            }
            if (is("}")) {
                skip_statement();
                if (depth > 0) return;
                continue;
            }
            statement(rules, depth);
        }
        if (depth > 0 && !fatal_) {
            base::Diagnostic d;
            d.kind = base::Diagnostic::Kind::fatal;
            d.span = tokens_.empty() ? Span{} : tokens_.back().span;
            d.message = "an anchor's brace does not end: the text is cut";
            diagnostics_.push_back(std::move(d));
            fatal_ = true;
        }
    }

    void statement(std::vector<Rule>& rules, unsigned depth) {
        const std::size_t begin = at_;
        if (take("set")) return option(begin);
        if (take("table")) return table(begin);
        for (const std::string_view inert : {"scrub", "queue", "altq", "timeout", "ether"})
            if (is(inert)) {
                // `scrub` rules of old put packets together again; `no scrub` is one of them.
                return skip_statement();
            }
        if (is("include") || is("load")) {
            const bool include = is("include");
            skip_statement();
            base::Diagnostic d;
            d.kind = base::Diagnostic::Kind::incomplete;
            d.code = "EL903";
            d.span = statement_span(begin);
            d.message = include ? "what this file includes is not read" : "what is loaded into anchors is not read";
            diagnostics_.push_back(std::move(d));
            return;
        }
        Rule rule;
        if (take("no")) rule.no = true;
        const std::string first = now().text;
        if (rule.no && first == "scrub") return skip_statement();
        constexpr std::array<std::string_view, 11> actions{"pass",       "block",      "match",       "nat",
                                                           "rdr",        "binat",      "antispoof",   "anchor",
                                                           "nat-anchor", "rdr-anchor", "binat-anchor"};
        if (at_end() || std::find(actions.begin(), actions.end(), first) == actions.end()) {
            skip_statement();
            not_understood(diagnostics_, statement_span(begin),
                           fmt::format("\"{}\" begins no statement of pf.conf", first));
            return;
        }
        ++at_;
        rule.action = first;
        if (first == "antispoof")
            antispoof(rule);
        else if (first.ends_with("anchor"))
            anchor(rule, depth);
        else
            body(rule);
        if (!at_inner_ && !at_end()) strange(rule);
        if (!done() && !at_inner_) ++at_;
        rule.span = statement_span(begin);
        if (rule.has_block) rule.span = {rule.span.file, rule.span.begin, header_end_};
        at_inner_ = false;
        rules.push_back(std::move(rule));
    }

    void option(std::size_t begin) {
        if (take("skip")) {
            take("on");
            interfaces(out_.skipped);
        } else if (take("block-policy")) {
            out_.block_returns = word() == "return";
        } else if (take("ruleset-optimization") || take("state-policy")) {
        }
        static_cast<void>(begin);
        skip_statement();
    }

    void table(std::size_t begin) {
        if (at_end() || !now().table) {
            skip_statement();
            not_understood(diagnostics_, statement_span(begin), "this table has no name");
            return;
        }
        Table& t = out_.tables[word()];
        t.span = statement_span(begin);
        while (!at_end()) {
            if (take("persist") || take("const") || take("counters") || take("debug")) {
                // What persists may be filled at run time; what nothing but the file fills is as the file has it.
                if (tokens_[at_ - 1].text == "persist" && t.members.empty())
                    t.unknown = true, t.why = "it is filled at run time";
                if (tokens_[at_ - 1].text == "const") t.unknown = false;
            } else if (take("file")) {
                t.unknown = true;
                t.why = fmt::format("the file {} is not read", word());
            } else if (take("{")) {
                while (!at_end() && !is("}")) {
                    if (take(",")) continue;
                    t.members.push_back(host());
                }
                take("}");
                if (t.why == "it is filled at run time") t.unknown = false;
            } else {
                not_understood(diagnostics_, now().span,
                               fmt::format("\"{}\" of a table is not understood", now().text));
                t.unknown = true;
                ++at_;
            }
        }
        skip_statement();
    }

    // -- pieces

    Host host() {
        Host h;
        h.span = now().span;
        while (take("!")) h.negated = !h.negated;
        if (!at_end() && now().table) {
            h.table = true;
            h.text = word();
            return h;
        }
        if (take("(")) {
            h.dynamic = true;
            h.text = word();
            while (!at_end() && !is(")")) h.text += word();
            take(")");
            if (!at_end() && now().text.starts_with("/")) h.text += word();
            return h;
        }
        h.text = word();
        if (is("-")) {
            ++at_;
            h.last = word();
        } else if (const auto dash = h.text.find('-'); dash != std::string::npos && dash > 0 && h.text[0] >= '0' &&
                                                       h.text[0] <= '9' && h.text.find('.') != std::string::npos) {
            h.last = h.text.substr(dash + 1);
            h.text.resize(dash);
        }
        return h;
    }
    /// One item, or a list of them in braces; lists may stand in lists.
    template <class Take>
    void list(const Take& one, unsigned depth = 0) {
        if (!take("{")) return one();
        while (!at_end() && !is("}")) {
            if (take(",")) continue;
            if (is("{") && depth < 8) {
                list(one, depth + 1);
                continue;
            }
            const std::size_t before = at_;
            one();
            if (at_ == before) ++at_;
        }
        take("}");
    }
    void hosts(std::vector<Host>& to) {
        list([&] { to.push_back(host()); });
    }
    void interfaces(std::vector<Item>& to) {
        list([&] {
            Item i;
            i.span = now().span;
            while (take("!")) i.negated = !i.negated;
            const bool dynamic = take("(");
            i.text = word();
            if (dynamic) take(")");
            if (i.text == "rdomain") i.text += " " + word();
            to.push_back(std::move(i));
        });
    }
    void ports(std::vector<Port>& to) {
        list([&] { to.push_back(port()); });
    }
    Port port() {
        Port p;
        p.span = now().span;
        for (const std::string_view op : {"=", "!=", "<", ">", "<=", ">=", "!"})
            if (take(op)) {
                p.op = op;
                if (op == "!") take("="), p.op = "!=";
                break;
            }
        p.first = word();
        if (const auto colon = p.first.find(':'); colon != std::string::npos) {
            p.op = ":";
            p.last = p.first.substr(colon + 1);
            p.first.resize(colon);
            if (p.last.empty() && !at_end() && !is("}") && !is(",")) p.last = word();
        } else if (is("<>") || is("><")) {
            p.op = word();
            p.last = word();
        }
        return p;
    }
    void end_point(std::vector<Host>& hosts_of, std::vector<Port>& ports_of) {
        if (!is("port") && !is("os")) hosts(hosts_of);
        if (take("port")) ports(ports_of);
    }

    void antispoof(Rule& rule) {
        while (!at_end()) {
            if (take("log"))
                rule.log = true, parenthesis();
            else if (take("quick"))
                rule.quick = true;
            else if (take("for"))
                interfaces(rule.interfaces);
            else if (is("inet") || is("inet6"))
                rule.family = word();
            else if (take("label"))
                word();
            else
                return;
        }
    }

    void anchor(Rule& rule, unsigned depth) {
        if (!at_end() && now().string)
            rule.name = word();
        else if (!at_end() && !is("in") && !is("out") && !is("on") && !is("{") && !is("quick"))
            rule.name = word();
        if (rule.action == "anchor") {
            body(rule);
            if (take("{")) {
                rule.has_block = true;
                header_end_ = tokens_[at_ - 1].span.begin;
                if (!done() && tokens_[at_].end) ++at_;
                if (depth >= deepest_anchors) {
                    base::Diagnostic d;
                    d.kind = base::Diagnostic::Kind::fatal;
                    d.span = tokens_[at_ - 1].span;
                    d.message = "anchors are nested too deeply";
                    diagnostics_.push_back(std::move(d));
                    fatal_ = true;
                    return;
                }
                block(rule.rules, depth + 1);
                at_inner_ = true;
            }
        } else {
            while (!at_end()) ++at_;
        }
    }

    /// "(all, user)" behind `log`; whatever stands in parentheses.
    std::string parenthesis() {
        std::string out;
        if (!take("(")) return out;
        unsigned depth = 1;
        while (!at_end() && depth > 0) {
            if (is("(")) ++depth;
            if (is(")") && --depth == 0) break;
            out += (out.empty() ? "" : " ") + word();
        }
        take(")");
        return out;
    }

    void body(Rule& rule) {
        if ((rule.action == "nat" || rule.action == "rdr" || rule.action == "binat") && take("pass")) rule.pass = true;
        if (rule.action == "block") block_kind(rule);
        while (!at_end() && !is("{") && piece(rule)) {
        }
    }
    void block_kind(Rule& rule) {
        if (take("drop")) rule.block = "drop";
        for (const std::string_view kind : {"return", "return-rst", "return-icmp", "return-icmp6"})
            if (take(kind)) {
                rule.block = "return";
                parenthesis();
            }
    }

    /// False at a word that nothing of a rule begins with.
    bool piece(Rule& rule) {
        if (is("in") || is("out")) {
            rule.direction = word();
        } else if (take("log")) {
            rule.log = true;
            parenthesis();
        } else if (take("quick")) {
            rule.quick = true;
        } else if (take("on")) {
            interfaces(rule.interfaces);
        } else if (is("inet") || is("inet6")) {
            rule.family = word();
        } else if (take("proto")) {
            list([&] {
                rule.protocols.push_back({now().text, false, now().span});
                ++at_;
            });
        } else if (take("all")) {
        } else if (take("from")) {
            end_point(rule.from, rule.from_ports);
            if (take("os")) doubt(rule, "os", "packet", 1);
        } else if (take("to")) {
            end_point(rule.to, rule.to_ports);
        } else if (take("->")) {
            return arrow(rule);
        } else if (is("-") || is(">")) {
            return false;
        } else {
            return option_of(rule);
        }
        return true;
    }

    void doubt(Rule& rule, const std::string& name, const char* kind, int words) {
        Doubt d;
        d.span = tokens_[at_ - 1].span;
        d.text = name;
        d.kind = kind;
        if (words == 1 && is("{")) {
            list([&] { d.text += " " + word(); });
        } else {
            for (int i = 0; i < words && !at_end(); ++i) d.text += " " + word();
        }
        rule.doubts.push_back(std::move(d));
    }

    bool option_of(Rule& rule) {
        if (take("user") || take("group")) {
            const std::string name = tokens_[at_ - 1].text;
            Doubt d{name, tokens_[at_ - 1].span, "user"};
            std::vector<Port> values;
            ports(values);
            for (const Port& v : values)
                d.text +=
                    fmt::format(" {}{}{}", v.op == "=" ? "" : v.op + " ", v.first, v.last.empty() ? "" : ":" + v.last);
            rule.doubts.push_back(std::move(d));
            return true;
        }
        if (take("flags")) {
            rule.flags = word();
            if (rule.flags == "/" || is("/")) rule.flags += word();
            return true;
        }
        if (take("icmp-type") || take("icmp6-type")) {
            auto& to = tokens_[at_ - 1].text == "icmp-type" ? rule.icmp_types : rule.icmp6_types;
            list([&] {
                std::string type = word();
                if (take("code")) type += "/" + word();
                to.push_back(std::move(type));
            });
            return true;
        }
        if (take("keep") || take("modulate") || take("synproxy")) {
            take("state");
            state_options(rule);
            return true;
        }
        if (take("no")) {
            take("state");
            rule.stateless = true;
            return true;
        }
        if (take("tag")) return rule.tag = word(), true;
        if (take("!")) {
            if (take("tagged")) {
                rule.tagged = word();
                rule.not_tagged = true;
                return true;
            }
            --at_;
            return false;
        }
        if (take("tagged")) return rule.tagged = word(), true;
        if (take("nat-to")) return rule.nat_to = target(), true;
        if (take("rdr-to")) return rule.rdr_to = target(), true;
        if (take("binat-to")) return rule.binat_to = target(), true;
        if (take("route-to")) {
            list([&] { gateway(rule.route_to); });
            pool_options(nullptr);
            return true;
        }
        // The answers' way; copies.
        if (take("reply-to")) {
            std::vector<Item> ignored;
            list([&] { gateway(ignored); });
            pool_options(nullptr);
            return true;
        }
        if (take("probability")) return doubt(rule, "probability", "balance", 1), true;
        if (take("received-on")) {
            // Where the packet came in, which a rule for what leaves may ask.
            if (!take("any")) interfaces(rule.received_on);
            return true;
        }
        if (take("set")) {
            if (is("("))
                parenthesis();
            else {
                word();
                if (is("("))
                    parenthesis();
                else
                    word();
            }
            return true;
        }
        if (take("scrub")) return parenthesis(), true;
        if (take("tos") || take("os") || take("fragment")) {
            const std::string name = tokens_[at_ - 1].text;
            return doubt(rule, name, "packet", name == "fragment" ? 0 : 1), true;
        }
        for (const auto& [name, words] : inert_words)
            if (take(name)) {
                if (words < 0) {
                    if (is("("))
                        parenthesis();
                    else
                        word();
                } else {
                    for (int i = 0; i < words; ++i) word();
                }
                return true;
            }
        for (const std::string_view name :
             {"rtable", "af-to", "divert-to", "divert-packet", "divert-reply", "dup-to", "fastroute", "max-pkt-rate"})
            if (take(name)) {
                Doubt d{std::string(name), tokens_[at_ - 1].span, ""};
                while (!at_end() && !is("{") && !is("keep") && !is("tag") && !is("label")) d.text += " " + word();
                rule.doubts.push_back(std::move(d));
                return true;
            }
        return false;
    }
    void gateway(std::vector<Item>& to) {
        Item i;
        i.span = now().span;
        if (take("(")) {
            i.text = word();
            while (!at_end() && !is(")")) i.text += " " + word();
            take(")");
        } else {
            i.text = word();
        }
        to.push_back(std::move(i));
    }
    void state_options(Rule& rule) {
        const std::string options = parenthesis();
        std::string word_now;
        for (const char* name : {"max ", "max-src-conn", "max-src-states", "max-src-nodes", "max-src-conn-rate"})
            if ((options + " ").find(name) != std::string::npos) rule.limits.emplace_back(name);
    }
    void pool_options(Target* t) {
        while (!at_end()) {
            if (take("static-port")) {
                if (t != nullptr) t->static_port = true;
            } else if (take("random") || take("round-robin") || take("sticky-address") || take("bitmask") ||
                       take("least-states") || take("endpoint-independent")) {
            } else if (take("source-hash")) {
                if (!at_end() && now().text.starts_with("0x")) ++at_;
            } else
                return;
        }
    }
    Target target() {
        Target t;
        t.span = now().span;
        hosts(t.hosts);
        if (take("port")) t.port = port();
        pool_options(&t);
        return t;
    }
    /// `-> (em0) port 1024:65535`
    bool arrow(Rule& rule) {
        Target t = target();
        if (rule.action == "nat")
            rule.nat_to = std::move(t);
        else if (rule.action == "rdr")
            rule.rdr_to = std::move(t);
        else
            rule.binat_to = std::move(t);
        return true;
    }

    /// What is left of the rule is not understood: it may match less.
    void strange(Rule& rule) {
        Doubt d;
        d.span = now().span;
        while (!at_end()) {
            d.span.end = std::max(d.span.end, now().span.end);
            d.text += (d.text.empty() ? "" : " ") + word();
        }
        rule.doubts.push_back(std::move(d));
    }

    const base::Sources& sources_;
    std::vector<Token> tokens_;
    Ruleset& out_;
    base::Diagnostics& diagnostics_;
    std::size_t at_ = 0;
    std::uint32_t header_end_ = 0;
    bool fatal_ = false, at_inner_ = false;
};

}  // namespace

bool parse(const base::Sources& sources, base::FileId file, Ruleset& out, base::Diagnostics& diagnostics) {
    std::vector<Token> tokens;
    if (!tokenize(sources, file, tokens, diagnostics)) return false;
    if (tokens.empty()) return true;
    return Parser(sources, std::move(tokens), out, diagnostics).run();
}

}  // namespace egresslint::dialects::pf
