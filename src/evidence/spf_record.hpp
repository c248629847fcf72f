// SPDX-License-Identifier: Apache-2.0
// The grammar of SPF records (RFC 7208, 12) and macros (7). Inside this room only; the door is spf.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/address.hpp"

namespace egresslint::evidence {

struct SpfTerm {
    enum class Kind : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists } kind = Kind::all;
    char qualifier = '+';
    std::string domain;  ///< domain-spec as written; "" = the current domain
    unsigned v4 = 32, v6 = 128;
    std::optional<base::Prefix> network;  ///< of ip4 and ip6
    std::string text;                     ///< as written
};
struct SpfRecord {
    std::vector<SpfTerm> terms;  ///< mechanisms, in order
    std::string redirect;        ///< domain-spec; "" = none
};

/// Whether a TXT record is one of SPF (RFC 7208, 4.5).
[[nodiscard]] bool is_spf(std::string_view text);
/// The whole record is checked before any of it is used (RFC 7208, 4.6). An error is a clause.
[[nodiscard]] tl::expected<SpfRecord, std::string> parse_spf(std::string_view text);

/// What macros stand for; nullopt: it depends on what is not known.
struct SpfMacros {
    std::string domain;                    ///< d
    std::string origin;                    ///< o: the sender's domain
    std::string helo;                      ///< h; "" if not known
    std::optional<base::Address> address;  ///< i; without it a macro of it is not expanded
    base::Family family = base::Family::v4;
};
/// Whether the domain-spec names the address (`%{i}`).
[[nodiscard]] bool names_address(std::string_view spec);
/// nullopt: it has a macro whose value is not known. At most 253 bytes, cut from the left at a dot (RFC 7208, 7.3).
[[nodiscard]] std::optional<std::string> expand(std::string_view spec, const SpfMacros& macros);

}  // namespace egresslint::evidence
