// SPDX-License-Identifier: Apache-2.0
// One function an option (or a whole match) that is modelled exactly; the rows in matches.cpp name them.
#pragma once

#include "dialects/iptables/extensions.hpp"

namespace egresslint::dialects::iptables::lower {

[[nodiscard]] model::ExprId source_port(Context& c, const Option& o);
[[nodiscard]] model::ExprId destination_port(Context& c, const Option& o);
[[nodiscard]] model::ExprId flags_match(Context& c, const Option& o);
[[nodiscard]] model::ExprId syn(Context& c, const Option& o);
[[nodiscard]] model::ExprId icmp(Context& c, const Option& o);
[[nodiscard]] model::ExprId icmp6(Context& c, const Option& o);
[[nodiscard]] model::ExprId source_ports(Context& c, const Option& o);
[[nodiscard]] model::ExprId destination_ports(Context& c, const Option& o);
[[nodiscard]] model::ExprId any_ports(Context& c, const Option& o);
[[nodiscard]] model::ExprId source_range(Context& c, const Option& o);
[[nodiscard]] model::ExprId destination_range(Context& c, const Option& o);
[[nodiscard]] model::ExprId mark(Context& c, const Option& o);
[[nodiscard]] model::ExprId connmark(Context& c, const Option& o);
[[nodiscard]] model::ExprId states(Context& c, const Option& o);
[[nodiscard]] model::ExprId original_source(Context& c, const Option& o);
[[nodiscard]] model::ExprId original_destination(Context& c, const Option& o);
[[nodiscard]] model::ExprId reply_source(Context& c, const Option& o);
[[nodiscard]] model::ExprId reply_destination(Context& c, const Option& o);
[[nodiscard]] model::ExprId original_source_port(Context& c, const Option& o);
[[nodiscard]] model::ExprId original_destination_port(Context& c, const Option& o);
[[nodiscard]] model::ExprId reply_source_port(Context& c, const Option& o);
[[nodiscard]] model::ExprId reply_destination_port(Context& c, const Option& o);
[[nodiscard]] model::ExprId tuple_protocol(Context& c, const Option& o);
[[nodiscard]] model::ExprId of_old_connection(Context& c, const Option& o);
[[nodiscard]] model::ExprId status(Context& c, const Option& o);
[[nodiscard]] model::ExprId direction(Context& c, const Option& o);
[[nodiscard]] model::ExprId owner(Context& c, const Option& o);
[[nodiscard]] model::ExprId always(Context& c, const Option& o);

[[nodiscard]] model::ExprId conntrack(Context& c, const Instance& instance);
[[nodiscard]] model::ExprId addrtype(Context& c, const Instance& instance);
[[nodiscard]] model::ExprId set(Context& c, const Instance& instance);
[[nodiscard]] model::ExprId recent(Context& c, const Instance& instance);

}  // namespace egresslint::dialects::iptables::lower
