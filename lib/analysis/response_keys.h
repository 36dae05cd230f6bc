// Which image each row of an array of responses is of.
//
// An .npy file has no place for names. So nonna-respond writes a table beside it, R.npy.keys, with a line for each
// image: its key, and the beginning of the SHA-256 of its responses as they lie in the file. Labels that have keys as
// well are found by them, in whatever order they come. The digests tell a table that was left behind by an earlier
// array, which would name the wrong images.
#pragma once

#include "analysis/splits.h"
#include "io/table.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class KeysWriter
{
  public:
    // Beside the array `path`; nothing is written where that is no file ("-", a pipe).
    explicit KeysWriter(const std::string& path);
    // Responses of images, one after another.
    void write(std::span<const std::string> keys, std::span<const float> responses);
    void commit();    // behind the array's own

  private:
    std::optional<TableWriter> table_;
};

std::string keys_path(const std::string& responses);    // empty where there is no place beside it

// The images of the array's rows; empty where nothing beside it says so. Error where it is another array's.
std::vector<std::string> response_keys(const std::string& path);

// Labels of these images from a table with the column `label`: by the column `key`, where the table has one and the
// images' keys are known, else line by line. Error naming an image that the table lacks or has twice.
Labels read_label_table(const std::string& path, const std::string& positive, const std::vector<std::string>& keys);

}    // namespace nonna
