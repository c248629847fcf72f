// SPDX-License-Identifier: Apache-2.0
// Names that say nothing about a mail server: generic ones of providers (EL303), names of no public meaning (EL304).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "evidence/domain_name.hpp"
#include "lint/identity.hpp"

namespace egresslint::lint {
namespace {

/// What providers call addresses that they hand out; as words of their own in a name.
constexpr std::array<std::string_view, 22> generic_words{
    "dyn", "dynamic", "dynip", "dhcp",   "pool", "pools",     "dsl",      "adsl",   "vdsl",    "xdsl", "cable",
    "ppp", "pppoe",   "dial",  "dialup", "dip",  "broadband", "customer", "client", "clients", "cust", "unassigned"};

/// Domains that no public zone holds: RFC 6761, 6762, 8375, and what routers are shipped with.
constexpr std::array<std::string_view, 13> private_domains{
    "local", "localhost", "localdomain", "lan",  "internal",  "intranet", "home",
    "corp",  "private",   "invalid",     "test", "home.arpa", "workgroup"};

std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> out(1);
    for (const char c : name) {
        if (c == '.' || c == '-' || c == '_')
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

/// Runs of digits of the name, without leading zeros.
std::vector<std::string> numbers_of(std::string_view name) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < name.size();) {
        std::size_t end = i;
        while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
        if (end == i) {
            ++i;
            continue;
        }
        std::string_view digits = name.substr(i, end - i);
        while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
        out.emplace_back(digits);
        i = end;
    }
    return out;
}

/// How many of the bytes follow each other in the numbers, forwards or backwards.
std::size_t longest_run(const std::vector<std::string>& numbers, const std::vector<std::string>& bytes) {
    std::size_t best = 0;
    for (std::size_t n = 0; n < numbers.size(); ++n)
        for (std::size_t b = 0; b < bytes.size(); ++b) {
            std::size_t run = 0;
            while (n + run < numbers.size() && b + run < bytes.size() && numbers[n + run] == bytes[b + run]) ++run;
            best = std::max(best, run);
        }
    return best;
}

}  // namespace

std::string generic_name(const std::string& name, const base::Address& address) {
    if (address.family == base::Family::v4) {
        const auto bits = static_cast<std::uint32_t>(address.bits);
        std::vector<std::string> bytes;
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(fmt::format("{}", (bits >> shift) & 255));
        std::vector<std::string> backwards(bytes.rbegin(), bytes.rend());
        const auto numbers = numbers_of(name);
        if (std::max(longest_run(numbers, bytes), longest_run(numbers, backwards)) >= 3) return "it spells the address";
        const std::string hex = fmt::format("{:08x}", bits);
        const std::string padded =
            fmt::format("{:03}{:03}{:03}{:03}", bits >> 24, (bits >> 16) & 255, (bits >> 8) & 255, bits & 255);
        if (name.find(hex) != std::string::npos || name.find(padded) != std::string::npos)
            return "it spells the address";
    } else {
        // The last 64 bits, as four groups: written out, or with hyphens.
        std::string plain, dashed;
        for (int group = 3; group >= 0; --group) {
            const auto part = static_cast<unsigned>(address.bits >> (16 * group)) & 0xffff;
            plain += fmt::format("{:04x}", part);
            dashed += fmt::format("{}{:x}", dashed.empty() ? "" : "-", part);
        }
        if (name.find(plain) != std::string::npos || name.find(dashed) != std::string::npos)
            return "it spells the address";
    }
    // The host's own part: a provider's domain may be called as it likes.
    const auto labels = evidence::labels_of(name);
    std::string front;
    for (std::size_t i = 0; i + 2 < labels.size(); ++i) front += (i == 0 ? "" : ".") + labels[i];
    for (std::string word : words_of(front)) {
        while (!word.empty() && word.back() >= '0' && word.back() <= '9') word.pop_back();
        if (std::find(generic_words.begin(), generic_words.end(), word) != generic_words.end())
            return fmt::format("\"{}\" is what providers call addresses that they hand out", word);
    }
    return {};
}

std::string not_public_name(const std::string& written) {
    if (written.starts_with('[')) return "it is an address literal";
    const std::string name = evidence::plain_name(written);
    if (base::parse_address(name)) return "it is an address";
    if (name.find('.') == std::string::npos) return "it has one label only";
    if (!evidence::is_host_name(name)) return "it is no host name (RFC 1123, 2.1)";
    for (const std::string_view domain : private_domains)
        if (evidence::is_within(name, domain)) return fmt::format("no public zone holds .{}", domain);
    return {};
}

}  // namespace egresslint::lint
