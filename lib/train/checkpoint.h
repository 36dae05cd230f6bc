// Checkpoints of a training run: a folder, locked while the run lasts, with the newest states of it, or with all.
//
// Model to hold in mind: step-NNNNNNNNN.safetensors is a model with the optimiser's state beside it, sealed
// (io/safetensors.h), and in its metadata how far the run is (`step`, `positions`), what determines it (`run`) and
// which models it was given (`models`: the digest of the one that it began with, and of each of its own that it was
// resumed with). Of these, whoever resumes must give one, with the same options: a run's weights on the preprocessing
// of another model would be a model that nobody trained.
//
// A network in tiles has the same checkpoints as one in one piece, and either goes on from the other's: the file is put
// together by tile 0 (model/tile_parameters.h), and each tile reads its own part of it.
//
// A file that was cut, or in which a bit has turned over, is named and passed over for the one before it; it goes when
// the run gets beyond it. One whose numbers are none is refused: no disk does that, somebody wrote it.
#pragma once

#include "io/folder_lock.h"
#include "model/exchange.h"
#include "model/model_file.h"
#include "train/trainer.h"

#include <optional>
#include <set>
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

// A model's numbers and the optimiser's from a checkpoint: all of them, or a tile's part. Not its provenance.
void read_numbers(const std::string& path, const TilePlace& place, Model& model,
                  const std::vector<Optimiser::Array>& arrays);

class Checkpoints
{
  public:
    // Makes the folder and takes its lock: Error with status locked when another run holds it. `run`: one line of text
    // of everything that determines the run; a checkpoint made with another one is refused. `keep`: how many of the
    // newest stay when one is saved, or "all"; Error (usage) for anything else. `model`: digest of the one that the run
    // is given. `change`: options in which a checkpoint's run may differ all the same (run_difference.h), on purpose;
    // it is said. Of a network in tiles tile 0 has the folder.
    Checkpoints(std::string folder, std::string run, std::string model, const std::string& keep,
                std::set<std::string> change = {}, const TilePlace& place = {});

    bool empty() const { return files().empty(); }
    std::optional<double> written() const;    // when the newest was, in seconds since 1970; none where there is none
    // The newest whole state into `model` and `state`. Error when it belongs to another run or another model's, or when
    // none is whole.
    void restore(Model& model, RunState& state);
    const std::string& restored() const { return restored_; }    // the file
    void save(const Model& model, const RunState& state);
    // How fast the run learned from which step on, where that was changed (run_difference.h); else empty. Kept in the
    // checkpoints as `paces`.
    const std::string& paces() const { return paces_; }

  private:
    struct File {
        std::string path;
        std::int64_t step;
    };
    std::string folder_, run_;
    std::size_t keep_;
    FolderLock lock_;
    std::string models_;    // digests with spaces between
    std::string paces_, restored_;
    TilePlace place_;
    std::set<std::string> change_;

    std::vector<File> files() const;    // oldest first
    void require_same_run(const std::string& file, const std::string& made_with) const;
    bool restore(const File& file, Model& model, RunState& state);
};

}    // namespace nonna
