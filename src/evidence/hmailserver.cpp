// SPDX-License-Identifier: Apache-2.0
// hMailServer: the XML of a backup. Names of elements and what they decide are those of hMailServer's own source
// (hmailserver/hmailserver on GitHub): BackupExecuter, PropertySet::XMLStore, Route::XMLStore, Utilities::ComputerName,
// ExternalDelivery (a rule's action may bind another address than the setting does).
#include <fmt/format.h>

#include <pugixml.hpp>

#include "evidence/mta_readers.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/xml_depth.hpp"

namespace egresslint::evidence {
namespace {

class Reader {
public:
    Reader(const base::Sources& sources, base::FileId file) : sources_(sources), file_(file) {}

    Mta read(const pugi::xml_node& backup) {
        mta_.product = "hMailServer";
        mta_.files.push_back(sources_.file(file_).path);
        mta_.span = at(backup);
        const pugi::xml_node properties = backup.child("Properties");
        Sender s;
        s.name = "SMTP delivery";
        const pugi::xml_node host = properties.child("hostname");
        const std::string_view name = trim(host.attribute("StringValue").value());
        if (!name.empty()) {
            mta_.host_name = {std::string(without_dot(name)), at(host)};
            s.helo.push_back(mta_.host_name);
        } else {
            s.unknown_helo.push_back({"hostname is empty: the name of the Windows computer is used", at(host)});
        }
        const pugi::xml_node bind = properties.child("smtpdeliverybindtoip");
        if (const std::string_view address = trim(bind.attribute("StringValue").value()); !address.empty())
            add_bind(s, address, at(bind), "smtpdeliverybindtoip");
        rules(backup.child("Rules"), s);
        relays(backup, properties, s);
        s.uses_v4 = Answer::yes;  // IPv6 is used where Windows has it
        mta_.senders.push_back(std::move(s));
        return std::move(mta_);
    }

private:
    base::Span at(const pugi::xml_node& node) const {
        if (node.empty() || node.offset_debug() < 0) return mta_.span;
        const std::string_view text = sources_.text(file_);
        const auto begin = std::min(static_cast<std::size_t>(node.offset_debug()), text.size());
        // The offset is that of the name, behind the '<'.
        const std::size_t end = std::min(text.find('>', begin), text.size());
        return {file_, static_cast<std::uint32_t>(begin > 0 ? begin - 1 : 0),
                static_cast<std::uint32_t>(std::min(end + 1, text.size()))};
    }

    void rules(const pugi::xml_node& rules, Sender& s) const {
        for (const pugi::xml_node rule : rules.children("Rule"))
            for (const pugi::xml_node action : rule.child("RuleActions").children("RuleAction")) {
                // RuleAction::BindToAddress is 10.
                if (std::string_view(action.attribute("Type").value()) != "10") continue;
                if (std::string_view(rule.attribute("Active").value()) == "0") continue;
                s.unknown_bind.push_back({fmt::format("the rule \"{}\" binds {} for some messages",
                                                      std::string_view(rule.attribute("Name").value()).substr(0, 100),
                                                      action.attribute("Value").value()),
                                          at(action)});
            }
    }

    void relays(const pugi::xml_node& backup, const pugi::xml_node& properties, Sender& s) const {
        const pugi::xml_node relayer = properties.child("smtprelayer");
        if (const std::string_view host = trim(relayer.attribute("StringValue").value()); !host.empty()) {
            const std::string_view port = properties.child("smtprelayerport").attribute("LongValue").value();
            s.relay_hosts.push_back(
                {port.empty() || port == "25" ? std::string(host) : fmt::format("{}:{}", host, port), at(relayer)});
        }
        for (const pugi::xml_node route : backup.child("Routes").children("Route"))
            s.unknown_relay.push_back({fmt::format("a route sends {} to {}", route.attribute("Name").value(),
                                                   route.attribute("TargetHost").value()),
                                       at(route)});
    }

    const base::Sources& sources_;
    base::FileId file_;
    Mta mta_;
};

}  // namespace

Mta read_hmailserver(const base::Sources& sources, const MtaText& text, base::Diagnostics& diagnostics) {
    pugi::xml_document document;
    if (!load_xml(document, sources, text.file, diagnostics)) return {};
    const pugi::xml_node backup = document.child("Backup");
    if (backup.empty()) {
        fatal(diagnostics, {text.file, 0, 1}, "a backup of hMailServer begins with the element Backup");
        return {};
    }
    return Reader(sources, text.file).read(backup);
}

}  // namespace egresslint::evidence
