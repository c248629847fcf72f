// SPDX-License-Identifier: Apache-2.0
// One function a target; the rows in targets.cpp name them. Each returns the rules that stand for one written rule, or
// nothing when the options are not understood.
#pragma once

#include "dialects/iptables/extensions.hpp"

namespace egresslint::dialects::iptables::lower {

using Rules = std::optional<std::vector<model::Rule>>;

[[nodiscard]] Rules accept(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules drop(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules reject(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules returns(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules goes_on(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules tee(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules logs(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules queue(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules synproxy(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules clusterip(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules tproxy(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules set_entry(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules mark(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules connmark(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules conntrack(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules notrack(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules snat(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules dnat(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules masquerade(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules redirect(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules netmap(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules source_prefix(Context& c, model::ExprId match, const Instance& target);
[[nodiscard]] Rules destination_prefix(Context& c, model::ExprId match, const Instance& target);

}  // namespace egresslint::dialects::iptables::lower
