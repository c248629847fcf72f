// SPDX-License-Identifier: Apache-2.0
// Which part of a run this process is about.
#pragma once

#include <cstddef>
#include <string>

namespace egresslint::cli {

/// "3/16", or "auto" and "auto/16": the number of this process is taken from the environment of a Slurm array
/// (SLURM_ARRAY_TASK_ID and its fellows, slurm's sbatch(1)) or of an Indexed Job of Kubernetes (JOB_COMPLETION_INDEX,
/// which counts from 0 and does not say of how many). An error text, or "".
[[nodiscard]] std::string read_shard(const std::string& text, std::size_t& shard, std::size_t& shards);

}  // namespace egresslint::cli
