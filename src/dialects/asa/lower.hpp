// SPDX-License-Identifier: Apache-2.0
// A configuration's meaning: the pipeline of a device.
//
// ASA 8.3 and later    un-translate → route → levels → access list in → out → reverse path → translate the source
// before               un-translate → route → levels → access list in, conduits → translate the source → list out
//
// Before 8.3 the device asks the list of the in interface first; here it stands behind the route and reads the
// addresses that the packet came with, which is the same and keeps packets to the device itself apart.
#pragma once

#include "dialects/asa/config.hpp"

namespace egresslint::dialects::asa {

void lower_modern(Context& context, const Config& config);
void lower_classic(Context& context, const Config& config);
class Surroundings;
/// What an inspection engine takes part in (inspect.cpp).
void inspect_stage(Context& context, const Config& config, Surroundings& around);
class Names;
/// What PIX 6 lets out (outbound.cpp); `with_list`: interfaces with an access list.
void outbound_stages(Names& names, Surroundings& around, const std::vector<std::string>& with_list);
/// True where object NAT and real addresses in access lists apply: by the version, else by the commands that stand
/// there.
[[nodiscard]] bool is_modern(const Config& config);

}  // namespace egresslint::dialects::asa
