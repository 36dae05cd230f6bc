// The two tables that a training run keeps: the log of costs, which is a result and the same for every run of the same
// settings, and the table of times, which never is. Their columns: train/trainer.h.
//
// Rows are flushed as they come, so that a run can be watched. An empty path: nothing is written. Errors name the file.
#pragma once

#include "base/descriptor.h"
#include "model/exchange.h"
#include "model/model_file.h"
#include "model/stage.h"
#include "train/descent.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nonna
{

double total(const std::vector<StageCost>& costs);

// A text file written line by line.
class Lines
{
  public:
    Lines(std::string path, const std::string& kept);
    void put(const std::string& text);
    bool open() const { return bool(file_); }

  private:
    std::string path_;
    Descriptor file_;
};

class TrainingLog
{
  public:
    // A run resumed at a step first drops the rows of steps that it will do again.
    TrainingLog(const std::string& path, const Model& model, std::int64_t resumed_at);
    // `sums` over `images` pictures.
    void row(std::int64_t step, const char* set, double images, double rate, const std::vector<StageCost>& sums,
             const Model& model);

  private:
    Lines lines_;
};

// The clock begins with the object.
class Timing
{
  public:
    // `place`: of a network in tiles the table has a further column for each other tile, `waited_R,C`: the share of the
    // time in which tile 0 waited for it.
    Timing(const std::string& path, std::int64_t step, std::int64_t batch, const TilePlace& place = {});
    // Since the row before, or the beginning. `waited`: seconds for pictures; all are sums since the beginning.
    void row(std::int64_t step, double waited, const ServerTimes& servers);
    void whole(std::int64_t step, double waited, const ServerTimes& servers);
    double waited_share() const { return share_; }    // of the last row, for anything

  private:
    struct Mark {
        std::int64_t step;
        double seconds, waited;
        ServerTimes servers;
        std::vector<double> tiles;    // seconds waited for each
    };
    TilePlace place_;
    std::int64_t batch_;
    Mark start_, last_;
    double share_ = 0;
    Lines lines_;
    Mark now(std::int64_t step, double waited, const ServerTimes& servers) const;
    void write(const Mark& from, const Mark& to);
};

}    // namespace nonna
