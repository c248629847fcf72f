// SPDX-License-Identifier: Apache-2.0
// Replays the commands of save files and listings. iptables-restore(8): `*table` empties that table first, so a table
// that stands twice in the inputs is what the later one says.
#include "dialects/iptables/text.hpp"

#include <cstring>

#include <algorithm>
#include <optional>

#include "families/names.hpp"
#include "grammars/iptables.hpp"

namespace egresslint::dialects::iptables {

namespace pegtl = tao::pegtl;
namespace grammar = egresslint::grammar::iptables;
using base::Diagnostic;
using base::Family;
using base::Span;

// -- words ----------------------------------------------------------------------------------------------------------

namespace {

struct WordState {
    std::string_view text;
    base::FileId file;
    std::uint32_t offset = 0;
    std::vector<Word>& words;
    std::deque<std::string>& unescaped;
    bool closed = true;

    void add(const char* begin, const char* end, bool quoted) {
        const auto at = offset + static_cast<std::uint32_t>(begin - text.data());
        const auto size = static_cast<std::uint32_t>(end - begin);
        Word word{std::string_view(begin, size), {file, at, at + size}, quoted};
        if (quoted) {
            word.text.remove_prefix(1);
            if (closed) word.text.remove_suffix(1);
            if (word.text.find('\\') != std::string_view::npos) {
                std::string plain;
                for (std::size_t i = 0; i < word.text.size(); ++i) {
                    if (word.text[i] == '\\' && i + 1 < word.text.size()) ++i;
                    plain += word.text[i];
                }
                word.text = unescaped.emplace_back(std::move(plain));
            }
        }
        words.push_back(word);
    }
};

template <class Rule>
struct WordAction : pegtl::nothing<Rule> {};
template <>
struct WordAction<grammar::plain> {
    template <class Input>
    static void apply(const Input& in, WordState& state) {
        state.add(in.begin(), in.end(), false);
    }
};
template <>
struct WordAction<grammar::quoted> {
    template <class Input>
    static void apply(const Input& in, WordState& state) {
        state.add(in.begin(), in.end(), true);
    }
};
template <>
struct WordAction<grammar::unclosed> {
    template <class Input>
    static void apply(const Input& in, WordState& state) {
        state.closed = false;
        state.add(in.begin(), in.end(), true);
    }
};

}  // namespace

bool split_words(std::string_view text, base::FileId file, std::uint32_t offset, std::vector<Word>& words,
                 std::deque<std::string>& unescaped) {
    // Without quotes and line ends words are what stands between blanks; the grammar says the rest.
    const auto before = words.size();
    const char* const end = text.data() + text.size();
    bool easy = true;
    for (const char* at = text.data(); at != end && easy;) {
        if (*at == ' ' || *at == '\t') {
            ++at;
            continue;
        }
        const char* const begin = at;
        while (at != end && *at != ' ' && *at != '\t' && *at != '"' && *at != '\r' && *at != '\n') ++at;
        easy = at == end || *at == ' ' || *at == '\t';
        const auto first = offset + static_cast<std::uint32_t>(begin - text.data());
        const auto size = static_cast<std::uint32_t>(at - begin);
        words.push_back({{begin, size}, {file, first, first + size}, false});
    }
    if (easy) return true;
    words.resize(before);
    WordState state{text, file, offset, words, unescaped};
    pegtl::memory_input<pegtl::tracking_mode::lazy> in(text.data(), text.data() + text.size(), "");
    return pegtl::parse<grammar::words, WordAction>(in, state) && state.closed;
}

// -- tables ---------------------------------------------------------------------------------------------------------

std::vector<std::string_view> built_in_chains(std::string_view table) {
    if (table == "filter" || table == "security") return {"INPUT", "FORWARD", "OUTPUT"};
    if (table == "nat") return {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"};
    if (table == "mangle") return {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
    if (table == "raw") return {"PREROUTING", "OUTPUT"};
    return {};
}

ChainText* TableText::find(std::string_view chain) {
    const auto it = index.find(chain);
    return it == index.end() ? nullptr : &chains[it->second];
}
const ChainText* TableText::find(std::string_view chain) const {
    const auto it = index.find(chain);
    return it == index.end() ? nullptr : &chains[it->second];
}
ChainText& TableText::chain(std::string_view chain, Span where) {
    auto it = index.find(chain);
    if (it == index.end()) {
        it = index.emplace(std::string(chain), chains.size()).first;
        const auto built_in = built_in_chains(name);
        chains.push_back({std::string(chain),
                          where,
                          std::find(built_in.begin(), built_in.end(), chain) != built_in.end(),
                          model::Verdict::accept,
                          {}});
    }
    return chains[it->second];
}

Header header(std::string_view comment) {
    const auto at = comment.find("Generated by ");
    if (at == std::string_view::npos) return {};
    auto rest = comment.substr(at + 13);
    Header out;
    out.v6 = rest.starts_with("ip6tables");
    out.found = out.v6 || rest.starts_with("iptables") || rest.starts_with("xtables");
    if (out.found && rest.find("(nf_tables)") != std::string_view::npos) out.back_end = "nf_tables";
    if (out.found && rest.find("(legacy)") != std::string_view::npos) out.back_end = "legacy";
    return out;
}

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
    if (from >= text.size()) return std::string_view::npos;
    const void* found = ::memmem(text.data() + from, text.size() - from, word.data(), word.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

bool looks_like_shell(std::string_view line) {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    // The beginnings below; most lines of a dump begin with none of them.
    if (line.empty() || std::string_view("#se/$\"in").find(line.front()) == std::string_view::npos) return false;
    if (line.starts_with("#!")) return true;
    for (const std::string_view lead : {"sudo ", "exec ", "/usr", "/sbin/", "sbin/", "$"})
        if (line.starts_with(lead) && line.find("tables") != std::string_view::npos) return true;
    if (line.starts_with("$IPT") || line.starts_with("${IPT") || line.starts_with("$ipt") || line.starts_with("\"$IPT"))
        return true;
    for (const std::string_view tool : {"iptables", "ip6tables", "ipset", "nft", "ebtables"}) {
        if (!line.starts_with(tool)) continue;
        const auto rest = line.substr(tool.size());
        if (rest.starts_with(" ") || rest.starts_with("-legacy ") || rest.starts_with("-nft ") ||
            rest.starts_with("-restore"))
            return true;
    }
    return false;
}

// -- one file -------------------------------------------------------------------------------------------------------

class TextReader {
public:
    TextReader(Texts& texts, base::FileId file, std::string_view path, base::Diagnostics& diagnostics)
        : texts_(texts), file_(file), text_(texts.sources_.text(file)), path_(path), diagnostics_(diagnostics) {}

    void run();

    // -- actions of the grammar
    void on_comment(std::string_view comment) {
        if (const auto h = header(comment); h.found) {
            family_ = h.v6 ? Family::v6 : Family::v4;
            back_end_ = h.back_end;
            close_table();
        }
    }
    void on_table(std::string_view line) {
        close_table();
        open_table(chain_name_, true);
        if (!table_->span.valid()) table_->span = span(line);
        committed_ = false;
    }
    void on_chain_name(std::string_view name) { chain_name_ = name; }
    void on_policy(std::string_view policy) { policy_ = policy; }
    void on_chain(std::string_view line) {
        auto* table = need_table(span(line));
        if (table == nullptr) return;
        auto& chain = table->chain(chain_name_, span(line));
        chain.rules.clear();
        if (policy_ != "-") set_policy(chain, policy_, span(line));
    }
    void on_commit() {
        close_table();
        committed_ = true;
    }
    void on_command(std::string_view command);
    void on_other(std::string_view line) {
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
        if (line.starts_with("create ") || line.starts_with("add ")) {
            texts_.set_lines_.push_back(span(line));
            return;
        }
        report(span(line), "this is no line of iptables-save; it is not read");
    }

private:
    [[nodiscard]] Span span(std::string_view part) const {
        while (!part.empty() && (part.back() == '\n' || part.back() == '\r' || part.back() == ' '))
            part.remove_suffix(1);
        const auto at = static_cast<std::uint32_t>(part.data() - text_.data());
        return {file_, at, at + static_cast<std::uint32_t>(part.size())};
    }
    void add(Diagnostic::Kind kind, std::string code, Span where, std::string message, base::Influence influence) {
        Diagnostic d;
        d.kind = kind;
        d.code = std::move(code);
        d.span = where;
        d.message = std::move(message);
        d.influence = influence;
        diagnostics_.push_back(std::move(d));
    }
    void report(Span where, std::string message) {
        add(Diagnostic::Kind::not_understood, "EL901", where, std::move(message), base::Influence::everything);
    }
    void open_table(std::string_view name, bool empty_first);
    void close_table() { table_ = nullptr; }
    /// `iptables -S` names no table: filter, unless its chains exist only elsewhere.
    TableText* need_table(Span where);
    void set_policy(ChainText& chain, std::string_view policy, Span where);
    void modify(TableText& table, const std::vector<Word>& words, std::size_t at, Span line);
    void read_lines();
    [[nodiscard]] bool shell_script();
    [[nodiscard]] Family guess_family();
    void guess_table_of_listing();
    [[nodiscard]] bool same_rule(const RuleText& rule, const std::vector<Word>& words, std::size_t from);

    Texts& texts_;
    base::FileId file_;
    std::string_view text_;
    std::string_view path_;
    base::Diagnostics& diagnostics_;
    Family family_ = Family::v4;
    std::string_view back_end_;
    std::string listing_table_ = "filter";
    TableText* table_ = nullptr;
    bool committed_ = true;
    bool save_form_ = false;  ///< has a `*table` line
    std::string_view chain_name_;
    std::string_view policy_;
    TableText* last_table_ = nullptr;
    std::string last_chain_;
};

namespace {

template <class Rule>
struct Action : pegtl::nothing<Rule> {};
#define EGL_ACTION(rule, call)                                                \
    template <>                                                               \
    struct Action<grammar::rule> {                                            \
        template <class Input>                                                \
        static void apply(const Input& in, TextReader& reader) {              \
            [[maybe_unused]] const std::string_view s(in.begin(), in.size()); \
            reader.call;                                                      \
        }                                                                     \
    };
EGL_ACTION(comment_text, on_comment(s))
EGL_ACTION(table, on_table(s))
EGL_ACTION(name, on_chain_name(s))
EGL_ACTION(policy, on_policy(s))
EGL_ACTION(chain, on_chain(s))
EGL_ACTION(commit, on_commit())
EGL_ACTION(command_text, on_command(s))
EGL_ACTION(other, on_other(s))
#undef EGL_ACTION

std::string_view first_word(std::string_view text) {
    const auto ends = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    const auto end = std::find_if(text.begin(), text.end(), ends);
    return {text.data(), static_cast<std::size_t>(end - text.begin())};
}

}  // namespace

void TextReader::open_table(std::string_view name, bool empty_first) {
    for (auto& t : texts_.tables_) {
        if (t.family != family_ || t.name != name || t.back_end != back_end_) continue;
        if (empty_first) {
            add(Diagnostic::Kind::incomplete, "EL903", t.span,
                "table " + std::string(name) +
                    " is given twice; iptables-restore empties it the second time, so only "
                    "the later one counts",
                base::Influence::everything);
            t.chains.clear();
            t.index.clear();
        }
        table_ = &t;
        return;
    }
    TableText table;
    table.family = family_;
    table.back_end = back_end_;
    table.name = name;
    texts_.tables_.push_back(std::move(table));
    table_ = &texts_.tables_.back();
}

TableText* TextReader::need_table(Span where) {
    if (table_ != nullptr) return table_;
    if (save_form_) {
        report(where, "this line stands outside of any table; iptables-restore refuses it and it is not read");
        return nullptr;
    }
    open_table(listing_table_, false);
    if (!table_->span.valid()) table_->span = where;
    return table_;
}

void TextReader::set_policy(ChainText& chain, std::string_view policy, Span where) {
    if (!chain.built_in) {
        report(where, "only built-in chains have a policy; " + chain.name + " is none");
        return;
    }
    if (policy == "ACCEPT")
        chain.policy = model::Verdict::accept;
    else if (policy == "DROP")
        chain.policy = model::Verdict::drop;
    else if (policy == "QUEUE" || policy == "REJECT") {
        report(where, "policy " + std::string(policy) + " is not one that iptables accepts; read as DROP");
        chain.policy = model::Verdict::drop;
    } else {
        report(where, "policy " + std::string(policy) + " is not known; read as ACCEPT");
        chain.policy = model::Verdict::accept;
    }
}

void TextReader::on_command(std::string_view command) {
    while (!command.empty() && (command.back() == '\r' || command.back() == ' ' || command.back() == '\t'))
        command.remove_suffix(1);
    // The common case, without splitting words: -A CHAIN …
    if (command.starts_with("-A ")) {
        const auto name_at = command.find_first_not_of(" \t", 2);
        if (name_at != std::string_view::npos && command[name_at] != '"') {
            const auto name = first_word(command.substr(name_at));
            auto* table = need_table(span(command));
            if (table == nullptr) return;
            auto* chain = table->find(name);
            if (chain == nullptr) {
                chain = &table->chain(name, span(command));
                if (!chain->built_in)
                    report(span(command), "chain " + std::string(name) + " is not declared in table " + table->name +
                                              "; iptables-restore refuses this line, read as if it were");
            }
            const auto line = span(command);
            chain->rules.push_back({line, line.begin + static_cast<std::uint32_t>(name_at + name.size()), false});
            last_chain_ = name;
            last_table_ = table;
            return;
        }
    }
    std::vector<Word> words;
    std::deque<std::string> unescaped;
    const auto line = span(command);
    if (!split_words(command, file_, line.begin, words, unescaped)) {
        report(line, "a quote is not closed");
        return;
    }
    std::size_t at = 0;
    auto* table = table_;
    while (at < words.size()) {
        const auto w = words[at].text;
        if ((w == "-t" || w == "--table") && at + 1 < words.size()) {
            if (save_form_) {
                report(line, "-t is not allowed in a save file; this line is not read");
                return;
            }
            auto* before = table_;
            open_table(words[at + 1].text, false);
            table = table_;
            table_ = before;
            at += 2;
        } else if (w == "-w" || w == "--wait" || w == "-v" || w == "--verbose") {
            ++at;
        } else {
            break;
        }
    }
    if (at >= words.size()) return;
    if (table == nullptr) table = need_table(line);
    if (table != nullptr) modify(*table, words, at, line);
}

bool TextReader::same_rule(const RuleText& rule, const std::vector<Word>& words, std::size_t from) {
    // Word by word along the text: nearly every rule differs in its first few, and without quotes that is the answer.
    auto rest = text_.substr(rule.begin, rule.line.end - rule.begin);
    if (rest.find('"') == std::string_view::npos) {
        for (std::size_t i = from; i < words.size(); ++i) {
            while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
            if (!rest.starts_with(words[i].text)) return false;
            rest.remove_prefix(words[i].text.size());
            if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') return false;
        }
        return rest.find_first_not_of(" \t\r") == std::string_view::npos;
    }
    std::vector<Word> other;
    std::deque<std::string> unescaped;
    if (!split_words(text_.substr(rule.begin, rule.line.end - rule.begin), file_, rule.begin, other, unescaped))
        return false;
    return std::equal(other.begin(), other.end(), words.begin() + static_cast<std::ptrdiff_t>(from), words.end(),
                      [](const Word& a, const Word& b) { return a.text == b.text; });
}

void TextReader::modify(TableText& table, const std::vector<Word>& words, std::size_t at, Span line) {
    const auto verb = words[at].text;
    auto is = [&](std::string_view brief, std::string_view full) { return verb == brief || verb == full; };
    const auto arg = [&](std::size_t i) { return at + i < words.size() ? words[at + i].text : std::string_view{}; };
    auto number = [](std::string_view text) -> std::optional<std::size_t> {
        if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
        return families::names::number(text);
    };
    auto rule_from = [&](std::size_t i) {
        const auto begin =
            at + i < words.size() ? words[at + i].span.begin - (words[at + i].quoted ? 0u : 0u) : line.end;
        return RuleText{line, begin, false};
    };
    if (is("-Z", "--zero") || is("-L", "--list") || is("-S", "--list-rules") || is("-C", "--check")) return;
    if (is("-F", "--flush")) {
        for (auto& c : table.chains)
            if (arg(1).empty() || c.name == arg(1)) c.rules.clear();
        return;
    }
    if (is("-X", "--delete-chain")) {
        for (auto it = table.chains.begin(); it != table.chains.end();)
            it = !it->built_in && (arg(1).empty() || it->name == arg(1)) ? table.chains.erase(it) : it + 1;
        table.index.clear();
        for (std::size_t i = 0; i < table.chains.size(); ++i) table.index.emplace(table.chains[i].name, i);
        return;
    }
    if (arg(1).empty()) return report(line, "this command names no chain; it is not read");
    if (is("-N", "--new-chain") || is("-N", "--new")) {
        if (table.find(arg(1)) != nullptr) return report(line, "chain " + std::string(arg(1)) + " exists already");
        table.chain(arg(1), line);
        return;
    }
    if (is("-P", "--policy")) return set_policy(table.chain(arg(1), line), arg(2), line);
    auto* chain = table.find(arg(1));
    if (chain == nullptr) {
        chain = &table.chain(arg(1), line);
        if (!chain->built_in) report(line, "chain " + std::string(arg(1)) + " is not declared in table " + table.name);
    }
    last_table_ = &table;
    if (is("-A", "--append")) {
        chain->rules.push_back(rule_from(2));
        last_chain_ = chain->name;
        return;
    }
    if (is("-I", "--insert")) {
        const auto n = number(arg(2));
        const auto place = n.value_or(1);
        if (place < 1 || place > chain->rules.size() + 1)
            return report(line, "there is no rule number " + std::string(arg(2)) + " to insert before; not read");
        chain->rules.insert(chain->rules.begin() + static_cast<std::ptrdiff_t>(place - 1), rule_from(n ? 3 : 2));
        return;
    }
    if (is("-R", "--replace")) {
        const auto n = number(arg(2));
        if (!n || *n < 1 || *n > chain->rules.size())
            return report(line, "there is no rule number " + std::string(arg(2)) + " to replace; not read");
        chain->rules[*n - 1] = rule_from(3);
        return;
    }
    if (is("-D", "--delete")) {
        auto it = chain->rules.end();
        if (const auto n = number(arg(2)); n && at + 3 == words.size()) {
            if (*n >= 1 && *n <= chain->rules.size()) it = chain->rules.begin() + static_cast<std::ptrdiff_t>(*n - 1);
        } else {
            it = std::find_if(chain->rules.begin(), chain->rules.end(),
                              [&](const RuleText& r) { return r.line.file == file_ && same_rule(r, words, at + 2); });
        }
        if (it == chain->rules.end())
            return report(line, "the rule to delete is not found as written; nothing is deleted");
        chain->rules.erase(it);
        return;
    }
    if (is("-E", "--rename-chain")) {
        chain->name = arg(2);
        table.index.clear();
        for (std::size_t i = 0; i < table.chains.size(); ++i) table.index.emplace(table.chains[i].name, i);
        report(line, "chains renamed in a save file are not followed into the rules that jump to them");
        return;
    }
    report(line, "'" + std::string(verb) + "' is not understood; this line is not read");
}

bool TextReader::shell_script() {
    std::size_t at = 0;
    std::optional<Span> found;
    while (at < text_.size()) {
        auto end = text_.find('\n', at);
        if (end == std::string_view::npos) end = text_.size();
        const auto line = text_.substr(at, end - at);
        if (!found && looks_like_shell(line)) found = span(line);
        // A save file may have stray shell lines pasted around it; those are reported one by one.
        if (line.starts_with("*") || line.starts_with("# Generated by ip")) return false;
        at = end + 1;
    }
    if (!found) return false;
    add(Diagnostic::Kind::fatal, "", *found,
        "this is a shell script that calls iptables; scripts are not read. Run it, then give the output of "
        "iptables-save",
        base::Influence::everything);
    return true;
}

Family TextReader::guess_family() {
    for (std::size_t at = find_word(text_, "Generated by "); at != std::string_view::npos;
         at = find_word(text_, "Generated by ", at + 1))
        if (const auto h = header(text_.substr(at, 80)); h.found) return h.v6 ? Family::v6 : Family::v4;
    // Addresses, then words that only one family has.
    for (const std::string_view option : {" -s ", " -d ", "--to-source ", "--to-destination ", "-range "}) {
        for (auto at = find_word(text_, option); at != std::string_view::npos; at = find_word(text_, option, at + 1)) {
            auto value = text_.substr(at + option.size(), 64);
            if (value.starts_with("! ")) value.remove_prefix(2);
            value = first_word(value);
            value = value.substr(0, value.find_first_of("/,-"));
            if (base::parse_ipv6(value)) return Family::v6;
            if (base::parse_ipv4(value)) return Family::v4;
        }
    }
    auto has = [&](std::string_view word) { return find_word(text_, word) != std::string_view::npos; };
    if (has("icmp6") || has("icmpv6") || has("ipv6-icmp") || has("family inet6")) return Family::v6;
    if (has("family inet ")) return Family::v4;
    if (has("-p icmp ") || has("-m icmp ") || has("icmp-port-unreachable") || has("icmp-host-prohibited"))
        return Family::v4;
    const auto slash = path_.find_last_of('/');
    const auto name = path_.substr(slash == std::string_view::npos ? 0 : slash + 1);
    const bool says6 = name.find("v6") != std::string_view::npos || name.find("ip6") != std::string_view::npos;
    const bool says4 = name.find("v4") != std::string_view::npos || name.find("iptables") != std::string_view::npos;
    const Span start{file_, 0,
                     static_cast<std::uint32_t>(std::min<std::size_t>(text_.size(), first_word(text_).size()))};
    if (says6 || says4)
        add(Diagnostic::Kind::incomplete, "EL903", start,
            std::string("nothing in the text says which IP version it is for; by the file's name read as IPv") +
                (says6 ? "6" : "4"),
            base::Influence::nothing);
    else
        add(Diagnostic::Kind::incomplete, "EL903", start,
            "nothing says whether this is iptables-save or ip6tables-save; read as IPv4", base::Influence::filter);
    return says6 ? Family::v6 : Family::v4;
}

void TextReader::guess_table_of_listing() {
    auto has = [&](std::string_view word) { return find_word(text_, word) != std::string_view::npos; };
    const bool pre = has("-P PREROUTING"), post = has("-P POSTROUTING"), in = has("-P INPUT"),
               forward = has("-P FORWARD");
    if (pre && post && in && forward)
        listing_table_ = "mangle";
    else if (pre && post)
        listing_table_ = "nat";
    else if (pre && !in && !forward)
        listing_table_ = "raw";
}

/// Nearly every line of a large dump is `-A CHAIN …`, which needs no grammar to be told from the others.
void TextReader::read_lines() {
    auto rest = text_;
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end);
        if (line.starts_with("-A ")) {
            on_command(line.back() == '\n' ? line.substr(0, line.size() - 1) : line);
            continue;
        }
        pegtl::memory_input<pegtl::tracking_mode::lazy> in(line.data(), line.data() + line.size(), "");
        pegtl::parse<grammar::line, Action>(in, *this);
    }
}

void TextReader::run() {
    const auto before = diagnostics_.size();
    if (shell_script()) return;
    family_ = guess_family();
    for (auto at = text_.find('*'); at != std::string_view::npos && !save_form_; at = text_.find('*', at + 1))
        if (at == 0 || text_[at - 1] == '\n') save_form_ = true;
    if (!save_form_) guess_table_of_listing();
    const auto tables = texts_.tables_.size();
    read_lines();
    const Span start{file_, 0,
                     static_cast<std::uint32_t>(std::min<std::size_t>(text_.size(), first_word(text_).size()))};
    if (texts_.tables_.size() == tables && table_ == nullptr && last_table_ == nullptr) {
        diagnostics_.resize(before);  // one answer for what is no such file at all
        add(Diagnostic::Kind::fatal, "", start, "no table of iptables-save is found in this file",
            base::Influence::everything);
        return;
    }
    // Without COMMIT and without a line end the file was probably cut while it was copied.
    if (save_form_ && !committed_ && !text_.empty() && text_.back() != '\n') {
        const auto line_at = text_.find_last_of('\n');
        const auto line = text_.substr(line_at == std::string_view::npos ? 0 : line_at + 1);
        add(Diagnostic::Kind::incomplete, "EL903", span(line),
            "the file ends inside a line and without COMMIT: it was cut; what is missing is unknown",
            base::Influence::everything);
        auto* chain = last_table_ == nullptr ? nullptr : last_table_->find(last_chain_);
        if (chain != nullptr && !chain->rules.empty() && chain->rules.back().line.end == text_.size())
            chain->rules.back().cut = true;
    }
}

std::size_t Texts::rule_count() const {
    std::size_t count = 0;
    for (const auto& table : tables_)
        for (const auto& chain : table.chains) count += chain.rules.size();
    return count;
}

void Texts::read(base::FileId file, std::string_view path, base::Diagnostics& diagnostics) {
    TextReader(*this, file, path, diagnostics).run();
}

}  // namespace egresslint::dialects::iptables
