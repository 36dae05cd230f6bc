#include "io/foreign_archive.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/shown_text.h"
#include "io/input.h"
#include "io/table.h"
#include "io/tar_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <deque>
#include <new>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace nonna
{

namespace
{

constexpr la_int64_t largest_member = la_int64_t(1) << 28;    // as in image sets
constexpr la_int64_t largest_label = la_int64_t(1) << 20;

struct ReaderDeleter {
    void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, ReaderDeleter>;

Reader opened(const std::string& path)
{
    Reader reader(archive_read_new());
    if (!reader)
        throw std::bad_alloc();
    archive_read_support_filter_all(reader.get());
    archive_read_support_format_tar(reader.get());
    if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 20) == ARCHIVE_OK)
        return reader;
    // What can be read and not opened, but is no unknown format (EILSEQ), is compressed and not whole.
    if (archive_errno(reader.get()) != EILSEQ && ::access(path.c_str(), R_OK) == 0)
        throw Error(path, std::string("damaged or cut: ") + archive_error_string(reader.get()));
    return nullptr;
}

std::string name_of(archive_entry* entry)
{
    const char* name = archive_entry_pathname_utf8(entry);
    if (!name)
        name = archive_entry_pathname(entry);
    std::string text = name ? name : "";
    while (text.starts_with("./"))
        text.erase(0, 2);
    return text;
}

std::string_view last_component(std::string_view name) { return name.substr(name.rfind('/') + 1); }

// "folder/000123" of "folder/000123.seg.png"
std::string_view group_of(std::string_view name)
{
    return name.substr(0, name.size() - last_component(name).size() +
                              std::min(last_component(name).find('.'), last_component(name).size()));
}

bool is_ours(std::string_view name)
{
    const std::size_t dot = name.find('.');
    return dot != name.npos && is_sample_key(name.substr(0, dot)) &&
           (is_picture_extension(name.substr(dot + 1)) || name.substr(dot + 1) == "json");
}

// A tar ends in 1024 zeros, or more. libarchive does not miss them.
bool has_end_mark(const std::string& path)
{
    const Input file(path);
    std::vector<std::byte> end(1024);
    if (!file.regular() || file.size() < end.size())
        return false;
    file.read_at(file.size() - end.size(), end);
    return std::ranges::all_of(end, [](std::byte b) { return b == std::byte(0); });
}

std::string trimmed(const std::string& text)
{
    const std::size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
    return begin == text.npos ? "" : text.substr(begin, end - begin + 1);
}

}    // namespace

struct ForeignArchive::State {
    std::string name, group;
    Reader reader;
    std::function<bool(Name)> wanted;
    std::function<void(Name)> left_out;
    std::deque<ForeignPicture> together;    // of the group that is being read
    std::deque<ForeignPicture> ready;       // of the one before
    std::optional<std::string> label;       // the group's
    std::string fault;                      // why it has none
    bool ended = false;

    Error wrong(const std::string& member, const std::string& why) const
    {
        return Error(name, shown_text(member) + ": " + why);
    }

    std::string content(archive_entry* entry, const std::string& member, la_int64_t most)
    {
        std::string bytes;
        const void* block;
        std::size_t size;
        la_int64_t offset;
        for (int status; (status = archive_read_data_block(reader.get(), &block, &size, &offset)) != ARCHIVE_EOF;) {
            throw_if_interrupted();
            if (status < ARCHIVE_WARN)
                throw wrong(member, std::string("damaged or cut: ") + archive_error_string(reader.get()));
            if (offset + la_int64_t(size) > most)
                throw wrong(member, "larger than " + std::to_string(most >> 20) + " MiB");
            bytes.resize(std::size_t(offset));    // a hole is zeros
            bytes.append(static_cast<const char*>(block), size);
        }
        if (archive_entry_size_is_set(entry) && la_int64_t(bytes.size()) < archive_entry_size(entry))
            bytes.resize(std::size_t(std::min(archive_entry_size(entry), most)));
        return bytes;
    }

    void close_group()
    {
        for (ForeignPicture& picture : together) {
            picture.label = label;
            picture.label_fault = fault;
            ready.push_back(std::move(picture));
        }
        together.clear();
        label.reset();
        fault.clear();
    }

    void set_label(const std::string& text, const std::string& member)
    {
        if (text.empty() || !fits_cell(text))
            fault = shown_text(member) + (text.empty() ? ": an empty label" : ": a label with a tab or line break");
        else
            label = text;
    }

    void read_json(const std::string& text, const std::string& member)
    {
        const auto json = nlohmann::json::parse(text, nullptr, false);
        if (json.is_discarded())
            fault = shown_text(member) + ": not JSON";
        for (const char* key : {"label", "cls", "class"})
            if (json.is_object() && json.contains(key)) {
                const auto& value = json.at(key);
                if (value.is_string())
                    return set_label(value.get<std::string>(), member);
                if (value.is_number_integer())
                    return set_label(value.dump(), member);
            }
    }

    // The next member, until it is another group's.
    void read()
    {
        archive_entry* entry = nullptr;
        const int status = archive_read_next_header(reader.get(), &entry);
        if (status == ARCHIVE_EOF) {
            ended = true;
            if (archive_filter_count(reader.get()) == 1 && !has_end_mark(name))
                warn(name, "ends without an end mark: it may be cut");
            return close_group();
        }
        if (status < ARCHIVE_WARN)
            throw Error(name, std::string("damaged or cut: ") + archive_error_string(reader.get()));
        const std::string member = name_of(entry);
        if (archive_entry_filetype(entry) == AE_IFDIR)
            return;
        if (group_of(member) != group)
            close_group();
        group = group_of(member);
        const std::string_view last = last_component(member);
        if (last.starts_with('.'))
            left_out(last);
        else if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            wanted(member) ? together.push_back({member, "", {}, false}) : left_out(last);
        else if (wanted(member))
            together.push_back({member, content(entry, member, largest_member), {}});
        else if (member.ends_with(".cls"))
            set_label(trimmed(content(entry, member, largest_label)), member);
        else if (member.ends_with(".json"))
            read_json(content(entry, member, largest_label), member);
        else
            left_out(last);
    }
};

bool ForeignArchive::is_one(const std::string& path)
{
    const Reader reader = opened(path);
    archive_entry* entry = nullptr;
    while (reader && archive_read_next_header(reader.get(), &entry) >= ARCHIVE_WARN && entry) {
        if (archive_entry_filetype(entry) == AE_IFREG)
            return !is_ours(name_of(entry));
        entry = nullptr;
    }
    return false;
}

ForeignArchive::ForeignArchive(const std::string& path, std::function<bool(Name)> wanted,
                               std::function<void(Name)> left_out)
    : state_(std::make_unique<State>())
{
    state_->name = path;
    state_->wanted = std::move(wanted);
    state_->left_out = std::move(left_out);
    state_->reader = opened(path);
    if (!state_->reader)
        throw Error(path, "cannot be read as an archive");
}

ForeignArchive::~ForeignArchive() = default;
const std::string& ForeignArchive::name() const { return state_->name; }
std::uint64_t ForeignArchive::read_so_far() const
{
    return std::uint64_t(std::max<la_int64_t>(0, archive_filter_bytes(state_->reader.get(), -1)));
}

std::optional<ForeignPicture> ForeignArchive::next()
{
    while (state_->ready.empty() && !state_->ended)
        state_->read();
    if (state_->ready.empty())
        return std::nullopt;
    ForeignPicture picture = std::move(state_->ready.front());
    state_->ready.pop_front();
    return picture;
}

}    // namespace nonna
