// Neurons' own files, for pages that show one neuron each: DIR/NAME/FILE, a folder a neuron.
//
// NAME is file_name_of the neuron. A folder is made with its first file; files of other
// names that are there stay. Each file appears complete or not at all (io/output.h). Pictures are of what the neuron
// sees, a pixel a value, without captions. Of several threads, each may write another neuron's files.
#pragma once

#include "media/picture.h"

#include <string>

namespace nonna
{

// "3.norm/6,6,2" as the name of a file, a folder or an anchor: 3.norm-6,6,2.
std::string file_name_of(const std::string& neuron);

class NeuronFolders
{
  public:
    // Empty: nobody asked for it.
    explicit NeuronFolders(std::string folder) : folder_(std::move(folder)) {}

    bool wanted() const { return !folder_.empty(); }
    // Where a file is to be written; makes the folder. Error where that cannot be made.
    std::string path(const std::string& neuron, const std::string& file) const;
    void write(const std::string& neuron, const std::string& file, const Picture& picture) const;

  private:
    std::string folder_;
};

}    // namespace nonna
