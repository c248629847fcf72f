// SPDX-License-Identifier: Apache-2.0
#include "dialects/pfsense/read.hpp"

#include "dialects/pfsense/lower.hpp"
#include "dialects/pfsense/parse.hpp"
#include "families/xml.hpp"

namespace egresslint::dialects::pfsense {
namespace {

Evidence detect(std::string_view text, std::string_view root) {
    const auto at = families::xml::find_document(text, root);
    if (at != std::string_view::npos) {
        // As the text of something else it could stand anywhere; as a document it stands alone on its line.
        const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
        const std::string_view before = text.substr(line, at - line);
        const bool alone = before.find_first_not_of(" \t\r\xef\xbb\xbf") == std::string_view::npos ||
                           before.ends_with("?>") || before.ends_with("-->");
        if (alone) return {100, "the root element <" + std::string(root) + ">"};
    }
    if (root == "pfsense" && text.find("---- BEGIN config.xml ----") != std::string_view::npos)
        return {70, "the header of an encrypted backup"};
    return {};
}

Read read(Product product, base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& all) {
    Read out;
    const std::string_view root = product == Product::pfsense ? "pfsense" : "opnsense";
    for (const Input& input : inputs) {
        base::Diagnostics diagnostics;
        families::xml::Document document;
        if (document.load(sources, input.file, root, diagnostics)) {
            Config config = Parser(product, diagnostics).parse(document.root());
            const auto& path = sources.file(input.file).path;
            const auto slash = path.find_last_of('/');
            std::string name =
                !config.host.empty() ? config.host : path.substr(slash == std::string::npos ? 0 : slash + 1);
            out.devices.push_back(Lowering(config, std::move(name), diagnostics).run());
        }
        for (auto& d : diagnostics) d.device = static_cast<std::int64_t>(out.devices.size()) - 1;
        all.insert(all.end(), diagnostics.begin(), diagnostics.end());
    }
    return out;
}

}  // namespace

Evidence detect_pfsense(std::string_view text) { return detect(text, "pfsense"); }
Evidence detect_opnsense(std::string_view text) { return detect(text, "opnsense"); }

Read read_pfsense(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    return read(Product::pfsense, sources, inputs, diagnostics);
}
Read read_opnsense(base::Sources& sources, const std::vector<Input>& inputs, base::Diagnostics& diagnostics) {
    return read(Product::opnsense, sources, inputs, diagnostics);
}

}  // namespace egresslint::dialects::pfsense
