// SPDX-License-Identifier: Apache-2.0
// What the site wants: egresslint.toml as product.md defines it, as values. Unknown keys, wrong types and bad addresses
// are errors with file:line:column; nothing is ignored.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/address.hpp"
#include "base/diagnostic.hpp"
#include "base/interval_set.hpp"
#include "base/source.hpp"
#include "model/device.hpp"

namespace egresslint::lint {

struct MailServer {
    std::string name;
    std::vector<base::Prefix> address;   ///< as the firewall sees it, before translation
    std::vector<base::Prefix> outbound;  ///< its own public address(es); empty = not stated
    std::string helo;
    bool inferred = false;
    base::Span span;
};
struct IntentInterface {
    std::string name;
    std::vector<base::Prefix> address;  ///< host bits matter: see `hosts`
    std::vector<base::Address> hosts;   ///< the address itself, same order
    base::Span span;
};
struct DeviceIntent {
    std::string name;
    std::vector<std::string> config;  ///< files or globs, relative to the intent file
    std::string dialect;
    std::vector<std::string> external;
    std::string addresses, routes, rules;  ///< paths of ip -j dumps
    std::vector<IntentInterface> interfaces;
    std::string upstream;            ///< the device that its way to the internet leads through; "" = none
    std::string upstream_interface;  ///< by which of that device's interfaces it comes in; "" = by its addresses
    base::Span span;
};
/// A set that the site names for its queries: `@printers`.
struct NamedSet {
    std::string name;
    model::LiteralSet addresses;
    base::IntervalSet ports;
    base::Span span;
};
/// A rule of the site, in the query language.
struct Policy {
    std::string code, kind /* forbid, require, several */, query, message, help, severity;
    base::Span span;  ///< of the query
};
struct Allow {
    std::string rule, device, match, reason, until;
    base::Span span;
};
struct Evidence {
    std::vector<std::string> zones, mta, registry;
    std::string organisation;
};
struct Intent {
    std::string path;       ///< "" when there is no intent file
    std::string directory;  ///< paths in it are relative to this
    std::vector<base::Prefix> internal;
    std::vector<MailServer> mail_servers;
    std::vector<std::uint16_t> smtp_ports = {25};
    std::vector<base::Prefix> smtp_allowed;
    std::vector<DeviceIntent> devices;
    std::vector<NamedSet> sets;
    std::vector<Policy> policies;
    std::vector<Allow> allows;
    Evidence evidence;
    bool declared = false;  ///< an intent file was read
};

/// Parses egresslint.toml from `sources`. Errors are fatal diagnostics.
[[nodiscard]] std::optional<Intent> read_intent(const base::Sources& sources, base::FileId file,
                                                base::Diagnostics& diagnostics);

}  // namespace egresslint::lint
