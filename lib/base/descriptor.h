// An open file, pipe or socket, owned: closed when this goes, however that comes about.
//
// Model to hold in mind: a descriptor, and the name that errors about it carry. Every call here does its work to the
// end: a write that took half of the bytes, a call that a signal broke off, are gone on with here and nowhere else. A
// failure is an Error(name, reason of the system call). Closing an output is a call like the others, close(): some file
// systems say only there that a write failed. The destructor and an assignment close without asking, as inputs want it.
//
// A pipe, a terminal and a FIFO may keep their user waiting for ever, be it at the opening (until somebody opens a
// FIFO's other end), while reading or while writing. There is no limit of time, but an interrupt ends the waiting:
// Error as of throw_if_interrupted. What need not wait is not interrupted, so that a unit under way is brought to its
// end.
//
// One thread at a time, but read_at, which any thread may call at any time.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nonna
{

class Descriptor
{
  public:
    Descriptor() = default;                  // none
    Descriptor(int fd, std::string name);    // takes over one that is open; none where `fd` is negative
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;

    // `flags` as open(2) has them, O_CLOEXEC is added; what is made gets mode 0666, less the umask.
    static Descriptor open(const std::string& path, int flags);
    static Descriptor try_open(const std::string& path, int flags);    // none where that fails: errno says why
    static Descriptor borrow(int fd, std::string name);                // not closed: standard input and output

    explicit operator bool() const { return fd_ >= 0; }
    int number() const { return fd_; }    // for the system calls that are not below
    bool borrowed() const { return borrowed_; }
    const std::string& name() const { return name_; }
    void rename(std::string name) { name_ = std::move(name); }    // in errors

    std::string path_while_open() const;    // of this very file, also where it has no name or another got it
    std::uint64_t size() const;             // of a file
    std::size_t read_some(std::span<std::byte> into);                       // what there is, waiting for it; 0: the end
    std::size_t read(std::span<std::byte> into);                            // less than asked for: the end
    void read_at(std::uint64_t offset, std::span<std::byte> into) const;    // Error "truncated": the file ends before
    void write(std::string_view text);                                      // where the last write or read ended
    void write(std::span<const std::byte> bytes);
    void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
    void append_copy(const Descriptor& from, std::uint64_t bytes);    // the first ones of another file, in the kernel
    void cut(std::uint64_t size);                                     // to so many bytes, and goes on there
    void sync();                                                      // until all of it is on the disk
    void sync_data();                                                 // ... but its times, which nobody reads
    bool try_lock(bool shared) const;    // flock(2), up to the close; false: another process has it
    void close();                        // Error where a write before it failed

  private:
    int fd_ = -1;
    bool borrowed_ = false;
    std::string name_;

    void forget() noexcept;
    void check(bool good) const;
};

struct Pipe {
    Descriptor read_end, write_end;
};
Pipe open_pipe(const std::string& name);

// Until a folder's entries are on the disk: what was made, renamed or removed in it. Some file systems cannot; the
// files themselves are safe there.
void sync_folder(const std::string& path);

// The result of a system call, called again as long as a signal breaks it off.
template <class Call> auto uninterrupted(Call call)
{
    auto result = call();
    while (result < 0 && errno == EINTR)
        result = call();
    return result;
}

std::string read_text(Descriptor& from, std::size_t limit);    // to the end; Error where it is larger

// All of it, without an exception: for a child after fork, and for stderr. false: errno says why.
bool write_all(int fd, std::string_view text) noexcept;

}    // namespace nonna
