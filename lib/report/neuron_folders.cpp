#include "report/neuron_folders.h"

#include "base/error.h"
#include "report/picture_file.h"

#include <algorithm>
#include <filesystem>

namespace nonna
{

std::string file_name_of(const std::string& neuron)
{
    std::string name = neuron;
    std::ranges::replace(name, '/', '-');
    return name;
}

std::string NeuronFolders::path(const std::string& neuron, const std::string& file) const
{
    const std::filesystem::path folder = std::filesystem::path(folder_) / file_name_of(neuron);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw Error(folder.string(), "cannot be made: " + errno_reason(error.value()));
    return (folder / file).string();
}

void NeuronFolders::write(const std::string& neuron, const std::string& file, const Picture& picture) const
{
    write_picture(path(neuron, file), picture);
}

}    // namespace nonna
