// Checkpoints of a training run: a folder, locked while the run lasts, with the newest states of it, or with all.
#pragma once

#include "io/folder_lock.h"
#include "model/model_file.h"
#include "train/trainer.h"

#include <optional>
#include <span>
#include <string>

namespace nonna
{

// What a run resumes from, beside the model's parameters and statistics.
struct RunState {
    std::int64_t step = 0;                      // steps done
    std::span<std::uint64_t> positions;         // Batches::positions
    std::vector<Optimiser::Array> optimiser;    // Optimiser::arrays
};

class Checkpoints
{
  public:
    // Makes the folder and takes its lock: Error with status locked when another run holds it. `run`: one line of text
    // of everything that determines the run; a checkpoint made with another one is refused. `keep`: how many of the
    // newest stay when one is saved, or "all"; Error (usage) for anything else.
    Checkpoints(std::string folder, std::string run, const std::string& keep);

    bool empty() const;
    // The newest state into `model` and `state`. Error when it belongs to another run.
    void restore(Model& model, RunState& state) const;
    void save(const Model& model, const RunState& state);

  private:
    std::string folder_, run_;
    std::size_t keep_;
    FolderLock lock_;
    std::vector<std::string> files() const;    // oldest first
};

}    // namespace nonna
