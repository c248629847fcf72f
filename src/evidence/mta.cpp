// SPDX-License-Identifier: Apache-2.0
// The door: which texts belong together, which reader they go to, and what must never be printed of them.
#include "evidence/mta.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>

#include "evidence/mta_readers.hpp"
#include "evidence/mta_secrets.hpp"
#include "evidence/plain_text.hpp"
#include "evidence/utf16.hpp"

namespace egresslint::evidence {
namespace {

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// A text that several senders hang on is complained about once.
void without_repetition(base::Diagnostics& diagnostics, std::size_t from) {
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::string>> seen;
    std::erase_if(diagnostics, [&, n = std::size_t{0}](const base::Diagnostic& d) mutable {
        return n++ >= from && !seen.emplace(d.span.file.value, d.span.begin, d.message).second;
    });
}

bool of_postfix(const MtaText& text) {
    return text.format.find("ostfix") != std::string::npos || text.format.find("postconf") != std::string::npos;
}
bool of_exchange(const MtaText& text) { return text.format.find("Exchange") != std::string::npos; }
bool of_exim(const MtaText& text) { return text.format.find("xim") != std::string::npos; }

using Group = std::vector<MtaText>;

/// Texts of one MTA lie in one folder; where there is one of each kind at most, they are one MTA wherever they lie.
std::vector<Group> groups(const base::Sources& sources, const Group& texts) {
    std::map<std::string, int> of_kind;
    for (const MtaText& text : texts) ++of_kind[text.format];
    bool once = true;
    for (const auto& [kind, count] : of_kind) once &= count == 1;
    if (texts.empty()) return {};
    if (once) return {texts};
    std::map<std::string, Group> folders;
    for (const MtaText& text : texts) folders[folder_of(sources.file(text.file).path)].push_back(text);
    std::vector<Group> out;
    for (auto& [folder, group] : folders) {
        // Two main.cf in one folder are two MTAs, of which nobody can say who a master.cf is of.
        std::map<std::string, int> here;
        bool twice = false;
        for (const MtaText& text : group) twice |= ++here[text.format] > 1;
        if (!twice)
            out.push_back(std::move(group));
        else
            for (MtaText& text : group) out.push_back({std::move(text)});
    }
    return out;
}

}  // namespace

std::vector<Mta> read_mtas(base::Sources& sources, const std::vector<base::FileId>& files,
                           base::Diagnostics& diagnostics) {
    const std::size_t before = diagnostics.size();
    Group postfix, exim, exchange, others, fragments;
    for (base::FileId file : files) {
        if (is_utf16(sources.text(file))) {
            const std::string path = sources.file(file).path;
            file = sources.add(path, utf8_of(sources.text(file)));
        }
        const MtaText text{file, mta_format(sources.text(file))};
        hide_secrets_of_mta(sources, text);
        (text.format.empty() ? fragments
         : of_postfix(text)  ? postfix
         : of_exim(text)     ? exim
         : of_exchange(text) ? exchange
                             : others)
            .push_back(text);
    }
    std::vector<Mta> out;
    for (const Group& group : groups(sources, postfix)) out.push_back(read_postfix(sources, group, diagnostics));
    for (const Group& group : groups(sources, exim)) out.push_back(read_exim(sources, group, fragments, diagnostics));
    if (!exchange.empty()) out.push_back(read_exchange(sources, exchange, diagnostics));
    for (const MtaText& text : others)
        out.push_back(text.format == "backup of hMailServer" ? read_hmailserver(sources, text, diagnostics)
                                                             : read_sendmail(sources, text, diagnostics));
    for (const MtaText& text : fragments)
        fatal(diagnostics, {text.file, 0, std::min(1u, static_cast<std::uint32_t>(sources.text(text.file).size()))},
              "no configuration of an MTA that is known here: Postfix, Exim, Sendmail, Exchange, hMailServer");
    without_repetition(diagnostics, before);
    return out;
}

void add_bind(Sender& sender, std::string_view text, const base::Span& span, std::string_view setting) {
    std::string_view bare = trim(text);
    if (same_word(bare.substr(0, 5), "ipv6:")) bare.remove_prefix(5);
    if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
    const auto address = base::parse_address(bare);
    if (!address) {
        sender.unknown_bind.push_back({fmt::format("{} is \"{}\", which is no address", setting, text), span});
    } else if (address->bits != 0) {  // the unspecified address leaves the choice to the system
        sender.bind.push_back({*address, span});
    }
}

}  // namespace egresslint::evidence
