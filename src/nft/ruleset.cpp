// SPDX-License-Identifier: GPL-2.0-only
// The calls into libnftables; see libnftables(3).
#include "ruleset.hpp"

#include <nftables/libnftables.h>

#include <memory>

namespace egresslint::nft {
namespace {

struct Free {
    void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};
using Context = std::unique_ptr<nft_ctx, Free>;

Context make_context() {
    Context context(nft_ctx_new(NFT_CTX_DEFAULT));
    if (!context) return context;
    nft_ctx_buffer_output(context.get());
    nft_ctx_buffer_error(context.get());
    nft_ctx_clear_include_paths(context.get());
    return context;
}

std::string text_of(const char* buffer) { return buffer != nullptr ? std::string(buffer) : std::string(); }

Answer answer(nft_ctx* context, int result) {
    return {result == 0, text_of(nft_ctx_get_output_buffer(context)), text_of(nft_ctx_get_error_buffer(context))};
}

Answer no_context() { return {false, "", "libnftables could not be initialised\n"}; }

Answer run(const std::string& command) {
    const Context context = make_context();
    if (!context) return no_context();
    return answer(context.get(), nft_run_cmd_from_buffer(context.get(), command.c_str()));
}

}  // namespace

Answer list() {
    Answer listed = run("list ruleset");
    // nft 1.0 prints `add @map { 0xa020304 [invalid type] : 0x2 }` where it does not know the type of a key, and would
    // not read that itself.
    const std::string remark = " [invalid type]";
    for (auto at = listed.output.find(remark); at != std::string::npos; at = listed.output.find(remark, at))
        listed.output.erase(at, remark.size());
    return listed;
}

bool is_empty() {
    const Answer listed = list();
    return listed.ok && listed.output.empty();
}

Answer load_file(const std::string& path, const std::string& include_directory) {
    const Context context = make_context();
    if (!context) return no_context();
    if (!include_directory.empty()) nft_ctx_add_include_path(context.get(), include_directory.c_str());
    return answer(context.get(), nft_run_cmd_from_filename(context.get(), path.c_str()));
}

}  // namespace egresslint::nft
