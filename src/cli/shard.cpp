// SPDX-License-Identifier: Apache-2.0
#include "cli/shard.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace egresslint::cli {
namespace {

bool number(std::string_view text, std::size_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// A number of the environment; false if it is not there or none.
bool environment(const char* name, std::size_t& out) {
    const char* value = std::getenv(name);
    return value != nullptr && number(value, out);
}

}  // namespace

std::string read_shard(const std::string& text, std::size_t& shard, std::size_t& shards) {
    constexpr std::size_t most = 1'000'000;
    const std::size_t slash = text.find('/');
    const std::string_view which = std::string_view(text).substr(0, slash);
    const bool counted = slash != std::string::npos;
    if (counted && (!number(std::string_view(text).substr(slash + 1), shards) || shards == 0 || shards > most))
        return fmt::format("--shard: '{}' is not of the form I/N, from 1/N to N/N", text);
    if (which != "auto") {
        if (!counted || !number(which, shard) || shard == 0 || shard > shards)
            return fmt::format("--shard: '{}' is not of the form I/N, from 1/N to N/N, nor auto or auto/N", text);
        return "";
    }
    std::size_t id = 0, first = 0, last = 0, count = 0, step = 1;
    if (environment("SLURM_ARRAY_TASK_ID", id)) {
        if (!environment("SLURM_ARRAY_TASK_MIN", first) || !environment("SLURM_ARRAY_TASK_MAX", last) ||
            !environment("SLURM_ARRAY_TASK_COUNT", count))
            return "--shard auto: Slurm does not say how many tasks the array has";
        if (std::getenv("SLURM_ARRAY_TASK_STEP") != nullptr && !environment("SLURM_ARRAY_TASK_STEP", step)) step = 0;
        if (step == 0 || id < first || id > last || (id - first) % step != 0 || (last - first) / step + 1 != count)
            return "--shard auto: the tasks of the Slurm array are not numbered evenly; write --shard I/N";
        if (counted && shards != count)
            return fmt::format("--shard: {} parts are asked for, but the Slurm array has {} tasks", shards, count);
        shard = (id - first) / step + 1;
        shards = count;
        return "";
    }
    if (environment("JOB_COMPLETION_INDEX", id)) {
        if (!counted) return "--shard auto: Kubernetes does not say how many completions a job has; write auto/N";
        if (id >= shards) return fmt::format("--shard: JOB_COMPLETION_INDEX is {}, but there are {} parts", id, shards);
        shard = id + 1;
        return "";
    }
    return "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is a number";
}

}  // namespace egresslint::cli
