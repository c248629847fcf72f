// SPDX-License-Identifier: Apache-2.0
// Reading the lines of the experiments, loading rulesets.
#include "table.hpp"

#include <charconv>
#include <stdexcept>

namespace egresslint::kernel {
namespace {

using base::Interval;

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = text.find_first_not_of(' ', at);
        if (begin == std::string_view::npos) break;
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        words.emplace_back(text.substr(begin, end - begin));
        at = end;
    }
    return words;
}

/// A cursor over the words of one line; every complaint names the line.
class Words {
public:
    explicit Words(std::string_view text) : text_(text), words_(words_of(text)) {}
    [[nodiscard]] bool more() const { return at_ < words_.size(); }
    [[nodiscard]] const std::string& peek() const { return words_.at(at_); }
    std::string next() {
        if (!more()) complain("ends too early");
        return words_[at_++];
    }
    bool take(std::string_view word) {
        if (!more() || words_[at_] != word) return false;
        ++at_;
        return true;
    }
    [[noreturn]] void complain(const std::string& what) const {
        throw std::invalid_argument("experiment line '" + std::string(text_) + "' " + what);
    }
    unsigned number(std::string_view word) const {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || end != word.data() + word.size()) complain("has no number in " + std::string(word));
        return value;
    }
    base::Address address(const std::string& word) const {
        const auto address = base::parse_address(word);
        if (!address) complain("has no address in " + word);
        return *address;
    }
    /// "a" or "a-b".
    Interval addresses(const std::string& word) const {
        const std::size_t dash = word.find('-');
        if (dash == std::string::npos) return {address(word).bits, address(word).bits};
        return {address(word.substr(0, dash)).bits, address(word.substr(dash + 1)).bits};
    }
    Interval numbers(const std::string& word) const {
        const std::size_t dash = word.find('-');
        if (dash == std::string::npos) return {number(word), number(word)};
        return {number(std::string_view(word).substr(0, dash)), number(std::string_view(word).substr(dash + 1))};
    }

private:
    std::string_view text_;
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

void parse_protocol(Words& words, Probe& probe) {
    const std::string name = words.next();
    const std::string detail = words.next();
    const std::size_t mark = detail.find_first_of(":/");
    const auto first = static_cast<std::uint16_t>(words.number(std::string_view(detail).substr(0, mark)));
    const bool second = mark != std::string::npos;
    const auto rest =
        second ? static_cast<std::uint16_t>(words.number(std::string_view(detail).substr(mark + 1))) : std::uint16_t{0};
    if (name == "tcp" || name == "udp") {
        probe.proto = name == "tcp" ? proto_tcp : proto_udp;
        probe.dport = first;
        probe.sport = rest;
    } else if (name == "icmp") {
        probe.proto = probe.dst.family == base::Family::v4 ? proto_icmp : proto_icmpv6;
        probe.icmp_type = static_cast<std::uint8_t>(first);
        probe.icmp_code = static_cast<std::uint8_t>(rest);
    } else if (name == "proto") {
        probe.proto = static_cast<std::uint8_t>(first);
    } else {
        words.complain("has no protocol in " + name);
    }
    if (probe.proto != proto_tcp) probe.tcp_flags = 0;
}

Expected parse_expected(Words& words, const Probe& probe) {
    Expected expected;
    if (words.take("drop")) return expected;
    if (words.take("any")) {
        expected.any = expected.undecided_allowed = true;
        return expected;
    }
    if (words.take("reject")) {
        expected.rejected = true;
        return expected;
    }
    expected.passes = true;
    expected.out = words.next();
    expected.src = {probe.src.bits, probe.src.bits};
    expected.dst = {probe.dst.bits, probe.dst.bits};
    expected.sport = {probe.sport, probe.sport};
    expected.dport = {probe.dport, probe.dport};
    while (words.more()) {
        std::string word = words.next();
        if (word == ">") {
            expected.dst = words.addresses(words.next());
        } else if (word == "sport") {
            expected.sport = words.numbers(words.next());
        } else if (word.front() == ':' && word.find(':', 1) == std::string::npos) {
            expected.dport = words.numbers(word.substr(1));
        } else {
            expected.src = words.addresses(word);
        }
    }
    return expected;
}

bool inside(base::u128 value, const Interval& interval) { return value >= interval.first && value <= interval.last; }

}  // namespace

Line parse_line(std::string_view text) {
    Words words(text);
    Line line;
    line.text = std::string(text);
    Probe& probe = line.probe;
    probe.in = words.next();
    if (probe.in == "self") probe.in.clear();
    probe.src = words.address(words.next());
    if (!words.take(">")) words.complain("has no '>'");
    probe.dst = words.address(words.next());
    parse_protocol(words, probe);
    if (words.take("flags")) probe.tcp_flags = static_cast<std::uint8_t>(words.number(words.next()));
    if (words.take("mark")) probe.mark = words.number(words.next());
    const bool undecided = words.take("=?");
    if (!undecided && !words.take("=")) words.complain("has no '='");
    // Each packet its own source port, so that no translation of one collides with another.
    static std::uint16_t next_port = 20000;
    if (probe.sport == 0)
        probe.sport = next_port = static_cast<std::uint16_t>(next_port < 60000 ? next_port + 1 : 20000);
    line.expected = parse_expected(words, probe);
    line.expected.undecided_allowed |= undecided;
    return line;
}

bool matches(const Expected& expected, const Seen& seen) {
    if (seen.copies > 1) return false;
    if (expected.any) return true;
    if (!expected.passes) return seen.what == Seen::What::nothing && expected.rejected == seen.answered;
    return seen.what != Seen::What::nothing && seen.out == expected.out && inside(seen.src.bits, expected.src) &&
           inside(seen.dst.bits, expected.dst) && (seen.sport == 0 || inside(seen.sport, expected.sport)) &&
           (seen.dport == 0 || inside(seen.dport, expected.dport));
}

std::string load(const Ruleset& ruleset) {
    using Loader = Ruleset::Loader;
    for (const Ruleset::Part& part : ruleset.parts) {
        std::vector<std::string> command;
        switch (part.loader) {
            case Loader::nft: command = {"nft", "-f", "-"}; break;
            case Loader::iptables_legacy: command = {"iptables-legacy-restore"}; break;
            case Loader::iptables_nft: command = {"iptables-nft-restore"}; break;
            case Loader::ip6tables_legacy: command = {"ip6tables-legacy-restore"}; break;
            case Loader::ip6tables_nft: command = {"ip6tables-nft-restore"}; break;
            case Loader::ipset: command = {"ipset", "restore"}; break;
        }
        const Finished finished = run(command, part.text);
        if (finished.status == 127) return command.front() + ": not installed";
        if (finished.status != 0) return command.front() + ": " + finished.error;
    }
    return {};
}

bool is_missing_support(const std::string& complaint) {
    for (const char* sign : {"not supported", "No such file or directory", "not installed", "does not exist",
                             "Protocol wrong type", "No chain/target/match by that name"}) {
        if (complaint.find(sign) != std::string::npos) return true;
    }
    return false;
}

}  // namespace egresslint::kernel
