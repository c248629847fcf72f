// SPDX-License-Identifier: Apache-2.0
#include "evidence/domain_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace egresslint::evidence {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Where the first label ends: at an unescaped dot, or at the end.
std::size_t end_of_label(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '\\') {
            ++i;
            continue;
        }
        if (name[i] == '.') return i;
    }
    return name.size();
}

bool good_labels(std::string_view name, bool host) {
    if (name.empty() || name.size() > 253) return false;
    for (const std::string& label : labels_of(name)) {
        if (label.empty() || label.size() > 63) return false;
        if (!std::all_of(label.begin(), label.end(),
                         [&](char c) { return is_letter_or_digit(c) || c == '-' || (c == '_' && !host); }))
            return false;
        if (host && (label.front() == '-' || label.back() == '-')) return false;
    }
    return true;
}

}  // namespace

std::string plain_name(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (out.ends_with('.') && !out.ends_with("\\.")) out.pop_back();
    return out;
}

bool is_domain_name(std::string_view name) { return good_labels(name, false); }
bool is_host_name(std::string_view name) { return good_labels(name, true); }

std::string parent_name(std::string_view name) {
    const std::size_t end = end_of_label(name);
    return end >= name.size() ? std::string{} : std::string(name.substr(end + 1));
}

std::vector<std::string> labels_of(std::string_view name) {
    std::vector<std::string> out;
    while (!name.empty()) {
        const std::size_t end = end_of_label(name);
        out.emplace_back(name.substr(0, end));
        if (end >= name.size()) break;
        name.remove_prefix(end + 1);
        if (name.empty()) out.emplace_back();
    }
    return out;
}

bool is_within(std::string_view name, std::string_view zone) {
    if (zone.empty() || name == zone) return true;
    if (!name.ends_with(zone) || name.size() <= zone.size()) return false;
    const std::size_t dot = name.size() - zone.size() - 1;
    return name[dot] == '.' && (dot == 0 || name[dot - 1] != '\\');
}

std::string reverse_name(const base::Address& address) {
    std::string out;
    if (address.family == base::Family::v4) {
        for (unsigned i = 0; i < 4; ++i)
            out += fmt::format("{}.", static_cast<unsigned>(address.bits >> (8 * i)) & 255);
        return out + "in-addr.arpa";
    }
    for (unsigned i = 0; i < 32; ++i) {
        out += hex_digits[static_cast<std::size_t>(address.bits >> (4 * i)) & 15];
        out += '.';
    }
    return out + "ip6.arpa";
}

std::optional<base::Address> address_of_reverse(std::string_view name) {
    const bool four = name.ends_with(".in-addr.arpa");
    if (!four && !name.ends_with(".ip6.arpa")) return std::nullopt;
    const auto labels = labels_of(name.substr(0, name.size() - (four ? 13 : 9)));
    if (labels.size() != (four ? 4u : 32u)) return std::nullopt;
    if (four) return base::parse_ipv4(fmt::format("{}.{}.{}.{}", labels[3], labels[2], labels[1], labels[0]));
    base::Address out{base::Family::v6, 0};
    for (unsigned i = 0; i < 32; ++i) {
        const std::size_t digit = labels[i].size() == 1 ? hex_digits.find(labels[i][0]) : std::string_view::npos;
        if (digit == std::string_view::npos) return std::nullopt;
        out.bits |= static_cast<base::u128>(digit) << (4 * i);
    }
    return out;
}

}  // namespace egresslint::evidence
