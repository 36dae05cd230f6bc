// Lists of a test set's pictures: which ones, in which order, seen how.
//
// A list is a table (io/table.h), one line a picture in the set's order, with the columns
//     key label half group source picture x y side
// picture: the sha256 of the encoded picture that was read; x y side: the view of it (dataset/framing.h), empty where
// its bytes were kept. Read back, only key and label are needed; empty cells and missing columns say nothing.
#pragma once

#include "dataset/framing.h"

#include <optional>
#include <string>
#include <vector>

namespace nonna
{

struct ListRow {
    std::string key;
    bool positive = false;
    std::optional<std::string> half, group, source, picture;
    std::optional<View> view;
};

// Error naming the line for what does not fit, also a key that occurs twice or a list of one label alone.
std::vector<ListRow> read_test_list(const std::string& path);
void write_test_list(const std::string& path, const std::vector<ListRow>& rows);

}    // namespace nonna
